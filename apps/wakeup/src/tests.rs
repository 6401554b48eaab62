//! The service through lives and random schedules, and its settings; the programs are in `programs.rs`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::wildcard_enum_match_arm, reason = "tests may")]

mod programs;

use crate::alarm::Repeat;
use crate::service::Wakeups;
use crate::settings::{Office, Settings};
use crate::talk::{Answer, Entry, Request};
use cordboard_app::{AskId, Asker, Cause, Change, Hosted, Identity, ServiceInput, ServiceOutput, Value};
use cordboard_base::{CallId, Time};
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
