//! The non-INVITE server transaction (RFC 3261 §17.2.2).
//!
//! ```text
//!  request ─▶ Open ──200–699──▶ Completed (J) ─▶ over
//! ```

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ServerOther {
    /// Trying or Proceeding: no final response yet.
    Open,
    /// Answered; repeats get the same response.
    Completed,
}
