//! Calls with phones, media and programs that are made up. Descriptions are real: every phone negotiates.

mod basics;
mod bench;
