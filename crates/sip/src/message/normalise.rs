//! The head of a message, made regular: bounded, unfolded, names canonical, comma lists split into one value a field.
//! What comes out is what typed parsers may rely on; it is what rsip lacks (no limits, no folding, no compact names).

use super::{Headers, MessageError, lex, name};
use std::borrow::Cow;

/// The start line and all header fields together, in bytes. Proxies add a few hundred bytes each; 32 KiB leaves half of the
/// largest message to the body.
pub const HEAD_SIZE_MAX: usize = 32 * 1024;
/// One header field with its continuation lines, in bytes. Identity and certificates in headers reach about 4 KiB.
pub const FIELD_SIZE_MAX: usize = 8 * 1024;
/// Values in a message, comma lists counted by entry. The torture message with the most has under 50.
pub const FIELD_COUNT_MAX: usize = 256;

/// A normalised head.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) start_line: String,
    /// Without Content-Length.
    pub(super) headers: Headers,
    /// What Content-Length says; several that agree are one.
    pub(super) content_length: Option<usize>,
}

/// What to do about a line that is no header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Refuse the message.
    Strict,
    /// Leave it out: what is left serves to answer a broken request.
    Salvage,
}

/// Where the head ends: the length of the bytes up to and with the empty line. `None`: there is no empty line.
/// A line ends with CRLF; a lone LF is taken too (RFC 3261 §7 wants CRLF, hand-made messages often lack CR).
pub(super) fn head_length(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|b| *b == b'\n')? + 1;
        match bytes.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

/// Normalises the head in `bytes` (which end after the empty line).
pub(super) fn head(bytes: &[u8], strictness: Strictness) -> Result<Head, MessageError> {
    if bytes.len() > HEAD_SIZE_MAX {
        return Err(MessageError::TooLarge("head"));
    }
    let mut rest = bytes;
    let start_line = lex::decode(next_line(&mut rest));
    let mut head = Head { start_line, headers: Headers::default(), content_length: None };
    head.headers.reserve(24);
    while let Some(field) = next_field(&mut rest) {
        match add_field(&mut head, &field) {
            Ok(()) => {}
            Err(MessageError::TooLarge(what)) => return Err(MessageError::TooLarge(what)),
            Err(error) if strictness == Strictness::Strict => return Err(error),
            Err(_) => {}
        }
    }
    Ok(head)
}

/// Takes a line off, without its end.
fn next_line<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let end = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let line = rest.get(..end).unwrap_or_default();
    *rest = rest.get(end + 1..).unwrap_or_default();
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Takes a field off: a line and its continuations, joined by one space (RFC 3261 §7.3.1).
fn next_field<'a>(rest: &mut &'a [u8]) -> Option<Cow<'a, [u8]>> {
    let line = next_line(rest);
    if line.is_empty() {
        return None;
    }
    let mut field = Cow::Borrowed(line);
    while let [b' ' | b'\t', ..] = rest {
        let more = next_line(rest).trim_ascii();
        let field = field.to_mut();
        field.truncate(field.trim_ascii_end().len());
        field.push(b' ');
        field.extend_from_slice(more);
    }
    Some(field)
}

fn add_field(head: &mut Head, field: &[u8]) -> Result<(), MessageError> {
    const MALFORMED: MessageError = MessageError::Malformed("header field");
    if field.len() > FIELD_SIZE_MAX {
        return Err(MessageError::TooLarge("header field"));
    }
    let colon = field.iter().position(|b| *b == b':').ok_or(MALFORMED)?;
    let (name, value) = field.split_at(colon);
    let name = core::str::from_utf8(name).map_err(|_| MALFORMED)?.trim_end_matches(lex::is_space);
    let value = value.get(1..).unwrap_or_default().trim_ascii();
    if !lex::is_token(name) || value.contains(&b'\r') {
        return Err(MALFORMED);
    }
    let known = name::lookup(name);
    if known.is_some_and(|k| k.name == name::CONTENT_LENGTH) {
        return content_length(head, value);
    }
    let name = known.map_or_else(|| Cow::Owned(name.to_owned()), |k| Cow::Borrowed(k.name));
    let layout = known.map_or(name::Layout::Single, |k| k.layout);
    if layout == name::Layout::Single || !value.contains(&b',') {
        return add_value(head, name, lex::decode(value));
    }
    let value = lex::decode(value);
    lex::split_outside(&value, b',').try_for_each(|item| add_value(head, name.clone(), item.to_owned()))
}

