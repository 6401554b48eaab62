//! What is known to be secret: the values of the configuration's passwords and PINs, and what looks like a key wherever it stands.
//! An answer that holds any of it is not kept; in words it is blotted out.
//!
//! | Known by | An answer | Words of scripts |
//! |---|---|---|
//! | being a password or PIN of the configuration | not kept | blotted out, from six letters on |
//! | having been chosen by telephone, and kept by the exchange | not kept | blotted out, from six digits on |
//! | having been typed where a PIN was asked for, since the start | not kept | blotted out, from six digits on |
//! | the name of the member of a map or of JSON that it is: `token`, `pin` … | not kept | – |
//! | a name before it: `password: …`, `api_key=…`, `Bearer …` | not kept | blotted out after `Bearer`, `Basic`, `Digest` |
//! | looking drawn: 16 or more letters and digits in a row that change all the time | not kept | blotted out |

use cordboard_app::Value;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeSet, VecDeque};

/// Parts of names whose values are nobody's business.
const NAMES: [&str; 10] =
    ["pin", "pass", "secret", "token", "auth", "cookie", "code", "key", "digest", "credential"];
/// What stands before a credential (RFC 9110 §11.1).
const SCHEMES: [&str; 3] = ["bearer ", "basic ", "digest "];
/// Shorter secrets are numbers that stand for other things too: in words they are left, and an answer must be one as a whole.
const BLOTTED_MIN: usize = 6;
/// What is drawn by chance is as long, at least.
const DRAWN_MIN: usize = 16;
/// Configured secrets that are known at most; more users and boxes than an office has.
const KNOWN_MAX: usize = 200_000;
/// Typed ones that are known at most: all that an office types in a day. The oldest is forgotten.
const TYPED_MAX: usize = 4_096;
/// Shorter ones are no PINs that anybody could choose.
const TYPED_MIN: usize = 4;
/// JSON within JSON is looked into so far.
const DEPTH_MAX: usize = 8;

/// What is kept of the answers that programs get.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keeps {
    /// All but what is known to be secret.
    #[default]
    Answers,
    /// The same, without those of web servers.
    NoWeb,
    /// None.
    Nothing,
}

/// The secrets that are known by their values.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    /// Of letters and digits alone: looked up word by word.
    words: BTreeSet<Box<str>>,
    /// The others, few: searched for.
    others: Vec<Box<str>>,
    /// Chosen by telephone before the start, as the exchange has kept them.
    chosen: BTreeSet<Box<str>>,
    /// What was typed where a PIN was asked for, since the start: those that people have chosen by telephone are among them. The newest last.
    typed: VecDeque<Box<str>>,
}

impl core::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Secrets({})", self.words.len() + self.others.len() + self.chosen.len() + self.typed.len())
    }
}

impl Secrets {
    /// These. Empty ones are none.
    pub fn new(known: impl IntoIterator<Item = String>) -> Self {
        let mut secrets = Self::default();
        for secret in known.into_iter().filter(|secret| !secret.is_empty()).take(KNOWN_MAX) {
            if secret.chars().all(char::is_alphanumeric) {
                secrets.words.insert(secret.into());
            } else if !secrets.others.iter().any(|known| **known == *secret) {
                secrets.others.push(secret.into());
            }
        }
        secrets
    }

    /// These too were chosen by people, before the start.
    pub fn choose(&mut self, kept: impl IntoIterator<Item = String>) {
        let worth = |secret: &String| secret.len() >= TYPED_MIN;
        self.chosen.extend(kept.into_iter().filter(worth).take(KNOWN_MAX).map(Into::into));
    }

    /// This was typed where a PIN was asked for.
    pub(crate) fn learn(&mut self, typed: &str) {
        if typed.len() < TYPED_MIN || self.knows(typed) {
            return;
        }
        if self.typed.len() >= TYPED_MAX {
            self.typed.pop_front();
        }
        self.typed.push_back(typed.into());
    }

    /// What was known to be chosen or typed before.
    pub(crate) fn learn_all(&mut self, before: Self) {
        self.chosen.extend(before.chosen);
        before.typed.iter().for_each(|typed| self.learn(typed));
    }

    fn knows(&self, word: &str) -> bool {
        self.words.contains(word)
            || self.chosen.contains(word)
            || self.typed.iter().any(|typed| **typed == *word)
    }

    /// Whether an answer holds one.
    pub(crate) fn are_in(&self, answer: &Result<Value, String>) -> bool {
        match answer {
            Ok(value) => self.in_value(value),
            Err(text) => self.in_text(text, DEPTH_MAX),
        }
    }

    fn in_value(&self, value: &Value) -> bool {
        match value {
            Value::Text(text) | Value::Untrusted(text) => self.in_text(text, DEPTH_MAX),
            Value::Int(number) => self.knows(&number.to_string()),
            Value::List(list) => list.iter().any(|item| self.in_value(item)),
            Value::Map(map) => map.iter().any(|(key, of)| (names(key) && says(of)) || self.in_value(of)),
            Value::Unit | Value::Bool(_) | Value::Float(_) | Value::Destination(_) => false,
        }
    }

