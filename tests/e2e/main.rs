//! The real binary on loopback, with no peers but the project's own: plain `cargo test` runs these.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::indexing_slicing,
    reason = "tests may"
)]

#[path = "../harness/mod.rs"]
#[allow(dead_code, reason = "shared with the interop tests, which use other parts of it")]
mod harness;

mod calls;
mod codecs;
mod deposits;
mod durability;
mod hostile;
mod ipv6;
mod journey;
mod load;
mod most_used;
mod multicast;
mod music;
mod newcomer;
mod queue_load;
mod recording;
mod reload;
mod restart;
mod softphone;
mod stopping;
mod untouched;
mod voicemail;
mod web;
