//! What the command line tells of calls that are over, from the files that the real binary has written.

use crate::harness::crowd::{Crowd, Seat};
use crate::harness::exchange::{BINARY, Exchange};
use crate::harness::plan::Plan;
use crate::harness::wait;
use rustix::process::Signal;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const DIALPLAN: &str = r#"
let internal = context("internal");
internal.on("_1XX", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
internal.on("700", |ch| { ch.answer(); let pin = ch.read(#{ max: 4, timeout: 5, secret: true }); ch.wait(1); });
internal.on("705", |ch| { ch.answer(); let list = []; ch.wait(list[7]); });
"#;

fn talk(exchange: &Exchange) -> (Crowd, [Seat; 2]) {
    let mut crowd = Crowd::new(exchange);
    let seats = [crowd.phone("101", 700), crowd.phone("102", 1_100)];
    crowd.register(&seats);
    crowd.connects(seats[0], "102", seats[1]);
    (crowd, seats)
}

/// What `show last` says once it says this.
fn shows(exchange: &Exchange, wanted: &str) -> String {
    wait::until(wanted, wait::SOON, || {
        let output = exchange.command(&["show", "last"]);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.contains(wanted).then_some(text)
    })
}

#[test]
fn a_call_is_listed_shown_drawn_and_explained() {
    let exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN));
    assert!(!exchange.command(&["show", "last"]).status.success(), "there is no call yet");
    let (mut crowd, [ann, ben]) = talk(&exchange);
    crowd.goes_on(Duration::from_secs(4));
    crowd.hangs_up(ann);
    crowd.is_over(ben);
    let text = shows(&exchange, "ends: answered");
    for wanted in [
        "dials 102 in internal",
        "main.rhai:3:",
        "dial user 102",
        "INVITE sip:102@",
        "are connected",
        "packets came",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    let past = exchange.asks_json(&["calls", "--since", "1h", "--json"]);
    assert_eq!(past.len(), 1, "{past:?}");
    let call = past[0]["call"].as_str().unwrap();
    assert_eq!((past[0]["from"].as_str(), past[0]["disposition"].as_str()), (Some("101"), Some("answered")));
    assert!(exchange.asks_json(&["calls", "--since", "today", "--failed", "--json"]).is_empty());
    assert!(exchange.asks_json(&["calls", "--since", "1h", "--number", "103", "--json"]).is_empty());
    assert_eq!(exchange.asks_json(&["calls", "--since", "1h", "--number", "102", "--json"]).len(), 1);
    // By its id, by a beginning of it, and as JSON.
    assert_eq!(exchange.asks(&["show", call]), text);
    assert_eq!(exchange.asks(&["show", &call[..call.len() - 1]]), text);
    let entries = exchange.asks_json(&["show", call, "--json"]);
    assert!(entries.len() > 20, "{} entries", entries.len());
    let ladder = exchange.asks(&["ladder", call, "--width", "100"]);
    assert!(ladder.contains("INVITE SDP") && ladder.contains("200 OK (BYE)"), "{ladder}");
    let said = exchange.asks(&["explain", call]);
    assert!(said.contains("nothing wrong was found") && said.contains("101 hung up first"), "{said}");
    assert!(exchange.asks(&["trace", "--number", "101"]).contains("dials 102"));
    assert_eq!(exchange.asks(&["trace", "--number", "104"]), "");
    let pcap = exchange.folder.file("call.pcap");
    exchange.asks(&["show", call, "--pcap", pcap.to_str().unwrap()]);
    assert_eq!(std::fs::read(&pcap).unwrap().get(..4), Some(&[0xD4, 0xC3, 0xB2, 0xA1][..]));
    let output = exchange.command(&["show", call, "--wav", exchange.folder.file("x.wav").to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("was not recorded"));
}

/// A `trace --follow`, and the lines that it has printed.
struct Trace {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Trace {
    fn of(exchange: &Exchange, number: &str) -> Self {
        let mut child = Command::new(BINARY)
            .arg("--config")
            .arg(exchange.folder.file("etc"))
            .args(["trace", "--follow", "--number", number])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, from) = (Arc::<Mutex<Vec<String>>>::default(), child.stdout.take().unwrap());
        let shared = Arc::clone(&lines);
        std::thread::spawn(move || {
            BufReader::new(from)
                .lines()
                .map_while(Result::ok)
                .for_each(|line| shared.lock().unwrap().push(line));
        });
        Self { child, lines }
    }

    fn said(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _waited = self.child.wait();
    }
}

#[test]
fn a_trace_is_live_by_the_socket_and_of_its_number_alone() {
    let mut exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN));
    let mut crowd = Crowd::new(&exchange);
    let [ann, ben, cleo] = [crowd.phone("101", 700), crowd.phone("102", 1_100), crowd.mute("103")];
    crowd.register(&[ann, ben, cleo]);
    let trace = Trace::of(&exchange, "101");
    // It follows from some moment on.
    while !trace.said().contains("dials 999") {
        crowd.calls(ann, "999");
        crowd.is_over(ann);
    }
    crowd.calls(cleo, "5550998");
    crowd.is_over(cleo);
    crowd.connects(ann, "102", ben);
    wait::until("the talk in the trace", wait::SOON, || trace.said().contains("are connected").then_some(()));
    crowd.hangs_up(ann);
    crowd.is_over(ben);
    wait::until("the end in the trace", wait::SOON, || trace.said().contains("ends: answered").then_some(()));
    let said = trace.said();
    assert!(said.contains("INVITE sip:102@") && !said.contains("5550998"), "{said}");
    exchange.still_answers();
    // Who still follows does not hold up the end.
    exchange.signal(Signal::TERM);
    wait::until("the end of the process", wait::SOON, || (!exchange.process().runs()).then_some(()));
}

#[test]
fn a_call_is_run_again_through_the_present_dialplan() {
    let exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN));
    let (mut crowd, [ann, ben]) = talk(&exchange);
    crowd.goes_on(Duration::from_secs(2));
    crowd.hangs_up(ann);
    crowd.is_over(ben);
    let same = exchange.command(&["replay", "last"]);
    let said = String::from_utf8_lossy(&same.stdout).into_owned();
    assert_eq!(same.status.code(), Some(0), "{said}\n{}", String::from_utf8_lossy(&same.stderr));
    assert!(
        said.contains("101 dials 102 in internal") && said.contains("it would go the same way"),
        "{said}"
    );
    // Another dialplan in the files; what runs is not asked.
    let changed =
        DIALPLAN.replace("ch.dial(user(ch.dialed)", "ch.play(\"vm-goodbye\"); ch.dial(user(ch.dialed)");
    exchange.folder.write("dialplan/main.rhai", &changed);
    let other = exchange.command(&["replay", "last"]);
    let said = String::from_utf8_lossy(&other.stdout).into_owned();
    assert_eq!(other.status.code(), Some(1), "{said}");
    assert!(
        said.contains("play vm-goodbye") && said.contains("it would go another way: 1 line(s)"),
        "{said}"
    );
    let json: serde_json::Value =
        serde_json::from_slice(&exchange.command(&["replay", "last", "--json"]).stdout).unwrap();
    assert_eq!(json["verdict"], "different");
    let all = exchange.command(&["replay", "--since", "1h"]);
    assert_eq!(all.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&all.stdout).contains("1 of 1 calls would go another way"));
    let none = exchange.command(&["replay", "fff"]);
    assert_eq!(none.status.code(), Some(2), "that can't be told");
}

