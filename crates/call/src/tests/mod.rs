//! Calls with phones, media and programs that are made up. Descriptions are real: every phone negotiates.
#![allow(clippy::wildcard_enum_match_arm, reason = "a test looks for one variant among many")]
#![allow(clippy::needless_borrowed_reference, reason = "closures need the lifetime spelled out")]

mod awaiting;
mod basics;
mod bench;
mod chaos;
mod dialing;
mod holding;
mod identities;
mod inner;
mod limits;
mod messages;
mod mixes;
mod originating;
mod outside;
mod panics;
mod programs;
mod screens;
mod transfers;
mod typing;
