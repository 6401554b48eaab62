//! The SIP of a journey as a capture file that Wireshark, tshark and sngrep open: packets made anew around the messages, from the
//! addresses that they had. What came by TCP is TCP with running numbers; what came by TLS is shown as what was in it, as TCP to
//! port 5060, since nothing could read it otherwise. Digests and keys are blotted out, of the same length as they were.
//!
//! The classic format: a header, then for each packet its time and lengths, and the packet, which begins with the IP header
//! (LINKTYPE_RAW).

use crate::{Entry, Event};
use cordboard_base::Transport;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::collections::BTreeMap;

const MAGIC: u32 = 0xA1B2_C3D4;
const SNAP_LEN: u32 = 262_144;
const LINKTYPE_RAW: u32 = 101;
const UDP: u8 = 17;
const TCP: u8 = 6;
/// What IP, UDP and TCP headers leave of 65,535 bytes.
const PAYLOAD_MAX: usize = 65_000;
/// Port of what was within TLS.
const PLAIN_PORT: u16 = 5_060;

/// The capture file; a header alone if there are no messages.
pub fn pcap(entries: &[Entry]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [MAGIC, u32::from(4u16) << 16 | 2, 0, 0, SNAP_LEN, LINKTYPE_RAW] {
        file.extend_from_slice(&word.to_le_bytes());
    }
    let mut sequences: BTreeMap<(SocketAddr, SocketAddr), u32> = BTreeMap::new();
    for entry in entries {
        let Event::Message { sent, transport, local, peer, text, .. } = &entry.event else { continue };
        let (local, peer) = of_one_family(*local, *peer);
        let local =
            if *transport == Transport::Tls { SocketAddr::new(local.ip(), PLAIN_PORT) } else { local };
        let (from, to) = if *sent { (local, peer) } else { (peer, local) };
        let payload = text.as_bytes();
        let payload = payload.get(..payload.len().min(PAYLOAD_MAX)).unwrap_or_default();
        let packet = match transport {
            Transport::Udp => ip(from, to, UDP, &udp(from, to, payload)),
            Transport::Tcp | Transport::Tls => {
                let acknowledged = sequences.get(&(to, from)).copied().unwrap_or(1);
                let sequence = sequences.entry((from, to)).or_insert(1);
                let segment = tcp(from, to, *sequence, acknowledged, payload);
                *sequence = sequence.wrapping_add(length(payload.len()));
                ip(from, to, TCP, &segment)
            }
        };
        let micros = u64::try_from(entry.at_us).unwrap_or(0);
        let seconds = u32::try_from(micros / 1_000_000).unwrap_or(u32::MAX);
        let rest = u32::try_from(micros % 1_000_000).unwrap_or(0);
        for word in [seconds, rest, length(packet.len()), length(packet.len())] {
            file.extend_from_slice(&word.to_le_bytes());
        }
        file.extend_from_slice(&packet);
    }
    file
}

/// An IPv4 address among IPv6 ones is written as such (RFC 4291 §2.5.5.2).
fn of_one_family(a: SocketAddr, b: SocketAddr) -> (SocketAddr, SocketAddr) {
    let plain = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let (a, b) = (plain(a), plain(b));
    if a.is_ipv4() == b.is_ipv4() {
        return (a, b);
    }
    let wide = |address: SocketAddr| match address.ip() {
        IpAddr::V4(ip) => SocketAddr::new(IpAddr::V6(ip.to_ipv6_mapped()), address.port()),
        IpAddr::V6(_) => address,
    };
    (wide(a), wide(b))
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn short(bytes: usize) -> [u8; 2] {
    u16::try_from(bytes).unwrap_or(u16::MAX).to_be_bytes()
}

fn udp(from: SocketAddr, to: SocketAddr, payload: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::with_capacity(8 + payload.len());
    datagram.extend_from_slice(&from.port().to_be_bytes());
    datagram.extend_from_slice(&to.port().to_be_bytes());
    datagram.extend_from_slice(&short(8 + payload.len()));
    datagram.extend_from_slice(&[0, 0]);
    datagram.extend_from_slice(payload);
    with_checksum(from, to, UDP, datagram, 6)
}

fn tcp(from: SocketAddr, to: SocketAddr, sequence: u32, acknowledged: u32, payload: &[u8]) -> Vec<u8> {
    const DATA_OFFSET: u8 = 5 << 4;
    const PUSH_ACK: u8 = 0x18;
    const WINDOW: [u8; 2] = [0xFF, 0xFF];
    let mut segment = Vec::with_capacity(20 + payload.len());
    segment.extend_from_slice(&from.port().to_be_bytes());
    segment.extend_from_slice(&to.port().to_be_bytes());
    segment.extend_from_slice(&sequence.to_be_bytes());
    segment.extend_from_slice(&acknowledged.to_be_bytes());
    segment.extend_from_slice(&[DATA_OFFSET, PUSH_ACK]);
    segment.extend_from_slice(&WINDOW);
    segment.extend_from_slice(&[0; 4]);
    segment.extend_from_slice(payload);
    with_checksum(from, to, TCP, segment, 16)
}

/// Puts the checksum over pseudo-header and segment where it belongs (RFC 768, RFC 9293 §3.1, RFC 8200 §8.1).
fn with_checksum(from: SocketAddr, to: SocketAddr, protocol: u8, mut segment: Vec<u8>, at: usize) -> Vec<u8> {
    let mut pseudo = Vec::new();
    for ip in [from.ip(), to.ip()] {
        match ip {
            IpAddr::V4(ip) => pseudo.extend_from_slice(&ip.octets()),
            IpAddr::V6(ip) => pseudo.extend_from_slice(&ip.octets()),
        }
    }
    pseudo.extend_from_slice(&length(segment.len()).to_be_bytes());
    pseudo.extend_from_slice(&[0, 0, 0, protocol]);
    let sum = match checksum(&[&pseudo, &segment]) {
        0 => 0xFFFF,
        sum => sum,
    };
    if let Some(place) = segment.get_mut(at..at + 2) {
        place.copy_from_slice(&sum.to_be_bytes());
    }
    segment
}

/// RFC 1071. Each part but the last has an even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum: u32 = 0;
    for part in parts {
        for pair in part.chunks(2) {
            let high = pair.first().copied().unwrap_or(0);
            let low = pair.get(1).copied().unwrap_or(0);
            sum += u32::from(u16::from_be_bytes([high, low]));
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
    }
    !u16::try_from(sum & 0xFFFF).unwrap_or(0)
}

fn ip(from: SocketAddr, to: SocketAddr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => ipv4(from, to, protocol, payload),
        (IpAddr::V6(from), IpAddr::V6(to)) => ipv6(from, to, protocol, payload),
        // Both are of one family by now.
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => Vec::new(),
    }
}

