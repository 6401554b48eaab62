//! Wake-up calls as the command line shows them.

use crate::talk::{Answer, Request};
use cordboard_app::Value;
use serde::{Deserialize, Serialize};

/// A wake-up call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeupSummary {
    /// Its number.
    pub id: u64,
    /// Whose phone is called.
    pub user: String,
    /// When, as the office's walls show it: `2026-11-24 06:30`.
    pub at: String,
    /// The same in Unix seconds.
    pub at_unix_s: i64,
    /// `once`, `daily`, `weekdays`.
    pub repeat: String,
    /// `waiting`, `ringing`, `answered`, or how often it was called in vain: `retry 1`.
    pub state: String,
    /// Who set it.
    pub set_by: String,
}

/// Asks the service for all.
pub fn list() -> Value {
    Value::of(&Request::Summaries)
}

/// What it answered.
pub fn listed(answer: &Value) -> Option<Vec<WakeupSummary>> {
    if let Answer::Summaries(all) = answer.to()? { Some(all) } else { None }
}
