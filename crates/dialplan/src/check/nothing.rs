//! What may be nothing: a value that the script asks about, `x == ()`, and goes on with all the same.

use super::Reports;
use super::flow::LEAVES;
use super::tree::{Function, Kind, Node};
use crate::codes;
use rhai::Position;

/// `if x == () { … }` that goes on, and then uses `x`.
pub(super) fn check(function: &Function, reports: &mut Reports<'_>) {
    lists(&function.body, &mut |nodes| {
        for (at, node) in nodes.iter().enumerate() {
            let Kind::If { cond, then, other: None } = &node.kind else { continue };
            let Some(name) = compared_with_nothing(cond) else { continue };
            if leaves(then) || then.iter().any(|node| sets(node, name)) {
                continue;
            }
            for later in nodes.iter().skip(at + 1) {
                if sets(later, name) {
                    break;
                }
                if let Some(used) = uses(later, name) {
                    let message = format!("`{name}` may be `()` here: the `if` before it goes on");
                    let hint = Some("`return` in the `if`, or `else` for the rest".to_owned());
                    reports.add(&function.file, codes::MAY_BE_NOTHING, used, &message, hint);
                    break;
                }
            }
        }
    });
}

/// Every list of statements within.
fn lists<'n>(nodes: &'n [Node], visit: &mut dyn FnMut(&'n [Node])) {
    visit(nodes);
    for node in nodes {
        node.walk(&mut |node| match &node.kind {
            Kind::Block(nodes) => visit(nodes),
            Kind::If { then, other, .. } => {
                visit(then);
                other.iter().for_each(|other| visit(other));
            }
            Kind::While { body, .. } | Kind::For { body, .. } => visit(body),
            Kind::Try { body, handler } => {
                visit(body);
                visit(handler);
            }
            _ => {}
        });
    }
}

fn compared_with_nothing(cond: &Node) -> Option<&str> {
    let Kind::Op(op, args) = &cond.kind else { return None };
    match args.as_slice() {
        [Node { kind: Kind::Var(name), .. }, Node { kind: Kind::Unit, .. }]
        | [Node { kind: Kind::Unit, .. }, Node { kind: Kind::Var(name), .. }]
            if op == "==" =>
        {
            Some(name)
        }
        _ => None,
    }
}

/// Whether a list leaves at its end, as far as it is plain to see: functions of the script may.
fn leaves(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match &node.kind {
        Kind::Return(_) | Kind::Throw(_) | Kind::Break | Kind::Continue => true,
        Kind::Method { on, name, .. } => on.is_var("ch") && LEAVES.contains(&name.as_str()),
        Kind::Call { .. } => true,
        _ => false,
    })
}

fn sets(node: &Node, name: &str) -> bool {
    let mut found = false;
    node.walk(&mut |node| match &node.kind {
        Kind::Assign { to, .. } => found |= to.is_var(name),
        Kind::Let { name: own, .. } => found |= own == name,
        _ => {}
    });
    found
}

/// Where a variable's parts are asked for, outside of an `if` that asks for the variable.
fn uses(node: &Node, name: &str) -> Option<Position> {
    match &node.kind {
        Kind::Field { on, .. } | Kind::Index(on, _) | Kind::Method { on, .. } if on.is_var(name) => {
            Some(node.at)
        }
        Kind::If { cond, .. } if mentions(cond, name) => uses(cond, name).filter(|_| !compares(cond, name)),
        Kind::And(_) | Kind::Or(_) if compares(node, name) => None,
        _ => {
            let mut found = None;
            node.children(&mut |child| found = found.or_else(|| uses(child, name)));
            found
        }
    }
}

fn mentions(node: &Node, name: &str) -> bool {
    let mut found = false;
    node.walk(&mut |node| found |= node.is_var(name));
    found
}

fn compares(node: &Node, name: &str) -> bool {
    let mut found = false;
    node.walk(&mut |node| {
        if let Kind::Op(_, args) = &node.kind
            && args.iter().any(|arg| arg.is_var(name))
        {
            found = true;
        }
    });
    found
}
