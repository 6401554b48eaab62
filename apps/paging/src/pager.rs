//! Who pages.
//!
//! ```text
//! Asking (each one's state) ─▶ Starting ─▶ Joining ─▶ Speaking ─▶ Stopping ─▶ done
//! ```

use crate::KIND;
use crate::manual::PAGE;
use crate::talk::{Answer, How, Request, Told};
use cordboard_app::{
    Await, CallInfo, Destination, Happening, JoinMix, Machine, Manual, PlayList, Query, Reply, RouteError,
    Step, Value, Verb,
};
use cordboard_base::Time;
use cordboard_media::{Audio, MixInput};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Phones of one page at most.
const PHONES_MAX: usize = 200;
/// How long a page and an intercom last at most where nothing is said, in ms.
const PAGE_MS: u32 = 60_000;
const INTERCOM_MS: u32 = 3_600_000;

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page;

impl Verb for Page {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &PAGE
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let mut asked = arguments.argument(0).destinations();
        if let Some(own) = &info.user {
            // Nobody pages itself.
            asked.retain(|to| *to != Destination::User(own.clone()));
        }
        if asked.len() > PHONES_MAX {
            return Err(RouteError::BadArguments(format!("a page is for {PHONES_MAX} phones at most")));
        }
        let options = arguments.argument(1);
        let group = options.entry("group").text().filter(|group| !group.is_empty()).map(str::to_owned);
        let truth = |key: &str, or: bool| options.entry(key).truth().unwrap_or(or);
        let (duplex, emergency) = (truth("duplex", false), truth("override", false));
        let long = if duplex { INTERCOM_MS } else { PAGE_MS };
        Ok(Program {
            asked,
            to: Vec::new(),
            group,
            how: How { duplex, emergency, beep: truth("beep", true) },
            skip_busy: truth("skip_busy", true) && !emergency,
            timeout_ms: options.entry("timeout").seconds_ms().unwrap_or(long),
            until: Time::ZERO,
            lang: info.lang.clone(),
            state: State::Start,
            agenda: VecDeque::new(),
        })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec!["paging-busy", "paging-nobody"]
    }
}

/// Where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    /// Of the last of those who are to be asked.
    Asking,
    Starting,
    Speaking,
    Stopping(Status),
    Over,
}

/// How it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Status {
    Done,
    Nobody,
    Timeout,
    HungUp,
    Failed,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Nobody => "nobody",
            Self::Timeout => "timeout",
            Self::HungUp => "hungup",
            Self::Failed => "failed",
        }
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Whose state is still to be asked.
    asked: Vec<Destination>,
    /// Who is called.
    to: Vec<Destination>,
    /// Whose multicast addresses hear it too.
    #[serde(default)]
    group: Option<String>,
    how: How,
    skip_busy: bool,
    timeout_ms: u32,
    until: Time,
    lang: String,
    state: State,
    agenda: VecDeque<Step>,
}

impl Machine for Program {
    fn resume(&mut self, now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_)) {
            return self.hung_up();
        }
        if let Some(step) = self.agenda.pop_front() {
            return step;
        }
        match self.state {
            State::Start => self.ask_next(),
            State::Asking => {
                self.heard(&reply);
                self.ask_next()
            }
            State::Starting => self.started(now, &reply),
            State::Speaking => self.happened(now, &reply),
            State::Stopping(status) => {
                let answered = if let Some(Answer::Answered(count)) = answer(&reply) { count } else { 0 };
                self.done(status, answered)
            }
            State::Over => Step::Done(Value::Unit),
        }
    }
}

impl Program {
    fn ask_next(&mut self) -> Step {
        if let Some(whom) = self.asked.last() {
            self.state = State::Asking;
            return Step::Ask(Query::State(whom.clone()));
        }
        if self.to.is_empty() && self.group.is_none() {
            return self.say("paging-nobody", Status::Nobody);
        }
        self.state = State::Starting;
        // Asked from the last to the first.
        self.to.reverse();
        self.agenda.push_back(ask(&Request::Start {
            to: self.to.clone(),
            how: self.how,
            group: self.group.clone(),
        }));
        Step::Answer
    }

    fn heard(&mut self, reply: &Reply) {
        let Some(whom) = self.asked.pop() else { return };
        let state = if let Reply::Value(state) = reply { state.text().unwrap_or_default() } else { "" };
        let is_there = match state {
            "offline" | "unknown" => false,
            "idle" => true,
            _ => !self.skip_busy,
        };
        if is_there {
            self.to.push(whom);
        }
    }

    fn started(&mut self, now: Time, reply: &Reply) -> Step {
        let mix = match answer(reply) {
            Some(Answer::Started { mix }) => mix,
            Some(Answer::NoGroup) => return self.say("paging-nobody", Status::Nobody),
            Some(Answer::Full) => return self.say("paging-busy", Status::Failed),
            Some(
                Answer::Join { .. }
                | Answer::Over
                | Answer::Answered(_)
                | Answer::Bells(_)
                | Answer::Rings { .. }
                | Answer::NoBell
                | Answer::Done,
            )
            | None => return self.done(Status::Failed, 0),
        };
        self.until = now + Duration::from_millis(u64::from(self.timeout_ms));
        self.state = State::Speaking;
        if self.group.is_some() {
            self.agenda.push_back(ask(&Request::Speaking));
        }
        self.agenda.push_back(self.wait(now));
        let says = Some(MixInput::default());
        Step::Join(Some(JoinMix { mix, says, hears: self.how.duplex, hearing_db: 0 }))
    }

    fn wait(&self, now: Time) -> Step {
        let left = self.until.since(now).as_millis().max(1);
        Step::Await(Await { digits: "#".to_owned(), timeout_ms: u32::try_from(left).unwrap_or(u32::MAX) })
    }

    fn happened(&mut self, now: Time, reply: &Reply) -> Step {
        let Reply::Happened(happening) = reply else { return self.stop(Status::Failed) };
        match happening {
            Happening::Digit(_) => self.stop(Status::Done),
            Happening::Told(message) if message.to::<Told>().is_some() => self.stop(Status::Done),
            Happening::TimedOut if self.until <= now => self.stop(Status::Timeout),
            Happening::Told(_) | Happening::TimedOut => self.wait(now),
        }
    }

    fn stop(&mut self, status: Status) -> Step {
        self.state = State::Stopping(status);
        self.agenda.push_back(ask(&Request::Stop));
        Step::Join(None)
    }

    fn say(&mut self, name: &str, status: Status) -> Step {
        self.state = State::Stopping(status);
        let items = vec![Audio::Prompt { name: name.to_owned(), lang: self.lang.clone() }];
        Step::Play(PlayList { items, interrupt: String::new() })
    }

    fn hung_up(&mut self) -> Step {
        self.agenda.clear();
        match self.state {
            State::Start | State::Asking | State::Over => self.done(Status::HungUp, 0),
            State::Starting | State::Speaking | State::Stopping(_) => {
                self.state = State::Stopping(Status::HungUp);
                ask(&Request::Stop)
            }
        }
    }

    fn done(&mut self, status: Status, answered: u32) -> Step {
        self.state = State::Over;
        Step::Done(Value::Map(BTreeMap::from([
            ("status".to_owned(), Value::Text(status.word().to_owned())),
            ("called".to_owned(), Value::Int(i64::try_from(self.to.len()).unwrap_or(0))),
            ("answered".to_owned(), Value::Int(i64::from(answered))),
        ])))
    }
}

fn ask(request: &Request) -> Step {
    Step::asks(KIND, request)
}

fn answer(reply: &Reply) -> Option<Answer> {
    reply.answer()
}
