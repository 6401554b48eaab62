//! Any graph, also one whose jumps are no blocks: a loop over labels.

use super::next_of;
use crate::dialplan::graph::{End, Graph, Id};
use crate::quoted::quoted;

/// Any graph: a loop over the labels of its nodes. Nodes that only one leads to stand behind it.
pub(super) fn by_labels(graph: &Graph) -> Vec<String> {
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
    outside_of_arms(&mut out);
    out
}

/// What was chosen is looked at in other arms too: it is declared before them all.
fn outside_of_arms(lines: &mut Vec<String>) {
    let mut is_chosen = false;
    for line in lines.iter_mut() {
        if let Some((indent, rest)) = line.split_once("let choice = ") {
            *line = format!("{indent}choice = {rest}");
            is_chosen = true;
        }
    }
    if is_chosen {
        lines.insert(0, "let choice = \"\";".to_owned());
    }
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
