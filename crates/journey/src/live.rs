//! Calls as they go on: lines of text of a batch of entries at a time, as [`timeline`](crate::timeline()) has them of a whole journey.
//! What later lines go by is kept of each call: when it began, whose its legs are, which messages there were.
//!
//! ```text
//!  batch ──▶ lines: time of day, call, time since that call began, what
//!    │ ▲
//!    ▼ │ when it began, names, messages that may come again
//!  what is known of its calls ◀── recall: the past of a call that was there before
//! ```

use crate::story::Story;
use crate::timeline::{Clock, cut, line, since};
use crate::{Entry, Event};
use cordboard_base::CallId;
use std::collections::{BTreeMap, BTreeSet};

/// Calls of which something is kept: more than go on in an office at once. The oldest gives way, and what comes of it then begins anew.
const CALLS_MAX: usize = 512;
/// Entries that are kept of a call: whose its legs are, and some messages. The oldest message gives way.
const KEPT_MAX: usize = 64;

/// What is known of a call.
#[derive(Debug)]
struct Known {
    began_us: i64,
    /// What later lines go by, in order of time.
    kept: Vec<Entry>,
}

/// Shows calls as their entries come.
#[derive(Debug, Default)]
pub struct Live {
    calls: BTreeMap<CallId, Known>,
}

impl Live {
    /// Whether anything of a call has been seen.
    pub fn knows(&self, call: CallId) -> bool {
        self.calls.contains_key(&call)
    }

    /// The past of calls that nothing was shown of.
    pub fn recall(&mut self, entries: &[Entry]) {
        entries.iter().for_each(|entry| self.keep(entry));
    }

    /// A line for each entry; what comes again says how often it has.
    pub fn lines(&mut self, mut entries: Vec<Entry>, clock: Clock<'_>) -> Vec<String> {
        // What was before its call was known, its first INVITE, comes after it.
        entries.sort_by_key(|entry| entry.at_us);
        let mut all = self.known_of(&entries);
        let from = all.len();
        entries.iter().for_each(|entry| self.keep(entry));
        all.extend(entries);
        let story = Story::of(&all);
        let mut lines = Vec::with_capacity(all.len() - from);
        for (index, entry) in all.iter().enumerate().skip(from) {
            let first = story.repeats.get(&index).copied().filter(|first| *first < from);
            let Some(text) = line(&story, first.unwrap_or(index), entry) else { continue };
            let known = self.calls.get(&entry.call).filter(|_| entry.call.0 != 0);
            let call = known.map_or_else(String::new, |known| {
                format!(" [{}] {}", entry.call, since(known.began_us, entry.at_us))
            });
            lines.push(cut(format!("{}{call}  {text}", clock(entry.at_us))));
        }
        lines
    }

    /// What is kept of the calls of some entries, and of those that their legs came from.
    fn known_of(&self, entries: &[Entry]) -> Vec<Entry> {
        let mut calls: BTreeSet<CallId> = entries.iter().map(|entry| entry.call).collect();
        let of_them = calls.iter().filter_map(|call| self.calls.get(call)).flat_map(|known| &known.kept);
        let linked: Vec<CallId> = of_them.chain(entries).filter_map(|entry| entry.event.link()).collect();
        calls.extend(linked);
        let known = calls.iter().filter_map(|call| self.calls.get(call));
        let mut kept: Vec<Entry> = known.flat_map(|known| known.kept.iter().cloned()).collect();
        kept.sort_by_key(|entry| entry.at_us);
        kept
    }

    fn keep(&mut self, entry: &Entry) {
        if entry.call.0 == 0 {
            return;
        }
        if self.calls.len() >= CALLS_MAX && !self.calls.contains_key(&entry.call) {
            self.calls.pop_first();
        }
        let known =
            self.calls.entry(entry.call).or_insert_with(|| Known { began_us: entry.at_us, kept: Vec::new() });
        if !matters(&entry.event) {
            return;
        }
        let is_message = |kept: &Entry| matches!(kept.event, Event::Message { .. });
        if known.kept.len() >= KEPT_MAX {
            let Some(oldest) = known.kept.iter().position(is_message) else { return };
            known.kept.remove(oldest);
        }
        known.kept.push(entry.clone());
    }
}

