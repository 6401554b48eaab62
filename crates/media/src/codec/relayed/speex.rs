//! How many frames a Speex payload holds. Frames are not octet-aligned and say their length by their mode (the Speex manual,
//! §9 and §10): a narrow-band frame begins with a 0 and four bits of mode; layers of wide band, which begin with a 1 and three
//! bits of mode, belong to the frame before. The payload ends with a 0 and ones (RFC 5574 §3.3).

/// Bits of a narrow-band frame with its five bits of header, by mode.
const NARROW_BITS: [usize; 9] = [5, 43, 119, 160, 220, 300, 364, 492, 79];
/// Bits of a wide-band layer with its four bits of header, by mode.
const WIDE_BITS: [usize; 5] = [4, 36, 112, 192, 352];
/// Bits of an in-band request, by its four bits of code.
const REQUEST_BITS: [usize; 16] = [1, 1, 4, 4, 4, 4, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64];

/// `None` if the payload is no row of whole frames, each with at most `layers_max` layers: one for wide band, two for ultra-wide
/// band. libspeex complains on the standard error output of anything else, once for every packet; who decodes with it asks here first.
pub(super) fn frames(payload: &[u8], layers_max: usize) -> Option<usize> {
    let bits = payload.len() * 8;
    let (mut at, mut frames, mut layers) = (0, 0, layers_max);
    while at < bits {
        let is_whole_head = at + 5 <= bits;
        if take(payload, at, 1) == 1 {
            if layers >= layers_max {
                // Fewer bits than any head are padding that nobody reads.
                if is_whole_head { return None } else { break }
            }
            let mode = take(payload, at + 1, 3);
            // Of the second layer there is one mode only.
            let has_mode = layers == 0 || mode <= 1;
            at += WIDE_BITS.get(mode).filter(|_| has_mode)?;
            layers += 1;
        } else if is_whole_head {
            let mode = take(payload, at + 1, 4);
            layers = layers_max;
            match mode {
                15 => break, // the end
                14 => at += 9 + REQUEST_BITS.get(take(payload, at + 5, 4))?,
                13 => at += 14 + 8 * take(payload, at + 5, 4), // a request of the user's own
                _ => {
                    at += NARROW_BITS.get(mode)?;
                    frames += 1;
                    layers = 0;
                }
            }
        } else {
            break;
        }
    }
    (at <= bits).then_some(frames)
}

/// `count` bits from bit `at` on, the first the highest; beyond the end they are 0.
fn take(payload: &[u8], at: usize, count: usize) -> usize {
    (at..at + count).fold(0, |value, at| {
        let octet = payload.get(at / 8).copied().unwrap_or(0);
        value << 1 | usize::from(octet >> (7 - at % 8) & 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Octets of these bits, ended as RFC 5574 §3.3 says.
    fn octets(parts: &[(usize, usize)]) -> Vec<u8> {
        let mut bits: Vec<u8> = Vec::new();
        for &(head, size) in parts {
            let width = if head & 0x10 == 0 { 5 } else { 4 };
            let head = if width == 4 { head >> 1 } else { head };
            bits.extend((0..width).rev().map(|n| u8::try_from(head >> n & 1).unwrap()));
            bits.resize(bits.len() + size - width, 1);
        }
        if !bits.len().is_multiple_of(8) {
            bits.push(0);
            bits.resize(bits.len().next_multiple_of(8), 1);
        }
        bits.chunks(8).map(|octet| octet.iter().fold(0, |value, bit| value << 1 | bit)).collect()
    }

    #[test]
    fn frames_are_counted_with_their_layers() {
        // RFC 5574 §3.3: at 8 kbit/s a frame has 160 bits, which is mode 3.
        assert_eq!(frames(&octets(&[(3, 160)]), 0), Some(1));
        assert_eq!(frames(&octets(&[(5, 300), (5, 300), (8, 79)]), 0), Some(3));
        let wide = 0x10 | 2 << 1; // a layer of mode 2
        assert_eq!(frames(&octets(&[(5, 300), (wide, 112), (5, 300), (wide, 112)]), 1), Some(2));
        assert_eq!(frames(&octets(&[(wide, 112)]), 1), None);
        assert_eq!(frames(&octets(&[(5, 300)])[..30], 0), None);
        assert_eq!((frames(&[], 0), frames(&[0x7F], 1)), (Some(0), Some(0)));
    }

    #[test]
    fn layers_that_a_decoder_would_complain_of_are_refused() {
        let (wide, widest) = (0x10 | 2 << 1, 0x10 | 1 << 1);
        let two = octets(&[(5, 300), (wide, 112), (widest, 36)]);
        assert_eq!([0, 1, 2].map(|max| frames(&two, max)), [None, None, Some(1)]);
        assert_eq!(frames(&octets(&[(5, 300), (wide, 112), (wide, 112)]), 2), None);
        // Four bits of padding that look like the head of a layer.
        let mut padded = octets(&[(5, 300)]);
        *padded.last_mut().unwrap() |= 0x08;
        assert_eq!([0, 1, 2].map(|max| frames(&padded, max)), [Some(1), None, None]);
    }
}
