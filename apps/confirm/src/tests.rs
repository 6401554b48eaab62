#![allow(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, reason = "tests may")]

use super::*;
use cordboard_app::{App, Application, Cause, PlayResult};
use cordboard_media::Playhead;
use std::collections::BTreeMap;

const NOW: Time = Time::ZERO;

fn asking(options: &[(&str, Value)]) -> Box<dyn App> {
    let map: BTreeMap<String, Value> =
        options.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let info = CallInfo { lang: "en".into(), ..CallInfo::default() };
    Confirm.start(&info, &Value::List(vec![Value::Map(map)])).unwrap()
}

/// Answers a step, after the program has been through its own state's text.
fn next(app: &mut Box<dyn App>, reply: Reply) -> Step {
    *app = Confirm.restore(&app.snapshot()).unwrap();
    app.resume(NOW, reply)
}

fn names(step: &Step) -> Vec<String> {
    let items = match step {
        Step::Play(list) => &list.items,
        Step::Read(read) => &read.prompt,
        other => panic!("{other:?}"),
    };
    let name = |audio: &Audio| match audio {
        Audio::Prompt { name, .. } => name.clone(),
        other => panic!("{other:?}"),
    };
    items.iter().map(name).collect()
}

fn played() -> Reply {
    Reply::Played(PlayResult::Finished, Playhead::default())
}

fn typed(digits: &str) -> Reply {
    let end = if digits.is_empty() { DigitsEnd::TimedOut } else { DigitsEnd::Full };
    Reply::Digits { digits: digits.into(), end }
}

fn done(truth: bool) -> Step {
    Step::Done(Value::Bool(truth))
}

#[test]
fn one_takes_the_call_and_two_declines_it() {
    for (digit, taken) in [("1", true), ("2", false)] {
        let mut app = asking(&[]);
        assert_eq!(names(&next(&mut app, Reply::Start)), ["followme/no-recording"]);
        assert_eq!(names(&next(&mut app, played())), ["followme/options"]);
        assert_eq!(next(&mut app, typed(digit)), done(taken));
    }
}

#[test]
fn who_knows_the_question_answers_before_it_is_asked() {
    let mut app = asking(&[]);
    next(&mut app, Reply::Start);
    assert_eq!(next(&mut app, Reply::Played(PlayResult::Interrupted('1'), Playhead::default())), done(true));
}

#[test]
fn a_machine_that_presses_nothing_never_takes_it() {
    let mut app = asking(&[("tries", Value::Int(2))]);
    next(&mut app, Reply::Start);
    next(&mut app, played());
    assert_eq!(names(&next(&mut app, typed(""))), ["followme/options"]);
    assert_eq!(next(&mut app, typed("")), done(false));
}

#[test]
fn a_wrong_key_is_told_and_asked_again() {
    let mut app = asking(&[]);
    next(&mut app, Reply::Start);
    next(&mut app, played());
    assert_eq!(names(&next(&mut app, typed("7"))), ["beeperr", "followme/options"]);
    assert_eq!(next(&mut app, typed("1")), done(true));
}

#[test]
fn an_announcement_alone_asks_nothing() {
    let mut app = asking(&[("ask", Value::Bool(false)), ("announce", Value::Text("queue-thankyou".into()))]);
    assert_eq!(names(&next(&mut app, Reply::Start)), ["queue-thankyou"]);
    assert_eq!(next(&mut app, played()), done(true));
}

#[test]
fn keys_and_prompts_are_the_offices_to_choose() {
    let mut app = asking(&[("take", Value::Text("5".into())), ("prompt", Value::Text("press-1".into()))]);
    next(&mut app, Reply::Start);
    assert_eq!(names(&next(&mut app, played())), ["press-1"]);
    assert_eq!(next(&mut app, typed("5")), done(true));
}

#[test]
fn a_hang_up_declines() {
    let mut app = asking(&[]);
    next(&mut app, Reply::Start);
    assert_eq!(next(&mut app, Reply::HungUp(Cause::NORMAL)), done(false));
}
