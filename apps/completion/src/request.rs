//! `ch.completion_request` and `ch.completion_cancel`: what the caller says, and hears.
//!
//! ```text
//! Start ─▶ Naming (how the callee is shown) ─▶ Asking ─▶ Saying ─▶ done
//! Start ───────────── cancel ────────────────▶ Asking ─▶ Saying ─▶ done
//! ```

use crate::manual::{CANCEL, REQUEST};
use crate::talk::{Answer, Request, Wish, answered, ask};
use cordboard_app::say::audio;
use cordboard_app::{
    CallInfo, Destination, Identity, Machine, Manual, PlayList, Query, Reply, RouteError, Step, Value,
};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Digits of a number to dial.
const NUMBER_MAX: usize = 32;

/// `ch.completion_request`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompletionRequest;

impl cordboard_app::Verb for CompletionRequest {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &REQUEST
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let callee = user_of(arguments.argument(0))
            .ok_or_else(|| RouteError::BadArguments("completion_request takes a user".to_owned()))?;
        let options = arguments.argument(1);
        let number = options.entry("number").text().filter(|number| !number.is_empty());
        let number = number.unwrap_or(&callee).to_owned();
        if number.len() > NUMBER_MAX {
            return Err(RouteError::BadArguments("a number has 32 digits at most".to_owned()));
        }
        let busy = options.entry("reason").text() != Some("no-answer");
        let wish = Wish { callee, number, shown: Identity::default(), busy };
        Ok(Program { verb: Verb::Request(wish), lang: info.lang.clone(), state: State::Start })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec!["calling-back", "call-not-allowed", "pbx-invalid", "pls-try-call-later", "an-error-has-occurred"]
    }
}

/// `ch.completion_cancel`.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompletionCancel;

impl cordboard_app::Verb for CompletionCancel {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &CANCEL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let callee = user_of(arguments.argument(0));
        Ok(Program { verb: Verb::Cancel(callee), lang: info.lang.clone(), state: State::Start })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec!["callback-cancelled", "call-not-allowed", "an-error-has-occurred"]
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Verb {
    Request(Wish),
    Cancel(Option<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    Naming,
    Asking,
    Saying(Status, u32),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Status {
    Set,
    Done,
    Full,
    Refused,
    Unknown,
    Failed,
    HungUp,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Done => "done",
            Self::Full => "full",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::Failed => "failed",
            Self::HungUp => "hungup",
        }
    }

    fn prompt(self) -> &'static str {
        match self {
            Self::Set => "calling-back",
            Self::Done => "callback-cancelled",
            Self::Full => "pls-try-call-later",
            Self::Refused => "call-not-allowed",
            Self::Unknown => "pbx-invalid",
            Self::Failed | Self::HungUp => "an-error-has-occurred",
        }
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    verb: Verb,
    lang: String,
    state: State,
}

impl Machine for Program {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_)) {
            return match self.state {
                // What was wanted is set, whoever hears of it.
                State::Saying(status, cancelled) => self.done(status, cancelled),
                State::Start | State::Naming | State::Asking | State::Over => self.done(Status::HungUp, 0),
            };
        }
        match self.state {
            State::Start => match &self.verb {
                Verb::Request(wish) => {
                    let callee = wish.callee.clone();
                    self.state = State::Naming;
                    Step::Ask(Query::Identity(callee))
                }
                Verb::Cancel(callee) => {
                    let callee = callee.clone();
                    self.ask(&Request::Cancel { callee })
                }
            },
            State::Naming => self.want(&reply),
            State::Asking => match answered(&reply) {
                Answer::Set => self.say(Status::Set, 0),
                Answer::Cancelled(count) => self.say(Status::Done, count),
                Answer::Full => self.say(Status::Full, 0),
                Answer::Refused => self.say(Status::Refused, 0),
                Answer::Failed | Answer::Dial { .. } => self.say(Status::Failed, 0),
            },
            State::Saying(status, cancelled) => self.done(status, cancelled),
            State::Over => Step::Done(Value::Unit),
        }
    }
}

impl Program {
    fn want(&mut self, reply: &Reply) -> Step {
        let shown: Option<Identity> = reply.answer();
        let (Some(shown), Verb::Request(wish)) = (shown, &self.verb) else {
            return self.say(Status::Unknown, 0);
        };
        let wish = Wish { shown, ..wish.clone() };
        self.ask(&Request::Want(wish))
    }

    fn ask(&mut self, request: &Request) -> Step {
        self.state = State::Asking;
        ask(request)
    }

    fn say(&mut self, status: Status, cancelled: u32) -> Step {
        self.state = State::Saying(status, cancelled);
        let items = audio([status.prompt().to_owned()], &self.lang);
        Step::Play(PlayList { items, interrupt: String::new() })
    }

    fn done(&mut self, status: Status, cancelled: u32) -> Step {
        self.state = State::Over;
        let mut outcome = BTreeMap::from([("status".to_owned(), Value::Text(status.word().to_owned()))]);
        if matches!(self.verb, Verb::Cancel(_)) {
            outcome.insert("cancelled".to_owned(), Value::Int(i64::from(cancelled)));
        }
        Step::Done(Value::Map(outcome))
    }
}

/// The user among the destinations that were given.
fn user_of(value: &Value) -> Option<String> {
    let of = |value: &Value| match value {
        Value::Destination(to) => match to.as_ref() {
            Destination::User(user) => Some(user.clone()),
            Destination::Trunk { .. } | Destination::Extension { .. } => None,
        },
        Value::Unit
        | Value::Bool(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Untrusted(_)
        | Value::List(_)
        | Value::Map(_) => None,
    };
    if let Value::List(list) = value { list.first().and_then(of) } else { of(value) }
}
