//! Who answers is asked before the two are connected.

use super::bench::{Bench, dial, play};
use crate::dial::SCREEN_TIME;
use cordboard_app::{Cause, DialEnd, DialOptions, DialResult, Reply, Screen, Step, Value};
use cordboard_base::LegId;
use cordboard_media::{PlayEnd, Source};
use cordboard_sip::session::LegCommand;

fn screened(stages: &[&[&str]]) -> Step {
    let Step::Dial(options) = dial(stages) else { unreachable!() };
    let screen = Some(Screen { app: "ask".into(), args: Value::Unit });
    Step::Dial(Box::new(DialOptions { screen, ..*options }))
}

/// A dial whose screen plays something, and ends so.
fn ringing(stages: &[&[&str]], outcome: Value) -> (Bench, LegId, Vec<LegId>) {
    let ask = vec![play("question"), Step::Done(outcome)];
    let mut bench = Bench::new(&[("1", vec![screened(stages), play("after")]), ("ask", ask)]);
    let caller = bench.call("101", "1", &["PCMA"]);
    let legs: Vec<LegId> = bench.invites().iter().map(|(leg, _)| *leg).collect();
    legs.iter().for_each(|leg| bench.rings(*leg));
    (bench, caller, legs)
}

fn ends_screen(bench: &mut Bench, leg: LegId) {
    let id = bench.last_play(leg).unwrap().id;
    bench.played(leg, id, PlayEnd::Finished);
}

fn result(bench: &Bench) -> DialResult {
    let dialed = bench.replies().into_iter().rev().find_map(|reply| match reply {
        Reply::Dialed(result) => Some(*result),
        _ => None,
    });
    dialed.unwrap_or_else(|| panic!("{:?}", bench.replies()))
}

fn is_ended(bench: &Bench, leg: LegId) -> bool {
    matches!(bench.last_told(leg), Some(LegCommand::End { .. }))
}

#[test]
fn who_accepts_is_connected_and_until_then_the_caller_waits_and_others_ring_on() {
    let (mut bench, caller, legs) = ringing(&[&["102", "103"]], Value::Bool(true));
    bench.answers(legs[0]);
    assert!(matches!(bench.last_told(caller), Some(LegCommand::Provisional { status: 180, .. })));
    assert!(!is_ended(&bench, legs[1]), "the other phone rings on");
    ends_screen(&mut bench, legs[0]);
    assert_eq!(bench.hears(caller), Source::Leg(legs[0]));
    assert!(is_ended(&bench, legs[1]));
    bench.hangs_up(legs[0]);
    assert_eq!(result(&bench).end, DialEnd::Answered);
}

