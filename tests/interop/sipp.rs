//! SIPp 3.6: calls whose every message is written down in `sipp/*.xml`.

use crate::harness::exchange::Exchange;
use crate::harness::plan::{Plan, project};
use crate::harness::record::Record;
use crate::harness::{ports, process::Process, wait};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// SIPp gives up by itself after so long.
const GIVES_UP: Duration = Duration::from_secs(40);
/// An office where every user can be dialled, briefly.
const DIALPLAN: &str = r#"
let internal = context("internal");
internal.on("_XXX", |ch| {
    let r = ch.dial(user(ch.dialed), #{ timeout: 2 });
    if r.status != "answered" { ch.hangup(r.status); }
});
"#;

/// A phone that SIPp plays: its port stays, its scenarios change.
struct SippPhone<'a> {
    exchange: &'a Exchange,
    user: &'static str,
    password: String,
    port: u16,
    transport: &'static str,
}

/// One scenario that runs.
struct Playing {
    process: Process,
    figures: PathBuf,
    messages: PathBuf,
    scenario: &'static str,
}

impl<'a> SippPhone<'a> {
    fn new(exchange: &'a Exchange, user: &'static str, transport: &'static str) -> Self {
        let password = exchange.passwords()[user].clone();
        Self { exchange, user, password, port: ports::block(), transport }
    }

    fn registered(exchange: &'a Exchange, user: &'static str, transport: &'static str) -> Self {
        let phone = Self::new(exchange, user, transport);
        phone.plays("register.xml", "").ends_well();
        assert_eq!(exchange.bindings(user), 1);
        phone
    }

    /// Plays a scenario once.
    fn plays(&self, scenario: &'static str, dials: &str) -> Playing {
        let stem = format!("{}-{}", self.user, scenario.trim_end_matches(".xml"));
        let file = |kind: &str| self.exchange.folder.file(&format!("{stem}-{kind}"));
        let [figures, messages, errors, output] = ["figures", "messages", "errors", "output"].map(file);
        // The digest is over the request's URI (RFC 7616 §3.4.6); SIPp takes another one if it is not told.
        let uri = match dials {
            "" => "cordboard.local".to_owned(),
            number => format!("{number}@{}", self.exchange.sip),
        };
        let mut command = Command::new("sipp");
        command
            .arg(self.exchange.sip.to_string())
            .args(["-auth_uri", &uri])
            .arg("-sf")
            .arg(project().join("tests/interop/sipp").join(scenario))
            .args(["-i", "127.0.0.1", "-p", &self.port.to_string(), "-mp", &(self.port + 2).to_string()])
            .args(["-t", self.transport, "-m", "1", "-l", "1", "-nostdin", "-s", dials])
            .args(["-key", "user", self.user, "-au", self.user, "-ap", &self.password])
            .args(["-timeout", "40s", "-timeout_error", "-max_socket", "64"])
            .args(["-trace_stat", "-fd", "1", "-stf"])
            .arg(&figures)
            .args(["-trace_msg", "-message_file"])
            .arg(&messages)
            .args(["-trace_err", "-error_file"])
            .arg(&errors)
            .current_dir(self.exchange.folder.path());
        let process = Process::start(&format!("sipp {stem}"), &mut command, &output);
        Playing { process, figures, messages, scenario }
    }

    /// Plays a scenario that waits for a call, and listens already.
    fn waits(&self, scenario: &'static str) -> Playing {
        let playing = self.plays(scenario, "");
        wait::until("sipp to listen", wait::SOON, || self.listens().then_some(()));
        playing
    }

    /// Read from the kernel's tables: to try the port by binding it would now and then take it from SIPp.
    fn listens(&self) -> bool {
        let (table, state) = if self.transport == "t1" { ("tcp", "0A") } else { ("udp", "07") };
        let address = format!("0100007F:{:04X}", self.port);
        let text = std::fs::read_to_string(format!("/proc/net/{table}")).unwrap();
        let columns = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        text.lines()
            .map(columns)
            .any(|line| line.get(1) == Some(&address) && line.get(3).is_some_and(|s| s == state))
    }
}

