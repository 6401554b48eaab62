//! What a program and the service say to each other.

use crate::keys::Act;
use crate::summary::RoomSummary;
use crate::wishes::Wishes;
use cordboard_app::Destination;
use cordboard_media::Audio;
use serde::{Deserialize, Serialize};

/// A program asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// What does it take to enter?
    Look { room: String, wishes: Box<Wishes> },
    /// Is this PIN right?
    Pin { room: String, typed: String, wishes: Box<Wishes> },
    /// A seat, please.
    Enter { room: String, wishes: Box<Wishes>, admin: bool, name: Option<String> },
    /// I am in the mix, or wait outside of it.
    Here { talks: bool },
    /// I have muted myself, or no longer.
    Muted(bool),
    /// An administrator's key, or a question.
    Act(Act),
    /// Call somebody in.
    Invite { number: String, known_user: bool },
    /// I am gone.
    Leave,
    /// I am gone, and this name of mine was not used.
    Unnamed(String),
    /// The command line: who is in which room?
    List,
}

/// The service answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// To `Look`: come in; with a name, if one is wanted.
    Free { named: bool },
    /// To `Look`: a PIN is wanted.
    WantsPin,
    /// To `Look` and `Enter`.
    Refused(Refusal),
    /// To `Pin`.
    Right { admin: bool, named: bool },
    /// To `Pin`.
    Wrong,
    /// To `Enter`.
    Seat(Seat),
    /// To `Here`.
    Place(Place),
    /// To `List`.
    Rooms(Vec<RoomSummary>),
    /// To all others: what is to be said to who asked.
    Said(Vec<String>),
}

/// Why one can't enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Refusal {
    /// There is no such room, and none can be made.
    NoRoom,
    Locked,
    Full,
    /// Too many wrong PINs.
    LockedOut,
}

/// A seat in a room.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seat {
    /// The room's mix.
    pub(crate) mix: String,
    /// For who is alone or waits; empty: silence.
    pub(crate) music: String,
    pub(crate) admin: bool,
    pub(crate) muted: bool,
    /// Muted by an administrator.
    pub(crate) held: bool,
    /// A marked one is waited for.
    pub(crate) waits: bool,
    /// What is said first.
    pub(crate) welcome: Vec<String>,
}

/// Where a participant is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Place {
    /// Outside of the mix.
    Waits,
    /// In it, with nobody else.
    Alone,
    /// In it, with others.
    InCompany,
}

/// The service tells a program something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) conference: Word,
}

/// What.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Word {
    /// It is to be elsewhere now.
    Place(Place),
    /// The last marked one has left: wait.
    LeaderLeft,
    /// An administrator has muted it, or no longer.
    Held(bool),
    /// It has to go, and hears this.
    Go { status: Status, says: Vec<String> },
    /// It hears this.
    Say(Vec<String>),
    /// It hears this, in place of its music: what others would hear over what is said.
    Play(Vec<Audio>),
}

/// How taking part ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Status {
    Left,
    Kicked,
    Ended,
    Timeout,
    Pin,
    Locked,
    Full,
    Failed,
    HungUp,
}

impl Status {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Kicked => "kicked",
            Self::Ended => "ended",
            Self::Timeout => "timeout",
            Self::Pin => "pin",
            Self::Locked => "locked",
            Self::Full => "full",
            Self::Failed => "failed",
            Self::HungUp => "hungup",
        }
    }
}

/// Somebody whom an administrator calls in: a user, or a number by the trunk for it.
pub(crate) fn invited(
    number: &str,
    known_user: bool,
    trunk: Option<&str>,
    prefix: &str,
) -> Option<Destination> {
    if known_user {
        return Some(Destination::User(number.to_owned()));
    }
    let number = number.strip_prefix(prefix)?;
    let is_number = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
    let trunk = trunk?.to_owned();
    is_number.then(|| Destination::Trunk { trunk, number: number.to_owned() })
}
