//! What is refused at the door, absorbed, counted, and where answers go.

use crate::wire::*;
use bytes::Bytes;
use cordboard_base::{ConnectionId, Hop, Transport};
use cordboard_sip::endpoint::{Command, Event, Input, Outcome, RequestId};
use cordboard_sip::message::{Message, Method, Request, Uri};
use cordboard_sip::session::{LegCommand, LegEvent, NewLeg};
use core::time::Duration;

fn text(lines: &str) -> Bytes {
    Bytes::from(lines.replace('\n', "\r\n"))
}

fn status_of(solo: &mut Solo, bytes: Bytes) -> u16 {
    solo.receive(bytes);
    solo.sent_response().status
}

#[test]
fn requests_that_cannot_be_served_are_refused() {
    let mut solo = Solo::new();
    let table: [(&str, &str, &[&str], u16); 9] = [
        ("BYE", "", &[], 481),
        ("UPDATE", "", &[], 481),
        ("PRACK", "", &["RAck: 1 1 INVITE"], 481),
        ("INFO", "", &[], 481),
        ("CANCEL", "", &[], 481),
        ("FROB", "", &[], 501),
        ("INVITE", "", &["Require: 100rel, frob"], 420),
        ("INVITE", "nowhere", &[], 481),
        ("MESSAGE", "1.0-nowhere", &[], 481),
    ];
    for (n, (method, tag, lines, status)) in table.into_iter().enumerate() {
        assert_eq!(status_of(&mut solo, raw(method, &n.to_string(), tag, 1, lines, b"")), status, "{method}");
    }
    assert_eq!(solo.events, []);
    assert_eq!(solo.end.counters().refused, 9);
    assert_eq!(solo.end.load(), Default::default());
}

#[test]
fn unsupported_extensions_are_named() {
    let mut solo = Solo::new();
    solo.receive(raw("OPTIONS", "1", "", 1, &["Require: 100rel, frob", "Require: nicate"], b""));
    let refused = solo.sent_response();
    assert_eq!(
        (refused.status, refused.headers.all("Unsupported").collect::<Vec<_>>().join(", ")),
        (420, "frob, nicate".into())
    );
}

#[test]
fn an_invite_at_its_last_hop_gets_483_and_options_is_answered() {
    let mut solo = Solo::new();
    let last = |method, branch| {
        let bytes = raw(method, branch, "", 1, &[], b"");
        Bytes::from(String::from_utf8(bytes.to_vec()).unwrap().replace("Max-Forwards: 70", "Max-Forwards: 0"))
    };
    assert_eq!(status_of(&mut solo, last("INVITE", "1")), 483);
    solo.receive(last("OPTIONS", "2"));
    assert!(matches!(solo.events[..], [Event::Request { .. }]));
}

#[test]
fn a_request_that_comes_by_two_ways_gets_482() {
    let mut solo = Solo::new();
    solo.receive(raw("INVITE", "one", "", 1, &[], OFFER));
    assert_eq!(solo.sent_response().status, 100);
    assert_eq!(status_of(&mut solo, raw("INVITE", "two", "", 1, &[], OFFER)), 482);
    assert_eq!(solo.events.len(), 1);
}

#[test]
fn a_refusal_is_the_same_for_every_copy() {
    let mut solo = Solo::new();
    let bytes = raw("BYE", "1", "", 1, &[], b"");
    solo.receive(bytes.clone());
    let first = solo.sent_response();
    assert!(first.headers.to().unwrap().tag().is_some());
    solo.receive(bytes);
    assert_eq!(solo.sent_response(), first);
}

#[test]
fn a_malformed_request_is_answered_400_and_counted_and_garbage_is_dropped() {
    let mut solo = Solo::new();
    let bad = "OPTIONS sip:a@b SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\nFrom: <sip:a@b>;tag=1\nTo: <sip:a@b>\n\
               Call-ID: 1\nCSeq: nonsense OPTIONS\n\n";
    assert_eq!(status_of(&mut solo, text(bad)), 400);
    assert_eq!(status_of(&mut solo, text(&bad.replace("nonsense OPTIONS", "1 INVITE"))), 400);
    for garbage in ["", "\r\n\r\n", "hello", "\0\u{1}\u{2}"] {
        solo.receive(Bytes::copy_from_slice(garbage.as_bytes()));
    }
    assert_eq!(solo.ladder(), [""; 0]);
    let counters = solo.end.counters();
    assert_eq!((counters.malformed, counters.garbage, counters.received), (2, 4, 6));
}

