//! `cargo xtask test`: everything that has to hold before a change may land, stage by stage.
//!
//! ```text
//! formatting → clippy → tidy → codec libraries → cargo test --workspace → peers → cargo test --test interop → summary
//!      └─────────┴───────┴───────────┴───────────────┴────────────────────┴──────────────┴── a failure ends it ──▲
//! ```
//! The last line is the sum of all tests, alone: `N passed, N failed`, with `, N skipped` only if there are such. A stage that
//! is no test, or fails before its tests run, counts as one failed.

use crate::command::{Captured, Counts, Outcome, cargo};
use crate::{peers, root, tidy};
use anyhow::Result;
use std::path::Path;
use std::time::Instant;

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything.
    All,
    /// No clippy, no real peers: for the moments in between.
    Fast,
}

/// What has been run so far.
struct Run {
    started: Instant,
    counts: Counts,
    notes: Vec<String>,
    failed: Option<&'static str>,
}

/// Runs the stages up to the first that fails, and prints the summary. `false` if one failed.
pub(crate) fn run(scope: Scope) -> Result<bool> {
    let root = root()?;
    let mut run = Run { started: Instant::now(), counts: Counts::default(), notes: Vec::new(), failed: None };
    run.stage("formatting", |_| cargo(&root, &["fmt", "--all", "--check"], &[], Captured::Nothing));
    if scope == Scope::All {
        run.stage("clippy", |_| linted(&root));
    }
    run.stage("tidy", |_| tidied(&root));
    run.stage("codec libraries", |notes| libraries(scope, notes));
    // No doc tests: there are none (tidy sees to it), and finding that out takes half a minute.
    let tests = ["test", "--workspace", "--tests", "--no-fail-fast"];
    run.stage("tests", |_| cargo(&root, &tests, &[], Captured::TestResults));
    if scope == Scope::All {
        run.stage("interop", |notes| interop(&root, notes));
    }
    run.summarise();
    Ok(run.failed.is_none())
}

/// How many tests with real peers run at a time: they mostly wait. Those whose peers are ours (`tests/e2e`) load the machine.
fn at_once() -> String {
    (2 * std::thread::available_parallelism().map_or(1, usize::from)).to_string()
}

impl Run {
    /// Runs one stage, unless one before it failed. The stage may leave notes for the summary.
    fn stage(&mut self, name: &'static str, work: impl FnOnce(&mut Vec<String>) -> Result<Outcome>) {
        if self.failed.is_some() {
            return;
        }
        println!("── {name}");
        let started = Instant::now();
        let outcome = work(&mut self.notes).unwrap_or_else(|error| {
            println!("{error:#}");
            Outcome { success: false, counts: Counts::default() }
        });
        self.counts.add(outcome.counts);
        let seconds = started.elapsed().as_secs_f32();
        if outcome.success {
            println!("── {name}: ok, {seconds:.1} s");
        } else {
            println!("── {name}: FAILED, {seconds:.1} s");
            self.failed = Some(name);
            if outcome.counts.failed == 0 {
                self.counts.failed += 1;
            }
        }
    }

    fn summarise(&self) {
        println!("── summary");
        self.notes.iter().for_each(|note| println!("{note}"));
        if let Some(stage) = self.failed {
            println!("stopped at: {stage}");
        }
        println!("total time: {:.1} s", self.started.elapsed().as_secs_f32());
        println!("{}", last_line(self.counts));
    }
}

fn last_line(counts: Counts) -> String {
    let Counts { passed, failed, skipped } = counts;
    let skipped = if skipped > 0 { format!(", {skipped} skipped") } else { String::new() };
    format!("{passed} passed, {failed} failed{skipped}")
}

fn linted(root: &Path) -> Result<Outcome> {
    let all = ["clippy", "--workspace", "--all-targets", "--keep-going", "--", "-D", "warnings"];
    let outcome = cargo(root, &all, &[], Captured::Nothing)?;
    if !outcome.success || !has_interop(root) {
        return Ok(outcome);
    }
    // A target that `cargo test` leaves out is left out of --all-targets too.
    let interop = ["clippy", "--workspace", "--test", "interop", "--", "-D", "warnings"];
    cargo(root, &interop, &[], Captured::Nothing)
}

