//! Ways through a script: where it may end, what is never reached, what also runs after a talk.
//!
//! A way is followed with what the caller has had so far: nothing, something (an answer, a prompt, somebody rung), or a talk
//! whose end nobody has looked at. Functions are summed up by what becomes of a way that goes through them.

use super::Reports;
use super::routes::handlers;
use super::tree::{Form, Function, Kind, Node, Tree};
use crate::codes;
use rhai::Position;
use std::collections::BTreeSet;

/// Which kinds of ways get to a place; none: it is not reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Ways(u8);

impl Ways {
    const NONE: Self = Self(0);
    /// The caller has had nothing yet.
    const SILENT: Self = Self(1);
    /// The caller has had something.
    const SERVED: Self = Self(2);
    /// Somebody was rung, and nobody has looked at what came of it.
    const TALKED: Self = Self(4);

    fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The same ways, after the caller has had something.
    fn served(self) -> Self {
        if self.is_none() { self } else { Self::SERVED }
    }
}

/// What becomes of a way through a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Summary {
    /// Of one on which the caller has had nothing.
    silent: Ways,
    /// Of any other one.
    served: Ways,
    /// Whether some way ends: returns, hangs up, enters, throws.
    ends: bool,
}

/// Verbs that give the caller nothing yet.
const QUIET: [&str; 12] = [
    "header",
    "export",
    "mark",
    "ringing",
    "progress",
    "wait",
    "record",
    "music",
    "music_stop",
    "send_dtmf",
    "wait_silence",
    "message",
];

/// Verbs that end the script.
pub(super) const LEAVES: [&str; 2] = ["hangup", "enter"];

/// Rounds in which functions are summed up.
const ROUNDS_MAX: usize = 40;

/// Ends of handlers, dead code, dials that nobody looked at, loops and recursion without end.
pub(super) fn check(tree: &Tree, reports: &mut Reports<'_>) {
    let mut summaries = vec![Summary::default(); tree.functions.len()];
    for _ in 0..ROUNDS_MAX {
        let before = summaries.clone();
        for id in 0..tree.functions.len() {
            let silent = Walk::through(tree, &summaries, id, Ways::SILENT, None);
            let served = Walk::through(tree, &summaries, id, Ways::SERVED, None);
            if let Some(summary) = summaries.get_mut(id) {
                *summary = Summary { silent: silent.0, served: served.0, ends: silent.1 };
            }
        }
        if before == summaries {
            break;
        }
    }
    for (id, function) in tree.functions.iter().enumerate() {
        let start = if function.form == Form::TopLevel { Ways::SERVED } else { Ways::SILENT };
        Walk::through(tree, &summaries, id, start, Some(reports));
        let is_stuck = summaries.get(id).is_some_and(|summary| !summary.ends);
        if is_stuck && function.form == Form::Named && calls_itself(tree, id) {
            let message = format!("every way through `{}` calls it again", function.name);
            reports.add(&function.file, codes::RECURSION, function.at, &message, None);
        }
        super::nothing::check(function, reports);
    }
    for handler in handlers(tree) {
        let Some(summary) = handler.closure.and_then(|id| summaries.get(id)) else { continue };
        if handler.is_of_call() && summary.silent.has(Ways::SILENT) {
            let message = match handler.pattern {
                Some(pattern) => {
                    format!("a call of `{pattern}` may end without anything done for the caller")
                }
                None => "a call may end here without anything done for the caller".to_owned(),
            };
            let hint = Some("answer, ring somebody, or `ch.hangup(\"…\")` on every way".to_owned());
            reports.add(handler.file, codes::SILENT, handler.at, &message, hint);
        }
    }
}

/// Whether a function calls itself, perhaps by way of others.
fn calls_itself(tree: &Tree, id: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut waiting = vec![id];
    while let Some(next) = waiting.pop() {
        let Some(function) = tree.function(next) else { continue };
        let mut found = false;
        function.walk(&mut |node| {
            if let Kind::Call { module, name, args } = &node.kind
                && let Some(called) = tree.called(&function.file, module.as_deref(), name, args.len())
            {
                found |= called == id;
                if seen.insert(called) {
                    waiting.push(called);
                }
            }
        });
        if found {
            return true;
        }
    }
    false
}

