//! iLBC (RFC 3951, RFC 3952): speech at 8,000 Hz in frames that stand by themselves. 20 ms are 38 octets, 30 ms are 50. A lost
//! frame is concealed by the decoder and does not spoil the ones after it.
//!
//! ```text
//! encode:  samples → high pass → analysis, lsf → residual → state, codebook → frame
//! decode:  frame → state, codebook → residual → conceal → enhance → synthesis → high pass → samples
//! ```
//!
//! Which of the two lengths is sent is agreed on by `mode` (RFC 3952 §5): of the offer's and the answer's the one of the lower
//! bandwidth, which is 30 ms, and that is also meant where nothing is said. We say 20, so the peer's choice is what counts. What
//! is received is told by its length, whatever was agreed.
#![allow(clippy::cast_possible_truncation, reason = "samples are limited by the conversion")]
#![allow(clippy::cast_sign_loss, reason = "places in a buffer are checked to be positive")]
#![allow(clippy::needless_range_loop, reason = "sums over signals at offsets, as the formulas have them")]

mod analysis;
mod codebook;
mod conceal;
mod decode;
mod encode;
mod enhance;
mod filter;
mod frame;
mod lsf;
mod lsf_codebook;
mod residual;
mod state;
mod tables;

use super::memory::{self, Memory, Words};
use super::{BadPayload, Codec, Decoder, Encoder, Said, fmtp, relayed};
use decode::Decoding;
use encode::Encoding;

/// Coefficients of a predictor.
const ORDER: usize = 10;
/// Samples of a part of a frame, each with filters of its own.
const PART: usize = 40;
/// Samples of the longest frame.
const FRAME_MAX: usize = 240;

/// iLBC at 8,000 Hz.
pub static ILBC: Ilbc = Ilbc;

/// See [`ILBC`].
#[derive(Clone, Copy, Debug)]
pub struct Ilbc;

/// How long frames are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Ms20,
    Ms30,
}

impl Mode {
    /// What we send to a peer that says this.
    fn agreed(fmtp: &str) -> Self {
        if fmtp::number(fmtp, "mode") == Some(20) { Self::Ms20 } else { Self::Ms30 }
    }

    /// What holds on a leg for both directions (RFC 3952 §5).
    fn of_leg(said: Said<'_>) -> Self {
        match (Self::agreed(said.ours), Self::agreed(said.peers)) {
            (Self::Ms20, Self::Ms20) => Self::Ms20,
            (Self::Ms30, _) | (_, Self::Ms30) => Self::Ms30,
        }
    }

    fn of_octets(octets: usize) -> Option<Self> {
        [Self::Ms20, Self::Ms30].into_iter().find(|mode| octets > 0 && octets.is_multiple_of(mode.octets()))
    }

    fn samples(self) -> usize {
        self.parts() * PART
    }

    fn parts(self) -> usize {
        match self {
            Self::Ms20 => 4,
            Self::Ms30 => 6,
        }
    }

    fn octets(self) -> usize {
        match self {
            Self::Ms20 => 38,
            Self::Ms30 => 50,
        }
    }

    /// Sets of line spectral frequencies.
    fn analyses(self) -> usize {
        match self {
            Self::Ms20 => 1,
            Self::Ms30 => 2,
        }
    }

    /// Samples of the start state.
    fn state_samples(self) -> usize {
        match self {
            Self::Ms20 => 57,
            Self::Ms30 => 58,
        }
    }

    /// Parts by which the enhancer is behind.
    fn delayed_parts(self) -> usize {
        self.analyses()
    }
}

