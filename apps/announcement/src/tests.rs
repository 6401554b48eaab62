#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks for some variants among many")]

use crate::service::Announcements;
use crate::talk::{Answer, Request};
use crate::{Announcement, Settings};
use cordboard_app::spoken::Part;
use cordboard_app::{
    Application, AskId, Asker, CallInfo, Cause, Change, Hosted, Identity, Reply, ServiceInput, ServiceOutput,
    Step, Value,
};
use cordboard_base::{CallId, Time};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The service with a disk, that can fail, and what the exchange plays.
#[derive(Default)]
struct House {
    service: Announcements,
    rows: BTreeMap<String, String>,
    files: BTreeSet<String>,
    played: BTreeMap<String, String>,
    fails: bool,
}

fn settings() -> String {
    r#"{"users":["105"],"pin":"4711","announcements":{"1":"welcome","2":"office-closed"}}"#.to_owned()
}

impl House {
    fn new() -> Self {
        let mut house = Self::default();
        house.input(0, ServiceInput::Configured { settings: settings() });
        house
    }

    /// The process dies and comes again.
    fn restart(&mut self) {
        self.service = Announcements::default();
        self.played.clear();
        self.input(0, ServiceInput::Configured { settings: settings() });
        for (key, row) in self.rows.clone() {
            self.input(0, ServiceInput::Kept { key, row });
        }
    }

    fn input(&mut self, at_s: i64, input: ServiceInput) -> Option<Answer> {
        let mut restored = Announcements::default();
        assert!(restored.restore(&self.service.snapshot()));
        self.service = restored;
        self.service.handle(Time::ZERO, at_s * 1_000_000, input);
        let mut answer = None;
        while let Some(output) = self.service.poll() {
            match output {
                ServiceOutput::Answer { value, .. } => answer = value.unwrap().to(),
                ServiceOutput::Commit { number, changes } => {
                    let failed = self.fails.then(|| "disk full".to_owned());
                    if failed.is_none() {
                        changes.into_iter().for_each(|change| self.write(change));
                    }
                    self.service.handle(
                        Time::ZERO,
                        at_s * 1_000_000,
                        ServiceInput::Written { number, failed },
                    );
                }
                ServiceOutput::Forget { key } => drop(self.rows.remove(&key)),
                ServiceOutput::Unlink { file } => drop(self.files.remove(&file)),
                ServiceOutput::Prompt { name, file } => match file {
                    Some(file) => drop(self.played.insert(name, file)),
                    None => drop(self.played.remove(&name)),
                },
                ServiceOutput::Log { .. } => {}
                other => panic!("{other:?}"),
            }
        }
        answer
    }

    fn write(&mut self, change: Change) {
        match change {
            Change::Keep { key, row, .. } => drop(self.rows.insert(key, row)),
            Change::Forget { key } => drop(self.rows.remove(&key)),
            Change::Mail(order) => panic!("{order:?}"),
        }
    }

    fn asks(&mut self, (call, user): (u64, &str), at_s: i64, request: &Request) -> Answer {
        let user = (!user.is_empty()).then(|| user.to_owned());
        let asker = Asker { call: CallId(call), caller: Identity::default(), user, lang: "en".to_owned() };
        let input = ServiceInput::Asked { ask: AskId(1), asker, request: Value::of(request) };
        self.input(at_s, input).unwrap()
    }

    fn records(&mut self, call: u64, file: &str) {
        let (file, instead_of) = (file.to_owned(), None);
        self.files.insert(file.clone());
        assert!(matches!(
            self.asks((call, "105"), 0, &Request::Draft { file, instead_of }),
            Answer::Done | Answer::Failed
        ));
    }

    fn saves(&mut self, call: u64, number: &str, file: &str) -> Answer {
        let audio = Part { file: file.to_owned(), ms: 2_000 };
        self.asks((call, "105"), 0, &Request::Save { number: number.to_owned(), audio })
    }
}

fn open(number: &str, pin: Option<&str>) -> Request {
    Request::Open { number: number.to_owned(), pin: pin.map(str::to_owned) }
}

#[test]
fn a_right_or_the_pin_opens_and_guesses_are_locked_out_one_past_the_limit() {
    let mut house = House::new();
    let opened = Answer::Opened { prompt: "welcome".to_owned(), max_ms: 300_000 };
    assert_eq!(house.asks((1, "105"), 0, &open("1", None)), opened);
    assert_eq!(house.asks((1, ""), 0, &open("1", Some("4711"))), Answer::Denied, "somebody outside");
    assert_eq!(house.asks((1, "105"), 0, &open("3", None)), Answer::Nothing);
    assert_eq!(house.asks((2, "101"), 0, &open("1", None)), Answer::WantsPin);
    for _ in 0..6 {
        assert_eq!(house.asks((2, "101"), 10, &open("1", Some("1111"))), Answer::Wrong);
    }
    assert_eq!(house.asks((2, "101"), 900, &open("1", Some("4711"))), Answer::Locked);
    assert_eq!(house.asks((3, "102"), 900, &open("1", Some("4711"))), opened);
    assert_eq!(house.asks((2, "101"), 910, &open("1", Some("4711"))), opened);
}

