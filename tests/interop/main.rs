//! The real binary with real peers: SIPp and baresip, and with players of what it records. `cargo xtask test` runs these in a stage of their own; a test belongs to
//! the peer in whose module it stands.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    clippy::indexing_slicing,
    reason = "tests may"
)]

#[path = "../harness/mod.rs"]
#[allow(dead_code, reason = "shared with the end-to-end tests, which use other parts of it")]
mod harness;

mod aiosmtpd;
mod baresip;
mod ffmpeg;
mod opusinfo;
mod sipp;
mod tshark;
