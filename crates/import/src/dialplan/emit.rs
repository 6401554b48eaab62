//! Functions, routes and the whole script as text.

use super::value::Kind;
use std::collections::BTreeMap;

/// A function without its last `return;`, which says nothing.
pub(super) fn tidied(mut lines: Vec<String>) -> Vec<String> {
    while lines.last().is_some_and(|line| line == "return;") {
        lines.pop();
    }
    lines
}

/// Declares the variables of a function: where they are first set, or else at its begin.
pub(super) fn declared(mut lines: Vec<String>, locals: &BTreeMap<String, Kind>) -> Vec<String> {
    let mut heads = Vec::new();
    for (name, kind) in locals {
        let Some(first) = lines.iter().position(|line| mentions(line, name)) else { continue };
        let line = lines.get(first).cloned().unwrap_or_default();
        let set = line.strip_prefix(&format!("{name} = "));
        let only_sets = set.is_some_and(|value| !mentions(value, name));
        if only_sets && let Some(line) = lines.get_mut(first) {
            line.insert_str(0, "let ");
            continue;
        }
        let value = match (name.as_str(), kind) {
            ("headers", _) => "#{}",
            ("recording", _) => "()",
            (_, Kind::Int) => "0",
            (_, Kind::Text | Kind::Dialed | Kind::Status) => "\"\"",
        };
        heads.push(format!("let {name} = {value};"));
    }
    heads.extend(lines);
    heads
}

/// Whether a line names a variable, outside of texts as far as that can be seen.
fn mentions(line: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if line.starts_with("//") {
        return false;
    }
    let mut from = 0;
    while let Some(at) = line.get(from..).and_then(|rest| rest.find(name)).map(|at| at + from) {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        let after = line.get(at + name.len()..).and_then(|after| after.chars().next());
        let is_key = before == Some('"') && after == Some('"');
        if !before.is_some_and(is_word) && !after.is_some_and(is_word) && !is_key {
            return true;
        }
        from = at + name.len();
    }
    false
}

/// Lines indented by one level.
pub(super) fn block(lines: &[String]) -> String {
    lines.iter().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_declared_where_it_is_first_set_or_before() {
        let locals = BTreeMap::from([("A".to_owned(), Kind::Int), ("B".to_owned(), Kind::Text)]);
        let lines = ["A = 1;", "if x {", "    B = \"\";", "}", "ch.play(B);"].map(str::to_owned).to_vec();
        let lines = declared(lines, &locals);
        assert_eq!(lines[..2], ["let B = \"\";", "let A = 1;"]);
        assert!(!mentions("ch.vars[\"B\"] = BB;", "B"));
    }
}
