//! `cargo xtask tidy`: the house rules that no compiler checks. Each finding names the file, the line and the rule.

mod invariants;
mod lexed;
mod manifests;
mod sources;

use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Report {
    errors: Vec<String>,
    warnings: Vec<String>,
    files: usize,
}

impl Report {
    /// Whether nothing has to be mended. Warnings don't count.
    pub(crate) fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    fn error(&mut self, file: &str, line: usize, what: impl fmt::Display) {
        self.errors.push(format!("{file}:{line}: {what}"));
    }

    fn warn(&mut self, file: &str, line: usize, what: impl fmt::Display) {
        self.warnings.push(format!("{file}:{line}: {what}"));
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.warnings.iter().try_for_each(|text| writeln!(f, "warning: {text}"))?;
        self.errors.iter().try_for_each(|text| writeln!(f, "error: {text}"))?;
        let Self { errors, warnings, files } = self;
        writeln!(f, "tidy: {files} files, {} errors, {} warnings", errors.len(), warnings.len())
    }
}

/// The folders of the workspace that hold Rust.
const FOLDERS: [&str; 8] = ["apps", "benches", "crates", "examples", "fuzz", "src", "tests", "xtask"];

/// Checks the whole tree.
pub(crate) fn run(root: &Path) -> Result<Report> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        let folder = root.join(folder);
        if folder.is_dir() {
            collect(&folder, &mut files)?;
        }
    }
    files.push(root.join("Cargo.toml"));
    files.sort();
    let has_interop = files.contains(&root.join("tests/interop/main.rs"));
    let mut report = Report::default();
    let mut functions = BTreeSet::new();
    for path in files {
        let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        let text = fs::read_to_string(&path).with_context(|| name.clone())?;
        report.files += 1;
        functions.extend(invariants::functions(&text));
        match path.extension().is_some_and(|extension| extension == "rs") {
            true => sources::check(&name, &text, &mut report),
            false => manifests::check(&name, &text, &mut report)?,
        }
        if has_interop && name == "Cargo.toml" {
            manifests::check_interop(&name, &text, &mut report)?;
        }
    }
    let sounds = crate::sounds::usage(root)?;
    report.errors.extend(sounds.errors);
    report.warnings.extend(sounds.warnings);
    let document = "docs/ARCHITECTURE.md";
    invariants::check(document, &fs::read_to_string(root.join(document))?, &functions, &mut report);
    Ok(report)
}

/// The Rust files and manifests below `folder`.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            collect(&path, files)?;
        } else if name == "Cargo.toml" || path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
