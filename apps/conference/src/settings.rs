//! `etc/conference.toml`: the rooms that there always are. Every key is documented in that file, which may be absent.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Participants of a room at most: what a mix carries.
pub(crate) const PARTICIPANTS_MAX: u32 = 4_096;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Settings {
    pub room: BTreeMap<RoomName, RoomSettings>,
    pub on_the_fly: bool,
    pub dial_out_trunk: Option<String>,
    pub dial_out_prefix: String,
    #[serde(deserialize_with = "within::<_, 3, 1_000>")]
    pub wrong_pins_max: u32,
    #[serde(deserialize_with = "within::<_, 1, 1_440>")]
    pub lock_out_min: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            room: BTreeMap::new(),
            on_the_fly: true,
            dial_out_trunk: None,
            dial_out_prefix: String::new(),
            wrong_pins_max: 10,
            lock_out_min: 15,
        }
    }
}

/// A room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct RoomSettings {
    pub pin: Option<Pin>,
    pub admin_pin: Option<Pin>,
    #[serde(deserialize_with = "within::<_, 1, PARTICIPANTS_MAX>")]
    pub max: u32,
    pub record: bool,
    pub announce: Announce,
    pub count: bool,
    pub count_all: bool,
    pub music: String,
    pub wait_marked: bool,
    pub end_marked: bool,
    pub muted: bool,
    pub levelled: bool,
    #[serde(deserialize_with = "within::<_, 0, 1_440>")]
    pub limit_min: u32,
    #[serde(deserialize_with = "within::<_, 1, 240>")]
    pub extend_min: u32,
}

impl Default for RoomSettings {
    fn default() -> Self {
        Self {
            pin: None,
            admin_pin: None,
            max: 50,
            record: false,
            announce: Announce::Tones,
            count: true,
            count_all: false,
            music: "default".to_owned(),
            wait_marked: false,
            end_marked: false,
            muted: false,
            levelled: true,
            limit_min: 0,
            extend_min: 15,
        }
    }
}

/// How comings and goings are told to those in the room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Announce {
    /// Not at all.
    None,
    /// By a tone.
    #[default]
    Tones,
    /// By the name that each said before entering.
    Names,
}

impl Announce {
    /// As scripts write them.
    pub const WORDS: &'static [&'static str] = &["none", "tones", "names"];

    /// By its word.
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word {
            "none" => Some(Self::None),
            "tones" => Some(Self::Tones),
            "names" => Some(Self::Names),
            _ => None,
        }
    }
}

/// A number that opens a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pin(String);

impl Pin {
    /// Its digits.
    pub fn digits(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Pin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if (1..=crate::pins::DIGITS_MAX).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit()) {
            Ok(Self(text))
        } else {
            Err(format!("a PIN is a text of 1 to {} digits: \"2468\"", crate::pins::DIGITS_MAX))
        }
    }
}

impl From<Pin> for String {
    fn from(pin: Pin) -> Self {
        pin.0
    }
}

/// What a room is called: also a part of its mix's, its lamp's and its recordings' names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoomName(String);

impl RoomName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RoomName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if (1..=40).contains(&text.len()) && text.chars().all(fits) {
            Ok(Self(text))
        } else {
            Err("a room's name has 1 to 40 letters, digits, `-` and `_`".to_owned())
        }
    }
}

impl From<RoomName> for String {
    fn from(name: RoomName) -> Self {
        name.0
    }
}

fn within<'de, D: Deserializer<'de>, const LEAST: u32, const MOST: u32>(from: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(from)?;
    let fits = (LEAST..=MOST).contains(&number);
    fits.then_some(number).ok_or_else(|| D::Error::custom(format!("must be {LEAST} to {MOST}")))
}