#[test]
fn a_repeated_request_is_answered_again_and_told_once() {
    let mut solo = Solo::new();
    let bytes = raw("OPTIONS", "1", "", 1, &[], b"");
    solo.receive(bytes.clone());
    solo.receive(bytes.clone());
    assert_eq!(solo.ladder(), [""; 0]);
    let Some(Event::Request { txn, request, .. }) = solo.events.pop() else { panic!() };
    assert_eq!(solo.events, []);
    solo.command(Command::Respond { txn, response: Box::new(request.response(200)) });
    let first = solo.sent_response();
    solo.receive(bytes.clone());
    assert_eq!(solo.sent_response(), first);
    assert_eq!(solo.end.counters().repeated, 2);
    // After timer J the transaction is gone, and the request is a new one.
    solo.run(Duration::from_secs(33));
    assert_eq!(solo.end.load(), Default::default());
    solo.receive(bytes);
    assert_eq!(solo.events.len(), 1);
}

#[test]
fn a_refused_invite_is_repeated_until_its_ack() {
    let mut solo = Solo::new();
    solo.receive(raw("INVITE", "1", "", 1, &[], OFFER));
    let Some(Event::Invite { txn, request, .. }) = solo.events.pop() else { panic!() };
    solo.command(Command::Respond { txn, response: Box::new(request.response(403)) });
    solo.run(Duration::from_millis(1_600));
    assert_eq!(solo.ladder(), ["100 INVITE", "403 INVITE", "403 INVITE", "403 INVITE"]);
    solo.receive(raw("ACK", "1", "any", 1, &[], b""));
    solo.run(Duration::from_secs(10));
    assert_eq!(solo.ladder(), [""; 0]);
    assert_eq!(solo.end.load(), Default::default());
}

#[test]
fn a_refusal_that_is_never_acked_is_given_up() {
    let mut solo = Solo::new();
    solo.receive(raw("INVITE", "1", "", 1, &[], OFFER));
    let Some(Event::Invite { txn, request, .. }) = solo.events.pop() else { panic!() };
    solo.command(Command::Respond { txn, response: Box::new(request.response(403)) });
    solo.sent();
    solo.run(Duration::from_secs(33));
    // 0.5, 1.5, 3.5, then every 4 s until 32 s (timers G and H).
    assert_eq!(solo.ladder().len(), 10);
    assert_eq!(solo.end.load(), Default::default());
}

#[test]
fn a_full_table_refuses_new_calls_with_503_but_lets_a_bye_in() {
    let mut solo = Solo::with(|config| config.limits.sessions = 1);
    solo.receive(raw("INVITE", "1", "", 1, &[], OFFER));
    let Some(Event::Invite { txn, .. }) = solo.events.pop() else { panic!() };
    solo.command(Command::Adopt { txn, leg: leg(1) });
    solo.leg(1, LegCommand::Accept { sdp: Some(sdp("answer")), headers: vec![] });
    let Some(Message::Response(ok)) = solo.sent().pop() else { panic!() };
    let tag = ok.headers.to().unwrap().tag().unwrap().to_owned();
    solo.receive(raw("INVITE", "2", "", 2, &[], OFFER));
    let refused = solo.sent_response();
    assert_eq!((refused.status, refused.headers.number("Retry-After")), (503, Some(10)));
    solo.told();
    solo.leg(2, LegCommand::Invite(Box::new(new_leg(A))));
    assert_eq!(solo.told(), [LegEvent::Refused { status: 503, response: None }]);
    assert_eq!(solo.end.counters().overloaded, 1);
    assert_eq!(status_of(&mut solo, raw("BYE", "3", &tag, 2, &[], b"")), 200);
    assert_eq!(status_of(&mut solo, raw("INVITE", "4", "", 4, &[], OFFER)), 100);
}

#[test]
fn full_transactions_refuse_the_next_request() {
    let mut solo = Solo::with(|config| config.limits.transactions = 2);
    for n in 1..=2 {
        solo.receive(raw("OPTIONS", &n.to_string(), "", n, &[], b""));
    }
    assert_eq!(solo.events.len(), 2);
    assert_eq!(status_of(&mut solo, raw("OPTIONS", "3", "", 3, &[], b"")), 503);
    assert_eq!(solo.events.len(), 2);
}

fn from_hop(solo: &mut Solo, transport: Transport, source: &str, connection: Option<u64>) {
    let remote = source.parse().unwrap();
    solo.from = Hop { transport, remote, connection: connection.map(ConnectionId) };
}

