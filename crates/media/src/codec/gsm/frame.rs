//! A frame's 260 bits after four of signature (RFC 3551 §4.5.8.1, table 2).

use super::super::bits::{Reader, Writer};
use super::pulses::Pulses;
use super::short_term::ORDER;

/// Octets of a frame.
pub(super) const FRAME_OCTETS: usize = 33;
/// RFC 3551 §4.5.8.1.
const SIGNATURE: u8 = 0xD;
/// Bits of the ratios' codes.
const RATIO_BITS: [u32; ORDER] = [6, 6, 5, 5, 4, 4, 3, 3];

/// What a frame says.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Frame {
    pub(super) ratios: [u8; ORDER],
    pub(super) parts: [Part; 4],
}

/// A quarter of it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Part {
    /// Seven bits; 40–120 are sensible.
    pub(super) lag: u8,
    /// Two bits.
    pub(super) gain: u8,
    pub(super) pulses: Pulses,
}

/// Whether it starts as it must.
pub(super) fn is_signed(octets: &[u8; FRAME_OCTETS]) -> bool {
    octets[0] >> 4 == SIGNATURE
}

impl Frame {
    pub(super) fn read(octets: &[u8; FRAME_OCTETS]) -> Self {
        let mut bits = Reader::new(octets);
        bits.take(4);
        let ratios = RATIO_BITS.map(|count| bits.take(count));
        let parts = core::array::from_fn(|_| Part {
            lag: bits.take(7),
            gain: bits.take(2),
            pulses: Pulses {
                grid: bits.take(2),
                peak: bits.take(6),
                heights: core::array::from_fn(|_| bits.take(3)),
            },
        });
        Self { ratios, parts }
    }

    pub(super) fn write(&self, payload: &mut Vec<u8>) {
        let mut bits = Writer::new(payload);
        bits.put(SIGNATURE, 4);
        self.ratios.iter().zip(RATIO_BITS).for_each(|(&code, count)| bits.put(code, count));
        for part in &self.parts {
            bits.put(part.lag, 7);
            bits.put(part.gain, 2);
            bits.put(part.pulses.grid, 2);
            bits.put(part.pulses.peak, 6);
            part.pulses.heights.iter().for_each(|&height| bits.put(height, 3));
        }
    }
}
