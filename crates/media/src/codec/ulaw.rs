//! ITU-T G.711 µ-law, table 2: fifteen segments, all bits inverted on the line.
#![allow(
    clippy::cast_possible_truncation,
    reason = "bits are cut out of bounded magnitudes; all inputs are tested"
)]

use super::g711::{G711, Law, decoded};

/// G.711 µ-law at 8,000 Hz.
pub static PCMU: G711<MuLaw> = G711::new();

/// See [`PCMU`].
#[derive(Clone, Copy, Debug)]
pub struct MuLaw;

/// Moves the segments' borders to powers of two (G.711 table 2a: 31, 95, 223, …, each plus 33), in units of 1/8192.
const BIAS: u16 = 33;
/// The largest biased magnitude: beyond the virtual decision value 8159 all is the last interval.
const CLIP: u16 = 0x1FFF;

/// The character signal for a 16-bit sample, of which µ-law keeps the upper 14. A negative sample is taken by its ones'
/// complement, so that both signs fill their intervals alike.
#[inline]
fn encode(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let magnitude = (if sample < 0 { !sample } else { sample }).unsigned_abs() >> 2;
    let biased = (magnitude + BIAS).min(CLIP);
    let segment = 10 - biased.leading_zeros() as u16; // 33–63 is segment 0
    let step = biased >> (segment + 1) & 0x0F;
    !(sign | ((segment << 4 | step) & 0x7F) as u8)
}

/// The sample in the middle of a character signal's interval.
#[inline]
const fn decode(code: u8) -> i16 {
    let code = !code;
    let segment = (code >> 4) & 0x07;
    let step = (code & 0x0F) as i16;
    let magnitude = ((((step << 1) + BIAS as i16) << segment) - BIAS as i16) << 2;
    if code & 0x80 != 0 { -magnitude } else { magnitude }
}

impl Law for MuLaw {
    const NAME: &'static str = "PCMU";
    const PAYLOAD_TYPE: u8 = 0;
    const DECODED: &'static [i16; 256] = decoded!(decode);

    #[inline]
    fn encode(sample: i16) -> u8 {
        encode(sample)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// G.711 table 2a: decision values from zero outwards, in the table's units of 1/8192: the first interval is half a step.
    fn decision_values() -> Vec<i32> {
        let mut values = vec![0, 1];
        for (segment, step) in [2, 4, 8, 16, 32, 64, 128, 256].into_iter().enumerate() {
            let count = if segment == 0 { 15 } else { 16 };
            values.extend((0..count).scan(*values.last().unwrap(), |at, _| {
                *at += step;
                Some(*at)
            }));
        }
        values
    }

    #[test]
    fn the_table_ends_at_the_virtual_decision_value() {
        let values = decision_values();
        assert_eq!((values.len(), values[16], values[128]), (129, 31, 8_159));
    }

    #[test]
    fn every_sample_gets_the_character_signal_of_its_interval() {
        let values = decision_values();
        for sample in i16::MIN..=i16::MAX {
            // A decision value itself belongs to the interval above it, on the negative side to the one nearer to zero.
            let magnitude = if sample < 0 { -i32::from(sample) - 1 } else { i32::from(sample) };
            let n = values.windows(2).position(|w| (w[0] * 4..w[1] * 4).contains(&magnitude)).unwrap_or(127);
            let code = u8::try_from(n).unwrap() | if sample < 0 { 0x80 } else { 0 };
            assert_eq!(encode(sample), !code, "{sample}");
        }
    }

    #[test]
    fn every_character_signal_is_the_middle_of_its_interval_and_zero_is_zero() {
        let values = decision_values();
        for code in 1..128u8 {
            let (low, high) = (values[usize::from(code)], values[usize::from(code) + 1]);
            assert_eq!(i32::from(decode(!code)), i32::midpoint(low, high) * 4);
            assert_eq!(i32::from(decode(!(code | 0x80))), -i32::midpoint(low, high) * 4);
        }
        assert_eq!((decode(0xFF), decode(0x7F)), (0, 0));
    }

    #[test]
    fn decoding_and_encoding_again_changes_nothing_but_negative_zero() {
        for code in (0..=255).filter(|&code| code != 0x7F) {
            assert_eq!(encode(decode(code)), code);
        }
    }
}
