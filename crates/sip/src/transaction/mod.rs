//! Transactions (RFC 3261 §17 with RFC 6026's accepted states): retransmission, absorption, time-outs. They know nothing of
//! dialogs; whoever started a transaction is its owner and gets what comes of it.
//!
//! | Machine | Timers |
//! |---|---|
//! | [`client_invite`] | A retransmits, B gives up, D and M absorb |
//! | [`client_other`] | E retransmits, F gives up, K absorbs |
//! | [`server_invite`] | G retransmits, H gives up on the ACK, I and L absorb |
//! | [`server_other`] | J absorbs |
//!
//! The machines only decide ([`Client`](clients::Client) and [`Server`](servers::Server) act on it).

pub(crate) mod client_invite;
pub(crate) mod client_other;
pub(crate) mod clients;
mod key;
pub(crate) mod server_invite;
pub(crate) mod server_other;
pub(crate) mod servers;

pub(crate) use clients::{ClientEvent, ClientId, ClientTimer, Clients, Owner, What};
pub(crate) use key::{MergeKey, ServerKey};
pub(crate) use servers::{ServerOwner, ServerTimer, Servers};

use core::time::Duration;
use serde::{Deserialize, Serialize};

/// RFC 3261's base times (§17.1.1.1, table 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// The estimated round trip; 500 ms.
    pub t1: Duration,
    /// The longest wait between retransmissions of a non-INVITE request or an INVITE response; 4 s.
    pub t2: Duration,
    /// How long a message may stay in the network; 5 s.
    pub t4: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) }
    }
}

impl Timing {
    /// 64·T1: after it, timers B, F, H, J, L and M give up.
    pub fn give_up(self) -> Duration {
        self.t1.saturating_mul(64)
    }
}