    fn in_text(&self, text: &str, depth: usize) -> bool {
        if self.knows(text.trim()) || self.others.iter().any(|known| text.contains(&**known)) {
            return true;
        }
        if let Some(depth) = depth.checked_sub(1)
            && text.trim_start().starts_with(['{', '['])
            && let Ok(json) = serde_json::from_str::<serde_json::Value>(text)
        {
            return self.in_json(&json, depth);
        }
        let lower = text.to_ascii_lowercase();
        SCHEMES.iter().any(|scheme| lower.contains(scheme))
            || is_named(&lower)
            || words(text).any(|(_, word)| self.is_secret(word))
    }

    fn in_json(&self, json: &serde_json::Value, depth: usize) -> bool {
        let Some(deeper) = depth.checked_sub(1) else { return true };
        match json {
            serde_json::Value::String(text) => self.in_text(text, depth),
            serde_json::Value::Number(number) => self.knows(&number.to_string()),
            serde_json::Value::Array(list) => list.iter().any(|item| self.in_json(item, deeper)),
            serde_json::Value::Object(map) => map.iter().any(|(key, of)| {
                let says = !matches!(of, serde_json::Value::Null | serde_json::Value::Bool(_));
                (says && names(key)) || self.in_json(of, deeper)
            }),
            serde_json::Value::Null | serde_json::Value::Bool(_) => false,
        }
    }

    fn is_secret(&self, word: &str) -> bool {
        (word.len() >= BLOTTED_MIN && self.knows(word)) || is_drawn(word)
    }

    /// A text without them.
    pub(crate) fn blotted(&self, text: &str) -> String {
        let mut text = Cow::Borrowed(text);
        for known in self.others.iter().filter(|known| known.len() >= BLOTTED_MIN) {
            if text.contains(&**known) {
                text = Cow::Owned(text.replace(&**known, &"x".repeat(known.chars().count())));
            }
        }
        let lower = text.to_ascii_lowercase();
        let follows = |at: usize| {
            let before = lower.get(..at).unwrap_or_default();
            SCHEMES.iter().any(|scheme| before.ends_with(scheme))
        };
        let secret: Vec<(usize, usize)> = words(&text)
            .filter(|(at, word)| self.is_secret(word) || (word.len() >= BLOTTED_MIN && follows(*at)))
            .map(|(at, word)| (at, word.len()))
            .collect();
        if secret.is_empty() {
            return text.into_owned();
        }
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for (at, len) in secret {
            out.push_str(text.get(from..at).unwrap_or_default());
            out.push_str(&"x".repeat(len));
            from = at + len;
        }
        out.push_str(text.get(from..).unwrap_or_default());
        out
    }
}

/// Whether a name sounds as if its value were secret.
fn names(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    NAMES.iter().any(|secret| name.contains(secret))
}

/// Whether there is anything to hide.
fn says(value: &Value) -> bool {
    match value {
        Value::Unit | Value::Bool(_) => false,
        Value::Text(text) | Value::Untrusted(text) => !text.is_empty(),
        Value::Int(_) | Value::Float(_) | Value::Destination(_) | Value::List(_) | Value::Map(_) => true,
    }
}

/// Whether a name that sounds secret stands before `=` or `:`: `password: x`, `api_key=x`, `"token": x`.
fn is_named(lower: &str) -> bool {
    lower.char_indices().filter(|(_, c)| matches!(c, '=' | ':')).any(|(at, _)| {
        let before = lower.get(..at).unwrap_or_default().trim_end_matches(['"', '\'', ' ', '\\']);
        let name =
            before.rsplit(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').next().unwrap_or_default();
        names(name)
    })
}

/// Letters and digits in a row, with `-` and `_` between them; where each begins.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut at = 0;
    text.split(move |c: char| !fits(c)).map(move |word| {
        let begins = at;
        at += word.len();
        // What ended it may be longer than a byte.
        at += text.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        (begins, word)
    })
}

