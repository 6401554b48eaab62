//! `etc/announcements.toml`. Every key is documented in that file, which may be absent.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Digits of an announcement's number, and of the PIN.
const DIGITS_MAX: usize = 16;
/// Announcements of an office.
const ANNOUNCEMENTS_MAX: usize = 1_000;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Settings {
    pub users: Vec<String>,
    #[serde(deserialize_with = "pin")]
    pub pin: String,
    #[serde(deserialize_with = "seconds")]
    pub max_s: u32,
    #[serde(deserialize_with = "numbers")]
    pub announcements: BTreeMap<String, PromptName>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { users: Vec::new(), pin: String::new(), max_s: 300, announcements: BTreeMap::new() }
    }
}

/// The name of a prompt: what a script plays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PromptName(String);

impl PromptName {
    /// As scripts have it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for PromptName {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '/');
        let is_name = (1..=128).contains(&name.len()) && name.chars().all(fits);
        let is_path = !name.starts_with('/') && !name.ends_with('/') && !name.contains("//");
        if is_name && is_path {
            Ok(Self(name))
        } else {
            Err(format!("`{name}` is no prompt's name: letters, digits, `-_/`"))
        }
    }
}

impl From<PromptName> for String {
    fn from(name: PromptName) -> Self {
        name.0
    }
}

fn is_digits(text: &str) -> bool {
    text.len() <= DIGITS_MAX && text.chars().all(|c| c.is_ascii_digit())
}

fn pin<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let pin = String::deserialize(from)?;
    match pin.len() {
        0 => Ok(pin),
        4.. if is_digits(&pin) => Ok(pin),
        _ => Err(D::Error::custom("a PIN is 4 to 16 digits; empty: none")),
    }
}

fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let seconds = u32::deserialize(from)?;
    if (1..=3_600).contains(&seconds) { Ok(seconds) } else { Err(D::Error::custom("must be 1 to 3600")) }
}

fn numbers<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, PromptName>, D::Error> {
    let numbers = BTreeMap::<String, PromptName>::deserialize(from)?;
    if let Some(wrong) = numbers.keys().find(|number| number.is_empty() || !is_digits(number)) {
        return Err(D::Error::custom(format!("`{wrong}` is no number: what is dialled after the code")));
    }
    if numbers.len() > ANNOUNCEMENTS_MAX {
        return Err(D::Error::custom(format!("an office has at most {ANNOUNCEMENTS_MAX} announcements")));
    }
    Ok(numbers)
}
