//! Who is rung first, over several calls.

use super::{Bench, queue, whom};
use crate::Outcome;
use serde_json::json;
use std::collections::BTreeMap;

/// Calls come one after the other, each is taken by the first who is rung, and ends after so many seconds: who took them.
fn taken(strategy: &str, seconds: &[u64]) -> Vec<String> {
    let mut bench = Bench::sales(&["101", "102", "103"], json!({ "strategy": strategy }));
    let mut taken = Vec::new();
    for (call, seconds) in (1..).zip(seconds) {
        let rung = whom(&bench.joins(call, "sales"));
        bench.answers(call, &rung[0]);
        bench.passes(*seconds);
        bench.ends(call, true);
        taken.push(rung.join("+"));
    }
    taken
}

#[test]
fn the_order_of_members_over_several_calls() {
    for (strategy, wanted) in [
        ("ring-all", ["101+102+103"; 5]),
        ("in-order", ["101"; 5]),
        ("linear", ["101"; 5]),
        ("round-robin", ["101", "102", "103", "101", "102"]),
        ("rrmemory", ["101", "102", "103", "101", "102"]),
        ("least-recent", ["101", "102", "103", "101", "102"]),
        ("fewest-calls", ["101", "102", "103", "101", "102"]),
        ("longest-idle", ["101", "102", "103", "101", "102"]),
    ] {
        assert_eq!(taken(strategy, &[10, 10, 10, 10, 10]), wanted, "{strategy}");
    }
}

#[test]
fn longest_idle_counts_every_use_of_the_telephone() {
    let mut bench = Bench::sales(&["101", "102"], json!({ "strategy": "longest-idle" }));
    bench.passes(10);
    // 101 makes a call of its own.
    bench.sets("101", "busy");
    bench.passes(5);
    bench.sets("101", "idle");
    assert_eq!(whom(&bench.joins(1, "sales")), ["102"]);
}

#[test]
fn fewest_calls_does_not_count_those_that_rang_in_vain() {
    let mut bench = Bench::sales(&["101", "102"], json!({ "strategy": "fewest-calls", "retry_s": 0 }));
    assert_eq!(whom(&bench.joins(1, "sales")), ["101"]);
    // In this round the other one comes first; in the next it is 101 again.
    assert_eq!(whom(&bench.reports(1, Outcome::NoAnswer)), ["102"]);
    assert_eq!(whom(&bench.reports(1, Outcome::NoAnswer)), ["101"]);
}

#[test]
fn round_robin_goes_on_behind_the_last_one_that_rang_even_if_nobody_answered() {
    let mut bench = Bench::sales(&["101", "102", "103"], json!({ "strategy": "round-robin" }));
    assert_eq!(whom(&bench.joins(1, "sales")), ["101"]);
    bench.hangs_up(1);
    assert_eq!(whom(&bench.joins(2, "sales")), ["102"]);
    bench.hangs_up(2);
    // Who can't be rung is passed over.
    bench.sets("103", "offline");
    assert_eq!(whom(&bench.joins(3, "sales")), ["101"]);
}

/// How often each is rung first in so many calls, all of which hang up.
fn drawn(keys: serde_json::Value, users: &[&str], calls: u64) -> BTreeMap<String, u64> {
    let mut bench = Bench::new(json!({ "sales": queue(users, keys) }));
    let mut drawn = BTreeMap::new();
    for call in 1..=calls {
        let rung = whom(&bench.joins(call, "sales"));
        assert_eq!(rung.len(), 1);
        *drawn.entry(rung[0].clone()).or_default() += 1;
        bench.hangs_up(call);
    }
    drawn
}

#[test]
fn random_draws_everybody_alike() {
    let drawn = drawn(json!({ "strategy": "random" }), &["101", "102", "103", "104"], 2_000);
    assert_eq!(drawn.len(), 4);
    assert!(drawn.values().all(|count| (400..600).contains(count)), "{drawn:?}");
}

#[test]
fn weighted_random_draws_a_penalty_of_3_half_as_often_as_one_of_1() {
    let member = json!([{ "user": "101", "penalty": 1 }, { "user": "102", "penalty": 3 }]);
    let drawn = drawn(json!({ "strategy": "weighted-random", "member": member }), &[], 3_000);
    let (one, three) = (drawn["101"], drawn["102"]);
    assert!((1_900..2_100).contains(&one) && one + three == 3_000, "{drawn:?}");
}

#[test]
fn a_lower_penalty_comes_first_whatever_the_strategy_but_for_the_weighted_one() {
    for strategy in
        ["ring-all", "in-order", "round-robin", "least-recent", "fewest-calls", "longest-idle", "random"]
    {
        let member =
            json!([{ "user": "101", "penalty": 2 }, { "user": "102" }, { "user": "103", "penalty": 1 }]);
        let mut bench = Bench::sales(&[], json!({ "strategy": strategy, "member": member, "retry_s": 0 }));
        for (call, wanted) in [(1, "102"), (2, "103"), (3, "101")] {
            let rung = whom(&bench.joins(call, "sales"));
            assert_eq!(rung, [wanted], "{strategy}: who is busy is passed over");
            bench.answers(call, wanted);
        }
    }
}

#[test]
fn no_more_ring_together_than_a_call_has_legs_for() {
    let users: Vec<String> = (0..30).map(|n| format!("{}", 200 + n)).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    for (count, rung) in [(23, 23), (24, 24), (25, 24), (30, 24)] {
        let mut bench = Bench::sales(&users[..count], json!({}));
        assert_eq!(whom(&bench.joins(1, "sales")).len(), rung);
    }
}
