//! What the program and the service say to each other.

use cordboard_app::{Reply, Step};
use core::fmt;
use serde::{Deserialize, Serialize};

/// A program asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Is there such a line, and may I try? → `Open`, `Locked`, `NoLine`
    Open { line: String },
    /// This was typed. → `Granted`, `Wrong`, `Locked`, `NoLine`
    Try { line: String, pin: Typed },
    /// This is being dialled: for the log. → `Done`
    Dialed { number: String },
}

/// What may be a PIN; no log shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Typed(pub(crate) String);

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(…)")
    }
}

/// The service answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// It may try.
    Open,
    /// It may dial.
    Granted(Granted),
    /// That is no PIN of this line: the next try is so far away.
    Wrong { wait_ms: u32 },
    /// That was one too many of this call.
    Enough { wait_ms: u32 },
    /// Nobody is let in for now.
    Locked,
    /// There is no such line.
    NoLine,
    /// To `Dialed`.
    Done,
}

/// What a caller may do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Granted {
    /// Whose PIN it is.
    pub(crate) user: Option<String>,
    pub(crate) context: String,
    /// The longest call, in ms.
    pub(crate) limit_ms: u32,
    /// A pause that ends a number, in ms.
    pub(crate) pause_ms: u32,
}

pub(crate) fn ask(request: &Request) -> Step {
    Step::asks(crate::KIND, request)
}

/// A question that failed opens nothing.
pub(crate) fn answered(reply: &Reply) -> Answer {
    reply.answer().unwrap_or(Answer::NoLine)
}
