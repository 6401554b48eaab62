//! `ch.hotdesk_logout`.

use crate::manual::LOGOUT;
use crate::talk::{Answer, Request, answered, ask};
use cordboard_app::say::audio;
use cordboard_app::{CallInfo, Machine, Manual, PlayList, Reply, RouteError, Step, Value, Verb};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

const DONE: &str = "hotdesk-loggedout";
const FAILED: &str = "an-error-has-occurred";

/// `ch.hotdesk_logout`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Logout;

impl Verb for Logout {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &LOGOUT
    }

    fn begin(&self, info: &CallInfo, _arguments: &Value) -> Result<Self::Machine, RouteError> {
        let (lang, phone) = (info.lang.clone(), info.phone.clone());
        Ok(Program { lang, phone, state: State::Start })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec![DONE, FAILED]
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    lang: String,
    phone: Option<String>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    Leaving,
    Saying(bool),
}

impl Program {
    fn say(&mut self, prompt: &str, outcome: bool) -> Step {
        self.state = State::Saying(outcome);
        Step::Play(PlayList { items: audio([prompt.to_owned()], &self.lang), interrupt: String::new() })
    }
}

impl Machine for Program {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match (self.state, &self.phone) {
            (State::Saying(outcome), _) => Step::Done(Value::Bool(outcome)),
            (State::Start | State::Leaving, _) if matches!(reply, Reply::HungUp(_)) => {
                Step::Done(Value::Bool(false))
            }
            (State::Start, Some(phone)) => {
                let phone = phone.clone();
                self.state = State::Leaving;
                ask(&Request::Leave { phone })
            }
            (State::Start, None) => self.say(FAILED, false),
            (State::Leaving, _) => match answered(&reply) {
                Answer::Done { .. } => self.say(DONE, true),
                Answer::Refused | Answer::Failed => self.say(FAILED, false),
            },
        }
    }
}
