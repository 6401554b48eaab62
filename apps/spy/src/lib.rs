//! Spying: `ch.spy(user("102"), "listen")`. A supervisor hears a talk (listen), speaks to one of the two (whisper) or to both
//! (barge), and changes between the three by a key. Who may is set for each user; every beginning, change and end stands in
//! the log `spy_log` of the data directory.
//!
//! ```text
//! state asked ─▶ Begin: rights ─▶ joins the mix ─▶ Here ─▶ hears, 4 5 6 ──* , hang-up, the talk is over──▶ End
//! ```
//! Both who talk are said into a mix of which the spy is a part; who hears that mix beside it depends on the way.
#![forbid(unsafe_code)]

mod manual;
mod program;
mod service;
mod talk;

#[cfg(test)]
mod tests;

use cordboard_app::Application;
use std::rc::Rc;

pub use program::Spy;
pub use service::Spies;
pub use talk::Settings;

/// What the service is called.
pub const KIND: &str = "spy";

/// All verbs.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(Spy)]
}
