//! Parking: a call waits in a numbered place, with music, until somebody fetches it by that number; if nobody does it comes back to
//! who parked it. `ch.park(…)`, `ch.unpark(slot)`, and `ch.park_or_retrieve(slot)` for keys whose lamp shows a place.
//!
//! ```text
//!  park ──▶ slot ──told to who parked──▶ Held ──fetched──▶ talks with who fetched it
//!                                         │ 45 s
//!                                         └──▶ rings who parked it ──answered──▶ talks with them
//!                                                       └──nobody──▶ `timeout`: the script goes on
//! ```
//! The office-wide part, the [`Lots`] service, says which place a call gets and who may have it; lamps `701` and on show them.
#![forbid(unsafe_code)]

mod manual;
mod may;
mod program;
mod returns;
mod service;
mod settings;
mod summary;
mod talk;

#[cfg(test)]
mod tests;

use cordboard_app::Application;
use std::rc::Rc;

pub use may::Who;
pub use program::{Park, ParkOrRetrieve, Unpark};
pub use returns::ParkedReturns;
pub use service::Lots;
pub use settings::{LotName, LotSettings, Settings};
pub use summary::{SlotSummary, list, listed};

/// What the service is called.
pub const KIND: &str = "parking";

/// The variable by which a program knows that a transfer started it: the user who transferred (or an untrusted number).
pub const TRANSFERRED_BY: &str = "transferred_by";

/// All verbs.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(Park), Rc::new(Unpark), Rc::new(ParkOrRetrieve), Rc::new(ParkedReturns)]
}
