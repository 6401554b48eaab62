//! A virtual world around the exchange: virtual time, links with seeded faults, NAT boxes, scripted phones that speak a
//! tone each and really decode what they hear, a store in memory, and a ladder of all SIP that is shown when a test fails.
//!
//! ```text
//!  Handset ──command──▶ Phone + Engine ──datagrams──▶ Network (loss, delay, NAT) ──▶ Exchange + Engine ──▶ Store
//!      ▲                      │ ear: what was decoded                                     │
//!      └── hears, expects ────┘                    one queue in order of time ◀───────────┘
//! ```
//! The exchange in it is the one that the server runs. A run is repeated by its seed.
#![forbid(unsafe_code)]
#![allow(clippy::panic, reason = "what is asserted of a world fails the test that asserts it")]

mod ear;
mod gateway;
mod handset;
mod ladder;
mod links;
mod media_side;
mod nat;
mod office;
mod orders;
mod peer;
mod phone_node;
mod provider;
mod raw;
mod raw_media;
mod rehearsal;
mod run;
mod sounds;
pub mod stage;
mod store;
mod streams;
mod web;
mod world;

pub use gateway::{Seat, seat_address};
pub use handset::{Ended, Handset, PhoneSpec};
pub use ladder::{Sent, TraceLine};
pub use links::Link;
pub use office::{DOMAIN, OFFICE, Plan, Scripts, mailboxes};
pub use orders::{Order, Ordered};
pub use peer::Peer;
pub use provider::Provider;
pub use raw::{Raw, RawCall};
pub use sounds::Sound;
pub use store::Store;
pub use streams::StreamLink;
pub use web::Web;
pub use world::World;
