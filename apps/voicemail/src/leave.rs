//! `ch.voicemail`: leaving a message.
//!
//! ```text
//!  Greet ─▶ greeting, instructions ──#, end──▶ Recorder ──▶ Deposit ─▶ "saved" ─▶ success
//!      ▲      │0, *    │other digits              │nothing
//!      │      ▼        ▼                          ▼
//!      │    userexit  Dialling ─▶ Knowing ─▶ another route
//!      └────────────── no such number ◀─┘       failed
//! ```

use crate::Part;
use crate::desk::{TRIES, answered, ask, play};
use crate::request::{Answer, Greeted, KIND, Request, Spoken};
use crate::speech::{greeting, prompts};
use cordboard_app::spoken::{Leave, Progress, Recorder, Wish};
use cordboard_app::{Level, Machine, Note, PlayResult, Query, ReadDigits, Reply, Step, Value};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Between two digits of a number that is dialled instead of leaving a message, in ms, and how many it has at most.
const EXIT_DIGIT_MS: u32 = 3_000;
const EXIT_DIGITS_MAX: u16 = 31;
/// Keys that begin such a number.
const DIGITS: &str = "0123456789";

/// A call that leaves a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposit {
    pub(crate) lang: String,
    pub(crate) boxes: Vec<String>,
    pub(crate) busy: bool,
    pub(crate) skip_greeting: bool,
    pub(crate) skip_intro: bool,
    /// Not told how to leave a message where the owner has recorded a greeting: that says it.
    #[serde(default)]
    pub(crate) skip_intro_if_greeted: bool,
    /// The context in which digits that are dialled during the greeting lead on.
    #[serde(default)]
    pub(crate) exits: Option<String>,
    /// How often a number was dialled that does not lead anywhere.
    #[serde(default)]
    pub(crate) lost: u8,
    /// Prompts in the place of the beep.
    #[serde(default)]
    pub(crate) beep: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) gain_db: i8,
    /// The greeting is early media: nobody pays for it.
    pub(crate) early: bool,
    pub(crate) urgent: bool,
    pub(crate) anonymous: bool,
    pub(crate) category: String,
    pub(crate) greeted: Greeted,
    pub(crate) state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    Start,
    Progress,
    Greeting,
    Greeted,
    /// The owner's greeting can't be played; the number is said instead.
    Unreadable,
    /// A number is dialled that began so.
    Dialling(char),
    /// Whether it leads anywhere is asked.
    Knowing(String),
    Lost,
    Answering,
    Recording(Box<Recorder>),
    Saving {
        leave: Leave,
    },
    /// The last words, then the end.
    Saying(End),
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct End {
    status: Status,
    key: Option<char>,
    saved: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Status {
    Success,
    UserExit,
    Failed,
}

const SAVED: End = End { status: Status::Success, key: None, saved: true };
const FAILED: End = End { status: Status::Failed, key: None, saved: false };

/// What the verb yields.
impl From<&End> for Value {
    fn from(end: &End) -> Self {
        let status = match end.status {
            Status::Success => "success",
            Status::UserExit => "userexit",
            Status::Failed => "failed",
        };
        let text = |text: String| Value::Text(text);
        Value::Map(BTreeMap::from([
            ("status".to_owned(), text(status.to_owned())),
            ("key".to_owned(), text(end.key.map(String::from).unwrap_or_default())),
            ("saved".to_owned(), Value::Bool(end.saved)),
        ]))
    }
}

impl Machine for Deposit {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match core::mem::replace(&mut self.state, State::Start) {
            State::Start if self.early => {
                self.state = State::Progress;
                Step::Progress
            }
            State::Start | State::Progress => {
                self.state = State::Greeting;
                ask(&Request::Greet { boxes: self.boxes.clone(), busy: self.busy })
            }
            State::Greeting => self.greet(&reply),
            State::Greeted => self.heard_greeting(&reply),
            State::Unreadable => self.say_greeting(),
            State::Dialling(first) => self.dialled(first, &reply),
            State::Knowing(number) => self.known(number, &reply),
            State::Lost => self.lost(&reply),
            State::Answering => self.record(&reply),
            State::Recording(mut recorder) => {
                let progress = recorder.resume(&reply);
                self.recording(recorder, progress)
            }
            State::Saving { leave } => self.saved(&reply, leave),
            State::Saying(end) => Step::Done(Value::from(&end)),
        }
    }
}

