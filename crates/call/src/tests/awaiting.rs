//! Waiting for whatever comes first.

use super::bench::{Bench, play};
use crate::Input;
use crate::program::awaiting::TOLD_MAX;
use cordboard_app::{Await, Cause, Happening, Reply, Step, Value};
use cordboard_base::LegId;
use cordboard_media::PlayEnd;

fn awaits(digits: &str, timeout_ms: u32) -> Step {
    Step::Await(Await { digits: digits.into(), timeout_ms })
}

fn happened(what: Happening) -> Reply {
    Reply::Happened(what)
}

fn told(number: i64) -> Reply {
    happened(Happening::Told(Value::Int(number)))
}

/// A caller in a program of these steps.
fn run(mut steps: Vec<Step>) -> (Bench, LegId) {
    steps.push(Step::Wait { ms: 1_000_000 });
    let mut bench = Bench::new(&[("1", steps)]);
    let caller = bench.call("101", "1", &["PCMA"]);
    (bench, caller)
}

fn tell(bench: &mut Bench, leg: LegId, number: i64) {
    bench.input(Input::Told { call: leg.call, message: Value::Int(number) });
}

fn played(bench: &mut Bench, leg: LegId) {
    let id = bench.last_play(leg).unwrap().id;
    bench.played(leg, id, PlayEnd::Finished);
}

#[test]
fn a_digit_that_is_wanted_ends_it_and_others_are_dropped() {
    let (mut bench, caller) = run(vec![Step::Answer, awaits("5", 0), awaits("1", 0)]);
    bench.presses(caller, "15");
    assert_eq!(bench.replies().last(), Some(&happened(Happening::Digit('5'))));
    bench.presses(caller, "1");
    assert_eq!(bench.replies().last(), Some(&happened(Happening::Digit('1'))));
}

#[test]
fn digits_typed_ahead_count_and_what_is_behind_the_first_stays() {
    let (mut bench, caller) = run(vec![play("hello"), awaits("56", 0), awaits("56", 0), awaits("56", 0)]);
    bench.presses(caller, "1562");
    played(&mut bench, caller);
    let digits = ['5', '6'].map(|digit| happened(Happening::Digit(digit)));
    assert_eq!(bench.replies()[2..], digits);
    bench.presses(caller, "6");
    assert_eq!(bench.replies().last(), Some(&happened(Happening::Digit('6'))));
}

#[test]
fn what_services_say_meanwhile_is_kept_in_order_and_comes_one_at_a_time() {
    let (mut bench, caller) = run(vec![play("hello"), awaits("", 0), awaits("", 0), awaits("", 0)]);
    tell(&mut bench, caller, 1);
    tell(&mut bench, caller, 2);
    played(&mut bench, caller);
    assert_eq!(bench.replies()[2..], [told(1), told(2)]);
    tell(&mut bench, caller, 3);
    assert_eq!(bench.replies().last(), Some(&told(3)));
}

#[test]
fn of_too_many_words_the_oldest_are_forgotten() {
    for over in [0, 1] {
        let (mut bench, caller) = run(vec![play("hello"), awaits("", 0)]);
        for number in 0..TOLD_MAX + over {
            tell(&mut bench, caller, i64::try_from(number).unwrap());
        }
        played(&mut bench, caller);
        assert_eq!(bench.replies().last(), Some(&told(i64::try_from(over).unwrap())));
    }
}

#[test]
fn time_ends_it_and_a_word_in_time_stops_the_clock() {
    let (mut bench, caller) = run(vec![awaits("", 2_000), awaits("", 2_000), awaits("", 0)]);
    bench.waits(1_999);
    assert_eq!(bench.replies().len(), 1);
    bench.waits(1);
    assert_eq!(bench.replies().last(), Some(&happened(Happening::TimedOut)));
    tell(&mut bench, caller, 7);
    bench.waits(100_000);
    assert_eq!(bench.replies().last(), Some(&told(7)), "an await without a time waits for ever");
}

#[test]
fn a_hang_up_ends_it() {
    let (mut bench, caller) = run(vec![Step::Answer, awaits("", 0)]);
    bench.hangs_up(caller);
    assert_eq!(bench.replies().last(), Some(&Reply::HungUp(Cause::NORMAL)));
    assert_eq!(bench.records.len(), 1);
}

#[test]
fn a_word_for_a_call_that_is_over_is_dropped() {
    let (mut bench, caller) = run(vec![Step::Answer, awaits("", 0)]);
    bench.hangs_up(caller);
    tell(&mut bench, caller, 1);
    assert_eq!(bench.calls.counts().stray, 1);
}

#[test]
fn a_restart_keeps_what_was_said() {
    let (mut bench, caller) = run(vec![play("hello"), awaits("", 0)]);
    tell(&mut bench, caller, 1);
    bench.restart();
    played(&mut bench, caller);
    assert_eq!(bench.replies().last(), Some(&told(1)));
}
