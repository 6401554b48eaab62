//! Routes that no call can reach, because another one that is tried before them takes all their numbers: two feature codes that are
//! the same, or an extension's pattern that hides a code.
//!
//! Within one context the most specific route comes first, so only an included context can lose routes. A context may mean to have a
//! number's calls for itself, or a pattern's, whatever it includes: worth a warning. Faults are the same pattern in two contexts that are
//! included, and a code that something wider hides.

use crate::codes::{self, Code};
use crate::finding::Finding;
use crate::handler::Handler;
use crate::pattern::Pattern;
use crate::source::Sources;
use crate::table::Table;
use std::collections::BTreeSet;

/// Pairs of routes that are held against each other at most: a dialplan of thousands of routes below an include is not checked to
/// the end.
const PAIRS_MAX: usize = 2_000_000;

/// A route as it is looked at in one context's order of search.
struct Seen<'a> {
    context: &'a str,
    pattern: &'a Pattern,
    handler: &'a Handler,
}

/// Faults and warnings.
pub(crate) fn of(table: &Table, sources: &Sources) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut told = BTreeSet::new();
    let mut pairs = 0;
    for (root, context) in &table.contexts {
        if context.includes.is_empty() {
            continue;
        }
        let order = in_order(table, root);
        for (hider, hidden) in hidden(&order, &mut pairs) {
            if !told.insert((
                hider.handler.place.clone(),
                hidden.handler.place.clone(),
                hidden.pattern.as_str(),
            )) {
                continue;
            }
            let is_fault = match hider.pattern == hidden.pattern {
                true => hider.context != root,
                false => hidden.handler.code_len > 0,
            };
            let code = if is_fault { codes::COLLISION } else { codes::HIDDEN };
            findings.push(finding(sources, code, root, hider, hidden));
        }
    }
    findings
}

fn in_order<'a>(table: &'a Table, root: &'a str) -> Vec<Seen<'a>> {
    let searched = table.searched(root);
    let routes = searched.into_iter().flat_map(|(name, context)| {
        context.routes.iter().map(move |entry| Seen {
            context: name,
            pattern: &entry.pattern,
            handler: &entry.handler,
        })
    });
    routes.collect()
}

/// Each route that is never reached, with the first that takes its numbers.
fn hidden<'o, 'a>(order: &'o [Seen<'a>], pairs: &mut usize) -> Vec<(&'o Seen<'a>, &'o Seen<'a>)> {
    let mut hidden = Vec::new();
    for (at, route) in order.iter().enumerate() {
        let before = order.iter().take(at).filter(|before| before.context != route.context);
        for before in before {
            *pairs += 1;
            if *pairs > PAIRS_MAX {
                return hidden;
            }
            if before.pattern.covers(route.pattern) {
                hidden.push((before, route));
                break;
            }
        }
    }
    hidden
}

fn finding(sources: &Sources, code: Code, root: &str, hider: &Seen<'_>, hidden: &Seen<'_>) -> Finding {
    let message = format!(
        "`{}` of `{}` is never reached in `{root}`: `{}` at {} comes first",
        hidden.pattern.as_str(),
        hidden.context,
        hider.pattern.as_str(),
        sources.original(&hider.handler.place),
    );
    let hint = Some("give one of them another number, or take it out".to_owned());
    sources.finding(code, &sources.original(&hidden.handler.place), &message, hint)
}
