//! Machine and sender against the dictations themselves: what is pressed, said, heard, kept and mailed. After every step program and
//! service are cut and restored from their data.

#![allow(clippy::wildcard_enum_match_arm, reason = "what a test does not expect fails it")]

use crate::service::{Dictations, PARTS_MAX};
use crate::talk::{Author, Settings};
use crate::{KIND, applications};
use cordboard_app::{
    App, Applications, AskId, Asker, CallInfo, Cause, Change, DigitsEnd, Hosted, Identity, MailOrder,
    MessageEnd, PlayResult, Query, Reply, ServiceInput, ServiceOutput, Step, Value, VoicemailMail,
};
use cordboard_base::{CallId, Time};
use cordboard_media::{Audio, Playhead};
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

#[derive(Default)]
struct Office {
    service: Dictations,
    settings: String,
    rows: BTreeMap<String, String>,
    mails: Vec<MailOrder>,
    unlinked: Vec<String>,
    fails: bool,
    drawn: i64,
    asks: u64,
}

type Shared = Rc<RefCell<Office>>;

fn office(change: impl FnOnce(&mut Settings)) -> Shared {
    let author = |number: &str| {
        let email = vec![format!("{number}@office.test")];
        let (name, number) = (format!("N{number}"), number.to_owned());
        (number.clone(), Author { name, number, email, lang: String::new() })
    };
    let mut settings = Settings { authors: ["101", "102"].map(author).into(), ..Settings::default() };
    change(&mut settings);
    let mut office = Office { settings: serde_json::to_string(&settings).unwrap(), ..Office::default() };
    office.start();
    Rc::new(RefCell::new(office))
}

impl Office {
    /// The process starts, with what was kept.
    fn start(&mut self) {
        self.service = Dictations::default();
        self.handle(ServiceInput::Configured { settings: self.settings.clone() });
        for (key, row) in self.rows.clone() {
            self.handle(ServiceInput::Kept { key, row });
        }
        self.drain();
    }

    fn handle(&mut self, input: ServiceInput) {
        self.service.handle(Time::ZERO, 1_795_424_400_000_000, input);
    }

    fn drain(&mut self) -> Vec<Value> {
        let mut answers = Vec::new();
        while let Some(output) = self.service.poll() {
            match output {
                ServiceOutput::Answer { value, .. } => answers.push(value.unwrap()),
                ServiceOutput::Unlink { file } => self.unlinked.push(file),
                ServiceOutput::Forget { key } => drop(self.rows.remove(&key)),
                ServiceOutput::Commit { number, changes } => {
                    assert!(answers.is_empty(), "nobody is told before it is written");
                    let state = self.service.snapshot();
                    assert!(self.service.restore(&state));
                    if !self.fails {
                        changes.into_iter().for_each(|change| self.write(change));
                    }
                    let failed = self.fails.then(|| "the disk is full".to_owned());
                    self.handle(ServiceInput::Written { number, failed });
                }
                other => panic!("{other:?}"),
            }
        }
        answers
    }

    fn write(&mut self, change: Change) {
        match change {
            Change::Keep { key, row, .. } => drop(self.rows.insert(key, row)),
            Change::Forget { key } => drop(self.rows.remove(&key)),
            Change::Mail(order) => self.mails.push(*order),
        }
    }

    /// Files that rows name.
    fn named(&self) -> BTreeSet<String> {
        let texts =
            self.rows.iter().map(|(key, row)| format!("{key} {row}").replace("draft/101/7/", "dictations/"));
        let mut named = BTreeSet::new();
        for text in texts {
            named.extend(text.match_indices("dictations/").map(|(at, _)| text[at..at + 51].to_owned()));
        }
        named
    }
}

struct Call {
    office: Shared,
    applications: Applications,
    app: Box<dyn App>,
    user: Option<String>,
    step: Step,
    at: Playhead,
}

fn calls(office: &Shared, user: Option<&str>, verb: &str, arguments: Vec<Value>) -> Call {
    let applications = Applications::new(applications());
    let info = CallInfo { lang: "en".to_owned(), ..CallInfo::default() };
    let app = applications.start(verb, &info, &Value::List(arguments)).unwrap();
    let user = user.map(str::to_owned);
    let mut call = Call {
        office: Rc::clone(office),
        applications,
        app,
        user,
        step: Step::Yield,
        at: Playhead::default(),
    };
    call.resume(Reply::Start);
    call
}

