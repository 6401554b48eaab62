//! GSM full rate (GSM 06.10): frames of 160 samples in 33 octets, a signature of four bits first (RFC 3551 §4.5.8.1).
//! Section numbers in this folder are those of GSM 06.10 version 3.2.0. What stands where:
//! ```text
//! samples → preprocess (4.2.1–3) → short_term (4.2.4–10) → long_term (4.2.11–12, 18) → pulses (4.2.13–17) → frame
//! samples ← deemphasis (4.3.5)   ← short_term (4.3.4)    ← long_term (4.3.2)         ← pulses (4.3.1)     ← frame
//! ```

mod arithmetic;
mod frame;
mod long_term;
mod preprocess;
mod pulses;
mod short_term;

use super::memory::{self, Memory, Words};
use super::{BadPayload, Codec, Decoder, Encoder};
use frame::{FRAME_OCTETS, Frame};
use long_term::Past;
use preprocess::Preprocess;
use short_term::{Analysis, Synthesis};

/// Samples of a frame: 20 ms.
const FRAME_SAMPLES: usize = 160;
/// Samples of each of its four parts.
const PART_SAMPLES: usize = 40;

/// GSM full rate at 8,000 Hz.
pub static GSM: Gsm = Gsm;

/// See [`GSM`].
#[derive(Clone, Copy, Debug)]
pub struct Gsm;

impl Codec for Gsm {
    fn name(&self) -> &'static str {
        "GSM"
    }

    fn clock_rate_hz(&self) -> u32 {
        8_000
    }

    fn sample_rate_hz(&self) -> u32 {
        8_000
    }

    fn static_payload_type(&self) -> Option<u8> {
        Some(3)
    }

    fn frame_samples(&self) -> usize {
        FRAME_SAMPLES
    }

    fn payload_samples(&self, payload: &[u8]) -> Option<usize> {
        let whole = payload.len().is_multiple_of(FRAME_OCTETS);
        whole.then_some(payload.len() / FRAME_OCTETS * FRAME_SAMPLES)
    }

    fn frame_bytes(&self) -> Option<usize> {
        Some(FRAME_OCTETS)
    }

    fn goes_packet_by_packet(&self, _fmtp: &str) -> bool {
        true
    }

    fn encoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Encoder>> {
        Some(Box::new(GsmEncoder::default()))
    }

    fn decoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Decoder>> {
        Some(Box::new(GsmDecoder::default()))
    }
}

#[derive(Clone, Debug, Default)]
struct GsmEncoder {
    preprocess: Preprocess,
    analysis: Analysis,
    past: Past,
}

impl Encoder for GsmEncoder {
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        for samples in samples.as_chunks::<FRAME_SAMPLES>().0 {
            let mut signal = self.preprocess.run(samples);
            let mut frame = Frame { ratios: self.analysis.run(&mut signal), ..Frame::default() };
            for (signal, part) in signal.as_chunks::<PART_SAMPLES>().0.iter().zip(&mut frame.parts) {
                let (lag, gain) = self.past.search(signal);
                (part.lag, part.gain) = (lag, gain);
                let guess = self.past.predict(lag, gain);
                let residual = core::array::from_fn(|n| signal[n].saturating_sub(guess[n]));
                part.pulses = pulses::quantise(&residual);
                self.past.push(&guess, &pulses::rebuild(&part.pulses));
            }
            frame.write(payload);
        }
    }

    fn save(&self, state: &mut Vec<u8>) {
        memory::save(self, state);
    }

    fn load(&mut self, state: &[u8]) {
        memory::load(self, state);
    }
}

impl Memory for GsmEncoder {
    fn visit(&mut self, words: &mut Words<'_>) {
        self.preprocess.visit(words);
        self.analysis.visit(words);
        self.past.visit(words);
    }

    fn is_sound(&self) -> bool {
        self.preprocess.is_sound() && self.past.is_sound()
    }
}

#[derive(Clone, Debug, Default)]
struct GsmDecoder {
    past: Past,
    synthesis: Synthesis,
    /// The de-emphasis filter's last output.
    emphasised: i16,
}

impl GsmDecoder {
    fn frame(&mut self, frame: &Frame, samples: &mut Vec<i16>) {
        let mut residual = [0; FRAME_SAMPLES];
        for (part, out) in frame.parts.iter().zip(residual.as_chunks_mut::<PART_SAMPLES>().0) {
            let guess = self.past.predict_received(part.lag, part.gain);
            *out = self.past.push(&guess, &pulses::rebuild(&part.pulses));
        }
        self.synthesis.run(&frame.ratios, &mut residual);
        // 4.3.5–7: de-emphasis, upscaling, and truncation to 13 bits.
        samples.extend(residual.iter().map(|&sample| {
            self.emphasised = sample.saturating_add(arithmetic::times_rounded(self.emphasised, 28_180));
            self.emphasised.saturating_mul(2) & !7
        }));
    }
}

impl Decoder for GsmDecoder {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        let (frames, rest) = payload.as_chunks::<FRAME_OCTETS>();
        if !rest.is_empty() || !frames.iter().all(frame::is_signed) {
            return Err(BadPayload);
        }
        frames.iter().for_each(|octets| self.frame(&Frame::read(octets), samples));
        Ok(())
    }

    fn save(&self, state: &mut Vec<u8>) {
        memory::save(self, state);
    }

    fn load(&mut self, state: &[u8]) {
        memory::load(self, state);
    }
}

impl Memory for GsmDecoder {
    fn visit(&mut self, words: &mut Words<'_>) {
        self.past.visit(words);
        self.synthesis.visit(words);
        words.i16(&mut self.emphasised);
    }

    fn is_sound(&self) -> bool {
        self.past.is_sound()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_frame_and_a_foreign_signature_are_refused() {
        let mut decoder = GSM.decoder("", 8_000).unwrap();
        let mut samples = Vec::new();
        let (good, mut foreign) = ([0xD0; 33], [0xD0; 66]);
        assert_eq!(decoder.decode(&good, &mut samples), Ok(()));
        assert_eq!(samples.len(), 160);
        foreign[33] = 0xC0;
        assert_eq!(decoder.decode(&foreign, &mut samples), Err(BadPayload));
        assert_eq!(decoder.decode(&good[..32], &mut samples), Err(BadPayload));
        assert_eq!(samples.len(), 160);
    }
}
