//! Parked calls as the command line shows them.

use crate::talk::{Answer, Request};
use cordboard_app::Value;
use serde::{Deserialize, Serialize};

/// A place with a call in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotSummary {
    /// Its number.
    pub slot: u32,
    /// Its lot.
    pub lot: String,
    /// The call, as `calls` names it.
    pub call: String,
    /// Who waits.
    pub number: String,
    /// Who waits.
    pub name: String,
    /// The user who parked it; empty: somebody else.
    pub parker: String,
    /// For so long, in s.
    pub since_s: u64,
}

/// Asks the service who is parked.
pub fn list() -> Value {
    Value::of(&Request::List)
}

/// What it answered.
pub fn listed(answer: &Value) -> Option<Vec<SlotSummary>> {
    if let Answer::Slots(slots) = answer.to()? { Some(slots) } else { None }
}