/// 101 at dictation 7.
fn dictates(office: &Shared) -> Call {
    let mut call = calls(office, Some("101"), "dictate", Vec::new());
    assert_eq!(call.plays(), ["dictate/enter_filename"]);
    call.types("7");
    assert_eq!(call.plays(), ["dictate/playback_mode", "dictate/pause"]);
    call
}

impl Call {
    fn resume(&mut self, mut reply: Reply) {
        loop {
            let state = self.app.snapshot();
            self.app = self.applications.restore(&state).unwrap();
            self.step = self.app.resume(Time::ZERO, reply);
            let Step::Ask(query) = self.step.clone() else { return };
            let mut office = self.office.borrow_mut();
            reply = match query {
                Query::Random { .. } => {
                    office.drawn += 1;
                    Reply::Value(Value::Int(office.drawn))
                }
                Query::Service { kind, request } => {
                    assert_eq!(kind, KIND);
                    office.asks += 1;
                    let ask = AskId(office.asks);
                    let asker = Asker {
                        call: CallId(1),
                        caller: Identity::default(),
                        user: self.user.clone(),
                        lang: String::new(),
                    };
                    office.handle(ServiceInput::Asked { ask, asker, request });
                    Reply::Value(office.drain().remove(0))
                }
                other => panic!("{other:?}"),
            };
        }
    }

    fn plays(&self) -> Vec<String> {
        let items = match &self.step {
            Step::Read(read) => &read.prompt,
            Step::Play(list) => &list.items,
            other => panic!("{other:?}"),
        };
        let name = |audio: &Audio| match audio {
            Audio::Prompt { name, .. } => name.clone(),
            Audio::File { path, from_ms } => format!("{}@{from_ms}", &path[path.len() - 6..path.len() - 4]),
            other => panic!("{other:?}"),
        };
        items.iter().map(name).collect()
    }

    fn types(&mut self, digits: &str) {
        self.resume(Reply::Digits { digits: digits.to_owned(), end: DigitsEnd::Ended('#') });
    }

    fn presses(&mut self, keys: &str) {
        for key in keys.chars() {
            let reply = match &self.step {
                Step::Play(list) if list.interrupt.contains(key) => {
                    Reply::Played(PlayResult::Interrupted(key), self.at)
                }
                Step::Read(read) if read.max == 1 => {
                    Reply::Digits { digits: key.to_string(), end: DigitsEnd::Full }
                }
                other => panic!("{key} does nothing in {other:?}"),
            };
            self.resume(reply);
        }
    }

    fn speaks(&mut self, ms: u32, end: MessageEnd) {
        let Step::TakeMessage(take) = &self.step else { panic!("{:?}", self.step) };
        assert!(take.file.starts_with("dictations/") && take.beep && take.silence_ms == 0);
        let file = if ms == 0 { String::new() } else { format!("{}.wav", take.file) };
        self.resume(Reply::Taken { file, ms, end });
    }

    fn ends(&self, status: &str) {
        let Step::Done(outcome) = &self.step else { panic!("{:?}", self.step) };
        assert_eq!(outcome.entry("status").text(), Some(status));
        let mut office = self.office.borrow_mut();
        office.handle(ServiceInput::Gone { call: CallId(1) });
        office.drain();
    }
}

#[test]
fn what_is_spoken_is_kept_part_by_part_and_heard_in_one() {
    let office = office(|_| ());
    let mut call = dictates(&office);
    call.presses("*");
    assert_eq!(call.plays(), ["dictate/nothing"]);
    call.presses("1");
    assert_eq!(call.plays(), ["dictate/record_mode", "dictate/pause"]);
    call.presses("*");
    call.speaks(5_000, MessageEnd::Digit('*'));
    assert_eq!(call.plays(), ["dictate/pause"]);
    call.presses("*");
    call.speaks(4_000, MessageEnd::Digit('1'));
    assert_eq!(call.plays(), ["dictate/playback_mode", "dictate/pause"]);
    call.presses("*");
    assert_eq!(call.plays(), ["02@0", "04@0"]);
    // Forward over the border of the parts, and back.
    call.at = Playhead { item: 0, position_ms: 3_000, length_ms: None };
    call.presses("8");
    assert_eq!(call.plays(), ["04@1200"]);
    call.at = Playhead { item: 0, position_ms: 1_500, length_ms: None };
    call.presses("7");
    assert_eq!(call.plays(), ["02@3300", "04@0"]);
    call.at = Playhead { item: 0, position_ms: 4_000, length_ms: None };
    call.presses("*7*");
    assert_eq!(call.plays(), ["02@800", "04@0"]);
    call.presses("0");
    assert_eq!(call.plays(), ["dictate/pause", "dictate/play_help"]);
    // Another one, and none: the end.
    call.presses("#");
    call.types("");
    call.ends("over");
    // The next day it goes on.
    office.borrow_mut().start();
    let mut call = dictates(&office);
    call.presses("1*");
    call.speaks(3_000, MessageEnd::HungUp);
    call.ends("hungup");
    let mut call = dictates(&office);
    call.presses("*");
    assert_eq!(call.plays(), ["02@0", "04@0", "06@0"]);
    assert!(office.borrow().unlinked.is_empty());
}

