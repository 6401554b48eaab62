//! The table of routes, and the scripts that build it: patterns that are none, overlaps that surprise, contexts that nobody
//! gets into, handlers that take the wrong parameters, numbers that are cut wrongly before they go to a trunk.

use super::Reports;
use super::names::supplied;
use super::tree::{Kind, Node, Tree};
use crate::codes;
use crate::office::Office;
use crate::table::{Entry, Table};
use rhai::Position;
use std::collections::{BTreeMap, BTreeSet};

/// Pairs of patterns that are held against each other in one context at most.
const PAIRS_MAX: usize = 200_000;

/// As few digits are no number outside. Emergency numbers go out before the dialplan.
const OUTSIDE_DIGITS_LEAST: usize = 3;

/// A function that is given to a context.
pub(super) struct Handed<'t> {
    pub(super) file: &'t str,
    pub(super) at: Position,
    /// `on`, `code`, `otherwise`, `on_hangup`, `on_recording`
    pub(super) verb: &'t str,
    /// The pattern, if it stands there.
    pub(super) pattern: Option<&'t str>,
    /// The closure, if it is one.
    pub(super) closure: Option<usize>,
    given: &'t Node,
}

impl Handed<'_> {
    /// Whether a caller waits for what it does.
    pub(super) fn is_of_call(&self) -> bool {
        matches!(self.verb, "on" | "code" | "otherwise")
    }
}

/// All that is given to contexts.
pub(super) fn handlers(tree: &Tree) -> Vec<Handed<'_>> {
    let mut handlers = Vec::new();
    for function in &tree.functions {
        function.walk(&mut |node| {
            let Kind::Method { name, args, .. } = &node.kind else { return };
            let verb = name.as_str();
            let counts = match verb {
                "on" => args.len() == 2,
                "code" => args.len() == 2 || args.len() == 3,
                "otherwise" | "on_hangup" | "on_recording" => args.len() == 1,
                _ => false,
            };
            let Some(given) = args.last().filter(|_| counts) else { return };
            let pattern = match args.first().map(|first| &first.kind) {
                Some(Kind::Text(text)) if args.len() > 1 => Some(text.as_str()),
                _ => None,
            };
            let closure = match given.kind {
                Kind::Closure(id) => Some(id),
                _ => None,
            };
            handlers.push(Handed { file: &function.file, at: node.at, verb, pattern, closure, given });
        });
    }
    handlers
}

/// What the scripts alone show.
pub(super) fn check_handlers(tree: &Tree, reports: &mut Reports<'_>) {
    for handler in handlers(tree) {
        let closure = handler.closure.and_then(|id| tree.function(id));
        match (&handler.given.kind, closure) {
            (_, Some(closure)) => {
                let own = closure.params.len() - closure.captured.min(closure.params.len());
                if own != 1 {
                    let message = format!("a handler takes one parameter, not {own}: `|ch| …`");
                    reports.add(handler.file, codes::HANDLER, handler.given.at, &message, None);
                }
            }
            (
                Kind::Text(_) | Kind::Int(_) | Kind::Unit | Kind::Bool(_) | Kind::Map(_) | Kind::Array(_),
                None,
            ) => {
                let message = "a handler is a function of the call: `|ch| …`";
                reports.add(handler.file, codes::HANDLER, handler.given.at, message, None);
            }
            (Kind::Constant(module, name), None) => {
                let hint = Some(format!("`|ch| {module}::{name}(ch)`"));
                let message = "a function of another file is called in a handler of its own";
                reports.add(handler.file, codes::HANDLER, handler.given.at, message, hint);
            }
            _ => {}
        }
        if let Some(pattern) = handler.pattern.filter(|_| handler.verb == "on") {
            spelling(pattern, &handler, reports);
        }
    }
}

