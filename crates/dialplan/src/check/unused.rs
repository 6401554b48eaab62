//! What nothing uses: functions, variables, imports.

use super::Reports;
use super::tree::{Form, Function, Kind, Tree};
use crate::codes;
use std::collections::BTreeSet;

pub(super) fn check(tree: &Tree, main: &str, reports: &mut Reports<'_>) {
    functions(tree, main, reports);
    for (id, function) in tree.functions.iter().enumerate() {
        variables(tree, id, function, reports);
    }
    imports(tree, reports);
}

/// Functions that neither the top level of a file that is loaded nor a function in use leads to.
fn functions(tree: &Tree, main: &str, reports: &mut Reports<'_>) {
    let loaded = loaded(tree, main);
    let mut waiting: Vec<usize> = (0..tree.functions.len())
        .filter(|id| {
            tree.function(*id).is_some_and(|f| f.form == Form::TopLevel && loaded.contains(f.file.as_str()))
        })
        .collect();
    let mut used: BTreeSet<usize> = waiting.iter().copied().collect();
    // Methods and pointers by name reach any function of that name in their file.
    let mut by_name: BTreeSet<(&str, &str)> = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        let Some(function) = tree.function(id) else { continue };
        let mut found = Vec::new();
        function.walk(&mut |node| match &node.kind {
            Kind::Call { module, name, args } => {
                found.extend(tree.called(&function.file, module.as_deref(), name, args.len()));
                if name == "Fn"
                    && let Some(Kind::Text(name)) = args.first().map(|arg| &arg.kind)
                {
                    by_name.insert((function.file.as_str(), name.as_str()));
                }
            }
            Kind::Method { name, .. } => {
                by_name.insert((function.file.as_str(), name.as_str()));
            }
            Kind::Closure(id) => found.push(*id),
            _ => {}
        });
        let named = tree.functions.iter().enumerate().filter(|(_, other)| {
            other.form == Form::Named && by_name.contains(&(other.file.as_str(), other.name.as_str()))
        });
        found.extend(named.map(|(id, _)| id));
        waiting.extend(found.into_iter().filter(|id| used.insert(*id)));
    }
    let mut strangers = BTreeSet::new();
    for (id, function) in tree.functions.iter().enumerate() {
        if used.contains(&id) || function.form != Form::Named {
            continue;
        }
        if !loaded.contains(function.file.as_str()) {
            let is_imported =
                tree.imports.values().flat_map(|a| a.values()).any(|(path, _)| *path == function.file);
            if !is_imported && strangers.insert(function.file.as_str()) {
                let message = format!("nothing imports `{}`", function.file);
                reports.add(&function.file, codes::UNUSED_FUNCTION, function.at, &message, None);
            }
            continue;
        }
        let message = format!("nothing calls the function `{}`", function.name);
        reports.add(&function.file, codes::UNUSED_FUNCTION, function.at, &message, None);
    }
}

/// The main file and all that is imported from it and used.
fn loaded<'t>(tree: &'t Tree, main: &'t str) -> BTreeSet<&'t str> {
    let mut loaded = BTreeSet::from([main]);
    let mut waiting = vec![main];
    while let Some(file) = waiting.pop() {
        let used = used_imports(tree, file);
        for (alias, (path, _)) in tree.imports.get(file).into_iter().flatten() {
            if used.contains(alias.as_str()) && loaded.insert(path) {
                waiting.push(path);
            }
        }
    }
    loaded
}

fn variables(tree: &Tree, id: usize, function: &Function, reports: &mut Reports<'_>) {
    let mut set = Vec::new();
    let mut read: BTreeSet<&str> = BTreeSet::new();
    function.walk(&mut |node| {
        if let Kind::Let { name, .. } = &node.kind {
            set.push((name.clone(), node.at));
        }
    });
    function.walk(&mut |node| match &node.kind {
        Kind::Var(name) => {
            read.insert(name.as_str());
        }
        Kind::Constant(_, name) => {
            read.insert(name.as_str());
        }
        _ => {}
    });
    let written = only_written(function);
    for inner in tree.functions.iter().filter(|inner| inner.parent == Some(id)) {
        read.extend(inner.params.iter().take(inner.captured).map(String::as_str));
    }
    if function.form == Form::TopLevel {
        // Constants are read from functions, as `global::NAME`; exported ones by other files.
        for other in tree.functions.iter() {
            other.walk(&mut |node| {
                if let Kind::Constant(_, name) = &node.kind {
                    read.insert(name.as_str());
                }
            });
        }
    }
    for (name, at) in set {
        let is_read = read.contains(name.as_str()) && !written.contains(name.as_str());
        if !is_read && !name.starts_with('_') {
            let message = format!("nothing reads `{name}`");
            reports.add(&function.file, codes::UNUSED_VARIABLE, at, &message, None);
        }
    }
}

/// Variables that occur on the left of `=` alone.
fn only_written(function: &Function) -> BTreeSet<&str> {
    let (mut written, mut all) = (std::collections::BTreeMap::new(), std::collections::BTreeMap::new());
    function.walk(&mut |node| match &node.kind {
        Kind::Assign { to, .. } => {
            if let Kind::Var(name) = &to.kind {
                *written.entry(name.as_str()).or_insert(0_usize) += 1;
            }
        }
        Kind::Var(name) => *all.entry(name.as_str()).or_insert(0_usize) += 1,
        _ => {}
    });
    written.into_iter().filter(|(name, count)| all.get(name) == Some(count)).map(|(name, _)| name).collect()
}

fn imports(tree: &Tree, reports: &mut Reports<'_>) {
    for (file, aliases) in &tree.imports {
        let used = used_imports(tree, file);
        for (alias, (_, at)) in aliases {
            if !used.contains(alias.as_str()) {
                let message = format!("nothing uses the import `{alias}`");
                reports.add(file, codes::UNUSED_IMPORT, *at, &message, None);
            }
        }
    }
}

/// The imports of a file whose functions or constants it uses.
fn used_imports<'t>(tree: &'t Tree, file: &str) -> BTreeSet<&'t str> {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for function in tree.functions.iter().filter(|function| function.file == *file) {
        function.walk(&mut |node| match &node.kind {
            Kind::Call { module: Some(module), .. } | Kind::Constant(module, _) => {
                used.insert(module.as_str());
            }
            _ => {}
        });
    }
    used
}
