//! `etc/parking.toml`: the lots. Every key is documented in that file, which may be absent.

use crate::may::{May, Who};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// The lot that is meant where none is named.
pub(crate) const DEFAULT_LOT: &str = "default";
/// Places of a lot at most.
const SLOTS_MAX: u32 = 1_000;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Settings {
    #[serde(deserialize_with = "lots")]
    pub lot: BTreeMap<LotName, LotSettings>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { lot: BTreeMap::from([(LotName(DEFAULT_LOT.to_owned()), LotSettings::default())]) }
    }
}

/// A lot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct LotSettings {
    pub first: u32,
    pub last: u32,
    #[serde(deserialize_with = "within::<_, 5, 86_400>")]
    pub timeout_s: u32,
    pub comeback: bool,
    #[serde(deserialize_with = "within::<_, 5, 600>")]
    pub comeback_s: u32,
    pub music: String,
    pub find: Find,
    pub courtesy_tone: bool,
    pub transfer: Who,
    pub park: Who,
    pub hold: Who,
    pub disconnect: Who,
}

impl LotSettings {
    /// What the two may do by digits when a call of it was fetched, or has come back.
    pub(crate) fn may(&self) -> May {
        May::of_lot([self.transfer, self.park, self.hold, self.disconnect])
    }
}

impl Default for LotSettings {
    fn default() -> Self {
        Self {
            first: 701,
            last: 720,
            timeout_s: 45,
            comeback: true,
            comeback_s: 30,
            music: "default".to_owned(),
            find: Find::First,
            courtesy_tone: true,
            transfer: Who::No,
            park: Who::No,
            hold: Who::No,
            disconnect: Who::No,
        }
    }
}

/// Which free place a call gets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Find {
    /// The first.
    #[default]
    First,
    /// The one after the last that was given.
    Next,
}

/// What a lot is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LotName(String);

impl LotName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LotName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if (1..=40).contains(&text.len()) && text.chars().all(fits) {
            Ok(Self(text))
        } else {
            Err("a lot's name has 1 to 40 letters, digits, `-` and `_`".to_owned())
        }
    }
}

impl From<LotName> for String {
    fn from(name: LotName) -> Self {
        name.0
    }
}

/// A place belongs to one lot.
fn lots<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<LotName, LotSettings>, D::Error> {
    let lots = BTreeMap::<LotName, LotSettings>::deserialize(from)?;
    let mut spans: Vec<(u32, u32, &str)> =
        lots.iter().map(|(name, lot)| (lot.first, lot.last, name.as_str())).collect();
    spans.sort_unstable();
    for (first, last, name) in &spans {
        if first > last || last - first >= SLOTS_MAX {
            let text = format!("lot `{name}`: `first` to `last` are 1 to {SLOTS_MAX} places");
            return Err(D::Error::custom(text));
        }
    }
    for pair in spans.windows(2) {
        if let [(_, last, one), (first, _, other)] = pair
            && first <= last
        {
            return Err(D::Error::custom(format!("lots `{one}` and `{other}` share the place {first}")));
        }
    }
    Ok(lots)
}

fn within<'de, D: Deserializer<'de>, const LEAST: u32, const MOST: u32>(from: D) -> Result<u32, D::Error> {
    let number = u32::deserialize(from)?;
    let fits = (LEAST..=MOST).contains(&number);
    fits.then_some(number).ok_or_else(|| D::Error::custom(format!("must be {LEAST} to {MOST}")))
}
