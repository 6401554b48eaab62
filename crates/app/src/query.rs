//! What programs ask of the office, and what they tell it.

use crate::{Destination, Identity, Privacy, Value};
use serde::{Deserialize, Serialize};

/// A question whose answer others or the clock can change. Answered by a [`Value`] of the shape given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Query {
    /// The wall clock: `Int`, microseconds since the Unix epoch.
    Now,
    /// The office's time zone, IANA: `Text`.
    TimeZone,
    /// A moment, in microseconds since the Unix epoch, as clocks on the office's walls show it: [`Value::of`] a
    /// [`crate::say::WallTime`].
    WallTime(i64),
    /// The same, by the clocks of another time zone, IANA; of one that nobody knows by the office's.
    WallTimeIn {
        /// When, in microseconds since the Unix epoch.
        unix_us: i64,
        /// The zone.
        zone: String,
    },
    /// `Int` in `from..=to`.
    Random {
        /// The least.
        from: i64,
        /// The greatest.
        to: i64,
    },
    /// A header field of the caller's INVITE: `Untrusted` or `Unit`.
    Header(String),
    /// A call variable: its value or `Unit`.
    Var(String),
    /// The call record so far: `Map` {disposition, billsec, duration, answered, cause, tags}.
    Record,
    /// A destination's state: `Text` `idle|ringing|busy|hold|offline|unknown`.
    State(Destination),
    /// The users of a group, such as may pick up each other's calls; `None`: those that share one with the caller, and the caller
    /// itself is not among them. `List` of `Text`.
    Group(Option<String>),
    /// Whether there is such a user (`Bool`).
    UserExists(String),
    /// How a user is shown: [`Value::of`] an [`Identity`]; `Unit` if there is no such user.
    Identity(String),
    /// Whether there is such a trunk (`Bool`).
    TrunkExists(String),
    /// Whether a number has a route of its own in a context (`Bool`).
    HasRoute {
        /// The context.
        context: String,
        /// The number.
        number: String,
    },
    /// Opening hours by name: `Map` {open: Bool, next: Int unix s or Unit}; `Unit` if there are none of that name.
    Hours(String),
    /// The name of a public holiday on a date `YYYY-MM-DD` (office's calendar): `Text` or `Unit`.
    Holiday(String),
    /// Stored value: its value or `Unit`.
    DbRead {
        /// Family.
        family: String,
        /// Key.
        key: String,
    },
    /// Stores a value: `Unit`.
    DbWrite {
        /// Family.
        family: String,
        /// Key.
        key: String,
        /// `Unit` deletes.
        value: Value,
    },
    /// The keys of a family: `List` of `Text`, sorted.
    DbList {
        /// Family.
        family: String,
    },
    /// Counts this call in a group if fewer than `most` are in it: `Bool`. The call leaves it when it ends.
    Limit {
        /// The group.
        group: String,
        /// How many at most.
        most: u32,
    },
    /// A request to a service, in its own terms: what it answers.
    Service {
        /// Which: `queue`.
        kind: String,
        /// What.
        request: Value,
    },
    /// A request over HTTP: what [`crate::HttpReply::value`] says.
    Http(Box<crate::HttpRequest>),
    /// A mailbox's counts: `Map` {new_count, old_count, urgent_count}; `Unit` if there is none.
    Mailbox(String),
}

/// Something told; order is kept, nothing is waited for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Note {
    /// A log line.
    Log {
        /// How grave.
        level: Level,
        /// What.
        text: String,
    },
    /// A tag of the call record.
    Tag {
        /// Key.
        key: String,
        /// Value.
        value: String,
    },
    /// A named moment of the call.
    Mark(String),
    /// An event for whoever listens to the event stream.
    Event {
        /// Its name.
        name: String,
        /// Its data.
        data: Value,
    },
    /// Sets a variable. A plain one is the program's own, and goes with it to a route that it enters. An `inherited` one is
    /// the call's: the program that a transfer starts for either party sees it too.
    SetVar {
        /// Name.
        name: String,
        /// Value.
        value: Value,
        /// `ch.export`.
        inherited: bool,
    },
    /// The caller's identity from now on.
    SetCaller(Identity, Privacy),
    /// What the caller's display shows as the other end.
    SetConnected(Identity),
    /// Who transferred the call here blindly and is still there sees and hears this, before its leg ends; the caller hears the
    /// music of holds meanwhile. It fails if nobody is there: nobody transferred it, or whoever did has hung up.
    TellTransferrer {
        /// What its display shows as the other end.
        shown: Identity,
        /// What it hears.
        says: Vec<cordboard_media::Audio>,
    },
    /// Who the call was diverted from.
    SetRedirecting(Option<Identity>),
    /// The language of prompts.
    SetLang(String),
    /// The class of music for holds of this call.
    SetMusicClass(String),
    /// The longest time of the call from now, in ms; 0: the office's.
    SetMaxDuration(u32),
    /// A script error: `file:line:column: message`. The call is about to end for it.
    ScriptError(String),
}

/// How grave a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}
