//! Figures per queue and agent: what is counted, and that a restart loses nothing.

use super::{Bench, queue};
use crate::{Outcome, Request};
use cordboard_app::Value;
use serde_json::json;

/// A busy quarter of an hour: one answered in time, one at the limit, one late, one gone, one not answered, one left by a key.
fn worked() -> Bench {
    let keys = json!({ "service_level_s": 20, "strategy": "in-order", "retry_s": 0 });
    let mut bench = Bench::new(json!({
        "sales": queue(&["101", "102"], keys),
        "support": queue(&["101"], json!({})),
    }));
    for (call, wait_s, talk_s) in [(1, 0, 60), (2, 20, 30), (3, 21, 30)] {
        if wait_s > 0 {
            bench.sets("101", "busy");
            bench.sets("102", "busy");
        }
        bench.joins(call, "sales");
        bench.passes(wait_s);
        bench.sets("101", "idle");
        bench.rings(call);
        bench.answers(call, "101");
        bench.passes(talk_s);
        bench.ends(call, true);
    }
    bench.sets("102", "idle");
    bench.joins(4, "sales");
    bench.reports(4, Outcome::NoAnswer);
    bench.hangs_up(4);
    bench.joins(5, "sales");
    bench.asks(5, &Request::Left { key: Some('0') });
    bench
}

fn figures(seen: &Value) -> Vec<(&'static str, i64)> {
    ["offered", "answered", "abandoned", "missed", "callbacks", "service_level", "wait_s", "talk_s"]
        .map(|key| (key, seen.entry(key).int().unwrap()))
        .into()
}

const WORKED: [(&str, i64); 8] = [
    ("offered", 5),
    ("answered", 3),
    ("abandoned", 1),
    ("missed", 1),
    ("callbacks", 0),
    // Of three who were answered and one who gave up, two were answered within 20 s.
    ("service_level", 50),
    // (0 + 20 + 21) / 3, and (60 + 30 + 30) / 3.
    ("wait_s", 13),
    ("talk_s", 40),
];

#[test]
fn what_happened_is_counted_per_queue() {
    let mut bench = worked();
    assert_eq!(figures(&bench.seen("sales")), WORKED);
    let untouched = figures(&bench.seen("support"));
    assert!(untouched.iter().all(|(key, count)| *count == 0 || *key == "service_level"), "{untouched:?}");
}

#[test]
fn figures_of_queues_and_agents_are_the_same_after_a_restart() {
    let mut bench = worked();
    let of_agents =
        |bench: &mut Bench| [bench.agents("sales", "missed"), bench.agents("sales", "today")].concat();
    let before = (figures(&bench.seen("sales")), of_agents(&mut bench), bench.rows.clone());
    bench.restarts();
    let after = (figures(&bench.seen("sales")), of_agents(&mut bench), bench.rows.clone());
    assert_eq!(before, after);
    let (agents, missed) = (&after.1, |n: i64| Value::Int(n));
    assert_eq!(agents[0], ("SIP/101".to_owned(), missed(1)));
    assert_eq!(agents[2], ("SIP/101".to_owned(), missed(3)), "calls taken today");
    // And they go on from there.
    bench.joins(11, "sales");
    bench.answers(11, "101");
    bench.passes(4);
    bench.ends(11, false);
    let seen = figures(&bench.seen("sales"));
    assert_eq!((seen[0].1, seen[1].1, seen[7].1), (6, 4, 31), "{seen:?}");
}

#[test]
fn the_rows_say_what_reports_want_by_the_day() {
    let bench = worked();
    let day = super::UNIX_S / 86_400;
    let row = |key: String| -> serde_json::Value { serde_json::from_str(&bench.rows[&key]).unwrap() };
    let sales = row(format!("day/sales/{day}"));
    assert_eq!((&sales["waited_ms"], &sales["talked_ms"]), (&json!(41_000), &json!(120_000)));
    let agent = row(format!("agent-day/sales/101/{day}"));
    assert_eq!(
        (&agent["offered"], &agent["answered"], &agent["missed"], &agent["talked_ms"]),
        (&json!(4), &json!(3), &json!(1), &json!(120_000))
    );
}

#[test]
fn a_new_day_begins_with_nothing_and_the_old_one_is_kept() {
    let mut bench = worked();
    let rows = bench.rows.len();
    bench.passes(13 * 3_600);
    let seen = figures(&bench.seen("sales"));
    assert!(seen.iter().all(|(key, count)| *count == 0 || *key == "service_level"), "{seen:?}");
    bench.joins(20, "sales");
    assert_eq!(bench.seen("sales").entry("offered").int(), Some(1));
    assert_eq!(bench.rows.len(), rows + 1, "a row of its own");
    bench.restarts();
    assert_eq!(bench.seen("sales").entry("offered").int(), Some(1));
}
