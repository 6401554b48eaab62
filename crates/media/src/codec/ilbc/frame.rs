//! A frame's codes and their places in its octets (RFC 3951 §3.8): the bits of every code are spread over three classes by how
//! much they matter, so that a network which protects the beginning of a packet protects the right ones.

use super::Mode;
use crate::codec::bits::{Reader, Writer};

/// What one frame says. Numbers are as they were read: any of them may be out of range but for its bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// Codebook entries of one or two sets of line spectral frequencies.
    pub(super) lsf: [u8; 6],
    /// The second of the two parts that hold the start state, counted from 0; 0 itself does not occur.
    pub(super) start: u8,
    /// Whether the start state stands at the beginning of its two parts (1) or at their end (0).
    pub(super) is_first: u8,
    /// Entry of the scale.
    pub(super) scale: u8,
    /// The start state's values.
    pub(super) state: [u8; 58],
    /// Codebook entries of three stages: of the rest of the start state's parts, then of each other part.
    pub(super) vectors: [[u8; 3]; 5],
    /// Their gains.
    pub(super) gains: [[u8; 3]; 5],
}

impl Default for Frame {
    fn default() -> Self {
        Self {
            lsf: [0; 6],
            start: 0,
            is_first: 0,
            scale: 0,
            state: [0; 58],
            vectors: [[0; 3]; 5],
            gains: [[0; 3]; 5],
        }
    }
}

/// How many bits of a code stand in each class, the most significant ones in the first.
type Bits = [u32; 3];

/// RFC 3951 table 3.2 by mode: vectors and gains of the five blocks.
struct Layout {
    start: u32,
    vectors: [[Bits; 3]; 5],
    gains: [[Bits; 3]; 5],
}

const NONE: [Bits; 3] = [[0; 3]; 3];
const LAST_7: Bits = [0, 0, 7];
const LAST_8: Bits = [0, 0, 8];
const LAST_3: Bits = [0, 0, 3];

static LAYOUT_20: Layout = Layout {
    start: 2,
    vectors: [[[6, 0, 1], LAST_7, LAST_7], [[7, 0, 1], LAST_7, LAST_7], [LAST_8, LAST_8, LAST_8], NONE, NONE],
    gains: [
        [[2, 0, 3], [1, 1, 2], LAST_3],
        [[1, 2, 2], [1, 1, 2], LAST_3],
        [[1, 1, 3], [0, 2, 2], LAST_3],
        NONE,
        NONE,
    ],
};

static LAYOUT_30: Layout = Layout {
    start: 3,
    vectors: [
        [[4, 2, 1], LAST_7, LAST_7],
        [[6, 1, 1], LAST_7, LAST_7],
        [[0, 7, 1], LAST_8, LAST_8],
        [[0, 7, 1], LAST_8, LAST_8],
        [[0, 7, 1], LAST_8, LAST_8],
    ],
    gains: [
        [[1, 1, 3], [1, 1, 2], LAST_3],
        [[1, 2, 2], [1, 2, 1], LAST_3],
        [[0, 2, 3], [0, 2, 2], LAST_3],
        [[0, 1, 4], [0, 1, 3], LAST_3],
        [[0, 1, 4], [0, 1, 3], LAST_3],
    ],
};

impl Frame {
    /// Shows every code with its bits, in the order of the octets.
    fn visit(&mut self, mode: Mode, mut code: impl FnMut(&mut u8, Bits)) {
        let layout = match mode {
            Mode::Ms20 => &LAYOUT_20,
            Mode::Ms30 => &LAYOUT_30,
        };
        let lsf_bits = [6, 7, 7].iter().cycle();
        self.lsf
            .iter_mut()
            .take(mode.analyses() * 3)
            .zip(lsf_bits)
            .for_each(|(lsf, &n)| code(lsf, [n, 0, 0]));
        code(&mut self.start, [layout.start, 0, 0]);
        code(&mut self.is_first, [1, 0, 0]);
        code(&mut self.scale, [6, 0, 0]);
        self.state.iter_mut().take(mode.state_samples()).for_each(|value| code(value, [0, 1, 2]));
        // The first block's vectors and gains, then all the others' vectors, then their gains.
        for (from, to) in [(0, 1), (1, 5)] {
            let vectors = self.vectors[from..to].as_flattened_mut().iter_mut();
            vectors.zip(layout.vectors[from..to].as_flattened()).for_each(|(v, bits)| code(v, *bits));
            let gains = self.gains[from..to].as_flattened_mut().iter_mut();
            gains.zip(layout.gains[from..to].as_flattened()).for_each(|(gain, bits)| code(gain, *bits));
        }
    }

