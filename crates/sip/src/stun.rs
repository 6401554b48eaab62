//! STUN on the SIP port (RFC 5389, RFC 8489; RFC 5626 §4.4.2): phones keep their NAT binding open with Binding requests and
//! learn from the answer which address they are seen under. Only that is done: no authentication, no other method.
//!
//! ```text
//!  0                   1                   2                   3
//! |0 0|   message type            |        length (bytes, ×4)     |
//! |                    magic cookie 0x2112A442                    |
//! |                   transaction id (96 bits)                    |
//! |  attribute type               |  length       | value, padded to 4 …
//! ```

use core::net::{IpAddr, SocketAddr};

const HEADER_SIZE: usize = 20;
const COOKIE: [u8; 4] = 0x2112_A442_u32.to_be_bytes();
const BINDING_REQUEST: [u8; 2] = [0x00, 0x01];
const BINDING_SUCCESS: [u8; 2] = [0x01, 0x01];
const BINDING_ERROR: [u8; 2] = [0x01, 0x11];
const ERROR_CODE: [u8; 2] = [0x00, 0x09];
const UNKNOWN_ATTRIBUTES: [u8; 2] = [0x00, 0x0A];
const XOR_MAPPED_ADDRESS: [u8; 2] = [0x00, 0x20];
const FINGERPRINT: u16 = 0x8028;
/// FINGERPRINT's CRC-32 is XORed with this (RFC 8489 §14.7).
const FINGERPRINT_XOR: u32 = 0x5354_554e;
/// Attributes below this must be understood (RFC 8489 §14).
const OPTIONAL_FROM: u16 = 0x8000;
/// Attributes that must be understood and may be: USERNAME, MESSAGE-INTEGRITY, REALM, NONCE, PRIORITY, USE-CANDIDATE and
/// their like need nothing of a server that authenticates nobody.
const UNDERSTOOD: [u16; 8] = [0x0006, 0x0008, 0x0014, 0x0015, 0x001C, 0x001D, 0x001E, 0x0020];
/// Unknown attributes named in an error; a request full of them does not make a longer answer.
const UNKNOWN_MAX: usize = 4;

/// Whether a datagram is STUN rather than SIP: SIP starts with a letter, STUN with two zero bits and has the cookie.
pub fn is_stun(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(first) if first & 0xC0 == 0) && bytes.get(4..8) == Some(&COOKIE)
}

/// The answer to a Binding request from `source`: a success response with XOR-MAPPED-ADDRESS, or 420 if it has an attribute
/// that must be understood and is not. `None`: not a well-formed Binding request; drop it (RFC 8489 §6.3).
pub fn answer(bytes: &[u8], source: SocketAddr) -> Option<Vec<u8>> {
    let request = Request::parse(bytes)?;
    let mut response = Response::new(&request);
    if request.unknown.is_empty() {
        response.attribute(XOR_MAPPED_ADDRESS, &xor_mapped(source, request.transaction));
        return Some(response.finish(BINDING_SUCCESS, request.fingerprint));
    }
    let mut error = vec![0, 0, 4, 20];
    error.extend_from_slice(b"Unknown Attribute");
    response.attribute(ERROR_CODE, &error);
    let unknown: Vec<u8> = request.unknown.iter().flat_map(|kind| kind.to_be_bytes()).collect();
    response.attribute(UNKNOWN_ATTRIBUTES, &unknown);
    Some(response.finish(BINDING_ERROR, request.fingerprint))
}

/// A well-formed Binding request.
struct Request<'a> {
    transaction: &'a [u8; 12],
    unknown: Vec<u16>,
    /// It carried a (right) FINGERPRINT, so the answer does too.
    fingerprint: bool,
}

