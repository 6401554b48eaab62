//! The registry that every codec plugs into: a file per codec, one entry in [`registry`]. A codec says how its payloads
//! are measured and makes encoders and decoders, which hold the state of one direction of one leg.

mod alaw;
#[cfg(any(feature = "codec-gsm", feature = "codec-ilbc"))]
mod bits;
#[cfg(feature = "codec-dvi4")]
mod dvi4;
pub mod fmtp;
mod g711;
#[cfg(feature = "codec-g722")]
mod g722;
#[cfg(feature = "codec-g726")]
mod g726;
#[cfg(feature = "codec-gsm")]
mod gsm;
#[cfg(feature = "codec-ilbc")]
mod ilbc;
mod l16;
#[cfg(feature = "codec-lpc10")]
mod lpc10;
mod memory;
#[cfg(feature = "codec-opus")]
mod opus;
mod provided;
mod relayed;
mod ulaw;

pub use alaw::PCMA;
#[cfg(feature = "codec-dvi4")]
pub use dvi4::{DVI4_8000, DVI4_11025, DVI4_16000, DVI4_22050};
#[cfg(feature = "codec-g722")]
pub use g722::G722;
#[cfg(feature = "codec-g726")]
pub use g726::{AAL2_G726_16, AAL2_G726_24, AAL2_G726_32, AAL2_G726_40};
#[cfg(feature = "codec-g726")]
pub use g726::{G726_16, G726_24, G726_32, G726_40};
#[cfg(feature = "codec-gsm")]
pub use gsm::GSM;
#[cfg(feature = "codec-ilbc")]
pub use ilbc::ILBC;
pub use l16::{L16_8000, L16_16000, L16_44100, L16_48000};
#[cfg(feature = "codec-lpc10")]
pub use lpc10::LPC10;
#[cfg(feature = "codec-opus")]
pub use opus::OPUS;
pub use provided::{TooLate, provide, registry};
#[cfg(not(feature = "codec-ilbc"))]
pub use relayed::ILBC;
pub use relayed::{G723, G729, SPEEX_8000, SPEEX_16000, SPEEX_32000};
pub use ulaw::PCMU;

use cordboard_base::Format;
use core::fmt;
use thiserror::Error;

