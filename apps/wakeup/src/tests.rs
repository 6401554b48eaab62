//! The service through lives and random schedules, its settings, and the programs that are told replies.
#![allow(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, reason = "tests may")]

use crate::alarm::Repeat;
use crate::menu::Wakeup;
use crate::ring::WakeupCall;
use crate::service::Wakeups;
use crate::settings::{Office, Settings};
use crate::talk::{Answer, Entry, Request};
use cordboard_app::say::WallTime;
use cordboard_app::{
    App, Application, AskId, Asker, CallInfo, Cause, Change, DigitsEnd, Hosted, Identity, PlayResult, Query,
    Reply, ServiceInput, ServiceOutput, Step, Value,
};
use cordboard_base::{CallId, Time};
use cordboard_media::{Audio, Playhead};
use core::time::Duration;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// 2026-11-23 09:00:00 UTC, a Monday.
const START_S: i64 = 1_795_424_400;
const HOUR: i64 = 3_600;

/// A service in a world of its own: a clock, and a disk that can be full.
struct Desk {
    wakeups: Wakeups,
    unix_s: i64,
    rows: BTreeMap<String, String>,
    is_full: bool,
    /// Numbers of calls that were made.
    calls: Vec<u64>,
    answers: Vec<Answer>,
    log: Vec<String>,
}

