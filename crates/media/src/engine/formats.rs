//! What a peer may send and what we send it, with the codecs that work on both.

use super::session::DEFAULT_RATE_HZ;
use crate::codec::{self, Codec, Decoder, Encoder};
use crate::playout::{Content, Decoders, Decoding};
use cordboard_base::Format;
use serde::{Deserialize, Serialize};

/// The rate asked of codecs that work at several: all that a telephone's ear piece gives.
pub(super) const WIDE_BAND_HZ: u32 = 16_000;

/// Whether packets can be converted one by one, on arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Converts {
    /// They have to be played out.
    No,
    /// Each by itself, in any order: no coder remembers anything.
    Singly,
    /// While each follows the one before it.
    InOrder,
}

impl Converts {
    /// From one format to another, in packets of `ptime_ms`.
    pub(super) fn between(from: &Format, to: &SendFormat, ptime_ms: u16) -> Self {
        let Some(codec) = codec::find(from) else { return Self::No };
        let from_hz = codec.rate_near(WIDE_BAND_HZ);
        let is_whole = |rate_hz: u32| rate_hz.is_multiple_of(1_000);
        if !codec.has_memory() && !to.codec.has_memory() && from_hz == to.rate_hz {
            Self::Singly
        } else if codec.goes_packet_by_packet(&from.fmtp)
            && to.codec.goes_packet_by_packet(&to.fmtp)
            && is_whole(from_hz)
            && is_whole(to.rate_hz)
            && to.fills(ptime_ms)
        {
            Self::InOrder
        } else {
            Self::No
        }
    }
}

/// Whether a format says what silence sounds like, rather than sound (RFC 3389).
pub(super) fn is_comfort_noise(format: &Format) -> bool {
    format.name.eq_ignore_ascii_case("CN")
}

/// What the peer may send, as in the agreement.
#[derive(Debug, Default)]
pub(super) struct Formats(Vec<ReceiveFormat>);

/// A format that the peer may send.
#[derive(Debug)]
pub(super) struct ReceiveFormat {
    clock_rate_hz: u32,
    pub(super) codec: Option<&'static dyn Codec>,
    fmtp: String,
    /// Of the decoder's samples.
    pub(super) rate_hz: u32,
    pub(super) decoder: Option<Box<dyn Decoder>>,
    is_comfort_noise: bool,
}

impl Formats {
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The next one that the peer may send.
    pub(super) fn push(&mut self, format: &Format) {
        let codec = codec::find(format);
        let rate_hz = codec.map_or(DEFAULT_RATE_HZ, |codec| codec.rate_near(WIDE_BAND_HZ));
        self.0.push(ReceiveFormat {
            clock_rate_hz: format.clock_rate_hz,
            codec,
            fmtp: format.fmtp.clone(),
            rate_hz,
            decoder: codec.and_then(|codec| codec.decoder(&format.fmtp, rate_hz)),
            is_comfort_noise: is_comfort_noise(format),
        });
    }

    pub(super) fn get_mut(&mut self, at: u8) -> Option<&mut ReceiveFormat> {
        self.0.get_mut(usize::from(at))
    }

    /// Whether it is comfort noise.
    #[inline]
    pub(super) fn is_noise(&self, at: u8) -> bool {
        self.0.get(usize::from(at)).is_some_and(|format| format.is_comfort_noise)
    }

    /// Of a format's RTP timestamps; None: nothing like it was agreed.
    #[inline]
    pub(super) fn clock_rate_hz(&self, at: u8) -> Option<u32> {
        self.0.get(usize::from(at)).map(|format| format.clock_rate_hz)
    }

    /// What a format's payloads are to a playout. None: they can't be decoded.
    pub(super) fn content(&self, at: u8) -> Option<Content> {
        let format = self.0.get(usize::from(at))?;
        if format.is_comfort_noise {
            return Some(Content::ComfortNoise);
        }
        format.decoder.as_ref().map(|_| Content::Audio { format: at })
    }

