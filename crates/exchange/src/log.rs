//! Lines for the log, and what is left of them where an office wants no numbers and addresses in it.

use crate::LogLine;
use cordboard_app::Level;
use cordboard_base::CallId;
use core::fmt::Display;
use core::net::{IpAddr, SocketAddr};

/// What stands for whatever was left out.
const LEFT_OUT: &str = "…";

/// So many digits in a row are a number of somebody's; fewer are a count, a line of a script, a digit pressed.
const NUMBER_DIGITS_MIN: usize = 3;

/// Fields that hold nothing but a number, a name or an address.
const PRIVATE: [&str; 6] = ["from", "dialed", "contact", "user", "number", "to"];

/// Fields in which a number is a count, an id of ours, or a name of the configuration's.
const PLAIN: [&str; 15] = [
    "a",
    "b",
    "by",
    "calls",
    "cause",
    "context",
    "disposition",
    "expires_s",
    "grace_ms",
    "leg",
    "retry_s",
    "secs",
    "status",
    "subject",
    "users",
];

impl LogLine {
    /// A line about no call in particular.
    pub fn new(level: Level, event: &'static str) -> Self {
        Self { level, call: None, event: event.into(), fields: Vec::new() }
    }

    /// A line about a call.
    pub fn of(call: CallId, level: Level, event: &'static str) -> Self {
        Self { call: Some(call), ..Self::new(level, event) }
    }

    /// With one more field; empty values are left out.
    #[must_use]
    pub fn with(mut self, field: &'static str, value: impl Display) -> Self {
        let value = value.to_string();
        if !value.is_empty() {
            self.fields.push((field.into(), value));
        }
        self
    }
}

impl LogLine {
    /// Without numbers and addresses: of callers, users, phones, peers.
    #[must_use]
    pub fn redacted(mut self) -> Self {
        for (field, value) in &mut self.fields {
            if PRIVATE.contains(&field.as_ref()) {
                LEFT_OUT.clone_into(value);
            } else if !PLAIN.contains(&field.as_ref()) {
                *value = redacted(value);
            }
        }
        self
    }
}

/// A text without IP addresses, `user@host` and numbers of three digits or more.
pub fn redacted(text: &str) -> String {
    let between = |c: char| c.is_whitespace() || "\"'<>,;()[]{}=|`".contains(c);
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        // An IPv6 address with a port has brackets, which are between words otherwise.
        let word = match rest.split_once(']').filter(|_| first == '[') {
            Some((start, end)) if start.get(1..).is_some_and(is_address) => {
                let port = end.find(between).unwrap_or(end.len());
                rest.split_at(rest.len() - end.len() + port).0
            }
            Some(_) | None => rest.split_at(rest.find(between).unwrap_or(rest.len())).0,
        };
        if word.is_empty() {
            whole.push(first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
        } else {
            let address = match word.split_once(':') {
                Some(("udp" | "tcp" | "tls", address)) => address,
                Some(_) | None => word,
            };
            if word.contains('@') || first == '[' || is_address(address) {
                whole.push_str(LEFT_OUT);
            } else {
                leave_numbers_out(word, &mut whole);
            }
            rest = rest.get(word.len()..).unwrap_or_default();
        }
    }
    whole
}

/// Also at the end of a sentence.
fn is_address(word: &str) -> bool {
    let is = |word: &str| word.parse::<IpAddr>().is_ok() || word.parse::<SocketAddr>().is_ok();
    is(word) || is(word.trim_end_matches(['.', ':', '!', '?']))
}

fn leave_numbers_out(word: &str, whole: &mut String) {
    let mut digits = String::new();
    let flush = |digits: &mut String, whole: &mut String| {
        let few = digits.trim_start_matches('+').len() < NUMBER_DIGITS_MIN;
        whole.push_str(if few { digits } else { LEFT_OUT });
        digits.clear();
    };
    for c in word.chars() {
        match c {
            '0'..='9' => digits.push(c),
            '+' if digits.is_empty() => digits.push(c),
            _ => {
                flush(&mut digits, whole);
                whole.push(c);
            }
        }
    }
    flush(&mut digits, whole);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redacted_line_says_what_happened_and_to_nobody() {
        let line = LogLine::of(CallId(7), Level::Info, "call began")
            .with("from", "+442079460000")
            .with("dialed", "102")
            .with("context", "internal")
            .with("hop", "udp:192.0.2.1:5060")
            .with("secs", 3_600)
            .with("text", "ring 103 at sip:103@192.0.2.9, line 12");
        let fields: Vec<String> = line.redacted().fields.into_iter().map(|(_, value)| value).collect();
        assert_eq!(fields, ["…", "…", "internal", "…", "3600", "ring … at …, line 12"]);
    }

    #[test]
    fn addresses_of_both_families_and_numbers_are_left_out_of_a_text() {
        for (text, left) in [
            ("192.0.2.1", "…"),
            ("from 192.0.2.1:5060.", "from …"),
            ("[2001:db8::1]:5061 refused", "… refused"),
            ("2001:db8::1", "…"),
            ("tls:[2001:db8::1]:5061", "tls:…"),
            ("dial user 101, trunk itsp +4420", "dial user …, trunk itsp …"),
            ("main.rhai:12:3: no such verb", "main.rhai:12:3: no such verb"),
            ("[list] of 12", "[list] of 12"),
            ("Zoë pressed 5", "Zoë pressed 5"),
            ("", ""),
        ] {
            assert_eq!(redacted(text).trim_end_matches('.'), left.trim_end_matches('.'), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_keeps_a_number(text in ".{0,80}") {
            let kept = redacted(&text);
            let longest = kept.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
            proptest::prop_assert!(longest < NUMBER_DIGITS_MIN, "{kept}");
        }
    }
}
