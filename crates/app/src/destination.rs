//! Where a call can be sent, and how that went.

use crate::Cause;
use serde::{Deserialize, Serialize};

/// A validated destination: only `user()`, `trunk()` and their like make one, never a spliced string.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Destination {
    /// All registered contacts of one of our users.
    User(String),
    /// A number by a trunk.
    Trunk {
        /// The trunk's name.
        trunk: String,
        /// The number, digits and `+` only.
        number: String,
    },
    /// Whoever the dialplan's route for a number leads to: a user with its forwards, a group, a trunk. The route's program runs in
    /// a call of its own, in nobody's name; whom it dials is rung, and who answers there has answered. What it plays or records
    /// is no answer.
    Extension {
        /// The context, which the configuration or a script names, never a caller.
        context: String,
        /// The number in it.
        number: String,
    },
}

/// How to ring. Stages ring one after the other; the members of a stage ring together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DialOptions {
    /// Who, stage by stage.
    pub stages: Vec<Vec<Destination>>,
    /// For each stage, in ms; the last value serves all further ones. 0 or none: three minutes.
    pub timeout_ms: Vec<u32>,
    /// Of a single leg within a stage, in ms; 0: as long as the stage.
    pub leg_timeout_ms: u32,
    /// Music of this class, as [`crate::Step::Music`] takes it, instead of ringback for the caller, who is answered for it.
    pub music: Option<String>,
    /// Further header fields for the new legs.
    pub headers: Vec<(String, String)>,
    /// The caller identity shown instead of the caller's own.
    pub caller: Option<crate::Identity>,
    /// The longest time of the answered call in ms; 0: no limit but the office's.
    pub limit_ms: u32,
    /// Whether the talk is recorded; `None`: as the rules of caller and callee say.
    #[serde(default)]
    pub record: Option<crate::RecordRule>,
    /// Run on who answers, before the two are connected; it decides whether they are.
    #[serde(default)]
    pub screen: Option<Screen>,
    /// Keys of the caller that end the ringing: the result is [`DialEnd::Key`].
    #[serde(default)]
    pub keys: String,
    /// A word of a service's that ends the ringing: the result is [`DialEnd::NoAnswer`], and the word is there for the next
    /// [`crate::Step::Await`].
    #[serde(default)]
    pub until: Option<crate::Value>,
    /// Options that applications of later floors read (`transfer`, `park`), kept as given.
    pub extra: std::collections::BTreeMap<String, crate::Value>,
}

/// A program for the one who answers, before the caller is connected: an announcement, "press 1 to take the call". The caller goes
/// on hearing what it heard, other phones go on ringing. Its outcome `Bool(true)` or `Unit` connects; anything else, or a hang-up,
/// gives the callee up as if it had declined. Whose screen still asks when another one is connected has its step fail, and may say
/// so before it ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Screen {
    /// The application's name.
    pub app: String,
    /// Its arguments.
    pub args: crate::Value,
}

/// How a dial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DialEnd {
    /// Somebody answered, and the call between them is over.
    Answered,
    /// All were busy or declined.
    Busy,
    /// Nobody answered in time.
    NoAnswer,
    /// Nobody is registered, or no trunk can be used.
    Unavailable,
    /// There is no such destination, or it refused for another reason.
    Failed,
    /// The caller pressed one of [`DialOptions::keys`] before anybody was connected.
    Key(char),
}

/// What `dial` yields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DialResult {
    /// How it ended.
    pub end: DialEnd,
    /// Who answered.
    pub by: Option<Destination>,
    /// Why it ended.
    pub cause: Cause,
    /// Seconds of talk.
    pub secs: u32,
    /// Whether the called side hung up first.
    pub hangup_by_callee: bool,
}
