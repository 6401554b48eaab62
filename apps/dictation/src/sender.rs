//! `ch.dictation_send`: a finished dictation becomes a mail.

use crate::machine::{ask, ask_number, number_of, status};
use crate::manual::{PROMPTS, SEND};
use crate::talk::{Answer, Request};
use cordboard_app::say::audio;
use cordboard_app::spoken::{Uuid, number};
use cordboard_app::{CallInfo, Machine, Manual, PlayList, Query, Reply, RouteError, Step, Value, Verb};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

/// The verb.
#[derive(Clone, Copy, Debug, Default)]
pub struct DictationSend;

impl Verb for DictationSend {
    type Machine = Sender;

    fn manual(&self) -> &'static Manual {
        &SEND
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let given = arguments.argument(0).text().and_then(number_of);
        Ok(Sender { lang: info.lang.clone(), number: given.unwrap_or_default(), state: State::Start })
    }

    fn prompts(&self) -> Vec<&'static str> {
        PROMPTS.to_vec()
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    lang: String,
    number: String,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    Number,
    High,
    Low(i64),
    Sending,
    Leaving(String),
}

impl Machine for Sender {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        let state = core::mem::replace(&mut self.state, State::Start);
        if let (Reply::HungUp(_), State::Start | State::Number | State::High | State::Low(_)) =
            (&reply, &state)
        {
            return status("hungup");
        }
        match state {
            State::Start if self.number.is_empty() => {
                self.state = State::Number;
                ask_number(&self.lang, &[])
            }
            State::Start => self.draw(State::High),
            State::Number => {
                let typed = if let Reply::Digits { digits, .. } = &reply { number_of(digits) } else { None };
                let Some(number) = typed else { return status("nothing") };
                self.number = number;
                self.draw(State::High)
            }
            State::High => self.draw(State::Low(number(&reply))),
            State::Low(high) => {
                self.state = State::Sending;
                let id = Uuid::drawn(high, number(&reply)).to_string();
                ask(&Request::Send { number: self.number.clone(), id })
            }
            State::Sending => self.sent(&reply),
            State::Leaving(outcome) => status(&outcome),
        }
    }
}

impl Sender {
    fn draw(&mut self, state: State) -> Step {
        self.state = state;
        Step::Ask(Query::Random { from: i64::MIN, to: i64::MAX })
    }

    fn sent(&mut self, reply: &Reply) -> Step {
        let answer = reply.answer();
        let (outcome, prompt) = match answer.unwrap_or(Answer::Failed) {
            Answer::Done => ("sent", "vm-msgsent"),
            Answer::Nothing => ("nothing", "dictate/nothing"),
            Answer::NoAddress => ("noaddress", "dictate/noaddress"),
            Answer::Denied => ("denied", "vm-nomail"),
            Answer::Opened { .. } | Answer::Full | Answer::Failed => ("failed", "vm-nomail"),
        };
        self.state = State::Leaving(outcome.to_owned());
        Step::Play(PlayList { items: audio([prompt.to_owned()], &self.lang), interrupt: String::new() })
    }
}
