//! The four octets before each frame of MPEG audio layer III (ISO/IEC 11172-3 §2.4.2.3, 13818-3, and "2.5" for the low rates).

/// Octets of a header.
pub(super) const HEADER: usize = 4;
/// kbit/s by the header's number; 0 is "free", which nobody writes.
const KBITS_1: [u32; 15] = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const KBITS_2: [u32; 15] = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/// What the frames of one file have in common: a header that has it is one of its frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    version: Version,
    pub(super) rate_hz: u32,
    pub(super) is_mono: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    One,
    Two,
    /// Fraunhofer's, for 8 to 12 kHz.
    TwoAndAHalf,
}

/// One frame's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    pub(super) bits_per_s: u32,
    pub(super) is_padded: bool,
    /// Octets of the frame, with the header.
    pub(super) size: usize,
}

impl Header {
    /// None: it is no header of a frame of this layer.
    pub(super) fn parse(octets: &[u8]) -> Option<Self> {
        let &[0xFF, b, c, d] = octets.get(..HEADER)? else { return None };
        // Eleven bits of 1, then the version, and layer III.
        if b & 0xE0 != 0xE0 || b & 0x06 != 0x02 {
            return None;
        }
        let version = match b >> 3 & 3 {
            0 => Version::TwoAndAHalf,
            2 => Version::Two,
            3 => Version::One,
            _ => return None,
        };
        let divisor = match version {
            Version::One => 1,
            Version::Two => 2,
            Version::TwoAndAHalf => 4,
        };
        let rate_hz = [44_100, 48_000, 32_000].get(usize::from(c >> 2 & 3))? / divisor;
        let table = if version == Version::One { &KBITS_1 } else { &KBITS_2 };
        let bits_per_s = table.get(usize::from(c >> 4)).filter(|kbits| **kbits > 0)? * 1_000;
        let kind = Kind { version, rate_hz, is_mono: d >> 6 == 3 };
        let is_padded = c & 2 != 0;
        let size = usize::try_from(kind.samples() / 8 * bits_per_s / rate_hz).ok()? + usize::from(is_padded);
        (size > HEADER).then_some(Self { kind, bits_per_s, is_padded, size })
    }
}

impl Kind {
    /// Samples of a frame.
    pub(super) fn samples(self) -> u32 {
        if self.version == Version::One { 1_152 } else { 576 }
    }

    /// Octets of side information behind a header without checksum.
    pub(super) fn side_information(self) -> usize {
        match (self.version, self.is_mono) {
            (Version::One, true) => 17,
            (Version::One, false) => 32,
            (Version::Two | Version::TwoAndAHalf, true) => 9,
            (Version::Two | Version::TwoAndAHalf, false) => 17,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_say_rate_and_size() {
        let parsed =
            |octets| Header::parse(octets).map(|h| (h.kind.rate_hz, h.bits_per_s, h.size, h.kind.samples()));
        assert_eq!(parsed(&[0xFF, 0xFB, 0x90, 0xC0]), Some((44_100, 128_000, 417, 1_152)));
        assert_eq!(parsed(&[0xFF, 0xFB, 0x92, 0x00]), Some((44_100, 128_000, 418, 1_152)), "padded");
        assert_eq!(parsed(&[0xFF, 0xFA, 0xE4, 0x44]), Some((48_000, 320_000, 960, 1_152)), "with a checksum");
        assert_eq!(parsed(&[0xFF, 0xF3, 0x18, 0xC0]), Some((16_000, 8_000, 36, 576)));
        assert_eq!(parsed(&[0xFF, 0xE3, 0x88, 0xC0]), Some((8_000, 64_000, 576, 576)));
    }

    #[test]
    fn other_layers_and_reserved_values_are_none() {
        // Layer I and II, reserved layer and version, free and forbidden rate, reserved frequency, no sync, too short.
        let bad: [&[u8]; 9] = [
            &[0xFF, 0xFF, 0x90, 0xC0],
            &[0xFF, 0xFD, 0x90, 0xC0],
            &[0xFF, 0xF9, 0x90, 0xC0],
            &[0xFF, 0xEB, 0x90, 0xC0],
            &[0xFF, 0xFB, 0x00, 0xC0],
            &[0xFF, 0xFB, 0xF0, 0xC0],
            &[0xFF, 0xFB, 0x9C, 0xC0],
            &[0xFE, 0xFB, 0x90, 0xC0],
            &[0xFF, 0xFB, 0x90],
        ];
        assert!(bad.iter().all(|octets| Header::parse(octets).is_none()));
    }
}
