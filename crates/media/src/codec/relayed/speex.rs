//! How many frames a Speex payload holds. Frames are not octet-aligned and say their length by their mode (the Speex manual,
//! §9 and §10): a narrow-band frame begins with a 0 and four bits of mode; layers of wide band, which begin with a 1 and three
//! bits of mode, belong to the frame before. The payload ends with a 0 and ones (RFC 5574 §3.3).

/// Bits of a narrow-band frame with its five bits of header, by mode.
const NARROW_BITS: [usize; 9] = [5, 43, 119, 160, 220, 300, 364, 492, 79];
/// Bits of a wide-band layer with its four bits of header, by mode.
const WIDE_BITS: [usize; 5] = [4, 36, 112, 192, 352];
/// Bits of an in-band request, by its four bits of code.
const REQUEST_BITS: [usize; 16] = [1, 1, 4, 4, 4, 4, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64];

/// `None` if the payload is no row of whole frames.
pub(super) fn frames(payload: &[u8]) -> Option<usize> {
    let bits = payload.len() * 8;
    let (mut at, mut frames) = (0, 0);
    while at + 5 <= bits {
        if take(payload, at, 1) == 1 {
            if frames == 0 {
                return None;
            }
            at += WIDE_BITS.get(take(payload, at + 1, 3))?;
        } else {
            let mode = take(payload, at + 1, 4);
            match mode {
                15 => break, // the end
                14 => at += 9 + REQUEST_BITS.get(take(payload, at + 5, 4))?,
                13 => at += 10 + 8 * take(payload, at + 5, 4), // a request of the user's own
                _ => {
                    at += NARROW_BITS.get(mode)?;
                    frames += 1;
                }
            }
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
        assert_eq!(frames(&octets(&[(3, 160)])), Some(1));
        assert_eq!(frames(&octets(&[(5, 300), (5, 300), (8, 79)])), Some(3));
        let wide = 0x10 | 2 << 1; // a layer of mode 2
        assert_eq!(frames(&octets(&[(5, 300), (wide, 112), (5, 300), (wide, 112)])), Some(2));
        assert_eq!(frames(&octets(&[(wide, 112)])), None);
        assert_eq!(frames(&octets(&[(5, 300)])[..30]), None);
        assert_eq!((frames(&[]), frames(&[0x7F])), (Some(0), Some(0)));
    }
}
