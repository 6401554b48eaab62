//! The directory by name: `ch.directory(#{ by: "both" })`. Who calls types the first letters of somebody's name on the keypad, hears
//! who that may be, as they say their names themselves where they have recorded them, and chooses.
//!
//! ```text
//!  Finder ──Find{digits}──▶ Directory (users of the office) ──▶ who fits
//!         ──Names─────────▶ the mailboxes (kind `voicemail`) ─▶ recorded names
//! ```
#![forbid(unsafe_code)]

mod keypad;
mod manual;
mod program;
mod service;
#[cfg(test)]
mod tests;

pub use program::DirectoryVerb;
pub use service::{Directory, Entry, Settings};

use cordboard_app::Application;
use std::rc::Rc;

/// What the service is called.
pub const KIND: &str = "directory";

/// All verbs.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(DirectoryVerb)]
}
