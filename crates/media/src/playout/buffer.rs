//! Packets that wait for their turn, by sequence number. Their memory is used again and again.

use super::Content;
use crate::scratch::Scratch;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Packets that wait at most: 640 ms of the shortest in use (10 ms), three times the longest delay that is asked for. Beyond it
/// the oldest is dropped, and counted.
pub const PACKETS_MAX: usize = 64;
/// The longest payload that is taken: 125 ms of 8 kHz linear audio, and more than a packet of Ethernet holds. A longer one is
/// dropped, and counted.
pub const PAYLOAD_MAX: usize = 2_000;

/// A packet that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Held {
    pub(super) sequence: u64,
    /// When its first sample belongs, on the peer's clock, in µs.
    pub(super) media_us: i64,
    pub(super) content: Content,
    pub(super) payload: Vec<u8>,
}

/// What became of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inserted {
    Fine,
    Duplicate,
    /// It is kept, the oldest was dropped for it.
    Overflow,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Buffer {
    /// In ascending order.
    held: VecDeque<Held>,
    #[serde(skip)]
    spare: Scratch<Vec<u8>>,
}

impl Buffer {
    pub(super) fn insert(
        &mut self,
        sequence: u64,
        media_us: i64,
        content: Content,
        payload: &[u8],
    ) -> Inserted {
        // Nearly always the newest.
        let place = match self.held.back() {
            Some(newest) if newest.sequence >= sequence => {
                self.held.partition_point(|held| held.sequence < sequence)
            }
            _ => self.held.len(),
        };
        if self.held.get(place).is_some_and(|held| held.sequence == sequence) {
            return Inserted::Duplicate;
        }
        let overflow = self.held.len() >= PACKETS_MAX;
        if overflow && place == 0 {
            return Inserted::Overflow; // it is the oldest itself
        }
        let mut memory = self.spare.0.pop().unwrap_or_default();
        memory.clear();
        memory.extend_from_slice(payload.get(..PAYLOAD_MAX).unwrap_or(payload));
        self.held.insert(place, Held { sequence, media_us, content, payload: memory });
        if !overflow {
            return Inserted::Fine;
        }
        if let Some(oldest) = self.pop() {
            self.give_back(oldest);
        }
        Inserted::Overflow
    }

    pub(super) fn contains(&self, sequence: u64) -> bool {
        self.held.binary_search_by_key(&sequence, |held| held.sequence).is_ok()
    }

    pub(super) fn first(&self) -> Option<&Held> {
        self.held.front()
    }

    /// Takes the oldest out. Its memory should come back.
    pub(super) fn pop(&mut self) -> Option<Held> {
        self.held.pop_front()
    }

    pub(super) fn give_back(&mut self, held: Held) {
        if self.spare.0.len() < PACKETS_MAX {
            self.spare.0.push(held.payload);
        }
    }

    pub(super) fn drop_first(&mut self) {
        if let Some(held) = self.pop() {
            self.give_back(held);
        }
    }

    pub(super) fn clear(&mut self) {
        while !self.held.is_empty() {
            self.drop_first();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(buffer: &mut Buffer, sequence: u64) -> Inserted {
        buffer.insert(sequence, 0, Content::Event, &[1; 3_000])
    }

    #[test]
    fn packets_come_out_in_order_and_once() {
        let mut buffer = Buffer::default();
        let came = [5, 3, 4, 4, 9, 1].map(|n| put(&mut buffer, n));
        assert_eq!(came.iter().filter(|came| **came == Inserted::Duplicate).count(), 1);
        let order: Vec<u64> = core::iter::from_fn(|| buffer.pop()).map(|held| held.sequence).collect();
        assert_eq!(order, [1, 3, 4, 5, 9]);
    }

    #[test]
    fn at_the_limit_all_are_kept_and_one_more_drops_the_oldest() {
        let mut buffer = Buffer::default();
        for n in 0..PACKETS_MAX as u64 {
            assert_eq!(put(&mut buffer, 10 + n), Inserted::Fine);
        }
        assert_eq!(put(&mut buffer, 5), Inserted::Overflow, "older than all: itself");
        assert_eq!(buffer.first().unwrap().sequence, 10);
        assert_eq!(put(&mut buffer, 1_000), Inserted::Overflow);
        assert_eq!((buffer.len(), buffer.first().unwrap().sequence), (PACKETS_MAX, 11));
        assert!(buffer.held.iter().all(|held| held.payload.len() == PAYLOAD_MAX));
    }
}
