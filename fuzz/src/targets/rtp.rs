//! RTP packets.

use cordboard_media::rtp::{Fields, Packet, is_rtcp};

/// The payload lies within the packet; a header of ours in front of it reads back as it was written.
pub fn rtp(data: &[u8]) {
    is_rtcp(data);
    let Ok(packet) = Packet::parse(data) else { return };
    let header = packet.header;
    assert!(header.payload_start <= header.payload_end && header.payload_end <= data.len());
    assert!(header.payload_type < 128);
    let fields = said(&packet);
    let again = fields.packet(packet.payload);
    let reads =
        Packet::parse(&again).is_ok_and(|again| again.payload == packet.payload && said(&again) == fields);
    assert!(reads, "what was written reads otherwise");
    let mut in_place = data.to_vec();
    let range = fields.write_before_payload(&mut in_place, &header);
    let sent = range.and_then(|(from, to)| in_place.get(from..to));
    assert_eq!(sent, Some(&again[..]));
}

fn said(packet: &Packet<'_>) -> Fields {
    let header = packet.header;
    Fields {
        marker: header.marker,
        payload_type: header.payload_type,
        sequence: header.sequence,
        timestamp: header.timestamp,
        ssrc: header.ssrc,
    }
}
