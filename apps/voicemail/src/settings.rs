//! What an office says of its mailboxes.

use serde::de::{self, Deserializer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All of it: JSON, as [`cordboard_app::ServiceInput::Configured`] brings it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The boxes by number.
    pub boxes: BTreeMap<String, BoxSettings>,
    /// What phones are told to call for their messages.
    pub number: String,
    /// A message is at least so long, in s.
    pub min_s: u32,
    /// And at most so long, in s.
    pub max_s: u32,
    /// A greeting is at most so long, in s.
    pub greeting_s: u32,
    /// So long a silence ends a recording, in s; 0: none does.
    pub silence_s: u32,
    /// How far a key winds while a message plays, in s.
    pub skip_s: u32,
    /// Whether a caller may hear, record again and mark a message before it is kept.
    pub review: bool,
    /// Whether `0` leads a caller to the operator.
    pub operator: bool,
    /// Whether one's own phone is asked for the PIN.
    pub own_pin: bool,
    /// The fewest digits of a PIN that somebody chooses.
    pub pin_min: u32,
    /// So many wrong PINs keep who typed them out of a box.
    pub tries: u32,
    /// For so long, in minutes, and twice as long each further time; 0: not at all.
    pub lock_minutes: u32,
    /// Whether date and sender are said before every message.
    pub envelope: bool,
    /// What owners dial before a number outside the office.
    pub outside_prefix: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            boxes: BTreeMap::new(),
            number: "*97".to_owned(),
            min_s: 2,
            max_s: 300,
            greeting_s: 60,
            silence_s: 10,
            skip_s: 3,
            review: false,
            operator: false,
            own_pin: true,
            pin_min: 4,
            tries: 3,
            lock_minutes: 5,
            envelope: true,
            outside_prefix: String::new(),
        }
    }
}

/// One box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BoxSettings {
    /// Its owner's name.
    pub name: String,
    /// The users whose box it is: their phones have its lamp, and `*97` leads there.
    pub users: Vec<String>,
    /// The context in which numbers that are called from it are routed: its first user's; empty: none may be called.
    pub context: String,
    /// Its PIN until somebody changes it. The same as the number: whoever comes first is asked to set the box up.
    #[serde(deserialize_with = "digits")]
    pub pin: String,
    /// Who gets mail of a new message.
    pub email: Vec<String>,
    /// Who gets the short form.
    pub pager: Vec<String>,
    /// Whether the mail has the audio with it.
    pub attach: bool,
    /// Whether a message is deleted when its mail has been taken by the server.
    pub delete_after_mail: bool,
    /// At most so many messages.
    pub messages_max: u32,
    /// At most so many minutes of them; 0: no bound.
    pub minutes_max: u32,
    /// Messages older than so many days are deleted; 0: none are.
    pub keep_days: u32,
    /// Whether callers hear how to leave a message.
    pub instructions: bool,
    /// The language of its mails; empty: the office's.
    pub lang: String,
    /// The time zone by which its owner hears when messages came, IANA; empty: the office's.
    pub time_zone: String,
    /// What it has in the place of the whole's.
    pub own: Own,
}

/// What a box can have in another way than all of them; `None`: as all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "as in the whole")]
pub struct Own {
    pub min_s: Option<u32>,
    pub max_s: Option<u32>,
    pub review: Option<bool>,
    pub operator: Option<bool>,
    pub envelope: Option<bool>,
}

impl Default for BoxSettings {
    fn default() -> Self {
        Self {
            name: String::new(),
            users: Vec::new(),
            context: String::new(),
            pin: String::new(),
            email: Vec::new(),
            pager: Vec::new(),
            attach: true,
            delete_after_mail: false,
            messages_max: 100,
            minutes_max: 0,
            keep_days: 0,
            instructions: true,
            lang: String::new(),
            time_zone: String::new(),
            own: Own::default(),
        }
    }
}

fn digits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let pin = String::deserialize(deserializer)?;
    if pin.chars().all(|c| c.is_ascii_digit()) { Ok(pin) } else { Err(de::Error::custom("a PIN is digits")) }
}
