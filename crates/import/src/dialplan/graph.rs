//! An extension as a graph: a node for each priority, edges where the call goes on.

use super::lines::Done;
use super::parse::{Context, Exten, Priority};
use super::scope::{Role, Scope, Why};
use super::value::{Condition, Value};
use crate::quoted::quoted;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Nodes of one function: beyond them the rest is not translated.
const NODES_MAX: usize = 2_000;

/// A node.
pub(super) type Id = usize;

/// How a node goes on.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum End {
    Next(Id),
    Branch(Condition, Id, Id),
    /// By the value of an expression.
    Switch {
        on: String,
        arms: Vec<(String, Id)>,
        other: Id,
    },
    Stop,
}

/// Lines, and what comes after them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) lines: Vec<String>,
    pub(super) end: End,
    /// Its label, for a loop over labels.
    pub(super) label: String,
    /// Whether its last line leaves the function.
    pub(super) leaves: bool,
}

/// A function as a graph; the first node is where it begins.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
}

/// A priority of an extension.
#[derive(Clone, Debug)]
pub(super) struct At {
    pub(super) pattern: String,
    pub(super) caller: Option<String>,
    pub(super) priority: u32,
    /// What `${EXTEN}` is there.
    pub(super) exten: Value,
}

/// A function that is called: context, extension, priority, how.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Called {
    pub(super) context: String,
    pub(super) pattern: String,
    pub(super) caller: Option<String>,
    pub(super) priority: u32,
    pub(super) role: u8,
}

/// Marks a call whose parameters are known only when all functions are.
pub(super) const MARK: char = '\u{1}';

/// Builds the graph of one function.
pub(super) struct Builder<'s, 'w> {
    pub(super) scope: &'s mut Scope<'w>,
    pub(super) graph: Graph,
    known: BTreeMap<(String, Option<String>, u32), Id>,
    work: VecDeque<(At, Id)>,
    /// Functions that it calls.
    pub(super) calls: Vec<Called>,
    /// What the report says of the present line and a comment in the script too, by its place in the report.
    pub(super) commented: BTreeSet<usize>,
    /// The extension that the function is of.
    pub(super) own: String,
}

impl<'s, 'w> Builder<'s, 'w> {
    /// The graph from a priority on, and the functions that it calls.
    pub(super) fn build(scope: &'s mut Scope<'w>, start: At) -> (Graph, Vec<Called>) {
        let own = start.pattern.clone();
        let mut builder = Self {
            scope,
            graph: Graph::default(),
            known: BTreeMap::new(),
            work: VecDeque::new(),
            calls: Vec::new(),
            commented: BTreeSet::new(),
            own,
        };
        builder.node(start);
        while let Some((at, id)) = builder.work.pop_front() {
            if builder.graph.nodes.len() > NODES_MAX {
                let lines = vec![
                    "// NOT TRANSLATED: this extension is too long".to_owned(),
                    "ch.hangup();".to_owned(),
                ];
                builder.put(id, lines, End::Stop, true);
                continue;
            }
            builder.fill(&at, id);
        }
        (builder.graph, builder.calls)
    }

