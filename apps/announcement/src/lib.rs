//! The office's announcements: `ch.announcement("1")` has a prompt of the office's spoken anew from a phone, heard, accepted, or put back to
//! what Cordboard or the office's own sounds have. Whoever plays the prompt by its name plays what was recorded, from then on.
//!
//! ```text
//!  Program ─Open (right, PIN)─▶ Announcements ─▶ Prompt: what is played by that name, for the exchange
//!     └─ Recorder ─Draft, Save─▶ Commit ─Written─▶ "saved"        Reset ─▶ Commit ─Written─▶ the original again
//! ```
//! A recording is a file that is never changed; the row that names it is on the disk before anybody hears that it is saved.
#![forbid(unsafe_code)]

mod manual;
mod program;
mod service;
mod settings;
mod talk;
#[cfg(test)]
mod tests;

pub use program::Announcement;
pub use service::Announcements;
pub use settings::{PromptName, Settings};

use cordboard_app::Application;
use std::rc::Rc;

/// What the service is called.
pub const KIND: &str = "announcement";

/// Its verb.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(Announcement)]
}
