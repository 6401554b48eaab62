//! Figures that the project has promised, as their commands write them into docs/figures.md: a row each, where `CORDBOARD_WRITE=1`
//! says so. Whoever measures one includes this file.

use std::path::Path;
use std::process::Command;

const HEAD: &str = "# Figures\n\nEach row is written by its command, with `CORDBOARD_WRITE=1` before it. Those of speed and memory, with \
                    what they were measured on, stand in [PERFORMANCE.md](PERFORMANCE.md); what is told of calls with faults, in [explain.md](explain.md).\n\n\
                    | What | Wanted | Measured | At | Command |\n|---|---|---|---|---|\n";

/// A row, in place of the one that is there.
pub(crate) fn write(what: &str, wanted: &str, measured: &str, command: &str) {
    println!("{what}: {measured}; wanted: {wanted}");
    if std::env::var_os("CORDBOARD_WRITE").is_none() {
        return;
    }
    let root =
        Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find(|folder| folder.join("Cargo.lock").exists());
    let Some(root) = root else { return };
    let commit = Command::new("git").args(["log", "-1", "--format=%cs, %h"]).current_dir(root).output();
    let commit =
        commit.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    let file = root.join("docs/figures.md");
    let old = std::fs::read_to_string(&file).unwrap_or_default();
    let start = format!("| {what} |");
    let mut rows: Vec<String> = old
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| What ") && !line.starts_with(&start))
        .map(str::to_owned)
        .collect();
    rows.push(format!("{start} {wanted} | {measured} | {commit} | `{command}` |"));
    rows.sort();
    let written = std::fs::write(&file, format!("{HEAD}{}\n", rows.join("\n")));
    assert!(written.is_ok(), "{written:?}");
}
