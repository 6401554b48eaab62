//! What the program and the service say to each other.

use cordboard_app::{Destination, Overhear};
use serde::{Deserialize, Serialize};

/// Who may: made of the users' settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in users.toml")]
pub struct Settings {
    pub may_spy: Vec<String>,
}

/// The program asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// May I?
    Begin { whom: Destination },
    /// I am in the mix: now, or in another way.
    Here { how: Overhear },
    /// I am gone.
    End,
}

/// The service answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// To `Begin`.
    Allowed { mix: String },
    /// To `Begin`.
    Denied,
    /// To `Begin`: too many.
    Full,
    /// To all others.
    Done,
}

/// The service tells the program something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) spy: Word,
}

/// What.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Word {
    /// The talk is over.
    Over,
}