fn spelling(pattern: &str, handler: &Handed<'_>, reports: &mut Reports<'_>) {
    match pattern.strip_prefix('_') {
        None => {
            let of_pattern = |c: char| matches!(c, 'X' | 'N' | 'Z' | '[' | ']' | '.' | '!');
            let of_number = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#' | '+' | '-');
            if pattern.chars().any(of_pattern) && pattern.chars().all(|c| of_pattern(c) || of_number(c)) {
                let message = format!("`{pattern}` is no pattern without a leading `_`");
                let hint = Some(format!("did you mean `_{pattern}`?"));
                reports.add(handler.file, codes::NO_UNDERSCORE, handler.at, &message, hint);
            }
        }
        Some(places) => {
            let dialed = |c: char| {
                c.is_ascii_digit()
                    || matches!(c, 'X' | 'N' | 'Z' | 'x' | 'n' | 'z' | 'A'..='D')
                    || !c.is_ascii_alphabetic()
            };
            if let Some(letter) = places.chars().find(|c| !dialed(*c)) {
                let message = format!("no telephone dials the `{letter}` of `{pattern}`");
                let hint = Some("X is 0-9, Z 1-9, N 2-9".to_owned());
                reports.add(handler.file, codes::LETTER, handler.at, &message, hint);
            }
        }
    }
}

/// What the finished table shows.
pub(super) fn check_table(tree: &Tree, table: &Table, office: Option<&Office>, reports: &mut Reports<'_>) {
    for (name, context) in &table.contexts {
        overlaps(name, &context.routes, reports);
    }
    loops(table, reports);
    if let Some(office) = office {
        unused(tree, table, office, reports);
    }
    cuts(tree, table, reports);
}

fn overlaps(name: &str, routes: &[Entry], reports: &mut Reports<'_>) {
    let patterns: Vec<&Entry> = routes.iter().filter(|entry| !entry.pattern.is_literal()).collect();
    let mut pairs = 0;
    for (at, second) in patterns.iter().enumerate() {
        for first in patterns.iter().take(at) {
            pairs += 1;
            if pairs > PAIRS_MAX {
                return;
            }
            if second.pattern.covers(&first.pattern) || second.pattern.is_wider_than(&first.pattern) {
                continue;
            }
            let Some(number) = first.pattern.overlap(&second.pattern) else { continue };
            let message = format!(
                "{number} takes `{}` at {}, not `{}`, though that is the narrower one in `{name}`",
                first.pattern.as_str(),
                reports.original(&first.handler.place),
                second.pattern.as_str(),
            );
            reports.add_at(codes::SURPRISE, &second.handler.place, &message, None);
        }
    }
}

/// Contexts that include each other: told once, at the include that closes the circle.
fn loops(table: &Table, reports: &mut Reports<'_>) {
    let mut told: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    for start in table.contexts.keys() {
        let mut way = vec![start.as_str()];
        circle(table, &mut way, &mut told, reports);
    }
}

fn circle<'t>(
    table: &'t Table,
    way: &mut Vec<&'t str>,
    told: &mut BTreeSet<BTreeSet<&'t str>>,
    reports: &mut Reports<'_>,
) {
    /// Includes within includes that are followed.
    const DEPTH_MAX: usize = 16;
    let (Some(start), Some(last)) = (way.first().copied(), way.last().copied()) else { return };
    let Some(context) = table.contexts.get(last) else { return };
    for next in &context.includes {
        if next == start && way.len() > 1 {
            if told.insert(way.iter().copied().collect()) {
                let message = format!("contexts include each other: {} -> {start}", way.join(" -> "));
                if let Some(place) = table.include_places.get(&(last.to_owned(), next.clone())) {
                    reports.add_at(codes::INCLUDE_LOOP, place, &message, None);
                }
            }
        } else if !way.contains(&next.as_str()) && way.len() < DEPTH_MAX {
            way.push(next);
            circle(table, way, told, reports);
            way.pop();
        }
    }
}

