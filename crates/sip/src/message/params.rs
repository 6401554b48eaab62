//! `;name=value` parameters of URIs and of header fields.

use super::{MessageError, lex};
use core::fmt;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

const MALFORMED: MessageError = MessageError::Malformed("parameter");

/// `;name=value` parameters, in order; names compare without case. Values are held as they were written: quoted strings
/// with their quotes ([`Params::text`] removes them), escapes of URIs as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Params(Vec<(Cow<'static, str>, Option<String>)>);

impl Params {
    /// From text that is empty or starts with `;` after white space. Empty parameters (`;;`) and text that is not a
    /// parameter are refused.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        let text = text.trim_matches(lex::is_space);
        if text.is_empty() {
            return Ok(Self::default());
        }
        let list = text.strip_prefix(';').ok_or(MALFORMED)?;
        lex::split_outside(list, b';').map(parameter).collect::<Result<_, _>>().map(Self)
    }

    /// The value of `name`: `Some("")` for a parameter without one.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_deref().unwrap_or(""))
    }

    /// The value of `name` without quotes and escapes.
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.value(name).map(lex::unquote)
    }

    /// Whether `name` is there.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Puts or replaces a parameter; `None` is one without a value.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.remove(name);
        self.0.push((interned(name), value.map(str::to_owned)));
    }

    /// Removes a parameter.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(n, v)| (n.as_ref(), v.as_deref()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, name: &str, value: Option<&str>) {
        self.0.push((interned(name), value.map(str::to_owned)));
    }
}

/// The names that nearly every message has are not allocated.
fn interned(name: &str) -> Cow<'static, str> {
    const USUAL: [&str; 12] = [
        "tag",
        "branch",
        "rport",
        "received",
        "lr",
        "transport",
        "ob",
        "user",
        "expires",
        "q",
        "cause",
        "reg-id",
    ];
    match USUAL.iter().find(|usual| **usual == name) {
        Some(usual) => Cow::Borrowed(usual),
        None => Cow::Owned(name.to_owned()),
    }
}

fn parameter(text: &str) -> Result<(Cow<'static, str>, Option<String>), MessageError> {
    let (name, value) = match text.split_once('=') {
        Some((name, value)) => {
            (name.trim_end_matches(lex::is_space), Some(value.trim_start_matches(lex::is_space)))
        }
        None => (text, None),
    };
    if !lex::is_token(name) || !value.is_none_or(is_value) {
        return Err(MALFORMED);
    }
    Ok((interned(name), value.map(str::to_owned)))
}

/// A quoted string, or text without white space and separators (RFC 3261 §25.1 gen-value: token, host or quoted-string;
/// more is let through, `[2001:db8::1]` and `a/b` among it).
fn is_value(value: &str) -> bool {
    match value.starts_with('"') {
        true => lex::quoted_prefix(value).is_some_and(|(_, rest)| rest.is_empty()),
        false => !value.is_empty() && !value.contains([' ', '\t', '"', '<', '>', ',', ';']),
    }
}

impl fmt::Display for Params {
    /// `;name=value;…`, nothing if empty.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.0 {
            f.write_str(";")?;
            f.write_str(name)?;
            if let Some(value) = value {
                f.write_str("=")?;
                f.write_str(value)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_quotes_and_missing_values() {
        let params = Params::parse(" ; a = 1 ;b; c=\"x;\\\"y\" ").unwrap();
        assert_eq!(params.value("A"), Some("1"));
        assert_eq!(params.value("b"), Some(""));
        assert_eq!(params.text("c").as_deref(), Some("x;\"y"));
        assert_eq!(params.to_string(), ";a=1;b;c=\"x;\\\"y\"");
    }

    #[test]
    fn empty_and_broken_parameters_are_refused() {
        for text in [";", ";;a", ";a=", ";a=\"open", "a", ";a b", ";a=b c", ";a=\"b\"c"] {
            assert!(Params::parse(text).is_err(), "{text}");
        }
    }
}