impl<'a> Request<'a> {
    fn parse(bytes: &'a [u8]) -> Option<Self> {
        let (header, mut rest) = bytes.split_first_chunk::<HEADER_SIZE>()?;
        let [t0, t1, l0, l1, c0, c1, c2, c3, ..] = *header;
        let length = usize::from(u16::from_be_bytes([l0, l1]));
        let ours = [t0, t1] == BINDING_REQUEST && [c0, c1, c2, c3] == COOKIE;
        if !ours || length != rest.len() || !length.is_multiple_of(4) {
            return None;
        }
        let mut request =
            Request { transaction: bytes.get(8..)?.first_chunk()?, unknown: Vec::new(), fingerprint: false };
        while !rest.is_empty() {
            // RFC 8489 §14.7: FINGERPRINT is the last attribute.
            if request.fingerprint {
                return None;
            }
            let before = bytes.len().checked_sub(rest.len())?;
            let (&[k0, k1, n0, n1], value) = rest.split_first_chunk::<4>()?;
            let (kind, size) = (u16::from_be_bytes([k0, k1]), usize::from(u16::from_be_bytes([n0, n1])));
            let value_bytes = value.get(..size)?;
            rest = value.get(size.next_multiple_of(4)..)?;
            if kind == FINGERPRINT {
                request.fingerprint = value_bytes == fingerprint(bytes.get(..before)?).to_be_bytes();
                // A wrong one means that this was not STUN after all.
                if !request.fingerprint {
                    return None;
                }
            } else if kind < OPTIONAL_FROM
                && !UNDERSTOOD.contains(&kind)
                && request.unknown.len() < UNKNOWN_MAX
            {
                request.unknown.push(kind);
            }
        }
        Some(request)
    }
}

/// A response under construction.
struct Response {
    bytes: Vec<u8>,
}

impl Response {
    fn new(request: &Request<'_>) -> Self {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&COOKIE);
        bytes.extend_from_slice(request.transaction);
        Self { bytes }
    }

    fn attribute(&mut self, kind: [u8; 2], value: &[u8]) {
        self.bytes.extend_from_slice(&kind);
        // Every value we write is a few bytes long.
        self.bytes.extend_from_slice(&u16::try_from(value.len()).unwrap_or(0).to_be_bytes());
        self.bytes.extend_from_slice(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
    }

    /// Writes type and length; with `with_fingerprint`, the length counts it before it is computed (RFC 8489 §14.7).
    fn finish(mut self, kind: [u8; 2], with_fingerprint: bool) -> Vec<u8> {
        let length = self.bytes.len() - HEADER_SIZE + if with_fingerprint { 8 } else { 0 };
        let [l0, l1] = u16::try_from(length).unwrap_or(0).to_be_bytes();
        if let Some(start) = self.bytes.first_chunk_mut::<4>() {
            *start = [kind[0], kind[1], l0, l1];
        }
        if with_fingerprint {
            let crc = fingerprint(&self.bytes);
            self.attribute(FINGERPRINT.to_be_bytes(), &crc.to_be_bytes());
        }
        self.bytes
    }
}

/// The value of XOR-MAPPED-ADDRESS (RFC 8489 §14.2): port and address XORed with the cookie, IPv6 with the transaction id too.
fn xor_mapped(source: SocketAddr, transaction: &[u8; 12]) -> Vec<u8> {
    let key: Vec<u8> = COOKIE.iter().chain(transaction).copied().collect();
    let xored = |bytes: &[u8]| bytes.iter().zip(&key).map(|(a, b)| a ^ b).collect::<Vec<u8>>();
    // A dual-stack socket shows an IPv4 peer as ::ffff:a.b.c.d; the peer wants to know its IPv4 address.
    let (family, address) = match source.ip().to_canonical() {
        IpAddr::V4(ip) => (1, xored(&ip.octets())),
        IpAddr::V6(ip) => (2, xored(&ip.octets())),
    };
    let mut value = vec![0, family];
    value.extend_from_slice(&xored(&source.port().to_be_bytes()));
    value.extend_from_slice(&address);
    value
}

fn fingerprint(bytes: &[u8]) -> u32 {
    crc32(bytes) ^ FINGERPRINT_XOR
}

/// CRC-32 of ITU-T V.42, bit by bit: a keep-alive is short and rare.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| (crc >> 1) ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSACTION: [u8; 12] = [0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86, 0xfa, 0x87, 0xdf, 0xae];

