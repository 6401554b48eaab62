//! Two requests that cross, offers both ways, and sessions that are refreshed or not: with a phone that is played by hand.

use crate::basic_call::OFFICE;
use cordboard_phone::Command;
use cordboard_sim::{Handset, Plan, Raw, RawCall, World};

const REFRESHED_BY_CALLER: &str = "Supported: timer\nRequire: timer\nSession-Expires: 90;refresher=uac";

/// An office that does not mind when a phone that is played by hand says nothing for a while.
fn patient(seed: u64) -> World {
    World::new(&Plan::new(OFFICE).seed(seed).with(|setup| setup.office.rtp_timeout_ms = 600_000))
}

/// Anna calls Ben, who is played by hand and has not said anything yet.
fn ben_rings(seed: u64) -> (World, Handset, RawCall, Raw) {
    let world = patient(seed);
    let (anna, ben) = (world.registered("101"), world.raw("102"));
    anna.calls("102");
    let call = ben.invited();
    (world, anna, call, ben)
}

/// Anna, who is played by hand, calls Ben, who answers.
fn anna_called() -> (World, RawCall, Handset) {
    let world = patient(1);
    let (anna, ben) = (world.raw("101"), world.registered("102"));
    let call = anna.calls("102", "", Some(&anna.sdp()));
    ben.rings();
    ben.answers();
    (world, call, ben)
}

/// Anna calls Ben, who has the office refresh the session each 45 s.
fn office_called(seed: u64) -> (World, Handset, RawCall) {
    let (world, anna, mut call, ben) = ben_rings(seed);
    call.replies(200, REFRESHED_BY_CALLER, Some(&ben.sdp()));
    call.gets("ACK");
    anna.is_answered();
    (world, anna, call)
}

/// Ben calls Anna, and has the office refresh the session each 45 s.
fn was_called(seed: u64) -> (World, Handset, RawCall) {
    let world = patient(seed);
    let (anna, ben) = (world.registered("101"), world.raw("102"));
    let lines = "Supported: timer\nSession-Expires: 90;refresher=uas";
    let mut call = ben.calls("101", lines, Some(&ben.sdp()));
    anna.rings();
    anna.answers();
    call.is_answered();
    (world, anna, call)
}

/// Both send a re-INVITE at once. How long the office waits then, in ms.
fn glare(world: &World, call: &mut RawCall, anna: &Handset) -> u64 {
    let ben = call.phone.clone();
    let theirs = call.gets("INVITE");
    let ours = call.sends("INVITE", "", Some(&ben.sdp()));
    let refusal = call.gets_answer("491");
    call.ack_refusal(&ours, &refusal);
    call.answers(&theirs, 491, "", None);
    let refused = world.now();
    let again = call.gets("INVITE");
    let waited = world.now().since(refused).as_millis();
    call.answers(&again, 200, REFRESHED_BY_CALLER, Some(&ben.sdp()));
    call.gets("ACK");
    call.sends("INVITE", "", Some(&ben.sdp()));
    call.is_answered();
    call.talks_with(anna);
    u64::try_from(waited).unwrap()
}

#[test]
fn the_owner_of_the_call_id_waits_longer_after_glare_and_both_hear_each_other() {
    for seed in 1..=4 {
        let (world, anna, mut call) = office_called(seed);
        let waited = glare(&world, &mut call, &anna);
        assert!((2_100..=4_050).contains(&waited), "{waited} ms");
        anna.does(Command::Hangup(None));
        call.is_over();
        world.is_quiet();
    }
}

#[test]
fn who_does_not_own_the_call_id_waits_less_after_glare_and_both_hear_each_other() {
    for seed in 1..=4 {
        let (world, anna, mut call) = was_called(seed);
        let waited = glare(&world, &mut call, &anna);
        assert!(waited <= 2_050, "{waited} ms");
        anna.does(Command::Hangup(None));
        call.is_over();
        world.is_quiet();
    }
}

fn update(call: &mut RawCall, ben: &Raw, direction: &str, answered: &str) {
    call.sends("UPDATE", "", Some(&ben.sdp_with(direction)));
    let answer = call.gets_answer("200");
    assert!(String::from_utf8_lossy(&answer.body).contains(&format!("a={answered}")), "{answer:?}");
}

#[test]
fn an_update_holds_and_takes_back() {
    let (_world, anna, mut call) = office_called(1);
    let ben = call.phone.clone();
    update(&mut call, &ben, "sendonly", "recvonly");
    anna.hears_music("default");
    update(&mut call, &ben, "sendrecv", "sendrecv");
    call.talks_with(&anna);
}

#[test]
fn an_update_of_the_peer_while_ours_is_out_is_refused_and_both_get_through() {
    let (world, anna, mut call, ben) = ben_rings(1);
    call.replies(200, &format!("{REFRESHED_BY_CALLER}\nAllow: INVITE, ACK, BYE, UPDATE"), Some(&ben.sdp()));
    call.gets("ACK");
    // The refresh is an UPDATE without an offer, which collides with nothing (RFC 3311 §5.2).
    let theirs = call.gets("UPDATE");
    assert!(theirs.body.is_empty());
    call.sends("UPDATE", "", Some(&ben.sdp()));
    call.gets_answer("200");
    call.answers(&theirs, 200, REFRESHED_BY_CALLER, None);
    call.talks_with(&anna);
    world.run_secs(30);
    call.talks_with(&anna);
}

