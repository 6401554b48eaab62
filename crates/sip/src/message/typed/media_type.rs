//! `Content-Type` and the entries of `Accept` (RFC 3261 §20.15, §20.1).

use super::Parameterised;
use crate::message::{Headers, MessageError, Params, lex, name};
use core::fmt;

const MALFORMED: MessageError = MessageError::Malformed(name::CONTENT_TYPE);

/// A media type or a media range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// `application`, in lower case; `*` in a range.
    pub kind: String,
    /// `sdp`, in lower case; `*` in a range.
    pub subtype: String,
    /// `boundary`, `charset`, …
    pub params: Params,
}

impl MediaType {
    /// From one header value.
    pub fn parse(value: &str) -> Result<Self, MessageError> {
        let Parameterised { value, params } = Parameterised::parse(value).map_err(|_| MALFORMED)?;
        let (kind, subtype) = value.split_once('/').ok_or(MALFORMED)?;
        let (kind, subtype) =
            (kind.trim_end_matches(lex::is_space), subtype.trim_start_matches(lex::is_space));
        if !lex::is_token(kind) || !lex::is_token(subtype) {
            return Err(MALFORMED);
        }
        Ok(Self { kind: kind.to_ascii_lowercase(), subtype: subtype.to_ascii_lowercase(), params })
    }

    /// Whether it is `essence` (`application/sdp`), or a range that includes it.
    pub fn matches(&self, essence: &str) -> bool {
        let Some((kind, subtype)) = essence.split_once('/') else { return false };
        let one = |mine: &str, theirs: &str| mine == "*" || mine.eq_ignore_ascii_case(theirs);
        one(&self.kind, kind) && one(&self.subtype, subtype)
    }
}

impl fmt::Display for MediaType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}{}", self.kind, self.subtype, self.params)
    }
}

impl Headers {
    /// Content-Type; `None` if absent.
    pub fn content_type(&self) -> Result<Option<MediaType>, MessageError> {
        self.first(name::CONTENT_TYPE).map(MediaType::parse).transpose()
    }

    /// Whether the body is of type `essence` (`application/sdp`), parameters aside.
    pub fn content_is(&self, essence: &str) -> bool {
        matches!(self.content_type(), Ok(Some(found)) if found.matches(essence))
    }

    /// Whether Accept lets `essence` be sent. No Accept header means `default`: what is accepted then depends on the method
    /// (RFC 3261 §20.1). An empty one accepts nothing.
    pub fn accepts(&self, essence: &str, default: bool) -> bool {
        let mut ranges = self.all(name::ACCEPT).peekable();
        match ranges.peek() {
            None => default,
            Some(_) => ranges.any(|range| MediaType::parse(range).is_ok_and(|range| range.matches(essence))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_match_without_case_and_parameters() {
        let mut headers = Headers::default();
        headers.push("c", "Application / SDP ; charset=utf-8;x=\"a;b\"");
        assert!(headers.content_is("application/sdp") && !headers.content_is("application/sdpx"));
        assert_eq!(
            headers.content_type().unwrap().unwrap().to_string(),
            "application/sdp;charset=utf-8;x=\"a;b\""
        );
        assert!(!Headers::default().content_is("application/sdp"));
        for value in ["", "application", "/sdp", "a/b/c", "a b/c", "a/b;"] {
            assert_eq!(MediaType::parse(value), Err(MALFORMED), "{value}");
        }
    }

    #[test]
    fn accept_is_a_list_of_ranges() {
        let mut headers = Headers::default();
        assert!(headers.accepts("application/sdp", true) && !headers.accepts("application/sdp", false));
        headers.push("Accept", "text/*;q=0.5");
        assert!(headers.accepts("text/plain", false) && !headers.accepts("application/sdp", true));
        headers.push("Accept", "*/*");
        assert!(headers.accepts("application/sdp", false));
        headers.set("Accept", "");
        assert!(!headers.accepts("application/sdp", true));
    }
}
