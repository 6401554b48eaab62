//! A child process of a test's: ended by its own handle, its output in a file that is shown when the test fails.

use super::wait;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// Lines of an output that a failed test shows.
const SHOWN: usize = 200;

/// The process.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    output: PathBuf,
}

impl Process {
    /// Starts it; its output goes to `output`.
    pub(crate) fn start(name: &str, command: &mut Command, output: &Path) -> Self {
        let file = File::options().create(true).append(true).open(output).unwrap();
        let child = command
            .stdin(Stdio::piped())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error} (the interop tests need it installed)"));
        Self { name: name.to_owned(), child, output: output.to_owned() }
    }

    /// Its process id.
    pub(crate) fn id(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    /// Types something into it.
    pub(crate) fn types(&mut self, text: &str) {
        use std::io::Write;
        let stdin = self.child.stdin.as_mut().expect("a process with an input");
        stdin.write_all(text.as_bytes()).and_then(|()| stdin.flush()).unwrap();
    }

    /// All it has printed.
    pub(crate) fn printed(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.output).unwrap_or_default()).into_owned()
    }

    /// Waits until it has printed this.
    pub(crate) fn prints(&mut self, text: &str, limit: Duration) {
        let found = wait::at_most(limit, || {
            let is_there = self.printed().contains(text);
            (is_there || self.child.try_wait().unwrap().is_some()).then_some(is_there)
        });
        // What it printed last may have come between the look and its end.
        let is_there = found == Some(true) || self.printed().contains(text);
        assert!(is_there, "{} never printed `{text}` ({found:?})", self.name);
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end.
    pub(crate) fn ends(&mut self, limit: Duration) -> ExitStatus {
        let what = format!("the end of {}", self.name);
        wait::until(&what, limit, || self.child.try_wait().unwrap())
    }

    /// Waits for its end, which must be a good one.
    pub(crate) fn succeeds(&mut self, limit: Duration) {
        let status = self.ends(limit);
        assert!(status.success(), "{} ended with {status}", self.name);
    }

    /// Ends it at once, as a crash would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let printed = self.printed();
            let lines: Vec<&str> = printed.lines().collect();
            let from = lines.len().saturating_sub(SHOWN);
            eprintln!("── {}:\n{}", self.name, lines[from..].join("\n"));
        }
        // It may have ended by itself.
        if self.child.kill().is_ok() {
            self.child.wait().ok();
        }
    }
}
