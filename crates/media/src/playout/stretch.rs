//! Speech made shorter or longer by one pitch period, cross-faded where it is joined: what changes the delay while somebody
//! speaks. Where nobody does, silence is cut or repeated the same way.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "blends of 16-bit samples stay within 16 bits, lengths are a few thousand samples"
)]

use crate::level;
use crate::pitch::{self, Pitch};
use crate::scratch::Scratch;

/// Periods that are looked for, in ms: from half of one of a low voice to several of a high one.
pub(super) const PERIOD_MS: (u32, u32) = (5, 15);
/// The cross-fade, in ms. Not longer than the shortest period.
const FADE_MS: u32 = 5;
/// How alike the joined ends have to be.
const ALIKE: f64 = 0.6;
/// The same, when it is urgent.
const ALIKE_IN_HASTE: f64 = 0.3;
/// Below this level any cut goes unheard.
const QUIET_DBOV: f64 = -50.0;

/// What is to be stretched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) rate_hz: u32,
    /// The longest period that may be taken, in samples; never more than 15 ms.
    pub(super) longest: usize,
    /// Take a poor place rather than none.
    pub(super) in_haste: bool,
}

impl Stretch {
    const fn samples(self, ms: u32) -> usize {
        (self.rate_hz / 1_000 * ms) as usize
    }

    /// Samples that must stand ahead so that a period of any length can be taken out or put in.
    pub(super) const fn needs(self) -> usize {
        self.samples(PERIOD_MS.1 + FADE_MS)
    }

    /// Takes one period out of the beginning; gives its length. `None`: there is no good place for it.
    pub(super) fn shorten(self, samples: &mut Vec<i16>, scratch: &mut Scratch<i16>) -> Option<usize> {
        let period = self.period(samples, scratch)?;
        let fade = self.samples(FADE_MS);
        for n in 0..fade {
            let into = *samples.get(n + period)?;
            let place = samples.get_mut(n)?;
            *place = faded(*place, into, n, fade);
        }
        samples.drain(fade..fade + period);
        Some(period)
    }

    /// Repeats one period at the beginning; gives its length.
    pub(super) fn lengthen(self, samples: &mut Vec<i16>, scratch: &mut Scratch<i16>) -> Option<usize> {
        let period = self.period(samples, scratch)?;
        let (fade, len) = (self.samples(FADE_MS), samples.len());
        samples.resize(len + period, 0);
        samples.copy_within(0..len, period);
        // The first period stands there still; what followed it, now a period later, is where the repetition has to begin.
        scratch.0.clear();
        scratch.0.extend_from_slice(samples.get(2 * period..2 * period + fade)?);
        for (n, &from) in scratch.0.iter().enumerate() {
            let place = samples.get_mut(period + n)?;
            *place = faded(from, *place, n, fade);
        }
        Some(period)
    }

    fn period(self, samples: &[i16], scratch: &mut Scratch<i16>) -> Option<usize> {
        let fade = self.samples(FADE_MS);
        let longest = self.longest.min(self.samples(PERIOD_MS.1)).min(samples.len().checked_sub(fade)?);
        let shortest = self.samples(PERIOD_MS.0);
        if longest < shortest {
            return None;
        }
        let lags = shortest..=longest;
        let Pitch { lag, likeness } =
            pitch::search(samples, self.rate_hz, fade, lags, pitch::at_the_front, scratch);
        let alike = if self.in_haste { ALIKE_IN_HASTE } else { ALIKE };
        if likeness >= alike {
            return Some(lag);
        }
        let heard = samples.get(..longest + fade)?;
        (level::dbov(heard) < QUIET_DBOV).then_some(longest)
    }
}

/// From one to the other, step `n` of `steps`.
fn faded(from: i16, into: i16, n: usize, steps: usize) -> i16 {
    let (n, steps) = (n as i32 + 1, steps as i32 + 1);
    ((i32::from(from) * (steps - n) + i32::from(into) * n) / steps) as i16
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::f64::consts::TAU;

    const PLAIN: Stretch = Stretch { rate_hz: 8_000, longest: 120, in_haste: false };

    fn voice(count: usize) -> Vec<i16> {
        let at = |n: usize| {
            (1..6).map(move |k| {
                (TAU * 140.0 * f64::from(k) * n as f64 / 8_000.0).sin() * 3_000.0 / f64::from(k)
            })
        };
        (0..count).map(|n| level::to_i16(at(n).sum())).collect()
    }

    fn jump(samples: &[i16]) -> i32 {
        samples.windows(2).map(|w| (i32::from(w[1]) - i32::from(w[0])).abs()).max().unwrap()
    }

    /// A multiple of the period of 140 Hz: 57.14 samples.
    fn is_periods(samples: usize) -> bool {
        [57, 114].iter().any(|period| samples.abs_diff(*period) <= 1)
    }

    #[test]
    fn a_period_is_taken_out_and_nobody_hears_it() {
        let mut samples = voice(400);
        let taken = PLAIN.shorten(&mut samples, &mut Scratch::default()).unwrap();
        assert!(is_periods(taken), "{taken}");
        assert_eq!(samples.len(), 400 - taken);
        assert_eq!(samples[40..], voice(400)[40 + taken..]);
        assert!(jump(&samples) <= jump(&voice(400)) * 11 / 10);
    }

    #[test]
    fn a_period_is_repeated_and_nobody_hears_it() {
        let mut samples = voice(400);
        let put = PLAIN.lengthen(&mut samples, &mut Scratch::default()).unwrap();
        assert!(is_periods(put), "{put}");
        assert_eq!(samples.len(), 400 + put);
        assert_eq!(samples[..put], voice(400)[..put]);
        assert_eq!(samples[put + 40..], voice(400)[40..]);
        assert!(jump(&samples) <= jump(&voice(400)) * 11 / 10);
    }

    #[test]
    fn silence_is_cut_and_loud_noise_is_left() {
        let mut silence = vec![3; 400];
        silence.iter_mut().step_by(2).for_each(|sample| *sample = -3);
        assert!(PLAIN.shorten(&mut silence, &mut Scratch::default()).is_some());
        let mut seed = 1u32;
        let mut noise: Vec<i16> = (0..400)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (seed >> 17) as i16 - 16_384
            })
            .collect();
        assert_eq!(PLAIN.shorten(&mut noise, &mut Scratch::default()), None);
        assert_eq!(noise.len(), 400);
    }

    #[test]
    fn too_little_is_left_alone() {
        for count in [0, 1, 79] {
            let mut samples = voice(count);
            assert_eq!(PLAIN.shorten(&mut samples, &mut Scratch::default()), None);
            assert_eq!(PLAIN.lengthen(&mut samples, &mut Scratch::default()), None);
            assert_eq!(samples, voice(count));
        }
    }
}
