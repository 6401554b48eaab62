//! What the programs and the service say to each other.

use cordboard_app::{Identity, Reply, Step};
use serde::{Deserialize, Serialize};

/// A program asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// I want to be called when this user is free. → `Set`, `Full`, `Refused`, `Failed`
    Want(Wish),
    /// No longer; `None`: none of mine. → `Cancelled`, `Refused`, `Failed`
    Cancel { callee: Option<String> },
    /// I am answered: what is to be dialled? → `Dial`, `Refused`
    Here { id: u64 },
}

/// Whom a caller wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wish {
    pub(crate) callee: String,
    /// What is dialled.
    pub(crate) number: String,
    /// As the caller's display is to show it.
    pub(crate) shown: Identity,
    /// It was busy; else it did not answer.
    pub(crate) busy: bool,
}

/// The service answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// It is written.
    Set,
    /// So many were forgotten, and that is written.
    Cancelled(u32),
    /// This number.
    Dial { number: String },
    /// As many as there may be.
    Full,
    /// Not for who asks.
    Refused,
    /// It could not be written.
    Failed,
}

pub(crate) fn ask(request: &Request) -> Step {
    Step::asks(crate::KIND, request)
}

/// A question that failed is a failure.
pub(crate) fn answered(reply: &Reply) -> Answer {
    reply.answer().unwrap_or(Answer::Failed)
}
