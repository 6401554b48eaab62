//! Applications beside the scripts: what starts them, and the table of all that there are.

use crate::{App, AppState, CallInfo, Hosted, Manual, Reply, RouteError, Step, Value};
use cordboard_base::Time;
use core::fmt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::rc::Rc;

/// An application as it is written: a manual, and the machine that `ch.<verb>(…)` runs. What everybody else sees of it is an
/// [`Application`]. The part of it that is the office's, not a call's, is its [`Service`](crate::Service).
pub trait Verb: 'static {
    /// What runs for a call.
    type Machine: Machine;

    /// Its manual. The verb is the application's name.
    fn manual(&self) -> &'static Manual;

    /// One for a call. `arguments` is the list that the verb was given, already checked against the manual.
    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError>;

    /// Every prompt that it can play, for the check of sounds.
    fn prompts(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

/// A program that is all data: that is its snapshot.
pub trait Machine: Serialize + DeserializeOwned + 'static {
    /// See [`App::resume`].
    fn resume(&mut self, now: Time, reply: Reply) -> Step;
}

/// An application as it is run.
pub trait Application {
    /// Its manual. The verb is the application's name.
    fn manual(&self) -> &'static Manual;

    /// A program for a call. `arguments` is the list that the verb was given, already checked against the manual.
    fn start(&self, info: &CallInfo, arguments: &Value) -> Result<Box<dyn App>, RouteError>;

    /// A program from the state that its [`App::snapshot`] gave.
    fn restore(&self, state: &AppState) -> Result<Box<dyn App>, RouteError>;

    /// Every prompt that it can play, for the check of sounds.
    fn prompts(&self) -> Vec<&'static str> {
        Vec::new()
    }
}

impl<V: Verb> Application for V {
    fn manual(&self) -> &'static Manual {
        Verb::manual(self)
    }

    fn start(&self, info: &CallInfo, arguments: &Value) -> Result<Box<dyn App>, RouteError> {
        let machine = self.begin(info, arguments)?;
        Ok(Box::new(Running { verb: Verb::manual(self).verb, machine }))
    }

    fn restore(&self, state: &AppState) -> Result<Box<dyn App>, RouteError> {
        Ok(Box::new(Running { verb: Verb::manual(self).verb, machine: state.program::<V::Machine>()? }))
    }

    fn prompts(&self) -> Vec<&'static str> {
        Verb::prompts(self)
    }
}

/// A machine that runs for a verb.
struct Running<M> {
    verb: &'static str,
    machine: M,
}

impl<M: Machine> App for Running<M> {
    fn resume(&mut self, now: Time, reply: Reply) -> Step {
        self.machine.resume(now, reply)
    }

    fn snapshot(&self) -> AppState {
        AppState::of(self.verb, &self.machine)
    }
}

/// All applications.
#[derive(Clone, Default)]
pub struct Applications(Vec<Rc<dyn Application>>);

impl Applications {
    /// These.
    pub fn new(all: Vec<Rc<dyn Application>>) -> Self {
        Self(all)
    }

    /// The one of a name.
    pub fn find(&self, name: &str) -> Option<&dyn Application> {
        self.0.iter().find(|application| application.manual().verb == name).map(AsRef::as_ref)
    }

    /// The manuals of all, in order.
    pub fn manuals(&self) -> Vec<&'static Manual> {
        self.0.iter().map(|application| application.manual()).collect()
    }

    /// Every prompt of theirs.
    pub fn prompts(&self) -> Vec<&'static str> {
        self.0.iter().flat_map(|application| application.prompts()).collect()
    }

    /// A program of the application `name`.
    pub fn start(&self, name: &str, info: &CallInfo, arguments: &Value) -> Result<Box<dyn App>, RouteError> {
        self.find(name).ok_or(RouteError::NoApp)?.start(info, arguments)
    }

    /// A program from its state, by the application that its kind names.
    pub fn restore(&self, state: &AppState) -> Result<Box<dyn App>, RouteError> {
        self.find(&state.kind).ok_or(RouteError::NoApp)?.restore(state)
    }
}

impl fmt::Debug for Applications {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|application| application.manual().verb)).finish()
    }
}

/// What an office is made of beside its scripts: applications for calls, and the services that they talk to.
#[derive(Default)]
pub struct Installed {
    /// For calls.
    pub applications: Applications,
    /// For the office, one of each kind.
    pub services: Vec<Box<dyn Hosted>>,
}
