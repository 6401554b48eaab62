//! Video between two phones that both offer it is passed through.

use crate::basic_call::OFFICE;
use cordboard_sim::{Peer, Raw, World};
use core::time::Duration;

/// A description with audio, and video at 30002.
fn description(phone: &Raw) -> String {
    phone.sdp() + "m=video 30002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"
}

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
    let (ann, ben) = (world.raw("101"), world.raw("102"));
    let [ann_sees, ben_sees] =
        [&ann, &ben].map(|phone| world.peer(&format!("{}:30002", phone.address().ip())));
    let mut call = ann.calls("102", "", Some(&description(&ann)));
    let mut called = ben.invited();
    called.replies(200, "", Some(&description(&ben)));
    let answer = call.is_answered();
    called.gets("ACK");
    sees(&world, &ann_sees, video_port(&answer.body), &ben_sees);
    sees(&world, &ben_sees, video_port(&called.invite.body), &ann_sees);
}

#[test]
fn video_that_the_other_end_refuses_is_refused() {
    let world = World::with_dialplan(OFFICE);
    let (ann, ben) = (world.raw("101"), world.raw("102"));
    let mut call = ann.calls("102", "", Some(&description(&ann)));
    let called = ben.invited();
    called.replies(200, "", Some(&(ben.sdp() + "m=video 0 RTP/AVP 96\r\n")));
    let answer = call.is_answered();
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(text.contains("m=video 0 "), "{text}");
    assert!(text.contains("m=audio ") && !text.contains("m=audio 0 "), "{text}");
}
