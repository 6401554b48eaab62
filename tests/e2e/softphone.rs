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
fn three_softphones_in_the_conference_room_hear_each_other_and_not_themselves() {
    let exchange = Exchange::start(&Plan::sample());
    let server = ("udp", exchange.sip);
    // Each comes when the one before is in, and the first one stays until the last has been there for a while.
    let script = |secs: u32| {
        format!("register; until registered; call 500; until talking; wait {secs}; hangup; until ended")
    };
    let voices = [("101", 700, 16), ("102", 1_100, 14), ("103", 1_700, 8)];
    let mut phones: Vec<Process> = Vec::new();
    for (user, hz, secs) in voices {
        let mut phone = softphone(&exchange, user, server, hz, &script(secs));
        phone.prints("talking", wait::SOON);
        phones.push(phone);
    }
    for phone in &mut phones {
        phone.succeeds(wait::LONG);
    }
    for (user, own, _) in voices {
        // The left side is what the exchange says, the right one what the phone does.
        let wav = Wav::read(&exchange.folder.file(&format!("{user}-hears.wav"))).expect("a recording");
        for (other, hz, _) in voices {
            let (with, all) = wav.moments_with(0, hz);
            let wanted = if other == user { with == 0 } else { with >= 5 };
            assert!(wanted, "{user}, who says {own} Hz, heard {hz} Hz in {with} of {all} moments");
        }
    }
    exchange.leaves_records(3);
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

/// A script that must fail: what it printed.
fn fails(
    exchange: &Exchange,
    user: &str,
    reached: (&str, SocketAddr),
    more: &[&str],
    script: &str,
) -> String {
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(exchange.folder.file("etc")).args(["phone", user, "--server"]);
    command.arg(reached.1.to_string()).args(["--transport", reached.0, "--do", script]).args(more);
    let mut phone = Process::start("phone", &mut command, &exchange.folder.file("failing"));
    // At once: long before `until` gives up by itself.
    let status = phone.ends(wait::SOON);
    assert!(!status.success(), "{}", phone.printed());
    phone.printed()
}

#[test]
fn a_wrong_password_is_said_at_once() {
    let exchange = Exchange::start(&Plan::sample());
    let more = ["--password", "wrong"];
    let printed =
        fails(&exchange, "101", ("udp", exchange.sip), &more, "register; until registered; call 102");
    assert!(printed.contains("registration failed") && printed.contains("password"), "{printed}");
}

#[test]
fn a_call_that_is_refused_is_not_waited_for() {
    let exchange = Exchange::start(&Plan::sample());
    // No route leads there: what is wrong is said before an answer.
    let script = "register; until registered; call 777; until talking; hangup";
    let printed = fails(&exchange, "101", ("udp", exchange.sip), &[], script);
    assert!(printed.contains("no more `talking`"), "{printed}");
}

#[test]
fn an_exchange_must_prove_its_name_unless_nobody_wants_to_know() {
    let exchange = Exchange::start(&Plan::sample());
    let by_tls = ("tls", exchange.tls);
    let script = "register; until registered";
    // A certificate of somebody else's.
    let other = Exchange::start(&Plan::sample());
    let foreign = other.folder.file("var/tls/certificate.pem");
    let printed = fails(&exchange, "101", by_tls, &["--ca", foreign.to_str().unwrap()], script);
    assert!(printed.contains("certificate"), "{printed}");
    let own = exchange.folder.file("var/tls/certificate.pem");
    for more in [&["--insecure"][..], &["--ca", own.to_str().unwrap()]] {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(exchange.folder.file("etc")).args(["phone", "101", "--server"]);
        command.arg(exchange.tls.to_string()).args(["--transport", "tls", "--do", script]).args(more);
        let output = exchange.folder.file("succeeding");
        Process::start("phone 101", &mut command, &output).succeeds(wait::SOON);
    }
}

#[test]
fn a_newcomer_is_told_what_happens_and_nothing_else() {
    let exchange = Exchange::start(&Plan::sample());
    let phone = |user: &str, more: &[&str]| {
        let mut command = Command::new(BINARY);
        command.arg("--config").arg(exchange.folder.file("etc")).args(["phone", user, "--server"]);
        command.arg(exchange.sip.to_string()).args(more);
        let name = format!("{user}-{}", crate::harness::raw::unique());
        Process::start(&name, &mut command, &exchange.folder.file(&name))
    };
    let mut ben = phone("102", &["--do", "register; until incoming; answer; until ended"]);
    ben.prints("registered", wait::SOON);
    let says = exchange.folder.file("short.wav");
    write_tone(&says, 700, 1);
    let script = "register; until registered; call 102; until talking; wait 2; hangup; until ended";
    let mut ann = phone("101", &["--play", &says.to_string_lossy(), "--do", script]);
    ann.succeeds(wait::LONG);
    ben.succeeds(wait::SOON);
    let told: Vec<String> = ann.printed().lines().map(|line| line.trim_start().to_owned()).collect();
    let what: Vec<&str> =
        told.iter().filter_map(|line| line.split_once("  ").map(|(_, what)| what)).collect();
    assert_eq!(what.len(), told.len(), "every line has its time: {told:?}");
    assert!(what.iter().any(|line| line.ends_with("short.wav has been played")), "{what:?}");
    // Ben says nothing, but is there.
    assert!(what.iter().any(|line| line.starts_with("ended") && !line.contains(" 0 packets")), "{what:?}");
    for (user, more, reason) in [
        ("101", &["--play", "none.wav"][..], "none.wav: no such file"),
        ("999", &[][..], "no user 999 here, but 101, 102"),
        ("101", &["--password", "x", "--do", "register; until registered"][..], "the password is wrong"),
    ] {
        let mut wrong = phone(user, more);
        assert!(!wrong.ends(wait::SOON).success());
        let said = wrong.printed();
        assert!(said.contains(reason), "{said}");
        assert!(said.lines().count() <= 2, "once as it happens, once at the end: {said}");
    }
}
