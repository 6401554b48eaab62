//! Callers, each at a place in the line of a queue.
//!
//! ```text
//!            agents reserved              fetched by the program        connected
//!  Waiting ──────────────────▶ Called ──────────────────▶ Ringing ──────────────────▶ Talking ──▶ gone
//!   ▲  ▲ │                       │                           │
//!   │  │ └─ key ─▶ Away          └──────── nobody answers ───┘
//!   │  └──────────┘                            │
//!   └──────────────────────────────────────────┘            Waiting ── a rule, the time ──▶ Leaving ──▶ gone
//! ```

use crate::request::Status;
use cordboard_app::{Destination, Identity};
use cordboard_base::{CallId, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Names a caller; in the order in which they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct CallerId(pub(crate) u64);

/// What a caller does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    Waiting,
    /// Does something else for a moment, such as leaving a number; keeps its place.
    Away,
    /// These are reserved for it.
    Called(Vec<Destination>),
    /// These ring.
    Ringing {
        whom: Vec<Destination>,
        since: Time,
    },
    Talking(Talk),
    /// It is to be told so.
    Leaving(Status),
}

/// A caller's talk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Talk {
    /// With whom; `None`: with somebody who is none of the queue's, who fetched the call.
    pub(crate) agent: Option<Destination>,
    pub(crate) since: Time,
    /// How long the caller had waited.
    pub(crate) waited_ms: u64,
    pub(crate) agent_is: AgentIs,
}

/// What has become of the agent of a talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AgentIs {
    Talking,
    /// Its telephone is idle again; what became of the talk is still to come.
    Done,
    /// It has left the caller to somebody else, and that has been logged.
    Gone,
}

/// What it has been told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Said {
    /// Its position, and when.
    pub(crate) position: Option<(usize, Time)>,
    /// When the next periodic announcement is due, and which of them it is.
    pub(crate) periodic: Option<(Time, usize)>,
    /// What is said first of all.
    pub(crate) welcomed: bool,
}

/// A caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Caller {
    pub(crate) queue: String,
    /// `None`: it has hung up and is to be called back.
    pub(crate) call: Option<CallId>,
    pub(crate) who: Identity,
    pub(crate) user: Option<String>,
    pub(crate) lang: String,
    pub(crate) priority: i64,
    pub(crate) joined: Time,
    pub(crate) joined_unix_us: i64,
    pub(crate) origin_position: usize,
    pub(crate) timeout: Option<Time>,
    pub(crate) penalties: Penalties,
    pub(crate) stage: Stage,
    /// How often agents were rung for it.
    pub(crate) attempts: u32,
    /// Not before then.
    pub(crate) retry: Time,
    /// Those who were rung in this round, and did not take it.
    pub(crate) tried: BTreeSet<Destination>,
    pub(crate) said: Said,
    /// "Ask me" is under way to its program.
    pub(crate) poked: bool,
    /// Who of those that ring answered and hung up again before it was connected: that is in the log.
    #[serde(default)]
    pub(crate) dumped: BTreeSet<Destination>,
    /// It is not to be offered to be called back.
    #[serde(default)]
    pub(crate) no_callback: bool,
    pub(crate) callback: Option<Callback>,
}

/// Which members may be rung for a caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Penalties {
    pub(crate) min: Option<u32>,
    pub(crate) max: Option<u32>,
}

/// A wish to be called back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Callback {
    pub(crate) to: Destination,
    pub(crate) number: String,
    /// How often the caller was not reached.
    pub(crate) failures: u32,
    /// How often on end an agent has answered and hung up before the caller was called.
    #[serde(default)]
    pub(crate) refusals: u32,
}

impl Caller {
    /// Whether it stands in the line.
    pub(crate) fn is_in_line(&self) -> bool {
        match self.stage {
            Stage::Waiting | Stage::Away | Stage::Called(_) | Stage::Ringing { .. } => true,
            Stage::Talking(_) | Stage::Leaving(_) => false,
        }
    }

    /// How long it has waited.
    pub(crate) fn waited_ms(&self, now: Time) -> u64 {
        ms(now, self.joined)
    }
}

/// Milliseconds from one time to another.
pub(crate) fn ms(now: Time, since: Time) -> u64 {
    u64::try_from(now.since(since).as_millis()).unwrap_or(u64::MAX)
}
