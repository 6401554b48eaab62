//! Keys and what they do.

use serde::{Deserialize, Serialize};

/// What a key does for who pressed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Menu,
    Mute,
    Deaf,
    Hear(i8),
    Speak(i8),
    Leave,
    Invite,
    /// The next digit says what.
    Further,
    /// The service does it.
    Act(Act),
}

/// What the service does for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Act {
    Count,
    Lock,
    KickLast,
    MuteAll,
    Extend,
    Record,
    End,
}

/// By a step, in dB.
const STEP_DB: i8 = 3;
/// At most so much louder or softer, in dB.
const LOUDER_MAX_DB: i8 = 12;

const EVERYBODY: &[(char, Key)] = &[
    ('*', Key::Menu),
    ('1', Key::Mute),
    ('4', Key::Hear(-STEP_DB)),
    ('6', Key::Hear(STEP_DB)),
    ('7', Key::Speak(-STEP_DB)),
    ('9', Key::Speak(STEP_DB)),
    ('5', Key::Deaf),
    ('0', Key::Act(Act::Count)),
    ('8', Key::Leave),
];
const ADMINISTRATORS: &[(char, Key)] =
    &[('2', Key::Act(Act::Lock)), ('3', Key::Act(Act::KickLast)), ('#', Key::Further)];
const FURTHER: &[(char, Key)] = &[
    ('1', Key::Act(Act::MuteAll)),
    ('2', Key::Act(Act::Extend)),
    ('3', Key::Invite),
    ('4', Key::Act(Act::Record)),
    ('9', Key::Act(Act::End)),
];

/// The keys that are listened to.
pub(crate) fn digits(admin: bool) -> String {
    let more = if admin { ADMINISTRATORS } else { &[] };
    EVERYBODY.iter().chain(more).map(|(digit, _)| *digit).collect()
}

/// Those after `#`.
pub(crate) fn further_digits() -> String {
    FURTHER.iter().map(|(digit, _)| *digit).collect()
}

/// What a digit does.
pub(crate) fn key(digit: char, admin: bool) -> Option<Key> {
    let more = if admin { ADMINISTRATORS } else { &[] };
    find(EVERYBODY, digit).or_else(|| find(more, digit))
}

/// What a digit does after `#`.
pub(crate) fn further(digit: char) -> Option<Key> {
    find(FURTHER, digit)
}

/// A volume after a step.
pub(crate) fn stepped(now_db: i8, by_db: i8) -> i8 {
    now_db.saturating_add(by_db).clamp(-LOUDER_MAX_DB, LOUDER_MAX_DB)
}

fn find(keys: &[(char, Key)], digit: char) -> Option<Key> {
    keys.iter().find(|(it, _)| *it == digit).map(|(_, key)| *key)
}
