//! What a prediction is made of.

use crate::outcome::Source;
use serde::Serialize;

/// Something that would happen, in the order of time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Since the caller has dialled, in ms.
    pub at_ms: u64,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What would happen.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// The call takes a route of the dialplan.
    Route {
        /// The context that it stands in.
        context: String,
        /// Its pattern.
        pattern: String,
        /// The number that took it.
        number: String,
        /// Where it was written.
        place: Source,
    },
    /// A step of a script's.
    Step {
        /// Where the verb stands.
        place: Source,
        /// What it does, and what a question is answered.
        does: String,
    },
    /// The caller is answered: it pays from here on.
    Answered,
    /// Something is played to the caller.
    Hears {
        /// What, in order, as far as it is heard.
        heard: Vec<Heard>,
        /// How long, in ms; `None`: until the end of the call.
        ms: Option<u64>,
    },
    /// A phone rings.
    Rings {
        /// Whose: a user, or a number outside and its trunk.
        who: String,
        /// How long, in ms.
        ms: u64,
        /// What ends it.
        then: Rung,
    },
    /// Somebody is called, and does not ring.
    Unreached {
        /// Who.
        who: String,
        /// Why not.
        why: String,
    },
    /// Caller and callee talk.
    Talks {
        /// With whom.
        with: String,
        /// How long, in ms.
        ms: u64,
    },
    /// The caller presses keys.
    Presses {
        /// Which.
        keys: String,
    },
    /// A message of the caller's is taken.
    Message {
        /// How long it speaks, in ms.
        ms: u64,
    },
    /// The caller is in a room with others.
    Joins {
        /// Which: `conference/main`.
        mix: String,
    },
    /// It is an emergency number: it goes out by any trunk, whatever the dialplan says.
    Emergency {
        /// Which.
        number: String,
    },
    /// A script fails.
    ScriptError {
        /// Where and why.
        message: String,
    },
    /// The caller hangs up.
    GivesUp {
        /// Why.
        why: String,
    },
}

/// One thing that is heard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Heard {
    /// A prompt's name, or music, a tone, a message.
    pub name: String,
    /// The prompt's words, where the manifest of the sounds has them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// Whether it is heard to its end.
    pub whole: bool,
}

/// What ends the ringing of a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// It is answered.
    Answered,
    /// It is refused: busy, declined.
    Refused,
    /// Nobody has answered, or another one has.
    Ends,
}

/// How the call ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct End {
    /// When, in ms since the caller has dialled.
    pub at_ms: u64,
    /// How the record has it: `answered`, `busy`, `no-answer`, `failed`, `cancelled`.
    pub disposition: &'static str,
    /// Why it ends: `normal`, `busy`, `unallocated` …
    pub cause: String,
    /// Who hangs up: `caller`, `callee`, `system`.
    pub by: String,
}
