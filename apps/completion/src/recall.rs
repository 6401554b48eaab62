//! What runs on the phone that is called back, when it was answered: the callee's number is dialled in the caller's context.

use crate::manual::RECALL as MANUAL;
use crate::talk::{Answer, Request, answered, ask};
use cordboard_app::say::audio;
use cordboard_app::{CallInfo, Machine, Manual, Note, PlayList, Reply, RouteError, Step, Value, Verb};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

const READY: &str = "callback-ready";

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompletionRecall;

impl Verb for CompletionRecall {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let id = arguments.argument(0).int().and_then(|id| u64::try_from(id).ok()).unwrap_or(0);
        let (lang, context) = (info.lang.clone(), info.context.clone());
        Ok(Program { id, lang, context, state: State::Start })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec![READY]
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Start,
    Knowing,
    /// "Please hold while I connect you."
    Saying(String),
    /// The script is to know what this call is.
    Marking(String),
    Over,
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    id: u64,
    lang: String,
    context: String,
    state: State,
}

impl Machine for Program {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_)) {
            return self.over();
        }
        match core::mem::replace(&mut self.state, State::Over) {
            State::Start => {
                self.state = State::Knowing;
                ask(&Request::Here { id: self.id })
            }
            State::Knowing => {
                let Answer::Dial { number } = answered(&reply) else { return self.over() };
                self.state = State::Saying(number);
                let items = audio([READY.to_owned()], &self.lang);
                Step::Play(PlayList { items, interrupt: String::new() })
            }
            State::Saying(number) => {
                self.state = State::Marking(number);
                let value = Value::Int(i64::try_from(self.id).unwrap_or(0));
                Step::Note(Note::SetVar { name: crate::RECALL.to_owned(), value, inherited: false })
            }
            State::Marking(number) => Step::Enter { context: self.context.clone(), number },
            State::Over => self.over(),
        }
    }
}

impl Program {
    fn over(&mut self) -> Step {
        self.state = State::Over;
        Step::Done(Value::Unit)
    }
}
