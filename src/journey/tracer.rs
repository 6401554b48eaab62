//! Which calls are a number's, as their entries come: what a call had before the number was in it is held so long.

use cordboard_base::CallId;
use cordboard_journey::{Entry, Event};
use std::collections::BTreeMap;

/// Calls whose entries are held until it is known whether the number is in them.
const HELD_MAX: usize = 256;
/// Entries of one such call, the first: more than a call has until somebody is rung. All of them are in the file.
const HELD_ENTRIES_MAX: usize = 64;

enum Traced {
    /// Not yet known.
    Held(Vec<Entry>),
    Shown,
}

/// Shows the calls of a number, each from its beginning, as entries come.
pub struct Tracer {
    number: Option<String>,
    calls: BTreeMap<CallId, Traced>,
}

impl Tracer {
    /// Of this number; `None`: all calls.
    pub fn new(number: Option<String>) -> Self {
        Self { number, calls: BTreeMap::new() }
    }

    /// What is to be shown now, of a row: its entries are one call's.
    pub fn take(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let Some(call) = entries.first().map(|entry| entry.call) else { return entries };
        let Some(number) = &self.number else { return entries };
        let is_in = entries.iter().any(|entry| names(&entry.event, number));
        let ends = entries.iter().any(|entry| matches!(entry.event, Event::Ended { .. } | Event::Refused(_)));
        if self.calls.len() >= HELD_MAX && !self.calls.contains_key(&call) {
            // The oldest is the one that has most likely nothing to do with it.
            self.calls.pop_first();
        }
        let traced = self.calls.entry(call).or_insert_with(|| Traced::Held(Vec::new()));
        let shown = match traced {
            Traced::Shown => entries,
            Traced::Held(held) if is_in => {
                let mut all = std::mem::take(held);
                all.extend(entries);
                *traced = Traced::Shown;
                all
            }
            Traced::Held(held) => {
                let room = HELD_ENTRIES_MAX.saturating_sub(held.len());
                held.extend(entries.into_iter().take(room));
                Vec::new()
            }
        };
        if ends {
            self.calls.remove(&call);
        }
        shown
    }
}

/// Whether an entry names a number, a user or a trunk.
fn names(event: &Event, number: &str) -> bool {
    match event {
        Event::Began { from, dialed, user, trunk, .. } => {
            [Some(from), Some(dialed), user.as_ref(), trunk.as_ref()]
                .into_iter()
                .flatten()
                .any(|it| it == number)
        }
        Event::Refused(refused) => refused.from == number || refused.dialed == number,
        Event::Leg { who, other, .. } => who == number || other == number,
        Event::Transferred { to, .. } => to == number,
        Event::OutOfReach { who, .. } | Event::Inside { who, .. } => who == number,
        Event::Emergency { user, number: dialed } => user == number || dialed == number,
        Event::Message { .. }
        | Event::Step { .. }
        | Event::Digit { .. }
        | Event::Read { .. }
        | Event::Codec { .. }
        | Event::Bridged { .. }
        | Event::Moved { .. }
        | Event::Joined { .. }
        | Event::Mixed { .. }
        | Event::Met { .. }
        | Event::Recorded { .. }
        | Event::Mailed { .. }
        | Event::Said { .. }
        | Event::ScriptError(_)
        | Event::Figures { .. }
        | Event::Latched { .. }
        | Event::Routed { .. }
        | Event::Answered { .. }
        | Event::Silent { .. }
        | Event::Ended { .. }
        | Event::Missing { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(call: u64, text: &str) -> Vec<Entry> {
        let event = Event::Said { what: "log".to_owned(), text: text.to_owned() };
        vec![Entry { at_us: 0, call: CallId(call), event }]
    }

    fn began(call: u64, from: &str) -> Vec<Entry> {
        let event = Event::Began {
            from: from.to_owned(),
            name: String::new(),
            dialed: "999".to_owned(),
            context: String::new(),
            user: None,
            trunk: None,
        };
        vec![Entry { at_us: 0, call: CallId(call), event }]
    }

    #[test]
    fn a_call_is_shown_from_its_beginning_once_the_number_is_in_it() {
        let mut tracer = Tracer::new(Some("101".to_owned()));
        assert!(tracer.take(said(1, "before")).is_empty());
        assert!(tracer.take(began(2, "102")).is_empty());
        assert_eq!(tracer.take(began(1, "101")).len(), 2);
        assert_eq!((tracer.take(said(1, "after")).len(), tracer.take(said(2, "after")).len()), (1, 0));
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut tracer = Tracer::new(Some("101".to_owned()));
        for call in 1..=HELD_MAX as u64 {
            tracer.take(said(call, ""));
        }
        assert_eq!(tracer.calls.len(), HELD_MAX);
        tracer.take(said(9_999, ""));
        assert_eq!((tracer.calls.len(), tracer.calls.contains_key(&CallId(1))), (HELD_MAX, false));
    }

    #[test]
    fn of_a_call_that_is_held_its_beginning_is_kept_up_to_a_bound() {
        let mut tracer = Tracer::new(Some("101".to_owned()));
        for n in 0..=HELD_ENTRIES_MAX {
            tracer.take(said(1, &n.to_string()));
        }
        let shown = tracer.take(began(1, "101"));
        assert_eq!(shown.len(), HELD_ENTRIES_MAX + 1);
        assert_eq!(shown.first(), said(1, "0").first());
    }
}
