#![allow(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, reason = "tests may")]

use super::*;
use cordboard_app::{App, Application, DigitsEnd};
use std::collections::BTreeMap;

fn program(mode: &str) -> Box<dyn App> {
    let text = |text: &str| Value::Text(text.to_owned());
    let how = BTreeMap::from([
        ("mode".to_owned(), text(mode)),
        ("abort".to_owned(), text("*3")),
        ("complete".to_owned(), text("*4")),
        ("three_way".to_owned(), text("*5")),
        ("swap".to_owned(), text("*6")),
    ]);
    InCallTransfer.start(&CallInfo::default(), &Value::List(vec![Value::Map(how)])).unwrap()
}

/// Goes on, after the program has been through its own state's text.
fn next(app: &mut Box<dyn App>, reply: Reply) -> Step {
    *app = InCallTransfer.restore(&app.snapshot()).unwrap();
    app.resume(Time::ZERO, reply)
}

fn typed(digits: &str) -> Reply {
    Reply::Digits { digits: digits.into(), end: DigitsEnd::TimedOut }
}

fn prompt(step: &Step) -> String {
    let items = match step {
        Step::Read(read) => &read.prompt,
        Step::Play(list) => &list.items,
        other => panic!("{other:?}"),
    };
    match &items[..] {
        [Audio::Prompt { name, .. }] => name.clone(),
        other => panic!("{other:?}"),
    }
}

fn consulting() -> Box<dyn App> {
    let mut app = program("attended");
    next(&mut app, Reply::Start);
    let Step::Transfer(Transfer::Consult { number, timeout_ms, codes }) = next(&mut app, typed("103")) else {
        panic!("no consultation")
    };
    assert_eq!((number.as_str(), timeout_ms, codes.len()), ("103", 15_000, 4));
    app
}

fn how(consulted: &Consulted) -> Reply {
    Reply::Value(Value::of(consulted))
}

#[test]
fn a_blind_transfer_goes_to_the_number_that_is_typed() {
    let mut app = program("blind");
    assert_eq!(prompt(&next(&mut app, Reply::Start)), "pbx-transfer");
    assert_eq!(next(&mut app, typed("103")), Step::Transfer(Transfer::Blind { number: "103".into() }));
    assert_eq!(next(&mut app, Reply::HungUp(Cause::NORMAL)), Step::Done(Value::Unit));
}

#[test]
fn three_numbers_may_be_tried() {
    let mut app = program("blind");
    next(&mut app, Reply::Start);
    for _ in 0..2 {
        next(&mut app, typed("999"));
        assert_eq!(prompt(&next(&mut app, Reply::Failed("no such number".into()))), "pbx-invalid");
    }
    assert_eq!(prompt(&next(&mut app, typed(""))), "beeperr");
    assert!(matches!(next(&mut app, Reply::Ok), Step::Done(_)), "back to the talk");
}

#[test]
fn codes_lead_to_what_they_say() {
    for (code, step) in [
        ("*3", Transfer::Abort),
        ("*4", Transfer::Complete),
        ("*5", Transfer::ThreeWay),
        ("*6", Transfer::Swap),
    ] {
        let mut app = consulting();
        assert_eq!(next(&mut app, how(&Consulted::Code(code.into()))), Step::Transfer(step));
    }
}

#[test]
fn nobody_answers_and_that_is_heard_before_the_talk_goes_on() {
    let mut app = consulting();
    assert_eq!(prompt(&next(&mut app, how(&Consulted::Failed(Cause::NO_ANSWER)))), "beeperr");
}

#[test]
fn a_number_that_there_is_not_is_asked_for_again() {
    let mut app = consulting();
    assert_eq!(prompt(&next(&mut app, how(&Consulted::Failed(Cause::UNALLOCATED)))), "pbx-invalid");
}

#[test]
fn who_was_consulted_hangs_up_and_the_talk_goes_on() {
    let mut app = consulting();
    assert_eq!(next(&mut app, how(&Consulted::Over)), Step::Done(Value::Unit));
}
