//! What people speak for an application to keep: messages, greetings, names, announcements. The machine that records such a thing and has
//! it judged, the names of the files, and how a service keeps them.

mod files;
mod recorder;
mod uuid;

pub use files::{DRAFT, Files, keep};
pub use recorder::{Draft, Leave, Progress, Recorder, Wish};
pub use uuid::Uuid;

use crate::{DigitsEnd, Query, Reply, Step, Value};
use serde::{Deserialize, Serialize};

/// Something that was spoken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Within the data directory.
    pub file: String,
    /// How long, in ms.
    pub ms: u64,
}

/// Asks for a number; two of them make a [`Uuid`].
pub fn draw() -> Step {
    Step::Ask(Query::Random { from: i64::MIN, to: i64::MAX })
}

/// The number in a reply.
pub fn number(reply: &Reply) -> i64 {
    if let Reply::Value(Value::Int(number)) = reply { *number } else { 0 }
}

/// The key in a reply.
pub fn pressed(reply: &Reply) -> Option<char> {
    if let Reply::Digits { digits, .. } = reply { digits.chars().next() } else { None }
}

/// A key, as the reply to a question for one.
fn typed(key: char) -> Reply {
    Reply::Digits { digits: key.to_string(), end: DigitsEnd::Full }
}
