//! Every limit, at it and one past it.

use super::bench::{Bench, dial, play, rejected};
use crate::dial::{FOLLOWED_MAX, MEMBERS_MAX, STAGES_MAX};
use crate::leg::TYPED_MAX;
use crate::program::query::{TAGS_MAX, VAR_BYTES_MAX, VARS_MAX};
use crate::program::stack::{ENTERS_MAX, STACK_DEPTH_MAX};
use crate::state::{LEG_RECORDS_MAX, LEGS_MAX};
use crate::transfer::NUMBER_CHARS_MAX;
use cordboard_app::{DigitsEnd, Note, ReadDigits, Reply, Step, Value};
use cordboard_sip::session::{LegCommand, LegEvent};

#[test]
fn a_call_has_so_many_legs_and_no_more() {
    for (contacts, invited) in [(LEGS_MAX - 1, LEGS_MAX - 1), (LEGS_MAX, LEGS_MAX - 1)] {
        let mut bench = Bench::new(&[("102", vec![dial(&[&["102"]])])]);
        bench.users.insert("102".into(), u16::try_from(contacts).unwrap());
        bench.call("101", "102", &["PCMA"]);
        assert_eq!(bench.invites().len(), invited, "{contacts} contacts");
    }
}

#[test]
fn a_call_that_dials_again_and_again_forgets_its_oldest_legs() {
    let mut bench = Bench::new(&[("1", vec![dial(&[&["102"]]); LEG_RECORDS_MAX + 10])]);
    bench.call("101", "1", &["PCMA"]);
    for _ in 0..LEG_RECORDS_MAX + 10 {
        bench.refuses(bench.last_invited(), 486);
    }
    assert_eq!(bench.invites().len(), LEG_RECORDS_MAX + 10);
    assert_eq!(bench.record().legs.len(), LEG_RECORDS_MAX);
    assert_eq!(bench.record().legs[0].leg.index, 0);
}

#[test]
fn programs_stand_so_deep_and_no_deeper() {
    let again = Step::Run { app: "again".into(), args: Value::Unit };
    let mut bench = Bench::new(&[("again", vec![again, Step::Wait { ms: 1_000_000 }])]);
    bench.call("101", "again", &["PCMA"]);
    let starts = bench.replies().iter().filter(|reply| **reply == Reply::Start).count();
    assert_eq!(starts, STACK_DEPTH_MAX);
    assert!(matches!(bench.replies().last(), Some(Reply::Failed(_))));
}