#[test]
fn an_answer_goes_where_the_request_came_from() {
    // (Via sent-by and parameters, source, where the answer goes, received, rport)
    let table = [
        ("10.0.0.2:5070", "10.0.0.2:40000", "10.0.0.2:5070", None, None),
        ("10.0.0.2:5070;rport", "10.0.0.2:40000", "10.0.0.2:40000", Some("10.0.0.2"), Some("40000")),
        ("192.168.7.7:5060;rport", "203.0.113.5:1024", "203.0.113.5:1024", Some("203.0.113.5"), Some("1024")),
        ("192.168.7.7:5060", "203.0.113.5:1024", "203.0.113.5:1024", Some("203.0.113.5"), None),
        ("phone.example", "203.0.113.5:1024", "203.0.113.5:1024", Some("203.0.113.5"), None),
    ];
    for (sent_by, source, to, received, rport) in table {
        let mut solo = Solo::new();
        from_hop(&mut solo, Transport::Udp, source, None);
        let request = String::from_utf8(raw("BYE", "1", "", 1, &[], b"").to_vec()).unwrap();
        solo.receive(Bytes::from(request.replace("10.0.0.2:5060;rport", sent_by)));
        assert_eq!(solo.sent[0].0.remote.to_string(), to, "{sent_by}");
        let via = solo.sent_response().headers.via().unwrap();
        assert_eq!(via.params.value("received"), received, "{sent_by}");
        assert_eq!(via.params.value("rport").filter(|r| !r.is_empty()), rport, "{sent_by}");
    }
}

#[test]
fn an_answer_whose_connection_is_gone_goes_to_where_the_peer_listens() {
    let mut solo = Solo::new();
    from_hop(&mut solo, Transport::Tcp, "10.0.0.2:40000", Some(9));
    solo.receive(raw("INVITE", "1", "", 1, &[], OFFER));
    let Some(Event::Invite { txn, request, .. }) = solo.events.pop() else { panic!() };
    solo.sent();
    solo.command(Command::Respond { txn, response: Box::new(request.response(486)) });
    let gone = solo.sent[0].0;
    assert_eq!(gone.connection, Some(ConnectionId(9)));
    solo.sent();
    solo.input(Input::Unreachable(gone));
    assert_eq!(solo.sent[0].0, Hop::new(Transport::Tcp, "10.0.0.2:5060".parse().unwrap()));
    assert_eq!(solo.sent_response().status, 486);
    solo.input(Input::Unreachable(gone));
    assert_eq!(solo.sent, []);
}

fn big_options(size: usize) -> Box<Request> {
    let mut request = Box::new(Request::new(Method::Options, Uri::parse("sip:bob@10.0.0.2").unwrap()));
    for (name, value) in [
        ("From", "<sip:a@10.0.0.1>;tag=1"),
        ("To", "<sip:bob@10.0.0.2>"),
        ("Call-ID", "big"),
        ("CSeq", "1 OPTIONS"),
    ] {
        request.headers.push(name, value);
    }
    request.body = Bytes::from(vec![b'x'; size]);
    request
}

#[test]
fn a_large_request_goes_by_tcp_and_falls_back_to_udp() {
    let udp = Hop::new(Transport::Udp, address(B));
    let send = |size| Command::Send { id: RequestId(1), to: udp, request: big_options(size) };
    let mut solo = Solo::new();
    solo.command(send(0));
    let overhead = solo.sent[0].1.to_bytes().len() + 3;
    for (size, transport) in [(1_300 - overhead, Transport::Udp), (1_301 - overhead, Transport::Tcp)] {
        let mut solo = Solo::new();
        solo.command(send(size));
        assert_eq!(solo.sent[0].0.transport, transport, "{}", solo.sent[0].1.to_bytes().len());
    }
    let mut solo = Solo::new();
    solo.command(send(1_400));
    let (tcp, Message::Request(first)) = solo.sent.remove(0) else { panic!() };
    assert_eq!(first.headers.via().unwrap().transport, "TCP");
    solo.input(Input::Unreachable(tcp));
    let (hop, Message::Request(second)) = solo.sent.remove(0) else { panic!() };
    let via = second.headers.via().unwrap();
    assert_eq!((hop, via.transport.as_str()), (udp, "UDP"));
    assert_eq!(via.branch(), first.headers.via().unwrap().branch());
    assert!(via.params.has("rport"));
    solo.response(&second.response(200));
    assert!(
        matches!(&solo.events[..], [Event::Response { id: RequestId(1), outcome: Outcome::Final(r, _) }] if r.status == 200)
    );
}

