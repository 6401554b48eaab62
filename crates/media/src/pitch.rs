//! The pitch of voiced speech: the lag at which a stretch of signal is most like itself.
#![allow(clippy::cast_possible_truncation, reason = "lags and windows are a few thousand samples at most")]

use crate::scratch::Scratch;
use core::ops::RangeInclusive;

/// The search's first pass runs at about this rate: speech's pitch needs no more, and it costs little.
const COARSE_RATE_HZ: u32 = 4_000;

/// Two windows of the same length, as their first samples, for a lag.
pub(crate) type Windows = fn(samples: usize, window: usize, lag: usize) -> (usize, usize);

/// The newest samples against those a lag before them.
pub(crate) fn at_the_end(samples: usize, window: usize, lag: usize) -> (usize, usize) {
    (samples.saturating_sub(window), samples.saturating_sub(window + lag))
}

/// The oldest samples against those a lag after them.
pub(crate) fn at_the_front(_samples: usize, _window: usize, lag: usize) -> (usize, usize) {
    (0, lag)
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pitch {
    /// In samples.
    pub(crate) lag: usize,
    /// How alike the two windows are, −1 to 1; 0 where one of them is silent.
    pub(crate) likeness: f64,
}

/// Finds the best lag of `lags`. `coarse` is memory for the first pass. Lags whose windows do not lie in `samples` count as
/// unlike; with none at all the shortest lag is given, unlike.
pub(crate) fn search(
    samples: &[i16],
    rate_hz: u32,
    window: usize,
    lags: RangeInclusive<usize>,
    windows: Windows,
    Scratch(coarse): &mut Scratch<i16>,
) -> Pitch {
    let step = (rate_hz / COARSE_RATE_HZ).max(1) as usize;
    let (shortest, longest) = (*lags.start(), *lags.end());
    // Means of `step` samples: a crude low-pass filter before the decimation. Aligned with the end, which may be the reference.
    coarse.clear();
    let skipped = samples.len() % step;
    coarse.extend(
        samples
            .get(skipped..)
            .unwrap_or_default()
            .chunks_exact(step)
            .map(|chunk| (chunk.iter().map(|&s| i32::from(s)).sum::<i32>() / step as i32) as i16),
    );
    let rough = best(coarse, window / step, shortest.div_ceil(step)..=longest / step, windows);
    let around = rough.lag * step;
    let fine = around.saturating_sub(step).max(shortest)..=(around + step).min(longest).max(shortest);
    best(samples, window, fine, windows)
}

fn best(samples: &[i16], window: usize, lags: RangeInclusive<usize>, windows: Windows) -> Pitch {
    let mut found = Pitch { lag: *lags.start(), likeness: 0.0 };
    for lag in lags {
        let (a, b) = windows(samples.len(), window, lag);
        let (Some(a), Some(b)) = (samples.get(a..a + window), samples.get(b..b + window)) else { continue };
        let likeness = likeness(a, b);
        if likeness > found.likeness {
            found = Pitch { lag, likeness };
        }
    }
    found
}

/// The normalised correlation of two windows.
fn likeness(a: &[i16], b: &[i16]) -> f64 {
    let (mut product, mut first, mut second) = (0i64, 0i64, 0i64);
    for (&x, &y) in a.iter().zip(b) {
        let (x, y) = (i64::from(x), i64::from(y));
        product += x * y;
        first += x * x;
        second += y * y;
    }
    if first == 0 || second == 0 { 0.0 } else { product as f64 / ((first as f64) * (second as f64)).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pulses(period: usize, count: usize) -> Vec<i16> {
        (0..count).map(|n| if n % period < period / 5 { 9_000 } else { -1_500 }).collect()
    }

    #[test]
    fn the_period_of_a_periodic_signal_is_found_at_every_rate() {
        for (rate_hz, period) in [(8_000, 57), (16_000, 131), (48_000, 391)] {
            let samples = pulses(period, rate_hz as usize / 20);
            let lags = rate_hz as usize / 200..=rate_hz as usize * 3 / 200;
            let window = rate_hz as usize / 50;
            for windows in [at_the_end as Windows, at_the_front] {
                let found = search(&samples, rate_hz, window, lags.clone(), windows, &mut Scratch::default());
                assert!((found.lag % period).min(period - found.lag % period) <= 1, "{found:?} of {period}");
                assert!(found.likeness > 0.95);
            }
        }
    }

    #[test]
    fn silence_and_too_little_signal_are_like_nothing() {
        let lags = 40..=120;
        for samples in [vec![0; 390], vec![], vec![5; 100]] {
            let found = search(&samples, 8_000, 160, lags.clone(), at_the_end, &mut Scratch::default());
            assert_eq!((found.lag, found.likeness), (40, 0.0), "{}", samples.len());
        }
    }
}