/// Frames of so few samples only fill whole octets: those of G.726 have up to eight.
const FRAME_SAMPLES_FEW: usize = 8;

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
    /// Channels as the `rtpmap` names them. What is handled is mono in any case; Opus is registered with 2 (RFC 7587 §7).
    fn channels(&self) -> u8 {
        1
    }
    /// The rate nearest to `rate_hz` at which encoders and decoders can be made: their samples have this rate. Only a codec
    /// that works at several rates by itself (Opus) gives another than [`Codec::sample_rate_hz`].
    fn rate_near(&self, rate_hz: u32) -> u32 {
        let _ = rate_hz;
        self.sample_rate_hz()
    }
    /// The payload number that needs no `rtpmap`, if it has one (RFC 3551 §6).
    fn static_payload_type(&self) -> Option<u8>;
    /// The parameters that our descriptions give for it (RFC 8866 §6.15): how we want to be sent to.
    fn fmtp(&self) -> &'static str {
        ""
    }
    /// What does the work, for people: `own`, the name of a crate or of a library.
    fn maker(&self) -> &'static str {
        "own"
    }
    /// Encoders take whole multiples of this many samples, counted at [`Codec::sample_rate_hz`] whatever rate an encoder was
    /// made for. 1 for codecs without frames.
    fn frame_samples(&self) -> usize;
    /// The same for an encoder with these parameters: whole packets for the peer are made of multiples of it.
    fn frame_samples_with(&self, fmtp: &str) -> usize {
        let _ = fmtp;
        self.frame_samples()
    }
    /// How many samples a payload holds, counted at [`Codec::sample_rate_hz`]; `None` where that can't be told or it is not whole
    /// frames. Cheap: it is asked for every packet.
    fn payload_samples(&self, payload: &[u8]) -> Option<usize>;
    /// How many bytes every frame has, where frames may be joined and cut into payloads of any number of them. `None`: a payload
    /// stays as it is, for its frames differ or it has a header of its own.
    fn frame_bytes(&self) -> Option<usize> {
        None
    }
    /// The mean square of some of a payload's samples, where it needs no decoder. Cheap: it is asked for every packet.
    fn mean_square(&self, payload: &[u8]) -> Option<u32> {
        let _ = payload;
        None
    }
    /// The same, estimated of a payload by itself, where [`Codec::mean_square`] says nothing: the codec's own steps and gains, without
    /// decoding. Asked for once a second.
    fn estimated_mean_square(&self, payload: &[u8]) -> Option<u32> {
        let _ = payload;
        None
    }
    /// Whether coders remember what came before. Without memory any packet can be converted by itself, in any order.
    fn has_memory(&self) -> bool {
        true
    }
    /// Whether packets of whole frames can be coded when they come, each as long as what it is made of: coders with these parameters
    /// leave none out in silence.
    fn goes_packet_by_packet(&self, fmtp: &str) -> bool {
        let _ = fmtp;
        self.frame_samples() <= FRAME_SAMPLES_FEW && self.frame_bytes().is_some()
    }
    /// Whether what the peer of one leg sends may go to the peer of another as it is, by what was said on both legs. Asked when legs
    /// are connected.
    fn relays(&self, from: Said<'_>, to: Said<'_>) -> bool {
        let _ = (from, to);
        true
    }
    /// A new encoder for the peer's format parameters (RFC 8866 §6.15), of samples at `rate_hz`, which [`Codec::rate_near`]
    /// has given. `None`: this codec can only be passed through.
    fn encoder(&self, fmtp: &str, rate_hz: u32) -> Option<Box<dyn Encoder>>;
    /// A new decoder for our format parameters, to samples at `rate_hz`, which [`Codec::rate_near`] has given. `None`: this codec
    /// can only be passed through.
    fn decoder(&self, fmtp: &str, rate_hz: u32) -> Option<Box<dyn Decoder>>;
    /// A new encoder for a file of one or two channels, of samples at `rate_hz`, which [`Codec::rate_near`] has given. `None`: no
    /// files are made of this codec.
    fn file_encoder(&self, rate_hz: u32, channels: u8) -> Option<FileEncoder> {
        let _ = (rate_hz, channels);
        None
    }
}

/// The format parameters of an encoding on one leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said<'a> {
    /// In our description.
    pub ours: &'a str,
    /// In the peer's.
    pub peers: &'a str,
}

/// Which codec one is. Its place in memory does not say it: codecs without fields may all have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id(&'static str, u32);

impl Id {
    pub(crate) fn of(codec: &dyn Codec) -> Self {
        Self(codec.name(), codec.clock_rate_hz())
    }
}

/// What makes the packets of a file.
#[derive(Debug)]
pub struct FileEncoder {
    /// Takes one frame at a time, of all channels interleaved.
    pub encoder: Box<dyn Encoder>,
    /// Samples of a frame, of one channel.
    pub frame: usize,
    /// By how much what is decoded trails what went in, in samples at 48,000 Hz: a player skips that (RFC 7845 §4.2).
    pub pre_skip: u16,
}