impl Codec for Ilbc {
    fn name(&self) -> &'static str {
        "iLBC"
    }

    fn clock_rate_hz(&self) -> u32 {
        8_000
    }

    fn sample_rate_hz(&self) -> u32 {
        8_000
    }

    fn static_payload_type(&self) -> Option<u8> {
        None
    }

    fn fmtp(&self) -> &'static str {
        "mode=20"
    }

    /// Of the mode that we ask for. An encoder for a peer that wants 30 ms sends every third time, two frames at once, where it is
    /// given 20 ms at a time.
    fn frame_samples(&self) -> usize {
        Mode::Ms20.samples()
    }

    fn frame_samples_with(&self, fmtp: &str) -> usize {
        Mode::agreed(fmtp).samples()
    }

    fn payload_samples(&self, payload: &[u8]) -> Option<usize> {
        relayed::ilbc_samples(payload)
    }

    /// A phone need not understand frames of another length than was agreed with it.
    fn relays(&self, from: Said<'_>, to: Said<'_>) -> bool {
        Mode::of_leg(from) == Mode::of_leg(to)
    }

    fn encoder(&self, fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Encoder>> {
        let mode = Mode::agreed(fmtp);
        Some(Box::new(IlbcEncoder { mode, encoding: Encoding::new(mode), held: Vec::new() }))
    }

    fn decoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Decoder>> {
        Some(Box::new(IlbcDecoder { decoding: Decoding::new(Mode::Ms20) }))
    }
}

#[derive(Clone, Debug)]
struct IlbcEncoder {
    mode: Mode,
    encoding: Encoding,
    /// What did not fill whole frames yet. Packets are only made when nothing is left over, so that their times stay even.
    held: Vec<i16>,
}

impl Encoder for IlbcEncoder {
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        let frame = self.mode.samples();
        if self.held.is_empty() && samples.len().is_multiple_of(frame) {
            samples.chunks_exact(frame).for_each(|samples| self.encoding.frame(samples, payload));
            return;
        }
        self.held.extend_from_slice(samples);
        if self.held.len().is_multiple_of(frame) {
            self.held.chunks_exact(frame).for_each(|samples| self.encoding.frame(samples, payload));
            self.held.clear();
        }
    }

    fn save(&self, state: &mut Vec<u8>) {
        memory::save(self, state);
    }

    fn load(&mut self, state: &[u8]) {
        memory::load(self, state);
    }
}

/// Samples that can be held back: more would be told by no memory that is ours.
const HELD_MAX: i16 = 4_800;

impl Memory for IlbcEncoder {
    fn visit(&mut self, words: &mut Words<'_>) {
        self.encoding.visit(words);
        let mut count = i16::try_from(self.held.len()).unwrap_or(0);
        words.i16(&mut count);
        self.held.resize(usize::try_from(count.min(HELD_MAX)).unwrap_or(0), 0);
        words.i16s(&mut self.held);
    }

    fn is_sound(&self) -> bool {
        self.encoding.is_sound()
    }
}

#[derive(Clone, Debug)]
struct IlbcDecoder {
    decoding: Decoding,
}

impl Decoder for IlbcDecoder {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        ILBC.payload_samples(payload).ok_or(BadPayload)?;
        let mode = Mode::of_octets(payload.len()).ok_or(BadPayload)?;
        if mode != self.decoding.mode() {
            self.decoding = Decoding::new(mode);
        }
        payload.chunks_exact(mode.octets()).for_each(|octets| self.decoding.frame(Some(octets), samples));
        Ok(())
    }

    fn conceal(&mut self, count: usize, samples: &mut Vec<i16>) -> bool {
        let end = samples.len() + count;
        while samples.len() < end {
            self.decoding.frame(None, samples);
        }
        samples.truncate(end);
        true
    }

    fn save(&self, state: &mut Vec<u8>) {
        memory::save(self, state);
    }

    fn load(&mut self, state: &[u8]) {
        memory::load(self, state);
    }
}

impl Memory for IlbcDecoder {
    fn visit(&mut self, words: &mut Words<'_>) {
        let mut is_long = u8::from(self.decoding.mode() == Mode::Ms30);
        words.u8(&mut is_long);
        let mode = if is_long == 1 { Mode::Ms30 } else { Mode::Ms20 };
        if mode != self.decoding.mode() {
            self.decoding = Decoding::new(mode);
        }
        self.decoding.visit(words);
    }

    fn is_sound(&self) -> bool {
        self.decoding.is_sound()
    }
}

#[cfg(test)]
mod tests;
