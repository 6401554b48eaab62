//! Music on hold as it reaches the engine: each class is an endless stream on one clock, whoever listens. The shell hands it in as
//! blocks of a fixed length, numbered from the clock's beginning, each a little longer at both ends so that it can be resampled
//! without a seam; the engine asks for the next one in time, and forgets those that are over.

use crate::{SampleKey, Samples};
use cordboard_base::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Samples per second of every block.
pub const BLOCK_RATE_HZ: u32 = 16_000;
/// A block's length, in ms: little enough to be made in a moment, long enough to be asked for seldom.
pub const BLOCK_MS: u32 = 2_000;
/// So much of its neighbours stands before and behind a block, in ms.
pub const MARGIN_MS: u32 = 10;
/// Samples of a block, with both margins.
pub const BLOCK_SAMPLES: usize = (BLOCK_RATE_HZ / 1_000 * (BLOCK_MS + 2 * MARGIN_MS)) as usize;
/// The next block is asked for when so much of one is left, in ms.
const AHEAD_MS: u64 = 1_000;
/// Blocks of a class that are kept: the current one, the next, and the last one for a late listener.
const KEPT: u64 = 3;

/// The block that plays at a time.
pub fn block_at(now: Time) -> u64 {
    now.as_millis() / u64::from(BLOCK_MS)
}

/// A block's length in samples of a rate, without its margins.
pub(crate) fn block_length(rate_hz: u32) -> u64 {
    (u64::from(rate_hz) * u64::from(BLOCK_MS) / 1_000).max(1)
}

/// The blocks of all classes that somebody listens to.
#[derive(Debug, Default)]
pub(crate) struct Music {
    blocks: BTreeMap<String, BTreeMap<u64, Arc<Samples>>>,
    /// What is to be asked for.
    pub(crate) wanted: BTreeSet<SampleKey>,
}

impl Music {
    /// Takes a block.
    pub(crate) fn put(&mut self, class: &str, block: u64, samples: &Arc<Samples>) {
        let blocks = self.blocks.entry(class.to_owned()).or_default();
        blocks.insert(block, Arc::clone(samples));
        blocks.retain(|&other, _| other + KEPT > block);
    }

    /// The blocks of a class that are there.
    pub(crate) fn held(&self, class: &str) -> impl Iterator<Item = (u64, Arc<Samples>)> {
        let blocks = self.blocks.get(class).into_iter().flatten();
        blocks.map(|(number, samples)| (*number, Arc::clone(samples)))
    }

    /// The block of a class that has the sample `at` of the clock at a rate, and that sample's place in it. Asks for what is not
    /// there, and for what will be needed soon.
    pub(crate) fn at(&mut self, class: &str, rate_hz: u32, at: u64) -> Option<(Arc<Samples>, u64)> {
        let length = block_length(rate_hz);
        let (block, place) = (at / length, at % length);
        let known = |block: u64| self.blocks.get(class).is_some_and(|blocks| blocks.contains_key(&block));
        let mut wants = Vec::new();
        if !known(block) {
            wants.push(block);
        }
        if (length - place) * 1_000 <= AHEAD_MS * u64::from(rate_hz) && !known(block + 1) {
            wants.push(block + 1);
        }
        for block in wants {
            self.wanted.insert(SampleKey::Music { class: class.to_owned(), block });
        }
        let samples = self.blocks.get(class)?.get(&block)?;
        Some((Arc::clone(samples), place + u64::from(rate_hz * MARGIN_MS / 1_000)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block() -> Arc<Samples> {
        Arc::new(Samples { rate_hz: BLOCK_RATE_HZ, data: vec![0; BLOCK_SAMPLES] })
    }

    fn wanted(music: &mut Music) -> Vec<u64> {
        let number = |key: &SampleKey| match key {
            SampleKey::Music { block, .. } => *block,
            SampleKey::Prompt { .. } | SampleKey::PromptBlock { .. } | SampleKey::FileBlock { .. } => {
                unreachable!()
            }
        };
        core::mem::take(&mut music.wanted).iter().map(number).collect()
    }

    #[test]
    fn the_next_block_is_asked_for_in_time_and_old_ones_are_forgotten() {
        let mut music = Music::default();
        assert!(music.at("calm", 8_000, 7 * 16_000 + 5).is_none());
        assert_eq!(wanted(&mut music), [7]);
        music.put("calm", 7, &block());
        let (_, place) = music.at("calm", 8_000, 7 * 16_000 + 5).unwrap();
        assert_eq!((place, wanted(&mut music)), (85, vec![]));
        assert!(music.at("calm", 8_000, 7 * 16_000 + 8_000).is_some());
        assert_eq!(wanted(&mut music), [8]);
        (8..11).for_each(|number| music.put("calm", number, &block()));
        assert_eq!(music.blocks["calm"].keys().copied().collect::<Vec<_>>(), [8, 9, 10]);
    }
}
