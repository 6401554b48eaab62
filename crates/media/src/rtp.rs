//! RTP packets (RFC 3550 §5.1): parsed without copying, and the fixed header written in place.

use thiserror::Error;

/// Bytes of the fixed header.
pub const HEADER_LEN: usize = 12;

/// Why a datagram is not RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseError {
    /// Shorter than its header, CSRC list or extension.
    #[error("shorter than its own header says")]
    Short,
    /// Not version 2.
    #[error("not RTP version 2")]
    Version,
    /// The padding is longer than what stands behind the header, or zero.
    #[error("impossible padding")]
    Padding,
}

/// The fixed header and where the payload lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "RTP's own words")]
pub struct Header {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    /// Offset of the first payload byte: behind CSRC list and extension.
    pub payload_start: usize,
    /// Offset one past the last payload byte: before the padding.
    pub payload_end: usize,
}

impl Header {
    /// Reads and checks a header.
    ///
    /// # Errors
    /// When a length does not fit or the version is another.
    #[inline]
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let fixed = bytes.first_chunk::<HEADER_LEN>().ok_or(ParseError::Short)?;
        let [first, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3] = *fixed;
        if first >> 6 != 2 {
            return Err(ParseError::Version);
        }
        let mut payload_start = HEADER_LEN + usize::from(first & 0x0F) * 4;
        if first & 0x10 != 0 {
            let extension = bytes.get(payload_start..payload_start + 4).ok_or(ParseError::Short)?;
            let words = extension.last_chunk::<2>().map_or(0, |len| u16::from_be_bytes(*len));
            payload_start += 4 + usize::from(words) * 4;
        }
        if payload_start > bytes.len() {
            return Err(ParseError::Short);
        }
        let mut payload_end = bytes.len();
        if first & 0x20 != 0 {
            let padding = bytes.last().map_or(0, |&count| usize::from(count));
            if padding == 0 || padding > payload_end - payload_start {
                return Err(ParseError::Padding);
            }
            payload_end -= padding;
        }
        Ok(Self {
            marker: second & 0x80 != 0,
            payload_type: second & 0x7F,
            sequence: u16::from_be_bytes([s0, s1]),
            timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
            ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
            payload_start,
            payload_end,
        })
    }
}

/// A parsed packet. CSRC list, extension and padding are skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    /// The header.
    pub header: Header,
    /// The payload.
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// Parses a datagram.
    ///
    /// # Errors
    /// When it is not RTP version 2 or a length in it does not fit.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let header = Header::parse(bytes)?;
        let payload = bytes.get(header.payload_start..header.payload_end).ok_or(ParseError::Short)?;
        Ok(Self { header, payload })
    }
}

/// The fields of a packet that we send: neither CSRC, extension nor padding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "RTP's own words")]
pub struct Fields {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
}

impl Fields {
    /// The header's twelve bytes.
    #[inline]
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let [s0, s1] = self.sequence.to_be_bytes();
        let [t0, t1, t2, t3] = self.timestamp.to_be_bytes();
        let [c0, c1, c2, c3] = self.ssrc.to_be_bytes();
        let second = u8::from(self.marker) << 7 | self.payload_type & 0x7F;
        [0x80, second, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3]
    }

    /// Writes the header right before the payload that a parsed `header` found in `bytes`, over whatever CSRC list and
    /// extension stood there; gives the range to be sent.
    #[inline]
    pub fn write_before_payload(self, bytes: &mut [u8], header: &Header) -> Option<(usize, usize)> {
        let start = header.payload_start.checked_sub(HEADER_LEN)?;
        bytes.get_mut(start..header.payload_start)?.copy_from_slice(&self.to_bytes());
        Some((start, header.payload_end))
    }

    /// A datagram of header and payload.
    pub fn packet(self, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LEN + payload.len());
        bytes.extend_from_slice(&self.to_bytes());
        bytes.extend_from_slice(payload);
        bytes
    }
}

/// Whether a datagram on a shared port is RTCP: its second byte lies in 192–223 (RFC 5761 §4).
#[inline]
pub fn is_rtcp(bytes: &[u8]) -> bool {
    matches!(bytes, [_, 192..=223, ..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIELDS: Fields =
        Fields { marker: true, payload_type: 8, sequence: 0x1234, timestamp: 0x89AB_CDEF, ssrc: 7 };

    #[test]
    fn what_is_written_is_parsed_back() {
        let bytes = FIELDS.packet(&[1, 2, 3]);
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(packet.payload, [1, 2, 3]);
        assert!(packet.header.marker);
        assert_eq!((packet.header.payload_type, packet.header.sequence), (8, 0x1234));
        assert_eq!((packet.header.timestamp, packet.header.ssrc), (0x89AB_CDEF, 7));
    }

    #[test]
    fn csrc_extension_and_padding_are_not_payload_and_are_left_out_when_rewritten() {
        let mut bytes = vec![0x80 | 0x20 | 0x10 | 2, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend([9; 8]); // two contributing sources
        bytes.extend([0xBE, 0xDE, 0, 1, 5, 5, 5, 5]); // extension of one word
        bytes.extend([1, 2, 3, 0, 0, 3]); // payload, three bytes of padding
        let header = Header::parse(&bytes).unwrap();
        assert_eq!(Packet::parse(&bytes).unwrap().payload, [1, 2, 3]);
        let (start, end) = FIELDS.write_before_payload(&mut bytes, &header).unwrap();
        assert_eq!(bytes.get(start..end).unwrap(), FIELDS.packet(&[1, 2, 3]));
    }

    #[test]
    fn lengths_that_do_not_fit_are_refused() {
        assert_eq!(Packet::parse(&[0x80; 11]), Err(ParseError::Short));
        assert_eq!(Packet::parse(&[0x40; 12]), Err(ParseError::Version));
        assert_eq!(Packet::parse(&[0x81; 12]), Err(ParseError::Short));
        assert_eq!(Packet::parse(&[0x90; 15]), Err(ParseError::Short));
        let mut padded = FIELDS.packet(&[1, 2, 9]);
        padded[0] |= 0x20;
        assert_eq!(Packet::parse(&padded), Err(ParseError::Padding));
        padded[14] = 0;
        assert_eq!(Packet::parse(&padded), Err(ParseError::Padding));
    }

    #[test]
    fn rtcp_on_the_same_port_is_told_apart() {
        assert!(is_rtcp(&[0x80, 200, 0, 1]));
        assert!(!is_rtcp(&FIELDS.packet(&[])));
        assert!(!is_rtcp(&[0x80]));
    }

    proptest! {
        #[test]
        fn no_datagram_panics_and_the_payload_stays_inside(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(header) = Header::parse(&bytes) {
                prop_assert!(header.payload_start <= header.payload_end && header.payload_end <= bytes.len());
            }
        }

        #[test]
        fn every_header_survives_writing(marker: bool, payload_type in 0u8..128, sequence: u16, timestamp: u32, ssrc: u32) {
            let fields = Fields { marker, payload_type, sequence, timestamp, ssrc };
            let bytes = fields.packet(&[]);
            let header = Header::parse(&bytes).unwrap();
            prop_assert_eq!(
                (header.marker, header.payload_type, header.sequence, header.timestamp, header.ssrc),
                (marker, payload_type, sequence, timestamp, ssrc)
            );
        }
    }
}
