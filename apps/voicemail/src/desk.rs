//! The way from a program to the mailboxes and back.

use crate::request::{Answer, KIND, Request};
use cordboard_app::{PlayList, ReadDigits, Reply, Step};
use cordboard_media::Audio;

/// For the first key after a menu, in ms: what Asterisk's users know.
pub(crate) const KEY_MS: u32 = 6_000;
/// Between two digits of a number, in ms.
pub(crate) const DIGIT_MS: u32 = 4_000;
/// Digits of a number of a box, of a PIN, of a number to call.
pub(crate) const NUMBER_MAX: u16 = 32;
/// A menu is said so often to somebody who does nothing, and so often something is asked again.
pub(crate) const TRIES: u8 = 3;
/// Every key.
pub(crate) const KEYS: &str = "0123456789*#";

pub(crate) fn ask(request: &Request) -> Step {
    Step::asks(KIND, request)
}

/// What they answered; a question that failed is a failure.
pub(crate) fn answered(reply: &Reply) -> Answer {
    match reply {
        Reply::Value(value) => value.to().unwrap_or(Answer::Failed),
        Reply::Start
        | Reply::Ok
        | Reply::Played(..)
        | Reply::Digits { .. }
        | Reply::Dialed(_)
        | Reply::Happened(_)
        | Reply::Taken { .. }
        | Reply::Failed(_)
        | Reply::HungUp(_) => Answer::Failed,
    }
}

pub(crate) fn play(items: Vec<Audio>, interrupt: &str) -> Step {
    Step::Play(PlayList { items, interrupt: interrupt.to_owned() })
}

/// One key.
pub(crate) fn key(prompt: Vec<Audio>) -> Step {
    let (max, end) = (1, String::new());
    Step::Read(ReadDigits { prompt, max, timeout_ms: KEY_MS, digit_timeout_ms: KEY_MS, end, secret: false })
}

/// A number, ended by `#`; `*` ends it too.
pub(crate) fn digits(prompt: Vec<Audio>) -> Step {
    let (max, end) = (NUMBER_MAX, "#*".to_owned());
    Step::Read(ReadDigits { prompt, max, timeout_ms: KEY_MS, digit_timeout_ms: DIGIT_MS, end, secret: false })
}
