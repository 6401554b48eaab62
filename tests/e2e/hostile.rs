//! Input that no phone would send, and peers that say nothing.

use crate::harness::crowd::Crowd;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::raw;
use std::io::Write;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

/// Nothing is awaited in this time: the answer to what is dropped.
const SILENCE: Duration = Duration::from_millis(200);
/// A peer's time in these tests: three times what the office allows.
const PATIENCE: Duration = Duration::from_secs(6);

/// An office that has little patience with streams.
fn impatient() -> Plan {
    ["handshake_s", "message_s", "write_s"]
        .into_iter()
        .fold(Plan::sample(), |plan, key| plan.set("timers", key, 2))
}

/// Bytes that differ from place to place, the same in every run.
fn noise(length: usize, seed: u32) -> Vec<u8> {
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some(state.to_be_bytes()[0])
    };
    std::iter::repeat_with({
        let mut state = seed;
        move || next(&mut state).unwrap()
    })
    .take(length)
    .collect()
}

fn invite(server: SocketAddr, more: &str) -> String {
    raw::request("INVITE", &format!("102@{server}"), "127.0.0.1:9".parse().unwrap(), "UDP", more)
}

#[test]
fn malformed_datagrams_are_dropped_or_answered_400() {
    let mut exchange = Exchange::start(&Plan::sample());
    let server = exchange.sip;
    let whole = invite(server, "");
    let mut bad: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"\0".to_vec(),
        b"\r\n\r\n\r\n".to_vec(),
        b"INVITE".to_vec(),
        b"INVITE sip:102 SIP/2.0\r\n\r\n".to_vec(),
        b"SIP/2.0 200 OK\r\n\r\n".to_vec(),
        b"SIP/2.0 99999999999999999999 OK\r\n\r\n".to_vec(),
        vec![b'a'; 60_000],
        whole.replace("CSeq: 1", "CSeq: 99999999999999999999").into_bytes(),
        whole.replace("Max-Forwards: 70", "Max-Forwards: -1").into_bytes(),
        whole.replace("Content-Length: 0", "Content-Length: 4000000000").into_bytes(),
        whole.replace("sip:102@", "sip:%00%%%@[").into_bytes(),
        invite(server, &"X-Filler: a\r\n".repeat(4_000)).into_bytes(),
        invite(server, &format!("X-Long: {}\r\n", "b".repeat(50_000))).into_bytes(),
    ];
    bad.extend((1..=64).map(|seed| noise(700, seed)));
    bad.extend((0..whole.len()).step_by(7).map(|end| whole.as_bytes()[..end].to_vec()));
    for bytes in &bad {
        if let Some(answer) = raw::exchange(server, bytes, Duration::from_millis(10)) {
            let status = answer.split(' ').nth(1).unwrap_or_default();
            // 100 and 401 answer messages whose fault no rule forbids to overlook.
            assert!(status.starts_with('4') || status.starts_with('5') || status == "100", "{answer}");
        }
    }
    exchange.still_answers();
}

#[test]
fn a_request_with_a_broken_header_is_answered_400() {
    let exchange = Exchange::start(&Plan::sample());
    let socket = raw::socket();
    let local = socket.local_addr().unwrap();
    let text = raw::request("OPTIONS", &exchange.sip.to_string(), local, "UDP", "");
    socket.send_to(text.replace("CSeq: 1 OPTIONS", "CSeq: one OPTIONS").as_bytes(), exchange.sip).unwrap();
    let mut buffer = [0; 4_096];
    let answer = crate::harness::wait::until("an answer", crate::harness::wait::SOON, || {
        let (length, _) = socket.recv_from(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    });
    assert!(answer.starts_with("SIP/2.0 400 "), "{answer}");
}

#[test]
fn a_flood_of_requests_delays_no_call_and_ends_no_process() {
    let mut exchange = Exchange::start(&Plan::sample());
    let mut crowd = Crowd::new(&exchange);
    let [ann, ben] = [crowd.phone("101", 700), crowd.phone("102", 1_100)];
    crowd.register(&[ann, ben]);
    crowd.connects(ann, "102", ben);
    let flood = UdpSocket::bind("127.0.0.1:0").unwrap();
    let local = flood.local_addr().unwrap();
    for round in 0..20_000u32 {
        let text = match round % 4 {
            0 => raw::request("INVITE", "102@cordboard.local", local, "UDP", ""),
            1 => raw::request("REGISTER", "cordboard.local", local, "UDP", ""),
            2 => raw::request("OPTIONS", "cordboard.local", local, "UDP", ""),
            _ => String::from_utf8_lossy(&noise(300, round)).into_owned(),
        };
        flood.send_to(text.as_bytes(), exchange.sip).unwrap();
        if round % 500 == 0 {
            crowd.turn();
        }
    }
    crowd.hears(ann, 1_100);
    crowd.hears(ben, 700);
    crowd.hangs_up(ben);
    crowd.is_over(ann);
    exchange.still_answers();
}

#[test]
fn silent_and_slow_streams_are_closed() {
    let mut exchange = Exchange::start(&impatient());
    let open = |address| TcpStream::connect(address).unwrap();
    let mut silent = open(exchange.sip);
    let mut halfway = open(exchange.sip);
    halfway.write_all(b"OPTIONS sip:x SIP/2.0\r\nVia: ").unwrap();
    let mut no_handshake = open(exchange.tls);
    let mut half_a_handshake = open(exchange.tls);
    half_a_handshake.write_all(&[0x16, 3, 1, 2, 0, 1, 0, 1]).unwrap();
    let streams = [
        ("silent", &mut silent),
        ("halfway", &mut halfway),
        ("no handshake", &mut no_handshake),
        ("half a handshake", &mut half_a_handshake),
    ];
    for (name, stream) in streams {
        assert!(raw::closed_after(stream, PATIENCE).is_some(), "{name}: still open after {PATIENCE:?}");
    }
    exchange.still_answers();
}

#[test]
fn a_stream_of_rubbish_is_closed_and_a_trickle_does_not_keep_a_message_open() {
    let mut exchange = Exchange::start(&impatient());
    let mut rubbish = TcpStream::connect(exchange.sip).unwrap();
    // The other end may close it halfway.
    rubbish.write_all(&noise(200_000, 5)).ok();
    assert!(raw::closed_after(&mut rubbish, PATIENCE).is_some(), "rubbish: still open");
    let mut trickle = TcpStream::connect(exchange.sip).unwrap();
    let mut header = b"OPTIONS sip:x SIP/2.0\r\nX: ".to_vec();
    header.resize(4_096, b'a');
    let closed = header.iter().any(|byte| {
        let written = trickle.write_all(&[*byte]);
        written.is_err() || raw::closed_after(&mut trickle, SILENCE).is_some()
    });
    assert!(closed, "a message may take longer than the office allows");
    exchange.still_answers();
}

#[test]
fn connections_of_one_address_have_a_limit_and_others_still_get_in() {
    let plan = Plan::sample().set("limits", "connections_per_address", 4);
    let mut exchange = Exchange::start(&plan);
    let mut all: Vec<TcpStream> = (0..8).map(|_| TcpStream::connect(exchange.sip).unwrap()).collect();
    let open = all.iter_mut().filter_map(|stream| raw::closed_after(stream, SILENCE).is_none().then_some(()));
    assert_eq!(open.count(), 4);
    exchange.still_answers();
}
