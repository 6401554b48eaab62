//! `etc/completion.toml`. Every key is documented in that file, which may be absent.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Settings {
    #[serde(deserialize_with = "within::<_, 60, 86_400>")]
    pub expires_s: u32,
    #[serde(deserialize_with = "within::<_, 5, 180>")]
    pub ring_s: u32,
    #[serde(deserialize_with = "within::<_, 0, 60>")]
    pub idle_s: u32,
    #[serde(deserialize_with = "within::<_, 5, 600>")]
    pub retry_s: u32,
    #[serde(deserialize_with = "within::<_, 1, 50>")]
    pub per_caller: u32,
    #[serde(deserialize_with = "within::<_, 1, 50>")]
    pub per_callee: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { expires_s: 3_600, ring_s: 20, idle_s: 3, retry_s: 30, per_caller: 5, per_callee: 5 }
    }
}

fn within<'de, D: Deserializer<'de>, const LEAST: u32, const MOST: u32>(from: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(from)?;
    let fits = (LEAST..=MOST).contains(&number);
    fits.then_some(number).ok_or_else(|| D::Error::custom(format!("must be {LEAST} to {MOST}")))
}