#[test]
fn what_a_dying_process_was_told_is_part_of_it_afterwards() {
    let office = office(|_| ());
    let mut call = dictates(&office);
    call.presses("1*");
    call.speaks(5_000, MessageEnd::Digit('*'));
    call.presses("*");
    assert!(matches!(call.step, Step::TakeMessage(_)));
    for _ in 0..2 {
        office.borrow_mut().start();
        let mut call = dictates(&office);
        call.presses("*");
        assert_eq!(call.plays(), ["02@0", "04@0"]);
        // Its length is not known: winding stays before it.
        call.at = Playhead { item: 1, position_ms: 9_000, length_ms: None };
        call.presses("7");
        assert_eq!(call.plays(), ["02@1800", "04@0"]);
    }
    assert_eq!(office.borrow().rows.len(), 1, "{:?}", office.borrow().rows);
    // Nothing was said into it: the rest is heard.
    let mut call = dictates(&office);
    call.presses("*");
    let head = Playhead { item: 1, position_ms: 0, length_ms: None };
    call.resume(Reply::Played(PlayResult::Missing("x".to_owned()), head));
    assert_eq!(call.plays(), ["02@5000"]);
}

#[test]
fn all_of_it_is_erased_and_its_files_are_deleted() {
    let office = office(|_| ());
    let mut call = dictates(&office);
    call.presses("1*");
    call.speaks(5_000, MessageEnd::Digit('8'));
    assert_eq!(call.plays(), ["dictate/truncating_audio"]);
    assert_eq!((office.borrow().rows.len(), office.borrow().unlinked.len()), (0, 1));
    call.presses("0");
    assert_eq!(call.plays(), ["dictate/pause", "dictate/record_help"]);
    call.presses("8*");
    call.speaks(2_000, MessageEnd::Full);
    assert_eq!(call.plays(), ["dictate/pause"]);
    assert_eq!(office.borrow().rows.len(), 1);
}

#[test]
fn nothing_said_is_nothing_kept_and_a_full_disk_is_said() {
    let office = office(|_| ());
    let mut call = dictates(&office);
    call.presses("1*");
    call.speaks(0, MessageEnd::Digit('*'));
    assert_eq!((office.borrow().rows.len(), office.borrow().unlinked.len()), (0, 1));
    office.borrow_mut().fails = true;
    call.presses("*");
    assert_eq!(call.plays(), ["vm-nomail"]);
    office.borrow_mut().fails = false;
    call.presses("*");
    office.borrow_mut().fails = true;
    call.speaks(5_000, MessageEnd::Digit('*'));
    assert_eq!(call.plays(), ["vm-nomail"]);
    call.presses("8");
    assert_eq!(call.plays(), ["dictate/truncating_audio"], "there is nothing to be erased");
    call.resume(Reply::HungUp(Cause::NORMAL));
    call.ends("hungup");
    // The disk has room again after a start: what was said is there.
    office.borrow_mut().fails = false;
    office.borrow_mut().start();
    let mut call = dictates(&office);
    call.presses("*");
    assert_eq!(call.plays().len(), 1);
}

#[test]
fn bounds_are_said() {
    let office = office(|settings| settings.dictations_max = 1);
    let mut call = dictates(&office);
    call.presses("1");
    for _ in 0..PARTS_MAX {
        call.presses("*");
        call.speaks(1_000, MessageEnd::Digit('*'));
    }
    call.presses("*");
    assert_eq!(call.plays(), ["vm-nomail"], "no part more");
    call.presses("#");
    call.types("8");
    assert_eq!(call.plays(), ["vm-nomail"]);
    call.resume(Reply::Ok);
    call.ends("full");
    dictates(&office);
    let mut other = calls(&office, Some("102"), "dictate", vec![Value::Text("8".to_owned())]);
    assert_eq!(other.plays(), ["dictate/playback_mode", "dictate/pause"], "102 has its own");
    other.presses("1");
    let mut stranger = calls(&office, None, "dictate", vec![Value::Text("7".to_owned())]);
    stranger.resume(Reply::Ok);
    stranger.ends("denied");
}