fn add_value(head: &mut Head, name: Cow<'static, str>, value: String) -> Result<(), MessageError> {
    if head.headers.len() >= FIELD_COUNT_MAX {
        return Err(MessageError::TooLarge("number of header fields"));
    }
    head.headers.push_canonical(name, value);
    Ok(())
}

fn content_length(head: &mut Head, value: &[u8]) -> Result<(), MessageError> {
    const MALFORMED: MessageError = MessageError::Malformed(name::CONTENT_LENGTH);
    let digits = core::str::from_utf8(value).map_err(|_| MALFORMED)?;
    // `usize::from_str` would take a plus sign.
    let number = digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    let length = number.ok_or(MALFORMED)?;
    // RFC 4475 §3.3.9: two that differ leave the end of the message in doubt.
    if head.content_length.is_some_and(|other| other != length) {
        return Err(MALFORMED);
    }
    head.content_length = Some(length);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strict(text: &str) -> Result<Head, MessageError> {
        head(text.as_bytes(), Strictness::Strict)
    }

    #[test]
    fn folding_compact_names_and_lists_become_regular() {
        let head = strict(
            "X\r\nv : a,\r\n b\r\nSubject: one,\r\n\ttwo \r\nNew-Thing: a, b\r\nm: <sip:a,b>, \"c,\" <sip:d>\r\n\r\n",
        )
        .unwrap();
        let fields: Vec<_> = head.headers.iter().collect();
        assert_eq!(
            fields,
            [
                ("Via", "a"),
                ("Via", "b"),
                ("Subject", "one, two"),
                ("New-Thing", "a, b"),
                ("Contact", "<sip:a,b>"),
                ("Contact", "\"c,\" <sip:d>"),
            ]
        );
    }

    #[test]
    fn a_line_that_is_no_field_is_refused_or_left_out() {
        for line in ["no colon", ": no name", "two words: x", "Na\u{ef}ve: x", "A: b\rc"] {
            let text = format!("X\r\n{line}\r\nTo: y\r\n\r\n");
            assert_eq!(strict(&text).unwrap_err(), MessageError::Malformed("header field"), "{line}");
            assert_eq!(head(text.as_bytes(), Strictness::Salvage).unwrap().headers.len(), 1, "{line}");
        }
    }

    #[test]
    fn limits_hold_at_the_limit_and_one_past() {
        let fields = |count: usize| strict(&format!("X\r\n{}\r\n", "A:b\r\n".repeat(count)));
        assert_eq!(fields(FIELD_COUNT_MAX).unwrap().headers.len(), FIELD_COUNT_MAX);
        assert_eq!(
            fields(FIELD_COUNT_MAX + 1).unwrap_err(),
            MessageError::TooLarge("number of header fields")
        );
        let items = |count: usize| strict(&format!("X\r\nAllow: {}b\r\n\r\n", "a,".repeat(count - 1)));
        assert_eq!(items(FIELD_COUNT_MAX).unwrap().headers.len(), FIELD_COUNT_MAX);
        assert_eq!(
            items(FIELD_COUNT_MAX + 1).unwrap_err(),
            MessageError::TooLarge("number of header fields")
        );
        let long = |size: usize| strict(&format!("X\r\nA:{}\r\n\r\n", "x".repeat(size - 2)));
        assert!(long(FIELD_SIZE_MAX).is_ok());
        assert_eq!(long(FIELD_SIZE_MAX + 1).unwrap_err(), MessageError::TooLarge("header field"));
        let big = |size: usize| strict(&format!("{}\r\n\r\n", "x".repeat(size - 4)));
        assert!(big(HEAD_SIZE_MAX).is_ok());
        assert_eq!(big(HEAD_SIZE_MAX + 1).unwrap_err(), MessageError::TooLarge("head"));
    }

    #[test]
    fn content_length_is_one_number() {
        let length = |text: &str| strict(&format!("X\r\n{text}\r\n\r\n")).map(|h| h.content_length);
        assert_eq!(length("l: 5\r\nContent-Length: 05"), Ok(Some(5)));
        assert_eq!(length("A: b"), Ok(None));
        for text in
            ["l: 5\r\nl: 6", "l: -1", "l: +1", "l: 1 2", "l:", "l: 99999999999999999999999", "l: 1, 1"]
        {
            assert_eq!(length(text), Err(MessageError::Malformed("Content-Length")), "{text}");
        }
    }
}