struct Walk<'a, 'w, 'r> {
    tree: &'a Tree,
    summaries: &'a [Summary],
    function: &'a Function,
    reports: Option<&'w mut Reports<'r>>,
    returned: Ways,
    broke: Ways,
    ends: bool,
    /// The last `ch.dial` whose result nobody looked at.
    dialed: Option<Position>,
    told: BTreeSet<Position>,
    /// Whether what a list of statements yields is used by nobody.
    is_dropped: bool,
}

impl<'a, 'w, 'r> Walk<'a, 'w, 'r> {
    fn through(
        tree: &'a Tree,
        summaries: &'a [Summary],
        id: usize,
        start: Ways,
        reports: Option<&'w mut Reports<'r>>,
    ) -> (Ways, bool) {
        let Some(function) = tree.function(id) else { return (start, true) };
        let mut walk = Walk {
            tree,
            summaries,
            function,
            reports,
            returned: Ways::NONE,
            broke: Ways::NONE,
            ends: false,
            dialed: None,
            told: BTreeSet::new(),
            is_dropped: false,
        };
        let out = walk.list(&function.body, start).or(walk.returned);
        // Who calls this function may look at what it yields.
        let out = if out.has(Ways::TALKED) { out.or(Ways::SERVED) } else { out };
        (Ways(out.0 & !Ways::TALKED.0), walk.ends || !out.is_none())
    }

    fn report(&mut self, code: codes::Code, at: Position, message: &str, hint: Option<String>) {
        if self.told.insert(at)
            && let Some(reports) = &mut self.reports
        {
            reports.add(&self.function.file, code, at, message, hint);
        }
    }

    fn list(&mut self, nodes: &'a [Node], start: Ways) -> Ways {
        let mut ways = start;
        for (at, node) in nodes.iter().enumerate() {
            if matches!(node.kind, Kind::Nothing | Kind::Import) {
                continue;
            }
            if ways.is_none() && !start.is_none() {
                let message = "this is never run: what stands before it always leaves";
                self.report(codes::DEAD, first_place(node), message, None);
                return ways;
            }
            let is_last = at + 1 == nodes.len();
            self.effect(node, is_last);
            let outer = self.is_dropped;
            self.is_dropped |= !is_last;
            let is_dropped = self.is_dropped;
            ways = self.node(node, ways);
            self.is_dropped = outer;
            if is_dropped
                && let Some(position) = dropped_dial(node)
                && !ways.is_none()
            {
                self.dialed = Some(position);
                ways = ways.or(Ways::TALKED);
            }
        }
        ways
    }

    /// A statement that does nothing.
    fn effect(&mut self, node: &Node, is_last: bool) {
        if is_last || self.function.form == Form::TopLevel {
            return;
        }
        let what = match &node.kind {
            Kind::Op(name, _) if matches!(name.as_str(), "==" | "!=" | "<" | ">" | "<=" | ">=") => {
                "this compares, and nothing comes of it"
            }
            Kind::Var(_) | Kind::Text(_) | Kind::Int(_) => "a value alone does nothing",
            _ => return,
        };
        let hint =
            matches!(&node.kind, Kind::Op(name, _) if name == "==").then(|| "`=` sets a variable".to_owned());
        self.report(codes::NO_EFFECT, node.at, what, hint);
    }

    fn all(&mut self, nodes: impl IntoIterator<Item = &'a Node>, start: Ways) -> Ways {
        nodes.into_iter().fold(start, |ways, node| self.node(node, ways))
    }

