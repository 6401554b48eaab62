//! What all in a room hear, one after the other.

use cordboard_app::PlayList;
use cordboard_media::{Audio, Tone};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Announcements that wait for their turn. Of more the oldest is left out: who came and went in between is not worth a minute.
const WAITING_MAX: usize = 8;

/// Announcements of a room.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Announcements {
    sounds: bool,
    waiting: VecDeque<Vec<Audio>>,
}

impl Announcements {
    /// One more; what is to be played now, if it is its turn.
    pub(crate) fn add(&mut self, items: Vec<Audio>) -> Option<PlayList> {
        if self.sounds {
            if self.waiting.len() >= WAITING_MAX {
                self.waiting.pop_front();
            }
            self.waiting.push_back(items);
            return None;
        }
        self.sounds = true;
        Some(list(items))
    }

    /// One has ended: the next.
    pub(crate) fn played(&mut self) -> Option<PlayList> {
        let next = self.waiting.pop_front();
        self.sounds = next.is_some();
        next.map(list)
    }

    /// Nobody hears them any more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn list(items: Vec<Audio>) -> PlayList {
    PlayList { items, interrupt: String::new() }
}

/// Somebody comes: a rising pair.
pub(crate) fn comes() -> Vec<Audio> {
    vec![tone(660), tone(880)]
}

/// Somebody goes: a falling pair.
pub(crate) fn goes() -> Vec<Audio> {
    vec![tone(880), tone(660)]
}

fn tone(hz: u16) -> Audio {
    Audio::Tone(Tone { frequencies_hz: [hz, 0], level_dbm0: -18, cadence_ms: Vec::new(), duration_ms: 150 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_one_after_the_other_and_of_too_many_the_oldest_are_left_out() {
        let mut all = Announcements::default();
        let say = |n: u32| vec![Audio::Silence(n)];
        assert_eq!(all.add(say(0)), Some(list(say(0))));
        for n in 1..=9 {
            assert_eq!(all.add(say(n)), None);
        }
        let rest: Vec<PlayList> = std::iter::from_fn(|| all.played()).collect();
        assert_eq!(rest, (2..=9).map(|n| list(say(n))).collect::<Vec<_>>());
        assert!(all.add(say(3)).is_some());
    }
}
