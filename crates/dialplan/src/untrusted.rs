//! What somebody outside supplied: dialled digits, caller numbers and names, header fields, typed digits.
//!
//! It can be compared, matched, cut, joined, spoken, logged and stored, and stays marked through all of that. It becomes a
//! destination only through `user()` and `trunk()`, and a plain string only through `only()`, which keeps named characters.
//! There is no other way from [`Untrusted`] to a string: joining and interpolating yield [`Untrusted`] again.

use crate::engine::STRING_MAX;
use crate::registry::Registrar;
use rhai::{Dynamic, EvalAltResult, ImmutableString, Position};
use std::any::TypeId;

/// A text that somebody outside supplied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Untrusted(pub(crate) ImmutableString);

impl Untrusted {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.into())
    }

    pub(crate) fn dynamic(text: &str) -> Dynamic {
        Dynamic::from(Self::new(text))
    }
}

/// The text of a string or an untrusted one, for verbs that may take both.
pub(crate) fn text_of(value: &Dynamic) -> Option<ImmutableString> {
    if let Some(untrusted) = value.read_lock::<Untrusted>() {
        return Some(untrusted.0.clone());
    }
    if let Ok(c) = value.as_char() {
        return Some(c.to_string().into());
    }
    value.clone().into_immutable_string().ok()
}

/// The text of a string, an untrusted one, or a whole number: what scripts may give where digits are wanted.
pub(crate) fn digits_of(value: &Dynamic) -> Option<ImmutableString> {
    value.as_int().ok().map(|number| number.to_string().into()).or_else(|| text_of(value))
}

pub(crate) fn is_untrusted(value: &Dynamic) -> bool {
    value.is::<Untrusted>()
}

type U = Untrusted;
type S = ImmutableString;

/// All that scripts can do with it. Everything here is pure.
pub(crate) fn register(to: &mut Registrar<'_>) {
    to.type_name::<Untrusted>("Untrusted");
    compare(to);
    join(to);
    cut(to);
    ask(to);
}

fn compare(to: &mut Registrar<'_>) {
    macro_rules! comparison {
        ($($name:literal $op:tt),*) => {$(
            to.pure($name, |a: U, b: U| a.0 $op b.0);
            to.pure($name, |a: U, b: S| a.0 $op b);
            to.pure($name, |a: S, b: U| a $op b.0);
        )*};
    }
    comparison!("==" ==, "!=" !=, "<" <, "<=" <=, ">" >, ">=" >=);
}

type Joined = Result<Untrusted, Box<EvalAltResult>>;

/// The engine bounds strings of its own only.
fn bounded(text: S) -> Joined {
    if text.len() > STRING_MAX {
        return Err(Box::new(EvalAltResult::ErrorDataTooLarge(
            "Length of string".to_owned(),
            Position::NONE,
        )));
    }
    Ok(Untrusted(text))
}

fn join(to: &mut Registrar<'_>) {
    to.pure("+", |a: U, b: U| bounded(a.0 + b.0));
    to.pure("+", |a: U, b: S| bounded(a.0 + b));
    to.pure("+", |a: S, b: U| bounded(a + b.0));
    to.pure("+", |a: U, b: char| bounded(a.0 + b));
    to.pure("+", |a: char, b: U| bounded(ImmutableString::from(a.to_string()) + b.0));
    to.pure("+", |a: U, b: i64| bounded(a.0 + b.to_string().as_str()));
    to.pure("+", |a: i64, b: U| bounded(ImmutableString::from(a.to_string()) + b.0));
    // A string that takes some of it becomes untrusted as a whole.
    to.raw_pure("+=", &[TypeId::of::<S>(), TypeId::of::<U>()], |arguments| {
        if let [text, more] = arguments {
            let joined = text_of(text).unwrap_or_default() + text_of(more).unwrap_or_default();
            **text = Dynamic::from(bounded(joined)?);
        }
        Ok(())
    });
    // Also what interpolation ends in: still marked.
    to.pure("to_string", |a: U| a);
    to.pure("to_debug", |a: U| a);
}

fn slice(text: &str, start: i64, len: i64) -> Untrusted {
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let start = if start < 0 { start.saturating_add(count).max(0) } else { start };
    let skip = usize::try_from(start).unwrap_or(usize::MAX);
    let take = usize::try_from(len).unwrap_or(0);
    Untrusted(text.chars().skip(skip).take(take).collect::<String>().into())
}

fn cut(to: &mut Registrar<'_>) {
    to.pure("sub_string", |a: U, start: i64| slice(&a.0, start, i64::MAX));
    to.pure("sub_string", |a: U, start: i64, len: i64| slice(&a.0, start, len));
    to.indexer(|a: &mut U, at: i64| slice(&a.0, at, 1));
    to.pure("to_upper", |a: U| Untrusted(a.0.to_uppercase().into()));
    to.pure("to_lower", |a: U| Untrusted(a.0.to_lowercase().into()));
    // In place, as for strings.
    to.pure("trim", |a: &mut U| *a = Untrusted(a.0.trim().into()));
    to.pure("replace", |a: &mut U, from: S, by: S| -> Result<(), Box<EvalAltResult>> {
        *a = bounded(a.0.replace(from.as_str(), &by).into())?;
        Ok(())
    });
    to.pure("split", |a: U, by: S| -> rhai::Array {
        a.0.split(by.as_str()).map(Untrusted::dynamic).collect()
    });
    to.pure("chars", |a: U| -> rhai::Array {
        a.0.chars().map(|c| Untrusted::dynamic(&c.to_string())).collect()
    });
}

fn ask(to: &mut Registrar<'_>) {
    let count = |text: &str| i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    to.pure("len", move |a: U| count(&a.0));
    to.getter("len", move |a: &mut U| count(&a.0));
    to.pure("is_empty", |a: U| a.0.is_empty());
    to.getter("is_empty", |a: &mut U| a.0.is_empty());
    to.pure("starts_with", |a: U, b: S| a.0.starts_with(b.as_str()));
    to.pure("starts_with", |a: U, b: U| a.0.starts_with(b.0.as_str()));
    to.pure("ends_with", |a: U, b: S| a.0.ends_with(b.as_str()));
    to.pure("ends_with", |a: U, b: U| a.0.ends_with(b.0.as_str()));
    to.pure("contains", |a: U, b: S| a.0.contains(b.as_str()));
    to.pure("contains", |a: U, b: char| a.0.contains(b));
    to.pure("contains", |a: U, b: U| a.0.contains(b.0.as_str()));
    to.pure("contains", |a: S, b: U| a.contains(b.0.as_str()));
    to.pure("index_of", |a: U, b: S| {
        let at = a.0.find(b.as_str()).and_then(|byte| a.0.get(..byte)).map(|before| before.chars().count());
        at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)
    });
    // A number is harmless: nothing but digits and a sign is left of it.
    to.pure("parse_int", |a: U| -> Result<i64, Box<rhai::EvalAltResult>> {
        a.0.trim().parse::<i64>().map_err(|_| "parse_int: this is no number".into())
    });
    to.pure("get", |map: rhai::Map, key: U| map.get(key.0.as_str()).cloned().unwrap_or_default());
    to.pure("contains", |map: rhai::Map, key: U| map.contains_key(key.0.as_str()));
}
