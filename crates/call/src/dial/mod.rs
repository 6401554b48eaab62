//! Ring plans: who rings when, what the caller hears meanwhile, who wins, and how it ended.
//!
//! ```text
//! stage ──Reach──▶ Reached ──▶ legs ring ──┬── one answers ──▶ bridge; the others are ended
//!   ▲                                      ├── all gave up ──▶ next stage, or the outcome
//!   └────────── stage's time is over ──────┘
//! ```
//! A key of the caller's may end it: see `key.rs`. With a screen, who answers is asked first: see `screen.rs`.

mod key;
mod outcome;
mod plan;
mod ring;
mod screen;

pub(crate) use outcome::Response;
#[cfg(test)]
pub(crate) use {plan::MEMBERS_MAX, plan::STAGES_MAX, ring::FOLLOWED_MAX, screen::SCREEN_TIME};

use crate::QueryId;
use cordboard_app::{Destination, DialOptions};
use cordboard_base::LegId;
use serde::{Deserialize, Serialize};

/// A dial that has not been answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Dial {
    pub(crate) options: DialOptions,
    pub(crate) stage: usize,
    /// Destinations of this stage that are being looked up.
    pub(crate) reaching: Vec<(QueryId, Destination)>,
    /// Legs of this stage.
    pub(crate) ringing: Vec<LegId>,
    /// Legs that have answered, and whose screens decide.
    #[serde(default)]
    pub(crate) screening: Vec<LegId>,
    /// How every leg and destination of all stages ended.
    pub(crate) responses: Vec<Response>,
    /// What the caller hears of the ringing.
    pub(crate) alert: Alert,
    /// Users that a phone's 302 led to, so that a loop of diversions ends.
    pub(crate) followed: Vec<Destination>,
}

/// What the caller hears while it rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Alert {
    /// Nothing yet.
    Silent,
    /// 180, or ringback if it is answered.
    Ringing,
    /// The only callee's early media.
    Early(LegId),
    /// Music.
    Music,
}
