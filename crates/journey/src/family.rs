//! Calls that are parts of one: the routes that it has asked who rings, each in a call of its own.

use crate::{Entry, Event};
use cordboard_base::CallId;
use std::collections::BTreeSet;

/// Parts that are followed: more than a call rings.
const PARTS_MAX: usize = 64;

/// A call and its parts, theirs included. Entries stand in order of time, so that a part is named before it begins.
pub(crate) fn family(entries: &[Entry], call: CallId) -> BTreeSet<CallId> {
    let mut family = BTreeSet::from([call]);
    for entry in entries {
        if let Event::Inside { call: inner, .. } = &entry.event
            && family.contains(&entry.call)
            && family.len() <= PARTS_MAX
        {
            family.insert(*inner);
        }
    }
    family
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_parts_are_parts_up_to_a_bound() {
        let inside = |of: u64, inner: u64| Entry {
            at_us: 0,
            call: CallId(of),
            event: Event::Inside { call: CallId(inner), who: "1".to_owned() },
        };
        let entries = [inside(1, 2), inside(2, 3), inside(9, 4)];
        assert_eq!(family(&entries, CallId(1)), BTreeSet::from([1, 2, 3].map(CallId)));
        assert_eq!(family(&entries, CallId(4)), BTreeSet::from([CallId(4)]));
        let many: Vec<Entry> = (2..200).map(|inner| inside(1, inner)).collect();
        assert_eq!(family(&many, CallId(1)).len(), PARTS_MAX + 1);
    }
}
