//! The programs: they are told replies.

use crate::alarm::Repeat;
use crate::menu::Wakeup;
use crate::ring::WakeupCall;
use crate::talk::{Answer, Entry, Request};
use cordboard_app::say::WallTime;
use cordboard_app::{App, Application, CallInfo, Cause, DigitsEnd, PlayResult, Query, Reply, Step, Value};
use cordboard_base::Time;
use cordboard_media::{Audio, Playhead};

fn info(lang: &str) -> CallInfo {
    CallInfo { lang: lang.to_owned(), user: Some("101".to_owned()), ..CallInfo::default() }
}

fn menu(lang: &str, options: &[(&str, Value)]) -> Box<dyn App> {
    let map = options.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    Wakeup.start(&info(lang), &Value::List(vec![Value::Map(map)])).unwrap()
}

/// Answers a step, after the program has been through its own state's text.
fn next(app: &mut Box<dyn App>, reply: Reply) -> Step {
    let state = app.snapshot();
    *app = if state.kind == "wakeup" { Wakeup.restore(&state) } else { WakeupCall.restore(&state) }.unwrap();
    app.resume(Time::ZERO, reply)
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

fn typed(digits: &str) -> Reply {
    let end = if digits.is_empty() { DigitsEnd::TimedOut } else { DigitsEnd::Full };
    Reply::Digits { digits: digits.into(), end }
}

fn played() -> Reply {
    Reply::Played(PlayResult::Finished, Playhead::default())
}

fn request(step: &Step) -> Request {
    match step {
        Step::Ask(Query::Service { request, .. }) => request.to().unwrap(),
        other => panic!("{other:?}"),
    }
}

fn told(answer: &Answer) -> Reply {
    Reply::Value(Value::of(answer))
}

const NOON: WallTime =
    WallTime { year: 2026, month: 11, day: 23, weekday: 1, hour: 12, minute: 0, second: 0 };

fn entry(id: u64, hour: u8) -> Entry {
    Entry { id, at: WallTime { day: 24, weekday: 2, hour, minute: 30, ..NOON }, repeat: Repeat::Once }
}

fn in_menu(app: &mut Box<dyn App>) {
    assert_eq!(next(app, Reply::Start), Step::Answer);
    assert_eq!(names(&next(app, Reply::Ok)), ["wakeup-menu"]);
}

#[test]
fn an_ambiguous_hour_is_asked_about_in_english_and_not_elsewhere() {
    let set = |hour, repeat| Request::Set { user: None, hour, minute: 30, repeat };
    for (lang, keys, expected) in [
        ("en", vec!["0630", "1", "2"], set(6, Repeat::Once)),
        ("en", vec!["630", "2", "1"], set(18, Repeat::Daily)),
        ("en", vec!["1230", "1", "3"], set(0, Repeat::Weekdays)),
        ("en", vec!["1230", "2", ""], set(12, Repeat::Once)),
        ("en", vec!["1830", "2"], set(18, Repeat::Once)),
        ("en", vec!["0030", "2"], set(0, Repeat::Once)),
        ("de", vec!["0630", "2"], set(6, Repeat::Once)),
    ] {
        let mut app = menu(lang, &[]);
        in_menu(&mut app);
        let mut step = next(&mut app, typed("1"));
        assert_eq!(names(&step), ["wakeup-enter"]);
        for key in &keys {
            step = next(&mut app, typed(key));
        }
        assert_eq!(request(&step), expected, "{lang} {keys:?}");
    }
}

#[test]
fn what_is_set_is_said_after_it_is_written() {
    let mut app = menu("en", &[]);
    in_menu(&mut app);
    next(&mut app, typed("1"));
    next(&mut app, typed("1830"));
    next(&mut app, typed("2"));
    let said = names(&next(&mut app, told(&Answer::Set { now: NOON, entry: entry(1, 18) })));
    assert_eq!(&said[..3], ["wakeup-set", "digits/tomorrow", "digits/at"]);
    assert_eq!(names(&next(&mut app, played())), ["wakeup-menu"]);
    assert_eq!(names(&next(&mut app, typed("#"))), ["goodbye"]);
    let Step::Done(outcome) = next(&mut app, played()) else { panic!("not done") };
    assert_eq!((outcome.entry("status").text(), outcome.entry("set").int()), (Some("done"), Some(1)));
}

#[test]
fn what_is_no_time_is_asked_for_three_times() {
    let mut app = menu("en", &[]);
    in_menu(&mut app);
    next(&mut app, typed("1"));
    for wrong in ["2460", "99"] {
        assert_eq!(names(&next(&mut app, typed(wrong))), ["wakeup-invalid", "wakeup-enter"]);
    }
    assert_eq!(names(&next(&mut app, typed("0660"))), ["wakeup-invalid"]);
    assert_eq!(names(&next(&mut app, played())), ["wakeup-menu"]);
    for _ in 0..2 {
        assert_eq!(names(&next(&mut app, typed(""))), ["wakeup-menu"]);
    }
    assert_eq!(names(&next(&mut app, typed(""))), ["goodbye"]);
}

#[test]
fn one_is_cancelled_at_once_and_of_several_the_one_that_is_chosen() {
    let mut app = menu("en", &[]);
    in_menu(&mut app);
    assert_eq!(request(&next(&mut app, typed("3"))), Request::List { user: None });
    let only = Answer::All { now: NOON, entries: vec![entry(7, 6)] };
    assert_eq!(request(&next(&mut app, told(&only))), Request::Cancel { id: 7 });
    assert_eq!(names(&next(&mut app, told(&Answer::Done))), ["wakeup-cancelled"]);
    next(&mut app, played());
    next(&mut app, typed("3"));
    let both = Answer::All { now: NOON, entries: vec![entry(7, 6), entry(9, 18)] };
    let said = names(&next(&mut app, told(&both)));
    assert_eq!((said[0].as_str(), said[1].as_str()), ("vm-press", "digits/1"));
    assert_eq!(names(&next(&mut app, typed("5"))), said, "there is no fifth");
    assert_eq!(request(&next(&mut app, typed("2"))), Request::Cancel { id: 9 });
}

#[test]
fn nothing_is_set_for_a_stranger_or_for_who_does_not_exist() {
    let mut app = Wakeup.start(&CallInfo::default(), &Value::List(Vec::new())).unwrap();
    assert_eq!(names(&next(&mut app, Reply::Start)), ["call-not-allowed"]);
    let mut app = menu("en", &[("for", Value::Untrusted("999".to_owned()))]);
    assert_eq!(next(&mut app, Reply::Start), Step::Ask(Query::UserExists("999".to_owned())));
    assert_eq!(names(&next(&mut app, Reply::Value(Value::Bool(false)))), ["pbx-invalid"]);
}

fn woken() -> (Box<dyn App>, Vec<String>) {
    let mut app = WakeupCall.start(&info("en"), &Value::List(vec![Value::Int(7)])).unwrap();
    assert_eq!(request(&next(&mut app, Reply::Start)), Request::Ring { id: 7 });
    let said = names(&next(&mut app, told(&Answer::Now(NOON))));
    (app, said)
}

#[test]
fn who_answers_hears_the_time_and_snoozes_by_one() {
    let (mut app, said) = woken();
    assert_eq!(&said[..2], ["this-is-yr-wakeup-call", "the-time-is"]);
    assert_eq!(said.last().unwrap(), "wakeup-snooze");
    assert_eq!(request(&next(&mut app, typed("1"))), Request::Snooze { id: 7 });
    let set = Answer::Set { now: NOON, entry: entry(7, 12) };
    assert_eq!(names(&next(&mut app, told(&set)))[0], "wakeup-set");
    assert_eq!(next(&mut app, played()), Step::Done(Value::Unit));
}

#[test]
fn a_hang_up_a_key_and_no_key_at_all_end_it() {
    let (mut app, _) = woken();
    assert_eq!(request(&next(&mut app, Reply::HungUp(Cause::NORMAL))), Request::Confirm { id: 7 });
    let (mut app, _) = woken();
    assert_eq!(request(&next(&mut app, typed("2"))), Request::Confirm { id: 7 });
    assert_eq!(names(&next(&mut app, told(&Answer::Done))), ["goodbye"]);
    let (mut app, said) = woken();
    assert_eq!(names(&next(&mut app, typed(""))), said);
    assert_eq!(names(&next(&mut app, typed("7"))), said);
    assert_eq!(request(&next(&mut app, typed(""))), Request::Confirm { id: 7 });
}
