//! Programs: what drives a call, and where they come from.

use crate::{CallInfo, RecordingInfo, Reply, Step, Value};
use cordboard_base::Time;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A program: a script or an application. `resume` is called once with [`Reply::Start`], then with the reply to each step,
/// until it yields [`Step::Done`] or [`Step::Enter`]. A suspended program is never dropped: it is resumed with
/// [`Reply::HungUp`] and unwinds.
pub trait App {
    /// Goes on to the next step.
    fn resume(&mut self, now: Time, reply: Reply) -> Step;

    /// Its whole state, from which [`Programs::restore`] makes one that behaves the same.
    fn snapshot(&self) -> AppState;

    /// Where in its text the step stands that it has just yielded; `None` for a program without one.
    fn place(&self) -> Option<Place> {
        None
    }

    /// The context and the pattern of the route that it was started for; `None` for a program that no route leads to.
    fn route(&self) -> Option<(&str, &str)> {
        None
    }
}

/// A place in a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file's name: `main.rhai`. Shared by all places in it.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1; 0: not known.
    pub column: u32,
}

impl core::fmt::Display for Place {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A program's state as data. Scripts hold the log of their replies; applications their own machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AppState {
    /// Who can restore it: `script`, or an application's name.
    pub kind: String,
    /// Raised when `data` changes its shape.
    pub version: u32,
    /// The state, JSON.
    pub data: String,
}

impl AppState {
    /// Of an application's program, which is plain data.
    pub(crate) fn of(kind: &str, program: &impl Serialize) -> Self {
        let data = serde_json::to_string(program).unwrap_or_default();
        Self { kind: kind.to_owned(), version: 1, data }
    }

    /// The program of which it is.
    pub(crate) fn program<T: DeserializeOwned>(&self) -> Result<T, RouteError> {
        serde_json::from_str(&self.data).map_err(|error| RouteError::BadArguments(error.to_string()))
    }
}

/// What a call asks of the dialplan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RouteRequest {
    /// The call as its program will see it; `context` and `dialed` are looked up.
    pub info: CallInfo,
}

/// Why there is no program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RouteError {
    /// No route matches.
    NoRoute,
    /// There is no such context.
    NoContext,
    /// There is no such application.
    NoApp,
    /// The arguments are wrong; the text says how.
    BadArguments(String),
    /// Too many scripts run at once.
    Full,
}

/// Where programs come from: one checked dialplan and the registered applications. A call keeps the one it began with.
pub trait Programs {
    /// The program for a number in a context.
    fn route(&self, request: &RouteRequest) -> Result<Box<dyn App>, RouteError>;

    /// Whether a number has a route of its own in a context, beside what takes the numbers that nothing matches.
    fn has_route(&self, _context: &str, _number: &str) -> bool {
        true
    }

    /// An application by name.
    fn app(&self, name: &str, info: &CallInfo, args: &Value) -> Result<Box<dyn App>, RouteError>;

    /// The program that is told of a complete recording, if there is one: it asks and notes, but drives no leg.
    fn recorded(&self, _info: &CallInfo, _recording: &RecordingInfo) -> Option<Box<dyn App>> {
        None
    }

    /// A program from its state.
    fn restore(&self, state: &AppState) -> Result<Box<dyn App>, RouteError>;

    /// What tells this dialplan from others: the SHA-256 of its scripts, in hex.
    fn version(&self) -> &str;
}
