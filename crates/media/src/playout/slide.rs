//! Samples read a little faster or slower than they come, by a windowed-sinc interpolation: what makes up for two clocks that
//! do not agree. While nothing has to be made up for it is a copy. Its delay is always the same eight samples, so that beginning
//! and ending to correct is not heard.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "fractions are cut to 32 bits on purpose, samples are limited first"
)]

use crate::scratch::Scratch;
use core::f64::consts::PI;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// Taps of the filter.
const TAPS: usize = 16;
/// How many samples later what goes in comes out.
pub(super) const DELAY: usize = TAPS / 2;
/// Fractions of a sample for which the filter is kept; between them it is interpolated, about 85 dB below the signal.
const PHASES: usize = 128;

/// A row of taps for each fraction, both ends included: the first row is a plain copy.
static ROWS: LazyLock<Vec<[f32; TAPS]>> = LazyLock::new(|| {
    let row = |phase: usize| {
        let fraction = phase as f64 / PHASES as f64;
        let tap = |k: usize| {
            let x = k as f64 - (DELAY as f64 - 1.0) - fraction;
            sinc(x) * window(x / DELAY as f64)
        };
        let sum: f64 = (0..TAPS).map(tap).sum();
        core::array::from_fn(|k| (tap(k) / sum) as f32)
    };
    (0..=PHASES).map(row).collect()
});

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// Blackman's window over −1..1.
fn window(x: f64) -> f64 {
    if x.abs() >= 1.0 { 0.0 } else { 0.42 + 0.5 * (PI * x).cos() + 0.08 * (2.0 * PI * x).cos() }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Slide {
    /// The newest samples that went in.
    line: [i16; TAPS],
    /// Where between two samples the last output stood, in 2⁻³².
    fraction: u32,
    /// How much faster the input is read, in 10⁻⁹.
    ppb: i32,
    #[serde(skip)]
    work: Scratch<i16>,
}

impl Slide {
    /// Sets how much faster than the output the input is read.
    pub(super) fn set(&mut self, ppb: i32) {
        self.ppb = ppb;
    }

    fn step(&self) -> u64 {
        ((1i64 << 32) + (i64::from(self.ppb) << 32) / 1_000_000_000) as u64
    }

    /// How many samples have to go in for `count` to come out.
    pub(super) fn needs(&self, count: usize) -> usize {
        ((u64::from(self.fraction) + self.step() * count as u64) >> 32) as usize
    }

    /// Takes exactly as many samples as `count` need, and appends those. Fewer are filled up with silence.
    pub(super) fn run(&mut self, input: &[i16], count: usize, out: &mut Vec<i16>) {
        let needed = self.needs(count);
        let work = &mut self.work.0;
        work.clear();
        work.extend_from_slice(&self.line);
        work.extend_from_slice(input.get(..needed).unwrap_or(input));
        work.resize(TAPS + needed, 0);
        if self.ppb == 0 && self.fraction == 0 {
            out.extend_from_slice(work.get(DELAY..DELAY + count).unwrap_or_default());
        } else {
            let (rows, step) = (&*ROWS, ((1i64 << 32) + (i64::from(self.ppb) << 32) / 1_000_000_000) as u64);
            let mut position = u64::from(self.fraction);
            for _ in 0..count {
                position += step;
                let at = (position >> 32) as usize;
                let window = work.get(at..).and_then(|rest| rest.first_chunk());
                out.push(window.map_or(0, |window| interpolated(rows, window, position as u32)));
            }
            self.fraction = position as u32;
        }
        if let Some(newest) = work.get(needed..).and_then(|rest| rest.first_chunk()) {
            self.line = *newest;
        }
    }
}

fn interpolated(rows: &[[f32; TAPS]], window: &[i16; TAPS], fraction: u32) -> i16 {
    const WIDTH: u32 = u32::MAX / PHASES as u32 + 1;
    let phase = (fraction / WIDTH) as usize;
    let (Some(low), Some(high)) = (rows.get(phase), rows.get(phase + 1)) else { return 0 };
    let between = (fraction % WIDTH) as f32 / WIDTH as f32;
    let (mut a, mut b) = (0.0, 0.0);
    let mut k = 0;
    while k < TAPS {
        let sample = window[k] as f32;
        a += low[k] * sample;
        b += high[k] * sample;
        k += 1;
    }
    (a + (b - a) * between).round().clamp(-32_768.0, 32_767.0) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tone, goertzel, tone};

    fn sine(hz: u16, count: usize) -> Vec<i16> {
        let t = Tone { frequencies_hz: [hz, 0], level_dbm0: -6, cadence_ms: vec![], duration_ms: 0 };
        tone::generate(&t, 8_000, count)
    }

    /// All that comes out of `input` in frames of 20 ms, with the speed of each frame.
    fn through(input: &[i16], speed: impl Fn(usize) -> i32) -> Vec<i16> {
        let (mut slide, mut at, mut out) = (Slide::default(), 0, Vec::new());
        for frame in 0.. {
            slide.set(speed(frame));
            let needed = slide.needs(160);
            let Some(part) = input.get(at..at + needed) else { break };
            at += needed;
            slide.run(part, 160, &mut out);
            assert_eq!(out.len(), 160 * (frame + 1));
        }
        out
    }

    #[test]
    fn without_a_correction_it_is_a_copy_eight_samples_later() {
        let input = sine(440, 8_000);
        assert_eq!(through(&input, |_| 0)[DELAY..], input[..8_000 - DELAY]);
    }

    #[test]
    fn beginning_and_ending_a_correction_is_no_step() {
        let input = sine(1_000, 80_000);
        let speed = |frame: usize| if (100..300).contains(&frame) { 400_000 } else { 0 };
        let out = through(&input, speed);
        let jump = |samples: &[i16]| {
            samples.windows(2).map(|w| (i32::from(w[1]) - i32::from(w[0])).abs()).max().unwrap()
        };
        let steepest = 2.0 * crate::level::peak_of_dbm0(-6.0) * (PI / 8.0).sin(); // whatever its phase
        assert!(f64::from(jump(&out[DELAY..])) <= steepest * 1.01, "{} {steepest}", jump(&out));
    }

    #[test]
    fn a_tone_is_moved_by_the_correction_and_stays_a_tone() {
        let out = through(&sine(1_000, 82_000), |_| 1_000_000); // read 0.1 % faster: 1,001 Hz
        let window = &out[1_000..9_000];
        let level = goertzel::level_dbm0(window, 8_000, 1_001.0);
        assert!((level + 6.0).abs() < 0.1, "{level}");
        for other_hz in [500.0, 2_000.0, 3_000.0] {
            assert!(goertzel::level_dbm0(window, 8_000, other_hz) < level - 65.0, "{other_hz}");
        }
    }

    #[test]
    fn in_a_long_run_the_input_is_read_by_just_so_much_faster() {
        let mut slide = Slide::default();
        slide.set(200_000);
        let (mut read, mut out) = (0, Vec::new());
        for _ in 0..50_000 {
            out.clear();
            let needed = slide.needs(20);
            read += needed;
            slide.run(&vec![0; needed], 20, &mut out);
        }
        assert_eq!(read, 1_000_200 - 1, "1,000,000 came out; the last fraction is under way");
    }
}