#[test]
fn two_may_be_asked_at_once_and_the_first_to_accept_gets_the_call() {
    let (mut bench, caller, legs) = ringing(&[&["102", "103"]], Value::Unit);
    legs.iter().for_each(|leg| bench.answers(*leg));
    ends_screen(&mut bench, legs[1]);
    assert_eq!(bench.hears(caller), Source::Leg(legs[1]));
    assert!(is_ended(&bench, legs[0]));
    bench.hangs_up(caller);
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn who_is_still_asked_when_another_one_takes_the_call_hears_so_and_can_not_take_it() {
    let ask = vec![play("question"), play("taken"), Step::Done(Value::Bool(true))];
    let mut bench = Bench::new(&[("1", vec![screened(&[&["102", "103", "104"]])]), ("ask", ask)]);
    let caller = bench.call("101", "1", &["PCMA"]);
    let legs: Vec<LegId> = bench.invites().iter().map(|(leg, _)| *leg).collect();
    legs.iter().for_each(|leg| bench.answers(*leg));
    // One has heard all of it and takes the call.
    ends_screen(&mut bench, legs[2]);
    ends_screen(&mut bench, legs[2]);
    assert_eq!(bench.hears(caller), Source::Leg(legs[2]));
    assert!(!is_ended(&bench, legs[0]) && !is_ended(&bench, legs[1]));
    let told = bench.replies().iter().filter(|reply| matches!(reply, Reply::Failed(_))).count();
    assert_eq!(told, 2, "{:?}", bench.replies());
    // Its program says yes all the same: nothing comes of it.
    ends_screen(&mut bench, legs[0]);
    assert!(is_ended(&bench, legs[0]));
    assert_eq!(bench.hears(caller), Source::Leg(legs[2]));
    // A program that goes on and on is ended.
    bench.waits(10_500);
    assert!(is_ended(&bench, legs[1]));
    bench.hangs_up(caller);
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_refusal_is_a_decline_of_that_leg_alone() {
    let (mut bench, caller, legs) = ringing(&[&["102", "103"]], Value::Bool(false));
    bench.answers(legs[0]);
    ends_screen(&mut bench, legs[0]);
    assert!(is_ended(&bench, legs[0]) && !is_ended(&bench, legs[1]));
    bench.refuses(legs[1], 486);
    assert_eq!((result(&bench).end, result(&bench).cause), (DialEnd::Busy, Cause::REJECTED));
    assert!(bench.last_play(caller).is_some(), "the program goes on with its caller");
}

#[test]
fn a_hang_up_during_the_screen_is_a_refusal() {
    let (mut bench, _caller, legs) = ringing(&[&["102"]], Value::Bool(true));
    bench.answers(legs[0]);
    bench.hangs_up(legs[0]);
    assert_eq!(result(&bench).end, DialEnd::Busy);
}

#[test]
fn the_stages_time_does_not_end_who_is_asked() {
    let (mut bench, caller, legs) = ringing(&[&["102", "103"], &["104"]], Value::Bool(true));
    bench.waits(15_000);
    bench.answers(legs[0]);
    bench.waits(6_000);
    assert!(is_ended(&bench, legs[1]) && !is_ended(&bench, legs[0]));
    assert_eq!(bench.invites().len(), 2, "the next stage waits");
    ends_screen(&mut bench, legs[0]);
    assert_eq!(bench.hears(caller), Source::Leg(legs[0]));
}

#[test]
fn the_next_stage_rings_when_the_last_one_refuses() {
    let (mut bench, _caller, legs) = ringing(&[&["102"], &["104"]], Value::Int(0));
    bench.answers(legs[0]);
    ends_screen(&mut bench, legs[0]);
    assert_eq!(bench.invites().len(), 2);
}

#[test]
fn a_screen_without_end_is_ended() {
    let (mut bench, _caller, legs) = ringing(&[&["102"]], Value::Bool(true));
    bench.answers(legs[0]);
    bench.waits(u64::try_from(SCREEN_TIME.as_millis()).unwrap() - 1);
    assert!(!is_ended(&bench, legs[0]));
    bench.waits(1);
    assert!(is_ended(&bench, legs[0]));
    assert_eq!(result(&bench).end, DialEnd::Busy);
}

#[test]
fn a_caller_that_gives_up_ends_who_is_asked() {
    let (mut bench, caller, legs) = ringing(&[&["102"]], Value::Bool(true));
    bench.answers(legs[0]);
    bench.hangs_up(caller);
    assert!(is_ended(&bench, legs[0]));
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_screen_that_there_is_not_connects_nobody() {
    let mut bench = Bench::new(&[("1", vec![screened(&[&["102"]])])]);
    bench.call("101", "1", &["PCMA"]);
    let callee = bench.last_invited();
    bench.answers(callee);
    assert!(is_ended(&bench, callee));
    assert_eq!(result(&bench).end, DialEnd::Busy);
}

#[test]
fn a_restart_while_somebody_is_asked_changes_nothing() {
    let (mut bench, caller, legs) = ringing(&[&["102"]], Value::Bool(true));
    bench.answers(legs[0]);
    bench.restart();
    ends_screen(&mut bench, legs[0]);
    assert_eq!(bench.hears(caller), Source::Leg(legs[0]));
}
