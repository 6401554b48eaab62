//! Completion of calls to busy subscribers and on no reply (CCBS, CCNR: ETSI EN 300 359, EN 301 134; RFC 6910): who found a colleague
//! busy, or gone, is called back when both are free. `ch.completion_request(user("102"))`, `ch.completion_cancel()`.
//!
//! ```text
//!  request ─▶ on the disk ─▶ "you will be called when this extension is free"
//!                │ busy: the callee becomes idle; no reply: it is active, and idle again; the caller is idle too
//!                ▼
//!             recall: the caller's phone rings, with the callee's name ──answered──▶ the callee's number is dialled
//!                │ busy after all: goes on waiting        └ busy again: the script requests once more, the old time holds
//!                └ nobody answers, or an hour is over: forgotten
//! ```
//! The callee's number is dialled as the caller's phone would, in its context: forwards, do not disturb and rights hold.
#![forbid(unsafe_code)]

mod manual;
mod recall;
mod request;
mod service;
mod settings;
mod talk;
mod wanted;

#[cfg(test)]
mod tests;

use cordboard_app::Application;
use std::rc::Rc;

pub use recall::CompletionRecall;
pub use request::{CompletionCancel, CompletionRequest};
pub use service::Completions;
pub use settings::Settings;

/// What the service is called.
pub const KIND: &str = "completion";

/// The variable by which a script knows that a call is a recall.
pub const RECALL: &str = "completion";

/// All verbs.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(CompletionRequest), Rc::new(CompletionCancel), Rc::new(CompletionRecall)]
}
