//! `cordboard phone`: the softphone of the command line, as a newcomer uses it.

use crate::harness::ear::{Wav, write_tone};
use crate::harness::exchange::{BINARY, Exchange};
use crate::harness::plan::Plan;
use crate::harness::process::Process;
use crate::harness::wait;
use std::net::SocketAddr;
use std::process::Command;

/// A softphone with its script; it plays a tone and records what it hears.
fn softphone(exchange: &Exchange, user: &str, reached: (&str, SocketAddr), hz: u16, script: &str) -> Process {
    let (transport, server) = reached;
    let file = |kind: &str| exchange.folder.file(&format!("{user}-{kind}"));
    write_tone(&file("says.wav"), hz, 20);
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(exchange.folder.file("etc")).args(["phone", user, "--server"]);
    command.arg(server.to_string()).args(["--transport", transport, "--do", script]);
    command.arg("--play").arg(file("says.wav")).arg("--record").arg(file("hears.wav"));
    Process::start(&format!("phone {user}"), &mut command, &file("output"))
}

/// How much of what a phone heard is this tone.
fn heard(exchange: &Exchange, user: &str, hz: u16) -> (usize, usize) {
    let wav = Wav::read(&exchange.folder.file(&format!("{user}-hears.wav"))).expect("a recording");
    (0..2).map(|channel| wav.moments_with(channel, hz)).max().unwrap()
}

fn two_softphones(transport: &str) {
    let exchange = Exchange::start(&Plan::sample());
    let server = if transport == "tls" { exchange.tls } else { exchange.sip };
    talk(&exchange, transport, server, server);
}

/// 101 and 102 register where they are told and hear each other for two seconds.
pub(crate) fn talk(exchange: &Exchange, transport: &str, caller: SocketAddr, callee: SocketAddr) {
    let script = "register; until incoming; answer; until ended";
    let mut ben = softphone(exchange, "102", (transport, callee), 1_100, script);
    ben.prints("registered", wait::SOON);
    let script = "register; until registered; call 102; until talking; wait 2; hangup; until ended";
    let mut ann = softphone(exchange, "101", (transport, caller), 700, script);
    ann.succeeds(wait::LONG);
    ben.succeeds(wait::SOON);
    for (user, hz, own) in [("101", 1_100, 700), ("102", 700, 1_100)] {
        let (with, all) = heard(exchange, user, hz);
        assert!(with >= 5, "{user} heard {hz} Hz in {with} of {all} moments");
        assert!(all < 60, "a recording of {all} moments of a call of two seconds ({own} Hz)");
    }
    let records = exchange.leaves_records(1);
    assert_eq!(records[0].disposition, "answered", "{records:?}");
}

#[test]
fn two_softphones_talk_by_udp() {
    two_softphones("udp");
}

#[test]
fn two_softphones_talk_by_tcp() {
    two_softphones("tcp");
}

#[test]
fn two_softphones_talk_by_tls() {
    two_softphones("tls");
}
