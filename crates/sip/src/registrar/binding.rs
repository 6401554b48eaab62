//! One binding: an address of record has this contact.

use crate::message::{NameAddr, Uri};
use cordboard_base::{Hop, Time};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// A binding's number: for the store, for commands by hand. Never used twice within a store's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct BindingId(pub u64);

impl BindingId {
    /// Not numbered yet.
    pub(super) const NEW: Self = Self(u64::MAX);
}

/// A phone's instance (RFC 5626 §4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Instance {
    /// `+sip.instance`, with its angle brackets.
    pub(super) urn: String,
    /// `reg-id`: which of the phone's flows.
    pub(super) reg_id: Option<u32>,
}

/// An address of record has this contact, until it expires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Its number.
    pub id: BindingId,
    /// The address of record.
    pub aor: String,
    /// The contact as the phone gave it: the Request-URI of calls to it.
    pub contact: Uri,
    /// Where calls are sent: the contact's address, or the source of the REGISTER where the contact can't be reached.
    pub via: Hop,
    /// A second way to try, when the first one is closed: the contact's own address.
    pub fallback: Option<Hop>,
    /// Where it was reached before its last refresh, if that was elsewhere: a NAT has given it another port, or it has opened
    /// another connection. What else is sent there should follow ([`crate::subscription::Notifier::handle_moved`]).
    #[serde(default)]
    pub moved_from: Option<Hop>,
    /// The phone's own address is not the one that its packets come from.
    pub nat: bool,
    /// Routes of calls to it (RFC 3327), topmost first.
    pub path: Vec<NameAddr>,
    /// In thousandths, if the phone gave one.
    pub q_thousandths: Option<u16>,
    /// Call-ID of the last REGISTER.
    pub call_id: String,
    /// Its CSeq.
    pub cseq: u32,
    pub(super) instance: Option<Instance>,
    /// What the phone calls itself.
    pub user_agent: Option<String>,
    /// When it ends.
    pub expires: Time,
    /// When it was last refreshed.
    pub refreshed: Time,
    /// How the last keep-alive went.
    pub contact_state: ContactState,
}

/// How the last keep-alive went, for those bindings that have any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactState {
    /// None was needed yet.
    #[default]
    Unknown,
    /// One is under way.
    Asked {
        /// Since when.
        at: Time,
    },
    /// It was answered.
    Reachable {
        /// After that long.
        round_trip: Duration,
    },
    /// It was not.
    Unreachable,
}

/// A binding for the store. Its own times mean nothing to another process; what counts is how long it lasts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The binding.
    pub binding: Binding,
    /// Seconds left when the row was made. The store adds its wall clock, and subtracts it when it hands the row back.
    pub remaining_s: u32,
}

impl Binding {
    /// How much the phone wants to be called here, in thousandths; 1,000 where it didn't say.
    pub fn q(&self) -> u16 {
        self.q_thousandths.unwrap_or(1_000)
    }

    /// Where to send a call, in order.
    pub fn hops(&self) -> Vec<Hop> {
        core::iter::once(self.via).chain(self.fallback).collect()
    }

    /// The phone's instance URN, if it gave one.
    pub fn instance(&self) -> Option<&str> {
        self.instance.as_ref().map(|instance| instance.urn.as_str())
    }

    /// Seconds left, rounded up: a phone that was told 60 reads 60.
    pub fn remaining_s(&self, now: Time) -> u32 {
        u32::try_from((self.expires - now).as_millis().div_ceil(1_000)).unwrap_or(u32::MAX)
    }

    /// For the store.
    pub fn row(&self, now: Time) -> Row {
        Row { binding: self.clone(), remaining_s: self.remaining_s(now) }
    }

    /// As a response lists it.
    pub(super) fn listed(&self, now: Time) -> NameAddr {
        let mut contact = NameAddr::new(self.contact.clone());
        contact.params.set("expires", Some(&self.remaining_s(now).to_string()));
        if let Some(q) = self.q_thousandths {
            contact.params.set("q", Some(&print_q(q)));
        }
        if let Some(instance) = &self.instance {
            contact.params.set("+sip.instance", Some(&format!("\"{}\"", instance.urn)));
            if let Some(reg_id) = instance.reg_id {
                contact.params.set("reg-id", Some(&reg_id.to_string()));
            }
        }
        contact
    }

    /// Whether a contact that a request names is this one: the same flow of the same instance (RFC 5626 §6), or the same
    /// URI (RFC 3261 §10.3 step 7). Two phones with one private address behind two NATs differ by their instances.
    pub(super) fn is(&self, uri: &Uri, instance: Option<&Instance>) -> bool {
        match (&self.instance, instance) {
            (Some(ours), Some(theirs)) => {
                ours.urn == theirs.urn
                    && (ours.reg_id == theirs.reg_id || ours.reg_id.is_none() || theirs.reg_id.is_none())
            }
            (Some(_), None) | (None, Some(_)) | (None, None) => self.contact.equivalent(uri),
        }
    }
}

/// `qvalue` (RFC 3261 §25.1): at most three decimals.
fn print_q(thousandths: u16) -> String {
    let text = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Thousandths of a `qvalue`; `None` if it is none.
pub(super) fn parse_q(text: &str) -> Option<u16> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths: u16 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "" | "0" if !text.is_empty() => Some(thousandths),
        "1" if thousandths == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_is_read_and_printed_in_thousandths() {
        for (text, q) in [
            ("1", 1_000),
            ("1.0", 1_000),
            ("0", 0),
            ("0.5", 500),
            (".25", 250),
            ("0.007", 7),
            ("1.000", 1_000),
        ] {
            assert_eq!(parse_q(text), Some(q), "{text}");
        }
        for text in ["", "1.1", "2", "0.1234", "-0.5", "0.5x", "x", "0.+1", "1.001"] {
            assert_eq!(parse_q(text), None, "{text}");
        }
        for (q, text) in [(1_000, "1"), (500, "0.5"), (7, "0.007"), (0, "0")] {
            assert_eq!(print_q(q), text);
        }
    }
}
