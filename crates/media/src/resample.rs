//! Sample rates: a windowed-sinc filter in polyphase form, with its pass band below the lower of the two rates.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "table sizes are small, samples are limited first"
)]

mod by_two;

use by_two::ByTwo;
use core::f64::consts::PI;
use serde::{Deserialize, Serialize};

/// Zero crossings of the sinc on each side, at the lower rate. With the window's shape they make the slope: flat up to 0.85 of
/// half the lower rate (3,400 Hz of 8,000), 60 dB and more down where that folds to (4,600 Hz).
const CROSSINGS: usize = 16;
/// Kaiser's window for 70 dB.
const BETA: f64 = 6.76;
/// A tap of 1. What rounding the taps adds lies 75 dB and more below the signal.
const ONE: i32 = 1 << ONE_BITS;
const ONE_BITS: u32 = 14;
/// Rates that are resampled; others are taken as the nearest of these two.
const RATES_HZ: (u32, u32) = (4_000, 96_000);

/// The filter between two rates.
#[derive(Clone, Debug, PartialEq)]
pub struct Resampler {
    /// Output samples per `down` input samples.
    up: u64,
    down: u64,
    /// Taps on each side of the point.
    half: usize,
    /// `up` phases of `2 · half` taps, in units of 1 / [`ONE`]: products of 16-bit integers are what processors add up fastest.
    taps: Vec<i16>,
    by_two: Option<ByTwo>,
}

impl Resampler {
    /// The filter from one rate to another.
    pub fn new(from_hz: u32, to_hz: u32) -> Self {
        let from = from_hz.clamp(RATES_HZ.0, RATES_HZ.1);
        let to = to_hz.clamp(RATES_HZ.0, RATES_HZ.1);
        let divisor = greatest_common_divisor(from, to);
        let (up, down) = (to / divisor, from / divisor);
        let stretch = (f64::from(from) / f64::from(to)).max(1.0); // > 1: the filter cuts at the output's band
        let half = (CROSSINGS as f64 * stretch).ceil() as usize;
        let mut taps = Vec::with_capacity(up as usize * half * 2);
        for phase in 0..up {
            let fraction = f64::from(phase) / f64::from(up);
            let row: Vec<f64> = (0..2 * half)
                .map(|k| (k as f64 - (half as f64 - 1.0) - fraction) / stretch)
                .map(|t| sinc(t) * window(t / CROSSINGS as f64))
                .collect();
            let sum: f64 = row.iter().sum(); // each phase passes a constant unchanged
            taps.extend(row.iter().map(|tap| (tap / sum * f64::from(ONE)).round() as i16));
        }
        let by_two = ByTwo::of(up, down, &taps);
        Self { up: u64::from(up), down: u64::from(down), half, taps, by_two }
    }

    /// How many output samples `count` input samples make.
    pub fn output_len(&self, count: usize) -> u64 {
        (count as u64 * self.up).div_ceil(self.down)
    }

    /// Where a stream's resampler has to begin, so that output sample `n` comes out as of the whole recording: the number of the
    /// input sample, and how many output samples come before.
    pub fn run_up(&self, n: u64) -> (u64, u64) {
        let turns = (self.half as u64).div_ceil(self.down) + 1;
        let from = (n / self.up).saturating_sub(turns);
        (from * self.down, n - from * self.up)
    }

    /// Output sample number `n` of a whole recording; silence stands before and behind it.
    pub fn at(&self, samples: &[i16], n: u64) -> i16 {
        let point = (n * self.down / self.up) as usize;
        let phase = (n * self.down % self.up) as usize;
        let row = self.taps.chunks_exact(2 * self.half).nth(phase).unwrap_or_default();
        let first = (point + 1).saturating_sub(self.half);
        let skipped = self.half.saturating_sub(point + 1);
        let window = samples.get(first..).unwrap_or_default();
        let row = row.get(skipped..).unwrap_or_default();
        limited((dot(row, window) + ONE / 2) >> ONE_BITS)
    }
}

