//! The receiving side of Opus.

use super::packet;
use crate::codec::{BadPayload, Decoder};
use core::fmt;
use opus_pure::OpusDecoder;

/// The longest gap that is concealed in one go: 120 ms, which is the longest packet; the rest is silence.
const CONCEAL_MAX_MS: usize = 120;

/// A decoder to one channel.
pub(super) struct Receiver {
    decoder: Box<OpusDecoder>,
    /// Samples of 1 ms.
    one_ms: usize,
}

impl Receiver {
    /// `None` for a rate that is none of the library's.
    pub(super) fn new(rate_hz: u32) -> Option<Self> {
        let decoder = Box::new(OpusDecoder::new(i32::try_from(rate_hz).ok()?, 1).ok()?);
        Some(Self { decoder, one_ms: usize::try_from(rate_hz / 1_000).ok()? })
    }

    /// Appends `count` samples that `fill` makes of a decoder, or nothing.
    fn append<E>(
        &mut self,
        count: usize,
        samples: &mut Vec<i16>,
        fill: impl FnOnce(&mut OpusDecoder, &mut [i16]) -> Result<usize, E>,
    ) -> bool {
        let start = samples.len();
        samples.resize(start + count, 0);
        let space = samples.get_mut(start..).unwrap_or_default();
        let is_whole = fill(&mut self.decoder, space).is_ok_and(|made| made == count);
        if !is_whole {
            samples.truncate(start);
        }
        is_whole
    }
}

impl Decoder for Receiver {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        let count = packet::samples_48k(payload).ok_or(BadPayload)? * self.one_ms / 48;
        let fill = |decoder: &mut OpusDecoder, space: &mut [i16]| decoder.decode_s16(payload, count, space);
        if self.append(count, samples, fill) { Ok(()) } else { Err(BadPayload) }
    }

    fn conceal(&mut self, count: usize, samples: &mut Vec<i16>) -> bool {
        // The library conceals in steps of 10 ms; what it makes beyond `count` is cut off.
        let step = self.one_ms * 10;
        let made = count.next_multiple_of(step).min(self.one_ms * CONCEAL_MAX_MS);
        let end = samples.len() + count;
        let fill = |decoder: &mut OpusDecoder, space: &mut [i16]| decoder.decode_s16(&[], made, space);
        let is_made = self.append(made, samples, fill);
        if is_made {
            samples.resize(end, 0);
        }
        is_made
    }

    fn recover(&mut self, next: &[u8], count: usize, samples: &mut Vec<i16>) -> bool {
        let is_sized = count.is_multiple_of(self.one_ms * 10) && count <= self.one_ms * CONCEAL_MAX_MS;
        if !packet::has_previous(next) || !is_sized {
            return false;
        }
        let fill = |decoder: &mut OpusDecoder, space: &mut [i16]| decoder.decode_fec_s16(next, count, space);
        self.append(count, samples, fill)
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("decoder", &self.decoder).finish_non_exhaustive()
    }
}
