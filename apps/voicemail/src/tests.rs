//! The two programs against the mailboxes themselves, by telephone: what is said, what is pressed, what is kept. After every step
//! program and mailboxes are cut and restored from their data.

#![allow(clippy::wildcard_enum_match_arm, reason = "what a test does not expect fails it")]

use crate::request::{Answer, KIND, Request};
use crate::*;
use cordboard_app::{
    App, Applications, AskId, Asker, Change, DigitsEnd, Hosted, Identity, MailOrder, MailboxCounts,
    MessageEnd, PlayResult, Query, ServiceInput, ServiceOutput, Step, Takes,
};
use cordboard_app::{Reply, say::WallTime};
use cordboard_base::{CallId, Time};
use cordboard_media::{Audio, Playhead};
use std::cell::RefCell;
use std::collections::BTreeMap;

const START_UNIX_US: i64 = 1_795_424_400_000_000;

/// The office: mailboxes and what was written of them.
#[derive(Default)]
pub(crate) struct Office {
    pub(crate) boxes: Mailboxes,
    settings: String,
    unix_us: i64,
    asks: u64,
    pub(crate) rows: BTreeMap<String, String>,
    pub(crate) mails: Vec<MailOrder>,
    pub(crate) unlinked: Vec<String>,
    pub(crate) counts: BTreeMap<String, Option<MailboxCounts>>,
    /// A full disk.
    pub(crate) fails: bool,
    drawn: i64,
}

pub(crate) fn settings(change: impl FnOnce(&mut Settings)) -> Settings {
    let own = |number: &str| {
        let (users, pin) = (vec![number.to_owned()], format!("4{number}"));
        (
            number.to_owned(),
            BoxSettings {
                name: format!("N{number}"),
                users,
                pin,
                context: "internal".to_owned(),
                ..BoxSettings::default()
            },
        )
    };
    let mut settings = Settings { boxes: ["101", "102", "103"].map(own).into(), ..Settings::default() };
    change(&mut settings);
    settings
}

