//! What has come of a play's items: whole prompts, or the blocks of what is too long to be held as a whole.
//!
//! ```text
//!  NotAsked                                        silence and tones
//!  Waiting ──whole──▶ Ready
//!     │ └──none──▶ Missing
//!     │ └──a prompt that is long──▶ WaitingLong ─┐
//!     └──a block──▶ Blocks ◀────────a block──────┘   the one that plays, and the next
//! ```
//! Blocks have the shape of music's ([`crate::music`]): the first begins at the sound's beginning, each has its neighbours' ends as
//! margins, and the last one is as short as it happens to be.

use crate::music::{BLOCK_MS, BLOCK_RATE_HZ, MARGIN_MS, block_length};
use crate::play::Playing;
use crate::{Audio, SampleKey, Samples};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Samples of a block without its margins.
const BLOCK: u64 = (BLOCK_RATE_HZ / 1_000 * BLOCK_MS) as u64;
/// Samples of both margins.
const MARGINS: u64 = (BLOCK_RATE_HZ / 1_000 * MARGIN_MS * 2) as u64;

/// What the shell has found for a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// There is no such thing, or it can't be decoded. For a block behind others that came: the sound ends there.
    Missing,
    /// All of it; also of a file, whichever block was asked for.
    Whole(Arc<Samples>),
    /// A prompt that is too long to be handed in as a whole: its blocks will be asked for.
    Long,
    /// The block that was asked for.
    Block(Block),
}

/// A stretch of a long sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Of music's rate and length, with both margins; the last one is shorter, and one behind the end is margins alone.
    pub samples: Arc<Samples>,
    /// Whether the sound ends in it, or before it.
    pub is_last: bool,
    /// How long the whole sound is, in ms, where that is known; it may be wrong.
    pub length_ms: Option<u64>,
}

impl From<Option<Arc<Samples>>> for Found {
    fn from(samples: Option<Arc<Samples>>) -> Self {
        samples.map_or(Self::Missing, Self::Whole)
    }
}

/// What has come of each of a play's items.
#[derive(Debug, Default)]
pub(crate) struct Loaded(Vec<Answer>);

/// What has come of one.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Nothing to load for this item.
    NotAsked,
    Waiting,
    /// A prompt that is long; its first block has not come.
    WaitingLong,
    Missing,
    Ready(Arc<Samples>),
    Blocks(Blocks),
}

/// The blocks of a long sound that are held, and where it ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blocks {
    held: BTreeMap<u64, Arc<Samples>>,
    /// The block that it begins with: kept, for whoever plays the list again.
    first: u64,
    /// Once known, in samples at the blocks' rate; it is not further on.
    end: Option<u64>,
    /// Whether it is there.
    end_is_exact: bool,
    length_ms: Option<u64>,
}

/// What is at a place of a long sound.
#[derive(Debug)]
pub(crate) enum At {
    /// Its end.
    Over,
    /// A block that has not come in time.
    Late,
    /// `count` samples at the rate asked for, `place` being where they begin in the block's own, margins and all.
    Here { samples: Arc<Samples>, place: u64, count: u64 },
}

impl Loaded {
    pub(crate) fn nothing_of(items: &[Audio]) -> Self {
        let waiting = |item: &Audio| match item {
            Audio::Prompt { .. } | Audio::File { .. } | Audio::Music(_) => Answer::Waiting,
            Audio::Silence(_) | Audio::Tone(_) => Answer::NotAsked,
        };
        Self(items.iter().map(waiting).collect())
    }

    pub(crate) fn of(&self, item: usize) -> Option<&Answer> {
        self.0.get(item)
    }

    pub(crate) fn of_mut(&mut self, item: usize) -> Option<&mut Answer> {
        self.0.get_mut(item)
    }

    /// Takes an answer, for all items that it is for.
    pub(crate) fn answer(&mut self, playing: &Playing, answered: &SampleKey, found: &Found) {
        for (number, (item, answer)) in playing.items().iter().zip(&mut self.0).enumerate() {
            match (item, answered) {
                (Audio::Prompt { name, lang }, SampleKey::Prompt { name: of, lang: tongue })
                    if name == of && lang == tongue =>
                {
                    answer.take_whole(found);
                }
                // Which block it began with is past: music goes on by its clock.
                (Audio::Music(class), SampleKey::Music { class: of, .. }) if class == of => {
                    answer.take_whole(found);
                }
                (Audio::Prompt { name, lang }, SampleKey::PromptBlock { name: of, lang: tongue, block })
                    if name == of && lang == tongue =>
                {
                    answer.take_block(found, *block, first_block(item), playing.is_at(number));
                }
                (Audio::File { path, .. }, SampleKey::FileBlock { path: of, block }) if path == of => {
                    answer.take_block(found, *block, first_block(item), playing.is_at(number));
                }
                (
                    Audio::Prompt { .. }
                    | Audio::File { .. }
                    | Audio::Music(_)
                    | Audio::Silence(_)
                    | Audio::Tone(_),
                    SampleKey::Prompt { .. }
                    | SampleKey::PromptBlock { .. }
                    | SampleKey::FileBlock { .. }
                    | SampleKey::Music { .. },
                ) => {}
            }
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        !self.0.iter().any(|answer| matches!(answer, Answer::Waiting | Answer::WaitingLong))
    }
}

impl Answer {
    fn take_whole(&mut self, found: &Found) {
        if !matches!(self, Self::Waiting) {
            return;
        }
        *self = match found {
            Found::Missing => Self::Missing,
            Found::Whole(samples) => Self::Ready(Arc::clone(samples)),
            Found::Long => Self::WaitingLong,
            Found::Block(block) => Self::Ready(Arc::clone(&block.samples)),
        };
    }

