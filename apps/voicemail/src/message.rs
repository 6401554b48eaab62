//! What is kept: a row for every message, a row for every box.

use crate::{Part, Uuid};
use cordboard_app::Identity;
use serde::{Deserialize, Serialize};

/// One message in one box. Its audio is never changed and never renamed; a message that was sent to several boxes, or on to
/// others, is a row in each of them with the same audio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its name for ever.
    pub id: Uuid,
    /// In which box.
    pub mailbox: String,
    /// Where in it.
    pub folder: Folder,
    /// What it sounds like, in order: a comment, then what was forwarded with it.
    pub audio: Vec<Part>,
    /// Who left it.
    pub caller: Identity,
    /// The box of who left it, where it was one of us: a reply goes there.
    pub sender: Option<String>,
    /// When, in microseconds since the Unix epoch.
    pub received_unix_us: i64,
    /// Whether it is urgent.
    pub urgent: bool,
    /// Whether somebody has listened to it: a new one is an old one when the box is left.
    pub heard: bool,
    /// Whether it goes when the box is left.
    pub deleted: bool,
    /// Whether who left it called from outside the office.
    #[serde(default)]
    pub outside: bool,
    /// What category the dialplan gave it.
    #[serde(default)]
    pub category: String,
    /// Of one that was forwarded: who left it first, and when.
    pub original: Option<(Identity, i64)>,
}

impl Message {
    /// How long all of it is, in ms.
    pub fn ms(&self) -> u64 {
        self.audio.iter().map(|part| part.ms).sum()
    }

    pub(crate) fn key(&self) -> String {
        format!("{MESSAGE}{}", self.id)
    }
}

/// Keys of rows begin so.
pub(crate) const MESSAGE: &str = "message/";
pub(crate) const BOX: &str = "box/";
pub(crate) const TRIES: &str = "tries/";

/// The folders of a box, in the order of their keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Folder {
    #[default]
    New,
    Old,
    Work,
    Family,
    Friends,
    Five,
    Six,
    Seven,
    Eight,
    Nine,
}

impl Folder {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::New,
        Self::Old,
        Self::Work,
        Self::Family,
        Self::Friends,
        Self::Five,
        Self::Six,
        Self::Seven,
        Self::Eight,
        Self::Nine,
    ];

    /// The one of a key.
    pub fn of_key(key: char) -> Option<Self> {
        Self::ALL.get(usize::try_from(key.to_digit(10)?).ok()?).copied()
    }

    /// The one that an option names: `INBOX`, `new`, `old`, `work` … or its key.
    pub fn of_name(name: &str) -> Option<Self> {
        let mut letters = name.chars();
        if let (Some(key), None) = (letters.next(), letters.next()) {
            return Self::of_key(key);
        }
        Self::ALL
            .into_iter()
            .find(|folder| folder.prompt()[3..].eq_ignore_ascii_case(name))
            .or_else(|| name.eq_ignore_ascii_case("new").then_some(Self::New))
    }

    /// What its name is said by.
    pub fn prompt(self) -> &'static str {
        match self {
            Self::New => "vm-INBOX",
            Self::Old => "vm-Old",
            Self::Work => "vm-Work",
            Self::Family => "vm-Family",
            Self::Friends => "vm-Friends",
            Self::Five => "vm-Cust1",
            Self::Six => "vm-Cust2",
            Self::Seven => "vm-Cust3",
            Self::Eight => "vm-Cust4",
            Self::Nine => "vm-Cust5",
        }
    }
}

/// What somebody has made of a box, beside its settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BoxRow {
    /// The PIN that its owner has chosen.
    pub pin: Option<String>,
    /// Its greetings.
    pub unavailable: Option<Part>,
    /// When its owner talks.
    pub busy: Option<Part>,
    /// Its owner's name.
    pub name: Option<Part>,
    /// In place of all others, until it is erased.
    pub temporary: Option<Part>,
}

/// The greetings of a box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Greeting {
    Unavailable,
    Busy,
    Name,
    Temporary,
}

impl BoxRow {
    /// A greeting's place.
    pub fn greeting_mut(&mut self, which: Greeting) -> &mut Option<Part> {
        match which {
            Greeting::Unavailable => &mut self.unavailable,
            Greeting::Busy => &mut self.busy,
            Greeting::Name => &mut self.name,
            Greeting::Temporary => &mut self.temporary,
        }
    }
}
