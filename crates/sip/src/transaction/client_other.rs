//! The non-INVITE client transaction (RFC 3261 §17.1.2).
//!
//! ```text
//!  request ─▶ Trying ──1xx──▶ Proceeding        E: retransmit, T1 doubling to T2 (T2 once Proceeding)
//!               └──200–699──┴──▶ Completed (K) ─▶ over        F: timed out
//! ```

use core::time::Duration;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ClientOther {
    /// No response yet; the next timer E.
    Trying(Duration),
    /// A provisional response came.
    Proceeding,
    /// Answered; repeats are absorbed.
    Completed,
}

impl ClientOther {
    /// Whether the response goes up.
    pub(crate) fn on_response(&mut self, status: u16) -> bool {
        match self {
            Self::Trying(_) | Self::Proceeding => {
                *self = if status < 200 { Self::Proceeding } else { Self::Completed };
                true
            }
            Self::Completed => false,
        }
    }

    /// Timer E: the next wait (§17.1.2.2).
    pub(crate) fn on_retransmit(&mut self, t2: Duration) -> Option<Duration> {
        match self {
            Self::Trying(interval) => {
                *interval = interval.saturating_mul(2).min(t2);
                Some(*interval)
            }
            Self::Proceeding => Some(t2),
            Self::Completed => None,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        !matches!(self, Self::Completed)
    }
}
