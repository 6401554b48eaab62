//! Digits by their tones (ITU-T Q.23, Q.24): found in what a peer says when it agreed on no telephone events.
//!
//! Blocks of 12.75 ms are looked at for the eight frequencies. A digit is there when two blocks agree, which 40 ms always
//! give, and over when two in a row lack it, so that a hiccup of the line does not double it.
//!
//! ```text
//!  Quiet ──two blocks with the same tones──▶ Pressed ──two blocks without──▶ Quiet
//! ```
#![allow(clippy::cast_possible_truncation, reason = "levels and coefficients need no more than 24 bits")]

use crate::dtmf::{HIGH_HZ, LOW_HZ, digit_of};
use crate::level::mean_square_of_dbov;
use serde::{Deserialize, Serialize};

/// A block's length: as many of 102 samples of 8,000 Hz as it takes to tell the row frequencies apart.
const BLOCK_US: u32 = 12_750;
/// The softest digit, in dBov: Q.24 asks for −25 dBm and less for each tone.
const LEVEL_DBOV: f64 = -36.0;
/// The row may be louder than the column by 4 dB, the column than the row by 8 dB (Q.24 for North America).
const TWIST: (f32, f32) = (2.52, 6.31);
/// Each tone stands out of the others of its group by 8 dB.
const OVER_OTHERS: f32 = 6.3;
/// The two tones hold so much of all energy; speech spreads its own.
const PURE: f32 = 0.83;
/// A column's double frequency holds less than this part of it: vowels have harmonics, keys have none.
const HARMONIC: f32 = 0.1;

/// What a block changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Pressed(char),
    Released { digit: char, duration_ms: u16 },
}

/// A running detector: plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Detector {
    rate_hz: u32,
    block: Block,
    /// What the newest block held, and the one before.
    newest: Option<char>,
    pressed: Option<Pressed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Pressed {
    digit: char,
    blocks: u32,
    /// Blocks in a row that lack it.
    without: u8,
}

/// A block in the making: the filters' memories.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Block {
    taken: u32,
    energy: f32,
    /// Eight tones, then the double of each column's.
    filters: [Filter; 12],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Filter {
    coefficient: f32,
    one: f32,
    two: f32,
}

impl Filter {
    fn new(hz: u16, rate_hz: u32) -> Self {
        let turn = core::f64::consts::TAU * f64::from(hz) / f64::from(rate_hz.max(1));
        Self { coefficient: (2.0 * turn.cos()) as f32, one: 0.0, two: 0.0 }
    }

    #[inline]
    fn take(&mut self, sample: f32) {
        let next = sample + self.coefficient * self.one - self.two;
        (self.two, self.one) = (self.one, next);
    }

    /// Energy at the frequency, on the scale of the block's energy times half its length.
    fn energy(&self) -> f32 {
        self.one * self.one + self.two * self.two - self.coefficient * self.one * self.two
    }
}

impl Block {
    fn new(rate_hz: u32) -> Self {
        let mut block = Self::default();
        let doubles = HIGH_HZ.map(|hz| hz * 2);
        let all = LOW_HZ.iter().chain(&HIGH_HZ).chain(&doubles);
        for (filter, &hz) in block.filters.iter_mut().zip(all) {
            *filter = Filter::new(hz, rate_hz);
        }
        block
    }

    fn clear(&mut self) {
        (self.taken, self.energy) = (0, 0.0);
        self.filters.iter_mut().for_each(|filter| (filter.one, filter.two) = (0.0, 0.0));
    }

    /// The digit of a full block.
    fn digit(&self) -> Option<char> {
        let energies = self.filters.map(|filter| filter.energy());
        let (rows, rest) = energies.split_first_chunk::<4>()?;
        let (columns, doubles) = rest.split_first_chunk::<4>()?;
        let ((row, low), (column, high)) = (strongest(rows)?, strongest(columns)?);
        let count = self.taken as f32;
        // A sine of mean square m has the energy m · count² / 2 here.
        let least = mean_square_of_dbov(LEVEL_DBOV) as f32 * count * count / 2.0;
        let is_loud = low > least && high > least;
        let is_even = low < high * TWIST.0 && high < low * TWIST.1;
        let is_pure = low + high > PURE * self.energy * count / 2.0;
        let is_key = doubles.get(column).is_some_and(|&double| double < high * HARMONIC);
        if !(is_loud && is_even && is_pure && is_key) {
            return None;
        }
        digit_of([*LOW_HZ.get(row)?, *HIGH_HZ.get(column)?])
    }
}

/// The strongest of a group, if it stands out.
fn strongest(group: &[f32; 4]) -> Option<(usize, f32)> {
    let (at, &most) = group.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let stands_out =
        group.iter().enumerate().all(|(other, &energy)| other == at || energy * OVER_OTHERS < most);
    stands_out.then_some((at, most))
}

impl Detector {
    pub(crate) fn new(rate_hz: u32) -> Self {
        Self { rate_hz, block: Block::new(rate_hz), newest: None, pressed: None }
    }

    /// Whether a key is down.
    pub(crate) fn is_pressed(&self) -> bool {
        self.pressed.is_some()
    }

