//! Session timers (RFC 4028) and digest answers.

use crate::wire::*;
use cordboard_sip::endpoint::Command;
use cordboard_sip::message::{Message, Method};
use cordboard_sip::session::{Credentials, EndedBy, LegCommand, LegEvent, NewLeg};
use core::time::Duration;

fn timed(secs: u64) -> NewLeg {
    NewLeg { session_expires: Some(Duration::from_secs(secs)), ..new_leg(A) }
}

#[test]
fn a_session_is_refreshed_by_update_and_stays_up() {
    let mut wire = Wire::new();
    wire.talk_with(timed(180));
    wire.run(Duration::from_secs(600));
    let updates = wire.ladder().iter().filter(|m| m.ends_with(" UPDATE") && !m.contains("200")).count();
    assert_eq!(updates, 6);
    assert_eq!((wire.told(A), wire.told(B)), (vec![], vec![]));
}

#[test]
fn a_session_whose_refreshes_get_lost_ends_at_both_sides() {
    let mut wire = Wire::new();
    wire.talk_with(timed(180));
    wire.fate = Box::new(|_, _| Fate::Lost);
    wire.run(Duration::from_secs(300));
    let mut ends = [ended_by(&wire.told(A)), ended_by(&wire.told(B))].concat();
    ends.sort_by_key(|by| format!("{by:?}"));
    // The refresher gives up when its UPDATE times out, the other when the interval is over.
    assert_eq!(ends, [EndedBy::Lost, EndedBy::SessionTimer]);
    wire.run_out();
    wire.assert_empty();
}