/// The filters in use, made once for each pair of rates.
#[derive(Debug, Default)]
pub(crate) struct Filters(Vec<((u32, u32), Resampler)>);

/// Pairs of rates that are kept. Beyond that the oldest is made anew: only a prompt directory of many odd rates gets there.
const FILTERS_MAX: usize = 32;

impl Filters {
    /// The filter from one rate to another; none where the rates are the same.
    pub(crate) fn between(&mut self, from_hz: u32, to_hz: u32) -> Option<&Resampler> {
        if from_hz == to_hz {
            return None;
        }
        let rates = (from_hz, to_hz);
        if !self.0.iter().any(|(known, _)| *known == rates) {
            if self.0.len() >= FILTERS_MAX {
                self.0.remove(0);
            }
            self.0.push((rates, Resampler::new(from_hz, to_hz)));
        }
        self.0.iter().find(|(known, _)| *known == rates).map(|(_, filter)| filter)
    }
}

/// A stream's resampler: as [`Resampler`], piece by piece, with what it has to remember as plain data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    samples: Vec<i16>,
    /// Number of the next output sample, counted from the first sample of `samples`.
    next: u64,
}

impl Tail {
    /// Takes input, appends the output that it completes.
    pub fn push(&mut self, filter: &Resampler, input: &[i16], out: &mut Vec<i16>) {
        if self.samples.is_empty() {
            // Silence before the stream, of whole turns of the phases.
            let lead = (filter.half as u64).next_multiple_of(filter.down);
            self.samples.resize(lead as usize, 0);
            self.next = lead / filter.down * filter.up;
        }
        self.samples.extend_from_slice(input);
        let point = self.run(filter, out);
        // Whole turns of the phases are dropped from the front.
        let turns = point.saturating_sub(filter.half) as u64 / filter.down;
        self.samples.drain(..(turns * filter.down) as usize);
        self.next -= turns * filter.up;
    }

    /// Appends what the samples at hand complete, and says at which of them the next one lies. Point and phase are counted on rather
    /// than divided out for each: that took longer than the sum.
    fn run(&mut self, filter: &Resampler, out: &mut Vec<i16>) -> usize {
        let (length, half) = (2 * filter.half, filter.half);
        let (mut point, mut phase) =
            ((self.next * filter.down / filter.up) as usize, self.next * filter.down % filter.up);
        if let Some(by_two) = filter.by_two.as_ref().filter(|_| phase == 0) {
            let (moved, made) = by_two.run(&self.samples, point, out);
            (point, self.next) = (point + moved, self.next + made as u64);
        }
        while point + half < self.samples.len() {
            let row = phase as usize * length;
            let first = (point + 1).saturating_sub(half);
            let (Some(row), Some(window)) =
                (filter.taps.get(row..row + length), self.samples.get(first..first + length))
            else {
                break;
            };
            // At the input's own samples a filter that keeps its whole band passes them on.
            let is_own = phase == 0 && row.get(half - 1) == Some(&(ONE as i16));
            let own = window.get(half - 1).copied().filter(|_| is_own);
            out.push(own.unwrap_or_else(|| limited((dot(row, window) + ONE / 2) >> ONE_BITS)));
            self.next += 1;
            phase += filter.down;
            while phase >= filter.up {
                phase -= filter.up;
                point += 1;
            }
        }
        point
    }

    /// The end of the stream: appends what its last samples still make, silence standing behind them.
    pub fn finish(&mut self, filter: &Resampler, out: &mut Vec<i16>) {
        if !self.samples.is_empty() {
            self.push(filter, &vec![0; filter.half], out);
        }
    }
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a.max(1) } else { greatest_common_divisor(b, a % b) }
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// Kaiser's window over −1..1.
fn window(x: f64) -> f64 {
    if x.abs() >= 1.0 { 0.0 } else { bessel(BETA * (1.0 - x * x).sqrt()) / bessel(BETA) }
}

/// The modified Bessel function of the first kind and order 0, by its series.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for n in 1..40 {
        term *= (x / (2.0 * f64::from(n))).powi(2);
        sum += term;
    }
    sum
}