    pub(super) fn context(&self) -> Option<&'w Context> {
        self.scope.world.plan.context(&self.scope.context)
    }

    pub(super) fn exten_of(&self, at: &At) -> Option<&'w Exten> {
        self.context()?.extens.iter().find(|exten| exten.pattern == at.pattern && exten.caller == at.caller)
    }

    fn step_of(&self, at: &At) -> Option<&'w Priority> {
        self.exten_of(at)?.steps.get(&at.priority)
    }

    pub(super) fn put(&mut self, id: Id, lines: Vec<String>, end: End, leaves: bool) {
        if let Some(node) = self.graph.nodes.get_mut(id) {
            (node.lines, node.end, node.leaves) = (lines, end, leaves);
        }
    }

    /// A node with these lines.
    pub(super) fn add(&mut self, lines: Vec<String>, end: End, leaves: bool) -> Id {
        let id = self.graph.nodes.len();
        self.graph.nodes.push(Node { lines, end, label: format!("at {id}"), leaves });
        id
    }

    /// The node of a priority.
    pub(super) fn node(&mut self, at: At) -> Id {
        let key = (at.pattern.clone(), at.caller.clone(), at.priority);
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let id = self.add(Vec::new(), End::Stop, false);
        let label = self.step_of(&at).and_then(|step| step.label.clone());
        if let Some(node) = self.graph.nodes.get_mut(id) {
            let of = if at.pattern == self.own { String::new() } else { format!("{},", at.pattern) };
            node.label = format!("{of}{}", label.unwrap_or_else(|| at.priority.to_string()));
        }
        self.known.insert(key, id);
        self.work.push_back((at, id));
        id
    }

    /// What follows a priority.
    pub(super) fn after(&mut self, at: &At) -> Id {
        self.node(At { priority: at.priority + 1, ..at.clone() })
    }

    /// Whether nothing is behind a priority but the end of the call.
    fn is_last(&self, at: &At) -> bool {
        let next = self.step_of(&At { priority: at.priority + 1, ..at.clone() });
        self.scope.role == Role::Route && next.is_none_or(|step| step.app == "hangup")
    }

    fn fill(&mut self, at: &At, id: Id) {
        let Some(step) = self.step_of(at) else {
            let (lines, leaves) = self.end_of_extension();
            return self.put(id, lines, End::Stop, leaves);
        };
        self.scope.place = step.place.clone();
        self.scope.source.clone_from(&step.source);
        self.scope.exten = at.exten.clone();
        self.scope.pattern.clone_from(&at.pattern);
        let (app, args) = (step.app.clone(), step.args.clone());
        let before = self.scope.report.items.len();
        self.commented.clear();
        let (lines, end, leaves) = self.translate(at, &app, &args);
        let lines = self.left_out_since(before).chain(lines).collect();
        self.put(id, lines, end, leaves);
    }

    /// Where an extension has no further priority.
    fn end_of_extension(&self) -> (Vec<String>, bool) {
        match self.scope.role {
            // The call ends there by itself, as it stands.
            Role::Route | Role::Macro => (Vec::new(), false),
            Role::Gosub => (vec!["ch.hangup();".to_owned()], true),
        }
    }

    /// A priority, whatever it is.
    pub(super) fn translate(&mut self, at: &At, app: &str, args: &[String]) -> (Vec<String>, End, bool) {
        let outcome = match self.jump(at, app, args) {
            Some(outcome) => outcome,
            None => {
                let is_last = self.is_last(at);
                self.scope.line(app, args, is_last).map(|done| match done {
                    Done::Lines(lines) => (lines, None),
                    Done::Ends(lines) => (lines, Some(End::Stop)),
                })
            }
        };
        match outcome {
            Ok((lines, Some(End::Stop))) => {
                let leaves = !lines.is_empty();
                (lines, End::Stop, leaves)
            }
            Ok((lines, Some(end))) => (lines, end, false),
            Ok((lines, None)) => (lines, End::Next(self.after(at)), false),
            Err(why) => self.not_translated(at, app, &why),
        }
    }

    /// Where an extension of a name stands: itself, or the pattern that fits it.
    pub(super) fn find(&self, context: &str, exten: &str) -> Option<&'w Exten> {
        let mut left = vec![context.to_owned()];
        let mut seen = Vec::new();
        while let Some(name) = left.pop() {
            if seen.contains(&name) {
                continue;
            }
            let found = self.scope.world.plan.context(&name)?;
            let literal = found.exten(exten);
            let pattern =
                || found.extens.iter().find(|known| fits(&known.pattern, exten) && known.caller.is_none());
            if let Some(exten) = literal.or_else(pattern) {
                return Some(exten);
            }
            left.extend(found.includes.iter().map(|include| include.context.clone()));
            seen.push(name);
        }
        None
    }

    /// Leaves the function for a route.
    pub(super) fn enter(&mut self, context: &str, exten: &str) -> Id {
        self.add(vec![format!("ch.enter({context}, {exten});")], End::Stop, true)
    }

    /// A place to go to: `label`, `exten,label`, `context,exten,label`.
    pub(super) fn target(&mut self, at: &At, text: &str) -> Result<Id, Why> {
        if let Some([super::text::Piece::Function { name, args, .. }]) = super::text::pieces(text).as_deref()
            && name == "IF"
        {
            let (condition, yes, no) = super::jumps::choice(args)?;
            let condition = self.scope.condition(&condition)?;
            let (yes, no) = (self.target(at, yes.trim_matches('"'))?, self.target(at, no.trim_matches('"'))?);
            return Ok(self.add(Vec::new(), End::Branch(condition, yes, no), false));
        }
        let mut parts: Vec<String> = super::parse::split(text, ',');
        let priority = parts.pop().unwrap_or_default();
        let exten = parts.pop().filter(|exten| !exten.is_empty());
        let context = parts.pop().filter(|context| !context.is_empty());
        let own = self.scope.context.clone();
        let context = context.unwrap_or_else(|| own.clone());
        let Some(context) = self.scope.constant(&context) else {
            let (context, exten) =
                (self.scope.value(&context)?, self.scope.value(&exten.unwrap_or_default())?);
            if priority != "1" || context.plain.is_some() {
                return Err("which context is meant is known only when it runs, if at all".to_owned());
            }
            return Ok(self.enter(&context.code, &exten.code));
        };
        if self.scope.world.plan.context(&context).is_none() {
            return Err(format!("there is no context `{context}`"));
        }
        let Some(exten) = exten else {
            return self.local(at, &at.pattern.clone(), at.caller.clone(), &priority);
        };
        let Some(plain) = self.scope.constant(&exten).filter(|exten| !exten.is_empty()) else {
            return self.dynamic(&context, &exten, &priority);
        };
        let Some(found) = self.find(&context, &plain) else {
            return Err(format!("there is no extension {plain} in `{context}`"));
        };
        let is_here = context == own && self.context().is_some_and(|here| here.exten(&plain).is_some());
        if is_here && (plain == self.own || self.scope.role != Role::Route || !is_dialable(&plain)) {
            return self.local(at, &plain, None, &priority);
        }
        let number = priority_of(found, &priority)
            .ok_or_else(|| format!("there is no priority {priority} in {context},{plain}"))?;
        if number == 1 {
            return Ok(self.enter(&quoted(&context), &quoted(&plain)));
        }
        let called =
            Called { context, pattern: found.pattern.clone(), caller: None, priority: number, role: 0 };
        let call = self.call(called, &quoted(&plain), &[]);
        Ok(self.add(vec![format!("return {call};")], End::Stop, true))
    }

    /// A priority of an extension of this function's.
    fn local(&mut self, at: &At, pattern: &str, caller: Option<String>, priority: &str) -> Result<Id, Why> {
        let exten = if pattern == at.pattern { at.exten.clone() } else { Value::plain(pattern) };
        let mut there = At { pattern: pattern.to_owned(), caller, priority: 0, exten };
        let priority = self.scope.constant(priority).unwrap_or_else(|| priority.to_owned());
        let found = self.exten_of(&there).ok_or_else(|| format!("there is no extension {pattern}"))?;
        there.priority = priority_of(found, &priority)
            .ok_or_else(|| format!("there is no priority {priority} in {pattern}"))?;
        Ok(self.node(there))
    }

    /// An extension that is known only when it runs.
    fn dynamic(&mut self, context: &str, exten: &str, priority: &str) -> Result<Id, Why> {
        if priority != "1" {
            return Err(
                "which extension is meant is known only when it runs, and it is not its beginning".to_owned()
            );
        }
        if let Some(id) = self.by_outcome(context, exten)? {
            return Ok(id);
        }
        let value = self.scope.value(exten)?;
        let code = self.scope.as_text(&value);
        if self.scope.role == Role::Route || context != self.scope.context {
            return Ok(self.enter(&quoted(context), &code));
        }
        // Within a subroutine the extensions of its context are its own parts.
        let here: Vec<(String, bool)> = self
            .context()
            .map(|here| here.extens.iter().map(|e| (e.pattern.clone(), e.is_pattern())).collect())
            .unwrap_or_default();
        let mut arms = Vec::new();
        let mut other = None;
        let own = self.own.clone();
        for (pattern, is_pattern) in here.into_iter().filter(|(pattern, _)| *pattern != own) {
            let exten = if is_pattern { value.clone() } else { Value::plain(&pattern) };
            let id = self.node(At { pattern: pattern.clone(), caller: None, priority: 1, exten });
            if is_pattern { other = Some(id) } else { arms.push((quoted(&pattern), id)) }
        }
        let other = other.unwrap_or_else(|| self.add(vec!["ch.hangup();".to_owned()], End::Stop, true));
        Ok(self.add(Vec::new(), End::Switch { on: code, arms, other }, false))
    }

    /// `s-${DIALSTATUS}`: a choice by the outcome of the dial.
    fn by_outcome(&mut self, context: &str, exten: &str) -> Result<Option<Id>, Why> {
        let Some((prefix, rest)) = exten.split_once("${DIALSTATUS}") else { return Ok(None) };
        if !rest.is_empty() || prefix.contains("${") || context != self.scope.context {
            return Ok(None);
        }
        let on = self.scope.variable("DIALSTATUS")?.code;
        let value = self.scope.value(exten)?;
        let mut arms = Vec::new();
        for (theirs, ours) in super::value::DIALED {
            let pattern = format!("{prefix}{theirs}");
            if self.context().is_some_and(|here| here.exten(&pattern).is_some()) {
                let exten = Value::plain(&pattern);
                arms.push((quoted(ours), self.node(At { pattern, caller: None, priority: 1, exten })));
            }
        }
        let any = self.context().and_then(|here| {
            let begins =
                |exten: &&Exten| exten.is_pattern() && exten.pattern.starts_with(&format!("_{prefix}"));
            here.extens.iter().find(begins).map(|exten| exten.pattern.clone())
        });
        let other = match any {
            Some(pattern) => self.node(At { pattern, caller: None, priority: 1, exten: value }),
            None => self.add(vec!["ch.hangup();".to_owned()], End::Stop, true),
        };
        Ok(Some(self.add(Vec::new(), End::Switch { on, arms, other }, false)))
    }

    /// A call of a function: its parameters are put in when all are known.
    pub(super) fn call(&mut self, called: Called, exten: &str, args: &[String]) -> String {
        let own = self.scope.exten.code.clone();
        if own == "EXTEN" {
            self.scope.used.parameters.insert("EXTEN".to_owned());
        }
        let at = self.calls.iter().position(|known| *known == called).unwrap_or_else(|| {
            self.calls.push(called);
            self.calls.len() - 1
        });
        let mut text = format!("{MARK}{at}{MARK}{exten}{MARK}{own}");
        for arg in args {
            text.push(MARK);
            text.push_str(arg);
        }
        format!("{text}{MARK}{MARK}")
    }
}

