//! `etc/queues.toml`. Every key is documented in that file, which may be absent.

mod callback;
mod empty;
mod member;

pub use callback::CallbackSettings;
pub use empty::{Empty, Factor};
pub use member::MemberSettings;

use callback::callback;
use empty::{join_rule, leave_rule};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// As long as a queue's name may be.
const NAME_MAX: usize = 64;
/// As long as a number may be.
const NUMBER_MAX: usize = 40;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Settings {
    #[serde(deserialize_with = "named")]
    pub queue: BTreeMap<String, QueueSettings>,
    pub statistics: StatisticsSettings,
}

/// How long figures are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct StatisticsSettings {
    #[serde(deserialize_with = "within::<_, 1, 3_660>")]
    pub keep_days: u32,
    pub blind_transfer: BlindTransfer,
}

impl Default for StatisticsSettings {
    fn default() -> Self {
        Self { keep_days: 400, blind_transfer: BlindTransfer::Transfer }
    }
}

/// What the queue log calls a blind transfer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "documented in the file")]
pub enum BlindTransfer {
    #[default]
    #[serde(rename = "TRANSFER")]
    Transfer,
    #[serde(rename = "BLINDTRANSFER")]
    BlindTransfer,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct QueueSettings {
    pub title: String,
    #[serde(deserialize_with = "number_or_none")]
    pub number: String,
    pub strategy: Strategy,
    #[serde(deserialize_with = "within::<_, 0, 1_000>")]
    pub weight: u32,
    pub autofill: bool,
    pub music: String,
    #[serde(deserialize_with = "within::<_, 1, 180>")]
    pub ring_s: u32,
    #[serde(deserialize_with = "within::<_, 0, 600>")]
    pub retry_s: u32,
    #[serde(deserialize_with = "within::<_, 0, 3_600>")]
    pub wrap_up_s: u32,
    #[serde(deserialize_with = "within::<_, 0, 10_000>")]
    pub callers_max: u32,
    pub ring_in_use: bool,
    #[serde(deserialize_with = "join_rule")]
    pub join_empty: Empty,
    #[serde(deserialize_with = "leave_rule")]
    pub leave_empty: Empty,
    #[serde(deserialize_with = "within::<_, 0, 1_000>")]
    pub penalty_members_limit: u32,
    pub penalty_rule: Vec<PenaltyRule>,
    pub auto_pause: AutoPause,
    pub auto_pause_busy: bool,
    pub auto_pause_unavailable: bool,
    #[serde(deserialize_with = "within::<_, 1, 3_600>")]
    pub service_level_s: u32,
    pub join_announce: Vec<String>,
    #[serde(deserialize_with = "within::<_, 0, 3_600>")]
    pub announce_s: u32,
    #[serde(deserialize_with = "within::<_, 1, 3_600>")]
    pub announce_min_s: u32,
    pub announce_position: PositionWords,
    #[serde(deserialize_with = "within::<_, 1, 1_000>")]
    pub announce_position_limit: u32,
    pub announce_only_up: bool,
    pub announce_hold_time: bool,
    pub announce_thanks: bool,
    #[serde(deserialize_with = "within::<_, 0, 3_600>")]
    pub periodic_s: u32,
    pub periodic: Vec<String>,
    pub agent_announce: Vec<String>,
    pub agent_hold_time: bool,
    pub agent_accepts: bool,
    pub exit_context: String,
    #[serde(deserialize_with = "exits")]
    pub exit: BTreeMap<String, String>,
    pub may_login: BTreeSet<String>,
    pub member: Vec<MemberSettings>,
    #[serde(deserialize_with = "callback")]
    pub callback: Option<CallbackSettings>,
}

impl Default for QueueSettings {
    fn default() -> Self {
        Self {
            title: String::new(),
            number: String::new(),
            strategy: Strategy::RingAll,
            weight: 0,
            autofill: true,
            music: "default".to_owned(),
            ring_s: 15,
            retry_s: 5,
            wrap_up_s: 0,
            callers_max: 0,
            ring_in_use: false,
            join_empty: Empty::default(),
            leave_empty: Empty::default(),
            penalty_members_limit: 0,
            penalty_rule: Vec::new(),
            auto_pause: AutoPause::No,
            auto_pause_busy: false,
            auto_pause_unavailable: false,
            service_level_s: 20,
            join_announce: Vec::new(),
            announce_s: 0,
            announce_min_s: 15,
            announce_position: PositionWords::Yes,
            announce_position_limit: 5,
            announce_only_up: false,
            announce_hold_time: false,
            announce_thanks: true,
            periodic_s: 0,
            periodic: vec!["queue-periodic-announce".to_owned()],
            agent_announce: Vec::new(),
            agent_hold_time: false,
            agent_accepts: false,
            exit_context: "internal".to_owned(),
            exit: BTreeMap::new(),
            may_login: BTreeSet::new(),
            member: Vec::new(),
            callback: None,
        }
    }
}

/// Who rings first. Asterisk's names are understood too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "documented in the file")]
pub enum Strategy {
    #[default]
    #[serde(alias = "ringall")]
    RingAll,
    #[serde(alias = "leastrecent")]
    LeastRecent,
    #[serde(alias = "fewestcalls")]
    FewestCalls,
    Random,
    #[serde(alias = "rrmemory", alias = "rrordered")]
    RoundRobin,
    #[serde(alias = "linear")]
    InOrder,
    LongestIdle,
    #[serde(alias = "wrandom")]
    WeightedRandom,
}

/// How far an agent who does not answer is paused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "documented in the file")]
pub enum AutoPause {
    #[default]
    No,
    Yes,
    All,
}

/// Whether a position is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "documented in the file")]
pub enum PositionWords {
    #[default]
    Yes,
    No,
    /// Up to a position, and beyond it nothing.
    Limit,
    /// Up to a position, and beyond it that there are more.
    More,
}

/// A step of who may be rung, by how long a caller has waited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct PenaltyRule {
    pub after_s: u32,
    #[serde(default)]
    pub min: Option<u32>,
    #[serde(default)]
    pub max: Option<u32>,
}

