//! LPC-10 (US Federal Standard 1015): 2,400 bit/s, frames of 180 samples (22.5 ms) in 54 bits of seven octets.
//!
//! What is sent is not the wave but how it could be made: a pitch, a loudness and ten reflection coefficients a frame, for a
//! synthesiser of pulses and noise. Voices can be understood, hardly told apart. The name is `LPC` with the number 7, as other
//! exchanges have it; RFC 3551 §4.5.9 gave both to another codec of 14 octets a frame, which nobody sends any more.
//!
//! ```text
//!  samples ─▶ analysis (level, coefficients) ─┬▶ quantise ─▶ protect ─▶ frame (54 bits)
//!          └▶ voice (pitch, voiced or not) ───┘
//!  samples ◀─ synthesis ◀─ epochs (one pitch period each) ◀─ quantise ◀─ correct (a frame later) ◀─ frame
//! ```
//! Decoding is what the standard says, sample for sample but for the arithmetic's last bits; how the parameters are found is an
//! encoder's own choice, and ours is its own. Sources: FS-1015 (1984); T. Tremain, *The Government Standard Linear Predictive
//! Coding Algorithm: LPC-10* (Speech Technology, April 1982).
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "numbers are clamped to their small ranges before each cast"
)]

mod analysis;
mod correct;
mod epochs;
mod frame;
mod quantise;
mod synthesis;
#[cfg(test)]
mod tests;
mod voice;

use super::memory::{self, Memory, Words};
use super::{BadPayload, Codec, Decoder, Encoder};
use analysis::Analysis;
use correct::Corrector;
use epochs::Epochs;
use frame::{FRAME_OCTETS, Frame};
use synthesis::Synthesis;
use voice::VoiceFinder;

/// Samples of a frame: 22.5 ms.
const FRAME_SAMPLES: usize = 180;
/// Reflection coefficients.
const ORDER: usize = 10;
/// The shortest and the longest pitch period, in samples: 400 and 51 Hz.
const PITCH: (usize, usize) = (20, 156);
/// The standard's samples have 12 bits.
const SCALE: f32 = 8.0;

/// LPC-10 at 8,000 Hz.
pub static LPC10: Lpc10 = Lpc10;

/// See [`LPC10`].
#[derive(Clone, Copy, Debug)]
pub struct Lpc10;

impl Codec for Lpc10 {
    fn name(&self) -> &'static str {
        "LPC"
    }

    fn clock_rate_hz(&self) -> u32 {
        8_000
    }

    fn sample_rate_hz(&self) -> u32 {
        8_000
    }

    fn static_payload_type(&self) -> Option<u8> {
        Some(7)
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

    fn encoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Encoder>> {
        Some(Box::new(Sender::default()))
    }

    fn decoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Decoder>> {
        Some(Box::new(Receiver::default()))
    }
}

/// What a frame says, as numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Spoken {
    /// Of its two halves.
    voiced: [bool; 2],
    /// The pitch period in samples; means nothing where neither half is voiced.
    pitch: usize,
    /// The root of the mean square of the emphasised samples, of 12 bits.
    rms: f32,
    ratios: [f32; ORDER],
}

#[derive(Clone, Debug, Default)]
struct Sender {
    analysis: Analysis,
    voice: VoiceFinder,
    /// The last bit, which changes from frame to frame so that a line of bits can be cut into frames.
    sync: u8,
}

impl Encoder for Sender {
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        for samples in samples.as_chunks::<FRAME_SAMPLES>().0 {
            self.analysis.take(samples);
            let voice = self.voice.find(self.analysis.signal());
            let frame = correct::protected(quantise::code(&self.analysis.describe(voice)));
            frame.write(self.sync == 1, payload);
            self.sync = 1 - self.sync;
        }
    }

    fn save(&self, state: &mut Vec<u8>) {
        memory::save(self, state);
    }

    fn load(&mut self, state: &[u8]) {
        memory::load(self, state);
    }
}

impl Memory for Sender {
    fn visit(&mut self, words: &mut Words<'_>) {
        self.analysis.visit(words);
        self.voice.visit(words);
        words.u8(&mut self.sync);
    }

    fn is_sound(&self) -> bool {
        self.analysis.is_sound() && self.voice.is_sound() && self.sync <= 1
    }
}

#[derive(Clone, Debug, Default)]
struct Receiver {
    corrector: Corrector,
    epochs: Epochs,
    synthesis: Synthesis,
}

impl Decoder for Receiver {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        let (frames, rest) = payload.as_chunks::<FRAME_OCTETS>();
        if !rest.is_empty() {
            return Err(BadPayload);
        }
        for octets in frames {
            let spoken = self.corrector.take(&Frame::read(octets));
            let plan = self.epochs.plan(&spoken);
            self.synthesis.run(&plan, samples);
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

impl Memory for Receiver {
    fn visit(&mut self, words: &mut Words<'_>) {
        self.corrector.visit(words);
        self.epochs.visit(words);
        self.synthesis.visit(words);
    }

    fn is_sound(&self) -> bool {
        self.corrector.is_sound() && self.epochs.is_sound() && self.synthesis.is_sound()
    }
}

/// Several words of floating point.
fn visit_all(words: &mut Words<'_>, all: &mut [f32]) {
    all.iter_mut().for_each(|word| words.f32(word));
}

/// Whether numbers that were read can be reckoned with: what no signal of 16 bits leads to is refused.
fn are_sound(all: &[f32]) -> bool {
    all.iter().all(|word| word.abs() < 1e9)
}
