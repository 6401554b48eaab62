//! What an endpoint is made with.

use crate::transaction::Timing;
use cordboard_base::{Networks, SourceKey, Transport};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// The ports on which we listen, as `Via` and `Contact` name them. A transport without one is not used for requests of ours
/// unless a hop asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// UDP.
    pub udp: Option<u16>,
    /// TCP. Without it, large requests stay on UDP.
    pub tcp: Option<u16>,
    /// TLS.
    pub tls: Option<u16>,
}

impl Default for Ports {
    fn default() -> Self {
        Self { udp: Some(5060), tcp: Some(5060), tls: Some(5061) }
    }
}

impl Ports {
    /// The port that peers on `transport` are shown.
    pub fn of(self, transport: Transport) -> u16 {
        let port = match transport {
            Transport::Udp => self.udp,
            Transport::Tcp => self.tcp,
            Transport::Tls => self.tls,
        };
        port.unwrap_or(transport.default_port())
    }
}

/// How much is held at a time. What comes past a limit is refused with 503 and Retry-After, and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Server transactions that requests outside of dialogs may fill; requests within dialogs (a BYE) may fill twice as many,
    /// so that a full house can still be left.
    pub transactions: usize,
    /// Sessions, both directions; new ones are refused beyond.
    pub sessions: usize,
    /// What Retry-After says, in seconds.
    pub retry_after_secs: u32,
}

impl Default for Limits {
    /// 20,000 transactions are 32 s of 600 requests a second; 4,000 sessions are 2,000 calls of two legs.
    fn default() -> Self {
        Self { transactions: 20_000, sessions: 4_000, retry_after_secs: 10 }
    }
}

/// What an endpoint is made with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// Keys the tags, branches and waits.
    pub key: SourceKey,
    /// This core's stream of that key.
    pub stream: u32,
    /// Which of our addresses a peer is shown.
    pub networks: Networks,
    /// Where we listen.
    pub ports: Ports,
    /// `User-Agent` and `Server`; empty leaves them out.
    pub user_agent: String,
    /// T1, T2 and T4.
    pub timing: Timing,
    /// Table sizes.
    pub limits: Limits,
    /// The session interval that is asked for on incoming legs whose peer supports timers but names none (RFC 4028).
    pub session_expires: Option<Duration>,
}

impl Config {
    /// The defaults of an office, keyed with `key`.
    pub fn new(key: SourceKey, stream: u32, networks: Networks) -> Self {
        Self {
            key,
            stream,
            networks,
            ports: Ports::default(),
            user_agent: concat!("Cordboard/", env!("CARGO_PKG_VERSION")).to_owned(),
            timing: Timing::default(),
            limits: Limits::default(),
            session_expires: Some(Duration::from_secs(1_800)),
        }
    }
}
