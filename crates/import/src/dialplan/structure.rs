//! A graph as ifs, switches and loops. Where its jumps can't be written so, as a loop over labels:
//!
//! ```text
//! let at = "begin";
//! loop { switch at { "begin" => { … at = "retry"; } "retry" => { … return; } } }
//! ```

mod labels;
mod loops;
mod survey;

use super::graph::{End, Graph, Id};
use super::value::Condition;
use labels::by_labels;
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
}

/// How it goes on behind a node.
enum Went {
    On(Id),
    /// To the end of the block.
    Through,
    /// Not at all.
    Away,
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
