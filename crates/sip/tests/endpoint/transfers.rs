//! REFER both ways (RFC 3515, 3892, 4488), Replaces, and the small requests within a dialog.

use crate::wire::*;
use cordboard_sip::endpoint::Event;
use cordboard_sip::message::{Message, Method, NameAddr};
use cordboard_sip::session::{LegCommand, LegEvent, Reason};
use core::time::Duration;

fn refer() -> LegCommand {
    LegCommand::Refer {
        to: NameAddr::parse("<sip:103@10.0.0.1?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>").unwrap(),
        by: Some(NameAddr::parse("<sip:101@10.0.0.1>").unwrap()),
    }
}

#[test]
fn a_reference_is_accepted_and_its_progress_told() {
    let mut wire = Wire::new();
    wire.talk();
    wire.leg(A, 1, refer());
    wire.settle();
    let told = wire.told(B);
    let [LegEvent::Referred { to, by, .. }] = &told[..] else { panic!("{told:?}") };
    assert_eq!(to.uri.headers, [("Replaces".to_owned(), "a;to-tag=b;from-tag=c".to_owned())]);
    assert_eq!(by.as_ref().unwrap().uri.user.as_deref(), Some("101"));
    wire.leg(B, 2, LegCommand::ReferReply { status: 202 });
    for status in [180, 200] {
        wire.leg(B, 2, LegCommand::ReferNotify { status });
        wire.settle();
    }
    let progress: Vec<LegEvent> = [100, 180, 200].map(|status| LegEvent::ReferProgress { status }).into();
    assert_eq!(wire.told(A), progress);
    // The subscription is over: nothing more is told.
    wire.leg(B, 2, LegCommand::ReferNotify { status: 200 });
    wire.settle();
    assert_eq!(wire.told(A), []);
    wire.leg(A, 1, LegCommand::End { reason: Reason::default() });
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn a_refused_reference_is_told_and_another_may_follow() {
    let mut wire = Wire::new();
    wire.talk();
    for _ in 0..2 {
        wire.leg(A, 1, refer());
        wire.settle();
        assert!(matches!(wire.told(B)[..], [LegEvent::Referred { .. }]));
        wire.leg(B, 2, LegCommand::ReferReply { status: 603 });
        wire.settle();
        assert_eq!(wire.told(A), [LegEvent::ReferProgress { status: 603 }]);
    }
}

#[test]
fn a_second_reference_at_a_time_is_refused_on_both_sides() {
    let mut wire = Wire::new();
    wire.talk();
    wire.leg(A, 1, refer());
    wire.leg(A, 1, refer());
    assert_eq!(wire.told(A), [LegEvent::ReferProgress { status: 491 }]);
}

fn established() -> (Solo, String) {
    let mut solo = Solo::new();
    solo.receive(raw("INVITE", "1", "", 1, &[], OFFER));
    let txn = solo.events.iter().find_map(|event| match event {
        Event::Invite { txn, .. } => Some(*txn),
        _ => None,
    });
    solo.command(cordboard_sip::endpoint::Command::Adopt { txn: txn.unwrap(), leg: leg(1) });
    solo.leg(1, LegCommand::Accept { sdp: Some(sdp("answer")), headers: vec![] });
    let Some(Message::Response(ok)) = solo.sent().pop() else { panic!() };
    let tag = ok.headers.to().unwrap().tag().unwrap().to_owned();
    solo.receive(raw("ACK", "ack1", &tag, 1, &[], b""));
    solo.told();
    (solo, tag)
}

#[test]
fn a_transferer_that_wants_no_notify_gets_none() {
    let (mut solo, tag) = established();
    solo.receive(raw("REFER", "2", &tag, 2, &["Refer-To: <sip:103@x>", "Refer-Sub: false"], b""));
    solo.told();
    solo.leg(1, LegCommand::ReferReply { status: 202 });
    let accepted = solo.sent_response();
    assert_eq!((accepted.status, accepted.headers.first("Refer-Sub")), (202, Some("false")));
    solo.leg(1, LegCommand::ReferNotify { status: 200 });
    assert_eq!(solo.ladder(), [""; 0]);
}

#[test]
fn notifies_carry_the_sipfrag_and_end_the_subscription() {
    let (mut solo, tag) = established();
    for cseq in [2, 3] {
        solo.receive(raw("REFER", &cseq.to_string(), &tag, cseq, &["Refer-To: <sip:103@x>"], b""));
        solo.leg(1, LegCommand::ReferReply { status: 202 });
        solo.leg(1, LegCommand::ReferNotify { status: 486 });
        let sent = solo.sent();
        let [Message::Response(_), Message::Request(first), Message::Request(last)] = &sent[..] else {
            panic!("{sent:?}")
        };
        assert_eq!(&first.body[..], b"SIP/2.0 100 Trying\r\n");
        assert_eq!(&last.body[..], b"SIP/2.0 486 Busy Here\r\n");
        assert_eq!(last.headers.first("Subscription-State"), Some("terminated;reason=noresource"));
        // RFC 3515 §2.4.6: the second one of a dialog is told apart by its CSeq.
        assert_eq!(last.headers.first("Event"), Some(if cseq == 2 { "refer" } else { "refer;id=3" }));
    }
}

#[test]
fn a_reference_without_a_sensible_refer_to_gets_400() {
    let (mut solo, tag) = established();
    for (cseq, lines) in
        [(2, vec![]), (3, vec!["Refer-To: <"]), (4, vec!["Refer-To: <sip:a@b>", "Refer-To: <sip:c@d>"])]
    {
        solo.receive(raw("REFER", &cseq.to_string(), &tag, cseq, &lines, b""));
        assert_eq!(solo.sent_response().status, 400);
    }
    assert_eq!(solo.told(), []);
}

#[test]
fn a_notify_that_ends_without_a_status_counts_as_timed_out() {
    let (mut solo, tag) = established();
    solo.leg(1, refer());
    let request = solo.sent_request();
    assert_eq!(request.headers.first("Referred-By"), Some("<sip:101@10.0.0.1>"));
    solo.response(&answer(&request, 202, "", None));
    solo.receive(raw(
        "NOTIFY",
        "n",
        &tag,
        2,
        &["Event: refer", "Subscription-State: terminated;reason=timeout"],
        b"",
    ));
    assert_eq!(solo.sent_response().status, 200);
    assert_eq!(solo.told(), [LegEvent::ReferProgress { status: 408 }]);
}

#[test]
fn a_foreign_event_within_the_dialog_gets_489() {
    let (mut solo, tag) = established();
    solo.receive(raw("NOTIFY", "n", &tag, 2, &["Event: talk", "Subscription-State: active"], b""));
    assert_eq!(solo.sent_response().status, 489);
    solo.receive(raw("SUBSCRIBE", "s", &tag, 3, &["Event: presence"], b""));
    assert_eq!(solo.sent_response().status, 489);
}

#[test]
fn info_and_message_are_answered_and_told() {
    let mut wire = Wire::new();
    wire.talk();
    let (content_type, body) = ("application/dtmf-relay".to_owned(), sdp("Signal=1"));
    wire.leg(A, 1, LegCommand::Info { content_type: content_type.clone(), body: body.clone() });
    wire.leg(B, 2, LegCommand::Message { content_type: "text/plain".into(), body: sdp("hello") });
    wire.settle();
    assert_eq!(wire.told(B), [LegEvent::Info { content_type, body }]);
    assert_eq!(wire.told(A), [LegEvent::Message { content_type: "text/plain".into(), body: sdp("hello") }]);
}

#[test]
fn options_within_a_dialog_says_what_we_can() {
    let (mut solo, tag) = established();
    solo.receive(raw("OPTIONS", "o", &tag, 2, &[], b""));
    let ok = solo.sent_response();
    assert_eq!(ok.status, 200);
    assert!(ok.headers.lists("Allow", "UPDATE") && ok.headers.lists("Supported", "replaces"));
    assert_eq!(ok.headers.first("Accept"), Some("application/sdp"));
}

#[test]
fn methods_that_have_no_place_in_a_dialog_are_refused() {
    let (mut solo, tag) = established();
    for (cseq, method, status) in [(2, "REGISTER", 405), (3, "PUBLISH", 405), (4, "FROBNICATE", 501)] {
        solo.receive(raw(method, method, &tag, cseq, &[], b""));
        assert_eq!(solo.sent_response().status, status);
    }
}

#[test]
fn a_dialog_is_found_for_replaces_while_it_lives() {
    let (mut solo, tag) = established();
    assert_eq!(solo.end.leg_of_dialog("hand@10.0.0.2", &tag, "peer"), Some(leg(1)));
    assert_eq!(solo.end.leg_of_dialog("hand@10.0.0.2", &tag, "other"), None);
    assert_eq!(solo.end.leg_of_dialog("other", &tag, "peer"), None);
    assert_eq!(solo.end.leg_of_dialog("hand@10.0.0.2", "1.0-guess", "peer"), None);
    solo.receive(raw("BYE", "b", &tag, 2, &[], b""));
    assert_eq!(solo.end.leg_of_dialog("hand@10.0.0.2", &tag, "peer"), None);
}

#[test]
fn a_request_with_the_wrong_tags_gets_481() {
    let (mut solo, tag) = established();
    let forged = format!("{}x", tag);
    solo.receive(raw("BYE", "b", &forged, 2, &[], b""));
    assert_eq!(solo.sent_response().status, 481);
    assert_eq!(solo.told(), []);
    solo.run(Duration::from_secs(1));
    assert_eq!(solo.end.load().sessions, 1);
    solo.receive(raw("BYE", "b2", &tag, 2, &[], b""));
    assert_eq!(solo.sent_response().status, 200);
    solo.receive(raw("INFO", "i", &tag, 3, &[], b""));
    assert_eq!(solo.sent_response().headers.cseq().unwrap().method, Method::Info);
}