/// Whether letters and digits were drawn by chance, not written: small, large and digits follow each other without an order. Names,
/// numbers and dates change seldom.
fn is_drawn(word: &str) -> bool {
    let kind = |c: char| match c {
        'a'..='z' => 0,
        'A'..='Z' => 1,
        _ => 2,
    };
    let kinds: Vec<i32> = word.chars().filter(char::is_ascii_alphanumeric).map(kind).collect();
    let changes = kinds.windows(2).filter(|pair| pair.first() != pair.last()).count();
    let has = |wanted: i32| kinds.contains(&wanted);
    kinds.len() >= DRAWN_MIN && has(2) && (has(0) || has(1)) && changes * 7 >= kinds.len() * 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn office() -> Secrets {
        Secrets::new(["8421", "246813", "kq7mz4xw2r", "as the provider says", ""].map(str::to_owned))
    }

    fn holds(text: &str) -> bool {
        office().are_in(&Ok(Value::Untrusted(text.to_owned())))
    }

    #[test]
    fn a_secret_is_known_whatever_its_name_is() {
        for secret in [
            "8421",
            " 8421 ",
            "246813",
            "call 246813 now",
            "it is kq7mz4xw2r!",
            "{\"a\": [\"kq7mz4xw2r\"]}",
            "{\"a\": 246813}",
            "it is as the provider says, is it",
            "Bearer abc",
            "Digest username=101",
            "password: hunter2",
            "api_key=12",
            "{\"x\": {\"sessionToken\": \"short\"}}",
            "{\"x\": \"{\\\"pin\\\": 1}\"}",
            "<token>: 1, \"secret\" : 2",
            "9f86d081884c7d659a2feaa0c55ad015",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
            "550e8400-e29b-41d4-a716-446655440000",
            "see https://crm.example/r/Zk3T9pQ2vX8mB1nL",
        ] {
            assert!(holds(secret), "{secret}");
        }
    }

    #[test]
    fn what_an_office_says_otherwise_is_none() {
        for open in [
            "",
            "101",
            "84210",
            "call 8421 now",
            "+442079460123",
            "2026-11-23T10:00:00Z",
            "20261123100000",
            "voicemail-greetings/101-unavail",
            "recordings/2026/11/23/101-102-1795424400.wav",
            "Mrs. Archer of Archer & Sons, VIP since 2019",
            "{\"name\": \"Ann\", \"vip\": true, \"pin_set\": false, \"open\": 17}",
            "CustomerServiceDepartmentNorth2",
            "https://crm.example/customers/4711",
            "open: 9-17",
        ] {
            assert!(!holds(open), "{open}");
        }
        let map = Value::Map(BTreeMap::from([("code".to_owned(), Value::Text("1".to_owned()))]));
        assert!(office().are_in(&Ok(map)));
        assert!(!office().are_in(&Ok(Value::Map(BTreeMap::from([("code".to_owned(), Value::Unit)])))));
        assert!(office().are_in(&Ok(Value::List(vec![Value::Int(246_813)]))));
        assert!(office().are_in(&Err("wrong password: kq7mz4xw2r".to_owned())));
    }

    #[test]
    fn words_are_blotted_out_letter_by_letter() {
        for (text, left) in [
            ("caller 101 is VIP", "caller 101 is VIP"),
            ("pin 8421 of 246813é kq7mz4xw2r", "pin 8421 of xxxxxxé xxxxxxxxxx"),
            ("as the provider says!", "xxxxxxxxxxxxxxxxxxxx!"),
            ("sends Bearer sesame1, done", "sends Bearer xxxxxxx, done"),
            ("9f86d081884c7d659a2feaa0c55ad015", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ] {
            assert_eq!(office().blotted(text), left);
        }
    }

    #[test]
    fn json_in_json_is_looked_into_up_to_its_bound_and_not_kept_beyond() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(!holds(&nested(DEPTH_MAX - 2)));
        assert!(holds(&nested(DEPTH_MAX)));
    }

    #[test]
    fn what_was_typed_at_a_question_for_a_pin_is_known_until_others_push_it_out() {
        let mut secrets = office();
        let answer = |text: &str| Ok(Value::Text(text.to_owned()));
        secrets.learn("123");
        secrets.learn("4711");
        secrets.learn("471147");
        assert!(!secrets.are_in(&answer("123")) && secrets.are_in(&answer("4711")));
        assert!(secrets.are_in(&Ok(Value::Int(4_711))) && secrets.are_in(&answer("[4711]")));
        assert_eq!(secrets.blotted("4711, 471147"), "4711, xxxxxx");
        let mut anew = office();
        anew.learn_all(secrets);
        assert!(anew.are_in(&answer("4711")), "other secrets of the configuration change nothing of it");
        anew.choose(["123", "55443", "554433"].map(str::to_owned));
        assert!(!anew.are_in(&answer("123")) && anew.are_in(&answer("55443")));
        assert_eq!(anew.blotted("55443, 554433"), "55443, xxxxxx");
        let mut anew = {
            let mut reloaded = office();
            reloaded.learn_all(anew);
            reloaded
        };
        assert!(anew.are_in(&answer("55443")) && anew.are_in(&answer("4711")));
        (0..TYPED_MAX).for_each(|n| anew.learn(&format!("5{n:05}")));
        assert_eq!((anew.typed.len(), anew.are_in(&answer("4711"))), (TYPED_MAX, false));
    }

    proptest::proptest! {
        #[test]
        fn no_configured_secret_is_left_in_words(before in "[ -~é]{0,30}", after in "[ -~é]{0,30}") {
            let text = format!("{before} kq7mz4xw2r {after}");
            proptest::prop_assert!(!office().blotted(&text).contains("kq7mz4xw2r"));
            proptest::prop_assert_eq!(office().blotted(&text).chars().count(), text.chars().count());
        }
    }
}