    /// Of items of the same sound each takes the block that it begins with, and the current one what it needs.
    fn take_block(&mut self, found: &Found, number: u64, first: u64, is_current: bool) {
        if number != first && !is_current {
            return;
        }
        match (&mut *self, found) {
            (Self::Blocks(blocks), Found::Block(block)) => blocks.put(number, block),
            // It was longer a moment ago.
            (Self::Blocks(blocks), Found::Missing) => blocks.ends_at(number.saturating_mul(BLOCK)),
            (Self::Waiting | Self::WaitingLong, Found::Block(block)) => {
                let mut blocks = Blocks { first, ..Blocks::default() };
                blocks.put(number, block);
                *self = Self::Blocks(blocks);
            }
            (Self::Waiting | Self::WaitingLong, Found::Whole(samples)) => {
                *self = Self::Ready(Arc::clone(samples));
            }
            (Self::Waiting | Self::WaitingLong, Found::Missing | Found::Long) => *self = Self::Missing,
            (Self::Blocks(_), Found::Whole(_) | Found::Long)
            | (Self::NotAsked | Self::Missing | Self::Ready(_), _) => {}
        }
    }

    /// How long the item is, in ms, as far as that is known.
    pub(crate) fn length_ms(&self) -> Option<u64> {
        match self {
            Self::Ready(samples) => {
                (samples.data.len() as u64 * 1_000).checked_div(u64::from(samples.rate_hz))
            }
            Self::Blocks(blocks) => {
                let end = blocks.end.map(|end| end.saturating_mul(1_000) / u64::from(BLOCK_RATE_HZ));
                if blocks.end_is_exact { end } else { blocks.length_ms.or(end) }
            }
            Self::NotAsked | Self::Waiting | Self::WaitingLong | Self::Missing => None,
        }
    }
}

impl Blocks {
    fn put(&mut self, number: u64, block: &Block) {
        self.length_ms = self.length_ms.or(block.length_ms);
        if block.is_last {
            let held = (block.samples.data.len() as u64).saturating_sub(MARGINS).min(BLOCK);
            // One behind the end says only that it is not further on: the length in ms is not exact, and who comes in here by
            // another way must end at the same sample.
            self.end_is_exact |= held > 0;
            self.ends_at(number.saturating_mul(BLOCK).saturating_add(held));
        }
        self.held.insert(number, Arc::clone(&block.samples));
    }

    fn ends_at(&mut self, end: u64) {
        self.end = Some(self.end.map_or(end, |known| known.min(end)));
    }

    /// What is at a place, counted in samples of a rate; what is behind it is forgotten. Calls `want` with the blocks that are
    /// lacking: this one, and the next.
    pub(crate) fn at(&mut self, rate_hz: u32, place: u64, mut want: impl FnMut(u64)) -> At {
        let length = block_length(rate_hz);
        let (number, within) = (place / length, place % length);
        self.held.retain(|&held, _| held >= number || held == self.first);
        let end = self.end;
        let end_here = end.map(|end| end.saturating_mul(u64::from(rate_hz)) / u64::from(BLOCK_RATE_HZ));
        if end_here.is_some_and(|end| place >= end) {
            return At::Over;
        }
        for lacking in [number, number + 1] {
            let is_there = end.is_none_or(|end| lacking.saturating_mul(BLOCK) < end);
            if is_there && !self.held.contains_key(&lacking) {
                want(lacking);
            }
        }
        let Some(samples) = self.held.get(&number) else { return At::Late };
        let left = end_here.map_or(u64::MAX, |end| end - place).min(length - within);
        let place = within + u64::from(rate_hz * MARGIN_MS / 1_000);
        At::Here { samples: Arc::clone(samples), place, count: left }
    }
}

/// The block that an item begins with.
pub(crate) fn first_block(item: &Audio) -> u64 {
    match item {
        Audio::File { from_ms, .. } => from_ms / u64::from(BLOCK_MS),
        Audio::Prompt { .. } | Audio::Music(_) | Audio::Silence(_) | Audio::Tone(_) => 0,
    }
}
