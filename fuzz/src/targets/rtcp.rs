//! RTCP compounds.

use cordboard_media::rtcp::{PACKETS_MAX, Packet, Writer, parse_compound};

/// What is read is bounded, and reports written from it read back the same.
pub fn rtcp(data: &[u8]) {
    let Ok(packets) = parse_compound(data) else { return };
    assert!(packets.len() <= PACKETS_MAX);
    for packet in packets {
        let written = match &packet {
            Packet::SenderReport { ssrc, info, reports } => {
                Writer::default().sender_report(*ssrc, *info, reports)
            }
            Packet::ReceiverReport { ssrc, reports } => Writer::default().receiver_report(*ssrc, reports),
            Packet::Description { names } => {
                assert!(names.len() <= 31 && names.iter().all(|(_, name)| name.chars().count() <= 255));
                continue;
            }
            Packet::Goodbye { sources } => {
                assert!(sources.len() <= 31);
                continue;
            }
            Packet::Extended { ssrc, voip } => Writer::default().voip_metrics(*ssrc, voip),
            Packet::Other { .. } => continue,
        };
        assert_eq!(parse_compound(&written.finish()), Ok(vec![packet]));
    }
}
