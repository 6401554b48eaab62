//! Attended transfer (RFC 5589 §7): REFER with a Replaces that names the referrer's other leg. The two far ends are bridged,
//! the referrer's two legs are ended.
//!
//! A Replaces that names no dialog of ours ends in NOTIFY 481. Passing it on in an INVITE (RFC 5589 §7.1) would take a dialog
//! that two phones have behind our back; the exchange is an end of every dialog that its users have through it, and calls no
//! host that a REFER names.

use crate::QueryId;
use crate::state::State;
use crate::world::{Errand, World};
use cordboard_base::LegId;
use cordboard_sip::session::LegCommand;

/// Call-ID, to-tag and from-tag of a Replaces (RFC 3891 §6.1).
pub(crate) fn parse_replaces(value: &str) -> Option<(String, String, String)> {
    let mut parts = value.split(';');
    let call_id = parts.next()?.trim();
    let mut to_tag = None;
    let mut from_tag = None;
    for part in parts {
        match part.split_once('=') {
            Some((name, tag)) if name.trim().eq_ignore_ascii_case("to-tag") => to_tag = Some(tag.trim()),
            Some((name, tag)) if name.trim().eq_ignore_ascii_case("from-tag") => from_tag = Some(tag.trim()),
            Some(_) | None => {}
        }
    }
    (!call_id.is_empty()).then_some((call_id.to_owned(), to_tag?.to_owned(), from_tag?.to_owned()))
}

impl State {
    /// The exchange has said whose dialog a Replaces names.
    pub(crate) fn found(&mut self, w: &mut World, query: QueryId, leg: Option<LegId>) {
        let Some(referrer) = self.finding.remove(&query) else {
            return;
        };
        match leg.filter(|leg| *leg != referrer && self.partner(referrer).is_some()) {
            Some(consultation) => {
                w.errands.push_back(Errand::Join { at: self.id, referrer, consultation });
            }
            // RFC 3891 §3: no such dialog.
            None => w.leg(referrer, LegCommand::ReferNotify { status: 481 }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaces_is_read_in_any_order_and_nonsense_refused() {
        let read = parse_replaces("a@b;from-tag=2;to-tag=1;early-only");
        assert_eq!(read, Some(("a@b".into(), "1".into(), "2".into())));
        for nonsense in ["", "a@b", "a@b;to-tag=1", ";to-tag=1;from-tag=2"] {
            assert_eq!(parse_replaces(nonsense), None, "{nonsense}");
        }
    }
}