#[test]
fn a_silent_stream_falls_back_too_and_a_request_that_names_tcp_fails() {
    let mut solo = Solo::new();
    solo.command(Command::Send {
        id: RequestId(1),
        to: Hop::new(Transport::Udp, address(B)),
        request: big_options(1_400),
    });
    solo.sent.clear();
    solo.run(Duration::from_secs(5));
    assert_eq!(solo.sent[0].0.transport, Transport::Udp);
    let tcp = Hop::new(Transport::Tcp, address(B));
    let mut solo = Solo::new();
    solo.command(Command::Send { id: RequestId(2), to: tcp, request: big_options(0) });
    solo.input(Input::Unreachable(tcp));
    assert_eq!(solo.events, [Event::Response { id: RequestId(2), outcome: Outcome::Unreachable }]);
    assert_eq!(solo.end.load(), Default::default());
}

#[test]
fn a_request_that_nobody_answers_times_out() {
    let mut solo = Solo::new();
    let to = Hop::new(Transport::Udp, address(B));
    solo.command(Command::Send { id: RequestId(1), to, request: big_options(0) });
    solo.run(Duration::from_secs(33));
    assert_eq!(solo.events, [Event::Response { id: RequestId(1), outcome: Outcome::TimedOut }]);
    // Timer E: 0.5, 1.5, 3.5, then every 4 s.
    assert_eq!(solo.ladder().len(), 11);
}

#[test]
fn nothing_is_retransmitted_on_a_stream() {
    let mut solo = Solo::new();
    let hops = vec![Hop::new(Transport::Tcp, address(B))];
    solo.leg(1, LegCommand::Invite(Box::new(NewLeg { hops, ..new_leg(A) })));
    solo.run(Duration::from_secs(31));
    assert_eq!(solo.ladder(), ["INVITE"]);
    solo.run(Duration::from_secs(2));
    assert_eq!(solo.told(), [LegEvent::Refused { status: 408, response: None }]);
}

#[test]
fn a_call_from_behind_a_nat_is_spoken_to_where_it_comes_from() {
    let mut solo = Solo::new();
    from_hop(&mut solo, Transport::Udp, "203.0.113.5:1024", None);
    let invite = String::from_utf8(raw("INVITE", "1", "", 1, &[], OFFER).to_vec()).unwrap();
    solo.receive(Bytes::from(invite.replace("sip:bob@10.0.0.2:5060", "sip:bob@192.168.7.7:5060")));
    let Some(Event::Invite { txn, .. }) = solo.events.pop() else { panic!() };
    solo.command(Command::Adopt { txn, leg: leg(1) });
    solo.leg(1, LegCommand::Accept { sdp: Some(sdp("answer")), headers: vec![] });
    let Some(Message::Response(ok)) = solo.sent().pop() else { panic!() };
    let tag = ok.headers.to().unwrap().tag().unwrap().to_owned();
    // The NAT has given the phone another port meanwhile.
    from_hop(&mut solo, Transport::Udp, "203.0.113.5:2048", None);
    solo.receive(raw("ACK", "2", &tag, 1, &[], b""));
    solo.leg(1, LegCommand::End { reason: Default::default() });
    assert_eq!(solo.sent[0].0.remote.to_string(), "203.0.113.5:2048");
    assert_eq!(solo.sent_request().uri.to_string(), "sip:bob@192.168.7.7:5060");
}

#[test]
fn record_routes_are_followed_loosely_and_strictly() {
    for (proxy, uri, route) in [
        ("<sip:10.0.0.9;lr>", "sip:bob@10.0.0.2:5060", "<sip:10.0.0.9;lr>"),
        ("<sip:10.0.0.9>", "sip:10.0.0.9", "<sip:bob@10.0.0.2:5060>"),
    ] {
        let mut solo = Solo::new();
        solo.leg(1, LegCommand::Invite(Box::new(new_leg(A))));
        let invite = solo.sent_request();
        let mut ok = answer(&invite, 200, "x", Some(ANSWER));
        ok.headers.push("Record-Route", proxy);
        solo.response(&ok);
        solo.sent();
        solo.leg(1, LegCommand::End { reason: Default::default() });
        assert_eq!(solo.sent[0].0.remote.to_string(), "10.0.0.9:5060");
        let bye = solo.sent_request();
        assert_eq!((bye.uri.to_string().as_str(), bye.headers.first("Route")), (uri, Some(route)));
    }
}

