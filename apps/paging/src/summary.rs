//! Bells as the command line shows them, and rings them.

use crate::talk::{Answer, Request};
use cordboard_app::Value;
use serde::{Deserialize, Serialize};

/// A bell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BellSummary {
    /// Its name.
    pub bell: String,
    /// When it rings next, as the office's walls show it: `2026-11-24 08:00`. Empty: it does not by itself.
    pub next: String,
    /// The same in Unix seconds.
    pub next_unix_s: Option<i64>,
    /// When it rang last, by itself or by hand. Empty: it never has.
    pub last: String,
    /// The same in Unix seconds.
    pub last_unix_s: Option<i64>,
    /// Users whose phones it rings at.
    pub phones: Vec<String>,
    /// The loudspeakers that it rings at.
    pub group: String,
}

/// What came of ringing a bell by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ByHand {
    /// It rings in a moment, at so many of its phones: others are in a call, or not there.
    Rings {
        /// So many.
        phones: usize,
        /// Of these.
        of: usize,
    },
    /// There is no such bell.
    Unknown,
    /// There are too many pages at once.
    Full,
}

/// Asks the service for all.
pub fn list() -> Value {
    Value::of(&Request::Bells)
}

/// What it answered.
pub fn listed(answer: &Value) -> Option<Vec<BellSummary>> {
    if let Answer::Bells(all) = answer.to()? { Some(all) } else { None }
}

/// Has one rung now.
pub fn ring(bell: &str) -> Value {
    Value::of(&Request::Ring { bell: bell.to_owned() })
}

/// What came of it.
pub fn rung(answer: &Value) -> Option<ByHand> {
    match answer.to()? {
        Answer::Rings { phones, of } => Some(ByHand::Rings { phones, of }),
        Answer::NoBell => Some(ByHand::Unknown),
        Answer::Full => Some(ByHand::Full),
        Answer::Started { .. }
        | Answer::NoGroup
        | Answer::Join { .. }
        | Answer::Over
        | Answer::Answered(_)
        | Answer::Bells(_)
        | Answer::Done => None,
    }
}
