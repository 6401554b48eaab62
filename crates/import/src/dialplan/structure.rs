//! A graph as ifs, switches and loops. Where its jumps can't be written so, as a loop over labels:
//!
//! ```text
//! let at = "begin";
//! loop { switch at { "begin" => { … at = "retry"; } "retry" => { … return; } } }
//! ```

use super::graph::{End, Graph, Id};
use super::value::Condition;
use crate::quoted::quoted;
use std::collections::BTreeSet;

/// Blocks within one another: the engine refuses more than 32 levels of expressions.
const DEPTH_MAX: usize = 10;
/// Lines of one function that may come of repeating what several ways lead to, for each node.
const GROWTH_MAX: usize = 3;
/// Lines that are always allowed.
const LINES_FREE: usize = 120;

/// The lines of a function's body, indented by four from 0 on.
pub(super) fn body(graph: &Graph) -> Vec<String> {
    let mut writer = Writer::new(graph);
    let begin = Around::default();
    match writer.sequence(0, &begin, 0) {
        Ok((lines, _)) => lines,
        Err(Tangled) => by_labels(graph),
    }
}

/// The graph's jumps can't be written as blocks.
struct Tangled;

/// A loop that is being written: where it begins, and what follows it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Loop {
    begin: Id,
    follow: Option<Id>,
}

/// What is around a sequence.
#[derive(Clone, Default)]
struct Around {
    /// Where the sequence ends, for what comes behind the block.
    stop: Option<Id>,
    inside: Option<Loop>,
    /// Nodes that are being written, from the outermost on.
    path: Vec<Id>,
    depth: usize,
}

struct Writer<'a> {
    graph: &'a Graph,
    /// Node → where all its ways meet again.
    meets: Vec<Option<Id>>,
    /// Nodes that a way leads back to.
    loops: BTreeSet<Id>,
    lines: usize,
    lines_max: usize,
}

fn next_of(end: &End) -> Vec<Id> {
    match end {
        End::Next(id) => vec![*id],
        End::Branch(_, yes, no) => vec![*yes, *no],
        End::Switch { arms, other, .. } => arms.iter().map(|(_, id)| *id).chain([*other]).collect(),
        End::Stop => Vec::new(),
    }
}

fn indented(lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(|line| format!("    {line}"))
}

impl<'a> Writer<'a> {
    fn new(graph: &'a Graph) -> Self {
        let count = graph.nodes.len();
        let mut writer = Self {
            graph,
            meets: vec![None; count],
            loops: BTreeSet::new(),
            lines: 0,
            lines_max: LINES_FREE + GROWTH_MAX * count,
        };
        writer.find_loops();
        writer.find_meets();
        writer
    }

    fn next(&self, id: Id) -> Vec<Id> {
        self.graph.nodes.get(id).map(|node| next_of(&node.end)).unwrap_or_default()
    }

