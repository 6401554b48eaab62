//! The one record that every call leaves, whatever happens to it.

use cordboard_app::{Cause, Destination, Identity};
use cordboard_base::{CallId, LegId};
use cordboard_media::StreamStats;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a call went, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Disposition {
    Answered,
    Busy,
    NoAnswer,
    Failed,
    Cancelled,
}

/// One call. Times are microseconds on the cores' clock; the store adds the wall clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallRecord {
    /// Which.
    pub call: CallId,
    /// The context it was routed in.
    pub context: String,
    /// Who called.
    pub caller: Identity,
    /// The authenticated user, if one of ours.
    pub user: Option<String>,
    /// The trunk it came by.
    pub trunk: Option<String>,
    /// What was dialled.
    pub dialed: String,
    /// When the INVITE came.
    pub began_us: u64,
    /// When the caller was answered.
    pub answered_us: Option<u64>,
    /// When the last leg was gone.
    pub ended_us: u64,
    /// How it went.
    pub disposition: Disposition,
    /// Why it ended.
    pub cause: Cause,
    /// Who hung up: `caller`, `callee`, `system`.
    pub hangup_by: String,
    /// Who answered.
    pub answered_by: Option<Destination>,
    /// `ch.cdr.tag` and marks.
    pub tags: BTreeMap<String, String>,
    /// A script error, with its place.
    pub error: Option<String>,
    /// Every leg it had.
    pub legs: Vec<LegRecord>,
}

/// One leg of a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegRecord {
    /// Which.
    pub leg: LegId,
    /// Whose; `None` for the caller's.
    pub who: Option<Destination>,
    /// When it was made.
    pub began_us: u64,
    /// When it was answered.
    pub answered_us: Option<u64>,
    /// When it was gone.
    pub ended_us: Option<u64>,
    /// Its codec.
    pub codec: String,
    /// Why it ended.
    pub cause: Cause,
    /// Its media.
    pub stats: StreamStats,
}