#[test]
fn a_loop_of_routes_ends_the_call() {
    let enter = Step::Enter { context: "x".into(), number: "1".into() };
    let mut bench = Bench::new(&[("1", vec![enter])]);
    let caller = bench.call("101", "1", &["PCMA"]);
    bench.waits(0);
    assert!(rejected(&bench, caller).is_some());
    assert_eq!(bench.replies().len(), usize::from(ENTERS_MAX) + 1);
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_call_has_so_many_variables_of_such_a_size() {
    let set = |name: String, value| Step::Note(Note::SetVar { name, value, inherited: true });
    let mut steps: Vec<Step> = (0..=VARS_MAX).map(|n| set(format!("v{n}"), Value::Unit)).collect();
    steps.push(set("v0".into(), Value::Text("x".repeat(VAR_BYTES_MAX))));
    steps.push(set("v0".into(), Value::Text("x".repeat(VAR_BYTES_MAX + 1))));
    steps.push(Step::Wait { ms: 1_000 });
    let mut bench = Bench::new(&[("1", steps)]);
    bench.call("101", "1", &["PCMA"]);
    bench.waits(0);
    let failed = |reply: &Reply| matches!(reply, Reply::Failed(_));
    let failures: Vec<bool> = bench.replies()[1..].iter().map(failed).collect();
    assert!(failures[..VARS_MAX].iter().all(|failed| !failed));
    assert_eq!(failures[VARS_MAX..], [true, false, true]);
}

#[test]
fn a_record_has_so_many_tags() {
    let tag = |n| Step::Note(Note::Tag { key: format!("t{n}"), value: String::new() });
    let mut steps: Vec<Step> = (0..=TAGS_MAX).map(tag).collect();
    steps.push(Step::Wait { ms: 1_000 });
    let mut bench = Bench::new(&[("1", steps)]);
    bench.call("101", "1", &["PCMA"]);
    bench.waits(0);
    assert!(matches!(bench.replies().last(), Some(Reply::Failed(_))));
    let failures = bench.replies().iter().filter(|reply| matches!(reply, Reply::Failed(_))).count();
    assert_eq!(failures, 1);
}

#[test]
fn so_many_digits_are_kept_ahead() {
    let read =
        Step::Read(ReadDigits { max: 1_000, timeout_ms: 10, digit_timeout_ms: 10, ..ReadDigits::default() });
    let mut bench = Bench::new(&[("1", vec![Step::Answer, Step::Wait { ms: 100 }, read.clone(), read])]);
    let caller = bench.call("101", "1", &["PCMA"]);
    bench.presses(caller, &"7".repeat(TYPED_MAX + 1));
    bench.waits(200);
    let digits: Vec<_> =
        bench.replies().into_iter().filter(|reply| matches!(reply, Reply::Digits { .. })).collect();
    let full = Reply::Digits { digits: "7".repeat(TYPED_MAX), end: DigitsEnd::Full };
    assert_eq!(digits, [full, Reply::Digits { digits: String::new(), end: DigitsEnd::TimedOut }]);
}

#[test]
fn so_many_destinations_of_a_stage_are_looked_up() {
    for (members, asked) in [(MEMBERS_MAX, MEMBERS_MAX), (MEMBERS_MAX + 1, MEMBERS_MAX)] {
        let names: Vec<&str> = vec!["nobody"; members];
        let mut bench = Bench::new(&[("1", vec![dial(&[&names])])]);
        bench.call("101", "1", &["PCMA"]);
        let reaches = bench.out.iter().filter(|output| matches!(output, crate::Output::Reach { .. })).count();
        assert_eq!(reaches, asked);
    }
}

#[test]
fn an_invite_with_replaces_waits_so_long_to_hear_what_it_replaces() {
    let mut bench = Bench::new(&[]);
    let id = cordboard_base::CallId(9);
    let info = bench.info(9, "101", "102");
    let caller = bench.call_as(id, info, &["PCMA"], true);
    bench.waits(4_999);
    assert!(bench.told(caller).is_empty());
    bench.waits(1);
    assert_eq!(rejected(&bench, caller).map(|(status, _)| status), Some(503));
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_plan_has_so_many_stages() {
    for (stages, rung) in [(STAGES_MAX, STAGES_MAX), (STAGES_MAX + 1, STAGES_MAX)] {
        let stages: Vec<&[&str]> = vec![&["102"]; stages];
        let mut bench = Bench::new(&[("1", vec![dial(&stages)])]);
        bench.call("101", "1", &["PCMA"]);
        for _ in 0..STAGES_MAX {
            bench.refuses(bench.last_invited(), 486);
        }
        assert_eq!(bench.invites().len(), rung);
        assert_eq!(bench.records.len(), 1);
    }
}

#[test]
fn so_many_diversions_are_followed() {
    let mut bench = Bench::new(&[("1", vec![dial(&[&["102"]])])]);
    (200..300).for_each(|user| {
        bench.users.insert(user.to_string(), 1);
    });
    bench.call("101", "1", &["PCMA"]);
    for n in 0..=FOLLOWED_MAX {
        let leg = bench.last_invited();
        let mut response = bench.response(302);
        response.headers.push("Contact", format!("<sip:{}@office.example>", 200 + n));
        bench.input(crate::Input::Leg(leg, LegEvent::Refused { status: 302, response: Some(response) }));
    }
    assert_eq!(bench.invites().len(), FOLLOWED_MAX + 1);
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_number_transferred_to_is_so_long() {
    for (length, status) in [(NUMBER_CHARS_MAX, 202), (NUMBER_CHARS_MAX + 1, 400)] {
        let mut bench = Bench::new(&super::bench::extensions());
        let (_, callee) = bench.talk("101", "102");
        bench.refers(callee, &format!("<sip:{}@office.example>", "1".repeat(length)));
        let reply = bench.told(callee).iter().find_map(|command| match command {
            LegCommand::ReferReply { status } => Some(*status),
            _ => None,
        });
        assert_eq!(reply, Some(status), "{length}");
    }
}

#[test]
fn a_program_that_spins_shares_the_turn_and_ends_with_its_budget() {
    let spin = vec![Step::Note(Note::Mark("x".into())); 3_000];
    let mut bench = Bench::new(&[("1", spin)]);
    let caller = bench.call("101", "1", &["PCMA"]);
    assert_eq!(bench.replies().len(), crate::call::STEPS_PER_TURN_MAX);
    bench.waits(0);
    assert_eq!(bench.replies().len(), 3_001);
    assert!(rejected(&bench, caller).is_some());
}

#[test]
fn of_calls_that_have_more_to_do_one_goes_on_at_a_time_and_an_input_waits_for_none() {
    let spin = vec![Step::Note(Note::Mark("x".into())); 3_000];
    let mut bench = Bench::new(&[("1", spin), ("2", vec![Step::Ringing, Step::Wait { ms: 1_000 }])]);
    for caller in ["101", "102", "103"] {
        bench.call(caller, "1", &["PCMA"]);
    }
    let each = crate::call::STEPS_PER_TURN_MAX;
    assert_eq!(bench.replies().len(), 3 * each, "their first turns");
    bench.call("104", "2", &["PCMA"]);
    assert_eq!(bench.replies().len(), 3 * each + 2, "none of them had another one");
    bench.ticks();
    assert_eq!(bench.replies().len(), 4 * each + 2, "one of them had");
    bench.waits(0);
    assert_eq!(bench.replies().len(), 3 * 3_001 + 2);
}

#[test]
fn a_program_that_does_not_unwind_is_dropped_in_the_end() {
    let mut bench = Bench::new(&[("1", vec![play("x")])]);
    bench.plan.stubborn.set(true);
    let caller = bench.call("101", "1", &["PCMA"]);
    bench.hangs_up(caller);
    assert!(bench.records.is_empty());
    bench.waits(5_000);
    assert_eq!(bench.records.len(), 1);
}
