//! `etc/hotdesk.toml`. Every key is documented in that file, which may be absent.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// The whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Settings {
    pub phones: Vec<String>,
    pub at_home: bool,
    pub for_owner: bool,
    #[serde(deserialize_with = "time")]
    pub logout_at: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { phones: Vec::new(), at_home: true, for_owner: false, logout_at: String::new() }
    }
}

/// What the service is told: the file, and where the office is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Office {
    /// `etc/hotdesk.toml`.
    pub settings: Settings,
    /// The office's time zone, IANA.
    pub time_zone: String,
}

impl Default for Office {
    fn default() -> Self {
        Self { settings: Settings::default(), time_zone: "UTC".to_owned() }
    }
}

/// Hour and minute of `HH:MM`.
pub(crate) fn clock(text: &str) -> Option<(i8, i8)> {
    let (hour, minute) = text.split_once(':')?;
    let number =
        |text: &str| text.parse::<i8>().ok().filter(|_| text.len() == 2 && !text.contains(['+', '-']));
    let (hour, minute) = (number(hour)?, number(minute)?);
    ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some((hour, minute))
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() || clock(&text).is_some() {
        return Ok(text);
    }
    Err(D::Error::custom(format!("`{text}` is no time of day: it is written `23:00`; empty: never")))
}
