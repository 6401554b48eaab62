//! How callers are called back.

use super::{Key, NUMBER_MAX, within};
use crate::numbers::normalised;
use serde::{Deserialize, Deserializer, Serialize};

/// How callers are called back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct CallbackSettings {
    pub key: Key,
    pub trunk: String,
    pub context: String,
    pub another_number: bool,
    #[serde(deserialize_with = "beginnings")]
    pub allow: Vec<String>,
    #[serde(deserialize_with = "beginnings")]
    pub refuse: Vec<String>,
    #[serde(deserialize_with = "within::<_, 1, 20>")]
    pub tries: u32,
    #[serde(deserialize_with = "within::<_, 10, 86_400>")]
    pub retry_s: u32,
    #[serde(deserialize_with = "within::<_, 5, 180>")]
    pub ring_s: u32,
    pub confirm: bool,
}

impl Default for CallbackSettings {
    fn default() -> Self {
        Self {
            key: Key('1'),
            trunk: String::new(),
            context: "internal".to_owned(),
            another_number: false,
            allow: Vec::new(),
            refuse: Vec::new(),
            tries: 3,
            retry_s: 300,
            ring_s: 30,
            confirm: true,
        }
    }
}

/// How numbers begin. None is empty: every number begins so.
fn beginnings<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let beginnings = Vec::<String>::deserialize(deserializer)?;
    let is_one =
        |text: &String| normalised(text).is_some_and(|digits| !digits.is_empty()) && text.len() <= NUMBER_MAX;
    match beginnings.iter().find(|text| !is_one(text)) {
        Some(text) => Err(serde::de::Error::custom(format!(
            "no number begins with `{text}`: digits, after a `+` if need be"
        ))),
        None => Ok(beginnings),
    }
}

/// A trunk by which nobody may be called, or numbers without a trunk: somebody would wait for a call in vain.
pub(super) fn callback<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<CallbackSettings>, D::Error> {
    let callback = Option::<CallbackSettings>::deserialize(deserializer)?;
    match &callback {
        Some(callback)
            if callback.trunk.is_empty() && (callback.another_number || !callback.allow.is_empty()) =>
        {
            Err(serde::de::Error::custom("numbers outside are called by a `trunk`: none is named"))
        }
        Some(callback) if !callback.trunk.is_empty() && callback.allow.is_empty() => {
            Err(serde::de::Error::custom(
                "`allow` must say how numbers begin that the trunk may call: [\"+44\", \"0\"]",
            ))
        }
        Some(_) | None => Ok(callback),
    }
}
