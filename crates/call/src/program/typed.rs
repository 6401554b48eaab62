//! What was typed in a call where a PIN or a password was asked for: it is in nothing that the call's programs say afterwards.

use crate::Hidden;
use cordboard_app::{Note, Value};
use core::fmt;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Shorter numbers stand for other things too.
const BLOTTED_MIN: usize = 3;
/// Of a call; the oldest is forgotten. Who guesses is sent away before.
const TYPED_MAX: usize = 16;
/// Parts of the names of an event's members whose values are nobody's business. Fewer than for answers: who reads events wants to know
/// which key was pressed and which code dialled.
const SECRETS: [&str; 4] = ["pin", "pass", "secret", "token"];

/// The secrets that were typed in a call.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Typed(Vec<String>);

impl fmt::Debug for Typed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Typed({})", self.0.len())
    }
}

impl Typed {
    /// This one too, for whoever must know it to hide it; `None`: it is none, or known.
    pub(crate) fn learn(&mut self, digits: &str) -> Option<Hidden> {
        if digits.len() < BLOTTED_MIN || self.0.iter().any(|known| known == digits) {
            return None;
        }
        if self.0.len() >= TYPED_MAX {
            self.0.remove(0);
        }
        self.0.push(digits.to_owned());
        Some(Hidden(digits.to_owned()))
    }

    /// A text without them, where they stand as whole numbers.
    pub(crate) fn blotted<'a>(&self, text: Cow<'a, str>) -> Cow<'a, str> {
        // What telephones can type.
        let is_key = |c: char| c.is_ascii_digit() || c == '*' || c == '#';
        if !self.0.iter().any(|known| text.contains(known.as_str())) {
            return text;
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = &*text;
        while let Some(from) = rest.find(is_key) {
            let (before, number) = rest.split_at(from);
            let (number, after) = number.split_at(number.find(|c| !is_key(c)).unwrap_or(number.len()));
            let is_secret = |known: &String| *known == number || known == number.trim_matches(['*', '#']);
            out.push_str(before);
            if self.0.iter().any(is_secret) {
                out.extend(number.chars().map(|_| 'x'));
            } else {
                out.push_str(number);
            }
            rest = after;
        }
        out.push_str(rest);
        Cow::Owned(out)
    }

    /// A note without them. What it sets is its author's business. Of an event's data nothing is left, either, that is named as a secret.
    pub(crate) fn hidden_in(&self, note: Note) -> Note {
        let blotted = |text: String| self.blotted(Cow::Owned(text)).into_owned();
        match note {
            Note::Event { name, data } => {
                Note::Event { name: blotted(name), data: self.hidden_in_value(data) }
            }
            _ if self.0.is_empty() => note,
            Note::Log { level, text } => Note::Log { level, text: blotted(text) },
            Note::Mark(name) => Note::Mark(blotted(name)),
            Note::ScriptError(text) => Note::ScriptError(blotted(text)),
            Note::Tag { .. }
            | Note::SetVar { .. }
            | Note::SetCaller(..)
            | Note::SetConnected(_)
            | Note::TellTransferrer { .. }
            | Note::SetRedirecting(_)
            | Note::SetLang(_)
            | Note::SetMusicClass(_)
            | Note::SetMaxDuration(_) => note,
        }
    }

    fn hidden_in_value(&self, value: Value) -> Value {
        let blotted = |text: String| self.blotted(Cow::Owned(text)).into_owned();
        match value {
            Value::Text(text) => Value::Text(blotted(text)),
            Value::Untrusted(text) => Value::Untrusted(blotted(text)),
            Value::Int(number) => {
                let text = number.to_string();
                let shown = self.blotted(Cow::Borrowed(&text));
                if *shown == *text { value } else { Value::Text(shown.into_owned()) }
            }
            Value::List(list) => {
                Value::List(list.into_iter().map(|item| self.hidden_in_value(item)).collect())
            }
            Value::Map(map) => {
                let member = |(key, of): (String, Value)| {
                    let of = if is_secret(&key) { hidden(of) } else { self.hidden_in_value(of) };
                    (blotted(key), of)
                };
                Value::Map(map.into_iter().map(member).collect())
            }
            Value::Unit | Value::Bool(_) | Value::Float(_) | Value::Destination(_) => value,
        }
    }
}