impl Office {
    pub(crate) fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let settings = serde_json::to_string(&settings(change)).unwrap();
        let mut office = Self { settings, unix_us: START_UNIX_US, ..Self::default() };
        office.start();
        office
    }

    fn start(&mut self) {
        self.boxes = Mailboxes::default();
        self.handle(ServiceInput::Configured { settings: self.settings.clone() });
        for (key, row) in self.rows.clone() {
            self.handle(ServiceInput::Kept { key, row });
        }
        self.drain();
        self.tick();
    }

    /// The process dies and starts again.
    pub(crate) fn restart(&mut self) {
        self.counts.clear();
        self.start();
    }

    pub(crate) fn pass(&mut self, seconds: i64) {
        self.unix_us += seconds * 1_000_000;
    }

    pub(crate) fn tick(&mut self) {
        self.handle(ServiceInput::Tick);
        self.drain();
    }

    fn handle(&mut self, input: ServiceInput) {
        self.boxes.handle(Time::from_secs(1), self.unix_us, input);
    }

    pub(crate) fn tell(&mut self, notice: &Notice) {
        self.handle(ServiceInput::Told { message: Value::of(notice) });
        self.drain();
    }

    /// Does what the mailboxes yield, as store and exchange do.
    fn drain(&mut self) -> Vec<(AskId, Answer)> {
        let mut answers = Vec::new();
        while let Some(output) = self.boxes.poll() {
            match output {
                ServiceOutput::Answer { ask, value } => answers.push((ask, value.unwrap().to().unwrap())),
                ServiceOutput::Keep { key, row, .. } => drop(self.rows.insert(key, row)),
                ServiceOutput::Forget { key } => drop(self.rows.remove(&key)),
                ServiceOutput::Unlink { file } => self.unlinked.push(file),
                ServiceOutput::Mailbox { mailbox, counts, .. } => drop(self.counts.insert(mailbox, counts)),
                ServiceOutput::Commit { number, changes } => {
                    assert!(answers.is_empty(), "nobody is told before it is written");
                    let failed = self.fails.then(|| "the disk is full".to_owned());
                    if failed.is_none() {
                        changes.into_iter().for_each(|change| self.write(change));
                    }
                    let state = self.boxes.snapshot();
                    assert!(self.boxes.restore(&state), "{state}");
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

    pub(crate) fn ask(&mut self, asker: &Asker, request: &Request) -> Answer {
        self.asks += 1;
        let (ask, asker, request) = (AskId(self.asks), asker.clone(), Value::of(request));
        self.handle(ServiceInput::Asked { ask, asker, request });
        let mut answers = self.drain();
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.remove(0).1
    }

    pub(crate) fn gone(&mut self, call: CallId) {
        self.handle(ServiceInput::Gone { call });
        self.drain();
    }

    pub(crate) fn messages(&self, mailbox: &str) -> Vec<Message> {
        let rows = self.rows.iter().filter(|(key, _)| key.starts_with("message/"));
        let mut messages: Vec<Message> = rows.map(|(_, row)| serde_json::from_str(row).unwrap()).collect();
        messages.retain(|message| message.mailbox == mailbox);
        messages.sort_by_key(|message| message.received_unix_us);
        messages
    }

    /// New, old.
    pub(crate) fn lamp(&self, mailbox: &str) -> (u32, u32) {
        let counts = self.counts[mailbox].unwrap();
        (counts.new, counts.old)
    }
}

pub(crate) fn asker(number: &str) -> Asker {
    let user = number.starts_with('1').then(|| number.to_owned());
    let caller = Identity { number: number.to_owned(), name: String::new() };
    Asker { call: CallId(number.parse().unwrap()), caller, user, lang: "en".to_owned() }
}

/// A call and its program.
pub(crate) struct Call {
    pub(crate) office: Rc<RefCell<Office>>,
    applications: Applications,
    app: Box<dyn App>,
    asker: Asker,
    /// What the program wants now.
    pub(crate) step: Step,
    /// What it has written into the log.
    pub(crate) logged: Vec<String>,
    at_ms: u64,
}

impl Call {
    pub(crate) fn new(office: &Rc<RefCell<Office>>, from: &str, verb: &str, arguments: Vec<Value>) -> Self {
        let applications = Applications::new(applications());
        let asker = asker(from);
        let info = CallInfo {
            context: "internal".to_owned(),
            caller: asker.caller.clone(),
            user: asker.user.clone(),
            lang: "en".to_owned(),
            ..CallInfo::default()
        };
        let app =
            applications.start(verb, &info, &Value::List(arguments)).unwrap_or_else(|e| panic!("{e:?}"));
        let step = Step::Yield;
        let office = Rc::clone(office);
        let mut call = Self { office, applications, app, asker, step, logged: Vec::new(), at_ms: 0 };
        call.resume(Reply::Start);
        call
    }

    pub(crate) fn leaves(office: &Rc<RefCell<Office>>, from: &str, mailbox: &str) -> Self {
        Self::new(office, from, "voicemail", vec![Value::Text(mailbox.to_owned())])
    }

    /// In its own box, at the menu.
    pub(crate) fn opens(office: &Rc<RefCell<Office>>, number: &str) -> Self {
        let mut call = Self::new(office, number, "voicemail_main", vec![Value::Text(number.to_owned())]);
        call.hears(&["vm-password"]);
        call.types(&format!("4{number}"));
        call
    }

    /// Goes on with a reply until the caller is to do something.
    pub(crate) fn resume(&mut self, mut reply: Reply) {
        loop {
            let state = self.app.snapshot();
            self.app = self.applications.restore(&state).unwrap_or_else(|e| panic!("{e:?}: {}", state.data));
            self.step = self.app.resume(Time::ZERO, reply);
            if let Step::Note(cordboard_app::Note::Log { text, .. }) = &self.step {
                self.logged.push(text.clone());
            }
            reply = match &self.step {
                Step::Answer | Step::Progress | Step::Note(_) => Reply::Ok,
                Step::Ask(query) => self.answer(query.clone()),
                Step::Play(list) if list.items.is_empty() => finished(),
                _ => return,
            };
        }
    }

    fn answer(&mut self, query: Query) -> Reply {
        let mut office = self.office.borrow_mut();
        Reply::Value(match query {
            Query::Random { .. } => {
                office.drawn += 1;
                Value::Int(office.drawn)
            }
            Query::Now => Value::Int(office.unix_us),
            Query::WallTime(us) => Value::of(&WallTime {
                year: 2026,
                month: 11,
                day: 23,
                weekday: 1,
                hour: 9,
                minute: u8::try_from((us - START_UNIX_US) / 60_000_000).unwrap(),
                second: 0,
            }),
            Query::WallTimeIn { zone, .. } => {
                assert_eq!(zone, "Asia/Tokyo");
                let (year, month, day) = (2026, 11, 24);
                Value::of(&WallTime { year, month, day, weekday: 2, hour: 0, minute: 0, second: 0 })
            }
            Query::HasRoute { context, number } => Value::Bool(context == "desks" && number == "205"),
            Query::Service { kind, request } => {
                assert_eq!(kind, KIND);
                Value::of(&office.ask(&self.asker, &request.to().unwrap()))
            }
            other => panic!("{other:?}"),
        })
    }

    fn playing(&self) -> Vec<Audio> {
        match &self.step {
            Step::Play(list) => list.items.clone(),
            Step::Read(read) => read.prompt.clone(),
            other => panic!("nothing plays: {other:?}"),
        }
    }

    /// The names of what plays now.
    pub(crate) fn plays(&self) -> Vec<String> {
        let name = |audio: Audio| match audio {
            Audio::Prompt { name, .. } => Some(name),
            Audio::File { path, from_ms } => Some(format!("{path}@{from_ms}")),
            Audio::Silence(_) => None,
            other => panic!("{other:?}"),
        };
        self.playing().into_iter().filter_map(name).collect()
    }

    /// What plays now begins so.
    pub(crate) fn hears(&self, names: &[&str]) {
        let plays = self.plays();
        assert_eq!(plays.iter().take(names.len()).collect::<Vec<_>>(), names, "{plays:?}");
    }

    /// What plays ends by itself.
    pub(crate) fn listens(&mut self) {
        let Step::Play(_) = self.step else { panic!("no play: {:?}", self.step) };
        self.resume(finished());
    }

    /// A file of speech plays to so many ms of it.
    pub(crate) fn plays_to(&mut self, at_ms: u64) {
        self.at_ms = at_ms;
    }

    pub(crate) fn presses(&mut self, keys: &str) {
        for key in keys.chars() {
            let reply = match &self.step {
                Step::Play(list) if list.interrupt.contains(key) => {
                    let head = Playhead { item: 0, position_ms: self.at_ms, length_ms: None };
                    Reply::Played(PlayResult::Interrupted(key), head)
                }
                Step::Read(read) if read.max == 1 => {
                    Reply::Digits { digits: key.to_string(), end: DigitsEnd::Full }
                }
                other => panic!("{key} does nothing in {other:?}"),
            };
            self.resume(reply);
        }
    }

    /// Types a number and `#`.
    pub(crate) fn types(&mut self, digits: &str) {
        let Step::Read(read) = &self.step else { panic!("{:?}", self.step) };
        assert!(read.max > 1 && read.end.contains('#'));
        self.resume(Reply::Digits { digits: digits.to_owned(), end: DigitsEnd::Ended('#') });
    }

    /// Does nothing until the time is over.
    pub(crate) fn waits(&mut self) {
        self.resume(Reply::Digits { digits: String::new(), end: DigitsEnd::TimedOut });
    }

    /// Speaks for so long.
    pub(crate) fn speaks(&mut self, ms: u32, end: MessageEnd) {
        let Step::TakeMessage(take) = &self.step else { panic!("{:?}", self.step) };
        assert!(take.beep);
        if let MessageEnd::Digit(digit) = end {
            assert!(take.ends.contains(digit), "{digit} does not end it");
        }
        let file = if ms == 0 { String::new() } else { format!("{}.wav", take.file) };
        self.resume(Reply::Taken { file, ms, end });
    }

    pub(crate) fn hangs_up(&mut self) {
        self.resume(Reply::HungUp(cordboard_app::Cause::NORMAL));
    }

    /// The program is over with this status. The call is gone then.
    pub(crate) fn ends(&self, status: &str) -> Value {
        let Step::Done(outcome) = &self.step else { panic!("{:?}", self.step) };
        assert_eq!(outcome.entry("status").text(), Some(status));
        self.office.borrow_mut().gone(self.asker.call);
        outcome.clone()
    }
}

fn finished() -> Reply {
    Reply::Played(PlayResult::Finished, Playhead::default())
}

pub(crate) fn office(change: impl FnOnce(&mut Settings)) -> Rc<RefCell<Office>> {
    Rc::new(RefCell::new(Office::new(change)))
}

/// Leaves a message of so many ms.
pub(crate) fn message(office: &Rc<RefCell<Office>>, from: &str, mailbox: &str, ms: u32) {
    let mut call = Call::leaves(office, from, mailbox);
    call.presses("#");
    call.speaks(ms, MessageEnd::HungUp);
    call.ends("success");
    office.borrow_mut().pass(60);
}

mod hearing;
mod leaving;
mod options;
mod properties;
mod sharing;

#[test]
fn manuals_name_the_keys_of_the_menus_and_prompts_are_those_of_the_sources() {
    use crate::listen::menus::{MenuId, action};
    let menu = |name: &str| {
        let menu = manual::VOICEMAIL_MAIN.menus.iter().find(|menu| menu.name == name).unwrap();
        menu.keys.iter().map(|(key, _)| *key).collect::<Vec<_>>()
    };
    let named = [
        ("of the mailbox", MenuId::Mailbox),
        ("3: more", MenuId::Advanced),
        ("3-2: calling back", MenuId::CallBack),
        ("8: by number or by name", MenuId::Recipient),
        ("8: to whom", MenuId::Boxes),
        ("8: how", MenuId::Comment),
        ("0: options", MenuId::Options),
    ];
    for (name, id) in named {
        let keys = menu(name);
        for key in "0123456789*#".chars() {
            assert_eq!(action(id, key).is_some(), keys.contains(&key.to_string().as_str()), "{name}: {key}");
        }
    }
    let sources = [
        include_str!("leave.rs"),
        include_str!("../../../crates/app/src/spoken/recorder.rs"),
        include_str!("speech.rs"),
        include_str!("listen/mod.rs"),
        include_str!("listen/login.rs"),
        include_str!("listen/menus.rs"),
        include_str!("listen/options.rs"),
        include_str!("listen/playing.rs"),
        include_str!("listen/send.rs"),
    ];
    let all = manual::prompts();
    for literal in sources.iter().flat_map(|source| source.split('"').skip(1).step_by(2)) {
        assert!(!literal.starts_with("vm-") || all.contains(&literal), "{literal} is not among the prompts");
    }
    assert!(
        manual::VOICEMAIL
            .params
            .iter()
            .any(|param| { matches!(param.takes, cordboard_app::Argument::One(Takes::Data)) })
    );
}