    fn node(&mut self, node: &'a Node, ways: Ways) -> Ways {
        if ways.is_none() {
            return ways;
        }
        let is_list = matches!(
            node.kind,
            Kind::Block(_)
                | Kind::If { .. }
                | Kind::Switch { .. }
                | Kind::While { .. }
                | Kind::For { .. }
                | Kind::Try { .. }
        );
        let outer = self.is_dropped;
        self.is_dropped &= is_list;
        let ways = self.within(node, ways);
        self.is_dropped = outer;
        ways
    }

    fn within(&mut self, node: &'a Node, ways: Ways) -> Ways {
        match &node.kind {
            Kind::Block(nodes) => self.list(nodes, ways),
            Kind::If { cond, then, other } => {
                let ways = self.node(cond, ways);
                let then = self.list(then, ways);
                then.or(other.as_ref().map_or(ways, |other| self.list(other, ways)))
            }
            Kind::Switch { on, arms, has_default } => {
                let ways = self.node(on, ways);
                let mut out = if *has_default { Ways::NONE } else { ways };
                for arm in arms {
                    let ways = arm.guard.as_ref().map_or(ways, |guard| self.node(guard, ways));
                    out = out.or(self.node(&arm.body, ways));
                }
                out
            }
            Kind::While { cond, body, at_least_once } => {
                self.repeat(node, cond.as_deref(), body, *at_least_once, ways)
            }
            Kind::For { over, body, .. } => {
                let ways = self.node(over, ways);
                let outer = std::mem::take(&mut self.broke);
                let once = self.list(body, ways);
                let twice = self.list(body, ways.or(once));
                let broke = std::mem::replace(&mut self.broke, outer);
                if has_any(over) { twice.or(broke) } else { ways.or(twice).or(broke) }
            }
            Kind::Return(value) => {
                let ways = value.as_ref().map_or(ways, |value| self.node(value, ways));
                self.returned = self.returned.or(ways);
                self.ends = true;
                Ways::NONE
            }
            Kind::Throw(_) => {
                self.ends = true;
                Ways::NONE
            }
            Kind::Break => {
                self.broke = self.broke.or(ways);
                Ways::NONE
            }
            Kind::Continue => {
                self.broke = self.broke.or(ways);
                Ways::NONE
            }
            Kind::Try { body, handler } => {
                let tried = self.list(body, ways);
                tried.or(self.list(handler, ways))
            }
            Kind::Method { on, name, args } => self.method(node, on, name, args, ways),
            Kind::Call { module, name, args } => {
                let ways = self.all(args, ways);
                self.call(module.as_deref(), name, args.len(), ways)
            }
            Kind::And(parts) | Kind::Or(parts) | Kind::Coalesce(parts) => {
                // The first part is always there; the others may be left out.
                let mut out = Ways::NONE;
                let mut ways = ways;
                for part in parts {
                    ways = self.node(part, ways);
                    out = out.or(ways);
                }
                out
            }
            _ => {
                let mut children = Vec::new();
                node.children(&mut |child| children.push(child));
                self.all(children, ways)
            }
        }
    }

    fn repeat(
        &mut self,
        node: &'a Node,
        cond: Option<&'a Node>,
        body: &'a [Node],
        at_least_once: bool,
        ways: Ways,
    ) -> Ways {
        let endless = cond.is_none_or(|cond| matches!(cond.kind, Kind::Bool(true)));
        let ways = match cond {
            Some(cond) if !at_least_once => self.node(cond, ways),
            Some(_) | None => ways,
        };
        let outer = std::mem::take(&mut self.broke);
        let (returned, ends) = (self.returned, self.ends);
        let once = self.list(body, ways);
        let twice = self.list(body, ways.or(once));
        let broke = std::mem::replace(&mut self.broke, outer);
        let leaves = !broke.is_none() || self.returned != returned || self.ends != ends || twice.is_none();
        if !leaves && (endless || cond.is_some_and(|cond| never_changes(cond, body))) {
            self.report(codes::ENDLESS, node.at, "nothing ends this loop", None);
        }
        match (endless, at_least_once) {
            (true, _) => broke,
            (false, true) => twice.or(broke),
            (false, false) => ways.or(twice).or(broke),
        }
    }

