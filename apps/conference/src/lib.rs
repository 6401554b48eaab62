//! Conferences: `ch.conference("main", #{ … })`. The office-wide part is the [`Rooms`] service, which knows who is in which room and
//! decides; the per-call part is a program that talks to its caller and joins the mix that the room is.
//!
//! ```text
//!  look ──▶ PIN, three tries ──▶ enter ──▶ waits for a marked one ◀──▶ talks, alone with music ◀──▶ in company
//!                                                     └───────────────┬─────────────┘
//!                                              left, kicked, ended, timeout, hung up
//! ```
//! `ch.conference_status()` says in which rooms somebody is.
//!
//! The keys are those of Asterisk's ConfBridge as its sample has them.
#![forbid(unsafe_code)]

mod announce;
mod keys;
mod manual;
mod pins;
mod program;
mod room;
mod service;
mod settings;
mod status;
mod summary;
mod talk;
mod wishes;

#[cfg(test)]
mod tests;

use cordboard_app::Application;
use std::rc::Rc;

pub use program::Conference;
pub use service::Rooms;
pub use settings::{Announce, Pin, RoomName, RoomSettings, Settings};
pub use status::ConferenceStatus;
pub use summary::{ParticipantSummary, RoomSummary, list, listed};

/// What the service is called.
pub const KIND: &str = "conference";

/// All verbs.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(Conference), Rc::new(ConferenceStatus)]
}
