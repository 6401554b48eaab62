//! Dictation: `ch.dictate()` is a dictation machine, `ch.dictation_send()` mails what was spoken.
//!
//! ```text
//!  Machine ─Open, Draft, Append, Erase─▶ Dictations ─▶ rows, files to delete
//!  Sender  ─Send───────────────────────▶            └▶ mails (kind `dictation`)
//! ```
//! A dictation is a number that its owner has chosen, and files that are never changed: each time that recording goes on there is one
//! more. What was being spoken when the process died is part of it afterwards.
#![forbid(unsafe_code)]

mod machine;
mod manual;
mod sender;
mod service;
mod talk;
#[cfg(test)]
mod tests;

pub use machine::Dictate;
pub use sender::DictationSend;
pub use service::Dictations;
pub use talk::{Author, Settings};

use cordboard_app::Application;
use std::rc::Rc;

/// What the service is called, and the mails that it orders.
pub const KIND: &str = "dictation";

/// Both verbs.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(Dictate), Rc::new(DictationSend)]
}
