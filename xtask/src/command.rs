//! Running other programs with their output shown as it comes, while the counts of tests are read from it.

use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// What is read from a program's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Captured {
    /// Nothing; the output goes straight to the terminal.
    Nothing,
    /// The `test result:` lines of Rust's test runner.
    TestResults,
}

/// How many tests did what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// Ignored, or filtered out because their peer is missing.
    pub(crate) skipped: u64,
}

impl Counts {
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// Reads `test result: ok. 5 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s`.
    fn of_line(line: &str) -> Option<Self> {
        let (_, tail) = line.trim_start().strip_prefix("test result: ")?.split_once(". ")?;
        let mut counts = Self::default();
        for part in tail.split("; ") {
            let mut words = part.split(' ');
            let (Some(number), Some(what)) = (words.next().and_then(|n| n.parse::<u64>().ok()), words.next())
            else {
                continue;
            };
            match what {
                "passed" => counts.passed += number,
                "failed" => counts.failed += number,
                "ignored" | "filtered" => counts.skipped += number,
                _ => {}
            }
        }
        Some(counts)
    }
}

/// What became of a program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Outcome {
    pub(crate) success: bool,
    pub(crate) counts: Counts,
}

/// Runs cargo in the workspace.
pub(crate) fn cargo(
    root: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
    captured: Captured,
) -> Result<Outcome> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(cargo);
    command.args(arguments).current_dir(root).envs(environment.iter().copied());
    shown(&mut command, captured)
}

/// Runs a program, and shows each line when it comes.
pub(crate) fn shown(command: &mut Command, captured: Captured) -> Result<Outcome> {
    println!("$ {}", readable(command));
    // What we print and what the child prints must come out in order.
    std::io::stdout().flush()?;
    let name = command.get_program().to_string_lossy().into_owned();
    let mut counts = Counts::default();
    if captured == Captured::Nothing {
        let status = command.status().with_context(|| format!("{name} did not start"))?;
        return Ok(Outcome { success: status.success(), counts });
    }
    let mut child =
        command.stdout(Stdio::piped()).spawn().with_context(|| format!("{name} did not start"))?;
    let output = child.stdout.take().context("no pipe")?;
    counts.add(counted(BufReader::new(output), &mut std::io::stdout().lock())?);
    let status = child.wait()?;
    Ok(Outcome { success: status.success(), counts })
}

/// Passes each line on as soon as it is there, and sums what the test runner's lines say.
fn counted(mut lines: impl BufRead, shown: &mut impl Write) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        shown.write_all(&line)?;
        shown.flush()?;
        if let Some(found) = Counts::of_line(String::from_utf8_lossy(&line).trim_end()) {
            counts.add(found);
        }
        line.clear();
    }
    Ok(counts)
}

fn readable(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = core::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_is_counted() {
        let line = "test result: FAILED. 17 passed; 1 failed; 2 ignored; 0 measured; 3 filtered out; finished in 0.08s";
        assert_eq!(Counts::of_line(line), Some(Counts { passed: 17, failed: 1, skipped: 5 }));
    }

    #[test]
    fn other_lines_are_not() {
        assert_eq!(Counts::of_line("test tests::a_result_line_is_counted ... ok"), None);
        assert_eq!(Counts::of_line("running 3 tests"), None);
    }

    #[test]
    fn all_lines_are_passed_on_and_the_results_among_them_summed() {
        let line =
            "test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s";
        let text = format!("{line}\nother\n{line}");
        let mut shown = Vec::new();
        let counts = counted(text.as_bytes(), &mut shown).unwrap();
        assert_eq!(counts, Counts { passed: 4, failed: 0, skipped: 0 });
        assert_eq!(shown, text.as_bytes());
    }

    #[test]
    fn a_program_that_fails_or_is_missing_is_no_success() {
        assert!(!shown(&mut Command::new("false"), Captured::TestResults).unwrap().success);
        assert!(shown(&mut Command::new("no-such-program-here"), Captured::Nothing).is_err());
    }
}
