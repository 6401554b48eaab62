//! What the programs and the service say to each other.

use crate::summary::BellSummary;
use cordboard_app::Destination;
use serde::{Deserialize, Serialize};

/// A program asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Call these.
    Start { to: Vec<Destination>, how: How, group: Option<String> },
    /// I am in the mix: the group may hear it.
    Speaking,
    /// The page is over.
    Stop,
    /// A phone has answered: how does it take part?
    Here { page: u64 },
    /// A phone is gone.
    Gone { page: u64 },
    /// What bells are there?
    Bells,
    /// Ring this one now.
    Ring { bell: String },
}

/// How they are paged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct How {
    pub(crate) duplex: bool,
    pub(crate) emergency: bool,
    pub(crate) beep: bool,
}

/// The service answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// To `Start`: its mix.
    Started { mix: String },
    /// To `Start`: too many pages.
    Full,
    /// To `Start`: there is no such group.
    NoGroup,
    /// To `Here`.
    Join { mix: String, how: How },
    /// To `Here`: it is over already.
    Over,
    /// To `Stop`: how many have answered.
    Answered(u32),
    /// To `Bells`.
    Bells(Vec<BellSummary>),
    /// To `Ring`: at how many of its phones.
    Rings { phones: usize, of: usize },
    /// To `Ring`: there is no such bell.
    NoBell,
    /// To all others.
    Done,
}

/// The service tells a program something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) page: Word,
}

/// What.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Word {
    /// To a phone: the page is over. To the pager: nobody is there any more.
    Over,
}
