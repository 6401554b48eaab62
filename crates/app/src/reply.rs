//! What the call core answers to a step.

use crate::{Cause, DialResult, Value};
use cordboard_media::Playhead;
use serde::{Deserialize, Serialize};

/// The reply to the last step. After `HungUp` steps that need a live caller are answered `HungUp` again; queries and notes
/// still work, within a budget of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The first resume.
    Start,
    /// Done.
    Ok,
    /// The end of a play, and where in its list it was then: a prompt can be played on from there, or from a little before.
    Played(PlayResult, Playhead),
    /// The end of a read.
    Digits {
        /// What was typed. Untrusted.
        digits: String,
        /// Why it ended.
        end: DigitsEnd,
    },
    /// The end of a dial.
    Dialed(Box<DialResult>),
    /// The answer to a query, or an application's outcome.
    Value(Value),
    /// The step failed; the call goes on.
    Failed(String),
    /// The caller is gone, or the program's `Hangup` is done: unwind.
    HungUp(Cause),
}

/// How a play ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlayResult {
    /// To its end.
    Finished,
    /// By this digit.
    Interrupted(char),
    /// This prompt is missing.
    Missing(String),
}

/// Why collecting digits ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DigitsEnd {
    /// As many as were wanted.
    Full,
    /// By this end digit.
    Ended(char),
    /// Nothing more came in time.
    TimedOut,
}
