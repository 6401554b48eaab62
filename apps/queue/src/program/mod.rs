//! Programs of single calls: who waits, who takes calls, who changes that by telephone.

mod agent;
mod callback;
mod caller;
mod dialog;
mod manual;
mod screen;

use crate::request::{Answer, Request};
use cordboard_app::{Application, CallInfo, Machine, Manual, Reply, RouteError, Step, Value, Verb};
use cordboard_media::Audio;
use std::rc::Rc;

/// The applications of this crate.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![
        Rc::new(Entry::<caller::Waits> { manual: &manual::QUEUE, begin: caller::Waits::new }),
        Rc::new(Entry::<screen::Screens> { manual: &manual::SCREEN, begin: screen::Screens::new }),
        Rc::new(Entry::<callback::CallsBack> { manual: &manual::CALLBACK, begin: callback::CallsBack::new }),
        Rc::new(Entry::<agent::Changes> { manual: &manual::LOGIN, begin: agent::Changes::login }),
        Rc::new(Entry::<agent::Changes> { manual: &manual::LOGOUT, begin: agent::Changes::logout }),
        Rc::new(Entry::<agent::Changes> { manual: &manual::PAUSE, begin: agent::Changes::pause }),
        Rc::new(Entry::<agent::Changes> { manual: &manual::RESUME, begin: agent::Changes::resume_work }),
    ]
}

/// A verb of this crate.
struct Entry<M> {
    manual: &'static Manual,
    begin: fn(&CallInfo, &Value) -> M,
}

impl<M: Machine> Verb for Entry<M> {
    type Machine = M;

    fn manual(&self) -> &'static Manual {
        self.manual
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<M, RouteError> {
        Ok((self.begin)(info, arguments))
    }

    fn prompts(&self) -> Vec<&'static str> {
        manual::prompts(self.manual.verb)
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