/// A key of the telephone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Key(pub char);

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut chars = text.chars();
        match (chars.next(), chars.next()) {
            (Some(key), None) if is_key(key) => Ok(Self(key)),
            _ => Err(format!("`{text}` is no key of a telephone")),
        }
    }
}

impl From<Key> for String {
    fn from(key: Key) -> Self {
        key.0.into()
    }
}

fn is_key(key: char) -> bool {
    key.is_ascii_digit() || matches!(key, '*' | '#')
}

/// Whether a user, a trunk or a queue can be called so.
pub(crate) fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    !name.is_empty() && name.len() <= NAME_MAX && name.chars().all(fits)
}

/// Digits, after a `+` if need be.
pub(crate) fn is_number(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or(number);
    !digits.is_empty() && number.len() <= NUMBER_MAX && digits.chars().all(|c| c.is_ascii_digit())
}

fn within<'de, D: Deserializer<'de>, const FROM: u32, const TO: u32>(
    deserializer: D,
) -> Result<u32, D::Error> {
    let given = i64::deserialize(deserializer)?;
    let number = u32::try_from(given).ok().filter(|number| (FROM..=TO).contains(number));
    number.ok_or_else(|| serde::de::Error::custom(format!("{given} is not within {FROM} and {TO}")))
}

fn number_or_none<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let fits = text.is_empty() || (text.len() <= NUMBER_MAX && text.chars().all(|c| c.is_ascii_digit()));
    if fits { Ok(text) } else { Err(serde::de::Error::custom("a queue's number is made of digits")) }
}

fn named<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, QueueSettings>, D::Error> {
    let queues = BTreeMap::<String, QueueSettings>::deserialize(deserializer)?;
    match queues.keys().find(|name| !is_name(name)) {
        Some(name) => Err(serde::de::Error::custom(format!("no queue can be named `{name}`"))),
        None => Ok(queues),
    }
}

fn exits<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    let exits = BTreeMap::<String, String>::deserialize(deserializer)?;
    for (key, number) in &exits {
        Key::try_from(key.clone()).map_err(serde::de::Error::custom)?;
        let fits = !number.is_empty() && number.chars().all(|c| is_key(c) || c.is_ascii_alphabetic());
        if !fits {
            return Err(serde::de::Error::custom(format!("`{number}` is no number of the dialplan")));
        }
    }
    Ok(exits)
}
