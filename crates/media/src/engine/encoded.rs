//! Prompts in the form in which they are sent: a frame that one leg was played is kept for the next that is played the same in
//! the same codec. Only for codecs without memory, whose frames sound right after any other.

use crate::Samples;
use crate::codec::{self, Codec};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Prompts that are kept; the one that was used longest ago goes first.
const KEPT_MAX: usize = 256;
/// Frames of one prompt that are kept: five minutes of 20 ms each. What comes later is encoded for each leg.
const FRAMES_MAX: usize = 15_000;

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Encoded {
    kept: BTreeMap<Key, Frames>,
    uses: u64,
}

/// Samples by their place in memory, as they are shared and immutable. Codecs take no room, so that several may have the same place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    samples: usize,
    codec: codec::Id,
    frame_samples: usize,
}

#[derive(Debug)]
struct Frames {
    /// Keeps the samples' place taken, so that the key stays theirs.
    _samples: Arc<Samples>,
    frames: Vec<Option<Arc<[u8]>>>,
    used: u64,
}

/// Where a frame lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) samples: &'a Arc<Samples>,
    pub(super) codec: &'static dyn Codec,
    pub(super) frame_samples: usize,
    pub(super) number: usize,
}

impl Encoded {
    /// The frame at a place, made by `make` when it is wanted for the first time.
    pub(super) fn frame(&mut self, place: &Place<'_>, make: impl FnOnce() -> Vec<u8>) -> Arc<[u8]> {
        if place.number >= FRAMES_MAX {
            return make().into();
        }
        self.uses += 1;
        let key = Key {
            samples: Arc::as_ptr(place.samples).addr(),
            codec: codec::Id::of(place.codec),
            frame_samples: place.frame_samples,
        };
        if !self.kept.contains_key(&key) && self.kept.len() >= KEPT_MAX {
            let oldest = self.kept.iter().min_by_key(|(_, frames)| frames.used).map(|(key, _)| *key);
            oldest.and_then(|oldest| self.kept.remove(&oldest));
        }
        let frames = self.kept.entry(key).or_insert_with(|| Frames {
            _samples: Arc::clone(place.samples),
            frames: Vec::new(),
            used: 0,
        });
        frames.used = self.uses;
        if frames.frames.len() <= place.number {
            frames.frames.resize(place.number + 1, None);
        }
        match frames.frames.get_mut(place.number) {
            Some(frame) => Arc::clone(frame.get_or_insert_with(|| make().into())),
            None => make().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{PCMA, PCMU};

    fn samples() -> Arc<Samples> {
        Arc::new(Samples { rate_hz: 8_000, data: vec![0; 160] })
    }

    #[test]
    fn a_frame_is_made_once_for_each_codec() {
        let (mut encoded, samples) = (Encoded::default(), samples());
        let mut made = 0;
        for codec in [&PCMA as &'static dyn Codec, &PCMU, &PCMA, &PCMU] {
            for number in [0, 1] {
                let place = Place { samples: &samples, codec, frame_samples: 160, number };
                encoded.frame(&place, || {
                    made += 1;
                    vec![1]
                });
            }
        }
        assert_eq!(made, 4);
    }

    #[test]
    fn what_was_used_longest_ago_goes() {
        let mut encoded = Encoded::default();
        let all: Vec<_> = (0..=KEPT_MAX).map(|_| samples()).collect();
        let mut frame = |samples: &Arc<Samples>| {
            let mut made = false;
            let place = Place { samples, codec: &PCMA, frame_samples: 160, number: 0 };
            encoded.frame(&place, || {
                made = true;
                vec![1]
            });
            made
        };
        assert!(all[..KEPT_MAX].iter().all(&mut frame));
        assert!(!frame(&all[0]), "used again");
        assert!(frame(&all[KEPT_MAX]), "one past the bound");
        assert!(!frame(&all[0]) && frame(&all[1]));
    }
}
