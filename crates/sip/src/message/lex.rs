//! The small lexical rules that every header shares: tokens, quoted strings, lists, and text that may not be UTF-8.
//!
//! Header bytes that are not UTF-8 are kept, not lost: such a byte `b` becomes the private-use character U+F700+`b`, and is
//! printed as that byte again (the bytes of a genuine character of that range are treated the same way, so nothing is
//! ambiguous). [`readable`] turns them into U+FFFD for people.

use std::borrow::Cow;

const RAW_FIRST: u32 = 0xF780;
const RAW_LAST: u32 = 0xF7FF;

/// The raw byte that stands behind a character, if it stands for one.
pub(super) fn raw_byte(c: char) -> Option<u8> {
    match u32::from(c) {
        code @ RAW_FIRST..=RAW_LAST => u8::try_from(code - 0xF700).ok(),
        _ => None,
    }
}

fn raw_char(byte: u8) -> char {
    char::from_u32(0xF700 + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Bytes as text, without loss.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match core::str::from_utf8(bytes) {
        // A genuine U+F780–U+F7FF starts with 0xEF 0x9E or 0xEF 0x9F.
        Ok(text) if bytes.is_ascii() || !text.chars().any(|c| raw_byte(c).is_some()) => Cow::Borrowed(text),
        Ok(_) | Err(_) => Cow::Owned(decode_slowly(bytes)),
    }
}

fn decode_slowly(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if raw_byte(c).is_some() {
                text.extend(c.encode_utf8(&mut [0; 4]).bytes().map(raw_char));
            } else {
                text.push(c);
            }
        }
        text.extend(chunk.invalid().iter().map(|b| raw_char(*b)));
    }
    text
}

/// The bytes behind `text`, on one line: a line break in a value would let its author write header fields of their own, so
/// it becomes a space.
pub(super) fn encode(text: &str, out: &mut Vec<u8>) {
    // No early end, so that the compiler can take many bytes at once.
    if !text.bytes().fold(false, |odd, b| odd | !b.is_ascii() | (b == b'\r') | (b == b'\n')) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for c in text.chars() {
        match (c, raw_byte(c)) {
            ('\r' | '\n', _) => out.push(b' '),
            (_, Some(byte)) => out.push(byte),
            (_, None) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

/// Text for people: bytes that were not UTF-8 are shown as U+FFFD.
pub fn readable(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|c| raw_byte(c).is_some()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars().map(|c| if raw_byte(c).is_some() { char::REPLACEMENT_CHARACTER } else { c }).collect(),
    )
}

/// A character of a token (RFC 3261 §25.1).
pub(super) fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}

/// A token (RFC 3261 §25.1).
pub fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_byte)
}

/// Linear white space, after unfolding.
pub(super) fn is_space(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// The first byte for which `wanted` holds outside quoted strings and angle brackets.
pub(super) fn find_outside(text: &str, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    if !text.bytes().fold(false, |found, b| found | wanted(b)) {
        return None;
    }
    let (mut quoted, mut escaped, mut angled) = (false, false, false);
    for (at, byte) in text.bytes().enumerate() {
        if quoted {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' if !angled => quoted = true,
            b'<' => angled = true,
            b'>' => angled = false,
            _ if !angled && wanted(byte) => return Some(at),
            _ => {}
        }
    }
    None
}

/// The pieces between separators that stand outside quotes and angle brackets, trimmed. Always at least one.
pub(super) fn split_outside(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    core::iter::from_fn(move || {
        let text = rest?;
        let (piece, tail) = match find_outside(text, |b| b == separator) {
            Some(at) => (text.get(..at).unwrap_or(""), text.get(at + 1..)),
            None => (text, None),
        };
        rest = tail;
        Some(piece.trim_matches(is_space))
    })
}

/// Splits a leading quoted string off: its content without escapes, and what follows the closing quote.
pub(super) fn quoted_prefix(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_prefix('"')?;
    let mut content = String::with_capacity(inner.len());
    let mut chars = inner.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((content, inner.get(at + 1..).unwrap_or(""))),
            '\\' => content.push(chars.next()?.1),
            other => content.push(other),
        }
    }
    None
}

/// A value with its quotes and escapes removed, if it has any.
pub fn unquote(text: &str) -> Cow<'_, str> {
    match quoted_prefix(text) {
        Some((content, "")) => Cow::Owned(content),
        Some(_) | None => Cow::Borrowed(text),
    }
}

/// Writes a quoted string (RFC 3261 §25.1): quotes, backslashes and control characters are escaped.
pub(super) fn write_quoted(f: &mut core::fmt::Formatter<'_>, text: &str) -> core::fmt::Result {
    use core::fmt::Write;
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            // Not even escaped may a line break stand in a quoted string.
            '\r' | '\n' => f.write_char(' ')?,
            '"' | '\\' => write!(f, "\\{c}")?,
            control if control.is_ascii_control() && control != '\t' => write!(f, "\\{control}")?,
            other => f.write_char(other)?,
        }
    }
    f.write_char('"')
}

/// `text` as a quoted string.
pub fn quote(text: &str) -> String {
    struct Quoted<'a>(&'a str);
    impl core::fmt::Display for Quoted<'_> {
        fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            write_quoted(f, self.0)
        }
    }
    Quoted(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_utf8_survive() {
        for bytes in [&b"plain"[..], b"\xff\xfe", "h\u{e9}llo \u{f7a1}".as_bytes(), b"a\xc3", b"\xef\x9e\x80"]
        {
            let text = decode(bytes);
            let mut out = Vec::new();
            encode(&text, &mut out);
            assert_eq!(out, bytes);
        }
        assert_eq!(readable(&decode(b"a\xffb")), "a\u{fffd}b");
    }

    #[test]
    fn line_breaks_never_reach_the_wire() {
        let mut out = Vec::new();
        encode("a\r\nEvil: 1", &mut out);
        assert_eq!(out, b"a  Evil: 1");
        assert_eq!(quote("a\r\n\"b\\"), r#""a  \"b\\""#);
    }

    #[test]
    fn separators_inside_quotes_and_brackets_do_not_split() {
        let parts: Vec<_> = split_outside(r#""a,b\",c" <sip:x,y@h>;p , <sip:z>,"open, end"#, b',').collect();
        assert_eq!(parts, [r#""a,b\",c" <sip:x,y@h>;p"#, "<sip:z>", "\"open, end"]);
    }
}