    /// Samples per second of what a format is decoded to.
    pub(super) fn rate_hz(&self, at: u8) -> u32 {
        self.0.get(usize::from(at)).map_or(DEFAULT_RATE_HZ, |format| format.rate_hz)
    }

    /// Samples per second of what can be decoded, at the most.
    pub(super) fn widest_hz(&self) -> impl Iterator<Item = u32> {
        let decoded = self.0.iter().filter(|format| format.decoder.is_some());
        decoded.filter_map(|format| Some(format.codec?.rate_near(WIDE_BAND_HZ)))
    }

    /// Decodes at the rate nearest to this one from here on.
    pub(super) fn decode_at(&mut self, wanted_hz: u32) {
        for format in &mut self.0 {
            let (Some(codec), Some(decoder)) = (format.codec, &format.decoder) else { continue };
            let rate_hz = codec.rate_near(wanted_hz);
            if rate_hz == format.rate_hz {
                continue;
            }
            let Some(mut next) = codec.decoder(&format.fmtp, rate_hz) else { continue };
            let mut memory = Vec::new();
            decoder.save(&mut memory);
            next.load(&memory);
            (format.decoder, format.rate_hz) = (Some(next), rate_hz);
        }
    }
}

impl Decoders for Formats {
    fn decoder(&mut self, format: u8) -> Option<Decoding<'_>> {
        let format = self.0.get_mut(usize::from(format))?;
        let decoder = format.decoder.as_deref_mut()?;
        Some(Decoding { decoder, rate_hz: format.rate_hz })
    }
}

/// The format in which we send what is not relayed: the first agreed one that can be encoded.
#[derive(Debug)]
pub(super) struct SendFormat {
    pub(super) payload_type: u8,
    pub(super) codec: &'static dyn Codec,
    pub(super) fmtp: String,
    /// Of the samples that the encoder takes.
    pub(super) rate_hz: u32,
    pub(super) encoder: Box<dyn Encoder>,
}

impl SendFormat {
    /// None: it can't be encoded.
    pub(super) fn of(format: &Format) -> Option<Self> {
        let codec = codec::find(format)?;
        let rate_hz = codec.rate_near(WIDE_BAND_HZ);
        let encoder = codec.encoder(&format.fmtp, rate_hz)?;
        Some(Self { payload_type: format.payload_type, codec, fmtp: format.fmtp.clone(), rate_hz, encoder })
    }

    /// Samples of one frame, at the encoder's rate.
    pub(super) fn unit(&self) -> usize {
        let at_codec = self.codec.frame_samples_with(&self.fmtp) as u64 * u64::from(self.rate_hz);
        usize::try_from(at_codec / u64::from(self.codec.sample_rate_hz().max(1))).unwrap_or(1).max(1)
    }

    /// Whether packets of such a length are whole frames.
    pub(super) fn fills(&self, ptime_ms: u16) -> bool {
        (usize::from(ptime_ms) * self.rate_hz as usize / 1_000).is_multiple_of(self.unit())
    }
}

/// What encoder and decoders remember, as they wrote it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SavedCodecs {
    encoder: Vec<u8>,
    decoders: Vec<Vec<u8>>,
}

impl SavedCodecs {
    pub(super) fn of(encoder: Option<&SendFormat>, formats: &Formats) -> Self {
        let mut saved = Self::default();
        if let Some(format) = encoder {
            format.encoder.save(&mut saved.encoder);
        }
        saved.decoders.extend(formats.0.iter().map(|format| {
            let mut kept = Vec::new();
            format.decoder.iter().for_each(|decoder| decoder.save(&mut kept));
            kept
        }));
        saved
    }

    pub(super) fn load(&self, encoder: Option<&mut SendFormat>, formats: &mut Formats) {
        if let Some(format) = encoder {
            format.encoder.load(&self.encoder);
        }
        for (format, kept) in formats.0.iter_mut().zip(&self.decoders) {
            format.decoder.iter_mut().for_each(|decoder| decoder.load(kept));
        }
    }
}
