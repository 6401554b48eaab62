//! A softphone on the exchange's own cores: it registers, calls, answers, holds, transfers and presses digits.
//!
//! Sans-IO like the others: `cordboard phone` gives it sockets and a sound file, the simulation gives it links and virtual
//! time. Its media is a [`cordboard_media::Engine`] that the owner drives beside it: commands go out by [`Output::Media`],
//! events come in by [`Input::Media`].
#![forbid(unsafe_code)]

mod call;
mod contract;
mod line;
mod phone;
mod registration;

pub use contract::{Command, Happening, Input, Output, PhoneConfig};
pub use phone::Phone;