fn ipv4(from: Ipv4Addr, to: Ipv4Addr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    const VERSION_AND_LENGTH: u8 = 0x45;
    const TTL: u8 = 64;
    let mut header = vec![VERSION_AND_LENGTH, 0];
    header.extend_from_slice(&short(20 + payload.len()));
    header.extend_from_slice(&[0, 0, 0x40, 0, TTL, protocol, 0, 0]);
    header.extend_from_slice(&from.octets());
    header.extend_from_slice(&to.octets());
    let sum = checksum(&[&header]).to_be_bytes();
    if let Some(place) = header.get_mut(10..12) {
        place.copy_from_slice(&sum);
    }
    header.extend_from_slice(payload);
    header
}

fn ipv6(from: Ipv6Addr, to: Ipv6Addr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    const VERSION: u8 = 0x60;
    const HOPS: u8 = 64;
    let mut packet = vec![VERSION, 0, 0, 0];
    packet.extend_from_slice(&short(payload.len()));
    packet.extend_from_slice(&[protocol, HOPS]);
    packet.extend_from_slice(&from.octets());
    packet.extend_from_slice(&to.octets());
    packet.extend_from_slice(payload);
    packet
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_base::CallId;

    fn message(transport: Transport, sent: bool, local: &str, peer: &str, text: &str) -> Entry {
        let (local, peer) = (local.parse().unwrap(), peer.parse().unwrap());
        let event = Event::Message { leg: None, sent, transport, local, peer, text: text.to_owned() };
        Entry { at_us: 1_795_424_400_000_123, call: CallId(1), event }
    }

    fn packets(file: &[u8]) -> Vec<Vec<u8>> {
        let (mut at, mut packets) = (24, Vec::new());
        while at < file.len() {
            let len = u32::from_le_bytes(file[at + 8..at + 12].try_into().unwrap()) as usize;
            packets.push(file[at + 16..at + 16 + len].to_vec());
            at += 16 + len;
        }
        packets
    }

    #[test]
    fn a_capture_has_a_header_and_its_packets_with_right_checksums() {
        let a = "192.0.2.1:5060";
        let entries = [
            message(Transport::Udp, true, a, "192.0.2.9:5062", "INVITE sip:a SIP/2.0\r\n\r\n"),
            message(Transport::Tcp, false, a, "192.0.2.9:40000", "odd"),
            message(Transport::Tcp, true, a, "192.0.2.9:40000", "ok"),
            message(Transport::Tcp, false, a, "192.0.2.9:40000", "more"),
            message(Transport::Udp, true, "[2001:db8::1]:5060", "[2001:db8::9]:5060", "six"),
            message(Transport::Udp, true, "0.0.0.0:5060", "[2001:db8::9]:5060", "mixed"),
            message(Transport::Tls, false, "192.0.2.1:5061", "192.0.2.9:40001", "secret no more"),
        ];
        let file = pcap(&entries);
        assert_eq!(&file[..8], [0xD4, 0xC3, 0xB2, 0xA1, 2, 0, 4, 0]);
        let packets = packets(&file);
        assert_eq!(packets.len(), 7);
        for packet in &packets {
            let four = packet[0] >> 4 == 4;
            let (head, protocol) = if four { (20, packet[9]) } else { (40, packet[6]) };
            if four {
                assert_eq!(checksum(&[&packet[..20]]), 0);
            }
            let addresses = if four { &packet[12..20] } else { &packet[8..40] };
            let len = u32::try_from(packet.len() - head).unwrap().to_be_bytes();
            assert_eq!(checksum(&[addresses, &len, &[0, 0, 0, protocol], &packet[head..]]), 0);
        }
        let sequence = |packet: &[u8]| u32::from_be_bytes(packet[24..28].try_into().unwrap());
        assert_eq!((sequence(&packets[1]), sequence(&packets[2]), sequence(&packets[3])), (1, 1, 4));
        assert_eq!(u16::from_be_bytes([packets[6][22], packets[6][23]]), PLAIN_PORT);
        assert_eq!(pcap(&[]).len(), 24);
    }
}
