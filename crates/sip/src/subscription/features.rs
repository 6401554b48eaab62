//! `as-feature-event`: the soft keys of phones for do not disturb and forwarding, in step with the exchange (BroadWorks "Device Feature
//! Key Synchronization", whose documents are those of ECMA-323, services of computer-supported telephony).
//!
//! ```text
//! phone                                   exchange
//! SUBSCRIBE ─────────────────────────────▶
//! ◀────────────────── NOTIFY, how all of its keys stand
//! SUBSCRIBE with <SetDoNotDisturb> ──────▶ does it, or does not
//! ◀────────────────── NOTIFY, how they stand now
//! ```

use super::document::Escaped;
use crate::message::Uri;
use core::fmt::Write;
use serde::{Deserialize, Serialize};

/// The type of a single document.
pub(super) const CONTENT_TYPE: &str = "application/x-as-feature-event+xml";
/// Of all of them together; the boundary occurs in none, for `Escaped` leaves no hyphens at a line's start.
pub(super) const CONTENT_TYPE_OF_ALL: &str = "multipart/mixed;boundary=soft-keys";
/// A wish is a few hundred bytes; a longer one is none.
const WISH_BYTES_MAX: usize = 4_096;
/// Characters of a number that is forwarded to.
const NUMBER_MAX: usize = 64;
/// ECMA-323, edition 3.
const NAMESPACE: &str = "http://www.ecma-international.org/standards/ecma-323/csta/ed3";

/// How the soft keys of a user's phones stand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeatureKeys {
    /// Do not disturb.
    pub do_not_disturb: bool,
    /// All calls are forwarded.
    pub always: Forwarding,
    /// While the phone is busy.
    pub busy: Forwarding,
    /// When nobody answers.
    pub unanswered: Forwarding,
}

/// A forwarding.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forwarding {
    /// Whether it is on.
    pub on: bool,
    /// Where to; perhaps kept while it is off.
    pub to: String,
}

/// Which forwarding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ForwardKind {
    /// All calls.
    Always,
    /// While the phone is busy.
    Busy,
    /// When nobody answers.
    Unanswered,
}

impl ForwardKind {
    const ALL: [Self; 3] = [Self::Always, Self::Busy, Self::Unanswered];

    fn word(self) -> &'static str {
        match self {
            Self::Always => "forwardImmediate",
            Self::Busy => "forwardBusy",
            Self::Unanswered => "forwardNoAns",
        }
    }
}

/// What somebody has pressed on a phone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeatureWish {
    /// Do not disturb on, or off.
    DoNotDisturb(bool),
    /// A forwarding on to a number, or off.
    Forward {
        /// Which.
        kind: ForwardKind,
        /// `None`: off.
        to: Option<String>,
    },
}

impl FeatureWish {
    /// Of the body of a SUBSCRIBE. `None`: it asks for nothing that we know.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let text = core::str::from_utf8(body).ok().filter(|text| text.len() <= WISH_BYTES_MAX)?;
        if let Some(set) = element(text, "SetDoNotDisturb") {
            return Some(Self::DoNotDisturb(truth(element(set, "doNotDisturbOn")?)?));
        }
        let set = element(text, "SetForwarding")?;
        let word = element(set, "forwardingType")?.trim();
        let kind = ForwardKind::ALL.into_iter().find(|kind| kind.word() == word)?;
        let is_on = truth(element(set, "activateForward").or_else(|| element(set, "forwardStatus"))?)?;
        let to = element(set, "forwardDN").or_else(|| element(set, "forwardTo")).unwrap_or_default().trim();
        let to: String =
            to.chars().filter(|c| c.is_ascii_digit() || "+*#".contains(*c)).take(NUMBER_MAX).collect();
        match (is_on, to.is_empty()) {
            (true, false) => Some(Self::Forward { kind, to: Some(to) }),
            // On, but where to? Not at all.
            (true, true) => None,
            (false, _) => Some(Self::Forward { kind, to: None }),
        }
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

/// What stands within an element, by its name without a prefix. Not a whole reader of XML: documents of these few elements have no
/// attributes that matter, no comments, and no element within another of its own name.
fn element<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let mut rest = text;
    loop {
        let (_, from) = rest.split_once('<')?;
        let (tag, after) = from.split_once('>')?;
        let bare = tag.trim_end_matches('/').split_whitespace().next().unwrap_or_default();
        let local = bare.rsplit_once(':').map_or(bare, |(_, local)| local);
        if local == name && !bare.starts_with('/') {
            if tag.ends_with('/') {
                return Some("");
            }
            let end = format!("</{bare}");
            return after.find(&end).and_then(|at| after.get(..at));
        }
        rest = after;
    }
}

