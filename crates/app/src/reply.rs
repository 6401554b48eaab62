//! What the call core answers to a step.

use crate::{Cause, DialResult, Value};
use cordboard_media::Playhead;
use serde::de::DeserializeOwned;
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
    /// The end of an await.
    Happened(Happening),
    /// The end of a message.
    Taken {
        /// The file, relative to the data directory, with its extension; empty: there is none, as after a hang-up during the beep.
        /// A file in which nothing was said holds a moment's silence.
        file: String,
        /// How long, in ms, the silence at its end left out.
        ms: u32,
        /// Why it ended.
        end: MessageEnd,
    },
    /// The step failed; the call goes on.
    Failed(String),
    /// The caller is gone, or the program's `Hangup` is done: unwind.
    HungUp(Cause),
}

impl Reply {
    /// What a service has answered, in its own terms.
    pub fn answer<T: DeserializeOwned>(&self) -> Option<T> {
        if let Self::Value(value) = self { value.to() } else { None }
    }
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

/// What happened first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Happening {
    /// The caller pressed a digit.
    Digit(char),
    /// A service said something.
    Told(crate::Value),
    /// Nothing did.
    TimedOut,
}

/// Why a message ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MessageEnd {
    /// By this digit.
    Digit(char),
    /// The caller said nothing for long enough.
    Silence,
    /// It was as long as it may be.
    Full,
    /// The caller is gone.
    HungUp,
    /// The disk is full, or gone; what came before is there.
    Failed(String),
}
