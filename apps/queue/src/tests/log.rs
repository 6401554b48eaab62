//! `queue_log`: every event and its fields, as Asterisk documents them ("Queue Logs").

use super::{Bench, queue};
use crate::{Change, Join, Outcome, Request};
use cordboard_app::{Handover, ServiceInput};
use cordboard_base::CallId;
use serde_json::json;

/// Call 7 has waited three seconds, its agent rings.
fn ringing() -> Bench {
    let mut bench = Bench::sales(&["101"], json!({ "retry_s": 0 }));
    bench.sets("101", "busy");
    bench.joins(7, "sales");
    bench.passes(3);
    bench.sets("101", "idle");
    bench.rings(7);
    bench
}

/// It has rung two seconds, and they talk for four.
fn talking() -> Bench {
    let mut bench = ringing();
    bench.passes(2);
    bench.answers(7, "101");
    bench.passes(4);
    bench
}

/// Call 7 is the second who waits, for six seconds; nobody is there. The one before it has left: it is the first now.
fn waiting(join: Join) -> Bench {
    let mut bench = Bench::sales(&[], json!({}));
    bench.joins(6, "sales");
    bench.joins_with(7, join);
    bench.hangs_up(6);
    bench.passes(6);
    bench
}

fn join() -> Join {
    Join { queue: "sales".to_owned(), ..Join::default() }
}

fn handed_over(number: &str, context: &str) -> Bench {
    let mut bench = talking();
    let handover = Handover { number: number.to_owned(), context: context.to_owned(), into: CallId(8) };
    bench.input(ServiceInput::Transferred { call: CallId(7), by: None, handover });
    bench
}

#[test]
fn a_callers_events_have_the_fields_of_asterisk() {
    let entered = |mut bench: Bench| {
        bench.log.retain(|line| line.contains("ENTERQUEUE") && line.starts_with("7|"));
        bench
    };
    let left = |mut bench: Bench, key| {
        bench.asks(7, &Request::Left { key });
        bench
    };
    let reported = |mut bench: Bench, outcome| {
        bench.reports(7, outcome);
        bench
    };
    let timed = Join { timeout_ms: 6_000, ..join() };
    let mut emptied = waiting(join());
    emptied.reloads(json!({ "sales": queue(&[], json!({ "leave_empty": true })) }));
    let mut withdrawn = waiting(join());
    withdrawn.asks(1, &Request::Withdraw { call: "7".to_owned() });
    // ENTERQUEUE(url|callerid|position), CONNECT(holdtime|call|ringtime), COMPLETE…(holdtime|calltime|origposition),
    // ABANDON(position|origposition|waittime), RINGNOANSWER(ring ms), EXITWITHKEY(key|position|origposition|waittime),
    // EXITWITHTIMEOUT, EXITEMPTY, WITHDRAW(position|origposition|waittime), TRANSFER(extension|context|holdtime|calltime|origposition)
    for (bench, wanted) in [
        (entered(waiting(join())), "7|sales|NONE|ENTERQUEUE||5550100|2"),
        (ringing_then_connected(), "7|sales|SIP/101|CONNECT|5|7|2"),
        (reported(talking(), Outcome::Answered { by_agent: false }), "7|sales|SIP/101|COMPLETECALLER|5|4|1"),
        (reported(talking(), Outcome::Answered { by_agent: true }), "7|sales|SIP/101|COMPLETEAGENT|5|4|1"),
        (left(talking(), None), "7|sales|SIP/101|COMPLETECALLER|5|4|1"),
        (left(waiting(join()), None), "7|sales|NONE|ABANDON|1|2|6"),
        (left(waiting(join()), Some('0')), "7|sales|NONE|EXITWITHKEY|0|1|2|6"),
        (waiting(timed), "7|sales|NONE|EXITWITHTIMEOUT|1|2|6"),
        (emptied, "7|sales|NONE|EXITEMPTY|1|2|6"),
        (withdrawn, "7|sales|NONE|WITHDRAW|1|2|6"),
        (handed_over("103", "internal"), "7|sales|SIP/101|TRANSFER|103|internal|5|4|1"),
        (handed_over("103", ""), "7|sales|SIP/101|ATTENDEDTRANSFER|BRIDGE|8|5|4|1"),
        (handed_over("", ""), "7|sales|SIP/101|ATTENDEDTRANSFER|BRIDGE|8|5|4|1"),
    ] {
        assert_eq!(bench.logged(), wanted);
    }
    let mut bench = ringing();
    bench.passes(2);
    bench.reports(7, Outcome::NoAnswer);
    assert!(bench.log.contains(&"7|sales|SIP/101|RINGNOANSWER|2000".to_owned()), "{:?}", bench.log);
    let mut bench = ringing();
    bench.passes(2);
    bench.asks(7, &Request::Left { key: None });
    assert!(bench.log.contains(&"7|sales|SIP/101|RINGCANCELED|2000".to_owned()), "{:?}", bench.log);
    assert_eq!(bench.logged(), "7|sales|NONE|ABANDON|1|1|5");
}

fn ringing_then_connected() -> Bench {
    let mut bench = ringing();
    bench.passes(2);
    bench.answers(7, "101");
    bench
}

