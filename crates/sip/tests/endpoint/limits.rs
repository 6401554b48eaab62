//! What a leg holds at most, at the limit and one past it.

use crate::wire::*;
use cordboard_base::{Hop, Transport};
use cordboard_sip::endpoint::{Command, Event, Input};
use cordboard_sip::message::Message;
use cordboard_sip::session::{HOPS_MAX, LegCommand, LegEvent, NewLeg, PROVISIONALS_MAX};

fn early(solo: &mut Solo) {
    solo.receive(raw("INVITE", "1", "", 1, &["Require: 100rel"], OFFER));
    let Some(Event::Invite { txn, .. }) = solo.events.pop() else { panic!() };
    solo.command(Command::Adopt { txn, leg: leg(1) });
    solo.sent();
}

/// Sends one provisional response and `waiting` more, and gives the statuses that go out as they are acknowledged.
fn provisionals(waiting: u16) -> Vec<u16> {
    let mut solo = Solo::new();
    early(&mut solo);
    for n in 0..=waiting {
        solo.leg(1, LegCommand::Provisional { status: 101 + n, sdp: None, headers: vec![] });
    }
    let mut statuses = Vec::new();
    for cseq in 2.. {
        let Some(Message::Response(response)) =
            solo.sent().pop().filter(|m| matches!(m, Message::Response(r) if r.status < 200))
        else {
            break;
        };
        statuses.push(response.status);
        let tag = response.headers.to().unwrap().tag().unwrap().to_owned();
        let rack = format!("RAck: {} 1 INVITE", response.headers.first("RSeq").unwrap());
        solo.receive(raw("PRACK", &cseq.to_string(), &tag, cseq, &[&rack], b""));
    }
    statuses
}

#[test]
fn waiting_provisional_responses_are_bounded_and_the_newest_survives() {
    let max = u16::try_from(PROVISIONALS_MAX).unwrap();
    assert_eq!(provisionals(max), (101..=101 + max).collect::<Vec<_>>());
    let mut expected: Vec<u16> = (101..101 + max).collect();
    expected.push(102 + max);
    assert_eq!(provisionals(max + 1), expected);
}

#[test]
fn unanswered_notices_are_bounded_and_the_bye_still_goes() {
    let mut solo = Solo::new();
    solo.receive(raw("INVITE", "1", "", 1, &[], OFFER));
    let Some(Event::Invite { txn, .. }) = solo.events.pop() else { panic!() };
    solo.command(Command::Adopt { txn, leg: leg(1) });
    solo.leg(1, LegCommand::Accept { sdp: Some(sdp("answer")), headers: vec![] });
    let Some(Message::Response(ok)) = solo.sent().pop() else { panic!() };
    let tag = ok.headers.to().unwrap().tag().unwrap().to_owned();
    solo.receive(raw("ACK", "ack1", &tag, 1, &[], b""));
    for _ in 0..33 {
        solo.leg(1, LegCommand::Info { content_type: "text/plain".into(), body: sdp("x") });
    }
    assert_eq!(solo.ladder().len(), 32);
    solo.leg(1, LegCommand::End { reason: Default::default() });
    assert_eq!(solo.ladder(), ["BYE"]);
}

#[test]
fn hops_past_the_limit_are_not_tried() {
    for (hops, tried) in [(HOPS_MAX, HOPS_MAX), (HOPS_MAX + 1, HOPS_MAX)] {
        let mut solo = Solo::new();
        let hop = |n: usize| Hop::new(Transport::Udp, ([10, 0, 1, u8::try_from(n).unwrap()], 5060).into());
        solo.leg(
            1,
            LegCommand::Invite(Box::new(NewLeg { hops: (0..hops).map(hop).collect(), ..new_leg(A) })),
        );
        for n in 0..hops {
            solo.input(Input::Unreachable(hop(n)));
        }
        assert_eq!(solo.ladder().len(), tried);
        assert_eq!(solo.told(), [LegEvent::Refused { status: 503, response: None }]);
    }
}