/// Whether later lines go by it.
fn matters(event: &Event) -> bool {
    match event {
        Event::Began { .. }
        | Event::Refused(_)
        | Event::Leg { .. }
        | Event::Message { .. }
        | Event::Moved { .. }
        | Event::Joined { .. } => true,
        Event::Step { .. }
        | Event::Routed { .. }
        | Event::Answered { .. }
        | Event::Digit { .. }
        | Event::Read { .. }
        | Event::Codec { .. }
        | Event::Bridged { .. }
        | Event::Transferred { .. }
        | Event::Inside { .. }
        | Event::Mixed { .. }
        | Event::Met { .. }
        | Event::Recorded { .. }
        | Event::Mailed { .. }
        | Event::Emergency { .. }
        | Event::Said { .. }
        | Event::ScriptError(_)
        | Event::OutOfReach { .. }
        | Event::Figures { .. }
        | Event::Latched { .. }
        | Event::Silent { .. }
        | Event::Ended { .. }
        | Event::Missing { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_base::{LegId, Transport};
    use cordboard_call::LegState;

    fn leg(call: u64, who: &str, state: LegState) -> Event {
        let leg = LegId { call: CallId(call), index: 0 };
        let (who, other) = (who.to_owned(), String::new());
        Event::Leg { leg, who, trunk: false, outgoing: false, state, other }
    }

    fn invite(call: u64) -> Event {
        let leg = Some(LegId { call: CallId(call), index: 0 });
        let address = core::net::SocketAddr::from(([192, 0, 2, 9], 5060));
        let text = "INVITE sip:102@a SIP/2.0\r\nCSeq: 1 INVITE\r\n\r\n".to_owned();
        Event::Message { leg, sent: false, transport: Transport::Udp, local: address, peer: address, text }
    }

    fn at(ms: i64, call: u64, event: Event) -> Entry {
        Entry { at_us: ms * 1_000, call: CallId(call), event }
    }

    fn shown(live: &mut Live, entries: &[Entry]) -> Vec<String> {
        live.lines(entries.to_vec(), &|us| (us / 1_000).to_string())
    }

    #[test]
    fn times_go_on_from_batch_to_batch_for_each_call_and_names_are_remembered() {
        let mut live = Live::default();
        let first =
            [at(100, 1, leg(1, "101", LegState::Trying)), at(150, 2, leg(2, "105", LegState::Trying))];
        assert_eq!(
            shown(&mut live, &first),
            ["100 [1]    +0.000  101 calls", "150 [2]    +0.000  105 calls"]
        );
        let one = LegId { call: CallId(1), index: 0 };
        let second = [
            at(4_100, 1, Event::Digit { leg: one, digit: Some('5') }),
            at(4_150, 2, leg(2, "", LegState::Talking)),
        ];
        assert_eq!(
            shown(&mut live, &second),
            ["4100 [1]    +4.000  101 presses 5", "4150 [2]    +4.000  105 is answered"]
        );
        let missing = [at(5_000, 0, Event::Missing { entries: 3 })];
        assert!(shown(&mut live, &missing).concat().starts_with("5000  (3 entries"));
    }

    #[test]
    fn a_message_that_comes_again_in_a_later_batch_says_so() {
        let mut live = Live::default();
        shown(&mut live, &[at(0, 1, leg(1, "101", LegState::Trying)), at(1, 1, invite(1))]);
        let again = shown(&mut live, &[at(501, 1, invite(1))]).concat();
        assert!(again.contains("← 101") && again.contains("(×2, within 0.500 s)"), "{again}");
    }

    #[test]
    fn a_call_that_was_there_before_goes_on_from_its_beginning() {
        let mut live = Live::default();
        assert!(!live.knows(CallId(1)));
        live.recall(&[at(100, 1, leg(1, "101", LegState::Trying))]);
        let now = [at(60_100, 1, leg(1, "", LegState::Ended))];
        assert_eq!(shown(&mut live, &now), ["60100 [1]   +60.000  101 is gone"]);
    }

    #[test]
    fn what_is_kept_is_bounded_and_names_stay() {
        let mut live = Live::default();
        let mut entries = vec![at(0, 1, leg(1, "101", LegState::Trying))];
        entries.extend((1..=KEPT_MAX).map(|n| at(i64::try_from(n).unwrap(), 1, invite(1))));
        shown(&mut live, &entries);
        assert_eq!(live.calls[&CallId(1)].kept.len(), KEPT_MAX);
        assert_eq!(live.calls[&CallId(1)].kept[0], entries[0]);
        for call in 2..=CALLS_MAX as u64 {
            shown(&mut live, &[at(0, call, leg(call, "102", LegState::Trying))]);
        }
        assert!(live.knows(CallId(1)) && live.calls.len() == CALLS_MAX);
        shown(&mut live, &[at(0, 9_999, leg(9_999, "102", LegState::Trying))]);
        assert!(!live.knows(CallId(1)) && live.calls.len() == CALLS_MAX);
    }
}
