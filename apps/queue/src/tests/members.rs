//! Members: limits of penalties, weights between queues, pauses, work after a call, and how many callers ring at once.

use super::{Bench, leaves, queue, whom};
use crate::{Answer, Change, Join, MEMBERS_MAX, Order, Outcome, Status};
use serde_json::json;

fn rule(after_s: u32, max: u32) -> serde_json::Value {
    json!({ "after_s": after_s, "max": max })
}

#[test]
fn rules_of_penalties_let_more_ring_the_longer_a_caller_waits() {
    let member = json!([{ "user": "101" }, { "user": "102", "penalty": 1 }, { "user": "103", "penalty": 2 }]);
    let keys = json!({ "member": member, "penalty_rule": [rule(0, 0), rule(30, 1), rule(60, 2)] });
    let mut bench = Bench::sales(&[], keys);
    bench.sets("101", "busy");
    assert!(whom(&bench.joins(1, "sales")).is_empty());
    bench.passes(29);
    assert!(!bench.is_told(1));
    bench.passes(1);
    assert!(bench.is_told(1), "at 30 s, not before");
    assert_eq!(bench.rings(1), ["102"]);
    bench.sets("102", "busy");
    bench.reports(1, Outcome::Busy);
    bench.passes(28);
    assert!(bench.rings(1).is_empty());
    bench.passes(2);
    assert_eq!(bench.rings(1), ["103"]);
}

#[test]
fn a_callers_own_limits_of_penalties_hold_at_their_bounds() {
    let member = json!([{ "user": "101", "penalty": 2 }, { "user": "102", "penalty": 5 }]);
    for (min, max, rung) in [
        (None, Some(1), vec![]),
        (None, Some(2), vec!["101"]),
        (Some(2), None, vec!["101"]),
        (Some(3), None, vec!["102"]),
        (Some(5), Some(5), vec!["102"]),
        (Some(6), None, vec![]),
    ] {
        let mut bench = Bench::sales(&[], json!({ "member": member }));
        let join = Join { queue: "sales".to_owned(), penalty_min: min, penalty_max: max, ..Join::default() };
        assert_eq!(whom(&bench.joins_with(1, join)), rung, "{min:?} to {max:?}");
    }
}

#[test]
fn with_few_members_penalties_do_not_count() {
    let member = json!([{ "user": "101", "penalty": 9 }, { "user": "102", "penalty": 9 }]);
    for (limit, rung) in [(1, 0), (2, 2), (3, 2)] {
        let mut bench = Bench::sales(&[], json!({ "member": member, "penalty_members_limit": limit }));
        let join = Join { queue: "sales".to_owned(), penalty_max: Some(1), ..Join::default() };
        assert_eq!(whom(&bench.joins_with(1, join)).len(), rung, "limit {limit}");
    }
}

#[test]
fn of_two_queues_that_share_an_agent_the_heavier_one_is_served_first() {
    for (sales, support, first) in [(0, 0, 1), (0, 5, 2), (5, 0, 1), (3, 2, 1), (2, 3, 2)] {
        let mut bench = Bench::new(json!({
            "sales": queue(&["101"], json!({ "weight": sales })),
            "support": queue(&["101"], json!({ "weight": support })),
        }));
        bench.sets("101", "busy");
        bench.joins(1, "sales");
        bench.joins(2, "support");
        bench.sets("101", "idle");
        let rung: Vec<u64> = [1, 2].into_iter().filter(|call| !bench.rings(*call).is_empty()).collect();
        assert_eq!(rung, [first], "weights {sales} and {support}");
    }
}

#[test]
fn a_shared_agent_is_never_given_to_two() {
    let mut bench = Bench::new(json!({
        "sales": queue(&["101", "102"], json!({})),
        "support": queue(&["101"], json!({})),
    }));
    assert_eq!(whom(&bench.joins(1, "sales")), ["101", "102"]);
    assert!(whom(&bench.joins(2, "support")).is_empty());
    bench.answers(1, "102");
    assert!(bench.is_told(2), "who did not answer is free for the other queue");
    assert_eq!(bench.rings(2), ["101"]);
}

