//! Calls with phones, media and programs that are made up. Descriptions are real: every phone negotiates.

mod basics;
mod bench;
mod chaos;
mod dialing;
mod holding;
mod identities;
mod limits;
mod panics;
mod programs;
mod transfers;
