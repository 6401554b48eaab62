//! `name-addr` and `addr-spec`: From, To, Contact, Route, Refer-To, P-Asserted-Identity, … (RFC 3261 §20.10).

use super::{MessageError, Params, Uri, lex};
use core::fmt;
use serde::{Deserialize, Serialize};

const MALFORMED: MessageError = MessageError::Malformed("name-addr");

/// A display name, a URI and header parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameAddr {
    /// The display name, unquoted.
    pub display: Option<String>,
    /// The address.
    pub uri: Uri,
    /// The header's parameters (`tag`, `expires`, `q`, …), not the URI's.
    pub params: Params,
}

impl NameAddr {
    /// An address without display name and parameters.
    pub fn new(uri: Uri) -> Self {
        Self { display: None, uri, params: Params::default() }
    }

    /// From one header value. Without angle brackets, parameters belong to the header (RFC 3261 §20).
    ///
    /// A display name without quotes may hold more than tokens (phones write accents and dots there), but neither comma,
    /// semicolon nor quote. An empty one is none.
    pub fn parse(value: &str) -> Result<Self, MessageError> {
        let value = value.trim_matches(lex::is_space);
        let (display, rest) = display_name(value)?;
        let Some(rest) = rest.strip_prefix('<') else {
            return Self::parse_addr_spec(value);
        };
        let (uri, params) = rest.split_once('>').ok_or(MALFORMED)?;
        Ok(Self { display, uri: Uri::parse(uri)?, params: Params::parse(params)? })
    }

    fn parse_addr_spec(value: &str) -> Result<Self, MessageError> {
        let (uri, params) = value.split_at(value.find(';').unwrap_or(value.len()));
        // RFC 3261 §20: a URI with a comma or a question mark must stand in angle brackets.
        if uri.contains([',', '?']) {
            return Err(MALFORMED);
        }
        let uri = Uri::parse(uri.trim_end_matches(lex::is_space))?;
        Ok(Self { display: None, uri, params: Params::parse(params)? })
    }

    /// The `tag` parameter.
    pub fn tag(&self) -> Option<&str> {
        self.params.value("tag")
    }

    /// The same with this `tag`.
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", Some(tag));
        self
    }
}

/// The display name, and what follows it: text that begins with `<`, or else an addr-spec.
fn display_name(value: &str) -> Result<(Option<String>, &str), MessageError> {
    if value.starts_with('"') {
        let (display, rest) = lex::quoted_prefix(value).ok_or(MALFORMED)?;
        let rest = rest.trim_start_matches(lex::is_space);
        return match rest.starts_with('<') {
            true => Ok((Some(display).filter(|d| !d.is_empty()), rest)),
            false => Err(MALFORMED),
        };
    }
    let Some(at) = value.find('<') else { return Ok((None, value)) };
    let (display, rest) = value.split_at(at);
    let display = display.trim_end_matches(lex::is_space);
    match display {
        "" => Ok((None, rest)),
        name if name.contains([',', ';', '"', '>']) => Err(MALFORMED),
        name => Ok((Some(name.to_owned()), rest)),
    }
}

impl fmt::Display for NameAddr {
    /// Always with angle brackets; the display name quoted and escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = self.display.as_deref().filter(|d| !d.is_empty()) {
            lex::write_quoted(f, display)?;
            f.write_str(" ")?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, display: Option<&str>, uri: &str, tag: Option<&str>) {
        let parsed = NameAddr::parse(text).unwrap();
        assert_eq!(parsed.display.as_deref(), display);
        assert_eq!(parsed.uri.to_string(), uri);
        assert_eq!(parsed.tag(), tag);
        assert_eq!(NameAddr::parse(&parsed.to_string()).unwrap(), parsed);
    }

    #[test]
    fn both_forms_and_their_parameters() {
        check("sip:a@b;tag=1", None, "sip:a@b", Some("1"));
        check("<sip:a@b;lr>;tag=1", None, "sip:a@b;lr", Some("1"));
        check(
            "sip:vivekg@chair.example.com ;   tag    = 19",
            None,
            "sip:vivekg@chair.example.com",
            Some("19"),
        );
        check(r#""J Rosenberg \\\""  <sip:j@e>  ;  tag = 9"#, Some("J Rosenberg \\\""), "sip:j@e", Some("9"));
        check("Alice Müller <tel:+49-30>", Some("Alice Müller"), "tel:+49-30", None);
        check("\"\" <sip:a@b>", None, "sip:a@b", None);
        check("\"a, <b>\" <sip:a,b@c?x=y>", Some("a, <b>"), "sip:a,b@c?x=y", None);
    }

    #[test]
    fn what_is_not_an_address_is_refused() {
        for text in [
            "",
            "\"Mr. J. User <sip:j@example.com>",
            "Bell, Alexander <sip:a@b>;tag=4",
            "\"\"Joe\" <sip:joe@example.org>;;;;",
            "< sip:a@b >",
            "<sip:a@b",
            "sip:a@b?Route=x",
            "<sip:a@b>;=x",
            "<sip:a@b> trailing",
            "*",
        ] {
            assert!(NameAddr::parse(text).is_err(), "{text}");
        }
    }
}
