//! A call from INVITE to BYE, and the ways it can fail on the way.

use crate::wire::*;
use bytes::Bytes;
use cordboard_sip::endpoint::{Command, Event};
use cordboard_sip::message::{Message, Method};
use cordboard_sip::session::{EndedBy, LegCommand, LegEvent, Reason};
use core::time::Duration;

#[test]
fn a_call_rings_is_answered_and_hung_up_by_the_caller() {
    let mut wire = Wire::new();
    wire.ring(new_leg(A));
    wire.leg(B, 2, LegCommand::Provisional { status: 180, sdp: None, headers: vec![] });
    wire.settle();
    assert!(
        matches!(&wire.told(A)[..], [LegEvent::Provisional { response, sdp: None }] if response.status == 180)
    );
    wire.leg(B, 2, LegCommand::Accept { sdp: Some(Bytes::from_static(ANSWER)), headers: vec![] });
    wire.settle();
    assert!(matches!(&wire.told(A)[..], [LegEvent::Answered { sdp: Some(sdp), .. }] if sdp == ANSWER));
    assert!(matches!(wire.told(B)[..], [LegEvent::Acknowledged { sdp: None }]));
    wire.hang_up(A, 1);
    wire.settle();
    assert_eq!(ended_by(&wire.told(A)), [EndedBy::Us]);
    let told = wire.told(B);
    assert!(
        matches!(&told[..], [LegEvent::Ended { by: EndedBy::Peer, reason }] if reason.q850 == Some(16)),
        "{told:?}"
    );
    let expected =
        ["A INVITE", "B 100 INVITE", "B 180 INVITE", "B 200 INVITE", "A ACK", "A BYE", "B 200 BYE"];
    assert_eq!(wire.ladder(), expected);
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn the_callee_hangs_up() {
    let mut wire = Wire::new();
    wire.talk();
    wire.hang_up(B, 2);
    wire.settle();
    assert_eq!(ended_by(&wire.told(B)), [EndedBy::Us]);
    assert_eq!(ended_by(&wire.told(A)), [EndedBy::Peer]);
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn a_refusal_is_acked_and_reported() {
    let mut wire = Wire::new();
    wire.ring(new_leg(A));
    let reason = Reason::of_q850(17);
    wire.leg(B, 2, LegCommand::Reject { status: 486, reason, headers: vec![] });
    wire.settle();
    assert_eq!(ended_by(&wire.told(B)), [EndedBy::Us]);
    let told = wire.told(A);
    let [LegEvent::Refused { status: 486, response: Some(response) }] = &told[..] else { panic!("{told:?}") };
    assert_eq!(Reason::read(&response.headers).q850, Some(17));
    assert_eq!(wire.ladder(), ["A INVITE", "B 100 INVITE", "B 486 INVITE", "A ACK"]);
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn the_caller_cancels_and_both_legs_end() {
    let mut wire = Wire::new();
    wire.ring(new_leg(A));
    wire.settle();
    let reason =
        Reason { sip: Some(200), text: Some("Call completed elsewhere".into()), ..Reason::default() };
    wire.leg(A, 1, LegCommand::End { reason: reason.clone() });
    wire.settle();
    assert!(matches!(&wire.told(A)[..], [LegEvent::Ended { by: EndedBy::Us, reason: r }] if *r == reason));
    assert!(matches!(&wire.told(B)[..], [LegEvent::Ended { by: EndedBy::Peer, reason: r }] if *r == reason));
    let expected = ["A INVITE", "B 100 INVITE", "A CANCEL", "B 200 CANCEL", "B 487 INVITE", "A ACK"];
    assert_eq!(wire.ladder(), expected);
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn an_invite_that_is_cancelled_before_it_is_adopted_ends_at_the_endpoint() {
    let mut wire = Wire::new();
    wire.leg(A, 1, LegCommand::Invite(Box::new(new_leg(A))));
    wire.settle();
    let txn = wire.invited(B);
    wire.hang_up(A, 1);
    wire.settle();
    assert_eq!(wire.take(B), [Event::InviteCancelled(txn)]);
    assert_eq!(ended_by(&wire.told(A)), [EndedBy::Us]);
    // An Adopt that crosses it yields a leg that is over.
    wire.command(B, Command::Adopt { txn, leg: leg(2) });
    assert_eq!(ended_by(&wire.told(B)), [EndedBy::Peer]);
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn an_invite_can_be_refused_without_a_leg() {
    let mut wire = Wire::new();
    wire.leg(A, 1, LegCommand::Invite(Box::new(new_leg(A))));
    wire.settle();
    let events = wire.take(B);
    let [Event::Invite { txn, request, .. }] = &events[..] else { panic!("{events:?}") };
    wire.command(B, Command::Respond { txn: *txn, response: Box::new(request.response(403)) });
    wire.settle();
    assert!(matches!(&wire.told(A)[..], [LegEvent::Refused { status: 403, .. }]));
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn cancel_waits_for_the_first_provisional_response() {
    let mut wire = Wire::new();
    wire.fate =
        Box::new(|end, _| if end == B { Fate::Late(Duration::from_millis(300)) } else { Fate::Arrives });
    wire.leg(A, 1, LegCommand::Invite(Box::new(new_leg(A))));
    wire.run(Duration::from_millis(20));
    wire.hang_up(A, 1);
    wire.run(Duration::from_millis(100));
    assert_eq!(wire.ladder(), ["A INVITE", "B 100 INVITE"]);
    wire.run(Duration::from_millis(200));
    assert!(wire.ladder().contains(&"A CANCEL".to_owned()));
    wire.run_out();
    assert_eq!(ended_by(&wire.told(A)), [EndedBy::Us]);
    wire.assert_empty();
}

#[test]
fn a_200_that_crosses_the_cancel_is_acked_and_the_call_is_left() {
    let mut wire = Wire::new();
    wire.ring(new_leg(A));
    wire.settle();
    wire.hang_up(A, 1);
    wire.leg(B, 2, LegCommand::Accept { sdp: Some(Bytes::from_static(ANSWER)), headers: vec![] });
    wire.run(Duration::from_secs(1));
    assert_eq!(ended_by(&wire.told(A)), [EndedBy::Us]);
    assert_eq!(ended_by(&wire.told(B)), [EndedBy::Peer]);
    let ladder = wire.ladder();
    assert!(ladder.contains(&"A ACK".to_owned()) && ladder.contains(&"A BYE".to_owned()), "{ladder:?}");
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn crossing_byes_end_both_legs_once() {
    let mut wire = Wire::new();
    wire.talk();
    wire.hang_up(A, 1);
    wire.hang_up(B, 2);
    wire.run_out();
    assert_eq!(ended_by(&wire.told(A)), [EndedBy::Us]);
    assert_eq!(ended_by(&wire.told(B)), [EndedBy::Us]);
    wire.assert_empty();
}

#[test]
fn an_outgoing_leg_that_nobody_answers_times_out_as_408() {
    let mut wire = Wire::new();
    wire.fate = Box::new(|_, _| Fate::Lost);
    wire.leg(A, 1, LegCommand::Invite(Box::new(new_leg(A))));
    wire.run(Duration::from_millis(31_900));
    assert_eq!(wire.told(A), []);
    // Timer A: 0.5, 1, 2, 4, 8, 16 s apart.
    assert_eq!(wire.ladder().len(), 7);
    wire.run(Duration::from_secs(1));
    assert_eq!(wire.told(A), [LegEvent::Refused { status: 408, response: None }]);
    wire.assert_empty();
}

#[test]
fn a_lost_ack_makes_the_200_repeat_until_it_comes() {
    let mut wire = Wire::new();
    let mut acks = 0;
    wire.fate = Box::new(move |_, message| match message {
        Message::Request(request) if request.method == Method::Ack => {
            acks += 1;
            if acks <= 2 { Fate::Lost } else { Fate::Arrives }
        }
        _ => Fate::Arrives,
    });
    wire.ring(new_leg(A));
    wire.leg(B, 2, LegCommand::Accept { sdp: Some(Bytes::from_static(ANSWER)), headers: vec![] });
    wire.run(Duration::from_secs(5));
    assert!(matches!(wire.told(B)[..], [LegEvent::Acknowledged { .. }]));
    assert!(matches!(wire.told(A)[..], [LegEvent::Answered { .. }]));
    assert_eq!(wire.ladder().iter().filter(|m| *m == "B 200 INVITE").count(), 3);
}

#[test]
fn a_call_without_ack_ends_after_64_t1() {
    let mut wire = Wire::new();
    wire.fate = Box::new(|_, message| match message {
        Message::Request(request) if request.method == Method::Ack => Fate::Lost,
        _ => Fate::Arrives,
    });
    wire.ring(new_leg(A));
    wire.leg(B, 2, LegCommand::Accept { sdp: Some(Bytes::from_static(ANSWER)), headers: vec![] });
    wire.run(Duration::from_millis(31_900));
    assert_eq!(wire.told(B), []);
    // 0.5, 1.5, 3.5, then every 4 s: the first one and ten repeats.
    assert_eq!(wire.ladder().iter().filter(|m| *m == "B 200 INVITE").count(), 11);
    wire.run(Duration::from_secs(1));
    assert_eq!(ended_by(&wire.told(B)), [EndedBy::NoAck]);
    assert_eq!(ended_by(&wire.told(A)), [EndedBy::Peer]);
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn the_callees_bye_waits_for_the_ack() {
    let mut wire = Wire::new();
    wire.ring(new_leg(A));
    wire.leg(B, 2, LegCommand::Accept { sdp: Some(Bytes::from_static(ANSWER)), headers: vec![] });
    wire.hang_up(B, 2);
    assert!(!wire.ladder().contains(&"B BYE".to_owned()));
    wire.settle();
    assert_eq!(ended_by(&wire.told(B)), [EndedBy::Us]);
    assert_eq!(ended_by(&wire.told(A)), [EndedBy::Peer]);
    wire.run_out();
    wire.assert_empty();
}

/// The To tags of the answers to an INVITE and to its CANCEL.
fn tags(solo: &mut Solo) -> Vec<(u16, Option<String>)> {
    let sent = solo.sent();
    let of = |message: &Message| match message {
        Message::Response(response) => {
            Some((response.status, response.headers.to().unwrap().tag().map(str::to_owned)))
        }
        Message::Request(_) => None,
    };
    sent.iter().filter_map(of).filter(|(status, _)| *status > 100).collect()
}

#[test]
fn a_cancel_is_answered_with_the_to_tag_of_its_invite() {
    for adopted in [false, true] {
        let mut solo = Solo::new();
        solo.receive(raw("INVITE", "1", "", 1, &[], OFFER));
        let txn = solo.events.iter().find_map(|event| match event {
            Event::Invite { txn, .. } => Some(*txn),
            _ => None,
        });
        if adopted {
            solo.command(Command::Adopt { txn: txn.unwrap(), leg: leg(1) });
            solo.leg(1, LegCommand::Provisional { status: 180, sdp: None, headers: vec![] });
        }
        solo.receive(raw("CANCEL", "1", "", 1, &[], b""));
        let tags = tags(&mut solo);
        let statuses: Vec<u16> = tags.iter().map(|(status, _)| *status).collect();
        assert_eq!(statuses, if adopted { vec![180, 200, 487] } else { vec![200, 487] });
        assert!(tags.iter().all(|(_, tag)| tag.is_some() && *tag == tags[0].1), "{tags:?}");
    }
}

#[test]
fn an_invite_that_nobody_deals_with_is_a_500_after_32_s_and_leaves_nothing() {
    let mut solo = Solo::new();
    solo.receive(raw("INVITE", "1", "", 1, &[], OFFER));
    assert_eq!(solo.ladder(), ["100 INVITE"]);
    let Some(Event::Invite { txn, .. }) = solo.events.pop() else { panic!() };
    solo.run(Duration::from_millis(31_900));
    assert_eq!(solo.ladder(), [""; 0]);
    solo.run(Duration::from_millis(200));
    assert_eq!(solo.ladder(), ["500 INVITE"]);
    assert_eq!(solo.events, [Event::InviteCancelled(txn)]);
    solo.receive(raw("ACK", "1", "", 1, &[], b""));
    solo.run(Duration::from_secs(40));
    assert_eq!(solo.end.load(), Default::default());
}

#[test]
fn an_adopted_invite_may_ring_for_long() {
    let mut solo = Solo::new();
    solo.receive(raw("INVITE", "1", "", 1, &[], OFFER));
    let Some(Event::Invite { txn, .. }) = solo.events.pop() else { panic!() };
    solo.command(Command::Adopt { txn, leg: leg(1) });
    solo.leg(1, LegCommand::Provisional { status: 180, sdp: None, headers: vec![] });
    solo.run(Duration::from_secs(300));
    assert_eq!(solo.ladder(), ["100 INVITE", "180 INVITE"]);
    solo.leg(1, LegCommand::Reject { status: 486, reason: Default::default(), headers: vec![] });
    assert_eq!(solo.ladder(), ["486 INVITE"]);
}
