//! Programs of single calls: who waits, who takes calls, who changes that by telephone.

mod agent;
mod callback;
mod caller;
mod dialog;
mod manual;
mod screen;

use crate::request::{Answer, Request};
use cordboard_app::{App, AppState, Application, CallInfo, Manual, Reply, RouteError, Step, Value};
use cordboard_base::Time;
use cordboard_media::Audio;
use serde::{Deserialize, Serialize};
use std::rc::Rc;

/// Raised when a program's state changes its shape.
const VERSION: u32 = 2;

/// The applications of this crate.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![
        Rc::new(Verb::<caller::Waits> { manual: &manual::QUEUE, start: caller::Waits::new }),
        Rc::new(Verb::<screen::Screens> { manual: &manual::SCREEN, start: screen::Screens::new }),
        Rc::new(Verb::<callback::CallsBack> { manual: &manual::CALLBACK, start: callback::CallsBack::new }),
        Rc::new(Verb::<agent::Changes> { manual: &manual::LOGIN, start: agent::Changes::login }),
        Rc::new(Verb::<agent::Changes> { manual: &manual::LOGOUT, start: agent::Changes::logout }),
        Rc::new(Verb::<agent::Changes> { manual: &manual::PAUSE, start: agent::Changes::pause }),
        Rc::new(Verb::<agent::Changes> { manual: &manual::RESUME, start: agent::Changes::resume_work }),
    ]
}

/// A machine that drives a call: its state is itself.
trait Machine: Serialize + for<'de> Deserialize<'de> + 'static {
    fn resume(&mut self, now: Time, reply: Reply) -> Step;
}

struct Verb<M> {
    manual: &'static Manual,
    start: fn(&CallInfo, &Value) -> M,
}

struct Runs<M> {
    kind: &'static str,
    machine: M,
}

impl<M: Machine> Application for Verb<M> {
    fn manual(&self) -> &'static Manual {
        self.manual
    }

    fn start(&self, info: &CallInfo, arguments: &Value) -> Result<Box<dyn App>, RouteError> {
        Ok(Box::new(Runs { kind: self.manual.verb, machine: (self.start)(info, arguments) }))
    }

    fn restore(&self, state: &AppState) -> Result<Box<dyn App>, RouteError> {
        Ok(Box::new(Runs { kind: self.manual.verb, machine: state.program::<M>()? }))
    }

    fn prompts(&self) -> Vec<&'static str> {
        manual::prompts(self.manual.verb)
    }
}

impl<M: Machine> App for Runs<M> {
    fn resume(&mut self, now: Time, reply: Reply) -> Step {
        self.machine.resume(now, reply)
    }

    fn snapshot(&self) -> AppState {
        AppState { version: VERSION, ..AppState::of(self.kind, &self.machine) }
    }
}

/// Asks the service.
fn ask(request: &Request) -> Step {
    Step::asks("queue", request)
}

/// What the service answered; an error's text is a refusal.
fn answer(reply: Reply) -> Answer {
    match reply {
        Reply::Value(value) => value.to().unwrap_or_else(|| Answer::Refused("no answer".to_owned())),
        Reply::Failed(why) => Answer::Refused(why),
        Reply::Start
        | Reply::Ok
        | Reply::Played(..)
        | Reply::Digits { .. }
        | Reply::Dialed(_)
        | Reply::Happened(_)
        | Reply::Taken { .. }
        | Reply::HungUp(_) => Answer::Refused("not an answer".to_owned()),
    }
}

/// Prompts in a language.
fn prompts(names: &[String], lang: &str) -> Vec<Audio> {
    names.iter().map(|name| Audio::Prompt { name: name.clone(), lang: lang.to_owned() }).collect()
}

fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
