//! Whether who calls from outside can call out at the office's cost: from the contexts in which trunks' calls begin, by routes,
//! includes, `ch.enter` and functions, to a trunk that dials a number of the caller's choice.

use super::Reports;
use super::names::supplied;
use super::tree::{Function, Kind, Node, Tree};
use crate::codes;
use crate::finding::Place;
use crate::office::Office;
use crate::table::Table;
use std::collections::BTreeSet;

/// Functions within functions that are followed.
const DEPTH_MAX: usize = 16;

pub(super) fn check(tree: &Tree, table: &Table, office: &Office, reports: &mut Reports<'_>) {
    for (trunk, context) in &office.outside {
        let mut search = Search { tree, table, trunk, begin: context, seen: BTreeSet::new(), reports };
        search.context(context, None);
    }
}

struct Search<'a, 'r> {
    tree: &'a Tree,
    table: &'a Table,
    trunk: &'a str,
    /// Where the trunk's calls begin.
    begin: &'a str,
    seen: BTreeSet<String>,
    reports: &'a mut Reports<'r>,
}

impl Search<'_, '_> {
    /// All routes of a context that a call may get into. `by`: what leads there first from the trunk's own context.
    fn context(&mut self, name: &str, by: Option<&Place>) {
        if !self.seen.insert(name.to_owned()) {
            return;
        }
        let table = self.table;
        for (at, context) in table.searched(name) {
            let by = match by {
                Some(place) => Some(place.clone()),
                None if at == name => None,
                None => self.first_include(name, at),
            };
            for handler in context.routes.iter().map(|entry| &entry.handler).chain(context.otherwise.as_ref())
            {
                let Some(id) = self.tree.closure(&handler.place.file, handler.function_name()) else {
                    continue;
                };
                let place = by.clone().unwrap_or_else(|| handler.place.clone());
                let mut follow = Follow {
                    tree: self.tree,
                    depth: DEPTH_MAX,
                    outside: false,
                    enters: Vec::new(),
                    seen: BTreeSet::new(),
                };
                follow.function(id, &BTreeSet::new());
                if follow.outside {
                    let message = format!(
                        "who calls by the trunk `{}` gets from `{}` to `{}` of `{at}`, which dials out",
                        self.trunk, self.begin, handler.pattern
                    );
                    self.reports.add_at(codes::OUTSIDE, &place, &message, None);
                }
                for (context, number) in follow.enters {
                    // A fixed number has its one route.
                    if number.is_none() {
                        self.context(&context, Some(&place));
                    }
                }
            }
        }
    }

    /// The include of `from` by which `to` is in it.
    fn first_include(&self, from: &str, to: &str) -> Option<Place> {
        let context = self.table.contexts.get(from)?;
        let via = context
            .includes
            .iter()
            .find(|include| self.table.searched(include).iter().any(|(name, _)| *name == to))?;
        self.table.include_places.get(&(from.to_owned(), via.clone())).cloned()
    }
}

struct Follow<'a> {
    tree: &'a Tree,
    depth: usize,
    /// Whether a trunk dials a number of the caller's.
    outside: bool,
    /// Contexts that are entered, with the number if it is a fixed one.
    enters: Vec<(String, Option<String>)>,
    /// Functions that were followed, with the parameters that held what the caller supplies.
    seen: BTreeSet<(usize, BTreeSet<String>)>,
}

impl Follow<'_> {
    /// `callers`: the parameters that hold what the caller supplies.
    fn function(&mut self, id: usize, callers: &BTreeSet<String>) {
        let tree = self.tree;
        let Some(function) = tree.function(id) else { return };
        if self.depth == 0 || !self.seen.insert((id, callers.clone())) || asks_for_pin(function) {
            return;
        }
        let mut callers = callers.clone();
        // Variables that hold it, in the order of the text.
        function.walk(&mut |node| match &node.kind {
            Kind::Let { name, value } if holds(value, &callers) => {
                callers.insert(name.clone());
            }
            Kind::Assign { to, value, .. } if holds(value, &callers) => {
                if let Kind::Var(name) = &to.kind {
                    callers.insert(name.clone());
                }
            }
            _ => {}
        });
        let mut calls: Vec<(usize, BTreeSet<String>)> = Vec::new();
        function.walk(&mut |node| match &node.kind {
            Kind::Call { module: None, name, args } if name == "trunk" => {
                self.outside |= args.get(1).is_some_and(|number| holds(number, &callers));
            }
            Kind::Call { module: None, name, args } if name == "extension" => self.enter(args, &callers),
            Kind::Call { module, name, args } => {
                if let Some(called) = tree.called(&function.file, module.as_deref(), name, args.len())
                    && let Some(callee) = tree.function(called)
                {
                    let held = callee.params.iter().zip(args).filter(|(_, arg)| holds(arg, &callers));
                    calls.push((called, held.map(|(param, _)| param.clone()).collect()));
                }
            }
            Kind::Method { on, name, args } if on.is_var("ch") && name == "enter" => {
                self.enter(args, &callers);
            }
            _ => {}
        });
        self.depth -= 1;
        for (called, held) in calls {
            self.function(called, &held);
        }
        self.depth += 1;
    }

    /// A context, and the number that is dialled there.
    fn enter(&mut self, args: &[Node], callers: &BTreeSet<String>) {
        if let [Node { kind: Kind::Text(context), .. }, number] = args {
            let fixed = match &number.kind {
                Kind::Text(number) => Some(number.clone()),
                _ => None,
            };
            if fixed.is_some() || holds(number, callers) {
                self.enters.push((context.clone(), fixed));
            }
        }
    }
}

/// Whether a value is, or is made of, what the caller supplies.
fn holds(node: &Node, callers: &BTreeSet<String>) -> bool {
    let mut found = false;
    node.walk(&mut |node| {
        let is_variable = matches!(&node.kind, Kind::Var(name) if callers.contains(name));
        found |= is_variable || supplied(node).is_some();
    });
    found
}

/// Who knows a PIN is no stranger.
fn asks_for_pin(function: &Function) -> bool {
    let mut found = false;
    function.walk(&mut |node| {
        found |= matches!(&node.kind, Kind::Method { name, .. } if name == "authenticate");
    });
    found
}
