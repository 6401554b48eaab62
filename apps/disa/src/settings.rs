//! `etc/disa.toml`: the lines. Every key is documented in that file, which may be absent: then there is none.

use crate::pin::Pin;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Settings {
    #[serde(deserialize_with = "lines")]
    pub line: BTreeMap<String, Line>,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Line {
    pub context: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pin: Option<Pin>,
    pub user: BTreeMap<String, Pin>,
    #[serde(deserialize_with = "within::<_, 1, 5>")]
    pub tries: u32,
    #[serde(deserialize_with = "within::<_, 1, 20>")]
    pub lock_after: u32,
    #[serde(deserialize_with = "within::<_, 1, 1_440>")]
    pub lock_minutes: u32,
    #[serde(deserialize_with = "within::<_, 5, 1_000>")]
    pub line_lock_after: u32,
    #[serde(deserialize_with = "within::<_, 1, 1_440>")]
    pub call_minutes: u32,
    #[serde(deserialize_with = "within::<_, 1, 10>")]
    pub pause_s: u32,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            context: String::new(),
            pin: None,
            user: BTreeMap::new(),
            tries: 3,
            lock_after: 6,
            lock_minutes: 15,
            line_lock_after: 30,
            call_minutes: 60,
            pause_s: 3,
        }
    }
}

/// What the service is told: the file, and the contexts of users.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Office {
    /// `etc/disa.toml`.
    pub settings: Settings,
    /// The context that each user dials in.
    pub contexts: BTreeMap<String, String>,
}

/// A line can be used, and a PIN says whose it is.
fn lines<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Line>, D::Error> {
    let lines = BTreeMap::<String, Line>::deserialize(from)?;
    for (name, line) in &lines {
        let say = |what: &str| Err(D::Error::custom(format!("line `{name}`: {what}")));
        if line.pin.is_none() && line.user.is_empty() {
            return say("without a `pin` and without PINs of users nobody could use it");
        }
        if line.pin.is_some() && line.context.is_empty() {
            return say("a `pin` needs a `context`: where its callers may dial, and nowhere else");
        }
        if let Some((user, _)) = line.user.iter().find(|(user, pin)| pin.shows(user)) {
            return say(&format!("the PIN of `{user}` has its number in it"));
        }
        let mut pins: Vec<&Pin> = line.user.values().chain(&line.pin).collect();
        let count = pins.len();
        pins.sort_unstable();
        pins.dedup();
        if pins.len() < count {
            return say("two have the same PIN");
        }
    }
    Ok(lines)
}

fn within<'de, D: Deserializer<'de>, const LEAST: u32, const MOST: u32>(from: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(from)?;
    let fits = (LEAST..=MOST).contains(&number);
    fits.then_some(number).ok_or_else(|| D::Error::custom(format!("must be {LEAST} to {MOST}")))
}