/// Contexts in which no call begins and that nothing includes or names.
fn unused(tree: &Tree, table: &Table, office: &Office, reports: &mut Reports<'_>) {
    let included: BTreeSet<&str> =
        table.contexts.values().flat_map(|context| context.includes.iter().map(String::as_str)).collect();
    let mut named: BTreeMap<&str, usize> = BTreeMap::new();
    let mut made: BTreeMap<&str, usize> = BTreeMap::new();
    for function in &tree.functions {
        function.walk(&mut |node| match &node.kind {
            Kind::Text(text) => *named.entry(text).or_default() += 1,
            Kind::Call { module: None, name, args } if name == "context" => {
                if let Some(Node { kind: Kind::Text(text), .. }) = args.first() {
                    *made.entry(text).or_default() += 1;
                }
            }
            _ => {}
        });
    }
    for (name, place) in &table.named {
        let elsewhere =
            named.get(name.as_str()).copied().unwrap_or(0) > made.get(name.as_str()).copied().unwrap_or(0);
        // A trunk's calls begin in `from-` and its name: an office without any trunk is told so elsewhere.
        let of_trunk = office.trunks.is_empty() && name.starts_with("from-");
        if included.contains(name.as_str()) || office.entered.contains(name) || elsewhere || of_trunk {
            continue;
        }
        let hint = crate::nearest::did_you_mean(name, office.entered.iter().map(String::as_str));
        reports.add_at(
            codes::UNUSED_CONTEXT,
            place,
            &format!("no call gets into the context `{name}`"),
            hint,
        );
    }
}

/// Numbers that handlers cut before they hand them to a trunk.
fn cuts(tree: &Tree, table: &Table, reports: &mut Reports<'_>) {
    for context in table.contexts.values() {
        for entry in &context.routes {
            let handler = &entry.handler;
            let Some(id) = tree.closure(&handler.place.file, handler.function_name()) else { continue };
            let Some(cut) = cut_for_trunk(tree, id, &mut BTreeSet::new()) else { continue };
            let (prefix, longest) = entry.pattern.shape();
            let message = if cut > prefix {
                format!(
                    "`{}` begins with {prefix} fixed digit(s), but {cut} are cut off",
                    entry.pattern.as_str()
                )
            } else if let Some(rest) =
                longest.map(|most| most - cut.min(most)).filter(|rest| *rest < OUTSIDE_DIGITS_LEAST)
            {
                format!("of `{}` only {rest} digit(s) are left for the trunk", entry.pattern.as_str())
            } else {
                continue;
            };
            let hint =
                longest.map(|_| "`.` at the end of a pattern takes one or more further digits".to_owned());
            reports.add_at(codes::CUT, &handler.place, &message, hint);
        }
    }
}

/// How many digits of what was dialled are cut off for a trunk: in the handler, or in a function that it hands them to.
fn cut_for_trunk(tree: &Tree, id: usize, seen: &mut BTreeSet<usize>) -> Option<usize> {
    let function = tree.function(id)?;
    let mut cut = None;
    function.walk(&mut |node| {
        let Kind::Call { module, name, args } = &node.kind else { return };
        if module.is_none() && name == "trunk" {
            cut = cut.or_else(|| args.get(1).and_then(cut_of));
            return;
        }
        let Some(called) = tree.called(&function.file, module.as_deref(), name, args.len()) else { return };
        for (at, arg) in args.iter().enumerate() {
            if let Some(count) = cut_of(arg)
                && is_for_trunk(tree, called, at, seen)
            {
                cut = cut.or(Some(count));
            }
        }
    });
    cut
}

/// `ch.dialed.sub_string(1)`
fn cut_of(node: &Node) -> Option<usize> {
    match &node.kind {
        Kind::Method { on, name, args } if name == "sub_string" && supplied(on) == Some("ch.dialed") => {
            match args.as_slice() {
                [Node { kind: Kind::Int(count), .. }] => usize::try_from(*count).ok(),
                _ => None,
            }
        }
        Kind::Field { .. } if supplied(node) == Some("ch.dialed") => Some(0),
        _ => None,
    }
}

/// Whether a function hands a parameter on to a trunk as it is.
pub(super) fn is_for_trunk(tree: &Tree, id: usize, at: usize, seen: &mut BTreeSet<usize>) -> bool {
    let Some(function) = tree.function(id) else { return false };
    let Some(param) = function.params.get(at).filter(|_| seen.insert(id)) else { return false };
    let mut found = false;
    function.walk(&mut |node| {
        let Kind::Call { module, name, args } = &node.kind else { return };
        if module.is_none() && name == "trunk" {
            found |= args.get(1).is_some_and(|number| number.is_var(param));
            return;
        }
        let Some(called) = tree.called(&function.file, module.as_deref(), name, args.len()) else { return };
        for (at, arg) in args.iter().enumerate() {
            if arg.is_var(param) && is_for_trunk(tree, called, at, seen) {
                found = true;
            }
        }
    });
    found
}