#[test]
fn a_422_raises_the_interval_and_the_invite_goes_again() {
    let mut solo = Solo::new();
    solo.leg(1, LegCommand::Invite(Box::new(timed(120))));
    let invite = solo.sent_request();
    assert_eq!(invite.headers.number("Session-Expires"), Some(120));
    let mut short = answer(&invite, 422, "x", None);
    short.headers.push("Min-SE", "300");
    solo.response(&short);
    let sent = solo.sent();
    let [Message::Request(_ack), Message::Request(again)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(again.headers.number("Session-Expires"), Some(300));
    assert_eq!(again.headers.number("Min-SE"), Some(300));
    assert_eq!(again.headers.cseq().unwrap().number, invite.headers.cseq().unwrap().number + 1);
    assert_eq!(solo.told(), []);
}

#[test]
fn an_interval_below_ours_is_refused_with_422_and_min_se() {
    let mut solo = Solo::new();
    solo.receive(raw("INVITE", "1", "", 1, &["Supported: timer", "Session-Expires: 89"], OFFER));
    let refused = solo.sent_response();
    assert_eq!((refused.status, refused.headers.number("Min-SE")), (422, Some(90)));
    solo.receive(raw("INVITE", "2", "", 2, &["Supported: timer", "Session-Expires: 90"], OFFER));
    assert_eq!(solo.sent_response().status, 100);
}

#[test]
fn we_refresh_by_reinvite_where_the_peer_knows_no_update() {
    let mut solo = Solo::new();
    solo.leg(1, LegCommand::Invite(Box::new(timed(180))));
    let invite = solo.sent_request();
    let mut ok = answer(&invite, 200, "x", Some(ANSWER));
    ok.headers.push("Session-Expires", "180;refresher=uac");
    ok.headers.push("Allow", "INVITE, ACK, BYE, CANCEL");
    solo.response(&ok);
    solo.sent();
    solo.told();
    solo.run(Duration::from_secs(90));
    let refresh = solo.sent_request();
    assert_eq!((refresh.method.clone(), &refresh.body[..]), (Method::Invite, OFFER));
    assert_eq!(refresh.headers.first("Session-Expires"), Some("180;refresher=uac"));
    let mut ok = answer(&refresh, 200, "x", Some(ANSWER));
    ok.headers.push("Session-Expires", "180;refresher=uac");
    solo.response(&ok);
    assert_eq!(solo.ladder(), ["ACK"]);
    assert_eq!(solo.told(), []);
    // The peer does not answer the next ones: the session ends 32 s before its end.
    solo.run(Duration::from_secs(147));
    assert_eq!(solo.told(), [LegEvent::Ended { by: EndedBy::Lost, reason: Default::default() }]);
}

fn challenge(
    status: u16,
    invite: &cordboard_sip::message::Request,
    nonce: &str,
    stale: bool,
) -> cordboard_sip::message::Response {
    let mut response = answer(invite, status, "x", None);
    let header = if status == 407 { "Proxy-Authenticate" } else { "WWW-Authenticate" };
    let stale = if stale { ", stale=true" } else { "" };
    response.headers.push(
        header,
        format!("Digest realm=\"itsp\", nonce=\"{nonce}\", qop=\"auth\", algorithm=MD5{stale}"),
    );
    response
}

fn trunk_leg() -> NewLeg {
    let credentials = Credentials { username: "u".into(), password: "p".into() };
    NewLeg { credentials: Some(credentials), ..new_leg(A) }
}

#[test]
fn a_challenged_invite_is_answered_once_and_its_ack_carries_the_credentials() {
    let mut solo = Solo::new();
    solo.leg(1, LegCommand::Invite(Box::new(trunk_leg())));
    let invite = solo.sent_request();
    solo.response(&challenge(407, &invite, "n1", false));
    let sent = solo.sent();
    let [Message::Request(ack), Message::Request(again)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((&ack.method, &again.method), (&Method::Ack, &Method::Invite));
    let authorization = again.headers.first("Proxy-Authorization").unwrap();
    assert!(authorization.contains("nonce=\"n1\""), "{authorization}");
    assert_eq!(again.headers.first("Call-ID"), invite.headers.first("Call-ID"));
    assert_eq!(again.headers.from().unwrap().tag(), invite.headers.from().unwrap().tag());
    solo.response(&answer(again, 200, "x", Some(ANSWER)));
    let ack = solo.sent_request();
    assert_eq!(ack.headers.first("Proxy-Authorization"), Some(authorization));
}

#[test]
fn a_stale_nonce_is_retried_and_a_wrong_password_is_not() {
    let mut solo = Solo::new();
    solo.leg(1, LegCommand::Invite(Box::new(trunk_leg())));
    let mut invite = solo.sent_request();
    for (nonce, stale) in [("n1", false), ("n2", true)] {
        solo.response(&challenge(401, &invite, nonce, stale));
        let Some(Message::Request(again)) = solo.sent().pop() else { panic!() };
        assert!(again.headers.first("Authorization").unwrap().contains(nonce));
        assert_eq!(again.headers.all("Authorization").count(), 1);
        invite = again;
    }
    solo.response(&challenge(401, &invite, "n3", false));
    assert!(matches!(solo.told()[..], [LegEvent::Refused { status: 401, .. }]));
}

#[test]
fn endless_stale_nonces_are_given_up() {
    let mut solo = Solo::new();
    solo.leg(1, LegCommand::Invite(Box::new(trunk_leg())));
    let mut tries = 0;
    while let Some(Message::Request(invite)) = solo.sent().pop() {
        if invite.method == Method::Ack {
            break;
        }
        tries += 1;
        solo.response(&challenge(401, &invite, "n", true));
    }
    assert_eq!(tries, 5);
    assert!(matches!(solo.told()[..], [LegEvent::Refused { status: 401, .. }]));
}

#[test]
fn a_leg_without_credentials_reports_the_challenge() {
    let mut solo = Solo::new();
    solo.leg(1, LegCommand::Invite(Box::new(new_leg(A))));
    let invite = solo.sent_request();
    solo.response(&challenge(401, &invite, "n1", false));
    assert!(matches!(solo.told()[..], [LegEvent::Refused { status: 401, response: Some(_) }]));
}

#[test]
fn a_challenged_bye_is_answered() {
    let mut solo = Solo::new();
    solo.leg(1, LegCommand::Invite(Box::new(trunk_leg())));
    let invite = solo.sent_request();
    solo.response(&answer(&invite, 200, "x", Some(ANSWER)));
    solo.sent();
    solo.leg(1, LegCommand::End { reason: Default::default() });
    let bye = solo.sent_request();
    solo.response(&challenge(401, &bye, "n1", false));
    let again = solo.sent_request();
    assert!(again.headers.first("Authorization").is_some());
    assert_eq!(again.headers.cseq().unwrap().number, bye.headers.cseq().unwrap().number + 1);
    solo.told();
    solo.response(&answer(&again, 200, "", None));
    assert_eq!(ended_by(&solo.told()), [EndedBy::Us]);
}

/// The nonce and the count in a request's answer.
fn counted(request: &cordboard_sip::message::Request) -> (String, String) {
    let value = request.headers.first("Authorization").unwrap_or("");
    let part = |key: &str| value.split(", ").find_map(|part| part.strip_prefix(key)).unwrap_or("").to_owned();
    (part("nonce=").trim_matches('"').to_owned(), part("nc="))
}

#[test]
fn requests_within_the_dialog_go_with_the_nonce_of_the_invite_and_a_growing_count() {
    let mut solo = Solo::new();
    solo.leg(1, LegCommand::Invite(Box::new(trunk_leg())));
    let invite = solo.sent_request();
    solo.response(&challenge(401, &invite, "n1", false));
    let Some(Message::Request(again)) = solo.sent().pop() else { panic!() };
    assert_eq!(counted(&again), ("n1".into(), "00000001".into()));
    solo.response(&answer(&again, 200, "x", Some(ANSWER)));
    solo.sent();
    let info = |text: &'static str| LegCommand::Info {
        content_type: "application/dtmf-relay".into(),
        body: text.into(),
    };
    solo.leg(1, info("Signal=1"));
    let first = solo.sent_request();
    assert_eq!(counted(&first), ("n1".into(), "00000002".into()));
    // A peer that wants every nonce used once, and doesn't call it stale, gets one more try.
    solo.response(&challenge(401, &first, "n2", false));
    let second = solo.sent_request();
    assert_eq!(counted(&second), ("n2".into(), "00000001".into()));
    solo.response(&answer(&second, 200, "", None));
    solo.leg(1, LegCommand::End { reason: Default::default() });
    assert_eq!(counted(&solo.sent_request()), ("n2".into(), "00000002".into()));
}

#[test]
fn the_next_call_goes_out_with_the_nonce_of_the_one_before() {
    let mut solo = Solo::new();
    solo.leg(1, LegCommand::Invite(Box::new(trunk_leg())));
    let invite = solo.sent_request();
    solo.response(&challenge(401, &invite, "n1", false));
    let Some(Message::Request(again)) = solo.sent().pop() else { panic!() };
    solo.response(&answer(&again, 200, "x", Some(ANSWER)));
    solo.sent();
    solo.leg(2, LegCommand::Invite(Box::new(trunk_leg())));
    let second = solo.sent_request();
    assert_eq!(counted(&second), ("n1".into(), "00000002".into()));
    // Two calls at once share the count.
    solo.leg(1, LegCommand::End { reason: Default::default() });
    assert_eq!(counted(&solo.sent_request()), ("n1".into(), "00000003".into()));
    // The nonce is used up, and not called stale: one more try, not two.
    solo.response(&challenge(401, &second, "n2", false));
    let Some(Message::Request(third)) = solo.sent().pop() else { panic!() };
    assert_eq!(counted(&third), ("n2".into(), "00000001".into()));
    solo.told();
    solo.response(&challenge(401, &third, "n3", false));
    solo.sent();
    assert!(matches!(solo.told()[..], [LegEvent::Refused { status: 401, .. }]));
    // What was refused is not tried again.
    solo.leg(3, LegCommand::Invite(Box::new(trunk_leg())));
    assert_eq!(counted(&solo.sent_request()), (String::new(), String::new()));
    // Another account has nothing of it.
    let other = Credentials { username: "v".into(), password: "p".into() };
    solo.leg(4, LegCommand::Invite(Box::new(NewLeg { credentials: Some(other), ..new_leg(A) })));
    assert_eq!(counted(&solo.sent_request()), (String::new(), String::new()));
}

#[test]
fn the_next_hop_is_tried_on_503_on_silence_and_when_unreachable() {
    let mut solo = Solo::new();
    let hop = |n: u8| cordboard_base::Hop::new(cordboard_base::Transport::Udp, ([10, 0, 0, n], 5060).into());
    solo.leg(1, LegCommand::Invite(Box::new(NewLeg { hops: (2..6).map(hop).collect(), ..new_leg(A) })));
    assert_eq!(solo.sent[0].0, hop(2));
    let first = solo.sent_request();
    solo.response(&answer(&first, 503, "x", None));
    assert_eq!(solo.sent[1].0, hop(3));
    solo.sent();
    solo.run(Duration::from_secs(32));
    assert_eq!(solo.sent.last().unwrap().0, hop(4));
    solo.sent();
    solo.input(cordboard_sip::endpoint::Input::Unreachable(hop(4)));
    assert_eq!(solo.sent.last().unwrap().0, hop(5));
    solo.sent();
    assert_eq!(solo.told(), []);
    solo.input(cordboard_sip::endpoint::Input::Unreachable(hop(5)));
    assert_eq!(solo.told(), [LegEvent::Refused { status: 503, response: None }]);
}

#[test]
fn what_icmp_quotes_fails_at_once_and_nothing_else_does() {
    let mut solo = Solo::new();
    let hop = |n: u8| cordboard_base::Hop::new(cordboard_base::Transport::Udp, ([10, 0, 0, n], 5060).into());
    let mut invites = Vec::new();
    for leg in [1, 2] {
        solo.leg(leg, LegCommand::Invite(Box::new(NewLeg { hops: vec![hop(2)], ..new_leg(A) })));
        invites.push(solo.sent_request().to_bytes());
    }
    let undelivered = |hop, quoted: &[u8]| cordboard_sip::endpoint::Input::Undelivered {
        hop,
        quoted: bytes::Bytes::copy_from_slice(quoted),
    };
    // Whoever has not seen the branch can't make a call fail, nor does an empty or a foreign quotation.
    let forged = b"INVITE sip:a SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK";
    for (to, quoted) in
        [(hop(2), &forged[..]), (hop(2), &[]), (hop(3), &invites[0]), (hop(2), &invites[0][..40])]
    {
        solo.input(undelivered(to, quoted));
    }
    assert_eq!(solo.told(), []);
    let quoted = invites[1].get(..300).unwrap_or(&invites[1]).to_vec();
    solo.input(undelivered(hop(2), &quoted));
    assert_eq!(solo.told(), [LegEvent::Refused { status: 503, response: None }]);
    solo.input(undelivered(hop(2), &quoted));
    assert_eq!(solo.told(), [], "once");
}

#[test]
fn a_leg_without_a_hop_is_refused_at_once() {
    let mut solo = Solo::new();
    solo.command(Command::Leg(leg(1), LegCommand::Invite(Box::new(NewLeg { hops: vec![], ..new_leg(A) }))));
    assert_eq!(solo.told(), [LegEvent::Refused { status: 503, response: None }]);
    assert_eq!(solo.end.load(), Default::default());
}
