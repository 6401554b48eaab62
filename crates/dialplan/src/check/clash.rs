//! Functions of one name in several files. While a call's script runs, the engine remembers which function a name and a number of
//! arguments stand for, whichever file has asked (rhai 1.27): the next file that calls a function of its own by that name gets the
//! other one's.

use super::Reports;
use super::tree::{Form, Kind, Tree};
use crate::codes;
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(tree: &Tree, reports: &mut Reports<'_>) {
    let callers = callers(tree);
    for function in tree.functions.iter().filter(|function| function.form == Form::Named) {
        let Some(files) = callers.get(&(function.name.as_str(), function.params.len())) else { continue };
        let others: Vec<&str> = files.iter().copied().filter(|file| *file != function.file).collect();
        if others.is_empty() || !files.contains(function.file.as_str()) {
            continue;
        }
        let (name, others) = (&function.name, others.join("` and `"));
        let message = format!(
            "`{name}` is called here and in `{others}`, where it is another function: one may be taken for the other"
        );
        let hint = Some("give it another name".to_owned());
        reports.add(&function.file, codes::SAME_NAME, function.at, &message, hint);
    }
}

/// Names with their numbers of arguments, and the files that call them by the name alone.
fn callers(tree: &Tree) -> BTreeMap<(&str, usize), BTreeSet<&str>> {
    let mut callers: BTreeMap<(&str, usize), BTreeSet<&str>> = BTreeMap::new();
    for function in &tree.functions {
        function.walk(&mut |node| match &node.kind {
            Kind::Call { module: None, name, args } | Kind::Method { name, args, .. } => {
                callers.entry((name, args.len())).or_default().insert(&function.file);
            }
            _ => {}
        });
    }
    callers
}