/// All keys of a phone.
pub(super) fn documents(entity: &Uri, keys: &FeatureKeys) -> String {
    let device = entity.user.as_deref().unwrap_or_default();
    let forwardings = [
        (ForwardKind::Always, &keys.always),
        (ForwardKind::Busy, &keys.busy),
        (ForwardKind::Unanswered, &keys.unanswered),
    ];
    let mut text = String::new();
    let quiet = keys.do_not_disturb;
    part(&mut text, device, "DoNotDisturbEvent", format_args!("<doNotDisturbOn>{quiet}</doNotDisturbOn>"));
    for (kind, Forwarding { on, to }) in forwardings {
        let (word, to) = (kind.word(), Escaped(to));
        let inner = format_args!(
            "<forwardingType>{word}</forwardingType><forwardStatus>{on}</forwardStatus><forwardTo>{to}</forwardTo>"
        );
        part(&mut text, device, "ForwardingEvent", inner);
    }
    text.push_str("--soft-keys--\r\n");
    text
}

fn part(text: &mut String, device: &str, root: &str, inner: core::fmt::Arguments<'_>) {
    let document = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{NAMESPACE}\"><device>{}</device>{inner}</{root}>\n",
        Escaped(device)
    );
    // Writing to a String cannot fail.
    let _ = write!(
        text,
        "--soft-keys\r\nContent-Type: {CONTENT_TYPE}\r\nContent-Length: {}\r\n\r\n{document}\r\n",
        document.len()
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wish(body: &str) -> Option<FeatureWish> {
        FeatureWish::parse(body.as_bytes())
    }

    #[test]
    fn what_phones_set_is_read_with_and_without_prefixes() {
        let quiet = "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<SetDoNotDisturb \
                     xmlns=\"http://www.ecma-international.org/standards/ecma-323/csta/ed3\">\n<device/>\n\
                     <doNotDisturbOn> true </doNotDisturbOn></SetDoNotDisturb>";
        assert_eq!(wish(quiet), Some(FeatureWish::DoNotDisturb(true)));
        assert_eq!(wish(&quiet.replace("true", "0")), Some(FeatureWish::DoNotDisturb(false)));
        assert_eq!(wish(&quiet.replace("true", "maybe")), None);
        let forward = "<c:SetForwarding xmlns:c=\"x\"><c:device>101</c:device><c:forwardingType>forwardBusy</c:forwardingType>\
                       <c:activateForward>true</c:activateForward><c:forwardDN>+49 30-55</c:forwardDN></c:SetForwarding>";
        let to = Some("+493055".to_owned());
        assert_eq!(wish(forward), Some(FeatureWish::Forward { kind: ForwardKind::Busy, to }));
        let off = forward.replace("true", "false").replace("forwardBusy", "forwardNoAns");
        assert_eq!(wish(&off), Some(FeatureWish::Forward { kind: ForwardKind::Unanswered, to: None }));
        assert_eq!(wish(&forward.replace("+49 30-55", "")), None, "on, but where to?");
        assert_eq!(wish(&forward.replace("forwardBusy", "forwardSometimes")), None);
        assert_eq!(wish(""), None);
        let long = |padding: usize| quiet.replace("<device/>", &" ".repeat(padding));
        let fits = WISH_BYTES_MAX - long(0).len();
        assert!(wish(&long(fits)).is_some() && wish(&long(fits + 1)).is_none());
    }

    #[test]
    fn all_keys_are_in_one_document_of_several() {
        let keys = FeatureKeys {
            do_not_disturb: true,
            always: Forwarding { on: true, to: "<102>".to_owned() },
            ..FeatureKeys::default()
        };
        let text = documents(&Uri::parse("sip:101@office.example").unwrap(), &keys);
        assert_eq!(text.matches("--soft-keys\r\n").count(), 4);
        assert!(text.ends_with("\r\n--soft-keys--\r\n"));
        assert!(text.contains("<device>101</device><doNotDisturbOn>true</doNotDisturbOn>"));
        assert!(text.contains(
            "<forwardingType>forwardImmediate</forwardingType><forwardStatus>true</forwardStatus><forwardTo>&lt;102&gt;</forwardTo>"
        ));
        assert!(
            text.contains(
                "<forwardingType>forwardNoAns</forwardingType><forwardStatus>false</forwardStatus>"
            )
        );
        for part in text.split("Content-Length: ").skip(1) {
            let (length, rest) = part.split_once("\r\n\r\n").unwrap();
            let document = rest.split("\r\n--soft-keys").next().unwrap();
            assert_eq!(document.len().to_string(), length);
        }
    }

    proptest! {
        #[test]
        fn whatever_a_phone_sends_is_a_wish_or_none(body in proptest::collection::vec(any::<u8>(), 0..300), text in "[<>/a-z: ]{0,80}") {
            let _ = FeatureWish::parse(&body);
            let _ = wish(&format!("<SetForwarding>{text}</SetForwarding>{text}"));
        }
    }
}