/// Whether a member of an event's data is named as a secret.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|secret| name.contains(secret))
}

/// That there is something, and what kind of thing; not how long it is.
fn hidden(value: Value) -> Value {
    match value {
        Value::Unit | Value::Bool(_) => value,
        Value::Text(text) | Value::Untrusted(text) if text.is_empty() => Value::Text(text),
        Value::Text(_)
        | Value::Untrusted(_)
        | Value::Int(_)
        | Value::Float(_)
        | Value::List(_)
        | Value::Map(_)
        | Value::Destination(_) => Value::Text("xxxx".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_is_blotted_out_as_a_whole_number() {
        let mut typed = Typed::default();
        assert!(typed.learn("42").is_none(), "too short to be known again");
        assert!(typed.learn("8421").is_some() && typed.learn("8421").is_none());
        for (text, left) in [
            ("the PIN is 8421.", "the PIN is xxxx."),
            ("8421", "xxxx"),
            ("*8421#é8421", "xxxxxxéxxxx"),
            ("84210 and 18421, at 42", "84210 and 18421, at 42"),
            ("", ""),
        ] {
            assert_eq!(typed.blotted(text.into()), left);
        }
        let note = Note::ScriptError("main.rhai:3:8421: no such door: 8421".to_owned());
        assert_eq!(
            typed.hidden_in(note),
            Note::ScriptError("main.rhai:3:xxxx: no such door: xxxx".to_owned())
        );
        assert!(!format!("{typed:?} {:?}", Hidden("8421".to_owned())).contains("8421"));
    }

    #[test]
    fn an_event_is_told_without_what_was_typed_and_what_is_named_as_a_secret() {
        let mut typed = Typed::default();
        let untrusted = |text: &str| Value::Untrusted(text.to_owned());
        let text = |text: &str| Value::Text(text.to_owned());
        let map = |members: &[(&str, Value)]| {
            Value::Map(members.iter().map(|(key, of)| ((*key).to_owned(), of.clone())).collect())
        };
        let told = |typed: &Typed, data: Value| {
            let Note::Event { name, data } =
                typed.hidden_in(Note::Event { name: "door 8421".to_owned(), data })
            else {
                panic!("an event stays one");
            };
            (name, data)
        };
        // Nothing was typed: what is named as a secret is one all the same, and empty ones are shown to be.
        let named = map(&[
            ("door_pin", untrusted("12")),
            ("Password", Value::Int(1)),
            ("pin_set", Value::Bool(true)),
            ("pin", text("")),
        ]);
        let left = map(&[
            ("door_pin", text("xxxx")),
            ("Password", text("xxxx")),
            ("pin_set", Value::Bool(true)),
            ("pin", text("")),
        ]);
        assert_eq!(told(&typed, named), ("door 8421".to_owned(), left));
        typed.learn("8421");
        let data = map(&[
            ("who", untrusted("101 by 8421")),
            ("8421", Value::Int(8_421)),
            ("all", Value::List(vec![text("8421"), Value::Int(84_210), Value::Unit])),
        ]);
        let left = map(&[
            ("who", untrusted("101 by xxxx")),
            ("xxxx", text("xxxx")),
            ("all", Value::List(vec![text("xxxx"), Value::Int(84_210), Value::Unit])),
        ]);
        assert_eq!(told(&typed, data), ("door xxxx".to_owned(), left));
    }

    #[test]
    fn of_many_the_oldest_is_forgotten() {
        let mut typed = Typed::default();
        for n in 0..TYPED_MAX {
            typed.learn(&format!("10{n:02}"));
        }
        assert_eq!(typed.blotted("1000".into()), "xxxx");
        typed.learn("9999");
        assert_eq!(
            (typed.blotted("1000".into()), typed.blotted("1001".into())),
            ("1000".into(), "xxxx".into())
        );
    }
}
