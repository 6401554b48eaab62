//! The INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1).
//!
//! ```text
//!  INVITE ─▶ Proceeding ──2xx──▶ Accepted (L) ─▶ over       the session repeats the 2xx and takes the ACK
//!                └──300–699──▶ Completed (G, H) ──ACK──▶ Confirmed (I) ─▶ over
//! ```

use core::time::Duration;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum ServerInvite {
    /// No final response yet.
    Proceeding,
    /// 2xx sent; repeats of the INVITE are absorbed.
    Accepted,
    /// Refused; the refusal is repeated until the ACK. The next timer G.
    Completed(Duration),
    /// ACKed; repeats of the ACK are absorbed.
    Confirmed,
}

impl ServerInvite {
    /// Timer G: the next wait, doubling to T2.
    pub(crate) fn on_retransmit(&mut self, t2: Duration) -> Option<Duration> {
        match self {
            Self::Completed(interval) => {
                *interval = interval.saturating_mul(2).min(t2);
                Some(*interval)
            }
            Self::Proceeding | Self::Accepted | Self::Confirmed => None,
        }
    }

    /// Whether a repeated INVITE is answered with the last response again.
    pub(crate) fn answers_repeats(self) -> bool {
        matches!(self, Self::Proceeding | Self::Completed(_))
    }
}
