//! 100rel and PRACK (RFC 3262), UPDATE in early dialogs (RFC 3311), forking.

use crate::wire::*;
use cordboard_sip::message::{Message, Method, Request};
use cordboard_sip::session::{Carrier, EndedBy, LegCommand, LegEvent, NewLeg};
use core::time::Duration;

fn provisional(status: u16, text: Option<&str>) -> LegCommand {
    LegCommand::Provisional { status, sdp: text.map(sdp), headers: vec![] }
}

#[test]
fn early_media_goes_reliably_and_the_200_holds_no_second_answer() {
    let mut wire = Wire::new();
    wire.ring(new_leg(A));
    wire.leg(B, 2, provisional(183, Some("early")));
    wire.settle();
    let told = wire.told(A);
    assert!(matches!(&told[..], [LegEvent::Provisional { sdp: Some(s), .. }] if s == "early"), "{told:?}");
    wire.leg(B, 2, LegCommand::Accept { sdp: None, headers: vec![] });
    wire.settle();
    assert!(matches!(&wire.told(A)[..], [LegEvent::Answered { sdp: Some(s), .. }] if s == "early"));
    assert!(matches!(wire.told(B)[..], [LegEvent::Acknowledged { .. }]));
    let ladder = wire.ladder();
    assert_eq!(
        ladder,
        ["A INVITE", "B 100 INVITE", "B 183 INVITE", "A PRACK", "B 200 PRACK", "B 200 INVITE", "A ACK"]
    );
    wire.hang_up(A, 1);
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn the_200_waits_for_the_prack_of_an_answer() {
    let mut wire = Wire::new();
    wire.ring(new_leg(A));
    wire.leg(B, 2, provisional(183, Some("early")));
    wire.leg(B, 2, LegCommand::Accept { sdp: None, headers: vec![] });
    assert!(!wire.ladder().contains(&"B 200 INVITE".to_owned()));
    wire.settle();
    assert!(matches!(wire.told(A)[..], [LegEvent::Provisional { .. }, LegEvent::Answered { .. }]));
}

#[test]
fn reliable_responses_go_one_after_the_other_in_order() {
    let mut wire = Wire::new();
    let required = vec![("Require".to_owned(), "100rel".to_owned())];
    wire.ring(NewLeg { headers: required, ..new_leg(A) });
    for status in [180, 182, 183] {
        wire.leg(B, 2, provisional(status, None));
    }
    wire.settle();
    let statuses: Vec<u16> = wire
        .told(A)
        .iter()
        .map(|event| match event {
            LegEvent::Provisional { response, .. } => response.status,
            _ => 0,
        })
        .collect();
    assert_eq!(statuses, [180, 182, 183]);
    assert_eq!(wire.ladder().iter().filter(|m| *m == "A PRACK").count(), 3);
}

#[test]
fn a_reliable_response_is_repeated_until_its_prack_and_reported_once() {
    let mut wire = Wire::new();
    wire.ring(new_leg(A));
    let mut lost = 0;
    wire.fate = Box::new(move |end, message| match message {
        Message::Response(response) if end == B && response.status == 183 && lost < 2 => {
            lost += 1;
            Fate::Lost
        }
        Message::Response(response) if response.status == 183 => Fate::Twice(Duration::from_millis(50)),
        _ => Fate::Arrives,
    });
    wire.leg(B, 2, provisional(183, Some("early")));
    wire.run(Duration::from_secs(3));
    assert_eq!(wire.told(A).len(), 1);
    assert_eq!(wire.ladder().iter().filter(|m| *m == "B 183 INVITE").count(), 3);
}

#[test]
fn a_call_whose_reliable_response_is_never_acknowledged_ends_with_504() {
    let mut wire = Wire::new();
    wire.ring(new_leg(A));
    wire.fate = Box::new(|_, message| match message {
        Message::Request(request) if request.method == Method::Prack => Fate::Lost,
        _ => Fate::Arrives,
    });
    wire.leg(B, 2, provisional(183, Some("early")));
    wire.run(Duration::from_secs(33));
    assert_eq!(ended_by(&wire.told(B)), [EndedBy::Lost]);
    assert!(matches!(
        wire.told(A)[..],
        [LegEvent::Provisional { .. }, LegEvent::Refused { status: 504, .. }]
    ));
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn a_late_offer_may_come_reliably_and_is_answered_in_the_prack() {
    let mut wire = Wire::new();
    wire.ring(NewLeg { sdp: None, headers: vec![("Require".into(), "100rel".into())], ..new_leg(A) });
    wire.leg(B, 2, provisional(183, Some("offer")));
    wire.settle();
    let told = wire.told(A);
    assert!(
        matches!(&told[..], [LegEvent::Provisional { .. }, LegEvent::Offered { sdp: Some(s), by: Carrier::Provisional, .. }] if s == "offer"),
        "{told:?}"
    );
    wire.leg(A, 1, LegCommand::Answer { sdp: sdp("answer") });
    wire.settle();
    assert_eq!(wire.told(B), [LegEvent::OfferAnswered { sdp: sdp("answer"), by: Carrier::Prack }]);
    wire.leg(B, 2, LegCommand::Accept { sdp: None, headers: vec![] });
    wire.settle();
    assert!(matches!(wire.told(A)[..], [LegEvent::Answered { .. }]));
    assert!(matches!(wire.told(B)[..], [LegEvent::Acknowledged { sdp: None }]));
}

#[test]
fn an_early_dialog_can_be_updated_both_ways_once_its_offer_is_answered() {
    let mut wire = Wire::new();
    wire.ring(new_leg(A));
    wire.leg(A, 1, LegCommand::Offer { sdp: sdp("too early"), headers: vec![] });
    wire.settle();
    assert!(!wire.ladder().contains(&"A UPDATE".to_owned()));
    wire.leg(B, 2, provisional(183, Some("early")));
    wire.settle();
    assert!(matches!(&wire.told(B)[..], [LegEvent::Offered { by: Carrier::Update, .. }]));
    wire.leg(B, 2, LegCommand::Answer { sdp: sdp("ok") });
    wire.settle();
    let told = wire.told(A);
    assert!(
        matches!(
            told[..],
            [LegEvent::Provisional { .. }, LegEvent::OfferAnswered { by: Carrier::Update, .. }]
        ),
        "{told:?}"
    );
    wire.leg(B, 2, LegCommand::Offer { sdp: sdp("from B"), headers: vec![] });
    wire.settle();
    assert!(matches!(wire.told(A)[..], [LegEvent::Offered { by: Carrier::Update, .. }]));
    wire.leg(A, 1, LegCommand::Answer { sdp: sdp("ok") });
    wire.settle();
    assert!(matches!(wire.told(B)[..], [LegEvent::OfferAnswered { by: Carrier::Update, .. }]));
}

#[test]
fn a_prack_with_an_offer_is_answered_in_its_200() {
    let mut solo = Solo::new();
    solo.receive(raw("INVITE", "1", "", 1, &["Supported: 100rel"], OFFER));
    let txn = solo.events.iter().find_map(|event| match event {
        cordboard_sip::endpoint::Event::Invite { txn, .. } => Some(*txn),
        _ => None,
    });
    solo.command(cordboard_sip::endpoint::Command::Adopt { txn: txn.unwrap(), leg: leg(1) });
    solo.leg(1, provisional(183, Some("early")));
    let Some(Message::Response(early)) = solo.sent().pop() else { panic!() };
    let tag = early.headers.to().unwrap().tag().unwrap().to_owned();
    let rack = format!("RAck: {} 1 INVITE", early.headers.first("RSeq").unwrap());
    solo.told();
    let wrong = raw("PRACK", "p0", &tag, 2, &["RAck: 1 1 INVITE"], b"");
    solo.receive(wrong);
    assert_eq!(solo.sent_response().status, 481);
    solo.receive(raw("PRACK", "p", &tag, 3, &[&rack], b"new offer"));
    assert!(matches!(&solo.told()[..], [LegEvent::Offered { by: Carrier::Prack, .. }]));
    solo.leg(1, LegCommand::Answer { sdp: sdp("new answer") });
    let ok = solo.sent_response();
    assert_eq!((ok.status, &ok.body[..]), (200, &b"new answer"[..]));
    assert_eq!(ok.headers.cseq().unwrap().method, Method::Prack);
}

fn forking() -> (Solo, Request) {
    let mut solo = Solo::new();
    solo.leg(1, LegCommand::Invite(Box::new(new_leg(A))));
    let invite = solo.sent_request();
    (solo, invite)
}

#[test]
fn a_second_200_from_a_fork_is_acked_then_byed() {
    let (mut solo, invite) = forking();
    for tag in ["x", "y"] {
        solo.response(&answer(&invite, 180, tag, None));
    }
    solo.response(&answer(&invite, 200, "x", Some(ANSWER)));
    assert_eq!(solo.ladder(), ["ACK"]);
    solo.told();
    solo.response(&answer(&invite, 200, "y", Some(ANSWER)));
    let sent = solo.sent();
    let [Message::Request(ack), Message::Request(bye)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((&ack.method, &bye.method), (&Method::Ack, &Method::Bye));
    assert_eq!(ack.headers.to().unwrap().tag(), Some("y"));
    assert_eq!(bye.headers.to().unwrap().tag(), Some("y"));
    assert_eq!(ack.headers.cseq().unwrap().number, invite.headers.cseq().unwrap().number);
    // Its repeat is only ACKed, and the leg knows nothing of it.
    solo.response(&answer(&invite, 200, "y", Some(ANSWER)));
    assert_eq!(solo.ladder(), ["ACK"]);
    assert_eq!(solo.told(), []);
}

#[test]
fn a_late_200_of_a_fork_is_left_even_after_the_call() {
    let (mut solo, invite) = forking();
    solo.response(&answer(&invite, 200, "x", Some(ANSWER)));
    solo.leg(1, LegCommand::End { reason: cordboard_sip::session::Reason::default() });
    let Some(Message::Request(bye)) = solo.sent().pop() else { panic!() };
    solo.response(&answer(&bye, 200, "", None));
    assert!(matches!(solo.told()[..], [LegEvent::Answered { .. }, LegEvent::Ended { .. }]));
    assert_eq!(solo.end.load().lingering, 1);
    solo.response(&answer(&invite, 200, "y", Some(ANSWER)));
    assert_eq!(solo.ladder(), ["ACK", "BYE"]);
    solo.run(Duration::from_secs(100));
    assert_eq!(solo.end.load(), cordboard_sip::endpoint::Load::default());
}

#[test]
fn early_media_of_each_branch_is_reported_with_its_own_description() {
    let (mut solo, invite) = forking();
    for (tag, text) in [("x", &b"of x"[..]), ("y", b"of y")] {
        solo.response(&answer(&invite, 183, tag, Some(text)));
        assert!(matches!(&solo.told()[..], [LegEvent::Provisional { sdp: Some(s), .. }] if s == text));
    }
    solo.response(&answer(&invite, 180, "x", None));
    assert!(matches!(&solo.told()[..], [LegEvent::Provisional { sdp: Some(s), .. }] if s == "of x"));
}

#[test]
fn forks_past_the_limit_are_still_reported_and_can_answer() {
    let (mut solo, invite) = forking();
    for number in 0..=cordboard_sip::session::FORKS_MAX {
        solo.response(&answer(&invite, 180, &format!("t{number}"), None));
        assert_eq!(solo.told().len(), 1);
    }
    let last = format!("t{}", cordboard_sip::session::FORKS_MAX);
    solo.response(&answer(&invite, 200, &last, Some(ANSWER)));
    assert_eq!(solo.ladder(), ["ACK"]);
    assert!(matches!(solo.told()[..], [LegEvent::Answered { .. }]));
}

#[test]
fn a_gap_in_rseq_is_not_acknowledged() {
    let (mut solo, invite) = forking();
    let reliable = |rseq: u32| {
        let mut response = answer(&invite, 180, "x", None);
        response.headers.push("Require", "100rel");
        response.headers.push("RSeq", rseq.to_string());
        response
    };
    solo.response(&reliable(10));
    assert_eq!(solo.sent_request().headers.first("RAck").map(|r| r.starts_with("10 ")), Some(true));
    solo.response(&reliable(12));
    solo.response(&reliable(10));
    assert_eq!(solo.ladder(), [""; 0]);
    solo.response(&reliable(11));
    assert_eq!(solo.ladder(), ["PRACK"]);
    assert_eq!(solo.told().len(), 2);
}
