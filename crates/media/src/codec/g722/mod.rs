//! ITU-T G.722 at 64 kbit/s: two sub-bands of ADPCM, six bits for the lower and two for the upper, an octet for each pair of
//! samples. The RTP clock counts pairs, an error of RFC 1890 that RFC 3551 §4.5.2 keeps: the audio has 16,000 Hz.

mod band;
mod filter;

use super::memory::{self, Memory, Words};
use super::{BadPayload, Codec, Decoder, Encoder};
use band::{Band, High, Low};
use filter::{Analysis, Synthesis};

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
}

impl Encoder for G722Encoder {
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        let Self { analysis, low, high } = self;
        analysis.split(samples, |bands| payload.push(high.encode(bands.high) << 6 | low.encode(bands.low)));
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
}

impl Decoder for G722Decoder {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        samples.reserve(payload.len() * 2);
        for &octet in payload {
            let (low, high) = (self.low.decode(octet & 0x3F), self.high.decode(octet >> 6));
            samples.extend(self.synthesis.join(low, high));
        }
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