fn has_interop(root: &Path) -> bool {
    root.join("tests/interop/main.rs").is_file()
}

fn tidied(root: &Path) -> Result<Outcome> {
    let report = tidy::run(root)?;
    print!("{report}");
    Ok(Outcome { success: report.is_clean(), counts: Counts::default() })
}

/// The tests against real peers: the target `interop` of the root package, which `cargo test` leaves out (`test = false`; tidy
/// looks after that).
fn interop(root: &Path, notes: &mut Vec<String>) -> Result<Outcome> {
    if !has_interop(root) {
        notes.push("interop: the tree has no tests/interop/main.rs, so no real peer was tested".to_owned());
        return Ok(Outcome { success: true, counts: Counts::default() });
    }
    let missing = peers::provide(peers::PROGRAMS)?;
    // The whole workspace is named so that dependencies keep the features, and so the builds, of the stage before.
    let at_once = at_once();
    let mut arguments = vec!["test", "--workspace", "--test", "interop", "--", "--test-threads", &at_once];
    let modules: Vec<String> = missing.iter().map(|peer| format!("{}::", peer.name())).collect();
    for (peer, module) in missing.iter().zip(&modules) {
        notes.push(format!("missing peer: {} (its tests were skipped)", peer.name()));
        arguments.extend(["--skip", module]);
    }
    if may_not_miss(&missing, notes) {
        return Ok(Outcome { success: false, counts: Counts::default() });
    }
    cargo(root, &arguments, &[], Captured::TestResults)
}

/// The libraries that the tests of `src/codec_libs` load: without them those tests have nothing to try.
fn libraries(scope: Scope, notes: &mut Vec<String>) -> Result<Outcome> {
    let missing = match scope {
        Scope::All => peers::provide(peers::LIBRARIES)?,
        Scope::Fast => peers::missing(peers::LIBRARIES),
    };
    for peer in &missing {
        notes.push(format!("missing library: {} (the tests of its codecs tried nothing)", peer.name()));
    }
    Ok(Outcome { success: !may_not_miss(&missing, notes), counts: Counts::default() })
}

/// Whether what is missing is a failure. If so, says why.
fn may_not_miss(missing: &[peers::Peer], notes: &mut Vec<String>) -> bool {
    let is_failure = !missing.is_empty() && under_ci();
    if is_failure {
        notes.push("under CI nothing is skipped: what is missing is a failure".to_owned());
    }
    is_failure
}

fn under_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fresh() -> Run {
        Run { started: Instant::now(), counts: Counts::default(), notes: Vec::new(), failed: None }
    }

    fn outcome(success: bool, passed: u64, failed: u64) -> Result<Outcome> {
        Ok(Outcome { success, counts: Counts { passed, failed, skipped: 0 } })
    }

    #[test]
    fn the_last_line_names_skipped_tests_only_if_there_are_any() {
        assert_eq!(last_line(Counts { passed: 12, failed: 0, skipped: 0 }), "12 passed, 0 failed");
        assert_eq!(last_line(Counts { passed: 1, failed: 2, skipped: 3 }), "1 passed, 2 failed, 3 skipped");
    }

    #[test]
    fn nothing_runs_after_a_stage_that_failed() {
        let mut run = fresh();
        run.stage("one", |_| outcome(true, 3, 0));
        run.stage("two", |_| outcome(false, 4, 1));
        run.stage("three", |_| outcome(true, 100, 0));
        assert_eq!(run.failed, Some("two"));
        assert_eq!(last_line(run.counts), "7 passed, 1 failed");
    }

    #[test]
    fn a_stage_that_fails_without_a_failed_test_counts_as_one() {
        let mut run = fresh();
        run.stage("one", |_| outcome(false, 0, 0));
        assert_eq!(last_line(run.counts), "0 passed, 1 failed");
        let mut run = fresh();
        run.stage("one", |_| anyhow::bail!("no such program"));
        assert_eq!(last_line(run.counts), "0 passed, 1 failed");
    }
}
