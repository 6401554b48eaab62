//! A node that a way leads back to, as a loop: `while` where a single condition leaves it, `loop` else.

use super::{Around, Loop, Tangled, Went, Writer, indented};
use crate::dialplan::graph::{End, Id};
use crate::dialplan::value::Condition;
use std::collections::BTreeSet;

impl Writer<'_> {
    /// A loop from its begin on, and what follows it.
    pub(super) fn repeat(
        &mut self,
        begin: Id,
        around: &Around,
    ) -> Result<(Vec<String>, Option<Id>), Tangled> {
        let inside = self.nodes_of_loop(begin);
        // A way out of an outer loop's begin or end is not there from within.
        let outer: Vec<Id> =
            around.inside.iter().flat_map(|outer| [Some(outer.begin), outer.follow]).flatten().collect();
        let mut exits: Vec<Id> = Vec::new();
        for id in &inside {
            for to in self.next(*id).into_iter().filter(|to| !inside.contains(to)) {
                if outer.contains(&to) {
                    return Err(Tangled);
                }
                if !exits.contains(&to) {
                    exits.push(to);
                }
            }
        }
        let follow = match self.while_of(begin, &inside) {
            Some((_, _, exit)) => Some(exit),
            None => exits
                .iter()
                .copied()
                .find(|exit| around.stop == Some(*exit))
                .or_else(|| self.longest(&exits, &inside)),
        };
        let within = Around {
            stop: None,
            inside: Some(Loop { begin, follow }),
            path: around.path.iter().copied().chain([begin]).collect(),
            depth: around.depth + 1,
        };
        if let Some((condition, body, exit)) = self.while_of(begin, &inside) {
            self.count(1)?;
            let (lines, _) = self.sequence(body, &within, around.depth + 1)?;
            let mut out = vec![format!("while {condition} {{")];
            out.extend(indented(without_tail(lines)));
            out.push("}".to_owned());
            return Ok((out, Some(exit)));
        }
        let mut first = within.clone();
        first.path.pop();
        first.path.push(begin);
        let (lines, falls) = self.loop_body(begin, &first)?;
        let mut out = vec!["loop {".to_owned()];
        let lines = if falls { lines } else { without_tail(lines) };
        let breaks = lines.iter().any(|line| line.contains("break;"));
        out.extend(indented(lines));
        out.push("}".to_owned());
        Ok((out, follow.filter(|_| breaks)))
    }

    fn loop_body(&mut self, begin: Id, around: &Around) -> Result<(Vec<String>, bool), Tangled> {
        let mut out = Vec::new();
        match self.one(begin, around, &mut out)? {
            Went::Through => Ok((out, true)),
            Went::Away => Ok((out, false)),
            Went::On(next) => {
                let (lines, falls) = self.sequence(next, around, around.depth)?;
                out.extend(lines);
                Ok((out, falls))
            }
        }
    }

    /// Nodes from which the begin is reached again, on ways from it.
    fn nodes_of_loop(&self, begin: Id) -> BTreeSet<Id> {
        let reach = |from: Id| {
            let (mut seen, mut left) = (BTreeSet::new(), vec![from]);
            while let Some(id) = left.pop() {
                for to in self.next(id) {
                    if seen.insert(to) {
                        left.push(to);
                    }
                }
            }
            seen
        };
        let ahead = reach(begin);
        let mut inside: BTreeSet<Id> =
            ahead.iter().copied().filter(|id| reach(*id).contains(&begin)).collect();
        inside.insert(begin);
        inside
    }

    /// A begin that only asks whether the loop goes on.
    fn while_of(&self, begin: Id, inside: &BTreeSet<Id>) -> Option<(Condition, Id, Id)> {
        let node = self.graph.nodes.get(begin)?;
        let End::Branch(condition, yes, no) = &node.end else { return None };
        if !node.lines.is_empty() {
            return None;
        }
        match (inside.contains(yes), inside.contains(no)) {
            (true, false) => Some((condition.clone(), *yes, *no)),
            (false, true) => Some((condition.clone().not(), *no, *yes)),
            (true, true) | (false, false) => None,
        }
    }

    /// The way out, of those that are taken from several places, behind which most comes: others are written where they leave.
    fn longest(&self, exits: &[Id], inside: &BTreeSet<Id>) -> Option<Id> {
        let edges = |exit: Id| inside.iter().flat_map(|id| self.next(*id)).filter(|to| *to == exit).count();
        let exits: Vec<Id> = exits.iter().copied().filter(|exit| edges(*exit) > 1).collect();
        let length = |id: &Id| {
            let (mut seen, mut left) = (BTreeSet::new(), vec![*id]);
            while let Some(id) = left.pop() {
                if seen.insert(id) {
                    left.extend(self.next(id));
                }
            }
            seen.len()
        };
        let most = exits.iter().max_by_key(|id| length(id)).copied()?;
        (length(&most) > 2).then_some(most)
    }
}

/// A loop's body without a `continue;` at its end.
fn without_tail(mut lines: Vec<String>) -> Vec<String> {
    if lines.last().is_some_and(|line| line == "continue;") {
        lines.pop();
    }
    lines
}
