//! Levels. Here 0 dBov is a sine that just reaches full scale, so 0 dBm0 is −3.14 dBov (ITU-T G.711 table 5: the A-law
//! overload point is +3.14 dBm0).
#![allow(
    clippy::cast_possible_truncation,
    reason = "levels are rounded and clamped to their range before the cast"
)]

use serde::{Deserialize, Serialize};

/// The overload point of A-law in dBm0 (ITU-T G.711).
#[allow(clippy::approx_constant, reason = "decibels, by chance near π")]
pub const OVERLOAD_DBM0: f64 = 3.14;
/// What an empty or all-zero window is said to have.
pub const SILENCE_DBOV: f64 = -127.0;

/// The amplitude ratio of a level in dB.
pub fn ratio(db: f64) -> f64 {
    10f64.powf(db / 20.0)
}

/// Nobody wants more of [`amplify`], in dB either way.
pub const GAIN_DB_MAX: i8 = 24;

/// Makes samples louder or softer; what would be above full scale is cut.
pub fn amplify(samples: &mut [i16], gain_db: i8) {
    if gain_db == 0 {
        return;
    }
    let ratio = ratio(f64::from(gain_db.clamp(-GAIN_DB_MAX, GAIN_DB_MAX)));
    for sample in samples {
        *sample = (f64::from(*sample) * ratio).round().clamp(-32_768.0, 32_767.0) as i16;
    }
}

/// The peak of a sine of this level, in 16-bit units; at most full scale.
pub fn peak_of_dbm0(level_dbm0: f64) -> f64 {
    (ratio(level_dbm0 - OVERLOAD_DBM0) * 32_767.0).min(32_767.0)
}

/// The level of a window in dBov: of a sine with the same energy.
pub fn dbov(samples: &[i16]) -> f64 {
    let energy: i64 = samples.iter().map(|&sample| i64::from(sample) * i64::from(sample)).sum();
    if energy == 0 {
        return SILENCE_DBOV;
    }
    let mean = energy as f64 / samples.len() as f64;
    (10.0 * (2.0 * mean / (32_767.0 * 32_767.0)).log10()).max(SILENCE_DBOV)
}

/// The sum of squares per sample at which a window reaches a level in dBov: for comparing without a logarithm.
pub fn mean_square_of_dbov(level_dbov: f64) -> f64 {
    let peak = ratio(level_dbov) * 32_767.0;
    peak * peak / 2.0
}

/// Of so many samples one is looked at for a [`Power`]: an eighth of the cost, and a thousand of them in a second all the same.
const SKIP: usize = 8;

/// How loud what comes is, summed up over some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Power {
    /// Of mean squares.
    sum: u64,
    blocks: u32,
    #[serde(default)]
    estimate: Estimate,
}

/// A guess at one block of those that are not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Estimate {
    #[default]
    Wanted,
    /// It was asked for; a level without its sign, where there is one.
    Asked(Option<u8>),
}

impl Power {
    /// Takes a block's mean square.
    #[inline]
    pub(crate) fn add(&mut self, mean_square: u32) {
        self.sum = self.sum.saturating_add(u64::from(mean_square));
        self.blocks = self.blocks.saturating_add(1);
    }

    /// Takes a guess at how loud a block is, the first since the last time.
    #[inline]
    pub(crate) fn estimate(&mut self, mean_square: impl FnOnce() -> Option<u32>) {
        if self.estimate == Estimate::Wanted {
            self.estimate = Estimate::Asked(mean_square().map(|square| below_dbov(f64::from(square))));
        }
    }

    /// The level since the last time, without its sign, and the guess, where nothing is known; `None`: there was nothing.
    pub(crate) fn take(&mut self) -> (Option<u8>, Option<u8>) {
        let Self { sum, blocks, estimate } = core::mem::take(self);
        let known = (blocks > 0).then(|| below_dbov(sum as f64 / f64::from(blocks)));
        (known, if let Estimate::Asked(level) = estimate { level } else { None })
    }
}

