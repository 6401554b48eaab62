//! Hot desks: who logs in at a phone, by the number and the PIN of the own mailbox, takes that phone over: its calls are that one's, and
//! that one's calls ring there. `ch.hotdesk_login()`, `ch.hotdesk_logout()`.
//!
//! ```text
//!  *11 ─▶ number ─▶ PIN ─▶ voicemail: Opened, for an owner ─▶ hotdesk: Sit ─▶ on the disk ─▶ "you are logged in at this phone"
//!            wrong: three tries, then the mailbox's own lock       └─▶ the exchange: that phone is whose from now on
//!  *12, another login at the phone, a login elsewhere, the time of `logout_at` ─▶ the phone is its own user's again
//! ```
//! A PIN that is the mailbox's own number proves nothing: nobody logs in with it.
#![forbid(unsafe_code)]

mod login;
mod logout;
mod manual;
mod service;
mod settings;
mod talk;

#[cfg(test)]
mod tests;

use cordboard_app::Application;
use std::rc::Rc;

pub use login::Login;
pub use logout::Logout;
pub use service::Desks;
pub use settings::{Office, Settings};

/// What the service is called.
pub const KIND: &str = "hotdesk";

/// Both verbs.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(Login), Rc::new(Logout)]
}
