//! Mutations: bits, bytes, numbers, words, pieces of other seeds, repetitions, cuts.

use cordboard_base::{Source, SourceKey};

/// The longest input made: past every size limit of the parsers.
const SIZE_MAX: usize = 80 * 1024;

/// The most mutations of one input.
const MUTATIONS_MAX: u64 = 8;

/// Bytes that mean something to a text protocol.
const SHARP: &[u8] = b"\r\n\t \0\"'<>;:,=/\\@[]()%*{}-+.\x7f\x80\xc3\xff";

/// Numbers at the edges.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1",
    "255",
    "256",
    "65535",
    "65536",
    "2147483647",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "99999999999999999999999",
];

/// Makes inputs out of seeds.
pub(crate) struct Mutator<'a> {
    source: Source,
    seeds: &'a [Vec<u8>],
    dictionary: &'a [&'a str],
}

impl<'a> Mutator<'a> {
    /// `seed` numbers the stream of choices.
    pub(crate) fn new(seed: u64, seeds: &'a [Vec<u8>], dictionary: &'a [&'a str]) -> Self {
        let mut key = [0; 16];
        for (slot, byte) in key.iter_mut().zip(seed.to_le_bytes()) {
            *slot = byte;
        }
        Self { source: Source::new(SourceKey { seed: key, node: 0, epoch: 0 }, 0), seeds, dictionary }
    }

    /// The next input.
    pub(crate) fn input(&mut self) -> Vec<u8> {
        // One in sixteen is noise from end to end.
        if self.seeds.is_empty() || self.below(16) == 0 {
            let length = self.below(512);
            return (0..length).map(|_| self.byte()).collect();
        }
        let mut input = self.seed();
        for _ in 0..=self.below(MUTATIONS_MAX) {
            self.mutate(&mut input);
            input.truncate(SIZE_MAX);
        }
        input
    }

    fn mutate(&mut self, input: &mut Vec<u8>) {
        let at = self.at(input.len() + 1);
        match self.below(12) {
            0 => self.with_byte(input, |byte, chance| byte ^ (1 << (chance % 8))),
            1 => self.with_byte(input, |_, chance| chance),
            2 => self.with_byte(input, |_, chance| {
                SHARP.get(usize::from(chance) % SHARP.len()).copied().unwrap_or(0)
            }),
            3 => self.with_byte(input, |byte, chance| byte.wrapping_add(chance % 5).wrapping_sub(2)),
            4 => {
                let sharp = self.pick(SHARP).copied().unwrap_or(0);
                input.insert(at, sharp);
            }
            5 => {
                let (from, to) = self.span(input.len());
                input.drain(from..to);
            }
            6 => input.truncate(at),
            7 => self.repeat(input, at),
            8 => {
                let word = self.pick(self.dictionary).copied().unwrap_or_default();
                splice(input, at, at, word.as_bytes());
            }
            9 => self.renumber(input),
            10 => {
                // A piece of another seed in place of a piece of this one.
                let other = self.seed();
                let (from, to) = self.span(other.len());
                let (cut, end) = self.span(input.len());
                splice(input, cut, end, other.get(from..to).unwrap_or_default());
            }
            _ => self.swap_lines(input),
        }
    }

    fn with_byte(&mut self, input: &mut [u8], change: impl Fn(u8, u8) -> u8) {
        let (at, chance) = (self.at(input.len()), self.byte());
        if let Some(byte) = input.get_mut(at) {
            *byte = change(*byte, chance);
        }
    }

    /// Puts a piece in again: mostly once, sometimes very often.
    fn repeat(&mut self, input: &mut Vec<u8>, at: usize) {
        let (from, to) = self.span(input.len());
        let piece = input.get(from..to).unwrap_or_default().to_vec();
        let room = SIZE_MAX.saturating_sub(input.len()).checked_div(piece.len()).unwrap_or(0);
        let most = if self.below(64) == 0 { room } else { room.min(3) };
        let times = self.at(most + 1);
        splice(input, at, at, &piece.repeat(times));
    }

    /// Replaces a run of digits.
    fn renumber(&mut self, input: &mut Vec<u8>) {
        let start = self.at(input.len());
        let digit = |byte: &u8| byte.is_ascii_digit();
        let Some(from) = input.iter().skip(start).position(digit).map(|found| start + found) else { return };
        let length = input.iter().skip(from).take_while(|byte| digit(byte)).count();
        let number = self.pick(&NUMBERS).copied().unwrap_or("0");
        splice(input, from, from + length, number.as_bytes());
    }

    fn swap_lines(&mut self, input: &mut Vec<u8>) {
        let mut lines: Vec<Vec<u8>> =
            input.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        if lines.is_empty() {
            return;
        }
        let (a, b) = (self.at(lines.len()), self.at(lines.len()));
        lines.swap(a, b);
        *input = lines.concat();
    }

    fn seed(&mut self) -> Vec<u8> {
        self.pick(self.seeds).cloned().unwrap_or_default()
    }

    fn span(&mut self, length: usize) -> (usize, usize) {
        let from = self.at(length + 1);
        // Short pieces more often than long ones.
        let reach = if self.below(4) == 0 { length - from } else { (length - from).min(24) };
        (from, from + self.at(reach + 1))
    }

    fn pick<'b, T>(&mut self, items: &'b [T]) -> Option<&'b T> {
        items.get(self.at(items.len()))
    }

    fn at(&mut self, bound: usize) -> usize {
        usize::try_from(self.source.below(bound as u64)).unwrap_or(0)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.source.below(bound)
    }

    fn byte(&mut self) -> u8 {
        self.source.next_u64().to_le_bytes()[0]
    }
}

fn splice(input: &mut Vec<u8>, from: usize, to: usize, piece: &[u8]) {
    input.splice(from..to, piece.iter().copied());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_stay_within_their_limit_and_reach_it() {
        let seeds = vec![b"INVITE sip:101@example.com SIP/2.0\r\nl: 0\r\n\r\n".to_vec(), Vec::new()];
        let mut mutator = Mutator::new(3, &seeds, &["branch="]);
        let longest = (0..20_000).map(|_| mutator.input().len()).max();
        assert!(longest.is_some_and(|length| length <= SIZE_MAX && length > 64 * 1024), "{longest:?}");
    }

    #[test]
    fn without_seeds_there_is_noise() {
        let mut mutator = Mutator::new(3, &[], &[]);
        assert!((0..100).any(|_| !mutator.input().is_empty()));
    }
}
