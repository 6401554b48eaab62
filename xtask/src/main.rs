//! `cargo xtask`: the project's own chores, so that a fresh machine needs nothing but cargo to run them.

mod command;
mod music;
mod peers;
mod sounds;
mod test;
mod tidy;

use anyhow::{Context, Result, bail};
use command::{Captured, cargo};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  test [--fast]            formatting, clippy, tidy, all tests of the workspace, then those against real peers
                           --fast: without clippy and without the real peers
  tidy                     the house rules that no compiler checks
  docs                     writes the pages of docs/ that are made from the source; tests say when they are stale
  fuzz [--iterations N] [--target NAME|all] [--seed N]
                           mutated input against every parser, in a release build at low priority
  bench                    the benchmarks
  sounds [--all|--check|--hear]
                           makes the prompts and the music that are missing (all of them, none), and checks every file; needs sox,
                           festival and, by CORDBOARD_PYTHON, the packages that the manifests name. --hear: a recogniser listens
                           and writes sounds/report.md
  help                     this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test"] => test::run(test::Scope::All),
        ["test", "--fast"] => test::run(test::Scope::Fast),
        ["tidy"] => tidy_alone(),
        ["docs"] => make_docs(),
        ["fuzz", rest @ ..] => fuzz(rest),
        ["bench", rest @ ..] => bench(rest),
        ["sounds", rest @ ..] => make_sounds(rest),
        ["help" | "--help" | "-h"] | [] => {
            print!("{HELP}");
            Ok(true)
        }
        [unknown, ..] => {
            eprint!("no such command, or too many arguments: {unknown}\n\n{HELP}");
            Ok(false)
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace's folder: the parent of this package's.
fn root() -> Result<PathBuf> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().map(Path::to_owned).context("xtask has no parent folder")
}

fn tidy_alone() -> Result<bool> {
    let report = tidy::run(&root()?)?;
    print!("{report}");
    Ok(report.is_clean())
}

/// The tests that hold a page of `docs/` to the source, which write it when they are told to.
const PAGES: [&[&str]; 3] = [
    &["test", "-p", "cordboard-rehearsal", "--test", "pages", "--test", "manual"],
    &["test", "-p", "cordboard-sim", "--test", "scenarios", "explain::the_right_cause"],
    &["test", "-p", "cordboard", "--lib", "the_page"],
];

fn make_docs() -> Result<bool> {
    for test in PAGES {
        if !cargo(&root()?, test, &[("CORDBOARD_WRITE", "1")], Captured::Nothing)?.success {
            return Ok(false);
        }
    }
    Ok(true)
}

fn make_sounds(arguments: &[&str]) -> Result<bool> {
    let make = match arguments {
        [] => sounds::Make::Missing,
        ["--all"] => sounds::Make::All,
        ["--check"] => sounds::Make::Nothing,
        ["--hear"] => sounds::Make::Report,
        _ => bail!("sounds takes --all, --check or --hear"),
    };
    sounds::run(&root()?, make)
}

fn fuzz(arguments: &[&str]) -> Result<bool> {
    let mut all = vec!["-n", "19", "cargo", "run", "--release", "--quiet", "-p", "cordboard-fuzz", "--"];
    all.extend_from_slice(arguments);
    let status = std::process::Command::new("nice").args(all).current_dir(root()?).status();
    Ok(status.context("nice")?.success())
}

fn bench(arguments: &[&str]) -> Result<bool> {
    let mut all = vec!["bench", "--workspace"];
    all.extend_from_slice(arguments);
    match cargo(&root()?, &all, &[], Captured::Nothing)? {
        outcome if outcome.success => Ok(true),
        _ => bail!("a benchmark failed"),
    }
}
