//! A preview as a calendar (RFC 5545): an event without length for each change.

use super::{Change, Preview};
use crate::predict::once;
use jiff::Timestamp;

/// Octets of a line at most, the line break not counted (RFC 5545 §3.1).
const LINE_MAX: usize = 75;
/// Characters of a summary: calendars show one line.
const SUMMARY_MAX: usize = 120;

impl Preview {
    /// As a calendar that was made at a moment, in seconds since the Unix epoch.
    pub fn ics(&self, made_unix_s: i64) -> String {
        let mut out = String::new();
        for text in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Cordboard//preview//EN"] {
            line(&mut out, text);
        }
        for change in &self.changes {
            self.event(&mut out, change, made_unix_s);
        }
        line(&mut out, "END:VCALENDAR");
        out
    }

    fn event(&self, out: &mut String, change: &Change, made_unix_s: i64) {
        let Some(of) = self.lines.get(change.line) else { return };
        let way = |place: usize| of.ways.get(place).map(|way| once(&way.text)).unwrap_or_default();
        let calls = of.calls.join(", ");
        let short: String = way(change.is).chars().take(SUMMARY_MAX).collect();
        let first = of.calls.first().map(String::as_str).unwrap_or_default();
        let whole = format!(
            "Calls {calls}\nwere: {}\nare: {}\nbecause of {}",
            way(change.was),
            way(change.is),
            change.because.join(", ")
        );
        line(out, "BEGIN:VEVENT");
        // The same change has the same name in every preview, so that a calendar does not list it twice.
        line(out, &format!("UID:{}-{:016x}@cordboard", change.unix_s, hash(&calls)));
        line(out, &format!("DTSTAMP:{}", utc(made_unix_s)));
        line(out, &format!("DTSTART:{}", utc(change.unix_s)));
        line(out, "TRANSP:TRANSPARENT");
        line(out, &format!("SUMMARY:{}", escaped(&format!("Calls {first}: {short}"))));
        line(out, &format!("DESCRIPTION:{}", escaped(&whole)));
        line(out, "END:VEVENT");
    }
}

/// `20261224T170000Z` (RFC 5545 §3.3.5, form 2).
fn utc(unix_s: i64) -> String {
    let at = Timestamp::from_second(unix_s).unwrap_or(Timestamp::UNIX_EPOCH);
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// RFC 5545 §3.3.11.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace(';', "\\;").replace(',', "\\,").replace('\n', "\\n")
}

/// A content line, folded (RFC 5545 §3.1): what goes on begins with a space.
fn line(out: &mut String, text: &str) {
    let mut octets = 0;
    for c in text.chars() {
        if octets + c.len_utf8() > LINE_MAX {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(c);
        octets += c.len_utf8();
    }
    out.push_str("\r\n");
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_within_75_octets_and_between_characters() {
        let mut out = String::new();
        line(&mut out, &"ä".repeat(100));
        assert!(out.split("\r\n").all(|line| line.len() <= LINE_MAX), "{out}");
        assert_eq!(out.replace("\r\n ", "").trim_end(), "ä".repeat(100));
        let mut exact = String::new();
        line(&mut exact, &"a".repeat(LINE_MAX));
        assert!(!exact.contains("\r\n "));
    }

    #[test]
    fn times_and_texts_are_written_as_calendars_want_them() {
        assert_eq!(utc(1_798_131_600), "20261224T170000Z");
        assert_eq!(escaped("a, b; c\\d\ne"), "a\\, b\\; c\\\\d\\ne");
    }
}
