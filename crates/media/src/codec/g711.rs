//! What A-law and µ-law (ITU-T G.711) have in common: every sample is an octet, at 8,000 Hz, and none needs another.

use super::{BadPayload, Codec, Decoder, Encoder};
use crate::level::mean_square;
use core::fmt;
use core::marker::PhantomData;

/// How a sample becomes an octet and back.
pub trait Law: fmt::Debug + Sync + Send + 'static {
    /// The registered encoding name.
    const NAME: &'static str;
    /// RFC 3551 §6, table 4.
    const PAYLOAD_TYPE: u8;
    /// The samples of all octets.
    const DECODED: &'static [i16; 256];
    /// The octet of a sample.
    fn encode(sample: i16) -> u8;
}

/// G.711 at 8,000 Hz by one of its laws.
#[derive(Clone, Copy, Debug)]
pub struct G711<L>(PhantomData<L>);

impl<L: Law> G711<L> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<L: Law> Codec for G711<L> {
    fn name(&self) -> &'static str {
        L::NAME
    }

    fn clock_rate_hz(&self) -> u32 {
        8_000
    }

    fn sample_rate_hz(&self) -> u32 {
        8_000
    }

    fn static_payload_type(&self) -> Option<u8> {
        Some(L::PAYLOAD_TYPE)
    }

    fn frame_samples(&self) -> usize {
        1
    }

    fn payload_samples(&self, payload: &[u8]) -> Option<usize> {
        Some(payload.len())
    }

    fn mean_square(&self, payload: &[u8]) -> Option<u32> {
        mean_square(payload.iter().map(|octet| L::DECODED.get(usize::from(*octet)).copied().unwrap_or(0)))
    }

    fn frame_bytes(&self) -> Option<usize> {
        Some(1)
    }

    fn has_memory(&self) -> bool {
        false
    }

    fn encoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Encoder>> {
        Some(Box::new(Self::new()))
    }

    fn decoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Decoder>> {
        Some(Box::new(Self::new()))
    }
}

impl<L: Law> Encoder for G711<L> {
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        payload.extend(samples.iter().map(|&sample| L::encode(sample)));
    }
}

impl<L: Law> Decoder for G711<L> {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        samples.extend(payload.iter().map(|&code| L::DECODED[usize::from(code)]));
        Ok(())
    }
}

/// The table of a law's decoder.
macro_rules! decoded {
    ($decode:path) => {{
        const TABLE: [i16; 256] = {
            let mut table = [0; 256];
            let mut code = 0;
            while code < 256 {
                table[code] = $decode(code as u8);
                code += 1;
            }
            table
        };
        &TABLE
    }};
}
pub(super) use decoded;
