//! What is found out about a graph before it is written: where ways come back, and where they meet again.

use super::Writer;
use crate::dialplan::graph::Id;
use std::collections::BTreeSet;

impl Writer<'_> {
    /// Nodes that an edge of a walk in depth leads back to.
    pub(super) fn find_loops(&mut self) {
        let count = self.graph.nodes.len();
        let (mut state, mut stack) = (vec![0_u8; count], vec![(0_usize, 0_usize)]);
        while let Some((id, edge)) = stack.pop() {
            if let Some(here) = state.get_mut(id) {
                *here = 1;
            }
            match self.next(id).get(edge) {
                None => {
                    if let Some(here) = state.get_mut(id) {
                        *here = 2;
                    }
                }
                Some(to) => {
                    stack.push((id, edge + 1));
                    match state.get(*to) {
                        Some(0) => stack.push((*to, 0)),
                        Some(1) => drop(self.loops.insert(*to)),
                        Some(_) | None => {}
                    }
                }
            }
        }
    }

    /// The nearest node that all ways from a node lead to, by sets of what each is always followed by.
    pub(super) fn find_meets(&mut self) {
        let count = self.graph.nodes.len();
        let all: BTreeSet<Id> = (0..count).collect();
        let mut behind: Vec<BTreeSet<Id>> = (0..count)
            .map(|id| if self.next(id).is_empty() { BTreeSet::from([id]) } else { all.clone() })
            .collect();
        // A function of many nodes is rather written by labels than waited for.
        let mut rounds = if count > 600 { 0 } else { count + 1 };
        loop {
            let mut changed = false;
            for id in (0..count).rev() {
                let next = self.next(id);
                let mut sets = next.iter().filter_map(|to| behind.get(*to));
                let Some(first) = sets.next().cloned() else { continue };
                let mut common = sets.fold(first, |common, set| common.intersection(set).copied().collect());
                common.insert(id);
                if let Some(own) = behind.get_mut(id)
                    && *own != common
                {
                    *own = common;
                    changed = true;
                }
            }
            if !changed || rounds == 0 {
                break;
            }
            rounds -= 1;
        }
        for id in 0..count {
            let own = behind.get(id).cloned().unwrap_or_default();
            let size = |id: &Id| behind.get(*id).map_or(0, BTreeSet::len);
            // The nearest of them is followed by all others.
            let nearest = own.iter().filter(|other| **other != id).max_by_key(|other| size(other)).copied();
            if let Some(meet) = self.meets.get_mut(id) {
                *meet = nearest;
            }
        }
    }
}