impl Deposit {
    fn greet(&mut self, reply: &Reply) -> Step {
        let Answer::Greeting(greeted) = answered(reply) else { return self.say("vm-nobox", FAILED) };
        self.greeted = *greeted;
        self.say_greeting()
    }

    fn say_greeting(&mut self) -> Step {
        let mut items = Vec::new();
        if !self.skip_greeting {
            items.extend(greeting(&self.lang, &self.greeted.greeting));
        }
        let is_greeted = matches!(self.greeted.greeting, Spoken::Own(_)) && !self.skip_greeting;
        let is_silent = self.skip_intro || self.skip_intro_if_greeted && is_greeted;
        if !is_silent && self.greeted.instructions && !self.greeted.full {
            items.extend(prompts(&self.lang, &["vm-intro"]));
        }
        self.state = State::Greeted;
        let dialled = if self.exits.is_some() { DIGITS } else { "" };
        play(items, &format!("#*{}{dialled}", if self.greeted.operator { "0" } else { "" }))
    }

    fn heard_greeting(&mut self, reply: &Reply) -> Step {
        match reply {
            Reply::HungUp(_) => Step::Done(Value::from(&FAILED)),
            Reply::Played(PlayResult::Interrupted(key), _)
                if *key == '*' || *key == '0' && self.greeted.operator =>
            {
                Step::Done(Value::from(&End { status: Status::UserExit, key: Some(*key), saved: false }))
            }
            Reply::Played(PlayResult::Interrupted(first), _) if DIGITS.contains(*first) => {
                self.state = State::Dialling(*first);
                Step::Read(ReadDigits {
                    prompt: Vec::new(),
                    max: EXIT_DIGITS_MAX,
                    timeout_ms: EXIT_DIGIT_MS,
                    digit_timeout_ms: EXIT_DIGIT_MS,
                    end: "#".to_owned(),
                    secret: false,
                })
            }
            Reply::Played(PlayResult::Missing(file), _) if self.is_own_greeting() => {
                let mailbox = self.greeted.boxes.first().cloned().unwrap_or_default();
                let text = format!("mailbox {mailbox}: its greeting can't be played: {file}");
                self.greeted.greeting = Spoken::Number(mailbox, self.busy);
                self.state = State::Unreadable;
                Step::Note(Note::Log { level: Level::Error, text })
            }
            Reply::Played(..)
            | Reply::Start
            | Reply::Ok
            | Reply::Digits { .. }
            | Reply::Dialed(_)
            | Reply::Value(_)
            | Reply::Happened(_)
            | Reply::Taken { .. }
            | Reply::Failed(_)
                if self.greeted.full =>
            {
                self.say("vm-mailboxfull", FAILED)
            }
            Reply::Played(..)
            | Reply::Start
            | Reply::Ok
            | Reply::Digits { .. }
            | Reply::Dialed(_)
            | Reply::Value(_)
            | Reply::Happened(_)
            | Reply::Taken { .. }
            | Reply::Failed(_) => {
                self.state = State::Answering;
                Step::Answer
            }
        }
    }

    fn dialled(&mut self, first: char, reply: &Reply) -> Step {
        let Reply::Digits { digits, .. } = reply else { return Step::Done(Value::from(&FAILED)) };
        let number = format!("{first}{digits}");
        let context = self.exits.clone().unwrap_or_default();
        self.state = State::Knowing(number.clone());
        Step::Ask(Query::HasRoute { context, number })
    }

