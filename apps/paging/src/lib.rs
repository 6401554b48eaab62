//! Paging: `ch.page([user("102"), …], #{ … })`. The phones answer by themselves and say what the caller says; `duplex` makes an
//! intercom of it. Whom to call and who is there is the [`Pages`] service's; two programs speak to it.
//!
//! ```text
//!  pager:  states asked ─▶ Start ─▶ joins the mix, speaks ──#, time, hang-up──▶ Stop
//!  paged:  answers by itself ─▶ beep ─▶ joins the mix, hears ──told Over──▶ hangs up
//! ```
#![forbid(unsafe_code)]

mod bell;
mod bells;
mod manual;
mod paged;
mod pager;
mod service;
mod settings;
mod summary;
mod talk;

#[cfg(test)]
mod tests;

use cordboard_app::Application;
use std::rc::Rc;

pub use bell::{Bell, Times};
pub use paged::Paged;
pub use pager::Page;
pub use service::Pages;
pub use settings::{Group, GroupCodec, HeaderLine, Office, Settings};
pub use summary::{BellSummary, ByHand, list, listed, ring, rung};

/// What the service is called.
pub const KIND: &str = "page";

/// All verbs.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(Page), Rc::new(Paged)]
}
