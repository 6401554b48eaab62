//! What the programs and the service say to each other.

use crate::alarm::Repeat;
use crate::summary::WakeupSummary;
use cordboard_app::say::WallTime;
use cordboard_app::{Reply, Step};
use serde::{Deserialize, Serialize};

/// A program asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Wake somebody; `None`: me. → `Set`, `Full`, `NotAllowed`, `Failed`
    Set { user: Option<String>, hour: u8, minute: u8, repeat: Repeat },
    /// What is set? → `All`, `NotAllowed`
    List { user: Option<String> },
    /// No longer. → `Done`, `NotAllowed`, `Failed`
    Cancel { id: u64 },
    /// I am answered: which is it? → `Now`
    Ring { id: u64 },
    /// Again in ten minutes. → `Set`, `Failed`
    Snooze { id: u64 },
    /// It was heard. → `Done`
    Confirm { id: u64 },
    /// The command line: all of them. → `Summaries`
    Summaries,
}

/// The service answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// It is so, and written.
    Done,
    /// This is set, and written.
    Set { now: WallTime, entry: Entry },
    /// These are set, in the order in which they come.
    All { now: WallTime, entries: Vec<Entry> },
    /// To `Ring`.
    Now(WallTime),
    /// As many as there may be.
    Full,
    /// The caller may not, or is nobody's phone.
    NotAllowed,
    /// It could not be written.
    Failed,
    /// To `Summaries`.
    Summaries(Vec<WakeupSummary>),
}

/// A wake-up call, as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) id: u64,
    pub(crate) at: WallTime,
    pub(crate) repeat: Repeat,
}

pub(crate) fn ask(request: &Request) -> Step {
    Step::asks(crate::KIND, request)
}

/// A question that failed is a failure.
pub(crate) fn answered(reply: &Reply) -> Answer {
    reply.answer().unwrap_or(Answer::Failed)
}