#[test]
fn a_finished_dictation_is_one_mail_with_all_of_its_parts() {
    let office = office(|settings| settings.email = vec!["typist@office.test".to_owned()]);
    let mut call = dictates(&office);
    call.presses("1*");
    call.speaks(5_000, MessageEnd::Digit('*'));
    call.presses("*");
    call.speaks(4_000, MessageEnd::HungUp);
    call.ends("hungup");
    for (number, says, status) in [("9", "dictate/nothing", "nothing"), ("7", "vm-msgsent", "sent")] {
        let mut call = calls(&office, Some("101"), "dictation_send", Vec::new());
        call.types(number);
        assert_eq!(call.plays(), [says]);
        call.resume(Reply::Ok);
        call.ends(status);
    }
    let mails = office.borrow().mails.clone();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].kind, "dictation");
    let mail: VoicemailMail = serde_json::from_str(&mails[0].data).unwrap();
    assert_eq!(mail.to, ["101@office.test", "typist@office.test"]);
    assert_eq!((mail.audio.len(), mail.ms, mail.category.as_str()), (2, 9_000, "7"));
    // 102 has none of 101's, and nobody to send to.
    let mut other = calls(&office, Some("102"), "dictation_send", vec![Value::Text("7".to_owned())]);
    other.resume(Reply::Ok);
    other.ends("nothing");
}

#[test]
fn without_an_address_and_on_a_full_disk_nothing_is_called_sent() {
    let office = office(|settings| settings.authors.get_mut("101").unwrap().email.clear());
    let mut call = dictates(&office);
    call.presses("1*");
    call.speaks(5_000, MessageEnd::HungUp);
    call.ends("hungup");
    let seven = || vec![Value::Text("7".to_owned())];
    let mut call = calls(&office, Some("101"), "dictation_send", seven());
    assert_eq!(call.plays(), ["dictate/noaddress"]);
    call.resume(Reply::Ok);
    call.ends("noaddress");
    let office = super::tests::office(|_| ());
    let mut call = dictates(&office);
    call.presses("1*");
    call.speaks(5_000, MessageEnd::HungUp);
    call.ends("hungup");
    office.borrow_mut().fails = true;
    let mut call = calls(&office, Some("101"), "dictation_send", seven());
    assert_eq!(call.plays(), ["vm-nomail"]);
    call.resume(Reply::Ok);
    call.ends("failed");
    assert!(office.borrow().mails.is_empty());
}

proptest! {
    /// Whatever is pressed and spoken, and whenever the process dies: every file that was spoken is named by a row, or deleted.
    #[test]
    fn no_file_is_lost_or_left_behind(keys in prop::collection::vec(0..14u8, 1..60)) {
        let office = office(|_| ());
        let mut call = dictates(&office);
        let mut spoken = BTreeSet::new();
        for key in keys {
            if matches!(call.step, Step::Done(_)) {
                call = dictates(&office);
            }
            if let Step::TakeMessage(take) = &call.step {
                spoken.insert(format!("{}.wav", take.file));
                let end = match key {
                    0..8 => MessageEnd::Digit(['*', '1', '0', '#', '8'][usize::from(key % 5)]),
                    8..10 => MessageEnd::HungUp,
                    _ => MessageEnd::Full,
                };
                call.speaks(if key == 12 { 0 } else { 1_000 }, end);
            } else if key == 13 {
                office.borrow_mut().start();
                call = dictates(&office);
            } else if matches!(&call.step, Step::Read(read) if read.max > 1) {
                call.types("7");
            } else {
                call.presses(&"0123456789*#*1"[usize::from(key)..=usize::from(key)]);
            }
        }
        call.resume(Reply::HungUp(Cause::NORMAL));
        office.borrow_mut().handle(ServiceInput::Gone { call: CallId(1) });
        office.borrow_mut().drain();
        let office = office.borrow();
        let named = office.named();
        for file in &spoken {
            prop_assert!(named.contains(file) != office.unlinked.contains(file), "{file}: {named:?} {:?}", office.unlinked);
        }
    }
}