impl Desk {
    fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings { operators: vec!["105".to_owned()], ..Settings::default() };
        change(&mut settings);
        let mut desk = Self {
            wakeups: Wakeups::default(),
            unix_s: START_S,
            rows: BTreeMap::new(),
            is_full: false,
            calls: Vec::new(),
            answers: Vec::new(),
            log: Vec::new(),
        };
        desk.configure(settings);
        desk
    }

    fn configure(&mut self, settings: Settings) {
        let office = Office { settings, ..Office::default() };
        self.give(ServiceInput::Configured { settings: serde_json::to_string(&office).unwrap() });
    }

    fn now(&self) -> Time {
        Time::ZERO + Duration::from_secs(u64::try_from(self.unix_s - START_S).unwrap())
    }

    fn give(&mut self, input: ServiceInput) {
        self.wakeups.handle(self.now(), self.unix_s * 1_000_000, input);
        // What it knows survives its own text at any moment.
        let mut again = Wakeups::default();
        while let Some(output) = self.wakeups.poll() {
            match output {
                ServiceOutput::Answer { value, .. } => self.answers.push(value.unwrap().to().unwrap()),
                ServiceOutput::Originate { number, .. } => self.calls.push(number),
                ServiceOutput::Log { text, .. } => self.log.push(text),
                ServiceOutput::Commit { number, changes } => {
                    let failed = self.is_full.then(|| "disk full".to_owned());
                    if failed.is_none() {
                        changes.into_iter().for_each(|change| self.write(change));
                    }
                    let at = (self.now(), self.unix_s * 1_000_000);
                    self.wakeups.handle(at.0, at.1, ServiceInput::Written { number, failed });
                }
                ServiceOutput::Event { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(again.restore(&self.wakeups.snapshot()));
        self.wakeups = again;
    }

    fn write(&mut self, change: Change) {
        match change {
            Change::Keep { key, row, .. } => drop(self.rows.insert(key, row)),
            Change::Forget { key } => drop(self.rows.remove(&key)),
            Change::Mail(_) => panic!("no mail"),
        }
    }

    fn asks(&mut self, call: u64, user: Option<&str>, request: &Request) -> Answer {
        let asker = Asker {
            call: CallId(call),
            caller: Identity::default(),
            user: user.map(str::to_owned),
            lang: "en".to_owned(),
        };
        self.give(ServiceInput::Asked { ask: AskId(1), asker, request: Value::of(request) });
        self.answers.pop().unwrap()
    }

    fn sets(&mut self, user: &str, hour: u8, minute: u8, repeat: Repeat) -> Answer {
        self.asks(1, Some(user), &Request::Set { user: None, hour, minute, repeat })
    }

    /// Time passes, and what is due is done.
    fn passes(&mut self, until_unix_s: i64) {
        while let Some(due) = self.wakeups.next_deadline() {
            let due_s = START_S + i64::try_from(due.since(Time::ZERO).as_secs()).unwrap();
            if due_s > until_unix_s {
                break;
            }
            self.unix_s = self.unix_s.max(due_s);
            self.give(ServiceInput::Tick);
        }
        self.unix_s = until_unix_s;
    }

    fn fails(&mut self, cause: Cause) {
        let number = self.calls.pop().unwrap();
        self.give(ServiceInput::Originated { number, call: CallId(9), failed: Some(cause) });
    }

    /// The phone is picked up by call `call`.
    fn answers(&mut self, call: u64) -> u64 {
        let number = self.calls.pop().unwrap();
        self.give(ServiceInput::Originated { number, call: CallId(call), failed: None });
        assert!(matches!(self.asks(call, None, &Request::Ring { id: number }), Answer::Now(_)));
        number
    }

    /// The process dies, and comes again so much later.
    fn dies_for(&mut self, secs: i64) {
        self.unix_s += secs;
        self.wakeups = Wakeups::default();
        self.configure(Settings::default());
        for (key, row) in self.rows.clone() {
            self.give(ServiceInput::Kept { key, row });
        }
        self.passes(self.unix_s);
    }

    fn entries(&mut self, user: &str) -> Vec<Entry> {
        match self.asks(1, Some(user), &Request::List { user: None }) {
            Answer::All { entries, .. } => entries,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_phone_is_called_at_the_time_and_once_is_once() {
    let mut desk = Desk::new(|_| ());
    assert!(matches!(desk.sets("101", 10, 0, Repeat::Once), Answer::Set { .. }));
    desk.passes(START_S + HOUR - 1);
    assert!(desk.calls.is_empty());
    desk.passes(START_S + HOUR);
    let id = desk.answers(5);
    assert_eq!(desk.asks(5, None, &Request::Confirm { id }), Answer::Done);
    assert_eq!((desk.entries("101"), desk.rows.len()), (Vec::new(), 0));
    desk.passes(START_S + 48 * HOUR);
    assert!(desk.calls.is_empty());
}

#[test]
fn nobody_answers_and_it_is_called_again_and_then_logged() {
    let mut desk = Desk::new(|_| ());
    desk.sets("101", 10, 0, Repeat::Once);
    for minutes in [0, 3, 6] {
        desk.passes(START_S + HOUR + minutes * 60);
        assert_eq!(desk.calls.len(), 1, "after {minutes} minutes");
        desk.fails(Cause::NO_ANSWER);
    }
    assert!(desk.log.iter().any(|line| line.contains("missed: no-answer")), "{:?}", desk.log);
    assert!(desk.rows.is_empty());
}

#[test]
fn a_daily_one_comes_the_next_day_and_on_weekdays_not_on_saturday() {
    let mut desk = Desk::new(|_| ());
    desk.sets("101", 10, 0, Repeat::Weekdays);
    let mut days = Vec::new();
    for day in 0..8 {
        desk.passes(START_S + HOUR + day * 24 * HOUR);
        if !desk.calls.is_empty() {
            days.push(day);
            desk.answers(5);
            desk.give(ServiceInput::Gone { call: CallId(5) });
        }
    }
    assert_eq!(days, [0, 1, 2, 3, 4, 7]);
}

#[test]
fn a_snooze_is_ten_minutes_and_the_daily_time_stays() {
    let mut desk = Desk::new(|_| ());
    desk.sets("101", 10, 0, Repeat::Daily);
    desk.passes(START_S + HOUR);
    let id = desk.answers(5);
    assert!(
        matches!(desk.asks(5, None, &Request::Snooze { id }), Answer::Set { entry, .. } if entry.at.minute == 10)
    );
    desk.give(ServiceInput::Gone { call: CallId(5) });
    desk.passes(START_S + HOUR + 599);
    assert!(desk.calls.is_empty());
    desk.passes(START_S + HOUR + 600);
    desk.answers(6);
    desk.give(ServiceInput::Gone { call: CallId(6) });
    assert_eq!((desk.entries("101")[0].at.day, desk.entries("101")[0].at.minute), (24, 0));
}

#[test]
fn nobody_snoozes_what_another_call_hears() {
    let mut desk = Desk::new(|_| ());
    desk.sets("101", 10, 0, Repeat::Once);
    desk.passes(START_S + HOUR);
    let id = desk.answers(5);
    assert_eq!(desk.asks(7, Some("102"), &Request::Snooze { id }), Answer::Failed);
    assert_eq!(desk.asks(7, Some("102"), &Request::Cancel { id }), Answer::NotAllowed);
    desk.asks(7, Some("102"), &Request::Confirm { id });
    assert_eq!(desk.entries("101").len(), 1, "it is still there");
}

#[test]
fn what_fell_due_while_the_exchange_was_down_comes_late_or_is_logged() {
    for (down_s, comes) in [(HOUR - 1, false), (HOUR, true), (HOUR + 30 * 60, true), (HOUR + 31 * 60, false)]
    {
        let mut desk = Desk::new(|_| ());
        desk.sets("101", 10, 0, Repeat::Once);
        desk.dies_for(down_s);
        assert_eq!(desk.calls.len() == 1, comes, "down for {down_s} s");
        let missed = desk.log.iter().any(|line| line.contains("the exchange was down"));
        assert_eq!(missed, down_s > HOUR + 30 * 60);
    }
}

#[test]
fn a_process_that_dies_while_it_rings_rings_again() {
    let mut desk = Desk::new(|_| ());
    desk.sets("101", 10, 0, Repeat::Once);
    desk.passes(START_S + HOUR);
    desk.calls.clear();
    desk.dies_for(20);
    assert_eq!(desk.calls.len(), 1);
}

#[test]
fn what_can_not_be_written_is_not_set_and_what_can_not_be_cancelled_stays() {
    let mut desk = Desk::new(|_| ());
    desk.sets("101", 10, 0, Repeat::Once);
    desk.is_full = true;
    assert_eq!(desk.sets("101", 11, 0, Repeat::Once), Answer::Failed);
    let id = desk.entries("101")[0].id;
    assert_eq!(desk.asks(1, Some("101"), &Request::Cancel { id }), Answer::Failed);
    assert_eq!(desk.entries("101").len(), 1);
    desk.passes(START_S + HOUR);
    assert_eq!(desk.calls.len(), 1);
}

#[test]
fn an_operator_sets_for_others_and_nobody_else_does() {
    let mut desk = Desk::new(|_| ());
    let request = Request::Set { user: Some("101".to_owned()), hour: 6, minute: 30, repeat: Repeat::Once };
    assert_eq!(desk.asks(1, Some("102"), &request), Answer::NotAllowed);
    assert_eq!(desk.asks(1, None, &request), Answer::NotAllowed);
    assert!(matches!(desk.asks(1, Some("105"), &request), Answer::Set { .. }));
    assert_eq!(desk.entries("101").len(), 1);
    assert_eq!(desk.asks(1, Some("105"), &Request::Summaries), Answer::NotAllowed);
    assert!(
        matches!(desk.asks(0, None, &Request::Summaries), Answer::Summaries(all) if all[0].set_by == "105")
    );
}

#[test]
fn nine_are_set_for_a_phone_one_more_is_refused_and_the_same_again_is_the_same() {
    let mut desk = Desk::new(|_| ());
    for minute in 0..9 {
        assert!(matches!(desk.sets("101", 10, minute, Repeat::Once), Answer::Set { .. }));
    }
    assert_eq!(desk.sets("101", 10, 9, Repeat::Once), Answer::Full);
    assert!(matches!(desk.sets("101", 10, 8, Repeat::Once), Answer::Set { .. }));
    assert_eq!((desk.entries("101").len(), desk.rows.len()), (9, 9));
    assert!(matches!(desk.sets("102", 10, 9, Repeat::Once), Answer::Set { .. }));
}

#[test]
fn settings_are_checked_where_they_stand() {
    for (text, wrong) in [
        (r#"{"tries":0}"#, "must be 1 to 10"),
        (r#"{"retry_s":5}"#, "must be 10 to 3600"),
        (r#"{"per_user":10}"#, "must be 1 to 9"),
        (r#"{"name":""}"#, "must be a text"),
        (r#"{"snooze":1}"#, "unknown field"),
    ] {
        let error = serde_json::from_str::<Settings>(text).unwrap_err().to_string();
        assert!(error.contains(wrong), "{text}: {error}");
    }
}

proptest! {
    /// Whatever happens to them, rows and what is known are the same, a phone is called for each at most once at a time, and every
    /// one is called within its tries and then over.
    #[test]
    fn whatever_happens_rows_fit_and_nothing_is_stuck(
        all in prop::collection::vec((0..6u8, 0..3u8, 0..24u8, 0..60i64), 1..60)
    ) {
        let mut desk = Desk::new(|_| ());
        for (what, user, hour, minutes) in all {
            let user = format!("10{user}");
            match what {
                0 => drop(desk.sets(&user, hour, 0, if hour % 2 == 0 { Repeat::Once } else { Repeat::Daily })),
                1 if !desk.calls.is_empty() => desk.fails(Cause::BUSY),
                2 if !desk.calls.is_empty() => {
                    let id = desk.answers(50);
                    if hour % 2 == 0 { desk.asks(50, None, &Request::Snooze { id }); }
                    desk.give(ServiceInput::Gone { call: CallId(50) });
                }
                3 => if let Some(entry) = desk.entries(&user).first().copied() {
                    desk.asks(1, Some(&user), &Request::Cancel { id: entry.id });
                },
                4 => { desk.calls.clear(); desk.dies_for(minutes * 60); }
                _ => { let until = desk.unix_s + minutes * 60; desk.passes(until); }
            }
            let known: usize = ["100", "101", "102"].iter().map(|user| desk.entries(user).len()).sum();
            prop_assert_eq!(known, desk.rows.len());
            let mut calls = desk.calls.clone();
            calls.sort_unstable();
            calls.dedup();
            prop_assert_eq!(calls.len(), desk.calls.len(), "one call for one");
        }
    }
}

// The programs.

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