#[test]
fn an_update_in_an_early_dialog_is_answered() {
    let (_world, anna, mut call, ben) = ben_rings(1);
    call.replies(183, "Require: 100rel\nRSeq: 1", Some(&ben.sdp()));
    let prack = call.gets("PRACK");
    call.answers(&prack, 200, "", None);
    call.sends("UPDATE", "", Some(&ben.sdp()));
    let answer = call.gets_answer("200");
    assert_eq!(answer.headers.cseq().unwrap().method.as_str(), "UPDATE");
    assert!(!answer.body.is_empty());
    call.is_heard_by(&anna);
    call.replies(200, "", None);
    call.gets("ACK");
    anna.is_answered();
    call.talks_with(&anna);
}

#[test]
fn a_session_is_refreshed_at_half_time_and_talks_on() {
    let (world, anna, mut call) = office_called(1);
    let ben = call.phone.clone();
    for _ in 0..3 {
        let before = world.now();
        let refresh = call.gets("INVITE");
        let waited = world.now().since(before).as_secs();
        assert!((43..=45).contains(&waited), "{waited}");
        assert_eq!(refresh.headers.first("Session-Expires"), Some("90;refresher=uac"));
        call.answers(&refresh, 200, REFRESHED_BY_CALLER, Some(&ben.sdp()));
        call.gets("ACK");
    }
    call.talks_with(&anna);
}

#[test]
fn a_session_that_its_peer_does_not_refresh_ends_before_it_expires() {
    let world = patient(1);
    let (anna, ben) = (world.registered("101"), world.raw("102"));
    let lines = "Supported: timer\nSession-Expires: 90;refresher=uac";
    let mut call = ben.calls("101", lines, Some(&ben.sdp()));
    anna.rings();
    anna.answers();
    let success = call.is_answered();
    assert_eq!(success.headers.first("Session-Expires"), Some("90;refresher=uac"));
    assert!(success.headers.lists("Require", "timer"));
    let before = world.now();
    call.is_over();
    let lived = world.now().since(before).as_secs();
    assert!((59..=60).contains(&lived), "{lived}");
    anna.is_over();
    world.is_quiet();
}

#[test]
fn an_ack_that_never_comes_ends_the_call_after_the_answer_was_repeated() {
    let (world, mut call, ben) = anna_called();
    let success = call.gets_answer("200");
    world.run_secs(10);
    let copies = world.trace().iter().filter(|line| line.bytes == success.to_bytes()).count();
    // 0, 0.5, 1.5, 3.5, 7.5 s.
    assert_eq!(copies, 5);
    call.is_over();
    ben.is_over();
    world.is_quiet();
    assert_eq!(world.records().len(), 1);
}

#[test]
fn an_ack_that_is_lost_is_made_up_by_the_repeated_answer() {
    let (world, mut call, ben) = anna_called();
    let success = call.gets_answer("200");
    world.run_secs(3);
    call.acks(&success, None);
    call.talks_with(&ben);
    world.run_secs(40);
    call.talks_with(&ben);
    call.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_callee_whose_answer_crosses_the_cancel_is_acked_and_left() {
    let (world, anna, mut call, ben) = ben_rings(1);
    call.replies(180, "", None);
    anna.sees_ringing();
    anna.hangs_up();
    let cancel = call.gets("CANCEL");
    call.replies(200, "", Some(&ben.sdp()));
    call.answers(&cancel, 200, "", None);
    call.gets("ACK");
    call.is_over();
    world.is_quiet();
    assert_eq!(world.records().len(), 1);
}

#[test]
fn a_cancel_that_comes_after_the_answer_changes_nothing() {
    let (world, mut call, ben) = anna_called();
    call.cancels();
    let success = call.gets_answer("200");
    call.acks(&success, None);
    call.talks_with(&ben);
    call.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_caller_without_an_offer_answers_ours_in_its_ack() {
    let world = patient(1);
    let (anna, ben) = (world.raw("101"), world.registered("102"));
    let mut call = anna.calls("102", "", None);
    ben.rings();
    ben.answers();
    let success = call.gets_answer("200");
    assert!(String::from_utf8_lossy(&success.body).contains("m=audio"), "our offer");
    call.acks(&success, Some(&anna.sdp()));
    call.talks_with(&ben);
    call.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_re_invite_without_an_offer_gets_ours_and_its_ack_answers() {
    let (_world, anna, mut call) = office_called(1);
    let ben = call.phone.clone();
    call.sends("INVITE", "", None);
    let success = call.gets_answer("200");
    assert!(String::from_utf8_lossy(&success.body).contains("m=audio"), "our offer");
    call.acks(&success, Some(&ben.sdp()));
    call.talks_with(&anna);
}