#[test]
fn no_pin_and_no_digest_is_in_the_files() {
    let exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN));
    let mut crowd = Crowd::new(&exchange);
    let ann = crowd.phone("101", 700);
    crowd.register(&[ann]);
    crowd.calls(ann, "700");
    crowd.talks(ann);
    crowd.presses(ann, "8642");
    crowd.is_over(ann);
    let text = shows(&exchange, "has typed ****");
    assert!(text.contains("read a secret"), "{text}");
    let password = exchange.passwords().remove("101").unwrap();
    for file in ["journey.sqlite", "journey.sqlite-wal"] {
        let bytes = std::fs::read(exchange.folder.file("var").join(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        // Four digits in a row are in some time of day, by chance.
        let is_typed = text.split(|c: char| !c.is_ascii_digit()).any(|number| number == "8642");
        assert!(!is_typed && !text.contains(&password), "{file}");
        let (proofs, hidden) =
            (text.matches("response=\\\"").count(), text.matches("response=\\\"xxxxxxxx").count());
        assert_eq!(proofs, hidden, "{file}");
    }
    assert!(exchange.asks(&["show", "last", "--json"]).contains("response=\\\"xxxxxxxx"));
}

#[test]
fn a_script_error_and_a_wrong_password_are_explained() {
    let exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN));
    let mut crowd = Crowd::new(&exchange);
    let ann = crowd.phone("101", 700);
    crowd.register(&[ann]);
    crowd.calls(ann, "705");
    crowd.is_over(ann);
    // At once: what the exchange has not written yet, it writes when somebody asks.
    let said = exchange.asks(&["explain", "last"]);
    assert!(said.contains("script error: the dialplan has failed at main.rhai:5:"), "{said}");
    assert_eq!(exchange.asks_json(&["calls", "--since", "1h", "--failed", "--json"]).len(), 1);
}

#[test]
fn what_was_written_is_there_after_a_crash() {
    let mut exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN));
    let (mut crowd, _) = talk(&exchange);
    shows(&exchange, "are connected");
    crowd.goes_on(Duration::from_secs(1));
    exchange.kill();
    let text = exchange.asks(&["show", "last"]);
    assert!(text.contains("are connected") && !text.contains(" ends: "), "{text}");
    assert!(exchange.asks(&["explain", "last"]).contains("it is not over"), "the files alone are asked");
    exchange.start_again();
    assert_eq!(exchange.asks(&["show", "last"]), text);
}