    /// Takes samples; another rate begins anew.
    pub(crate) fn hear(&mut self, rate_hz: u32, samples: &[i16], mut changed: impl FnMut(Change)) {
        if rate_hz != self.rate_hz {
            self.pressed.take().into_iter().for_each(|pressed| changed(pressed.released()));
            *self = Self::new(rate_hz);
        }
        let length = u32::try_from(u64::from(rate_hz) * u64::from(BLOCK_US) / 1_000_000).unwrap_or(1).max(1);
        for &sample in samples {
            let sample = f32::from(sample);
            self.block.energy += sample * sample;
            self.block.filters.iter_mut().for_each(|filter| filter.take(sample));
            self.block.taken += 1;
            if self.block.taken >= length {
                let digit = self.block.digit();
                self.block.clear();
                if let Some(change) = self.turn(digit) {
                    changed(change);
                }
            }
        }
    }

    fn turn(&mut self, digit: Option<char>) -> Option<Change> {
        let before = core::mem::replace(&mut self.newest, digit);
        match &mut self.pressed {
            None if digit.is_some() && digit == before => {
                self.pressed = digit.map(|digit| Pressed { digit, blocks: 2, without: 0 });
                digit.map(Change::Pressed)
            }
            None => None,
            Some(pressed) if digit == Some(pressed.digit) => {
                pressed.blocks += u32::from(pressed.without) + 1;
                pressed.without = 0;
                None
            }
            Some(pressed) => {
                pressed.without += 1;
                let is_over = pressed.without >= 2;
                let released = is_over.then(|| pressed.released());
                if is_over {
                    self.pressed = None;
                }
                released
            }
        }
    }
}

impl Pressed {
    fn released(&self) -> Change {
        let ms = self.blocks.saturating_mul(BLOCK_US) / 1_000;
        Change::Released { digit: self.digit, duration_ms: u16::try_from(ms).unwrap_or(u16::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tone, dtmf, tone};

    fn press(digit: char, rate_hz: u32, ms: u32) -> Vec<i16> {
        let tone = dtmf::tone(digit, 0).unwrap();
        let count = rate_hz / 1_000 * ms;
        let mut samples = tone::generate(&tone, rate_hz, count as usize);
        samples.resize(samples.len() + (rate_hz / 1_000 * 60) as usize, 0);
        samples
    }

    fn heard(rate_hz: u32, samples: &[i16]) -> Vec<Change> {
        let mut changes = Vec::new();
        let mut detector = Detector::new(rate_hz);
        samples.chunks(160).for_each(|piece| detector.hear(rate_hz, piece, |change| changes.push(change)));
        changes
    }

    #[test]
    fn every_key_is_heard_once_with_its_length_at_every_rate() {
        for rate_hz in [8_000, 16_000, 48_000] {
            for digit in "0123456789*#ABCD".chars() {
                for ms in [40, 70, 100, 500] {
                    let changes = heard(rate_hz, &press(digit, rate_hz, ms));
                    let [Change::Pressed(down), Change::Released { digit: up, duration_ms }] = changes[..]
                    else {
                        panic!("{digit} of {ms} ms at {rate_hz} Hz: {changes:?}");
                    };
                    assert_eq!((down, up), (digit, digit));
                    assert!(u32::from(duration_ms).abs_diff(ms) <= 20, "{duration_ms} for {ms}");
                }
            }
        }
    }

    #[test]
    fn pauses_of_40_ms_tell_the_same_key_apart() {
        let once = &press('5', 8_000, 50)[..(50 + 45) * 8];
        let changes = heard(8_000, &[once, once, once, &[0; 800]].concat());
        assert_eq!(changes.iter().filter(|change| **change == Change::Pressed('5')).count(), 3);
    }

    fn pair(low: u16, high: u16, levels_dbm0: [i8; 2]) -> Vec<i16> {
        let one = |hz, level_dbm0| {
            let tone = Tone { frequencies_hz: [hz, 0], level_dbm0, cadence_ms: vec![], duration_ms: 0 };
            tone::generate(&tone, 8_000, 1_600)
        };
        let (low, high) = (one(low, levels_dbm0[0]), one(high, levels_dbm0[1]));
        low.iter().zip(&high).map(|(a, b)| a + b).collect()
    }

    #[test]
    fn twist_within_q24_is_taken_and_beyond_it_refused() {
        let taken = |low, high| !heard(8_000, &pair(770, 1_336, [low, high])).is_empty();
        assert!(taken(-10, -7) && taken(-10, -13) && taken(-14, -7), "−4 to +7 dB");
        assert!(!taken(-10, -17) && !taken(-20, -8), "−7 and +12 dB");
    }

    #[test]
    fn frequencies_off_by_1_5_percent_are_taken_and_by_3_5_percent_refused() {
        let off = |percent: f64| {
            let of = |hz: f64| u16::try_from((hz * (1.0 + percent / 100.0)).round() as i64).unwrap();
            !heard(8_000, &pair(of(852.0), of(1_209.0), [-8, -8])).is_empty()
        };
        assert!(off(1.5) && off(-1.5));
        assert!(!off(3.5) && !off(-3.5));
    }

    #[test]
    fn a_soft_key_is_heard_and_single_tones_and_noise_are_none() {
        assert!(!heard(8_000, &pair(697, 1_477, [-25, -25])).is_empty());
        assert!(heard(8_000, &pair(697, 1_477, [-45, -45])).is_empty());
        assert!(heard(8_000, &pair(697, 770, [-8, -8])).is_empty());
        assert!(heard(8_000, &pair(440, 480, [-13, -13])).is_empty(), "ringing tone");
        let mut seed = 1u32;
        let noise: Vec<i16> = (0..80_000)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                i16::try_from(seed >> 18).unwrap() - 8_192
            })
            .collect();
        assert!(heard(8_000, &noise).is_empty());
    }
}