    /// Appends the frame's octets.
    pub(super) fn write(mut self, mode: Mode, octets: &mut Vec<u8>) {
        let mut writer = Writer::new(octets);
        for class in 0..3 {
            self.visit(mode, |code, bits| {
                let below: u32 = bits[class + 1..].iter().sum();
                let mask = u8::MAX >> (8 - bits[class]).min(7);
                let part = if bits[class] == 0 { 0 } else { *code >> below & mask };
                writer.put(part, bits[class]);
            });
        }
        writer.put(0, 1); // 1 says that the frame is empty
    }

    /// The frame of these octets. `None`: it says that it is empty, or its start state is nowhere (§4.4 conceals both).
    pub(super) fn read(mode: Mode, octets: &[u8]) -> Option<Self> {
        let mut frame = Self::default();
        let mut reader = Reader::new(octets);
        for class in 0..3 {
            frame.visit(mode, |code, bits| {
                let below: u32 = bits[class + 1..].iter().sum();
                if bits[class] > 0 {
                    *code |= reader.take(bits[class]) << below;
                }
            });
        }
        let is_empty = reader.take(1) == 1;
        let is_sound = !is_empty && (1..mode.parts()).contains(&usize::from(frame.start));
        is_sound.then_some(frame)
    }

    /// §3.6.3: the second and third stage of the first block search 128 of the 256 vectors; their numbers without the gaps.
    pub(super) fn close_gaps(&mut self) {
        for vector in &mut self.vectors[1][1..] {
            *vector = match *vector {
                108..172 => *vector - 64,
                236.. => *vector - 128,
                _ => *vector,
            };
        }
    }

    /// The other way round.
    pub(super) fn open_gaps(&mut self) {
        for vector in &mut self.vectors[1][1..] {
            *vector = match *vector {
                44..108 => *vector + 64,
                108..128 => *vector + 128,
                _ => *vector,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_become_codes_and_the_same_octets_again() {
        for (mode, length) in [(Mode::Ms20, 38), (Mode::Ms30, 50)] {
            let mut octets: Vec<u8> = (0..length).map(|n: u8| n.wrapping_mul(167).wrapping_add(3)).collect();
            octets[usize::from(length) - 1] &= 0xFE;
            octets[if mode == Mode::Ms20 { 2 } else { 5 }] = 0x5A;
            let frame = Frame::read(mode, &octets).unwrap();
            let mut again = Vec::new();
            frame.write(mode, &mut again);
            assert_eq!(again, octets);
        }
    }

    #[test]
    fn an_empty_frame_and_one_without_a_start_state_are_refused() {
        assert_eq!(Frame::read(Mode::Ms20, &[0xFF; 38]), None);
        assert_eq!(Frame::read(Mode::Ms20, &[0; 38]), None);
        assert_eq!(Frame::read(Mode::Ms30, &[0; 50]), None);
        let mut beyond = [0; 50];
        beyond[5] = 0b1100_0000; // part 6 of 6
        assert_eq!(Frame::read(Mode::Ms30, &beyond), None);
        beyond[5] = 0b1010_0000;
        assert!(Frame::read(Mode::Ms30, &beyond).is_some());
    }

    #[test]
    fn gaps_are_closed_and_opened() {
        for vector in (0..44u8).chain(108..172).chain(236..=255) {
            let mut frame = Frame { vectors: [[vector; 3]; 5], ..Frame::default() };
            frame.close_gaps();
            assert!(frame.vectors[1][1] < 128 && frame.vectors[1][0] == vector);
            frame.open_gaps();
            assert_eq!(frame.vectors, [[vector; 3]; 5]);
        }
    }
}
