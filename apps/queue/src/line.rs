//! The line: who comes before whom.

use crate::caller::{Caller, CallerId};
use crate::queues::Queues;
use std::collections::BTreeMap;

impl Queues {
    /// The callers of all queues, in the order in which they are served: by the queue's weight, their priority, first come.
    pub(crate) fn line(&self) -> Vec<CallerId> {
        let place = |(id, caller): (&CallerId, &Caller)| {
            let weight = self.queues.get(&caller.queue).map_or(0, |queue| queue.settings.weight);
            (core::cmp::Reverse((weight, caller.priority)), caller.joined_unix_us, *id)
        };
        let mut line: Vec<_> =
            self.callers.iter().filter(|(_, caller)| caller.is_in_line()).map(place).collect();
        line.sort_unstable();
        line.into_iter().map(|(.., id)| id).collect()
    }

    /// A caller's place in its queue, from 1 on.
    pub(crate) fn position(&self, id: CallerId) -> usize {
        let Some(caller) = self.callers.get(&id) else { return 0 };
        let place =
            |caller: &Caller, id: CallerId| (core::cmp::Reverse(caller.priority), caller.joined_unix_us, id);
        let own = place(caller, id);
        let ahead = self.callers.iter().filter(|(other, that)| {
            that.queue == caller.queue && that.is_in_line() && place(that, **other) < own
        });
        ahead.count() + 1
    }

    /// The positions of all in a line.
    pub(crate) fn places(&self, line: &[CallerId]) -> BTreeMap<CallerId, usize> {
        let mut lengths: BTreeMap<&str, usize> = BTreeMap::new();
        let mut places = BTreeMap::new();
        for id in line.iter().copied() {
            let Some(caller) = self.callers.get(&id) else { continue };
            let length = lengths.entry(&caller.queue).or_default();
            *length += 1;
            places.insert(id, *length);
        }
        places
    }
}
