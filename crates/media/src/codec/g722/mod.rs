//! ITU-T G.722 at 64 kbit/s: two sub-bands of ADPCM, six bits for the lower and two for the upper, an octet for each pair of
//! samples. The RTP clock counts pairs, an error of RFC 1890 that RFC 3551 §4.5.2 keeps: the audio has 16,000 Hz.

mod band;
mod filter;

use super::memory::{self, Memory, Words};
use super::{BadPayload, Codec, Decoder, Encoder};
use crate::scratch::Scratch;
use band::{Band, High, Low};
use filter::{Analysis, Bands, Synthesis};

/// G.722 at 64 kbit/s.
pub static G722: G722Codec = G722Codec;

/// See [`G722`].
#[derive(Clone, Copy, Debug)]
pub struct G722Codec;

impl Codec for G722Codec {
    fn name(&self) -> &'static str {
        "G722"
    }

    fn clock_rate_hz(&self) -> u32 {
        8_000
    }

    fn sample_rate_hz(&self) -> u32 {
        16_000
    }

    fn static_payload_type(&self) -> Option<u8> {
        Some(9)
    }

    fn frame_samples(&self) -> usize {
        2
    }

    fn payload_samples(&self, payload: &[u8]) -> Option<usize> {
        Some(payload.len() * 2)
    }

    fn frame_bytes(&self) -> Option<usize> {
        Some(1)
    }

    /// Of the lower band's differences, which the predictor leaves of a voice: some decibels less than it has. A decoder's steps follow the
    /// signal within 10 ms, whatever came before, so that the first half of the payload only leads up to the second.
    fn estimated_mean_square(&self, payload: &[u8]) -> Option<u32> {
        band::mean_square(payload.iter().map(|octet| octet & 0x3F), payload.len() / 2)
    }

    fn encoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Encoder>> {
        Some(Box::new(G722Encoder::default()))
    }

    fn decoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Decoder>> {
        Some(Box::new(G722Decoder::default()))
    }
}

#[derive(Clone, Debug, Default)]
struct G722Encoder {
    analysis: Analysis,
    low: Band<Low>,
    high: Band<High>,
    pairs: Scratch<Bands>,
}

impl Encoder for G722Encoder {
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        let pairs = &mut self.pairs.0;
        pairs.clear();
        self.analysis.split(samples, pairs);
        let start = payload.len();
        payload.resize(start + pairs.len(), 0);
        // Copies stay in registers; side by side one band's sums fill the time in which the other's wait for each other.
        let (mut low, mut high) = (self.low.clone(), self.high.clone());
        for (octet, pair) in payload.iter_mut().skip(start).zip(pairs) {
            *octet = high.encode(pair.high) << 6 | low.encode(pair.low);
        }
        (self.low, self.high) = (low, high);
    }

    fn save(&self, state: &mut Vec<u8>) {
        memory::save(self, state);
    }

    fn load(&mut self, state: &[u8]) {
        memory::load(self, state);
    }
}

impl Memory for G722Encoder {
    fn visit(&mut self, words: &mut Words<'_>) {
        self.analysis.visit(words);
        self.low.visit(words);
        self.high.visit(words);
    }

    fn is_sound(&self) -> bool {
        self.low.is_sound() && self.high.is_sound()
    }
}

#[derive(Clone, Debug, Default)]
struct G722Decoder {
    synthesis: Synthesis,
    low: Band<Low>,
    high: Band<High>,
    pairs: Scratch<Bands>,
}

impl Decoder for G722Decoder {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        let pairs = &mut self.pairs.0;
        pairs.clear();
        pairs.resize(payload.len(), Bands::default());
        // Copies stay in registers, and one band at a time finds more of them.
        let mut low = self.low.clone();
        for (pair, octet) in pairs.iter_mut().zip(payload) {
            pair.low = low.decode(octet & 0x3F);
        }
        self.low = low;
        let mut high = self.high.clone();
        for (pair, octet) in pairs.iter_mut().zip(payload) {
            pair.high = high.decode(octet >> 6);
        }
        self.high = high;
        self.synthesis.join(pairs, samples);
        Ok(())
    }

    fn save(&self, state: &mut Vec<u8>) {
        memory::save(self, state);
    }

    fn load(&mut self, state: &[u8]) {
        memory::load(self, state);
    }
}

impl Memory for G722Decoder {
    fn visit(&mut self, words: &mut Words<'_>) {
        self.synthesis.visit(words);
        self.low.visit(words);
        self.high.visit(words);
    }

    fn is_sound(&self) -> bool {
        self.low.is_sound() && self.high.is_sound()
    }
}
