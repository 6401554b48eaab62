//! Digits that may begin a feature's code, and what the other end gets of them.

use super::bench::{Bench, dial};
use cordboard_app::{Step, Value};
use cordboard_base::LegId;
use cordboard_media::{Command, Event};

/// A talk in which either may transfer: `##`, `*2`.
fn talking() -> (Bench, LegId, LegId) {
    let Step::Dial(mut options) = dial(&[&["102"]]) else { panic!("a dial") };
    options.extra.insert("transfer".to_owned(), Value::Bool(true));
    let mut bench = Bench::new(&[("102", vec![Step::Dial(options)])]);
    let (caller, callee) = bench.talk("101", "102");
    (bench, caller, callee)
}

fn press(bench: &mut Bench, leg: LegId, digit: char, duration_ms: u16) {
    bench.input(crate::Input::Media(Event::Digit { leg, digit, duration_ms, is_passed_on: false }));
}

/// Digits that a leg's peer was sent, and how long each was.
fn sent(bench: &Bench, leg: LegId) -> Vec<(String, u16)> {
    let digits = |command: &&Command| match command {
        Command::SendDigits { digits, duration_ms, .. } => Some((digits.clone(), *duration_ms)),
        _ => None,
    };
    bench.media(leg).iter().filter_map(digits).collect()
}

fn withheld(bench: &Bench, leg: LegId) -> Vec<bool> {
    let told = |command: &&Command| match command {
        Command::WithholdDigits { withheld, .. } => Some(*withheld),
        _ => None,
    };
    bench.media(leg).iter().filter_map(told).collect()
}

#[test]
fn a_code_is_swallowed_and_what_begins_none_is_passed_on_at_once_with_its_length() {
    let (mut bench, caller, callee) = talking();
    assert_eq!((withheld(&bench, caller), withheld(&bench, callee)), (vec![true], vec![true]));
    press(&mut bench, caller, '5', 240);
    assert_eq!(sent(&bench, callee), [("5".to_owned(), 240)]);
    press(&mut bench, caller, '#', 80);
    assert_eq!(sent(&bench, callee).len(), 1, "it may begin ##");
    press(&mut bench, caller, '7', 90);
    let all: Vec<(String, u16)> =
        [("5", 240), ("#", 80), ("7", 90)].map(|(digit, ms)| (digit.to_owned(), ms)).into();
    assert_eq!(sent(&bench, callee), all);
    bench.presses(caller, "##");
    assert_eq!(sent(&bench, callee), all, "the code is the exchange's");
}

#[test]
fn what_the_other_end_has_heard_already_is_not_passed_on_and_still_begins_a_code() {
    let (mut bench, caller, callee) = talking();
    let heard = |leg, digit| Event::Digit { leg, digit, duration_ms: 90, is_passed_on: true };
    for digit in ['5', '#'] {
        bench.input(crate::Input::Media(heard(caller, digit)));
    }
    press(&mut bench, caller, '7', 90);
    assert_eq!(sent(&bench, callee), [("7".to_owned(), 90)]);
    bench.input(crate::Input::Media(heard(callee, '*')));
    bench.waits(5_000);
    assert_eq!(sent(&bench, caller), []);
}

#[test]
fn a_beginning_is_passed_on_when_nothing_comes_in_time() {
    let (mut bench, caller, callee) = talking();
    press(&mut bench, callee, '*', 120);
    bench.waits(999);
    assert_eq!(sent(&bench, caller), []);
    bench.waits(2);
    assert_eq!(sent(&bench, caller), [("*".to_owned(), 120)]);
    press(&mut bench, callee, '2', 70);
    assert_eq!(sent(&bench, caller)[1..], [("2".to_owned(), 70)], "it came too late for *2");
    bench.waits(5_000);
    assert_eq!(sent(&bench, caller).len(), 2);
}

#[test]
fn of_a_beginning_within_a_beginning_only_what_is_over_is_passed_on() {
    let (mut bench, caller, callee) = talking();
    bench.presses(caller, "#*");
    assert_eq!(sent(&bench, callee), [("#".to_owned(), 80)], "* may begin *2");
    bench.presses(caller, "2");
    assert_eq!(sent(&bench, callee).len(), 1);
}

#[test]
fn where_nobody_may_type_a_code_the_engine_passes_digits_on_by_itself() {
    let mut bench = Bench::new(&super::bench::extensions());
    let (caller, callee) = bench.talk("101", "102");
    bench.presses(caller, "*2##");
    assert_eq!((withheld(&bench, caller).len(), withheld(&bench, callee).len()), (0, 0));
    assert_eq!(sent(&bench, callee), []);
}

#[test]
fn what_is_withheld_when_the_talk_ends_is_for_nobody() {
    let (mut bench, caller, callee) = talking();
    bench.presses(caller, "*");
    bench.hangs_up(callee);
    bench.waits(5_000);
    assert_eq!(sent(&bench, callee), []);
}

#[test]
fn a_restart_between_two_digits_of_a_code_changes_nothing() {
    let (mut bench, caller, callee) = talking();
    bench.presses(caller, "*");
    bench.restart();
    bench.waits(500);
    bench.presses(caller, "3");
    assert_eq!(sent(&bench, callee), [("*".to_owned(), 80), ("3".to_owned(), 80)]);
}