    fn message(kind: [u8; 2], attributes: &[u8]) -> Vec<u8> {
        let mut bytes = kind.to_vec();
        bytes.extend_from_slice(&u16::try_from(attributes.len()).unwrap().to_be_bytes());
        bytes.extend_from_slice(&COOKIE);
        bytes.extend_from_slice(&TRANSACTION);
        bytes.extend_from_slice(attributes);
        bytes
    }

    fn source(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn crc_is_the_usual_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    /// The mapped addresses of the sample responses in RFC 5769 §2.2 and §2.3.
    #[test]
    fn addresses_are_mapped_as_in_rfc_5769() {
        let request = message(BINDING_REQUEST, &[]);
        let v4 = [0x00, 0x20, 0, 8, 0, 1, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43];
        assert_eq!(answer(&request, source("192.0.2.1:32853")), Some(message(BINDING_SUCCESS, &v4)));
        assert_eq!(answer(&request, source("[::ffff:192.0.2.1]:32853")), Some(message(BINDING_SUCCESS, &v4)));
        let v6 = [
            0x00, 0x20, 0, 20, 0, 2, 0xa1, 0x47, 0x01, 0x13, 0xa9, 0xfa, 0xa5, 0xd3, 0xf1, 0x79, 0xbc, 0x25,
            0xf4, 0xb5, 0xbe, 0xd2, 0xb9, 0xd9,
        ];
        let peer = source("[2001:db8:1234:5678:11:2233:4455:6677]:32853");
        assert_eq!(answer(&request, peer), Some(message(BINDING_SUCCESS, &v6)));
    }

    #[test]
    fn a_fingerprint_is_checked_and_answered_in_kind() {
        let request = Request { transaction: &TRANSACTION, unknown: Vec::new(), fingerprint: true };
        let with = Response::new(&request).finish(BINDING_REQUEST, true);
        let answered = answer(&with, source("192.0.2.1:5060")).unwrap();
        let (before, crc) = answered.split_at(answered.len() - 4);
        assert_eq!(crc, fingerprint(&before[..before.len() - 4]).to_be_bytes());
        let mut wrong = with.clone();
        *wrong.last_mut().unwrap() ^= 1;
        assert_eq!(answer(&wrong, source("192.0.2.1:5060")), None);
        let mut more = with;
        more.extend_from_slice(&[0x80, 0x22, 0, 0]);
        more[3] += 4;
        assert_eq!(answer(&more, source("192.0.2.1:5060")), None);
    }

    #[test]
    fn attributes_that_must_be_understood_are_named_in_a_420() {
        let attributes = [0x7f, 0x01, 0, 1, 9, 0, 0, 0, 0x80, 0x22, 0, 0, 0x00, 0x06, 0, 0];
        let answered = answer(&message(BINDING_REQUEST, &attributes), source("192.0.2.1:5060")).unwrap();
        assert_eq!(answered[..2], BINDING_ERROR);
        assert!(answered.windows(4).any(|w| w == [0, 0, 4, 20]));
        assert!(answered.ends_with(&[0, 0x0A, 0, 2, 0x7f, 0x01, 0, 0]));
        let many: Vec<u8> = (0..100).flat_map(|n| [0x7f, n, 0, 0]).collect();
        let answered = answer(&message(BINDING_REQUEST, &many), source("192.0.2.1:5060")).unwrap();
        assert!(answered.len() < 64);
    }

    #[test]
    fn anything_else_is_dropped() {
        let good = message(BINDING_REQUEST, &[]);
        let peer = source("192.0.2.1:5060");
        for end in 0..good.len() {
            assert_eq!(answer(&good[..end], peer), None);
        }
        for (at, byte) in [(0, 0x01), (1, 0x11), (3, 4), (4, 0), (3, 1)] {
            let mut bad = good.clone();
            bad[at] = byte;
            assert_eq!(answer(&bad, peer), None, "{at}");
        }
        for attributes in [&[0x80u8, 0x22, 0, 1][..], &[0x80, 0x22, 0xff, 0xff], &[0x80, 0x22, 0]] {
            assert_eq!(answer(&message(BINDING_REQUEST, attributes), peer), None);
        }
        assert!(is_stun(&good) && !is_stun(b"REGISTER") && !is_stun(b"\r\n\r\n") && !is_stun(b""));
    }
}