/// A mean square as a level without its sign.
#[allow(clippy::cast_sign_loss, reason = "clamped to its range before the cast")]
fn below_dbov(mean: f64) -> u8 {
    let level = if mean > 0.0 { 10.0 * (2.0 * mean / (32_767.0 * 32_767.0)).log10() } else { SILENCE_DBOV };
    (-level).round().clamp(0.0, -SILENCE_DBOV) as u8
}

/// The mean square of some of the samples.
#[inline]
pub(crate) fn mean_square(samples: impl Iterator<Item = i16>) -> Option<u32> {
    let (mut sum, mut count) = (0_u64, 0_u32);
    for sample in samples.step_by(SKIP) {
        sum += u64::from(sample.unsigned_abs()) * u64::from(sample.unsigned_abs());
        count += 1;
    }
    // A square has 30 bits at most, and so has the mean.
    (count > 0).then(|| u32::try_from(sum / u64::from(count)).unwrap_or(u32::MAX))
}

/// Rounds and limits to 16 bits.
pub fn to_i16(sample: f64) -> i16 {
    sample.round().clamp(-32_768.0, 32_767.0) as i16
}

/// The sum of two samples, limited.
pub fn mix(a: i16, b: i16) -> i16 {
    a.saturating_add(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_louder_is_cut_at_full_scale_and_nothing_is_lost_by_0_db() {
        let amplified = |samples: &[i16], gain_db: i8| {
            let mut samples = samples.to_vec();
            amplify(&mut samples, gain_db);
            samples
        };
        assert_eq!(amplified(&[1_000, -1_000, 7, i16::MIN], 0), [1_000, -1_000, 7, i16::MIN]);
        assert_eq!(amplified(&[1_000, -1_000], 6), [1_995, -1_995]);
        assert_eq!(amplified(&[1_000, -1_000], -6), [501, -501]);
        assert_eq!(amplified(&[20_000, -20_000], 12), [i16::MAX, i16::MIN]);
        assert_eq!(amplified(&[100], 127), amplified(&[100], GAIN_DB_MAX));
    }

    #[test]
    fn a_full_scale_sine_is_0_dbov() {
        let sine: Vec<i16> = (0..800)
            .map(|n| to_i16(32_767.0 * (f64::from(n) * core::f64::consts::TAU / 80.0).sin()))
            .collect();
        assert!(dbov(&sine).abs() < 0.01);
        assert!((dbov(&[]) - SILENCE_DBOV).abs() < f64::EPSILON);
    }

    #[test]
    fn the_power_of_some_time_is_a_level_without_its_sign() {
        let sine = |peak: f64| {
            (0..8_000).map(move |n| to_i16(peak * (f64::from(n) * core::f64::consts::TAU / 77.0).sin()))
        };
        let mut power = Power::default();
        assert_eq!(power.take(), (None, None));
        for (peak, level) in [(32_767.0, 0), (3_276.7, 20), (327.67, 40), (0.0, 127)] {
            power.add(mean_square(sine(peak)).unwrap());
            assert_eq!(power.take(), (Some(level), None), "{peak}");
            assert_eq!(power.take(), (None, None), "it is taken");
        }
        assert_eq!(mean_square(core::iter::empty()), None);
    }

    #[test]
    fn a_guess_is_asked_for_once_and_stands_beside_what_is_known() {
        let mut power = Power::default();
        power.estimate(|| Some(0));
        power.estimate(|| panic!("it was asked for already"));
        assert_eq!(power.take(), (None, Some(127)));
        power.estimate(|| None);
        power.estimate(|| panic!("it was asked for already"));
        power.add(0);
        assert_eq!(power.take(), (Some(127), None));
    }

    #[test]
    fn the_overload_point_is_full_scale() {
        assert!((peak_of_dbm0(OVERLOAD_DBM0) - 32_767.0).abs() < 0.001);
        assert!((peak_of_dbm0(-10.0) / peak_of_dbm0(-16.02) - 2.0).abs() < 0.001);
    }
}
