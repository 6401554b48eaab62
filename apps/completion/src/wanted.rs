//! One who wants to be called back.

use crate::talk::Wish;
use cordboard_base::{CallId, Time};
use serde::{Deserialize, Serialize};

/// As it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wanted {
    /// Whose phone is called back.
    pub(crate) caller: String,
    pub(crate) wish: Wish,
    pub(crate) expires_unix_s: i64,
    pub(crate) phase: Phase,
    /// Not before, after a recall that found the caller busy.
    #[serde(default)]
    pub(crate) retry: Option<Time>,
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Phase {
    /// The callee to talk with somebody: it did not answer, or was busy without a call.
    Activity,
    /// The callee and the caller to be idle.
    Free,
    /// The caller to answer.
    Recalling,
    /// The end of its call, or its wish to go on waiting: the callee is being dialled.
    Recalled(CallId),
}

impl Phase {
    /// Whether a call is being made for it.
    pub(crate) fn is_under_way(self) -> bool {
        match self {
            Self::Recalling | Self::Recalled(_) => true,
            Self::Activity | Self::Free => false,
        }
    }
}
