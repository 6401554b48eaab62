//! Reliable provisional responses (RFC 3262), from callees that require them and to callers that do.

use crate::basic_call::OFFICE;
use cordboard_sim::World;
use core::time::Duration;

const RELIABLE: &str = "Require: 100rel\nRSeq: ";

#[test]
fn a_callee_that_requires_100rel_gets_a_prack_and_talks() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.raw("102"));
    anna.calls("102");
    let mut call = ben.invited();
    assert!(call.invite.headers.lists("Supported", "100rel"));
    call.replies(180, &format!("{RELIABLE}7"), None);
    let prack = call.gets("PRACK");
    let number = call.invite.headers.cseq().unwrap().number;
    assert_eq!(prack.headers.first("RAck"), Some(format!("7 {number} INVITE").as_str()));
    call.answers(&prack, 200, "", None);
    anna.sees_ringing();
    call.picks_up();
    anna.is_answered();
    call.talks_with(&anna);
    anna.does(cordboard_phone::Command::Hangup(None));
    call.is_over();
    world.is_quiet();
}

#[test]
fn early_media_in_a_reliable_183_is_heard_and_its_200_needs_no_sdp() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.raw("102"));
    anna.calls("102");
    let mut call = ben.invited();
    call.replies(183, &format!("{RELIABLE}1"), Some(&ben.sdp()));
    let prack = call.gets("PRACK");
    call.answers(&prack, 200, "", None);
    call.is_heard_by(&anna);
    call.replies(200, "", None);
    call.gets("ACK");
    anna.is_answered();
    call.talks_with(&anna);
    call.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn a_retransmitted_reliable_response_is_taken_once_and_one_out_of_order_not_at_all() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.raw("102"));
    anna.calls("102");
    let mut call = ben.invited();
    call.replies(180, &format!("{RELIABLE}10"), None);
    call.replies(180, &format!("{RELIABLE}10"), None);
    let prack = call.gets("PRACK");
    call.answers(&prack, 200, "", None);
    call.replies(183, &format!("{RELIABLE}12"), Some(&ben.sdp()));
    assert!(ben.gets_within("PRACK", Duration::from_secs(3)).is_none(), "11 is missing");
    call.replies(183, &format!("{RELIABLE}11"), None);
    let prack = call.gets("PRACK");
    assert!(prack.headers.first("RAck").unwrap().starts_with("11 "));
    call.answers(&prack, 200, "", None);
    call.picks_up();
    call.talks_with(&anna);
    call.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn a_caller_that_requires_100rel_is_rung_reliably_until_its_prack() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.raw("101"), world.registered("102"));
    let mut call = anna.calls("102", "Require: 100rel", Some(&anna.sdp()));
    let ringing = call.gets_answer("180");
    assert!(ringing.headers.lists("Require", "100rel"), "{ringing:?}");
    let rseq = ringing.headers.number("RSeq").unwrap();
    // Not acknowledged, it comes again; the ladder has both.
    world.run_ms(1_700);
    let copies = world.trace().iter().filter(|line| line.bytes == ringing.to_bytes()).count();
    assert!(copies >= 2, "{copies}");
    let number = call.invite.headers.cseq().unwrap().number;
    call.sends("PRACK", &format!("RAck: {rseq} {number} INVITE"), None);
    call.gets_answer("200");
    ben.rings();
    ben.answers();
    call.is_answered();
    call.talks_with(&ben);
    call.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_caller_that_never_sends_its_prack_is_refused_and_nobody_rings_on() {
    let world = World::with_dialplan(&OFFICE.replace("timeout: 25", "timeout: 60"));
    let (anna, ben) = (world.raw("101"), world.registered("102"));
    let mut call = anna.calls("102", "Require: 100rel", Some(&anna.sdp()));
    call.gets_answer("180");
    ben.rings();
    let refusal = call.gets_answer("5");
    call.ack_refusal(&call.invite, &refusal);
    ben.is_over();
    world.is_quiet();
}

const EARLY: &str = r#"
let internal = context("internal");
internal.on("600", |ch| { ch.progress(); ch.play("hello"); ch.play("hello"); ch.answer(); ch.wait(60); });
"#;

#[test]
fn a_prack_with_an_offer_is_answered_in_its_200() {
    let world = World::with_dialplan(EARLY);
    let anna = world.raw("101");
    let mut call = anna.calls("600", "Supported: 100rel", Some(&anna.sdp()));
    let progress = call.gets_answer("183");
    assert!(progress.headers.lists("Require", "100rel"), "{progress:?}");
    let (rseq, number) =
        (progress.headers.number("RSeq").unwrap(), call.invite.headers.cseq().unwrap().number);
    call.sends("PRACK", &format!("RAck: {rseq} {number} INVITE"), Some(&anna.sdp_with("sendonly")));
    let answer = call.gets_answer("200");
    assert_eq!(answer.headers.cseq().unwrap().method.as_str(), "PRACK");
    assert!(String::from_utf8_lossy(&answer.body).contains("a=recvonly"), "{answer:?}");
    let success = call.gets_answer("200");
    assert!(success.body.is_empty(), "the offer was answered before: {success:?}");
    call.acks(&success, None);
    call.hangs_up();
    world.is_quiet();
}

#[test]
fn a_prack_of_nothing_is_refused() {
    let world = World::with_dialplan(OFFICE);
    let (anna, _ben) = (world.raw("101"), world.registered("102"));
    let mut call = anna.calls("102", "Require: 100rel", Some(&anna.sdp()));
    call.gets_answer("180");
    call.sends("PRACK", "RAck: 1 1 INVITE", None);
    let refusal = call.gets_answer("481");
    assert_eq!(refusal.headers.cseq().unwrap().method.as_str(), "PRACK");
    call.cancels();
    world.is_quiet();
}
