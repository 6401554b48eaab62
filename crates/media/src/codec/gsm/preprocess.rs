//! §4.2.1–3: scaling to 13 bits and half, removal of direct current, pre-emphasis.
#![allow(clippy::cast_possible_truncation, reason = "the upper 16 of 31 bits")]

use super::super::memory::Words;
use super::FRAME_SAMPLES;
use super::arithmetic::{limited, times_rounded};

/// The memory of the two filters.
#[derive(Clone, Debug, Default)]
pub(super) struct Preprocess {
    /// The last sample (z1).
    sample: i16,
    /// The offset filter's accumulator (L_z2).
    accumulator: i32,
    /// The last sample without offset (mp).
    level: i16,
}

impl Preprocess {
    pub(super) fn run(&mut self, samples: &[i16; FRAME_SAMPLES]) -> [i16; FRAME_SAMPLES] {
        core::array::from_fn(|n| {
            let sample = samples[n] >> 3 << 2;
            let change = sample.saturating_sub(self.sample); // within ±2^15: the samples have 14 bits and a sign
            self.sample = sample;
            let high = (self.accumulator >> 15) as i16;
            let low = self.accumulator.wrapping_sub(i32::from(high) << 15) as i16; // 0 to 2^15 − 1
            let fed = (i32::from(change) << 15) + i32::from(times_rounded(low, 32_735));
            self.accumulator = (i32::from(high) * 32_735).saturating_add(fed);
            let level = limited(self.accumulator.saturating_add(16_384) >> 15);
            let emphasis = times_rounded(self.level, -28_180);
            self.level = level;
            level.saturating_add(emphasis)
        })
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        words.i16(&mut self.sample);
        words.i32(&mut self.accumulator);
        words.i16(&mut self.level);
    }

    pub(super) fn is_sound(&self) -> bool {
        (-16_384..16_384).contains(&self.sample) && (-(1 << 30)..1 << 30).contains(&self.accumulator)
    }
}
