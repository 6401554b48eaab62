//! Whole calls in virtual time: a file per behaviour, a test per sentence. What callers hear is what is asserted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "tests may"
)]

mod basic_call;
mod registration;