#[test]
fn auto_pause_is_of_its_kinds() {
    // What is set, how the attempt ends, and where 101 is paused afterwards.
    for (auto_pause, busy, unavailable, outcome, paused) in [
        ("no", true, true, Outcome::NoAnswer, [false, false]),
        ("yes", false, false, Outcome::NoAnswer, [true, false]),
        ("all", false, false, Outcome::NoAnswer, [true, true]),
        ("yes", false, false, Outcome::Busy, [false, false]),
        ("yes", true, false, Outcome::Busy, [true, false]),
        ("all", true, false, Outcome::Busy, [true, true]),
        ("yes", true, false, Outcome::Unavailable, [false, false]),
        ("yes", false, true, Outcome::Unavailable, [true, false]),
        ("no", true, true, Outcome::Unavailable, [false, false]),
    ] {
        let keys = json!({
            "auto_pause": auto_pause, "auto_pause_busy": busy, "auto_pause_unavailable": unavailable,
        });
        let mut bench =
            Bench::new(json!({ "sales": queue(&["101"], keys), "support": queue(&["101"], json!({})) }));
        bench.joins(1, "sales");
        bench.reports(1, outcome);
        let is = ["sales", "support"].map(|queue| bench.agents(queue, "paused")[0].1.truth().unwrap());
        assert_eq!(is, paused, "{auto_pause} {busy} {unavailable} {outcome:?}");
    }
}

#[test]
fn without_autofill_one_caller_at_a_time_rings() {
    for (autofill, second) in [(true, vec!["102"]), (false, vec![])] {
        let keys = json!({ "autofill": autofill, "strategy": "in-order" });
        let mut bench = Bench::sales(&["101", "102"], keys);
        assert_eq!(whom(&bench.joins(1, "sales")), ["101"]);
        assert_eq!(whom(&bench.joins(2, "sales")), second, "autofill {autofill}");
        if !autofill {
            bench.answers(1, "101");
            assert_eq!(bench.rings(2), ["102"], "the first is served");
        }
    }
}

#[test]
fn the_work_after_a_call_ends_in_time_for_all_queues() {
    let mut bench = Bench::new(json!({
        "sales": queue(&["101"], json!({ "wrap_up_s": 10 })),
        "support": queue(&["101"], json!({})),
    }));
    bench.joins(1, "sales");
    bench.answers(1, "101");
    bench.ends(1, true);
    assert!(whom(&bench.joins(2, "support")).is_empty());
    bench.passes(9);
    assert!(!bench.is_told(2));
    bench.passes(1);
    assert_eq!(bench.rings(2), ["101"]);
}

#[test]
fn a_telephone_in_use_is_rung_only_where_the_queue_wants_it() {
    for state in ["busy", "hold", "ringing"] {
        for wanted in [false, true] {
            let mut bench = Bench::sales(&["101"], json!({ "ring_in_use": wanted }));
            bench.sets("101", state);
            assert_eq!(!whom(&bench.joins(1, "sales")).is_empty(), wanted, "{state}");
        }
    }
    let mut bench = Bench::sales(&["101"], json!({ "ring_in_use": true }));
    bench.sets("101", "offline");
    assert!(whom(&bench.joins(1, "sales")).is_empty());
}

#[test]
fn nobody_is_called_to_talk_with_itself() {
    let mut bench = Bench::sales(&["101", "102"], json!({}));
    let join = crate::Request::Join(Box::new(Join { queue: "sales".to_owned(), ..Join::default() }));
    let Answer::Order(order) = bench.asks_as(1, "101", &join) else { panic!("an order") };
    assert_eq!(whom(&order), ["102"]);
}

#[test]
fn a_queue_has_room_for_so_many_members() {
    let mut bench = Bench::sales(&[], json!({}));
    for n in 0..MEMBERS_MAX {
        let answer = bench.changes(
            Some("sales"),
            &format!("u{n}"),
            Change::Add { penalty: 0, name: String::new(), state_of: None },
        );
        assert!(matches!(answer, Answer::Member { is_in: true, .. }), "{n}: {answer:?}");
    }
    let further =
        bench.changes(Some("sales"), "one", Change::Add { penalty: 0, name: String::new(), state_of: None });
    assert!(matches!(&further, Answer::Refused(why) if why.contains("too many")), "{further:?}");
    bench.changes(Some("sales"), "u0", Change::Remove);
    let again =
        bench.changes(Some("sales"), "one", Change::Add { penalty: 0, name: String::new(), state_of: None });
    assert!(matches!(again, Answer::Member { is_in: true, .. }));
}

