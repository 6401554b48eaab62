//! When nobody is there: each of the eight factors alone, for those who come and for those who wait.

use super::{Bench, leaves};
use crate::{Join, Order, Status};
use serde_json::json;

const FACTORS: [&str; 8] =
    ["paused", "penalty", "inuse", "ringing", "unavailable", "invalid", "unknown", "wrapup"];

fn keys(rule: &str, factor: &str) -> serde_json::Value {
    json!({ rule: [factor], "wrap_up_s": 60, "member": [{ "user": "101", "penalty": 5 }] })
}

/// Brings the only member into the state that a factor names.
fn brings_about(bench: &mut Bench, factor: &str) {
    match factor {
        "paused" => bench.pauses(None, "101"),
        "inuse" => bench.sets("101", "busy"),
        "ringing" => bench.sets("101", "ringing"),
        "unavailable" => bench.sets("101", "offline"),
        "invalid" => bench.sets("101", "nonsense"),
        "wrapup" => {
            bench.joins(90, "sales");
            bench.answers(90, "101");
            bench.ends(90, true);
        }
        // Of the caller, and of an office that has not been told anything.
        "penalty" | "unknown" => {}
        other => panic!("{other}"),
    }
}

fn join(factor: &str) -> Join {
    let penalty_max = (factor == "penalty").then_some(4);
    Join { queue: "sales".to_owned(), penalty_max, ..Join::default() }
}

#[test]
fn each_factor_alone_keeps_callers_out_and_no_other() {
    for factor in FACTORS.into_iter().filter(|factor| *factor != "unknown") {
        for state in FACTORS.into_iter().filter(|factor| *factor != "unknown") {
            let mut bench = Bench::new(json!({ "sales": keys("leave_empty", "unknown") }));
            brings_about(&mut bench, state);
            bench.reloads(json!({ "sales": keys("join_empty", factor) }));
            let order = bench.joins_with(1, join(state));
            let wanted = (factor == state).then_some(Status::JoinUnavail);
            assert_eq!(leaves(&order), wanted, "rule {factor}, state {state}");
        }
    }
}

#[test]
fn each_factor_alone_lets_those_go_who_wait() {
    for factor in FACTORS.into_iter().filter(|factor| !["unknown", "wrapup", "penalty"].contains(factor)) {
        let mut bench = Bench::new(json!({ "sales": keys("leave_empty", factor) }));
        // Somebody else has the agent, so that the caller waits.
        bench.joins(1, "sales");
        assert!(matches!(bench.joins(2, "sales"), Order::Wait(_)));
        brings_about(&mut bench, factor);
        assert!(bench.is_told(2), "{factor}");
        assert_eq!(leaves(&bench.next(2)), Some(Status::LeaveUnavail), "{factor}");
        let log = bench.log.iter().filter(|line| line.contains("|EXITEMPTY|")).count();
        assert_eq!(log, 1, "{factor}: {:?}", bench.log);
    }
}

#[test]
fn a_member_of_whom_nothing_is_known_is_unknown() {
    use crate::agent::Agent;
    use crate::caller::Penalties;
    use crate::queue::{Member, Origin, Queue};
    use crate::settings::Factor;
    use std::collections::{BTreeMap, BTreeSet};
    let who = super::user("101");
    let member = Member::new(who.clone(), 0, String::new(), Origin::Static);
    let queue = Queue { members: vec![member], ..Queue::default() };
    let agents = BTreeMap::from([(who, Agent::default())]);
    let empty_by = |factor| {
        let now = cordboard_base::Time::from_secs(1);
        queue.is_empty_by(&BTreeSet::from([factor]), Penalties::default(), (now, &agents))
    };
    assert!(empty_by(Factor::Unknown));
    assert!(!empty_by(Factor::Unavailable) && !empty_by(Factor::Invalid));
}

#[test]
fn words_of_asterisk_mean_what_they_mean_there() {
    // The member's state, and how "true", "false", "strict" and "loose" of join_empty judge it: whether one may join.
    for (state, wanted) in [
        ("paused", [true, false, false, true]),
        ("penalty", [true, false, false, false]),
        ("inuse", [true, true, true, true]),
        ("ringing", [true, true, true, true]),
        ("unavailable", [true, true, false, true]),
        ("invalid", [true, false, false, false]),
        ("wrapup", [true, true, true, true]),
    ] {
        for (rule, may) in
            [json!(true), json!(false), json!("strict"), json!("loose")].into_iter().zip(wanted)
        {
            let mut bench = Bench::new(json!({ "sales": keys("leave_empty", "unknown") }));
            brings_about(&mut bench, state);
            let settings = json!({
                "join_empty": rule, "wrap_up_s": 60, "member": [{ "user": "101", "penalty": 5 }],
            });
            bench.reloads(json!({ "sales": settings }));
            let order = bench.joins_with(1, join(state));
            assert_eq!(leaves(&order).is_none(), may, "{state} by {rule}");
        }
    }
}

#[test]
fn a_queue_without_members_is_empty_and_that_is_another_status() {
    for rule in [json!(false), json!("strict"), json!("loose"), json!(["paused"])] {
        let mut bench = Bench::sales(&[], json!({ "join_empty": rule }));
        assert_eq!(leaves(&bench.joins(1, "sales")), Some(Status::JoinEmpty));
    }
    let mut bench = Bench::sales(&[], json!({}));
    assert_eq!(leaves(&bench.joins(1, "sales")), None, "whoever calls may wait");
    let mut bench = Bench::sales(&[], json!({ "leave_empty": true }));
    assert_eq!(leaves(&bench.joins(1, "sales")), Some(Status::LeaveEmpty), "in, and out again");
}

#[test]
fn one_who_counts_is_enough() {
    let mut bench = Bench::sales(&["101", "102"], json!({ "join_empty": "strict" }));
    bench.pauses(None, "101");
    assert!(leaves(&bench.joins(1, "sales")).is_none());
    bench.sets("102", "offline");
    assert_eq!(leaves(&bench.joins(2, "sales")), Some(Status::JoinUnavail));
}

#[test]
fn a_full_queue_takes_nobody() {
    let mut bench = Bench::sales(&[], json!({ "callers_max": 2 }));
    assert!(leaves(&bench.joins(1, "sales")).is_none());
    assert!(leaves(&bench.joins(2, "sales")).is_none());
    assert_eq!(leaves(&bench.joins(3, "sales")), Some(Status::Full));
    bench.hangs_up(1);
    assert!(leaves(&bench.joins(4, "sales")).is_none(), "a place is free again");
}

#[test]
fn the_office_has_room_for_so_many() {
    let mut bench = Bench::sales(&[], json!({}));
    let most = u64::try_from(crate::CALLERS_MAX).unwrap();
    bench.fills(most - 1);
    assert!(leaves(&bench.joins(most + 1, "sales")).is_none());
    assert_eq!(leaves(&bench.joins(most + 2, "sales")), Some(Status::Full));
}