#[test]
fn what_could_not_be_written_is_not_played() {
    let mut house = House::new();
    house.records(1, "announcements/a.wav");
    assert_eq!(house.saves(1, "1", "announcements/a.wav"), Answer::Done);
    house.fails = true;
    house.records(1, "announcements/b.wav");
    assert_eq!(house.saves(1, "1", "announcements/b.wav"), Answer::Failed);
    assert_eq!(house.asks((1, "105"), 0, &Request::Reset { number: "1".to_owned() }), Answer::Failed);
    assert_eq!(house.played["welcome"], "announcements/a.wav");
    house.fails = false;
    house.restart();
    assert_eq!(house.played["welcome"], "announcements/a.wav");
}

#[test]
fn one_that_is_in_the_settings_no_longer_is_the_original_again() {
    let mut house = House::new();
    house.records(1, "announcements/a.wav");
    house.saves(1, "1", "announcements/a.wav");
    house.input(0, ServiceInput::Configured { settings: "{}".to_owned() });
    assert!(house.played.is_empty());
    house.input(0, ServiceInput::Configured { settings: settings() });
    assert_eq!(house.played["welcome"], "announcements/a.wav");
}

#[test]
fn settings_are_checked_where_they_stand() {
    let wrong = [
        r#"{"pin":"123"}"#,
        r#"{"pin":"12a4"}"#,
        r#"{"max_s":0}"#,
        r#"{"max_s":3601}"#,
        r#"{"announcements":{"x":"welcome"}}"#,
        r#"{"announcements":{"1":"../secrets"}}"#,
        r#"{"announcements":{"1":"a//b"}}"#,
        r#"{"unknown":1}"#,
    ];
    for text in wrong {
        assert!(serde_json::from_str::<Settings>(text).is_err(), "{text}");
    }
    let right = r#"{"pin":"4711","max_s":3600,"announcements":{"12":"my/own-prompt"}}"#;
    assert!(serde_json::from_str::<Settings>(right).is_ok());
    assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
}

#[test]
fn a_hang_up_ends_the_program_wherever_it_is() {
    let info = CallInfo { lang: "en".to_owned(), ..CallInfo::default() };
    let replies = [
        Reply::Start,
        Reply::Value(Value::of(&Answer::Opened { prompt: "welcome".to_owned(), max_ms: 1_000 })),
        Reply::Digits { digits: "1".to_owned(), end: cordboard_app::DigitsEnd::Full },
        Reply::Value(Value::Int(1)),
        Reply::Value(Value::Int(2)),
        Reply::Value(Value::of(&Answer::Done)),
    ];
    for cut in 0..=replies.len() {
        let mut program = Announcement.start(&info, &Value::List(vec![Value::Int(1)])).unwrap();
        for reply in &replies[..cut] {
            program.resume(Time::ZERO, reply.clone());
            program = Announcement.restore(&program.snapshot()).unwrap();
        }
        let step = program.resume(Time::ZERO, Reply::HungUp(Cause::NORMAL));
        assert!(matches!(step, Step::Done(_)), "{cut}: {step:?}");
    }
}

proptest! {
    /// Whatever happens, what is played is a file that is there, and what nobody plays or records is not.
    #[test]
    fn no_announcement_is_lost_and_no_file_is_left_behind(
        acts in proptest::collection::vec((0u8..6, 1u64..4, 1u8..3), 1..60)
    ) {
        let mut house = House::new();
        let mut next = 0;
        let mut drafts: BTreeMap<u64, String> = BTreeMap::new();
        for (act, call, number) in acts {
            let number = number.to_string();
            match act {
                0 | 1 => {
                    next += 1;
                    let file = format!("announcements/{next}.wav");
                    let instead_of = drafts.insert(call, file.clone());
                    house.files.insert(file.clone());
                    house.asks((call, "105"), 0, &Request::Draft { file, instead_of });
                }
                2 => if let Some(file) = drafts.remove(&call) {
                    prop_assert_eq!(house.saves(call, &number, &file), Answer::Done);
                    prop_assert!(house.played.values().any(|played| *played == file));
                },
                3 => drop(house.asks((call, "105"), 0, &Request::Reset { number })),
                4 => {
                    drafts.remove(&call);
                    house.input(0, ServiceInput::Gone { call: CallId(call) });
                }
                _ => {
                    drafts.clear();
                    let before = house.played.clone();
                    house.restart();
                    prop_assert_eq!(&before, &house.played);
                }
            }
            let wanted: BTreeSet<String> = house.played.values().chain(drafts.values()).cloned().collect();
            prop_assert_eq!(&wanted, &house.files);
        }
    }
}
