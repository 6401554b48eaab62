//! The head of a message, made regular: bounded, unfolded, names canonical, comma lists split into one value a field.
//! What comes out is what typed parsers may rely on; it is what rsip lacks (no limits, no folding, no compact names).

use super::{Headers, MessageError, lex, name};
use std::borrow::Cow;
use std::sync::Arc;

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
    /// Method or version, and what follows it.
    pub(super) start_line: StartLine,
    /// Without Content-Length.
    pub(super) headers: Headers,
    /// What Content-Length says; several that agree are one.
    pub(super) content_length: Option<usize>,
}

/// The first line.
#[derive(Debug)]
pub(super) struct StartLine {
    head: Arc<str>,
    length: usize,
}

impl StartLine {
    pub(super) fn as_str(&self) -> &str {
        self.head.get(..self.length).unwrap_or_default()
    }
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
        at += line_feed(bytes.get(at..)?)? + 1;
        match bytes.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

/// The first line feed, looked for in blocks that the compiler compares at once.
fn line_feed(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 16;
    let block =
        bytes.chunks(BLOCK).position(|block| block.iter().fold(false, |found, b| found | (*b == b'\n')))?;
    let start = block * BLOCK;
    bytes.get(start..)?.iter().position(|b| *b == b'\n').map(|at| start + at)
}

/// What Content-Length says in a head that is not read otherwise: all that it takes to cut a stream. The same fields count as
/// in [`head`]; what else may be wrong with the message is found by whoever reads it.
pub(super) fn body_length(head: &[u8]) -> Result<Option<usize>, MessageError> {
    if head.len() > HEAD_SIZE_MAX {
        return Err(MessageError::TooLarge("head"));
    }
    let mut lines =
        head.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).peekable();
    let start = lines.next().unwrap_or_default();
    if !start.windows(4).any(|part| part.eq_ignore_ascii_case(b"SIP/")) {
        return Err(MessageError::Garbage);
    }
    let mut length = None;
    while let Some(line) = lines.next() {
        let Some(value) = content_length_value(line) else { continue };
        let mut value = lex::decode(value).into_owned();
        while let Some(more) = lines.next_if(|line| line.starts_with(b" ") || line.starts_with(b"\t")) {
            value.push(' ');
            value.push_str(&lex::decode(more));
        }
        length = Some(content_length(length, value.trim_matches(lex::is_space))?);
    }
    Ok(length)
}

/// The value, if the line is a Content-Length.
fn content_length_value(line: &[u8]) -> Option<&[u8]> {
    // Few fields begin like it: the others need no look-up.
    if !matches!(line, [b'c' | b'C' | b'l' | b'L', ..]) {
        return None;
    }
    let colon = line.iter().position(|b| *b == b':')?;
    let (name, value) = line.split_at_checked(colon)?;
    let name = core::str::from_utf8(name).ok()?.trim_end_matches(lex::is_space);
    name::lookup(name).filter(|known| known.name == name::CONTENT_LENGTH)?;
    value.get(1..)
}

/// Normalises the head in `bytes` (which end after the empty line).
pub(super) fn head(bytes: &[u8], strictness: Strictness) -> Result<Head, MessageError> {
    if bytes.len() > HEAD_SIZE_MAX {
        return Err(MessageError::TooLarge("head"));
    }
    let text: Arc<str> = Arc::from(lex::decode(bytes));
    let mut rest = &*text;
    let length = next_line(&mut rest).len();
    let mut fields = Fields {
        headers: Headers::of_head(Arc::clone(&text), values_max(&text)),
        content_length: None,
        lone_cr: text
            .as_bytes()
            .windows(2)
            .fold(false, |lone, pair| lone | matches!(pair, [b'\r', next] if *next != b'\n')),
    };
    while let Some(field) = next_field(&mut rest) {
        match fields.add(&field) {
            Ok(()) => {}
            Err(MessageError::TooLarge(what)) => return Err(MessageError::TooLarge(what)),
            Err(error) if strictness == Strictness::Strict => return Err(error),
            Err(_) => {}
        }
    }
    let Fields { headers, content_length, .. } = fields;
    Ok(Head { start_line: StartLine { head: text, length }, headers, content_length })
}

