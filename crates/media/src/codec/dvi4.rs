//! DVI4: IMA ADPCM of four bits a sample, with where the predictor and the step stand before each packet in four octets at
//! its head, so that a lost packet does no lasting harm (RFC 3551 §4.5.1). Of the two samples in an octet the first is in the
//! most significant bits.

use super::memory::{self, Memory, Words};
use super::{BadPayload, Codec, Decoder, Encoder};

/// DVI4 at 8,000 Hz, number 5.
pub static DVI4_8000: Dvi4 = Dvi4 { rate_hz: 8_000, payload_type: 5 };
/// DVI4 at 11,025 Hz, number 16.
pub static DVI4_11025: Dvi4 = Dvi4 { rate_hz: 11_025, payload_type: 16 };
/// DVI4 at 16,000 Hz, number 6.
pub static DVI4_16000: Dvi4 = Dvi4 { rate_hz: 16_000, payload_type: 6 };
/// DVI4 at 22,050 Hz, number 17.
pub static DVI4_22050: Dvi4 = Dvi4 { rate_hz: 22_050, payload_type: 17 };

/// Octets before the samples: predicted value, index, and one reserved.
const HEADER: usize = 4;
/// The last place of [`STEPS`].
const INDEX_MAX: u8 = 88;

/// Quantiser steps, each about a tenth larger than the one before (IMA Digital Audio Focus recommendation, 1992).
static STEPS: [u16; INDEX_MAX as usize + 1] = [
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88,
    97, 107, 118, 130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658,
    724, 796, 876, 963, 1_060, 1_166, 1_282, 1_411, 1_552, 1_707, 1_878, 2_066, 2_272, 2_499, 2_749, 3_024,
    3_327, 3_660, 4_026, 4_428, 4_871, 5_358, 5_894, 6_484, 7_132, 7_845, 8_630, 9_493, 10_442, 11_487,
    12_635, 13_899, 15_289, 16_818, 18_500, 20_350, 22_385, 24_623, 27_086, 29_794, 32_767,
];

/// How far the index goes for each magnitude.
const INDEX_CHANGES: [i8; 8] = [-1, -1, -1, -1, 2, 4, 6, 8];

/// DVI4 at one rate.
#[derive(Clone, Copy, Debug)]
pub struct Dvi4 {
    rate_hz: u32,
    payload_type: u8,
}

impl Codec for Dvi4 {
    fn name(&self) -> &'static str {
        "DVI4"
    }

    fn clock_rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn sample_rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn static_payload_type(&self) -> Option<u8> {
        Some(self.payload_type)
    }

    fn frame_samples(&self) -> usize {
        2
    }

    fn payload_samples(&self, payload: &[u8]) -> Option<usize> {
        payload.len().checked_sub(HEADER).map(|octets| octets * 2)
    }

    fn encoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Encoder>> {
        Some(Box::new(Predictor::default()))
    }

    fn decoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Decoder>> {
        Some(Box::new(Predictor::default()))
    }
}

/// What both ends follow.
#[derive(Clone, Debug, Default)]
struct Predictor {
    sample: i16,
    index: u8,
}

impl Predictor {
    #[inline]
    fn step(&self) -> i32 {
        i32::from(STEPS[usize::from(self.index)])
    }

    /// The code whose difference comes nearest to the sample's.
    #[inline]
    fn code(&mut self, sample: i16) -> u8 {
        let difference = i32::from(sample) - i32::from(self.sample);
        let mut code = if difference < 0 { 8 } else { 0 };
        let (mut rest, mut step) = (difference.abs(), self.step());
        for bit in [4, 2, 1] {
            if rest >= step {
                code |= bit;
                rest -= step;
            }
            step >>= 1;
        }
        self.sample(code);
        code
    }

    /// The sample of a code.
    #[inline]
    fn sample(&mut self, code: u8) -> i16 {
        let step = self.step();
        let part = |bit: u8, shift: u32| if code & bit != 0 { step >> shift } else { 0 };
        let difference = (step >> 3) + part(4, 0) + part(2, 1) + part(1, 2);
        let difference = if code & 8 != 0 { -difference } else { difference };
        let sample = i32::from(self.sample) + difference;
        self.sample = i16::try_from(sample).unwrap_or(if sample < 0 { i16::MIN } else { i16::MAX });
        let change = INDEX_CHANGES[usize::from(code & 7)];
        self.index = self.index.saturating_add_signed(change).min(INDEX_MAX);
        self.sample
    }
}

impl Encoder for Predictor {
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        payload.extend(self.sample.to_be_bytes());
        payload.extend([self.index, 0]);
        for [first, second] in samples.as_chunks::<2>().0 {
            let first = self.code(*first);
            payload.push(first << 4 | self.code(*second));
        }
    }

    fn save(&self, state: &mut Vec<u8>) {
        memory::save(self, state);
    }

    fn load(&mut self, state: &[u8]) {
        memory::load(self, state);
    }
}

/// What a decoder remembers comes anew with every packet.
impl Decoder for Predictor {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        let Some(([high, low, index, _reserved], octets)) = payload.split_first_chunk::<HEADER>() else {
            return Err(BadPayload);
        };
        if *index > INDEX_MAX {
            return Err(BadPayload);
        }
        *self = Self { sample: i16::from_be_bytes([*high, *low]), index: *index };
        for octet in octets {
            samples.push(self.sample(octet >> 4));
            samples.push(self.sample(octet & 0x0F));
        }
        Ok(())
    }
}

impl Memory for Predictor {
    fn visit(&mut self, words: &mut Words<'_>) {
        words.i16(&mut self.sample);
        words.u8(&mut self.index);
    }

    fn is_sound(&self) -> bool {
        self.index <= INDEX_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(payload: &[u8]) -> Result<Vec<i16>, BadPayload> {
        let mut samples = Vec::new();
        DVI4_8000.decoder("", 8_000).unwrap().decode(payload, &mut samples).map(|()| samples)
    }

    #[test]
    fn a_packet_starts_where_its_header_says() {
        assert_eq!(decode(&[0x01, 0x00, 0, 0, 0x4C]).unwrap(), [256 + 7, 256 + 7 - 10]);
        assert_eq!(decode(&[0x7F, 0xFF, 88, 0, 0x7F]).unwrap(), [32_767, -28_669]);
        assert!(decode(&[0, 0, 0, 0]).unwrap().is_empty());
    }

    #[test]
    fn a_header_cut_short_or_with_an_index_beyond_the_table_is_refused() {
        assert_eq!(decode(&[0, 0, 0]), Err(BadPayload));
        assert_eq!(decode(&[0, 0, 89, 0, 0]), Err(BadPayload));
        assert!(decode(&[0, 0, 88, 0, 0]).is_ok());
    }
}
