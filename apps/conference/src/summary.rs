//! Rooms as the command line shows them.

use crate::talk::{Answer, Request};
use cordboard_app::Value;
use serde::{Deserialize, Serialize};

/// A room with somebody in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomSummary {
    /// Its name.
    pub room: String,
    /// How long it has been open, in s.
    pub age_s: u64,
    /// Whether only administrators come in.
    pub locked: bool,
    /// Whether it is recorded.
    pub recording: bool,
    /// In the order in which they came.
    pub participants: Vec<ParticipantSummary>,
}

/// Somebody in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantSummary {
    /// The call, as `calls` names it.
    pub call: String,
    /// Who.
    pub number: String,
    /// Who.
    pub name: String,
    /// Whether it is an administrator.
    pub admin: bool,
    /// Whether others wait for it.
    pub marked: bool,
    /// `entering`, `waiting`, `muted`, `talking`, `listening`.
    pub state: String,
    /// For so long, in s.
    pub since_s: u64,
}

/// Asks the service for its rooms.
pub fn list() -> Value {
    Value::of(&Request::List)
}

/// What it answered.
pub fn listed(answer: &Value) -> Option<Vec<RoomSummary>> {
    if let Answer::Rooms(rooms) = answer.to()? { Some(rooms) } else { None }
}