/// At least as many as there will be values, and seldom many more: some requests are kept for as long as their call lasts.
fn values_max(head: &str) -> usize {
    head.bytes().filter(|b| matches!(b, b'\n' | b',')).count().min(FIELD_COUNT_MAX)
}

/// Takes a line off, without its end.
fn next_line<'a>(rest: &mut &'a str) -> &'a str {
    let (line, tail) = match line_feed(rest.as_bytes()) {
        Some(end) => (rest.get(..end).unwrap_or_default(), rest.get(end + 1..).unwrap_or_default()),
        None => (*rest, ""),
    };
    *rest = tail;
    line.strip_suffix('\r').unwrap_or(line)
}

/// Takes a field off: a line and its continuations, joined by one space (RFC 3261 §7.3.1). A name and its colon stand on one line
/// (§25.1, HCOLON): a line without a colon is by itself, and no field, as it is none to whoever cuts a stream.
fn next_field<'a>(rest: &mut &'a str) -> Option<Cow<'a, str>> {
    let line = next_line(rest);
    if line.is_empty() {
        return None;
    }
    let mut field = Cow::Borrowed(line);
    let is_field = line.contains(':');
    while is_field && rest.starts_with(lex::is_space) {
        let more = next_line(rest).trim_matches(lex::is_space);
        let field = field.to_mut();
        field.truncate(field.trim_end_matches(lex::is_space).len());
        field.push(' ');
        field.push_str(more);
    }
    Some(field)
}

/// The fields of a head under way.
struct Fields {
    headers: Headers,
    content_length: Option<usize>,
    /// Somewhere a CR stands without LF: fields have to be looked at for it.
    lone_cr: bool,
}

impl Fields {
    fn add(&mut self, field: &str) -> Result<(), MessageError> {
        const MALFORMED: MessageError = MessageError::Malformed("header field");
        if field.len() > FIELD_SIZE_MAX {
            return Err(MessageError::TooLarge("header field"));
        }
        let (name, value) = field.split_once(':').ok_or(MALFORMED)?;
        let (name, value) = (name.trim_end_matches(lex::is_space), value.trim_matches(lex::is_space));
        let known = name::lookup(name);
        if known.is_none() && !lex::is_token(name) || self.lone_cr && value.contains('\r') {
            return Err(MALFORMED);
        }
        if known.is_some_and(|k| k.name == name::CONTENT_LENGTH) {
            self.content_length = Some(content_length(self.content_length, value)?);
            return Ok(());
        }
        let layout = known.map_or(name::Layout::Single, |k| k.layout);
        let known = known.map(|k| k.name);
        if layout == name::Layout::Single {
            return self.add_value(known, name, value);
        }
        lex::split_outside(value, b',').try_for_each(|item| self.add_value(known, name, item))
    }

    fn add_value(
        &mut self,
        known: Option<&'static str>,
        name: &str,
        value: &str,
    ) -> Result<(), MessageError> {
        if self.headers.len() >= FIELD_COUNT_MAX {
            return Err(MessageError::TooLarge("number of header fields"));
        }
        self.headers.push_received(known, name, value);
        Ok(())
    }
}

/// Content-Length, given what an earlier one said.
fn content_length(earlier: Option<usize>, value: &str) -> Result<usize, MessageError> {
    const MALFORMED: MessageError = MessageError::Malformed(name::CONTENT_LENGTH);
    // `usize::from_str` would take a plus sign.
    let number = value.bytes().all(|b| b.is_ascii_digit()).then(|| value.parse().ok()).flatten();
    let length = number.ok_or(MALFORMED)?;
    // RFC 4475 §3.3.9: two that differ leave the end of the message in doubt.
    if earlier.is_some_and(|other| other != length) { Err(MALFORMED) } else { Ok(length) }
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
        for line in [
            "no colon",
            "To\r\n : x",
            "Content-Length\r\n : 3",
            ": no name",
            "two words: x",
            "Na\u{ef}ve: x",
            "A: b\rc",
        ] {
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