impl Playing {
    /// SIPp is content: its exit code, and its figures.
    fn ends_well(mut self) {
        let status = self.process.ends(GIVES_UP + wait::SOON);
        let figures = figures(&self.figures);
        let count = |name: &str| figures.get(name).and_then(|value| value.parse::<u32>().ok());
        let good =
            status.success() && count("SuccessfulCall(C)") == Some(1) && count("FailedCall(C)") == Some(0);
        if !good {
            let messages = std::fs::read_to_string(&self.messages).unwrap_or_default();
            let bad: Vec<_> =
                figures.iter().filter(|(name, value)| name.starts_with("Failed") && *value != "0").collect();
            panic!("sipp {} ended with {status}, {bad:?}\n{messages}", self.scenario);
        }
    }
}

/// The last line of SIPp's statistics, by the names in the first.
fn figures(path: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let cells = |line: &str| line.split(';').map(str::to_owned).collect::<Vec<_>>();
    let names = text.lines().next().map(cells).unwrap_or_default();
    let values = text.lines().last().map(cells).unwrap_or_default();
    names.into_iter().zip(values).collect()
}

/// One call of 101 to 102: what each plays, and the record that it leaves.
fn call(caller: &'static str, callee: &'static str, transport: &'static str) -> Record {
    let exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN));
    let [ann, ben] = ["101", "102"].map(|user| SippPhone::registered(&exchange, user, transport));
    let waiting = ben.waits(callee);
    let calling = ann.plays(caller, "102");
    calling.ends_well();
    waiting.ends_well();
    let mut records = exchange.leaves_records(1);
    assert_eq!(exchange.calls(), 0);
    let record = records.remove(0);
    assert_eq!((record.caller.as_str(), record.dialed.as_str()), ("101", "102"));
    assert_eq!(record.error, None);
    record
}

fn answered(record: &Record, hangup_by: &str) {
    assert_eq!(
        (record.disposition.as_str(), record.hangup_by.as_str()),
        ("answered", hangup_by),
        "{record:?}"
    );
    assert_eq!((record.cause, record.answered_by.as_deref()), (16, Some("102")), "{record:?}");
}

#[test]
fn a_caller_calls_and_hangs_up() {
    answered(&call("call_and_hang_up.xml", "answer_and_wait.xml", "u1"), "caller");
}

#[test]
fn a_callee_hangs_up() {
    answered(&call("call_and_wait.xml", "answer_and_hang_up.xml", "u1"), "callee");
}

#[test]
fn a_caller_cancels_while_it_rings() {
    let record = call("call_and_cancel.xml", "ring_until_cancelled.xml", "u1");
    assert_eq!(
        (record.disposition.as_str(), record.hangup_by.as_str()),
        ("cancelled", "caller"),
        "{record:?}"
    );
    assert!(!record.was_answered);
}

#[test]
fn a_busy_phone_is_busy_to_the_caller() {
    let record = call("call_and_find_busy.xml", "refuse_busy.xml", "u1");
    assert_eq!((record.disposition.as_str(), record.cause), ("busy", 17), "{record:?}");
}

#[test]
fn a_phone_that_nobody_answers_is_cancelled_and_the_caller_told() {
    let record = call("call_unanswered.xml", "ring_until_cancelled.xml", "u1");
    assert_eq!((record.disposition.as_str(), record.was_answered), ("no-answer", false), "{record:?}");
}

#[test]
fn a_call_without_an_offer_gets_one_with_the_answer() {
    answered(&call("call_without_offer.xml", "answer_and_wait.xml", "u1"), "caller");
}

#[test]
fn a_caller_holds_and_resumes() {
    answered(&call("call_hold_and_resume.xml", "answer_and_wait.xml", "u1"), "caller");
}

#[test]
fn a_caller_that_supports_100rel_needs_no_prack() {
    answered(&call("call_with_100rel.xml", "answer_and_wait.xml", "u1"), "caller");
}

#[test]
fn a_caller_that_requires_100rel_gets_reliable_ringing() {
    answered(&call("call_with_prack.xml", "answer_and_wait.xml", "u1"), "caller");
}

#[test]
fn a_callee_that_rings_reliably_gets_a_prack() {
    answered(&call("call_and_hang_up.xml", "answer_with_prack.xml", "u1"), "caller");
}

#[test]
fn a_call_by_tcp() {
    answered(&call("call_and_hang_up.xml", "answer_and_wait.xml", "t1"), "caller");
}
