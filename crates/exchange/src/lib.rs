//! The exchange: every core composed into one machine. The shell drives it with sockets and a clock, the simulation with
//! links and virtual time; both run this very code, so what a test hears is what a caller hears.
//!
//! ```text
//!             ┌──────────────────────── Exchange ────────────────────────┐
//!  Message ──▶│ endpoint ─▶ gate ─▶ calls ◀─▶ programs (dialplan, apps)   │──▶ Transmit
//!  Media   ──▶│    │                  │                                   │──▶ Media
//!  Stored  ──▶│    ├─▶ registrar      └─▶ lamps ─▶ subscriptions          │──▶ Store
//!  Resolved──▶│    └─▶ trunks                                             │──▶ Resolve
//!             └───────────────────────────────────────────────────────────┘
//! ```
//! It routes between the cores and answers the questions of programs; it holds no protocol of its own.
#![forbid(unsafe_code)]

mod configure;
mod contract;
mod counters;
mod desks;
mod drain;
mod emergency;
mod exchange;
mod facts;
mod gate;
mod groups;
mod hours;
mod journey;
mod lamps;
mod log;
mod mailboxes;
mod originate;
mod prompts;
mod question;
mod reach;
mod recordings;
mod request;
mod requests;
mod restore;
mod services;
mod setup;
mod snapshot;
mod soft_keys;
mod store;
#[cfg(test)]
mod tests;
mod trunks;
mod unsolicited;
mod watch;

pub use contract::{AdminReply, AdminRequest, Input, LogLine, Output, PhoneSummary, ResolveId, TrunkSummary};
pub use exchange::Exchange;
pub use hours::{Opening, opening};
pub use journey::JourneySetup;
pub use log::redacted;
pub use setup::{EmergencySetup, Hours, HoursRule, Limits, Listeners, Mwi, Setup, TrunkSetup, UserSetup};
pub use snapshot::ExchangeState;
pub use store::{StoreCommand, StoreReply, StoreRow};
