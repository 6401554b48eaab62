//! `Reason` (RFC 3326): read, written, and turned into the status of a refusal (RFC 3398 §7.2.6.1).

use crate::message::{Headers, name};
use serde::{Deserialize, Serialize};

/// Why a leg ends, as the `Reason` header says it (RFC 3326).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A Q.850 cause, 1–127.
    pub q850: Option<u8>,
    /// A SIP status (`SIP;cause=200;text="Call completed elsewhere"` on losing legs).
    pub sip: Option<u16>,
    /// The text.
    pub text: Option<String>,
}

/// Longer texts are cut: it is shown and kept in the call record.
const TEXT_CHARS_MAX: usize = 128;

impl Reason {
    /// A Q.850 cause.
    pub fn of_q850(cause: u8) -> Self {
        Self { q850: Some(cause), ..Self::default() }
    }

    /// What the Reason headers of a message say; the first of each protocol counts.
    pub fn read(headers: &Headers) -> Self {
        let mut reason = Self::default();
        for value in headers.all(name::REASON) {
            // A text may hold a comma, so a list is split outside of quotes only.
            for entry in split_unquoted(value, ',') {
                reason.read_one(entry);
            }
        }
        reason
    }

    fn read_one(&mut self, entry: &str) {
        let mut parts = split_unquoted(entry, ';');
        let protocol = parts.next().unwrap_or("").trim();
        let (mut cause, mut text) = (None, None);
        for part in parts {
            let Some((key, value)) = part.split_once('=') else { continue };
            let (key, value) = (key.trim(), value.trim());
            if key.eq_ignore_ascii_case("cause") {
                cause = value.parse::<u16>().ok();
            } else if key.eq_ignore_ascii_case("text") {
                let bare = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')).unwrap_or(value);
                text = Some(unescape(bare));
            }
        }
        if protocol.eq_ignore_ascii_case("Q.850") && self.q850.is_none() {
            self.q850 = cause.and_then(|c| u8::try_from(c).ok()).filter(|c| (1..128).contains(c));
        } else if protocol.eq_ignore_ascii_case("SIP") && self.sip.is_none() {
            self.sip = cause.filter(|c| (100..700).contains(c));
        } else {
            return;
        }
        self.text = self.text.take().or(text);
    }

    /// The header values, none if there is nothing to say.
    pub fn values(&self) -> Vec<String> {
        let text = |with: bool| match (&self.text, with) {
            (Some(text), true) => {
                let text: String = text.chars().filter(|c| !c.is_control()).take(TEXT_CHARS_MAX).collect();
                format!(";text=\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
            }
            (_, false) | (None, true) => String::new(),
        };
        let sip = self.sip.map(|status| format!("SIP;cause={status}{}", text(true)));
        let q850 = self.q850.map(|cause| format!("Q.850;cause={cause}{}", text(self.sip.is_none())));
        sip.into_iter().chain(q850).collect()
    }

    /// Adds the header.
    pub fn write(&self, headers: &mut Headers) {
        for value in self.values() {
            headers.push(name::REASON, value);
        }
    }

    /// The status that refuses a call for this reason.
    pub fn refusal(&self) -> u16 {
        if let Some(status) = self.sip.filter(|status| (300..700).contains(status)) {
            return status;
        }
        match self.q850 {
            Some(1..=3) => 404,
            Some(17) => 486,
            Some(21) => 603,
            Some(22) => 410,
            Some(26) => 404,
            Some(27) => 502,
            Some(28) => 484,
            Some(29 | 79) => 501,
            Some(34 | 38 | 41 | 42 | 47) => 503,
            Some(55 | 57 | 87) => 403,
            Some(58 | 65 | 70 | 88) => 488,
            Some(102) => 504,
            Some(_) | None => 480,
        }
    }
}

fn split_unquoted(text: &str, at: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |c| {
        if escaped {
            escaped = false;
            return false;
        }
        match c {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            c if c == at && !quoted => return true,
            _ => {}
        }
        false
    })
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars().take(TEXT_CHARS_MAX.saturating_mul(2)) {
        if c == '\\' && !escaped {
            escaped = true;
            continue;
        }
        escaped = false;
        plain.push(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Reason {
        let mut headers = Headers::default();
        for value in values {
            headers.push(name::REASON, *value);
        }
        Reason::read(&headers)
    }

    #[test]
    fn both_protocols_are_read_from_one_list_or_two_headers() {
        let text = Some("Call completed, elsewhere".to_owned());
        let expected = Reason { q850: Some(16), sip: Some(200), text };
        assert_eq!(read(&["SIP ;cause=200 ;text=\"Call completed, elsewhere\" , Q.850;cause=16"]), expected);
        assert_eq!(read(&["sip;cause=200;text=\"Call completed, elsewhere\"", "q.850;cause=16"]), expected);
    }

    #[test]
    fn what_is_written_is_read_back() {
        for reason in [
            Reason { q850: Some(17), sip: None, text: Some("say \"busy\" \\ engaged".to_owned()) },
            Reason { q850: Some(16), sip: Some(200), text: Some("Call completed elsewhere".to_owned()) },
            Reason::default(),
        ] {
            let values = reason.values();
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            assert_eq!(read(&values), reason);
        }
    }

    #[test]
    fn nonsense_says_nothing() {
        for value in [
            "",
            ";;;",
            "Q.850",
            "Q.850;cause=0",
            "Q.850;cause=128",
            "SIP;cause=99999",
            "X;cause=1",
            "\"",
            "SIP;cause=\"",
        ] {
            let reason = read(&[value]);
            assert_eq!((reason.q850, reason.sip), (None, None), "{value}");
        }
    }

    #[test]
    fn a_cause_chooses_the_refusal() {
        assert_eq!(Reason::of_q850(17).refusal(), 486);
        assert_eq!(Reason { sip: Some(603), q850: Some(17), text: None }.refusal(), 603);
        assert_eq!(Reason { sip: Some(200), ..Reason::default() }.refusal(), 480);
    }
}
