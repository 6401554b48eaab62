//! The INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2).
//!
//! ```text
//!            ┌─A─┐ 1xx              ┌─1xx─┐
//!  INVITE ─▶ Calling ─────────────▶ Proceeding
//!              │ B: timed out          │
//!              ├──2xx──────────────────┼──▶ Accepted  (M) ─▶ over       every 2xx goes up
//!              └──300–699, ACK sent────┴──▶ Completed (D) ─▶ over       repeats are ACKed again
//! ```

use bytes::Bytes;
use core::time::Duration;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum ClientInvite {
    /// No response yet; the next timer A.
    Calling(Duration),
    /// A provisional response came.
    Proceeding,
    /// A 2xx came; further ones (retransmitted or forked) go up too.
    Accepted,
    /// Refused; this ACK answers repeats.
    Completed(Bytes),
}

/// What a response makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnResponse {
    /// Goes up.
    Provisional,
    /// Goes up; the transaction is in its accepted state from now on.
    FirstSuccess,
    /// Goes up.
    FurtherSuccess,
    /// To be ACKed here, then goes up.
    Refusal,
    /// The ACK has to be sent again.
    RepeatAck,
    /// Out of place.
    Stray,
}

impl ClientInvite {
    pub(crate) fn on_response(&mut self, status: u16) -> OnResponse {
        match self {
            Self::Calling(_) | Self::Proceeding => {
                if status < 200 {
                    *self = Self::Proceeding;
                    OnResponse::Provisional
                } else if status < 300 {
                    *self = Self::Accepted;
                    OnResponse::FirstSuccess
                } else {
                    OnResponse::Refusal
                }
            }
            Self::Accepted if (200..300).contains(&status) => OnResponse::FurtherSuccess,
            Self::Completed(_) if status >= 300 => OnResponse::RepeatAck,
            Self::Accepted | Self::Completed(_) => OnResponse::Stray,
        }
    }

    /// Timer A: the next wait, doubled without bound (§17.1.1.2); `None` when there is nothing to retransmit any more.
    pub(crate) fn on_retransmit(&mut self) -> Option<Duration> {
        match self {
            Self::Calling(interval) => {
                *interval = interval.saturating_mul(2);
                Some(*interval)
            }
            Self::Proceeding | Self::Accepted | Self::Completed(_) => None,
        }
    }

    /// Whether a final response has still to come.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Calling(_) | Self::Proceeding)
    }
}