/// One direction's encoder.
pub trait Encoder: fmt::Debug + Send {
    /// Appends the payload for `samples` (mono, at the encoder's rate, whole frames) to `payload`. Nothing is appended where
    /// nothing needs to be sent: silence, for an encoder with discontinuous transmission.
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>);

    /// How many samples at the beginning of what was encoded last are silence that the payload does not hold: where speech begins
    /// within a packet, it is sent under the time at which it begins.
    fn left_out(&self) -> usize {
        0
    }

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
    /// Appends the samples of `payload` (mono, at the decoder's rate) to `samples`.
    ///
    /// # Errors
    /// When the payload is not whole frames; then nothing is appended.
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload>;

    /// Appends `count` samples in place of what was lost, by the codec's own means. `false`: it has none, nothing was appended,
    /// and whoever plays the stream extrapolates the samples.
    fn conceal(&mut self, count: usize, samples: &mut Vec<i16>) -> bool {
        let _ = (count, samples);
        false
    }

    /// Appends `count` samples in place of the lost packet right before `next`, from what `next` tells of it (forward error
    /// correction). `false`: it tells nothing, and nothing was appended. `next` itself is decoded afterwards.
    fn recover(&mut self, next: &[u8], count: usize, samples: &mut Vec<i16>) -> bool {
        let _ = (next, count, samples);
        false
    }

    /// Whether silence has begun with what was decoded last: until something comes again, [`Decoder::conceal`] makes what the silence
    /// sounds like.
    fn rests(&self) -> bool {
        false
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

/// The codecs that are built in, one a line, in no order of preference.
static BUILT_IN: &[&dyn Codec] = &[
    &PCMA,
    &PCMU,
    #[cfg(feature = "codec-g722")]
    &G722,
    #[cfg(feature = "codec-gsm")]
    &GSM,
    #[cfg(feature = "codec-g726")]
    &G726_16,
    #[cfg(feature = "codec-g726")]
    &G726_24,
    #[cfg(feature = "codec-g726")]
    &G726_32,
    #[cfg(feature = "codec-g726")]
    &G726_40,
    #[cfg(feature = "codec-g726")]
    &AAL2_G726_16,
    #[cfg(feature = "codec-g726")]
    &AAL2_G726_24,
    #[cfg(feature = "codec-g726")]
    &AAL2_G726_32,
    #[cfg(feature = "codec-g726")]
    &AAL2_G726_40,
    #[cfg(feature = "codec-dvi4")]
    &DVI4_8000,
    #[cfg(feature = "codec-dvi4")]
    &DVI4_11025,
    #[cfg(feature = "codec-dvi4")]
    &DVI4_16000,
    #[cfg(feature = "codec-dvi4")]
    &DVI4_22050,
    &L16_8000,
    &L16_16000,
    &L16_44100,
    &L16_48000,
    #[cfg(feature = "codec-lpc10")]
    &LPC10,
    #[cfg(feature = "codec-opus")]
    &OPUS,
    &G723,
    &G729,
    &ILBC,
    &SPEEX_8000,
    &SPEEX_16000,
    &SPEEX_32000,
];

/// The codec of an agreed format: by name, clock and channels. `None`: such a format can only be relayed.
pub fn find(format: &Format) -> Option<&'static dyn Codec> {
    registry().iter().copied().find(|codec| {
        codec.name().eq_ignore_ascii_case(&format.name)
            && codec.clock_rate_hz() == format.clock_rate_hz
            && codec.channels() == format.channels
    })
}

/// The codec that a configuration calls `PCMA`, `opus` or, where there are several clocks, `speex/16000`; without a clock it is the
/// first of that name. Compared without case.
pub fn named(name: &str) -> Option<&'static dyn Codec> {
    let (name, clock) = name.split_once('/').map_or((name, None), |(name, clock)| (name, Some(clock)));
    let clock_rate_hz =
        clock.map(|clock| clock.parse().ok()).map_or(Some(None), |hz: Option<u32>| hz.map(Some))?;
    registry().iter().copied().find(|codec| {
        codec.name().eq_ignore_ascii_case(name) && clock_rate_hz.is_none_or(|hz| hz == codec.clock_rate_hz())
    })
}

/// The dynamic payload numbers that offers begin with; RFC 3551 §6 leaves 96–127. 101 is telephone-event's by custom.
const DYNAMIC_FIRST: usize = 102;
const DYNAMIC_LAST: usize = 127;