    fn method(&mut self, node: &'a Node, on: &'a Node, name: &str, args: &'a [Node], ways: Ways) -> Ways {
        let ways = self.node(on, ways);
        let ways = self.all(args, ways);
        if on.is_var("ch") {
            if LEAVES.contains(&name) {
                self.ends = true;
                return Ways::NONE;
            }
            if QUIET.contains(&name) {
                return ways;
            }
            return self.serve(node, ways);
        }
        let of_say = matches!(&on.kind, Kind::Field { on, name } if on.is_var("ch") && name == "say");
        if of_say { self.serve(node, ways) } else { ways }
    }

    /// The caller gets something.
    fn serve(&mut self, node: &Node, ways: Ways) -> Ways {
        if ways.has(Ways::TALKED)
            && let Some(dialed) = self.dialed
        {
            let line = node.at.line().unwrap_or(0);
            let message =
                format!("line {line} is also run when this call was answered and the callee has hung up");
            let hint = Some("`let r = ch.dial(…); if r.status != \"answered\" { … }`".to_owned());
            self.report(codes::NOT_LOOKED_AT, dialed, &message, hint);
        }
        ways.served()
    }

    fn call(&mut self, module: Option<&str>, name: &str, args: usize, ways: Ways) -> Ways {
        let Some(called) = self.tree.called(&self.function.file, module, name, args) else { return ways };
        let Some(summary) = self.summaries.get(called).copied() else { return ways };
        // What a function ends is an end of its caller, too.
        self.ends |= summary.ends && summary.silent.is_none() && summary.served.is_none();
        let mut out = Ways::NONE;
        if ways.has(Ways::SILENT) {
            out = out.or(summary.silent);
        }
        if ways.has(Ways::SERVED) || ways.has(Ways::TALKED) {
            out = out.or(summary.served);
        }
        out
    }
}

/// Whether a loop over this is run at least once.
fn has_any(over: &Node) -> bool {
    match &over.kind {
        Kind::Array(items) => !items.is_empty(),
        Kind::Op(name, args) if name.starts_with("..") => {
            matches!(args.as_slice(), [Node { kind: Kind::Int(from), .. }, Node { kind: Kind::Int(to), .. }] if from < to)
        }
        _ => false,
    }
}

/// Where a reader looks for a node.
fn first_place(node: &Node) -> Position {
    match &node.kind {
        Kind::Method { on, .. } | Kind::Field { on, .. } | Kind::Index(on, _) => first_place(on),
        Kind::Assign { to, .. } => first_place(to),
        _ => node.at,
    }
}

/// `ch.dial(…)` as a statement.
fn dropped_dial(node: &Node) -> Option<Position> {
    match &node.kind {
        Kind::Method { on, name, .. } if on.is_var("ch") && name == "dial" => Some(node.at),
        _ => None,
    }
}

/// A condition of variables and literals, none of which the loop changes.
fn never_changes(cond: &Node, body: &[Node]) -> bool {
    let mut names = BTreeSet::new();
    let mut is_plain = true;
    cond.walk(&mut |node| match &node.kind {
        Kind::Var(name) => {
            names.insert(name.as_str());
        }
        Kind::Op(..)
        | Kind::And(_)
        | Kind::Or(_)
        | Kind::Int(_)
        | Kind::Text(_)
        | Kind::Bool(_)
        | Kind::Float => {}
        _ => is_plain = false,
    });
    let mut changes = false;
    for node in body {
        node.walk(&mut |node| match &node.kind {
            Kind::Assign { to, .. } => {
                changes |= names.iter().any(|name| to.is_var(name));
            }
            Kind::Method { on, .. } => changes |= names.iter().any(|name| on.is_var(name)),
            Kind::Closure(_) => changes = true,
            _ => {}
        });
    }
    is_plain && !names.is_empty() && !changes
}
