//! `etc/wakeup.toml`. Every key is documented in that file, which may be absent.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// Of one phone at most: each has a key of its own when one is to be cancelled.
pub(crate) const PER_USER_MAX: u32 = 9;
/// Bytes of what phones show.
const SHOWN_MAX: usize = 64;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Settings {
    #[serde(deserialize_with = "within::<_, 1, 10>")]
    pub tries: u32,
    #[serde(deserialize_with = "within::<_, 10, 3_600>")]
    pub retry_s: u32,
    #[serde(deserialize_with = "within::<_, 5, 180>")]
    pub ring_s: u32,
    #[serde(deserialize_with = "within::<_, 0, 1_440>")]
    pub late_minutes: u32,
    #[serde(deserialize_with = "within::<_, 1, 9>")]
    pub per_user: u32,
    pub operators: Vec<String>,
    #[serde(deserialize_with = "shown")]
    pub number: String,
    #[serde(deserialize_with = "shown")]
    pub name: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            tries: 3,
            retry_s: 180,
            ring_s: 45,
            late_minutes: 30,
            per_user: PER_USER_MAX,
            operators: Vec::new(),
            number: "*68".to_owned(),
            name: "Wake-up call".to_owned(),
        }
    }
}

/// What the service is told: the file, and where the office is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Office {
    /// `etc/wakeup.toml`.
    pub settings: Settings,
    /// The office's time zone, IANA.
    pub time_zone: String,
}

impl Default for Office {
    fn default() -> Self {
        Self { settings: Settings::default(), time_zone: "UTC".to_owned() }
    }
}

fn within<'de, D: Deserializer<'de>, const LEAST: u32, const MOST: u32>(from: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(from)?;
    let fits = (LEAST..=MOST).contains(&number);
    fits.then_some(number).ok_or_else(|| D::Error::custom(format!("must be {LEAST} to {MOST}")))
}

/// What a phone's display is to show.
fn shown<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let text = String::deserialize(from)?;
    let fits = (1..=SHOWN_MAX).contains(&text.len()) && !text.chars().any(char::is_control);
    fits.then_some(text).ok_or_else(|| D::Error::custom(format!("must be a text of 1 to {SHOWN_MAX} bytes")))
}
