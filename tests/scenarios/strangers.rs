//! What strangers try: nonsense, forged requests, other people's names, packets into other people's calls.

use crate::basic_call::OFFICE;
use cordboard_sim::World;
use core::time::Duration;

fn request(method: &str, uri: &str, extra: &str) -> String {
    format!(
        "{method} {uri} SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bK{method}1\nMax-Forwards: 70\n\
         From: <sip:mallory@office.example>;tag=m\nTo: <{uri}>\nCall-ID: mallory-{method}\nCSeq: 1 {method}\n{extra}\
         Content-Length: 0"
    )
}

#[test]
fn options_are_answered_with_what_the_office_can_do() {
    let world = World::with_dialplan(OFFICE);
    let peer = world.peer("192.0.2.66:5060");
    peer.sends(&request("OPTIONS", "sip:office.example", ""));
    let answer = peer.receives("SIP/2.0 200");
    assert!(answer.contains("Allow: INVITE"), "{answer}");
}

#[test]
fn nonsense_harms_nobody() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    let peer = world.peer("192.0.2.66:5060");
    anna.calls_and_talks_with("102", &ben);
    let invite = request("INVITE", "sip:102@office.example", "");
    for bytes in [&b""[..], b"\r\n\r\n", b"\0\0\0\0", b"INVITE", b"SIP/2.0 200 OK\r\n\r\n", &[0xff; 3_000]] {
        peer.sends_bytes(bytes);
    }
    for cut in (0..invite.len()).step_by(7) {
        peer.sends_bytes(&invite.as_bytes()[..cut]);
    }
    peer.sends("INVITE sip:102@office.example SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bKy\nCSeq: x INVITE");
    world.run_secs(40);
    anna.talks_with(&ben);
    assert_eq!(world.call_count(), 1);
}

#[test]
fn a_call_without_credentials_is_challenged_and_rings_nobody() {
    let world = World::with_dialplan(OFFICE);
    let ben = world.registered("102");
    let peer = world.peer("192.0.2.66:5060");
    peer.sends(&request("INVITE", "sip:102@office.example", "Contact: <sip:m@192.0.2.66>\n"));
    let answer = peer.receives("SIP/2.0 401");
    assert!(answer.contains("WWW-Authenticate: Digest"), "{answer}");
    ben.sees_nothing_for(Duration::from_secs(5));
    world.is_quiet();
}

#[test]
fn a_user_registers_nobody_else() {
    let world = World::with_dialplan(OFFICE);
    let peer = world.peer("192.0.2.66:5060");
    let response = peer.asks_as(
        "101",
        "theft",
        "REGISTER sip:office.example SIP/2.0\nTo: <sip:102@office.example>\nContact: <sip:x@192.0.2.66>\nContent-Length: 0",
    );
    assert_eq!(response.status, 403);
}

#[test]
fn requests_of_dialogs_that_do_not_exist_are_answered_481() {
    let world = World::with_dialplan(OFFICE);
    let peer = world.peer("192.0.2.66:5060");
    for method in ["BYE", "INFO", "UPDATE", "PRACK", "NOTIFY", "CANCEL"] {
        let text = request(method, "sip:102@office.example", "Event: x\n")
            .replace("@office.example>\nCall", "@office.example>;tag=none\nCall");
        peer.sends(&text);
        peer.receives("SIP/2.0 481");
    }
}

#[test]
fn a_forged_bye_does_not_end_a_call() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    let invite = world
        .trace()
        .into_iter()
        .filter(|line| line.first_line().starts_with("INVITE sip:102@office"))
        .map(|line| String::from_utf8_lossy(&line.bytes).into_owned())
        .next_back()
        .unwrap();
    let call_id = invite.lines().find(|line| line.starts_with("Call-ID:")).unwrap().to_owned();
    let peer = world.peer("192.0.2.66:5060");
    let bye = request("BYE", "sip:102@office.example", "").replace("Call-ID: mallory-BYE", &call_id);
    peer.sends(&bye);
    peer.receives("SIP/2.0 481");
    anna.talks_with(&ben);
}

#[test]
fn a_strangers_packets_are_not_heard_in_a_call() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    let stranger = world.peer("192.0.2.66:4000");
    for sequence in 0..200u16 {
        let mut packet = vec![0x80, 8];
        packet.extend(sequence.to_be_bytes());
        packet.extend((u32::from(sequence) * 160).to_be_bytes());
        packet.extend(7u32.to_be_bytes());
        packet.extend([0x2a; 160]);
        for port in [20_000, 20_004] {
            stranger.sends_bytes_to(format!("192.0.2.1:{port}").parse().unwrap(), &packet);
        }
        world.run_ms(20);
    }
    anna.talks_with(&ben);
    stranger.receives_nothing_for(Duration::from_secs(1));
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
    let strangers: u64 = world.record().legs.iter().map(|leg| leg.stats.strangers).sum();
    assert!(strangers >= 400, "{strangers}");
}

#[test]
fn an_answer_to_a_challenge_is_good_for_one_request() {
    let world = World::with_dialplan(OFFICE);
    let (anna, peer) = (world.registered("101"), world.peer("192.0.2.11:5061"));
    let _anna = anna;
    let register = world
        .trace()
        .into_iter()
        .map(|line| String::from_utf8_lossy(&line.bytes).into_owned())
        .find(|text| text.starts_with("REGISTER") && text.contains("Authorization:"))
        .unwrap();
    // The same credentials in a new transaction, from a thief who heard them.
    let replay = register
        .replace("branch=z9hG4bK", "branch=z9hG4bKreplay")
        .replace("192.0.2.11:5060", "192.0.2.11:5061")
        .replace("CSeq: 2 ", "CSeq: 3 ");
    peer.sends_bytes(replay.as_bytes());
    peer.receives("SIP/2.0 401");
}
