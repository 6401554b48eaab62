//! What the office says of dictations, what programs ask, and what is kept.

use cordboard_app::spoken::Part;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Settings, as the service is told them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// One recording, without a pause, is at most so long, in s.
    pub max_s: u32,
    /// Dictations that a user has at once.
    pub dictations_max: u32,
    /// Who gets every finished dictation, beside who has spoken it.
    pub email: Vec<String>,
    /// Users by name: others don't dictate.
    pub authors: BTreeMap<String, Author>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_s: 3_600, dictations_max: 100, email: Vec::new(), authors: BTreeMap::new() }
    }
}

/// A user.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Author {
    /// As mails say it.
    pub name: String,
    /// The extension.
    pub number: String,
    /// Where its own mails go.
    pub email: Vec<String>,
    /// The language of its mails; empty: the office's.
    pub lang: String,
}

/// What is kept of a dictation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Dictation {
    /// Of length 0: nobody knows, the process died while it was spoken.
    pub(crate) parts: Vec<Part>,
}

/// A request. `number` is digits that the author has typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// What there is of it. → `Opened`, `Full`, `Denied`
    Open { number: String },
    /// A file is about to be recorded. → `Done`, `Full`, `Denied`, `Failed`
    Draft { number: String, file: String },
    /// It was. Without a length nothing was said. → `Done`, `Failed`
    Append { number: String, part: Part },
    /// All of it goes. → `Done`, `Failed`
    Erase { number: String },
    /// It is mailed, by a name that no other mail has. → `Done`, `Nothing`, `NoAddress`, `Failed`
    Send { number: String, id: String },
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    Done,
    Opened {
        parts: Vec<Part>,
        max_ms: u32,
    },
    /// There are too many already, or it has too many parts.
    Full,
    /// The caller is no user of the office's.
    Denied,
    /// There is no such dictation.
    Nothing,
    /// There is nobody to send it to.
    NoAddress,
    Failed,
}
