//! ITU-T G.711 A-law, table 1: thirteen segments, even bits inverted on the line.
#![allow(
    clippy::cast_possible_truncation,
    reason = "bits are cut out of bounded magnitudes; all inputs are tested"
)]

use super::g711::{G711, Law, decoded};

/// G.711 A-law at 8,000 Hz.
pub static PCMA: G711<ALaw> = G711::new();

/// See [`PCMA`].
#[derive(Clone, Copy, Debug)]
pub struct ALaw;

/// The character signal for a 16-bit sample, of which A-law keeps the upper 13. A negative sample is taken by its ones'
/// complement, so that both signs fill their intervals alike.
#[inline]
fn encode(sample: i16) -> u8 {
    let sign = if sample < 0 { 0 } else { 0x80 };
    let magnitude = (if sample < 0 { !sample } else { sample }) >> 4; // 0–2047, in steps of two quantising units
    let magnitude = magnitude.unsigned_abs();
    let code = if magnitude < 32 {
        magnitude // segments 0 and 1 have the same step
    } else {
        let segment = 12 - magnitude.leading_zeros() as u16; // 32–63 is segment 2
        segment << 4 | (magnitude >> (segment - 1) & 0x0F)
    };
    (sign | (code & 0x7F) as u8) ^ 0x55
}

/// The sample in the middle of a character signal's interval.
#[inline]
const fn decode(code: u8) -> i16 {
    let code = code ^ 0x55;
    let segment = (code >> 4) & 0x07;
    let step = (code & 0x0F) as i16;
    let magnitude = match segment {
        0 => (step << 4) + 8,
        _ => ((step << 4) + 0x108) << (segment - 1),
    };
    if code & 0x80 != 0 { magnitude } else { -magnitude }
}

impl Law for ALaw {
    const NAME: &'static str = "PCMA";
    const PAYLOAD_TYPE: u8 = 8;
    const DECODED: &'static [i16; 256] = decoded!(decode);

    #[inline]
    fn encode(sample: i16) -> u8 {
        encode(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G.711 table 1a, columns 1 and 2: the segments' decision values as (first, step), each of 16 intervals, in the table's
    /// units of 1/4096 (16-bit samples count 1/32768); the first has 32.
    const SEGMENTS: [(i32, i32, i32); 7] = [
        (0, 2, 32),
        (64, 4, 16),
        (128, 8, 16),
        (256, 16, 16),
        (512, 32, 16),
        (1024, 64, 16),
        (2048, 128, 16),
    ];

    /// Intervals from zero outwards as (lower, upper) decision values in 16-bit units.
    fn intervals() -> Vec<(i32, i32)> {
        let of = |&(first, step, count): &(i32, i32, i32)| {
            (0..count).map(move |n| ((first + n * step) * 8, (first + (n + 1) * step) * 8))
        };
        SEGMENTS.iter().flat_map(of).collect()
    }

    #[test]
    fn every_sample_gets_the_character_signal_of_its_interval() {
        let intervals = intervals();
        assert_eq!(intervals.len(), 128);
        for sample in i16::MIN..=i16::MAX {
            // A decision value itself belongs to the interval above it, on the negative side to the one nearer to zero.
            let magnitude = if sample < 0 { -i32::from(sample) - 1 } else { i32::from(sample) };
            let n = intervals.iter().position(|&(low, high)| (low..high).contains(&magnitude)).unwrap();
            let code = u8::try_from(n).unwrap() | if sample < 0 { 0 } else { 0x80 };
            assert_eq!(encode(sample), code ^ 0x55, "{sample}");
        }
    }

    #[test]
    fn every_character_signal_is_the_middle_of_its_interval() {
        for (n, (low, high)) in intervals().into_iter().enumerate() {
            let code = u8::try_from(n).unwrap();
            assert_eq!(i32::from(decode((code | 0x80) ^ 0x55)), i32::midpoint(low, high));
            assert_eq!(i32::from(decode(code ^ 0x55)), -i32::midpoint(low, high));
        }
    }

    #[test]
    fn decoding_and_encoding_again_changes_nothing() {
        for code in 0..=255 {
            assert_eq!(encode(decode(code)), code);
        }
    }
}
