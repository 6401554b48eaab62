//! The long-term predictor: what was 40 to 120 samples ago, times one of four gains (§4.2.11–12, §4.2.18, §4.3.2).
#![allow(
    clippy::cast_possible_truncation,
    reason = "sums are normalised to their upper 16 bits before the cast"
)]

use super::super::memory::Words;
use super::PART_SAMPLES;
use super::arithmetic::{norm, peak, times, times_rounded};
use core::ops::RangeInclusive;

/// Samples that are remembered.
const PAST: usize = 120;
/// Lags that can be sent.
const LAGS: RangeInclusive<u8> = 40..=120;

/// Decision levels of the gain (table 4.3a); above the last is the fourth.
const DECISIONS: [i16; 3] = [6_554, 16_384, 26_214];
/// Gains (table 4.3b).
const GAINS: [i16; 4] = [3_277, 11_469, 21_299, 32_767];

type Part = [i16; PART_SAMPLES];

/// The rebuilt residual of the past, and what the decoder knows of its lag.
#[derive(Clone, Debug)]
pub(super) struct Past {
    samples: [i16; PAST],
    lag: u8,
}

impl Default for Past {
    fn default() -> Self {
        Self { samples: [0; PAST], lag: 40 } // nrp starts at 40 (table 4.6)
    }
}

impl Past {
    /// The lag and the gain's code that fit a part best.
    pub(super) fn search(&self, part: &Part) -> (u8, u8) {
        let peak = peak(part);
        let head_room = if peak == 0 { 0 } else { norm(i32::from(peak) << 16) };
        let scale = 6u32.saturating_sub(head_room);
        let scaled = part.map(|sample| sample >> scale);
        let (mut best, mut lag) = (0, 40);
        for candidate in LAGS {
            let correlation = correlation(&scaled, self.at(candidate));
            if correlation > best {
                (best, lag) = (correlation, candidate);
            }
        }
        let best = best << 1 >> (6 - scale);
        let power: i32 =
            self.at(lag).iter().map(|&sample| i32::from(sample >> 3) * i32::from(sample >> 3)).sum();
        (lag, gain_code(best, power << 1))
    }

    /// What a lag and gain say of the next part.
    pub(super) fn predict(&self, lag: u8, gain: u8) -> Part {
        let gain = GAINS[usize::from(gain & 3)];
        let past = self.at(lag);
        core::array::from_fn(|n| times_rounded(gain, past[n]))
    }

    /// The same for a lag from the line, which is the last good one if it is out of range (§4.3.2).
    pub(super) fn predict_received(&mut self, lag: u8, gain: u8) -> Part {
        if LAGS.contains(&lag) {
            self.lag = lag;
        }
        self.predict(self.lag, gain)
    }

    /// Remembers prediction and pulses together, and gives their sum.
    pub(super) fn push(&mut self, guess: &Part, pulses: &Part) -> Part {
        let part = core::array::from_fn(|n| pulses[n].saturating_add(guess[n]));
        self.samples.copy_within(PART_SAMPLES.., 0);
        self.samples[PAST - PART_SAMPLES..].copy_from_slice(&part);
        part
    }

    /// The 40 samples from `lag` samples ago; a lag out of range is the longest.
    fn at(&self, lag: u8) -> &[i16] {
        let start = PAST - usize::from(lag.clamp(*LAGS.start(), *LAGS.end()));
        &self.samples[start..start + PART_SAMPLES]
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        words.i16s(&mut self.samples);
        words.u8(&mut self.lag);
    }

    pub(super) fn is_sound(&self) -> bool {
        LAGS.contains(&self.lag)
    }
}

/// Cannot overflow: the one side has been scaled to less than ten bits.
#[inline]
fn correlation(part: &Part, past: &[i16]) -> i32 {
    part.iter().zip(past).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

fn gain_code(correlation: i32, power: i32) -> u8 {
    if correlation <= 0 {
        return 0;
    }
    if correlation >= power {
        return 3;
    }
    let shift = norm(power);
    let correlation = ((correlation << shift) >> 16) as i16;
    let power = ((power << shift) >> 16) as i16;
    let code = DECISIONS.iter().position(|&decision| correlation <= times(power, decision));
    code.map_or(3, |code| code as u8)
}
