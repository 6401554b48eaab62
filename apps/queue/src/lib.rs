//! Queues: callers wait with music until an agent is free.
//!
//! ```text
//!  caller's program                     service: the one owner of all queues
//!    Join ────────────────────────────▶ a place in the line
//!    Await ◀─────── Tell: "ask me" ──── an agent is free, something is to be said, the time is over
//!    Next ────────────────────────────▶
//!         ◀──── Ring 102, 103 for 15 s ─ these agents are reserved for this caller and nobody else
//!    Dial … Report ───────────────────▶ they are free again, or the talk is over
//! ```
//! The service decides, the program does; what a program is told is never more than "ask me", so nothing that it gets is stale.
//! Agents belong to all queues together: two queues that share one can't both have it.
#![forbid(unsafe_code)]

mod agent;
mod announce;
mod assign;
mod callback;
mod caller;
mod entrance;
mod journal;
mod leaving;
mod line;
mod members;
mod numbers;
mod orders;
mod overview;
mod program;
mod queue;
mod queues;
mod request;
mod rows;
mod service;
mod settings;
mod statistics;
mod strategy;
mod talk;
#[cfg(test)]
mod tests;

pub use program::applications;
pub use queues::{CALLERS_MAX, MEMBERS_MAX};
pub use request::{
    Answer, Attempt, CallBack, Change, Farewell, Join, Listed, Offer, Order, Outcome, Request, Room, Status,
};
pub use service::QueueService;
pub use settings::{
    AutoPause, BlindTransfer, CallbackSettings, Empty, Factor, MemberSettings, PositionWords, QueueSettings,
    Settings, Strategy,
};
