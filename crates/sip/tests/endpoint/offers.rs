//! Offers and answers after the first: re-INVITE, UPDATE, glare, late offers.

use crate::wire::*;
use cordboard_sip::message::{Message, Method};
use cordboard_sip::session::{Carrier, LegCommand, LegEvent};
use core::time::Duration;

fn offer(text: &str) -> LegCommand {
    LegCommand::Offer { sdp: sdp(text), headers: vec![] }
}

fn answer_with(text: &str) -> LegCommand {
    LegCommand::Answer { sdp: sdp(text) }
}

#[test]
fn a_reinvite_is_offered_answered_and_acked_in_both_directions() {
    let mut wire = Wire::new();
    wire.talk();
    for (from, number, to, other) in [(A, 1, B, 2), (B, 2, A, 1)] {
        wire.log.clear();
        wire.leg(from, number, offer("hold"));
        wire.settle();
        let told = wire.told(to);
        assert!(
            matches!(&told[..], [LegEvent::Offered { sdp: Some(s), by: Carrier::Invite, .. }] if s == "hold"),
            "{told:?}"
        );
        wire.leg(to, other, answer_with("held"));
        wire.settle();
        assert_eq!(wire.told(from), [LegEvent::OfferAnswered { sdp: sdp("held"), by: Carrier::Invite }]);
        assert_eq!(wire.told(to), []);
        let sent: Vec<String> = wire.ladder().iter().map(|line| line[2..].to_owned()).collect();
        assert_eq!(sent, ["INVITE", "100 INVITE", "200 INVITE", "ACK"]);
    }
    wire.hang_up(A, 1);
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn a_refused_offer_leaves_the_call_up() {
    let mut wire = Wire::new();
    wire.talk();
    wire.leg(A, 1, offer("video"));
    wire.settle();
    wire.told(B);
    wire.leg(B, 2, LegCommand::Refuse { status: 488 });
    wire.settle();
    assert_eq!(wire.told(A), [LegEvent::OfferFailed { status: 488 }]);
    wire.leg(A, 1, offer("audio"));
    wire.settle();
    assert!(matches!(wire.told(B)[..], [LegEvent::Offered { .. }]));
}

#[test]
fn a_second_offer_waits_for_the_answer_to_the_first() {
    let mut wire = Wire::new();
    wire.talk();
    wire.leg(A, 1, offer("one"));
    wire.leg(A, 1, offer("two"));
    wire.settle();
    for text in ["one", "two"] {
        assert!(matches!(&wire.told(B)[..], [LegEvent::Offered { sdp: Some(s), .. }] if s == text));
        wire.leg(B, 2, answer_with(text));
        wire.settle();
        assert_eq!(wire.told(A), [LegEvent::OfferAnswered { sdp: sdp(text), by: Carrier::Invite }]);
    }
}

#[test]
fn waiting_offers_are_bounded() {
    let mut wire = Wire::new();
    wire.talk();
    let max = cordboard_sip::session::PROPOSALS_MAX;
    for _ in 0..=max {
        wire.leg(A, 1, offer("x"));
    }
    assert_eq!(wire.told(A), []);
    wire.leg(A, 1, offer("x"));
    assert_eq!(wire.told(A), [LegEvent::OfferFailed { status: 500 }]);
}

#[test]
fn glare_is_met_with_491_and_both_offers_get_through_in_the_end() {
    let mut wire = Wire::new();
    wire.talk();
    wire.leg(A, 1, offer("of A"));
    wire.leg(B, 2, offer("of B"));
    wire.settle();
    let ladder = wire.ladder();
    assert!(ladder.contains(&"A 491 INVITE".into()) && ladder.contains(&"B 491 INVITE".into()), "{ladder:?}");
    assert_eq!((wire.told(A), wire.told(B)), (vec![], vec![]));
    // The owner of the Call-ID (A) waits 2.1–4 s, the other 0–2 s.
    wire.run(Duration::from_millis(1_700));
    assert!(matches!(&wire.told(A)[..], [LegEvent::Offered { sdp: Some(s), .. }] if s == "of B"));
    wire.leg(A, 1, answer_with("to B"));
    wire.run(Duration::from_secs(3));
    let told = wire.told(B);
    assert!(
        matches!(&told[..], [LegEvent::OfferAnswered { .. }, LegEvent::Offered { sdp: Some(s), .. }] if s == "of A"),
        "{told:?}"
    );
    wire.leg(B, 2, answer_with("to A"));
    wire.settle();
    assert_eq!(wire.told(A), [LegEvent::OfferAnswered { sdp: sdp("to A"), by: Carrier::Invite }]);
}

#[test]
fn a_peer_that_always_answers_491_makes_the_offer_fail() {
    let mut wire = Wire::new();
    wire.talk();
    // B's own offer never ends: A does not answer it.
    wire.leg(B, 2, offer("of B"));
    wire.settle();
    assert!(matches!(wire.told(A)[..], [LegEvent::Offered { .. }]));
    wire.leg(A, 1, offer("of A"));
    wire.run(Duration::from_secs(60));
    // A's own offer waits inside: A owes an answer first.
    assert_eq!(wire.told(A), []);
    wire.leg(A, 1, answer_with("to B"));
    wire.settle();
    assert!(matches!(wire.told(B)[..], [LegEvent::OfferAnswered { .. }, LegEvent::Offered { .. }]));
}

#[test]
fn a_late_offer_call_carries_the_answer_in_the_ack() {
    let mut wire = Wire::new();
    wire.ring(cordboard_sip::session::NewLeg { sdp: None, ..new_leg(A) });
    wire.leg(B, 2, LegCommand::Accept { sdp: Some(sdp("offer")), headers: vec![] });
    wire.run(Duration::from_secs(2));
    assert!(matches!(&wire.told(A)[..], [LegEvent::Answered { sdp: Some(s), .. }] if s == "offer"));
    assert!(!wire.ladder().contains(&"A ACK".to_owned()));
    wire.leg(A, 1, answer_with("answer"));
    wire.settle();
    assert_eq!(wire.told(B), [LegEvent::Acknowledged { sdp: Some(sdp("answer")) }]);
    wire.hang_up(B, 2);
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn a_late_offer_that_is_refused_is_acked_and_left() {
    let mut wire = Wire::new();
    wire.ring(cordboard_sip::session::NewLeg { sdp: None, ..new_leg(A) });
    wire.leg(B, 2, LegCommand::Accept { sdp: Some(sdp("offer")), headers: vec![] });
    wire.settle();
    wire.hang_up(A, 1);
    wire.settle();
    let told = wire.told(B);
    assert!(matches!(told[..], [LegEvent::Acknowledged { sdp: None }, LegEvent::Ended { .. }]), "{told:?}");
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn an_identity_goes_as_update_where_the_peer_takes_it() {
    let mut wire = Wire::new();
    wire.talk();
    let headers = vec![("P-Asserted-Identity".to_owned(), "<sip:103@10.0.0.1>".to_owned())];
    wire.leg(A, 1, LegCommand::Identity { headers });
    wire.settle();
    assert_eq!(wire.ladder(), ["A UPDATE", "B 200 UPDATE"]);
    let told = wire.told(B);
    let [LegEvent::Identity { request }] = &told[..] else { panic!("{told:?}") };
    assert_eq!(request.headers.first("P-Asserted-Identity"), Some("<sip:103@10.0.0.1>"));
}

#[test]
fn an_update_without_sdp_crosses_an_offer_unharmed() {
    let mut wire = Wire::new();
    wire.talk();
    let headers = vec![("P-Asserted-Identity".to_owned(), "<sip:103@10.0.0.1>".to_owned())];
    wire.leg(A, 1, LegCommand::Identity { headers });
    wire.leg(B, 2, offer("of B"));
    wire.settle();
    assert!(matches!(wire.told(A)[..], [LegEvent::Offered { .. }]));
    assert!(matches!(wire.told(B)[..], [LegEvent::Identity { .. }]));
    wire.leg(A, 1, answer_with("to B"));
    wire.settle();
    assert_eq!(wire.told(B), [LegEvent::OfferAnswered { sdp: sdp("to B"), by: Carrier::Invite }]);
}

fn established_solo() -> (Solo, String) {
    let mut solo = Solo::new();
    solo.receive(raw("INVITE", "1", "", 1, &[], OFFER));
    let txn = solo.events.iter().find_map(|event| match event {
        cordboard_sip::endpoint::Event::Invite { txn, .. } => Some(*txn),
        _ => None,
    });
    solo.command(cordboard_sip::endpoint::Command::Adopt { txn: txn.unwrap(), leg: leg(1) });
    solo.leg(1, LegCommand::Accept { sdp: Some(sdp("answer")), headers: vec![] });
    let sent = solo.sent();
    let Some(Message::Response(ok)) = sent.last() else { panic!() };
    let tag = ok.headers.to().unwrap().tag().unwrap().to_owned();
    solo.receive(raw("ACK", "ack1", &tag, 1, &[], b""));
    solo.told();
    (solo, tag)
}

#[test]
fn a_second_offer_of_the_peer_before_the_first_is_answered_gets_500_with_retry_after() {
    let (mut solo, tag) = established_solo();
    solo.receive(raw("INVITE", "2", &tag, 2, &[], b"first"));
    assert_eq!(solo.ladder(), ["100 INVITE"]);
    solo.receive(raw("UPDATE", "3", &tag, 3, &[], b"second"));
    let refused = solo.sent_response();
    assert_eq!(refused.status, 500);
    assert!(refused.headers.number("Retry-After").is_some_and(|s| s <= 10));
    assert!(matches!(solo.told()[..], [LegEvent::Offered { .. }]));
}

#[test]
fn a_request_with_an_old_number_gets_500() {
    let (mut solo, tag) = established_solo();
    solo.receive(raw("INFO", "2", &tag, 7, &[], b""));
    assert_eq!(solo.sent_response().status, 200);
    solo.receive(raw("INFO", "3", &tag, 6, &[], b""));
    assert_eq!(solo.sent_response().status, 500);
}

#[test]
fn a_reinvite_without_offer_is_answered_with_ours_and_the_ack_answers() {
    let (mut solo, tag) = established_solo();
    solo.receive(raw("INVITE", "2", &tag, 2, &[], b""));
    let told = solo.told();
    assert!(matches!(told[..], [LegEvent::Offered { sdp: None, by: Carrier::Invite, .. }]), "{told:?}");
    solo.leg(1, answer_with("our offer"));
    let Some(Message::Response(ok)) = solo.sent().pop() else { panic!() };
    assert_eq!((ok.status, &ok.body[..]), (200, &b"our offer"[..]));
    solo.receive(raw("ACK", "ack2", &tag, 2, &[], b"their answer"));
    assert_eq!(solo.told(), [LegEvent::OfferAnswered { sdp: sdp("their answer"), by: Carrier::Ack }]);
}

#[test]
fn a_cancelled_reinvite_gets_487_and_the_call_stays() {
    let (mut solo, tag) = established_solo();
    solo.receive(raw("INVITE", "2", &tag, 2, &[], b"offer"));
    solo.told();
    solo.sent();
    solo.receive(raw("CANCEL", "2", &tag, 2, &[], b""));
    assert_eq!(solo.ladder(), ["200 CANCEL", "487 INVITE"]);
    assert_eq!(solo.told(), [LegEvent::OfferFailed { status: 487 }]);
    assert_eq!(solo.end.load().sessions, 1);
}

#[test]
fn a_bye_during_a_reinvite_answers_both() {
    let (mut solo, tag) = established_solo();
    solo.receive(raw("INVITE", "2", &tag, 2, &[], b"offer"));
    solo.told();
    solo.sent();
    solo.receive(raw("BYE", "3", &tag, 3, &[], b""));
    assert_eq!(solo.ladder(), ["200 BYE", "487 INVITE"]);
    assert!(matches!(solo.told()[..], [LegEvent::Ended { .. }]));
}

#[test]
fn an_offer_that_meets_500_with_a_short_retry_after_is_made_again() {
    let (mut solo, _tag) = established_solo();
    solo.leg(1, offer("x"));
    let first = solo.sent_request();
    let mut refused = answer(&first, 500, "", None);
    refused.headers.push("Retry-After", "3");
    solo.response(&refused);
    assert_eq!(solo.ladder(), ["ACK"]);
    solo.run(Duration::from_millis(2_900));
    assert_eq!(solo.ladder(), [""; 0]);
    solo.run(Duration::from_millis(200));
    let again = solo.sent_request();
    assert_eq!((again.method.clone(), &again.body[..]), (Method::Invite, &b"x"[..]));
    solo.response(&answer(&again, 200, "", Some(b"y")));
    assert_eq!(solo.told(), [LegEvent::OfferAnswered { sdp: sdp("y"), by: Carrier::Invite }]);
    assert_eq!(solo.ladder(), ["ACK"]);
}

#[test]
fn a_repeated_200_of_a_reinvite_is_acked_again() {
    let (mut solo, _tag) = established_solo();
    solo.leg(1, offer("x"));
    let request = solo.sent_request();
    let ok = answer(&request, 200, "", Some(b"y"));
    solo.response(&ok);
    solo.response(&ok);
    let ladder = solo.ladder();
    assert_eq!(ladder, ["ACK", "ACK"]);
    assert_eq!(solo.told().len(), 1);
}

#[test]
fn an_offer_that_meets_481_ends_the_leg() {
    let (mut solo, _tag) = established_solo();
    solo.leg(1, offer("x"));
    let request = solo.sent_request();
    solo.response(&answer(&request, 481, "", None));
    assert_eq!(solo.ladder(), ["ACK", "BYE"]);
    let told = solo.told();
    assert!(matches!(told[..], [LegEvent::OfferFailed { status: 481 }, LegEvent::Ended { .. }]), "{told:?}");
}

#[test]
fn an_identity_goes_as_reinvite_to_a_peer_without_update() {
    let (mut solo, _tag) = established_solo();
    solo.leg(1, LegCommand::Identity { headers: vec![("P-Asserted-Identity".into(), "<sip:1@a>".into())] });
    let request = solo.sent_request();
    assert_eq!((request.method.clone(), &request.body[..]), (Method::Invite, &b"answer"[..]));
    assert_eq!(request.headers.first("P-Asserted-Identity"), Some("<sip:1@a>"));
}