#[test]
fn a_blind_transfer_has_the_name_that_report_programs_expect() {
    let mut bench = talking();
    bench.configures(json!({
        "queue": { "sales": queue(&["101"], json!({})) },
        "statistics": { "blind_transfer": "BLINDTRANSFER" },
    }));
    let handover = Handover { number: "103".to_owned(), context: "internal".to_owned(), into: CallId(8) };
    bench.input(ServiceInput::Transferred { call: CallId(7), by: None, handover });
    assert_eq!(bench.logged(), "7|sales|SIP/101|BLINDTRANSFER|103|internal|5|4|1");
}

#[test]
fn what_comes_after_a_transfer_is_not_of_the_queue() {
    for context in ["internal", ""] {
        for by_report in [true, false] {
            let mut bench = handed_over("103", context);
            let lines = bench.log.len();
            bench.passes(10);
            if by_report {
                bench.ends(7, true);
            } else {
                bench.hangs_up(7);
            }
            assert_eq!(bench.log.len(), lines, "{:?}", bench.log);
            bench.sets("101", "idle");
            assert_eq!(super::whom(&bench.joins(9, "sales")), ["101"], "the agent is free");
        }
    }
}

#[test]
fn members_events_have_the_fields_of_asterisk() {
    let add = |penalty| Change::Add { penalty, name: String::new(), state_of: None };
    let pause = || Change::Pause { reason: "lunch".to_owned() };
    // A script changes them in call 9999, which is written 270f.
    let mut bench =
        Bench::new(json!({ "sales": queue(&["101"], json!({})), "support": queue(&["101"], json!({})) }));
    assert_eq!(bench.logged(), "NONE|NONE|NONE|QUEUESTART|");
    for (queue, who, what, wanted) in [
        (Some("sales"), "102", add(0), vec!["270f|sales|SIP/102|ADDMEMBER|"]),
        (Some("sales"), "102", add(3), vec!["NONE|sales|SIP/102|PENALTY|3"]),
        (Some("sales"), "102", add(3), vec![]),
        (Some("sales"), "102", pause(), vec!["NONE|sales|SIP/102|PAUSE|lunch"]),
        (Some("sales"), "102", pause(), vec![]),
        (Some("sales"), "102", Change::Resume, vec!["NONE|sales|SIP/102|UNPAUSE|"]),
        (Some("sales"), "102", Change::Remove, vec!["270f|sales|SIP/102|REMOVEMEMBER|"]),
        (
            None,
            "101",
            pause(),
            vec![
                "NONE|NONE|SIP/101|PAUSEALL|",
                "NONE|sales|SIP/101|PAUSE|lunch",
                "NONE|support|SIP/101|PAUSE|lunch",
            ],
        ),
        (
            None,
            "101",
            Change::Resume,
            vec![
                "NONE|NONE|SIP/101|UNPAUSEALL|",
                "NONE|sales|SIP/101|UNPAUSE|",
                "NONE|support|SIP/101|UNPAUSE|",
            ],
        ),
    ] {
        let before = bench.log.len();
        bench.changes(queue, who, what);
        assert_eq!(bench.log[before..], wanted);
    }
    bench.reloads(json!({ "sales": queue(&["101"], json!({})) }));
    assert_eq!(bench.logged(), "NONE|NONE|NONE|CONFIGRELOAD|");
}

#[test]
fn a_member_is_named_as_the_settings_name_it() {
    let member = json!([{ "user": "101", "name": "Anna" }, { "trunk": "itsp", "number": "+49301" }]);
    let mut bench = Bench::sales(&[], json!({ "member": member }));
    bench.pauses(None, "101");
    assert_eq!(bench.logged(), "NONE|sales|Anna|PAUSE|lunch");
    let names: Vec<String> = bench.agents("sales", "name").into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["Anna", "SIP/itsp/+49301"]);
}

#[test]
fn nothing_that_a_caller_supplies_breaks_a_line() {
    let mut bench = Bench::sales(&[], json!({}));
    let request = Request::Join(Box::new(join()));
    bench.asks_as(7, "1|2\n3\r|COMPLETEAGENT", &request);
    assert_eq!(bench.logged(), "7|sales|NONE|ENTERQUEUE||123COMPLETEAGENT|1");
    bench.asks_as(8, &"9".repeat(300), &request);
    assert_eq!(bench.logged(), format!("8|sales|NONE|ENTERQUEUE||{}|2", "9".repeat(256)));
}

#[test]
fn of_several_who_ring_those_who_hang_up_before_the_talk_are_named() {
    let lines = |bench: &Bench, event: &str| -> Vec<String> {
        bench.log.iter().filter(|line| line.contains(event)).cloned().collect()
    };
    let ringing = || {
        let mut bench = Bench::sales(&["101", "102", "103"], json!({ "retry_s": 0 }));
        let order = bench.joins(7, "sales");
        assert_eq!(super::whom(&order), ["101", "102", "103"]);
        for who in ["102", "102", "109"] {
            bench.asks(7, &Request::Dumped { who: Some(super::user(who)) });
        }
        bench
    };
    let mut bench = ringing();
    assert_eq!(lines(&bench, "AGENTDUMP"), ["7|sales|SIP/102|AGENTDUMP|"]);
    bench.answers(7, "103");
    assert_eq!(lines(&bench, "CONNECT").len(), 1);
    let mut bench = ringing();
    bench.reports(7, Outcome::NoAnswer);
    let missed = lines(&bench, "RINGNOANSWER");
    assert!(missed.len() == 2 && !missed.iter().any(|line| line.contains("102")), "{missed:?}");
}