    /// Nodes that an edge of a walk in depth leads back to.
    fn find_loops(&mut self) {
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
    fn find_meets(&mut self) {
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

    /// Lines from a node on, and whether they come to their end (or leave before).
    fn sequence(&mut self, from: Id, around: &Around, depth: usize) -> Result<(Vec<String>, bool), Tangled> {
        if depth > DEPTH_MAX {
            return Err(Tangled);
        }
        let mut out = Vec::new();
        let mut around = Around { depth, ..around.clone() };
        let mut at = Some(from);
        let mut is_first = true;
        while let Some(id) = at {
            if around.stop == Some(id) && !(is_first && around.path.is_empty()) {
                return Ok((out, true));
            }
            if let Some(inside) = around.inside {
                if inside.begin == id && !(is_first && around.path.last() == Some(&id)) {
                    out.push("continue;".to_owned());
                    return Ok((out, false));
                }
                if inside.follow == Some(id) {
                    out.push("break;".to_owned());
                    return Ok((out, false));
                }
            }
            let begins_own_loop = is_first && around.inside.is_some_and(|inside| inside.begin == id);
            if self.loops.contains(&id) && !begins_own_loop {
                if around.path.contains(&id) {
                    return Err(Tangled);
                }
                let (lines, follow) = self.repeat(id, &around)?;
                out.extend(lines);
                match follow {
                    Some(follow) => at = Some(follow),
                    None => return Ok((out, false)),
                }
                is_first = false;
                continue;
            }
            if around.path.contains(&id) && !begins_own_loop {
                return Err(Tangled);
            }
            is_first = false;
            around.path.push(id);
            match self.one(id, &around, &mut out)? {
                Went::On(next) => at = Some(next),
                Went::Through => return Ok((out, true)),
                Went::Away => return Ok((out, false)),
            }
        }
        Ok((out, true))
    }

    fn count(&mut self, lines: usize) -> Result<(), Tangled> {
        self.lines += lines + 1;
        if self.lines > self.lines_max { Err(Tangled) } else { Ok(()) }
    }

    /// One node; what comes next, if anything does.
    fn one(&mut self, id: Id, around: &Around, out: &mut Vec<String>) -> Result<Went, Tangled> {
        let Some(node) = self.graph.nodes.get(id) else { return Ok(Went::Away) };
        self.count(node.lines.len())?;
        out.extend(node.lines.iter().cloned());
        match &node.end {
            End::Next(next) => Ok(Went::On(*next)),
            End::Stop => {
                if !node.leaves {
                    out.push("return;".to_owned());
                }
                Ok(Went::Away)
            }
            End::Branch(Condition::Always(truth), yes, no) => Ok(Went::On(if *truth { *yes } else { *no })),
            End::Branch(_, yes, no) if yes == no => Ok(Went::On(*yes)),
            End::Branch(condition, yes, no) => self.branch((condition, *yes, *no), id, around, out),
            End::Switch { on, arms, other } => self.switch((on, arms, *other), id, around, out),
        }
    }

    /// Where a node's ways meet within what is around it.
    fn meet(&self, id: Id, around: &Around) -> Option<Id> {
        let meet = self.meets.get(id).copied().flatten()?;
        let is_begin = around.inside.is_some_and(|inside| inside.begin == meet);
        // What lies before the node can't follow it.
        if around.path.contains(&meet) && !is_begin { None } else { Some(meet) }
    }

    fn branch(
        &mut self,
        (condition, yes, no): (&Condition, Id, Id),
        id: Id,
        around: &Around,
        out: &mut Vec<String>,
    ) -> Result<Went, Tangled> {
        let meet = self.meet(id, around);
        let inner = Around { stop: meet.or(around.stop), ..around.clone() };
        let is_skipped = |to: Id| inner.stop == Some(to);
        if is_skipped(no) {
            let (lines, falls) = self.sequence(yes, &inner, around.depth + 1)?;
            push_if(out, condition, lines);
            return Ok(self.behind(meet, no, falls));
        }
        if is_skipped(yes) {
            let (lines, falls) = self.sequence(no, &inner, around.depth + 1)?;
            push_if(out, &condition.clone().not(), lines);
            return Ok(self.behind(meet, yes, falls));
        }
        let before = self.lines;
        let (yes_lines, yes_falls) = self.sequence(yes, &inner, around.depth + 1)?;
        if !yes_falls {
            push_if(out, condition, yes_lines);
            return Ok(Went::On(no));
        }
        let (no_lines, no_falls) = self.sequence(no, &inner, around.depth + 1)?;
        if !no_falls {
            push_if(out, &condition.clone().not(), no_lines);
            // Written again, behind the block.
            self.lines = before;
            return Ok(Went::On(yes));
        }
        out.push(format!("if {condition} {{"));
        out.extend(indented(yes_lines));
        match no_lines.as_slice() {
            [first, rest @ .., last]
                if first.starts_with("if ") && last == "}" && !rest.iter().any(|line| line == "}") =>
            {
                out.push(format!("}} else {first}"));
                out.extend(rest.iter().cloned());
                out.push("}".to_owned());
            }
            _ => {
                out.push("} else {".to_owned());
                out.extend(indented(no_lines));
                out.push("}".to_owned());
            }
        }
        Ok(meet.map_or(Went::Through, Went::On))
    }

    fn behind(&self, meet: Option<Id>, skipped: Id, _falls: bool) -> Went {
        Went::On(meet.unwrap_or(skipped))
    }

    fn switch(
        &mut self,
        (on, arms, other): (&str, &[(String, Id)], Id),
        id: Id,
        around: &Around,
        out: &mut Vec<String>,
    ) -> Result<Went, Tangled> {
        let meet = self.meet(id, around);
        let inner = Around { stop: meet.or(around.stop), ..around.clone() };
        let mut any_falls = false;
        let mut blocks: Vec<(Vec<String>, Vec<String>)> = Vec::new();
        for (label, to) in arms {
            let (lines, falls) = self.sequence(*to, &inner, around.depth + 2)?;
            any_falls |= falls;
            match blocks.iter_mut().find(|(_, known)| *known == lines) {
                Some((labels, _)) => labels.push(label.clone()),
                None => blocks.push((vec![label.clone()], lines)),
            }
        }
        let (rest, falls) = self.sequence(other, &inner, around.depth + 2)?;
        any_falls |= falls;
        blocks.retain(|(_, lines)| *lines != rest);
        out.push(format!("switch {on} {{"));
        for (labels, lines) in blocks {
            push_arm(out, &labels.join(" | "), lines);
        }
        push_arm(out, "_", rest);
        out.push("}".to_owned());
        Ok(match (meet, any_falls) {
            (Some(meet), true) => Went::On(meet),
            (None, true) => Went::Through,
            (_, false) => Went::Away,
        })
    }

    /// A loop from its begin on, and what follows it.
    fn repeat(&mut self, begin: Id, around: &Around) -> Result<(Vec<String>, Option<Id>), Tangled> {
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

/// How it goes on behind a node.
enum Went {
    On(Id),
    /// To the end of the block.
    Through,
    /// Not at all.
    Away,
}

/// A loop's body without a `continue;` at its end.
fn without_tail(mut lines: Vec<String>) -> Vec<String> {
    if lines.last().is_some_and(|line| line == "continue;") {
        lines.pop();
    }
    lines
}

fn push_if(out: &mut Vec<String>, condition: &Condition, lines: Vec<String>) {
    match lines.as_slice() {
        [] => {}
        [one] if one.len() < 70 && !one.starts_with("//") && !one.contains('{') => {
            out.push(format!("if {condition} {{ {one} }}"))
        }
        _ => {
            out.push(format!("if {condition} {{"));
            out.extend(indented(lines));
            out.push("}".to_owned());
        }
    }
}

fn push_arm(out: &mut Vec<String>, label: &str, lines: Vec<String>) {
    match lines.as_slice() {
        [] => out.push(format!("    {label} => (),")),
        [one] if !one.starts_with("//") && one.ends_with(';') => {
            out.push(format!("    {label} => {{ {one} }}"))
        }
        _ => {
            out.push(format!("    {label} => {{"));
            out.extend(indented(indented(lines).collect()));
            out.push("    }".to_owned());
        }
    }
}

/// Any graph: a loop over the labels of its nodes. Nodes that only one leads to stand behind it.
fn by_labels(graph: &Graph) -> Vec<String> {
    let mut entered = vec![0_usize; graph.nodes.len()];
    for node in &graph.nodes {
        let single = matches!(node.end, End::Next(_));
        for to in next_of(&node.end) {
            if let Some(count) = entered.get_mut(to) {
                *count += if single { 1 } else { 2 };
            }
        }
    }
    let mut labels: Vec<String> = Vec::new();
    for (id, node) in graph.nodes.iter().enumerate() {
        let taken = labels.contains(&node.label);
        labels.push(if taken { format!("{} ({id})", node.label) } else { node.label.clone() });
    }
    let label = |id: Id| quoted(labels.get(id).map_or("", String::as_str));
    let mut out = vec![format!("let at = {};", label(0)), "loop {".to_owned(), "    switch at {".to_owned()];
    for (id, _) in graph.nodes.iter().enumerate() {
        let is_begin = id == 0 || entered.get(id).is_some_and(|count| *count > 1);
        if is_begin {
            out.push(format!("        {} => {{", label(id)));
            out.extend(
                chain(graph, id, &entered, &label).into_iter().map(|line| format!("            {line}")),
            );
            out.push("        }".to_owned());
        }
    }
    out.extend(["        _ => return,", "    }", "}"].map(str::to_owned));
    out
}

fn chain(graph: &Graph, from: Id, entered: &[usize], label: &dyn Fn(Id) -> String) -> Vec<String> {
    let mut out = Vec::new();
    let mut at = from;
    while let Some(node) = graph.nodes.get(at) {
        out.extend(node.lines.iter().cloned());
        match &node.end {
            End::Next(next) if *next != 0 && entered.get(*next) == Some(&1) => at = *next,
            End::Next(next) => {
                out.push(format!("at = {};", label(*next)));
                break;
            }
            End::Branch(condition, yes, no) => {
                out.push(format!("at = if {condition} {{ {} }} else {{ {} }};", label(*yes), label(*no)));
                break;
            }
            End::Switch { on, arms, other } => {
                out.push(format!("at = switch {on} {{"));
                for (value, to) in arms {
                    out.push(format!("    {value} => {},", label(*to)));
                }
                out.push(format!("    _ => {},", label(*other)));
                out.push("};".to_owned());
                break;
            }
            End::Stop => {
                if !node.leaves {
                    out.push("return;".to_owned());
                }
                break;
            }
        }
    }
    out
}