#[test]
fn our_names_tell_the_leg_and_cannot_be_guessed() {
    let mut solo = Solo::new();
    solo.leg(0xbeef, LegCommand::Invite(Box::new(new_leg(A))));
    let invite = solo.sent_request();
    let tag = invite.headers.from().unwrap().tag().unwrap().to_owned();
    let contact = invite.headers.addresses("Contact").unwrap().remove(0);
    let via = invite.headers.via().unwrap();
    assert!(tag.starts_with("beef.0-") && tag.len() >= 7 + 16, "{tag}");
    assert_eq!(contact.uri.user.as_deref(), Some(tag.as_str()));
    assert!(via.branch().contains("-beef.0-"), "{}", via.branch());
    assert_eq!(contact.uri.host.to_string(), "10.0.0.1");
}

#[test]
fn stray_responses_are_counted_and_dropped() {
    let mut solo = Solo::new();
    solo.leg(1, LegCommand::Invite(Box::new(new_leg(A))));
    let mut invite = solo.sent_request();
    let branch = invite.headers.via().unwrap().branch().to_owned();
    let forged = invite.headers.via().unwrap().to_string().replace(&branch, &format!("{branch}x"));
    invite.headers.set("Via", forged);
    solo.response(&answer(&invite, 200, "x", Some(ANSWER)));
    assert_eq!(solo.told(), []);
    assert_eq!(solo.end.counters().stray, 1);
}

#[test]
fn a_large_request_to_a_phone_behind_a_nat_stays_on_udp() {
    let mut solo = Solo::new();
    let to = Hop::new(Transport::Udp, "203.0.113.5:1024".parse().unwrap());
    solo.command(Command::Send { id: RequestId(1), to, request: big_options(1_400) });
    assert_eq!(solo.sent[0].0, to);
}

#[test]
fn a_request_that_says_nothing_sensible_is_refused_with_the_reason() {
    let mut solo = Solo::new();
    let twice = raw("OPTIONS", "1", "", 1, &["Max-Forwards: 70"], b"");
    assert_eq!(status_of(&mut solo, twice), 400);
    let scheme = String::from_utf8(raw("OPTIONS", "2", "", 1, &[], b"").to_vec()).unwrap();
    assert_eq!(
        status_of(&mut solo, Bytes::from(scheme.replace("sip:alice@10.0.0.1:5060 SIP", "frob:x SIP"))),
        416
    );
    assert_eq!(solo.end.counters().malformed, 2);
    assert_eq!(solo.events, []);
}

#[test]
fn an_invite_without_a_contact_gets_400() {
    let mut solo = Solo::new();
    let invite = String::from_utf8(raw("INVITE", "1", "", 1, &[], OFFER).to_vec()).unwrap();
    assert_eq!(
        status_of(&mut solo, Bytes::from(invite.replace("Contact: <sip:bob@10.0.0.2:5060>\r\n", ""))),
        400
    );
}

#[test]
fn a_phone_whose_stream_is_gone_is_called_back_where_it_listens() {
    let mut solo = Solo::new();
    from_hop(&mut solo, Transport::Tcp, "10.0.0.2:40000", Some(9));
    solo.receive(raw("INVITE", "1", "", 1, &[], OFFER).to_vec().into());
    let Some(Event::Invite { txn, .. }) = solo.events.pop() else { panic!() };
    solo.command(Command::Adopt { txn, leg: leg(1) });
    solo.leg(1, LegCommand::Accept { sdp: Some(sdp("answer")), headers: vec![] });
    let Some(Message::Response(ok)) = solo.sent().pop() else { panic!() };
    let tag = ok.headers.to().unwrap().tag().unwrap().to_owned();
    let ack = String::from_utf8(raw("ACK", "2", &tag, 1, &[], b"").to_vec()).unwrap();
    solo.receive(Bytes::from(ack));
    // The Contact names no transport, so it is reached by the one that it speaks.
    solo.leg(1, LegCommand::End { reason: Default::default() });
    let stream = Hop::new(Transport::Tcp, "10.0.0.2:40000".parse().unwrap());
    assert_eq!(solo.sent[0].0, stream);
    solo.sent();
    solo.input(Input::Unreachable(stream));
    let listener = Hop::new(Transport::Tcp, "10.0.0.2:5060".parse().unwrap());
    assert_eq!(solo.sent[0].0, listener);
    solo.told();
    solo.input(Input::Unreachable(listener));
    assert_eq!(ended_by(&solo.told()), [cordboard_sip::session::EndedBy::Us]);
}
