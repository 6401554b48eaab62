//! The registry that every codec plugs into: a file per codec, one entry in [`registry`]. A codec says how its payloads
//! are measured and makes encoders and decoders, which hold the state of one direction of one leg.

mod alaw;
mod l16;
mod ulaw;

pub use alaw::PCMA;
pub use l16::{L16_8000, L16_16000, L16_48000};
pub use ulaw::PCMU;

use cordboard_base::Format;
use core::fmt;
use thiserror::Error;

/// A payload that its codec can't read, such as half a frame. The packet is dropped as if it were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the payload is not whole frames of its codec")]
pub struct BadPayload;

/// A payload encoding (RFC 3551 §4). Stateless itself; see [`Encoder`] and [`Decoder`].
pub trait Codec: fmt::Debug + Sync {
    /// The registered encoding name; compared without case.
    fn name(&self) -> &'static str;
    /// The RTP clock in Hz.
    fn clock_rate_hz(&self) -> u32;
    /// Samples per second of the audio itself; differs from the clock for G.722 (RFC 3551 §4.5.2).
    fn sample_rate_hz(&self) -> u32;
    /// The payload number that needs no `rtpmap`, if it has one (RFC 3551 §6).
    fn static_payload_type(&self) -> Option<u8>;
    /// Encoders take whole multiples of this many samples. 1 for codecs without frames.
    fn frame_samples(&self) -> usize;
    /// How many samples a payload holds; `None` where that can't be told or it is not whole frames.
    fn payload_samples(&self, payload: &[u8]) -> Option<usize>;
    /// A new encoder for the peer's format parameters.
    fn encoder(&self, fmtp: &str) -> Box<dyn Encoder>;
    /// A new decoder for our format parameters.
    fn decoder(&self, fmtp: &str) -> Box<dyn Decoder>;
}

/// One direction's encoder.
pub trait Encoder: fmt::Debug + Send {
    /// Appends the payload for `samples` (mono, at the codec's sample rate, whole frames) to `payload`.
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>);

    /// Appends what a new encoder needs to go on where this one stands; nothing for codecs without memory. A codec that can't
    /// say starts afresh after a restore, which is heard as a click at most.
    fn save(&self, state: &mut Vec<u8>) {
        let _ = state;
    }

    /// Takes what `save` wrote; anything else is ignored.
    fn load(&mut self, state: &[u8]) {
        let _ = state;
    }
}

/// One direction's decoder.
pub trait Decoder: fmt::Debug + Send {
    /// Appends the samples of `payload` (mono, at the codec's sample rate) to `samples`.
    ///
    /// # Errors
    /// When the payload is not whole frames; then nothing is appended.
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload>;

    /// Appends `count` samples in place of a lost packet: silence, where the codec knows nothing better.
    fn conceal(&mut self, count: usize, samples: &mut Vec<i16>) {
        samples.resize(samples.len() + count, 0);
    }

    /// As [`Encoder::save`].
    fn save(&self, state: &mut Vec<u8>) {
        let _ = state;
    }

    /// As [`Encoder::load`].
    fn load(&mut self, state: &[u8]) {
        let _ = state;
    }
}

/// All codecs, in no order of preference.
pub fn registry() -> &'static [&'static dyn Codec] {
    static ALL: [&dyn Codec; 5] = [&PCMA, &PCMU, &L16_8000, &L16_16000, &L16_48000];
    &ALL
}

/// The codec of an agreed format: by name and clock, single-channel. `None`: such a format can only be relayed.
pub fn find(format: &Format) -> Option<&'static dyn Codec> {
    if format.channels != 1 {
        return None;
    }
    registry().iter().copied().find(|codec| {
        codec.name().eq_ignore_ascii_case(&format.name) && codec.clock_rate_hz() == format.clock_rate_hz
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_are_found_by_name_and_clock_whatever_their_number() {
        assert_eq!(find(&Format::new(111, "pcma", 8_000)).unwrap().name(), "PCMA");
        assert!(find(&Format::new(8, "PCMA", 16_000)).is_none());
        assert!(find(&Format { channels: 2, ..Format::new(96, "L16", 16_000) }).is_none());
        assert!(find(&Format::new(18, "G729", 8_000)).is_none());
    }

    #[test]
    fn every_codec_gives_back_as_many_samples_as_it_took() {
        for codec in registry() {
            let count = codec.frame_samples() * 160;
            let (mut payload, mut samples) = (Vec::new(), Vec::new());
            codec.encoder("").encode(&vec![0; count], &mut payload);
            assert_eq!(codec.payload_samples(&payload), Some(count));
            codec.decoder("").decode(&payload, &mut samples).unwrap();
            assert_eq!(samples.len(), count, "{}", codec.name());
        }
    }

    #[test]
    fn static_numbers_are_those_of_rfc_3551() {
        let numbers: Vec<_> =
            registry().iter().filter_map(|c| Some((c.static_payload_type()?, c.name()))).collect();
        assert_eq!(numbers, [(8, "PCMA"), (0, "PCMU")]);
    }
}
