//! A frame's 54 bits, most significant of an octet first: 41 of coefficients, 7 of pitch and voicing, 5 of level, 1 of
//! synchronisation. The lowest bits go first, those of all parameters mixed, so that an error of the line harms none wholly.

use super::ORDER;

/// Octets of a frame; its last two bits are not used.
pub(super) const FRAME_OCTETS: usize = 7;
/// Where the synchronisation stands.
const SYNC_PLACE: usize = 53;
/// Bits of each coefficient's code.
pub(super) const RATIO_BITS: [u32; ORDER] = [5, 5, 5, 5, 4, 4, 4, 4, 3, 2];

/// Places in [`Frame::words`] besides those of the coefficients.
const P: usize = ORDER;
const A: usize = ORDER + 1;

/// Whose next bit stands where: `n` is coefficient n + 1. (FS-1015, table of the transmission order.)
#[rustfmt::skip]
const BIT_OF: [usize; SYNC_PLACE] = [
    0, 1, 2, P, A,
    0, 1, 2, P, A,
    0, 3, 2, A, P, 3,
    0, 1, 2, 3, A,
    0, 1, 2, 3, A,
    P, 1, 6, 7, P, 3,
    4, 5, 6, 9, 7,
    4, 5, 6, 8, P,
    4, 5, 9, 7, P, 8,
    4, 5, 6, 8, 7,
];

/// What a frame says, in codes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    /// Pitch and voicing, seven bits.
    pub(super) pitch: u8,
    /// Level, five bits.
    pub(super) rms: u8,
    /// Coefficients, two's complement of [`RATIO_BITS`].
    pub(super) ratios: [i8; ORDER],
}

impl Frame {
    pub(super) fn read(octets: &[u8; FRAME_OCTETS]) -> Self {
        let mut words = [0u8; ORDER + 2];
        let mut counts = [0u32; ORDER + 2];
        for (place, &of) in BIT_OF.iter().enumerate() {
            let bit = octets.get(place / 8).map_or(0, |octet| octet >> (7 - place % 8) & 1);
            if let (Some(word), Some(count)) = (words.get_mut(of), counts.get_mut(of)) {
                *word |= bit << *count;
                *count += 1;
            }
        }
        let signed = |(&word, bits): (&u8, u32)| ((word << (8 - bits)) as i8) >> (8 - bits);
        let mut frame = Self { pitch: words[P], rms: words[A], ratios: [0; ORDER] };
        let codes = words.iter().zip(RATIO_BITS).map(signed);
        frame.ratios.iter_mut().zip(codes).for_each(|(ratio, code)| *ratio = code);
        frame
    }

    pub(super) fn write(&self, sync: bool, payload: &mut Vec<u8>) {
        let mut words = [0u8; ORDER + 2];
        words.iter_mut().zip(&self.ratios).for_each(|(word, code)| *word = *code as u8);
        (words[P], words[A]) = (self.pitch, self.rms);
        let mut octets = [0u8; FRAME_OCTETS];
        for (place, &of) in BIT_OF.iter().enumerate() {
            if let (Some(word), Some(octet)) = (words.get_mut(of), octets.get_mut(place / 8)) {
                *octet |= (*word & 1) << (7 - place % 8);
                *word >>= 1;
            }
        }
        if let Some(octet) = octets.get_mut(SYNC_PLACE / 8) {
            *octet |= u8::from(sync) << (7 - SYNC_PLACE % 8);
        }
        payload.extend(octets);
    }
}
