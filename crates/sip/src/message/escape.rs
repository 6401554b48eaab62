//! `%XX` escapes of URIs (RFC 3261 §19.1.2).

use super::lex;
use core::fmt;

/// What a user part may hold besides letters and digits (RFC 3261 §25.1: mark and user-unreserved).
pub(super) const USER: &[u8] = b"-_.!~*'()&=+$,;?/";
/// What a URI header's name and value may hold (mark and hnv-unreserved).
pub(super) const HEADER: &[u8] = b"-_.!~*'()[]/?:+$";

/// Resolves escapes. A `%` that begins none stands for itself; bytes that are no UTF-8 are kept as `lex` keeps them.
pub(super) fn decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let (mut raw, mut bytes) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len()));
    lex::encode(text, &mut raw);
    let mut rest = raw.as_slice();
    while let [first, tail @ ..] = rest {
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                bytes.push(nibble(*high) << 4 | nibble(*low));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    lex::decode(&bytes).into_owned()
}

fn nibble(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        b'A'..=b'F' => digit - b'A' + 10,
        _ => 0,
    }
}

/// Writes `text`, escaping what is neither alphanumeric nor in `plain`.
pub(super) fn encode(f: &mut fmt::Formatter<'_>, text: &str, plain: &[u8]) -> fmt::Result {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || plain.contains(&b);
    if text.bytes().all(is_plain) {
        return f.write_str(text);
    }
    for c in text.chars() {
        if let Some(byte) = lex::raw_byte(c) {
            write!(f, "%{byte:02X}")?;
            continue;
        }
        for byte in c.encode_utf8(&mut [0; 4]).bytes() {
            if is_plain(byte) {
                fmt::Write::write_char(f, char::from(byte))?;
            } else {
                write!(f, "%{byte:02X}")?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incomplete_escapes_stand_for_themselves() {
        assert_eq!(decode("%4"), "%4");
        assert_eq!(decode("%zz%41%"), "%zzA%");
        assert_eq!(decode("%e2%82%ac"), "\u{20ac}");
    }
}
