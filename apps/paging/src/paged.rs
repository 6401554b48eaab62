//! What runs on a phone that is paged, when it has answered.

use crate::KIND;
use crate::manual::PAGED;
use crate::talk::{Answer, Request, Told};
use cordboard_app::{
    Await, CallInfo, Happening, JoinMix, Machine, Manual, Reply, RouteError, Step, Value, Verb,
};
use cordboard_base::Time;
use cordboard_media::{MixInput, Tone};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What a phone beeps: so that who is near it knows that it speaks, or hears.
pub(crate) const BEEP: Tone =
    Tone { frequencies_hz: [1_000, 0], level_dbm0: -13, cadence_ms: Vec::new(), duration_ms: 300 };

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct Paged;

impl Verb for Paged {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &PAGED
    }

    fn begin(&self, _info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let page = arguments.argument(0).int().and_then(|page| u64::try_from(page).ok()).unwrap_or(0);
        Ok(Program { page, state: State::Start, agenda: VecDeque::new() })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    Asking,
    Listening,
    Leaving,
    Over,
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    page: u64,
    state: State,
    agenda: VecDeque<Step>,
}

impl Machine for Program {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_)) {
            self.agenda.clear();
            return self.leave();
        }
        if let Some(step) = self.agenda.pop_front() {
            return step;
        }
        match self.state {
            State::Start => {
                self.state = State::Asking;
                ask(&Request::Here { page: self.page })
            }
            State::Asking => self.join(&reply),
            State::Listening => match &reply {
                Reply::Happened(Happening::Told(message)) if message.to::<Told>().is_none() => wait(),
                Reply::Start
                | Reply::Ok
                | Reply::Played(..)
                | Reply::Digits { .. }
                | Reply::Dialed(_)
                | Reply::Value(_)
                | Reply::Happened(_)
                | Reply::Taken { .. }
                | Reply::Failed(_)
                | Reply::HungUp(_) => self.leave(),
            },
            State::Leaving | State::Over => {
                self.state = State::Over;
                Step::Done(Value::Unit)
            }
        }
    }
}

impl Program {
    fn join(&mut self, reply: &Reply) -> Step {
        let answer: Option<Answer> = reply.answer();
        let Some(Answer::Join { mix, how }) = answer else { return self.leave() };
        self.state = State::Listening;
        let says = how.duplex.then(MixInput::default);
        let join = Step::Join(Some(JoinMix { mix, says, hears: true, hearing_db: 0 }));
        if !how.beep {
            self.agenda.push_back(wait());
            return join;
        }
        self.agenda.extend([join, wait()]);
        Step::Tone(BEEP)
    }

    fn leave(&mut self) -> Step {
        match self.state {
            State::Start | State::Leaving | State::Over => {
                self.state = State::Over;
                Step::Done(Value::Unit)
            }
            State::Asking | State::Listening => {
                self.state = State::Leaving;
                ask(&Request::Gone { page: self.page })
            }
        }
    }
}

fn wait() -> Step {
    Step::Await(Await::default())
}

fn ask(request: &Request) -> Step {
    Step::asks(KIND, request)
}
