//! Attended transfer (RFC 5589 §7): REFER with a Replaces that names the referrer's other leg. The two far ends are bridged,
//! the referrer's two legs are ended.
//!
//! A Replaces that names no dialog of ours is another exchange's: see [`super::elsewhere`].

use crate::QueryId;
use crate::state::State;
use crate::world::{Errand, World};
use cordboard_base::{LegId, Time};
use cordboard_sip::message::{Replaces, Uri};
use cordboard_sip::session::LegCommand;
use serde::{Deserialize, Serialize};

/// A reference whose Replaces is being looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    pub(crate) referrer: LegId,
    /// Refer-To, without its header fields.
    pub(crate) to: Uri,
    /// Its Replaces, as a header's value.
    pub(crate) replaces: String,
}

/// The Replaces of a Refer-To. What is not text a header can carry is no dialog's name.
pub(crate) fn parse_replaces(value: &str) -> Option<Replaces> {
    let printable = !value.chars().any(char::is_control);
    printable.then(|| Replaces::parse(value).ok()).flatten()
}

impl State {
    /// The exchange has said whose dialog a Replaces names.
    pub(crate) fn found(&mut self, w: &mut World, now: Time, query: QueryId, leg: Option<LegId>) {
        let Some(finding) = self.finding.remove(&query) else {
            return;
        };
        let referrer = finding.referrer;
        let Some(subject) = self.partner(referrer) else {
            return w.leg(referrer, LegCommand::ReferNotify { status: 481 });
        };
        match leg {
            Some(leg) if leg != referrer => {
                w.errands.push_back(Errand::Join { at: self.id, referrer, consultation: leg });
            }
            Some(_) => w.leg(referrer, LegCommand::ReferNotify { status: 481 }),
            None => self.refer_elsewhere(w, now, subject, finding),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaces_is_read_in_any_order_and_nonsense_refused() {
        let read = parse_replaces("a@b;from-tag=2;to-tag=1;early-only").unwrap();
        assert_eq!((read.call_id.as_str(), read.to_tag.as_str(), read.from_tag.as_str()), ("a@b", "1", "2"));
        for nonsense in
            ["", "a@b", "a@b;to-tag=1", ";to-tag=1;from-tag=2", "a;to-tag=1;from-tag=2;x=\"\r\n\""]
        {
            assert_eq!(parse_replaces(nonsense), None, "{nonsense}");
        }
    }
}
