//! How the memory of an encoder or decoder becomes bytes and comes back: each codec lists its words once, and the list
//! serves both ways. A version stands first, so that a later build can refuse what an earlier one wrote.
#![allow(dead_code, reason = "which kinds of words there are depends on the codecs that are built in")]

/// Counts up when any codec changes what it remembers.
const VERSION: u8 = 2;

/// What one direction of a codec remembers from packet to packet.
pub(super) trait Memory: Clone {
    /// Shows every word, always in the same order.
    fn visit(&mut self, words: &mut Words<'_>);
    /// Whether words that were read can be worked with: indices within their tables.
    fn is_sound(&self) -> bool {
        true
    }
}

/// Where the words go to or come from.
pub(super) enum Words<'a> {
    /// They are appended.
    Save(&'a mut Vec<u8>),
    /// They are taken from the front; `None` once it was too short.
    Load(Option<&'a [u8]>),
}

impl Words<'_> {
    fn bytes<const N: usize>(&mut self, current: [u8; N]) -> [u8; N] {
        match self {
            Self::Save(out) => out.extend_from_slice(&current),
            Self::Load(rest) => {
                let split = rest.and_then(|bytes| bytes.split_first_chunk::<N>());
                *rest = split.map(|(_, rest)| rest);
                if let Some((bytes, _)) = split {
                    return *bytes;
                }
            }
        }
        current
    }

    /// A flag or a small index.
    pub(super) fn u8(&mut self, word: &mut u8) {
        let [byte] = self.bytes([*word]);
        *word = byte;
    }

    /// A sample or a coefficient.
    pub(super) fn i16(&mut self, word: &mut i16) {
        *word = i16::from_le_bytes(self.bytes(word.to_le_bytes()));
    }

    /// Several of them.
    pub(super) fn i16s(&mut self, words: &mut [i16]) {
        words.iter_mut().for_each(|word| self.i16(word));
    }

    /// A long accumulator.
    pub(super) fn i32(&mut self, word: &mut i32) {
        *word = i32::from_le_bytes(self.bytes(word.to_le_bytes()));
    }

    /// A value of a codec that reckons in floating point.
    pub(super) fn f32(&mut self, word: &mut f32) {
        *word = f32::from_le_bytes(self.bytes(word.to_le_bytes()));
    }
}

/// Appends the memory.
pub(super) fn save<M: Memory>(memory: &M, out: &mut Vec<u8>) {
    out.push(VERSION);
    memory.clone().visit(&mut Words::Save(out));
}

/// Takes what [`save`] wrote; anything else changes nothing.
pub(super) fn load<M: Memory>(memory: &mut M, bytes: &[u8]) {
    let Some((&VERSION, bytes)) = bytes.split_first() else { return };
    let mut read = memory.clone();
    let mut words = Words::Load(Some(bytes));
    read.visit(&mut words);
    if matches!(words, Words::Load(Some([]))) && read.is_sound() {
        *memory = read;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, Default, PartialEq)]
    struct Two {
        index: u8,
        word: i16,
    }

    impl Memory for Two {
        fn visit(&mut self, words: &mut Words<'_>) {
            words.u8(&mut self.index);
            words.i16(&mut self.word);
        }

        fn is_sound(&self) -> bool {
            self.index < 8
        }
    }

    fn loaded(bytes: &[u8]) -> Two {
        let mut two = Two::default();
        load(&mut two, bytes);
        two
    }

    #[test]
    fn what_was_saved_comes_back() {
        let (two, mut bytes) = (Two { index: 7, word: -3 }, Vec::new());
        save(&two, &mut bytes);
        assert_eq!(loaded(&bytes), two);
    }

    #[test]
    fn anything_else_changes_nothing() {
        for bytes in [&[][..], &[2], &[2, 7, 1], &[2, 7, 1, 1, 1], &[2, 8, 1, 1], &[1, 7, 1, 1]] {
            assert_eq!(loaded(bytes), Two::default(), "{bytes:?}");
        }
    }
}
