//! Direct inward system access: who calls from outside and knows a PIN hears a dial tone, and dials as if inside. `ch.disa("main")`.
//!
//! ```text
//!  call ─▶ PIN ──right──▶ dial tone ─▶ digits, a pause ─▶ the number in one context, as that user
//!           │ wrong: a wait that doubles, asked again; after some the call ends
//!           └ too many from one number, or in all: locked, whatever is typed; each attempt stands in `disa_log`
//! ```
//! An open line costs its owner dearly, so it is shut by default: there is none but those of `etc/disa.toml`, and a PIN there that is
//! short or easy to guess is refused before the office starts.
#![forbid(unsafe_code)]

mod guard;
mod manual;
mod pin;
mod program;
mod service;
mod settings;
mod talk;

#[cfg(test)]
mod tests;

use cordboard_app::Application;
use std::rc::Rc;

pub use pin::Pin;
pub use program::Disa;
pub use service::Lines;
pub use settings::{Line, Office, Settings};

/// What the service is called.
pub const KIND: &str = "disa";

/// All verbs.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(Disa)]
}
