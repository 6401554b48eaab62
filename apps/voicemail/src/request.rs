//! What programs ask of the mailboxes, and what they are told.

use crate::{Folder, Greeting, Message, Part, Uuid};
use serde::{Deserialize, Serialize};

/// The kind of the service.
pub const KIND: &str = "voicemail";

/// A request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Request {
    /// What somebody who wants to leave a message hears. → `Greeting`, `NoBox`
    Greet {
        /// For whom; the first one's greeting is played.
        boxes: Vec<String>,
        /// Which greeting fits.
        busy: bool,
    },
    /// A file is about to be recorded: should nothing come of it, it is deleted. → `Done`
    Draft {
        /// Its name.
        file: String,
        /// The one that it takes the place of.
        instead_of: Option<String>,
    },
    /// A recording is not wanted. → `Done`
    Discard {
        /// Which.
        file: String,
    },
    /// Keeps a message in every box that has room. → `Done`, `Full` (none has), `NoBox`
    Deposit {
        /// Its name; copies have names made of it.
        id: Uuid,
        /// Where.
        boxes: Vec<String>,
        /// What was recorded.
        audio: Part,
        /// Whether it is urgent.
        urgent: bool,
        /// Whether the caller does not want to be known.
        anonymous: bool,
        /// What category the dialplan gives it.
        category: String,
    },
    /// Who wants to hear messages proves whose. → `Opened`, `Wrong`, `Locked`
    Login {
        /// The box; `None`: the caller's own.
        mailbox: Option<String>,
        /// The PIN; `None`: it is not asked for.
        pin: Option<String>,
    },
    /// Whether there is a box for the caller, and whether it needs a PIN. → `Own`, `NoBox`
    Own,
    /// What the owners of boxes have recorded as their names. → no [`Answer`], but [`Names`]
    Names {
        /// Whose.
        mailboxes: Vec<String>,
    },
    /// Whether there is such a box. → `Done`, `NoBox`
    Knows {
        /// Its number.
        mailbox: String,
    },
    /// The messages of a folder, oldest first, urgent ones before. → `Messages`
    List {
        /// The box.
        mailbox: String,
        /// Which.
        folder: Folder,
    },
    /// Somebody listens to a message. → `Done`
    Heard {
        /// Which.
        id: Uuid,
    },
    /// Marks a message as deleted, or no longer. → `Done`, `Gone`
    Delete {
        /// Which.
        id: Uuid,
        /// Whether.
        deleted: bool,
    },
    /// Puts a message into a folder. → `Done`, `Gone`
    Move {
        /// Which.
        id: Uuid,
        /// Where to.
        folder: Folder,
    },
    /// Sends a message on. → `Done`, `Full`, `NoBox`, `Gone`
    Forward {
        /// Which.
        id: Uuid,
        /// The name of what is made of it.
        new: Uuid,
        /// To whom.
        boxes: Vec<String>,
        /// Said before it.
        comment: Option<Part>,
        /// By whom: a box.
        from: String,
    },
    /// A greeting of a box; `None` erases it. → `Done`
    SetGreeting {
        /// The box.
        mailbox: String,
        /// Which.
        which: Greeting,
        /// What was recorded.
        audio: Option<Part>,
    },
    /// A new PIN. → `Done`, `Wrong`: it is too easy
    SetPin {
        /// The box.
        mailbox: String,
        /// Digits.
        pin: String,
    },
    /// The box is left: heard messages are old ones, deleted ones go. → `Done`
    Close {
        /// Which.
        mailbox: String,
    },
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Answer {
    /// It is so, and written where something was to be written.
    Done,
    /// There is no such box.
    NoBox,
    /// There is no room.
    Full,
    /// There is no such message any more.
    Gone,
    /// That is not right.
    Wrong,
    /// Nobody is let in for now.
    Locked,
    /// It could not be written.
    Failed,
    /// To `Greet`.
    Greeting(Box<Greeted>),
    /// To `Own`.
    Own {
        /// The box.
        mailbox: String,
        /// Whether a PIN is wanted.
        pin: bool,
    },
    /// To `Login`.
    Opened(Box<Opened>),
    /// To `List`.
    Messages(Vec<Message>),
}

/// How a caller is greeted, and how a message is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Greeted {
    /// Those of the boxes that there are.
    pub boxes: Vec<String>,
    /// What is played.
    pub greeting: Spoken,
    /// Whether none of the boxes has room.
    pub full: bool,
    /// Whether the caller is told how to leave a message.
    pub instructions: bool,
    /// Whether a message can be heard and marked before it is kept.
    pub review: bool,
    /// Whether `0` leads to the operator.
    pub operator: bool,
    /// The least of a message, in ms.
    pub min_ms: u32,
    /// The most of a message, in ms.
    pub max_ms: u32,
    /// What silence ends it, in ms.
    pub silence_ms: u32,
}

/// A greeting: temporary, then the fitting one, then the name, then the number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Spoken {
    /// One of the owner's.
    Own(Part),
    /// The owner's name, and what is with it.
    Name(Part, bool),
    /// The number, and what is with it: `true`, it talks.
    Number(String, bool),
}

impl Default for Spoken {
    fn default() -> Self {
        Self::Number(String::new(), false)
    }
}

/// A box that somebody is let into.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Its number.
    pub mailbox: String,
    /// The users whose it is.
    #[serde(default)]
    pub owners: Vec<String>,
    /// New messages, urgent ones not counted.
    pub new: u32,
    /// New urgent messages.
    pub urgent: u32,
    /// Old messages.
    pub old: u32,
    /// Whether its PIN is its number: it is to be set up.
    pub fresh: bool,
    /// Whether the temporary greeting is heard.
    pub temporary: bool,
    /// Whether it is nearly full.
    pub almost_full: bool,
    /// How far a key winds, in ms.
    pub skip_ms: u64,
    /// The longest greeting, in ms.
    pub greeting_ms: u32,
    /// The longest comment, in ms.
    pub message_ms: u32,
    /// What silence ends a recording, in ms.
    pub silence_ms: u32,
    /// Whether date and sender are said before every message.
    pub envelope: bool,
    /// The time zone by which its owner hears when messages came, IANA; empty: the office's.
    #[serde(default)]
    pub time_zone: String,
    /// The context in which numbers that are called from it are routed; empty: none may be called.
    pub context: String,
    /// Put before the number of a caller from outside who is called back.
    pub outside_prefix: String,
}

/// To [`Request::Names`]: for each box, in order, its owner's name where there is one.
pub type Names = Vec<Option<Part>>;

/// What another part of the house says to the mailboxes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Notice {
    /// The server has taken the mail of a message.
    Mailed {
        /// Which message.
        message: Uuid,
    },
}
