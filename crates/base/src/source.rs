//! Where unguessable names come from: a keyed function of a counter, so that a run can be repeated from its seed.

use core::hash::Hasher;
use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128, SipHasher24};

/// What a [`Source`] is keyed with. The seed is secret; the epoch grows at every start of the process, so that a
/// restarted exchange never repeats a tag, branch, nonce or SSRC of its former life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceKey {
    /// 128 secret bits, made at first start.
    pub seed: [u8; 16],
    /// The node's number within an office (0 for a single exchange).
    pub node: u16,
    /// How often this node has started.
    pub epoch: u32,
}

/// A repeatable stream of unguessable values. Each core owns one, told apart by `stream`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    key: SourceKey,
    stream: u32,
    counter: u64,
}

impl Source {
    /// A source for the core numbered `stream`; two streams of one key never yield the same values.
    pub fn new(key: SourceKey, stream: u32) -> Self {
        Self { key, stream, counter: 0 }
    }

    fn next_block(&mut self) -> u128 {
        let mut hasher = SipHasher24::new_with_key(&self.key.seed);
        hasher.write_u16(self.key.node);
        hasher.write_u32(self.key.epoch);
        hasher.write_u32(self.stream);
        hasher.write_u64(self.counter);
        self.counter = self.counter.wrapping_add(1);
        hasher.finish128().as_u128()
    }

    /// 64 unguessable bits.
    pub fn next_u64(&mut self) -> u64 {
        (self.next_block() >> 64) as u64
    }

    /// 32 unguessable bits.
    pub fn next_u32(&mut self) -> u32 {
        (self.next_block() >> 96) as u32
    }

    /// A number in `0..bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next_u64() % bound }
    }

    /// Sixteen characters of `[0-9a-v]`: 80 unguessable bits, fit for a tag, a branch or a nonce (RFC 3261 §19.3).
    pub fn token(&mut self) -> String {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
        let mut bits = self.next_block();
        (0..16)
            .map(|_| {
                let digit = DIGITS[(bits & 31) as usize];
                bits >>= 5;
                char::from(digit)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: SourceKey = SourceKey { seed: [7; 16], node: 0, epoch: 1 };

    #[test]
    fn the_same_key_repeats_the_same_stream() {
        let (mut a, mut b) = (Source::new(KEY, 1), Source::new(KEY, 1));
        assert_eq!((a.token(), a.next_u64()), (b.token(), b.next_u64()));
    }

    #[test]
    fn a_new_epoch_or_stream_repeats_nothing() {
        let first = Source::new(KEY, 1).token();
        assert_ne!(first, Source::new(SourceKey { epoch: 2, ..KEY }, 1).token());
        assert_ne!(first, Source::new(KEY, 2).token());
    }

    #[test]
    fn tokens_are_sixteen_token_characters() {
        let token = Source::new(KEY, 0).token();
        assert_eq!(token.len(), 16);
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric()));
    }
}