#[test]
fn who_always_is_a_member_pauses_instead_of_logging_out() {
    let mut bench = Bench::sales(&["101"], json!({ "may_login": ["102"] }));
    let changed = |is_in, is_paused| Answer::Member { queues: vec!["sales".to_owned()], is_in, is_paused };
    let add = || Change::Add { penalty: 0, name: String::new(), state_of: None };
    assert_eq!(bench.changes(None, "101", Change::Remove), changed(true, true));
    assert_eq!(bench.changes(Some("sales"), "101", Change::Toggle), changed(true, false));
    assert_eq!(bench.changes(Some("sales"), "102", add()), changed(true, false));
    assert_eq!(bench.changes(Some("sales"), "102", Change::Toggle), changed(false, false));
    assert!(matches!(bench.changes(Some("sales"), "103", add()), Answer::Refused(_)), "it may not");
    assert!(matches!(bench.changes(None, "103", Change::Resume), Answer::Refused(_)), "nowhere a member");
    assert!(matches!(bench.changes(Some("none"), "101", Change::Resume), Answer::Refused(_)));
}

#[test]
fn a_callers_time_ends_the_wait_and_shortens_the_ringing() {
    let mut bench = Bench::sales(&["101"], json!({ "ring_s": 15 }));
    let join = Join { queue: "sales".to_owned(), timeout_ms: 10_000, ..Join::default() };
    let Order::Ring(attempt) = bench.joins_with(1, join) else { panic!("it rings") };
    assert_eq!(attempt.ring_ms, 10_000);
    bench.passes(10);
    let order = bench.reports(1, Outcome::NoAnswer);
    assert_eq!(leaves(&order), Some(Status::Timeout));
    // At the very end an attempt is not shorter than a second; nobody is rung after it.
    let join = Join { queue: "sales".to_owned(), timeout_ms: 500, ..Join::default() };
    let Order::Ring(attempt) = bench.joins_with(2, join) else { panic!("it rings") };
    assert_eq!(attempt.ring_ms, 1_000);
}

#[test]
fn a_queue_that_goes_while_its_agents_ring_or_talk_keeps_nobody() {
    let both = || json!({ "sales": queue(&["101"], json!({})), "support": queue(&["101"], json!({})) });
    let support = || json!({ "support": queue(&["101"], json!({})) });
    // While they talk.
    let mut bench = Bench::new(both());
    bench.joins(1, "sales");
    bench.answers(1, "101");
    bench.reloads(support());
    assert_eq!(leaves(&bench.ends(1, true)), Some(Status::Answered));
    assert_eq!(whom(&bench.joins(2, "support")), ["101"]);
    // While it rings.
    let mut bench = Bench::new(both());
    bench.joins(1, "sales");
    bench.reloads(support());
    assert_eq!(leaves(&bench.reports(1, Outcome::NoAnswer)), Some(Status::LeaveEmpty));
    assert_eq!(whom(&bench.joins(2, "support")), ["101"]);
}

#[test]
fn who_is_taken_out_while_agents_ring_is_told_when_they_have_rung() {
    let mut bench = Bench::sales(&["101"], json!({}));
    bench.joins(1, "sales");
    bench.asks(9, &crate::Request::Withdraw { call: "1".to_owned() });
    assert_eq!(leaves(&bench.reports(1, Outcome::NoAnswer)), Some(Status::Withdraw));
}

#[test]
fn callers_of_a_queue_that_is_gone_are_let_go_and_others_stay() {
    let mut bench = Bench::new(json!({ "sales": queue(&[], json!({})), "support": queue(&[], json!({})) }));
    bench.joins(1, "sales");
    bench.joins(2, "support");
    bench.reloads(json!({ "support": queue(&[], json!({})) }));
    assert_eq!(leaves(&bench.next(1)), Some(Status::LeaveEmpty));
    assert_eq!(leaves(&bench.next(2)), None);
}
