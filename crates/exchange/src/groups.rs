//! Counted groups: `limit("outbound", 4)`. A call that is counted leaves its groups when it ends.

use cordboard_base::CallId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How many groups there may be: a script that names them by dialled digits must not fill the memory. Past it: not counted in.
const GROUPS_MAX: usize = 1_000;

/// Which calls are in which group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Groups {
    members: BTreeMap<String, BTreeSet<CallId>>,
}

impl Groups {
    /// Counts `call` in if fewer than `most` others are in the group. Says whether it is in now.
    pub(crate) fn enter(&mut self, group: &str, call: CallId, most: u32) -> bool {
        if !self.members.contains_key(group) && self.members.len() >= GROUPS_MAX {
            return false;
        }
        let members = self.members.entry(group.to_owned()).or_default();
        let others = members.len() - usize::from(members.contains(&call));
        let fits = others < usize::try_from(most).unwrap_or(usize::MAX);
        if fits {
            members.insert(call);
        }
        self.members.retain(|_, calls| !calls.is_empty());
        fits
    }

    /// What a call was counted for goes on in another one.
    pub(crate) fn go_on_in(&mut self, call: CallId, other: CallId) {
        for members in self.members.values_mut() {
            if members.remove(&call) {
                members.insert(other);
            }
        }
    }

    /// The call is over.
    pub(crate) fn leave_all(&mut self, call: CallId) {
        for members in self.members.values_mut() {
            members.remove(&call);
        }
        self.members.retain(|_, calls| !calls.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_takes_as_many_calls_as_it_may_and_room_comes_back() {
        let mut groups = Groups::default();
        assert!(groups.enter("out", CallId(1), 2));
        assert!(groups.enter("out", CallId(2), 2));
        assert!(!groups.enter("out", CallId(3), 2));
        assert!(groups.enter("out", CallId(1), 2), "a call that is in already stays in");
        groups.leave_all(CallId(1));
        assert!(groups.enter("out", CallId(3), 2));
    }

    #[test]
    fn groups_are_bounded() {
        let mut groups = Groups::default();
        for n in 0..GROUPS_MAX {
            assert!(groups.enter(&n.to_string(), CallId(1), 1));
        }
        assert!(!groups.enter("one more", CallId(1), 1));
        assert!(groups.enter("7", CallId(1), 1));
    }
}
