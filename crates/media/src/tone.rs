//! Tones: what a tone sounds like at any of its samples, so that a play can stop, be kept and go on anywhere.
#![allow(
    clippy::cast_possible_truncation,
    reason = "cadence sums stay below 2^32 ms, samples are limited first"
)]

use crate::Tone;
use crate::level::{peak_of_dbm0, to_i16};
use core::f64::consts::TAU;

/// Samples of a tone in all; `None`: without end.
pub fn length(tone: &Tone, rate_hz: u32) -> Option<u64> {
    (tone.duration_ms > 0).then(|| u64::from(tone.duration_ms) * u64::from(rate_hz) / 1_000)
}

/// Fills `out` with the tone from its sample `position` on, whatever its length.
pub fn fill(tone: &Tone, rate_hz: u32, position: u64, out: &mut [i16]) {
    let peak = peak_of_dbm0(f64::from(tone.level_dbm0));
    let mut oscillators = tone.frequencies_hz.map(|hz| Oscillator::new(hz, rate_hz, position));
    for (n, sample) in (position..).zip(out) {
        let value: f64 = oscillators.iter_mut().map(Oscillator::next).sum();
        *sample = if is_on(tone, rate_hz, n) { to_i16(peak * value) } else { 0 };
    }
}

/// A tone as samples.
pub fn generate(tone: &Tone, rate_hz: u32, samples: usize) -> Vec<i16> {
    let mut out = vec![0; samples];
    fill(tone, rate_hz, 0, &mut out);
    out
}

fn is_on(tone: &Tone, rate_hz: u32, position: u64) -> bool {
    let period: u64 = tone.cadence_ms.iter().map(|&ms| u64::from(ms)).sum();
    if period == 0 {
        return true;
    }
    let mut at = position * 1_000 / u64::from(rate_hz.max(1)) % period;
    for (n, &ms) in tone.cadence_ms.iter().enumerate() {
        if at < u64::from(ms) {
            return n % 2 == 0;
        }
        at -= u64::from(ms);
    }
    false
}

/// A sine by rotation: one complex multiplication a sample. Started from the sample's number for every frame, so that
/// no error grows.
struct Oscillator {
    sine: f64,
    cosine: f64,
    step: (f64, f64),
}

impl Oscillator {
    /// 0 Hz is silent.
    fn new(hz: u16, rate_hz: u32, position: u64) -> Self {
        let rate = u64::from(rate_hz.max(1));
        let step = TAU * f64::from(hz) / rate as f64;
        // Whole turns are taken off before the float: hz · position mod rate.
        let phase = TAU * (u64::from(hz) * (position % rate) % rate) as f64 / rate as f64;
        let cosine = if hz == 0 { 0.0 } else { phase.cos() };
        Self { sine: phase.sin(), cosine, step: (step.sin(), step.cos()) }
    }

    fn next(&mut self) -> f64 {
        let value = self.sine;
        (self.sine, self.cosine) = (
            self.sine * self.step.1 + self.cosine * self.step.0,
            self.cosine * self.step.1 - self.sine * self.step.0,
        );
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{goertzel, level};

    fn dial_tone() -> Tone {
        Tone { frequencies_hz: [350, 440], level_dbm0: -13, cadence_ms: vec![], duration_ms: 0 }
    }

    #[test]
    fn both_frequencies_have_the_level_asked_for() {
        let samples = generate(&dial_tone(), 8_000, 8_000);
        for hz in [350.0, 440.0] {
            let level = goertzel::level_dbm0(&samples, 8_000, hz);
            assert!((level + 13.0).abs() < 0.1, "{hz} Hz: {level}");
        }
        assert!(goertzel::level_dbm0(&samples, 8_000, 620.0) < -60.0);
    }

    #[test]
    fn a_tone_goes_on_anywhere_as_if_never_interrupted() {
        let whole = generate(&dial_tone(), 8_000, 1_000_000);
        let mut part = vec![0; 160];
        fill(&dial_tone(), 8_000, 999_840, &mut part);
        assert!(whole[999_840..].iter().zip(&part).all(|(a, b)| a.abs_diff(*b) <= 1));
    }

    #[test]
    fn cadence_switches_at_its_samples() {
        let busy = Tone { cadence_ms: vec![500, 250], ..dial_tone() };
        let samples = generate(&busy, 8_000, 12_000);
        assert!(level::dbov(&samples[..4_000]) > -20.0);
        assert!(samples[4_000..6_000].iter().all(|&s| s == 0));
        assert!(level::dbov(&samples[6_000..10_000]) > -20.0);
    }

    #[test]
    fn the_length_is_in_samples_of_the_rate() {
        assert_eq!(length(&Tone { duration_ms: 250, ..dial_tone() }, 16_000), Some(4_000));
        assert_eq!(length(&dial_tone(), 16_000), None);
    }
}
