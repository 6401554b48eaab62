//! Keys that come as INFO: `application/dtmf-relay` (`Signal=5`, `Duration=160`) or `application/dtmf`, which is the key alone.

use cordboard_media::dtmf;

/// How long a key is where nobody says so.
const DEFAULT_MS: u16 = 100;
/// What a key's length is brought to: what detectors need at least (ITU-T Q.24), and what nobody holds longer.
const LENGTH_MS: (u16, u16) = (40, 6_000);

/// A key, and how long it was held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) digit: char,
    pub(crate) duration_ms: u16,
}

/// Reads a body; none if it is of another kind, or names no key.
pub(crate) fn key(content_type: &str, body: &[u8]) -> Option<Key> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let text = core::str::from_utf8(body).ok()?;
    if kind.eq_ignore_ascii_case("application/dtmf") {
        return Some(Key { digit: digit(text.trim())?, duration_ms: DEFAULT_MS });
    }
    if !kind.eq_ignore_ascii_case("application/dtmf-relay") {
        return None;
    }
    let field = |wanted: &str| {
        let fields = text.lines().filter_map(|line| line.split_once('='));
        fields
            .into_iter()
            .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
            .map(|(_, value)| value.trim())
    };
    let told = field("duration").and_then(|ms| ms.parse::<u32>().ok()).filter(|ms| *ms > 0);
    let duration_ms = told.map_or(DEFAULT_MS, |ms| u16::try_from(ms).unwrap_or(u16::MAX));
    Some(Key { digit: digit(field("signal")?)?, duration_ms: duration_ms.clamp(LENGTH_MS.0, LENGTH_MS.1) })
}

/// A key by its sign, or by its number as an event (RFC 4733 §3.2), which some phones send.
fn digit(text: &str) -> Option<char> {
    let mut signs = text.chars();
    match (signs.next(), signs.next()) {
        (Some(sign), None) => Some(sign.to_ascii_uppercase()).filter(|sign| dtmf::code(*sign).is_some()),
        _ => text.parse().ok().and_then(dtmf::digit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(kind: &str, body: &str) -> Option<(char, u16)> {
        key(kind, body.as_bytes()).map(|key| (key.digit, key.duration_ms))
    }

    #[test]
    fn keys_have_their_signs_and_lengths() {
        let relay = "application/dtmf-relay";
        assert_eq!(read(relay, "Signal=5\r\nDuration=160\r\n"), Some(('5', 160)));
        assert_eq!(read(relay, "Signal= *\nDuration = 40"), Some(('*', 40)));
        assert_eq!(read("Application/DTMF-Relay; charset=utf-8", "signal=d"), Some(('D', 100)));
        assert_eq!(read("application/dtmf", " 7\r\n"), Some(('7', 100)));
        for (number, sign) in [("10", '*'), ("11", '#'), ("12", 'A'), ("15", 'D')] {
            assert_eq!(read(relay, &format!("Signal={number}\r\nDuration=250")), Some((sign, 250)));
        }
    }

    #[test]
    fn lengths_are_brought_to_what_can_be() {
        let length =
            |ms: &str| read("application/dtmf-relay", &format!("Signal=1\r\nDuration={ms}")).unwrap().1;
        let told = ["39", "40", "6000", "6001", "99999999", "0", "-5", "x", ""];
        assert_eq!(told.map(length), [40, 40, 6_000, 6_000, 6_000, 100, 100, 100, 100]);
    }

    #[test]
    fn what_is_no_key_is_none() {
        for body in
            ["", "Signal=", "Signal=16", "Signal=Z", "Signal=!", "Duration=100", "Signal 5", "Signal=ab"]
        {
            assert_eq!(read("application/dtmf-relay", body), None, "{body}");
        }
        assert_eq!(read("text/plain", "5"), None);
        assert_eq!(key("application/dtmf", &[0xFF]), None);
    }
}