/// The number of a priority, by number or label.
pub(super) fn priority_of(exten: &Exten, text: &str) -> Option<u32> {
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    exten.steps.iter().find(|(_, step)| step.label.as_deref() == Some(text)).map(|(number, _)| *number)
}

/// Whether a telephone can dial it.
pub(super) fn is_dialable(exten: &str) -> bool {
    exten.starts_with('_') || exten.chars().all(|c| c.is_ascii_digit() || "*#+".contains(c))
}

/// Whether a number fits an extension's pattern.
pub(super) fn fits(pattern: &str, number: &str) -> bool {
    let Some(places) = pattern.strip_prefix('_') else { return pattern == number };
    let mut digits = number.chars();
    let mut places = places.chars();
    while let Some(place) = places.next() {
        let digit = match place {
            '-' => continue,
            '.' => return digits.next().is_some(),
            '!' => return true,
            _ => digits.next(),
        };
        let Some(digit) = digit else { return false };
        let is = match place {
            'X' | 'x' => digit.is_ascii_digit(),
            'Z' | 'z' => ('1'..='9').contains(&digit),
            'N' | 'n' => ('2'..='9').contains(&digit),
            '[' => {
                let set: String = places.by_ref().take_while(|c| *c != ']').collect();
                in_set(&set, digit)
            }
            other => other == digit,
        };
        if !is {
            return false;
        }
    }
    digits.next().is_none()
}

fn in_set(set: &str, digit: char) -> bool {
    let chars: Vec<char> = set.chars().collect();
    let mut rest = chars.as_slice();
    loop {
        rest = match rest {
            [from, '-', to, after @ ..] if from <= to => {
                if (*from..=*to).contains(&digit) {
                    return true;
                }
                after
            }
            [one, after @ ..] => {
                if *one == digit {
                    return true;
                }
                after
            }
            [] => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn numbers_fit_patterns_as_asterisk_has_it() {
        assert!(fits("_1XX", "101") && !fits("_1XX", "1011") && !fits("_1XX", "11"));
        assert!(fits("_9NXX.", "92345") && !fits("_9NXX.", "9234"));
        assert!(fits("_[1-35]!", "5") && fits("_[1-35]!", "299") && !fits("_[1-35]!", "4"));
        assert!(fits("s", "s") && !fits("s", "t"));
    }
}
