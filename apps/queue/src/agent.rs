//! Agents: who takes calls, for all queues together. Whoever is rung or talks for one queue is not free for another.

use crate::caller::CallerId;
use cordboard_app::Destination;
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

/// What its telephone does, as far as we know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Device {
    /// Nobody has told us yet.
    #[default]
    Unknown,
    Idle,
    Ringing,
    Busy,
    Hold,
    /// It can't be reached.
    Offline,
    /// There is no such user or trunk.
    Invalid,
}

impl Device {
    pub(crate) fn of(state: &str) -> Self {
        match state {
            "idle" => Self::Idle,
            "ringing" => Self::Ringing,
            "busy" => Self::Busy,
            "hold" => Self::Hold,
            "offline" => Self::Offline,
            _ => Self::Invalid,
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Idle => "idle",
            Self::Ringing => "ringing",
            Self::Busy => "busy",
            Self::Hold => "hold",
            Self::Offline => "offline",
            Self::Invalid => "invalid",
        }
    }
}

/// What it does for a queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Work {
    #[default]
    Free,
    /// Reserved for this caller, and rung.
    Rung(CallerId),
    /// Talks with it.
    Talking(CallerId),
}

/// An agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agent {
    /// What its telephone does, or that of whom it is to be known by.
    pub(crate) device: Device,
    /// By whom, if not by itself.
    #[serde(default)]
    pub(crate) state_of: Option<String>,
    pub(crate) work: Work,
    /// Time for the work after a call is over then.
    pub(crate) wrapped_up: Time,
    /// Since when it has had nothing to do, on the telephone at least.
    pub(crate) idle_since: Time,
}

impl Agent {
    /// Whether it can be rung now.
    pub(crate) fn is_available(&self, now: Time, who: &Destination, ring_in_use: bool) -> bool {
        self.work == Work::Free && self.wrapped_up <= now && self.is_reachable(who, ring_in_use)
    }

    /// Whether it is at work: it could take a call now or later.
    pub(crate) fn is_there(&self) -> bool {
        !matches!(self.device, Device::Offline | Device::Invalid | Device::Unknown)
    }

    /// Whose state tells whether it is free.
    pub(crate) fn watched(&self, who: &Destination) -> Destination {
        self.state_of.clone().map_or_else(|| who.clone(), Destination::User)
    }

    fn is_reachable(&self, who: &Destination, ring_in_use: bool) -> bool {
        match (self.watched(who), self.device) {
            (_, Device::Invalid) => false,
            // What is told of a trunk is the trunk's state, not that of the one behind it; of an extension nothing is known.
            (Destination::Trunk { .. } | Destination::Extension { .. }, _)
            | (Destination::User(_), Device::Idle) => true,
            (Destination::User(_), Device::Ringing | Device::Busy | Device::Hold) => ring_in_use,
            (Destination::User(_), Device::Offline | Device::Unknown) => false,
        }
    }
}
