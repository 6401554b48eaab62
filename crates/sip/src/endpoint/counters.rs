//! What the endpoint counts.

use serde::{Deserialize, Serialize};

/// What the endpoint counts; for metrics, never for decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Messages taken.
    pub received: u64,
    /// Messages sent, retransmissions included.
    pub sent: u64,
    /// Not SIP, dropped.
    pub garbage: u64,
    /// Malformed, answered 400.
    pub malformed: u64,
    /// Retransmissions absorbed.
    pub repeated: u64,
    /// Retransmissions sent.
    pub retransmitted: u64,
    /// Responses that matched no transaction, dropped.
    pub stray: u64,
    /// Requests refused with 503 because a table was full.
    pub overloaded: u64,
    /// Requests that were refused here: 405, 420, 481, 482, 483, 500, 501.
    pub refused: u64,
}
