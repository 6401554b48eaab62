//! The command line's way into a running exchange: a Unix socket in the data directory, for its owner alone, one JSON value a line.
//!
//! ```text
//!  cordboard calls ──Request──▶ client's thread ──(id, Request)──▶ shard
//!                  ◀─Response──                 ◀──answer(id, …)──
//! ```
//! A request has one response, or several [`Response::Line`]s and then one. The shard answers when it likes; nobody waits for it
//! but the client. Who follows calls is handed on to the thread of journeys, which answers from then on.

mod client;
mod server;
#[cfg(test)]
mod tests;

pub use client::{Client, ClientError};
pub use server::{AdminError, Server};

use cordboard_app::Value;
use cordboard_base::CallId;
use cordboard_exchange::AdminReply;
use cordboard_journey::Entry;
use serde::{Deserialize, Serialize};

/// What the command line asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Users and their phones.
    Phones,
    /// Live calls.
    Calls,
    /// Trunks, and how they are.
    Trunks,
    /// Mailboxes, and how many messages they have.
    Mailboxes,
    /// What has been counted since the start.
    Stats,
    /// Ends a call.
    Hangup {
        /// Which.
        call: CallId,
    },
    /// A question to a service, in its own terms.
    Service {
        /// Its kind: `queue`.
        kind: String,
        /// What.
        request: Value,
    },
    /// The dialplan's table of routes, or why a number takes the route that it takes.
    Routes {
        /// The number.
        why: Option<String>,
        /// Who dials it.
        from: Option<String>,
    },
    /// The latest lines of the log.
    Log {
        /// Whether further ones follow, until the client goes.
        follow: bool,
        /// How many of the past.
        lines: u32,
    },
    /// Reads configuration and dialplan again; all or nothing.
    Reload {
        /// What was there before comes back after so many seconds, unless somebody confirms.
        confirm_s: Option<u32>,
    },
    /// Keeps what a reload with `confirm_s` has taken, or has what was there before come back at once.
    Confirm {
        /// Whether it is kept.
        keep: bool,
    },
    /// Which dialplan runs.
    Dialplan,
    /// What befalls calls from now on, as it happens, until the client goes.
    Follow {
        /// Only calls of this number, user or trunk.
        number: Option<String>,
    },
    /// Writes what has befallen calls until now; answers when it is in its file.
    WriteJourneys,
    /// Reads and checks them, changes nothing.
    Check,
    /// Of the running exchange.
    Version,
    /// Drains and ends.
    Stop {
        /// How long running calls may go on, in ms.
        grace_ms: u32,
    },
}

/// The dialplan that calls get now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningDialplan {
    /// SHA-256 over it, in hex.
    pub hash: String,
    /// Seconds that are left to confirm it, where it has to be.
    pub unconfirmed_s: Option<u64>,
    /// Why what was there before did not come back, where it should have.
    #[serde(default)]
    pub refused: Option<String>,
}

/// What it is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// The exchange's own answer.
    Exchange(AdminReply),
    /// A line of the log; more follows.
    Line(String),
    /// What has befallen calls; more follows. May be empty: then nothing has for some time.
    Entries(Vec<Entry>),
    /// So many entries were left out here, because the client did not read in time; more follows.
    Missed(u64),
    /// To `Dialplan`.
    Dialplan(RunningDialplan),
    /// Text, for `Routes`, `Check` and `Version`.
    Text(String),
    /// Done, or no more lines.
    Done,
    /// It could not be done, and why.
    Failed(String),
}

impl Response {
    /// Whether the request is answered by it.
    pub fn is_last(&self) -> bool {
        match self {
            Self::Line(_) | Self::Entries(_) | Self::Missed(_) => false,
            Self::Exchange(_) | Self::Dialplan(_) | Self::Text(_) | Self::Done | Self::Failed(_) => true,
        }
    }
}
