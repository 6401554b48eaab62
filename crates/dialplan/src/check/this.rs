//! `this` for the call: in other languages a handler's object, here nothing, unless a function is called behind a point.

use super::Reports;
use super::calls;
use super::tree::{Form, Function, Kind, Node, Tree};
use crate::codes;
use crate::registry::Part;
use crate::verbs::PROPERTIES;
use cordboard_app::Manual;
use std::collections::BTreeSet;

pub(super) fn check(tree: &Tree, manuals: &[&'static Manual], reports: &mut Reports<'_>) {
    let mut behind_a_point: BTreeSet<&str> = BTreeSet::new();
    for function in &tree.functions {
        function.walk(&mut |node| {
            if let Kind::Method { name, .. } = &node.kind {
                behind_a_point.insert(name);
            }
        });
    }
    for function in &tree.functions {
        if function.form == Form::Named && behind_a_point.contains(function.name.as_str()) {
            continue;
        }
        function.walk(&mut |node| {
            let (on, name) = match &node.kind {
                Kind::Method { on, name, .. } | Kind::Field { on, name } => (on, name),
                _ => return,
            };
            if on.is_var("this") && is_of_calls(node, name, manuals) {
                let call = call_of(function);
                let hint = match node.kind {
                    Kind::Method { .. } => format!("the call is `{call}`: `{call}.{name}(…)`"),
                    _ => format!("the call is `{call}`: `{call}.{name}`"),
                };
                reports.add(&function.file, codes::NO_THIS, on.at, "`this` is nothing here", Some(hint));
            }
        });
    }
}

/// Whether it is a verb, a property or a part of a call.
fn is_of_calls(node: &Node, name: &str, manuals: &[&'static Manual]) -> bool {
    let is_part = Part::ALL.into_iter().filter_map(Part::property).any(|part| part == name);
    match node.kind {
        Kind::Method { .. } => calls::is_of_calls(name, manuals),
        _ => {
            is_part
                || PROPERTIES.iter().copied().flatten().any(|it| it.on == Part::Channel && it.name == name)
        }
    }
}

/// What the call is named in a function.
fn call_of(function: &Function) -> &str {
    function.params.get(function.captured).map_or("ch", String::as_str)
}
