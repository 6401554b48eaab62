//! Somebody who is not in a call takes it over, by an INVITE with Replaces (RFC 3891), from what a lamp showed (RFC 4235).

use crate::basic_call::OFFICE;
use crate::lamps::watcher;
use cordboard_sim::{Handset, Peer, Raw, World};

/// The value of an attribute of the dialog that is in this state.
fn attribute(document: &str, name: &str) -> String {
    let (_, rest) =
        document.split_once(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name}: {document}"));
    rest.split('"').next().unwrap().to_owned()
}

/// What a lamp says of the dialog once it shows this state: its Call-ID, and the tags as Replaces wants them.
fn replaces(lamp: &Peer, state: &str) -> String {
    for _ in 0..6 {
        let notify = lamp.takes("NOTIFY");
        let document = String::from_utf8(notify.body.to_vec()).unwrap();
        if document.contains(&format!(">{state}</state>")) {
            // The watched phone's local tag is the office's peer's: to us, RFC 3891 §3's from-tag.
            let [call, local, remote] =
                ["call-id", "local-tag", "remote-tag"].map(|name| attribute(&document, name));
            return format!("Replaces: {call};to-tag={remote};from-tag={local}\n");
        }
    }
    panic!("the lamp never showed {state}")
}

fn office() -> (World, Handset, Handset, Peer, Raw) {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    let lamp = watcher(&world);
    let clara = world.raw("103");
    (world, anna, ben, lamp, clara)
}

#[test]
fn a_ringing_call_is_picked_up_by_a_third_phone() {
    let (world, anna, ben, lamp, clara) = office();
    anna.calls("102");
    ben.rings();
    let header = replaces(&lamp, "early");
    let mut call = clara.calls("102", &header, Some(&clara.sdp()));
    let answer = call.is_answered();
    assert!(String::from_utf8_lossy(&answer.body).contains("m=audio "));
    anna.is_answered();
    ben.is_over();
    assert!(ben.lines().is_empty(), "it rings no more");
    anna.hangs_up();
    call.is_over();
    world.is_quiet();
}

#[test]
fn a_call_in_progress_is_taken_over_by_a_third_phone() {
    let (world, anna, ben, lamp, clara) = office();
    anna.calls_and_talks_with("102", &ben);
    let header = replaces(&lamp, "confirmed");
    let mut call = clara.calls("102", &header, Some(&clara.sdp()));
    call.is_answered();
    ben.is_over();
    assert_eq!(anna.lines().len(), 1, "she talks on, with another");
    anna.hangs_up();
    call.is_over();
    world.is_quiet();
}

#[test]
fn a_call_that_is_over_can_not_be_picked_up() {
    let (world, anna, ben, lamp, clara) = office();
    anna.calls("102");
    ben.rings();
    let header = replaces(&lamp, "early");
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
    clara.calls("102", &header, Some(&clara.sdp())).gets_answer("481");
}

#[test]
fn a_stranger_picks_up_nothing() {
    let (world, anna, ben, lamp, _clara) = office();
    anna.calls("102");
    ben.rings();
    let header = replaces(&lamp, "early");
    let stranger = world.peer("192.0.2.66:5060");
    stranger.sends(&format!(
        "INVITE sip:102@office.example SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bKs\nMax-Forwards: 70\n\
         From: <sip:103@office.example>;tag=s\nTo: <sip:102@office.example>\nCall-ID: s\nCSeq: 1 INVITE\n\
         Contact: <sip:s@192.0.2.66>\n{header}Content-Length: 0"
    ));
    stranger.receives("SIP/2.0 401");
    ben.answers();
    anna.is_answered();
    anna.talks_with(&ben);
}
