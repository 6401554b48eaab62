//! What programs and the service say to each other; and what a program asks of the mailboxes, as far as it is of use here.

use crate::KIND;
use cordboard_app::{Reply, Step};
use serde::{Deserialize, Serialize};

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Somebody who has proven who it is logs in at a phone.
    Sit { phone: String, user: String },
    /// The phone is its own user's again.
    Leave { phone: String },
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// It is so, and on the disk. `moved`: a login at another phone is over by it.
    Done { moved: bool },
    /// Nobody logs in at that phone.
    Refused,
    /// It could not be written.
    Failed,
}

/// The kind of the service that knows PINs.
const MAILBOXES: &str = "voicemail";

/// What is asked of it, in its own terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Prove {
    /// Whether it is the PIN of that box.
    Login { mailbox: Option<String>, pin: Option<String> },
}

/// What it answers; of what is none of these nothing is believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Proof {
    /// It is.
    Opened(Opened),
    /// It is not, or there is no such box.
    Wrong,
    /// Nobody is let in for now.
    Locked,
}

/// A box whose PIN was right.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opened {
    /// The users whose it is.
    pub(crate) owners: Vec<String>,
    /// Whether the PIN is the box's number, and so was never chosen.
    pub(crate) fresh: bool,
}

pub(crate) fn prove(request: &Prove) -> Step {
    Step::asks(MAILBOXES, request)
}

pub(crate) fn ask(request: &Request) -> Step {
    Step::asks(KIND, request)
}

pub(crate) fn answered(reply: &Reply) -> Answer {
    let answer = reply.answer();
    answer.unwrap_or(Answer::Failed)
}
