//! When a queue is empty: what makes a member count as nobody.

use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;

/// What makes a member count as nobody, for the rules of empty queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "documented in the file")]
pub enum Factor {
    Paused,
    Penalty,
    Inuse,
    Ringing,
    Unavailable,
    Invalid,
    Unknown,
    Wrapup,
}

/// When a queue is empty; `None`: never.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty(pub Option<BTreeSet<Factor>>);

/// A rule as it is written: Asterisk's words, or factors.
#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenRule {
    Truth(bool),
    Word(String),
    Factors(BTreeSet<Factor>),
    /// As `None` is written in JSON.
    Never(()),
}

/// What Asterisk's words mean (`parse_empty_options`): `loose` and `strict` name factors; `when_false` is what "no" means.
fn rule<'de, D: Deserializer<'de>>(
    deserializer: D,
    (when_true, when_false): (Option<BTreeSet<Factor>>, Option<BTreeSet<Factor>>),
) -> Result<Empty, D::Error> {
    let wrong =
        || serde::de::Error::custom("expected true, false, \"loose\", \"strict\" or a list of factors");
    let written = WrittenRule::deserialize(deserializer).map_err(|_| wrong())?;
    Ok(Empty(match written {
        WrittenRule::Truth(true) => when_true,
        WrittenRule::Truth(false) => when_false,
        WrittenRule::Word(word) => match word.as_str() {
            "strict" => Some(strict()),
            "loose" => Some(loose()),
            _ => return Err(wrong()),
        },
        WrittenRule::Factors(factors) => Some(factors),
        WrittenRule::Never(()) => None,
    }))
}

/// `strict` of Asterisk.
fn strict() -> BTreeSet<Factor> {
    BTreeSet::from([Factor::Penalty, Factor::Invalid, Factor::Paused, Factor::Unavailable])
}

/// `loose` of Asterisk.
fn loose() -> BTreeSet<Factor> {
    BTreeSet::from([Factor::Penalty, Factor::Invalid])
}

fn usual() -> BTreeSet<Factor> {
    BTreeSet::from([Factor::Penalty, Factor::Invalid, Factor::Paused])
}

/// `join_empty = true`: whoever calls may wait, whoever is there.
pub(super) fn join_rule<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Empty, D::Error> {
    rule(deserializer, (None, Some(usual())))
}

/// `leave_empty = true`: an empty queue is left.
pub(super) fn leave_rule<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Empty, D::Error> {
    rule(deserializer, (Some(usual()), None))
}
