//! `ch.hotdesk_logout`.

use crate::manual::LOGOUT;
use crate::talk::{Answer, Request, answered, ask};
use cordboard_app::say::audio;
use cordboard_app::{App, AppState, Application, CallInfo, Manual, PlayList, Reply, RouteError, Step, Value};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

const DONE: &str = "hotdesk-loggedout";
const FAILED: &str = "an-error-has-occurred";

/// `ch.hotdesk_logout`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Logout;

impl Application for Logout {
    fn manual(&self) -> &'static Manual {
        &LOGOUT
    }

    fn start(&self, info: &CallInfo, _arguments: &Value) -> Result<Box<dyn App>, RouteError> {
        let (lang, phone) = (info.lang.clone(), info.phone.clone());
        Ok(Box::new(Program { lang, phone, state: State::Start }))
    }

    fn restore(&self, state: &AppState) -> Result<Box<dyn App>, RouteError> {
        Ok(Box::new(state.program::<Program>()?))
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec![DONE, FAILED]
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Program {
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

impl App for Program {
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

    fn snapshot(&self) -> AppState {
        AppState::of(LOGOUT.verb, self)
    }
}