    fn known(&mut self, number: String, reply: &Reply) -> Step {
        match (reply, self.exits.clone()) {
            (Reply::HungUp(_), _) => Step::Done(Value::from(&FAILED)),
            (Reply::Value(Value::Bool(true)), Some(context)) => Step::Enter { context, number },
            (_, _) => {
                self.lost = self.lost.saturating_add(1);
                self.state = State::Lost;
                play(prompts(&self.lang, &["pbx-invalid"]), "")
            }
        }
    }

    /// The greeting begins anew; who dials nothing but what leads nowhere leaves a message.
    fn lost(&mut self, reply: &Reply) -> Step {
        if let Reply::HungUp(_) = reply {
            return Step::Done(Value::from(&FAILED));
        }
        if self.lost >= TRIES {
            self.exits = None;
        }
        self.say_greeting()
    }

    fn is_own_greeting(&self) -> bool {
        matches!(self.greeted.greeting, Spoken::Own(_) | Spoken::Name(..)) && !self.skip_greeting
    }

    fn record(&mut self, reply: &Reply) -> Step {
        if let Reply::HungUp(_) | Reply::Failed(_) = reply {
            return Step::Done(Value::from(&FAILED));
        }
        let (recorder, step) = Recorder::start(Wish {
            service: KIND.to_owned(),
            lang: self.lang.clone(),
            folder: "messages".to_owned(),
            says: Vec::new(),
            min_ms: self.greeted.min_ms,
            max_ms: self.greeted.max_ms,
            silence_ms: self.greeted.silence_ms,
            review: self.greeted.review,
            urgent: true,
            operator: self.greeted.operator,
            unjudged: true,
            gives_up: false,
            beep: self.beep.clone(),
            gain_db: self.gain_db,
        });
        self.state = State::Recording(Box::new(recorder));
        step
    }

    fn recording(&mut self, recorder: Box<Recorder>, progress: Progress) -> Step {
        match progress {
            Progress::Step(step) => {
                self.state = State::Recording(recorder);
                step
            }
            Progress::Recorded { audio, urgent, leave } => self.save(&recorder, audio, urgent, leave),
            Progress::Nothing(Leave::Failed) => self.say("vm-nomail", FAILED),
            Progress::Nothing(Leave::Operator) => {
                Step::Done(Value::from(&End { status: Status::UserExit, key: Some('0'), saved: false }))
            }
            Progress::Nothing(Leave::Stays | Leave::HungUp) => Step::Done(Value::from(&FAILED)),
        }
    }

    fn save(&mut self, recorder: &Recorder, audio: Part, urgent: bool, leave: Leave) -> Step {
        self.state = State::Saving { leave };
        ask(&Request::Deposit {
            id: recorder.id,
            boxes: self.greeted.boxes.clone(),
            audio,
            urgent: urgent || self.urgent,
            anonymous: self.anonymous,
            category: self.category.clone(),
        })
    }

    fn saved(&mut self, reply: &Reply, leave: Leave) -> Step {
        match (answered(reply), leave) {
            (Answer::Done, Leave::HungUp) => Step::Done(Value::from(&SAVED)),
            (Answer::Done, Leave::Operator) => {
                Step::Done(Value::from(&End { status: Status::UserExit, key: Some('0'), saved: true }))
            }
            (Answer::Done, Leave::Stays | Leave::Failed) => self.say("vm-msgsaved", SAVED),
            (Answer::Full, _) => self.say("vm-mailboxfull", FAILED),
            (
                Answer::NoBox
                | Answer::Gone
                | Answer::Wrong
                | Answer::Locked
                | Answer::Failed
                | Answer::Greeting(_)
                | Answer::Own { .. }
                | Answer::Opened(_)
                | Answer::Messages(_),
                _,
            ) => self.say("vm-nomail", FAILED),
        }
    }

    fn say(&mut self, prompt: &str, end: End) -> Step {
        self.state = State::Saying(end);
        play(prompts(&self.lang, &[prompt]), "")
    }
}
