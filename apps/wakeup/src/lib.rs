//! Wake-up calls: `ch.wakeup()` is the menu in which they are set, heard and cancelled; at the time the phone is called, again if
//! nobody answers, and who answers hears what time it is.
//!
//! ```text
//!  menu ─Set─▶ on the disk ─▶ "your wake up call is set for …"
//!                 │ the time has come
//!                 ▼
//!              Ringing ──answered──▶ "this is your wake up call", the time ──1──▶ again in ten minutes
//!                 │ nobody                        └─ another key, hang-up ─▶ over, or the next day's
//!                 └─ Retry, some times ─▶ missed: logged
//! ```
//! The office-wide part, the [`Wakeups`] service, owns them all. A time is one of the office's walls: where a clock change leaves it
//! out the call comes as much later, where it happens twice at the first.
#![forbid(unsafe_code)]

mod alarm;
mod manual;
mod menu;
mod ring;
mod service;
mod settings;
mod summary;
mod talk;

#[cfg(test)]
mod tests;

use cordboard_app::Application;
use std::rc::Rc;

pub use alarm::Repeat;
pub use menu::Wakeup;
pub use ring::WakeupCall;
pub use service::Wakeups;
pub use settings::{Office, Settings};
pub use summary::{WakeupSummary, list, listed};

/// What the service is called.
pub const KIND: &str = "wakeup";

/// All verbs.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(Wakeup), Rc::new(WakeupCall)]
}