/// The sum of products over the shorter of the two. The magnitudes of a row's taps add up to less than 2 · [`ONE`], so that it
/// stays below 2³⁰.
#[inline]
fn dot(taps: &[i16], samples: &[i16]) -> i32 {
    taps.iter().zip(samples).map(|(&tap, &sample)| i32::from(tap) * i32::from(sample)).sum()
}

fn limited(sample: i32) -> i16 {
    sample.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tone, goertzel, tone};

    fn sine(hz: u16, rate_hz: u32) -> Vec<i16> {
        let t = Tone { frequencies_hz: [hz, 0], level_dbm0: -6, cadence_ms: vec![], duration_ms: 0 };
        tone::generate(&t, rate_hz, rate_hz as usize)
    }

    fn whole(samples: &[i16], from: u32, to: u32) -> Vec<i16> {
        let filter = Resampler::new(from, to);
        (0..filter.output_len(samples.len())).map(|n| filter.at(samples, n)).collect()
    }

    #[test]
    fn a_tone_keeps_its_frequency_and_level_at_every_rate() {
        for (from, to) in
            [(8_000, 16_000), (16_000, 8_000), (48_000, 8_000), (44_100, 8_000), (8_000, 48_000)]
        {
            let out = whole(&sine(1_000, from), from, to);
            assert_eq!(out.len(), to as usize);
            let level = goertzel::level_dbm0(&out[1_000..to as usize - 1_000], to, 1_000.0);
            assert!((level + 6.0).abs() < 0.1, "{from} → {to}: {level}");
        }
    }

    /// A full-band view: what a tone of each frequency has become, at itself and at where it folds to.
    #[test]
    fn the_pass_band_is_flat_and_images_are_60_db_down() {
        for (from, to) in
            [(8_000u32, 16_000u32), (16_000, 8_000), (8_000, 48_000), (48_000, 16_000), (16_000, 48_000)]
        {
            let low = from.min(to);
            let edge = low * 85 / 200;
            let quarter = |hz: u32| {
                let sine = sine(u16::try_from(hz).unwrap(), from);
                let out = whole(&sine[..from as usize / 4], from, to);
                out[to as usize / 40..to as usize * 9 / 40].to_vec()
            };
            for hz in (100..=edge).step_by(300) {
                let middle = &quarter(hz);
                let level = goertzel::level_dbm0(middle, to, f64::from(hz));
                assert!((level + 6.0).abs() < 0.1, "{from} → {to}: {hz} Hz at {level}");
                if to > from {
                    let image = goertzel::level_dbm0(middle, to, f64::from(low - hz));
                    assert!(image < -66.0, "{from} → {to}: the image of {hz} Hz is at {image}");
                }
            }
            if from > to {
                for hz in (low - edge..low.min(from / 2)).step_by(300) {
                    let folded = goertzel::level_dbm0(&quarter(hz), to, f64::from(low - hz));
                    assert!(folded < -66.0, "{from} → {to}: {hz} Hz folds to {folded}");
                }
            }
        }
    }

    #[test]
    fn what_the_lower_rate_can_not_hold_is_filtered_out_not_folded() {
        let out = whole(&sine(5_000, 16_000), 16_000, 8_000);
        assert!(goertzel::level_dbm0(&out[200..7_800], 8_000, 3_000.0) < -50.0);
    }

    #[test]
    fn piece_by_piece_gives_what_the_whole_gives() {
        for (from, to) in [(16_000, 8_000), (8_000, 16_000), (8_000, 48_000), (44_100, 8_000)] {
            let samples = sine(440, from);
            let filter = Resampler::new(from, to);
            let (mut tail, mut out) = (Tail::default(), Vec::new());
            samples.chunks(160).for_each(|piece| tail.push(&filter, piece, &mut out));
            let expected = whole(&samples, from, to);
            assert!(out.len() + 64 * 6 >= expected.len(), "{} of {}", out.len(), expected.len());
            assert_eq!(out, expected[..out.len()]);
            assert!(tail.samples.len() < 1_400);
        }
    }
}
