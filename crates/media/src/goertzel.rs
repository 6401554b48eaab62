//! Which frequencies are heard in a window: Goertzel's filter, one per frequency of interest.

use crate::dtmf;
use crate::level::{OVERLOAD_DBM0, SILENCE_DBOV};
use core::f64::consts::TAU;

/// The peak amplitude of the sine at `frequency_hz` in a window, in 16-bit units. Exact where whole periods fit; a window
/// of N samples tells frequencies apart that are rate/N Hz from each other.
pub fn amplitude(samples: &[i16], rate_hz: u32, frequency_hz: f64) -> f64 {
    if samples.is_empty() {
        return 0.0;
    }
    let omega = TAU * frequency_hz / f64::from(rate_hz.max(1));
    let coefficient = 2.0 * omega.cos();
    let (mut s1, mut s2) = (0.0, 0.0);
    for &sample in samples {
        (s1, s2) = (f64::from(sample) + coefficient * s1 - s2, s1);
    }
    let power = s1 * s1 + s2 * s2 - coefficient * s1 * s2;
    2.0 * power.max(0.0).sqrt() / samples.len() as f64
}

/// The level of one frequency in a window, in dBm0.
pub fn level_dbm0(samples: &[i16], rate_hz: u32, frequency_hz: f64) -> f64 {
    let amplitude = amplitude(samples, rate_hz, frequency_hz);
    if amplitude <= 0.0 { SILENCE_DBOV } else { 20.0 * (amplitude / 32_767.0).log10() + OVERLOAD_DBM0 }
}

/// Those of `frequencies_hz` that are heard at `threshold_dbm0` or more.
pub fn heard(samples: &[i16], rate_hz: u32, frequencies_hz: &[u16], threshold_dbm0: f64) -> Vec<u16> {
    let is_heard = |&hz: &u16| level_dbm0(samples, rate_hz, f64::from(hz)) >= threshold_dbm0;
    frequencies_hz.iter().copied().filter(is_heard).collect()
}

/// The DTMF digit in a window (ITU-T Q.24: each tone above −25 dBm0, twist within 8 dB, the others well below). The
/// window should be 20 ms or longer.
pub fn dtmf_digit(samples: &[i16], rate_hz: u32) -> Option<char> {
    let strongest = |group: [u16; 4]| {
        let mut levels = group.map(|hz| (level_dbm0(samples, rate_hz, f64::from(hz)), hz));
        levels.sort_by(|a, b| b.0.total_cmp(&a.0));
        let [first, second, ..] = levels;
        (first.0 > -25.0 && first.0 - second.0 > 6.0).then_some(first)
    };
    let (low_level, low) = strongest(dtmf::LOW_HZ)?;
    let (high_level, high) = strongest(dtmf::HIGH_HZ)?;
    if (low_level - high_level).abs() > 8.0 {
        return None;
    }
    dtmf::digit_of([low, high])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tone, tone};

    #[test]
    fn a_frequency_beside_the_one_played_is_not_heard() {
        let played = Tone { frequencies_hz: [425, 0], level_dbm0: -10, cadence_ms: vec![], duration_ms: 0 };
        let samples = tone::generate(&played, 8_000, 1_600);
        assert_eq!(heard(&samples, 8_000, &[350, 425, 480, 620], -30.0), [425]);
        assert_eq!(heard(&[], 8_000, &[425], -60.0), [] as [u16; 0]);
    }

    #[test]
    fn every_digit_is_told_by_its_two_tones() {
        for digit in "0123456789*#ABCD".chars() {
            let played = dtmf::tone(digit, 40).unwrap();
            assert_eq!(dtmf_digit(&tone::generate(&played, 8_000, 320), 8_000), Some(digit));
        }
        assert_eq!(dtmf_digit(&[0; 320], 8_000), None);
        let dial = Tone { frequencies_hz: [350, 440], level_dbm0: -10, cadence_ms: vec![], duration_ms: 0 };
        assert_eq!(dtmf_digit(&tone::generate(&dial, 8_000, 320), 8_000), None);
    }
}
