//! SIPp 3.6: calls whose every message is written down in `sipp/*.xml`.

mod ipv6;
mod peer;
mod trunks;

use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::record::Record;
use peer::SippPeer;

/// An office where every user can be dialled, briefly.
const DIALPLAN: &str = r#"
let internal = context("internal");
internal.on("_XXX", |ch| {
    let r = ch.dial(user(ch.dialed), #{ timeout: 2 });
    if r.status != "answered" { ch.hangup(r.status); }
});
"#;

/// One call of 101 to 102: what each plays, and the record that it leaves.
fn call(caller: &'static str, callee: &'static str, transport: &'static str) -> Record {
    let exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN));
    let [ann, ben] = ["101", "102"].map(|user| SippPeer::registered(&exchange, user, transport));
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