/// A codec as an offer names it. Its number is the static one, else one that is its own among all codecs.
pub fn offered(codec: &dyn Codec) -> Format {
    let is_it =
        |other: &&dyn Codec| other.name() == codec.name() && other.clock_rate_hz() == codec.clock_rate_hz();
    let mut dynamic = registry().iter().copied().filter(|codec| codec.static_payload_type().is_none());
    let at = DYNAMIC_FIRST + dynamic.position(|other| is_it(&other)).unwrap_or(0);
    let number = if at <= DYNAMIC_LAST { at } else { at - DYNAMIC_LAST + 95 };
    let payload_type = codec.static_payload_type().or(u8::try_from(number).ok()).unwrap_or(127);
    Format {
        channels: codec.channels(),
        fmtp: codec.fmtp().to_owned(),
        ..Format::new(payload_type, codec.name(), codec.clock_rate_hz())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codecs_are_found_by_name_and_clock_whatever_their_number() {
        assert_eq!(find(&Format::new(111, "pcma", 8_000)).unwrap().name(), "PCMA");
        assert!(find(&Format::new(8, "PCMA", 16_000)).is_none());
        assert!(find(&Format { channels: 2, ..Format::new(96, "L16", 16_000) }).is_none());
        assert!(find(&Format::new(96, "AMR", 8_000)).is_none());
    }

    #[test]
    fn every_codec_gives_back_as_many_samples_as_it_took() {
        for codec in registry() {
            let rate = codec.sample_rate_hz();
            let count = (rate as usize / 50).next_multiple_of(codec.frame_samples());
            let (mut payload, mut samples) = (Vec::new(), Vec::new());
            let (Some(mut encoder), Some(mut decoder)) =
                (codec.encoder(codec.fmtp(), rate), codec.decoder(codec.fmtp(), rate))
            else {
                continue;
            };
            encoder.encode(&vec![0; count], &mut payload);
            assert_eq!(codec.payload_samples(&payload), Some(count));
            decoder.decode(&payload, &mut samples).unwrap();
            assert_eq!(samples.len(), count, "{}", codec.name());
        }
    }

    #[test]
    fn names_with_and_without_a_clock_lead_to_a_codec() {
        assert_eq!(named("pcma").unwrap().static_payload_type(), Some(8));
        assert_eq!(named("L16/48000").unwrap().clock_rate_hz(), 48_000);
        assert_eq!(named("L16").unwrap().clock_rate_hz(), 8_000);
        assert!(named("L16/11025").is_none() && named("L16/").is_none() && named("PCMB").is_none());
    }

    #[test]
    fn every_codec_is_offered_under_a_number_of_its_own_and_found_again() {
        let mut numbers: Vec<u8> = Vec::new();
        for codec in registry() {
            let format = offered(*codec);
            assert!(format.payload_type <= 127 && format.payload_type != 101);
            assert!(format.payload_type >= 96 || codec.static_payload_type() == Some(format.payload_type));
            let found = find(&format).unwrap();
            assert_eq!((found.name(), found.clock_rate_hz()), (codec.name(), codec.clock_rate_hz()));
            numbers.push(format.payload_type);
        }
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), registry().len());
    }

    #[test]
    fn static_numbers_are_those_of_rfc_3551() {
        const OURS: &[(u8, &str)] = &[
            (0, "PCMU"),
            (3, "GSM"),
            (4, "G723"),
            (5, "DVI4"),
            (6, "DVI4"),
            (7, "LPC"),
            (8, "PCMA"),
            (9, "G722"),
            (11, "L16"),
            (16, "DVI4"),
            (17, "DVI4"),
            (18, "G729"),
        ];
        let numbers = registry().iter().filter_map(|c| Some((c.static_payload_type()?, c.name())));
        for number in numbers {
            assert!(OURS.contains(&number), "{number:?}");
        }
    }
}
