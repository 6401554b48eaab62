//! Video between two phones that both offer it is passed through.

use crate::basic_call::OFFICE;
use crate::raw_phone::RawPhone;
use cordboard_sim::{Peer, World};
use core::time::Duration;

/// The office's video port in a description that it sent.
fn video_port(description: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(description);
    let line =
        text.lines().find(|line| line.starts_with("m=video ")).unwrap_or_else(|| panic!("no video: {text}"));
    assert!(text.contains("H264/90000"), "{text}");
    line.split(' ').nth(1).unwrap().parse().unwrap()
}

fn packet(sequence: u16, ssrc: u32) -> Vec<u8> {
    let mut packet = vec![0x80, 96];
    packet.extend(sequence.to_be_bytes());
    packet.extend((u32::from(sequence) * 3_000).to_be_bytes());
    packet.extend(ssrc.to_be_bytes());
    packet.extend([0x65, 0x88, 0x84, 0x21]);
    packet
}

/// What one sends to the office's port, the other gets: the payload untouched.
fn sees(world: &World, from: &Peer, port: u16, to: &Peer) {
    let address = format!("192.0.2.1:{port}").parse().unwrap();
    for sequence in 0..20 {
        from.sends_bytes_to(address, &packet(sequence, 7));
        world.run_ms(20);
    }
    let got = to.next_bytes_within(Duration::from_secs(1)).expect("no video");
    assert_eq!(got[1] & 0x7f, 96, "the payload number of its own description");
    assert_eq!(&got[12..], &packet(0, 7)[12..]);
}

#[test]
fn video_that_both_offer_is_relayed_both_ways() {
    let world = World::with_dialplan(OFFICE);
    let (ann, ben) = (RawPhone::registered(&world, "101", 61), RawPhone::registered(&world, "102", 62));
    let [ann_sees, ben_sees] = ["192.0.2.61:30002", "192.0.2.62:30002"].map(|address| world.peer(address));
    ann.calls("102", &ann.description(true), "");
    let invite = ben.rings();
    ben.responds(&invite, 200, &ben.description(true));
    let answer = ann.is_answered();
    ben.peer.receives("ACK");
    sees(&world, &ann_sees, video_port(&answer.body), &ben_sees);
    sees(&world, &ben_sees, video_port(&invite.body), &ann_sees);
}

#[test]
fn video_that_the_other_end_refuses_is_refused() {
    let world = World::with_dialplan(OFFICE);
    let (ann, ben) = (RawPhone::registered(&world, "101", 61), RawPhone::registered(&world, "102", 62));
    ann.calls("102", &ann.description(true), "");
    let invite = ben.rings();
    let refusal = ben.description(false) + "m=video 0 RTP/AVP 96\r\n";
    ben.responds(&invite, 200, &refusal);
    let answer = ann.is_answered();
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(text.contains("m=video 0 "), "{text}");
    assert!(text.contains("m=audio ") && !text.contains("m=audio 0 "), "{text}");
}
