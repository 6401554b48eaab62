//! What programs and the service say to each other.

use crate::KIND;
use cordboard_app::{Query, Reply, Step, Value};
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

pub(crate) fn ask(request: &Request) -> Step {
    Step::Ask(Query::Service { kind: KIND.to_owned(), request: Value::of(request) })
}

pub(crate) fn answered(reply: &Reply) -> Answer {
    let answer = if let Reply::Value(value) = reply { value.to() } else { None };
    answer.unwrap_or(Answer::Failed)
}
