//! What is different between two dialplans: files that have come, gone or changed, line by line.

use cordboard_dialplan::Bundle;
use similar::{ChangeTag, TextDiff};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Unchanged lines around a change.
const CONTEXT_LINES: usize = 3;
/// What the configuration tells the scripts, as if it were a file.
const CONFIGURED: &str = "configuration";

/// The way from one dialplan to another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Lines that have come.
    pub added: usize,
    /// Lines that have gone.
    pub removed: usize,
    /// The files that are not the same, by name.
    pub files: Vec<String>,
    /// As `diff -u` shows it.
    pub text: String,
}

impl Difference {
    /// Of two dialplans, which the text calls `names`.
    pub fn between(old: &Bundle, new: &Bundle, names: [&str; 2]) -> Self {
        let mut difference = Self::default();
        let files: BTreeSet<&String> = old.files.keys().chain(new.files.keys()).collect();
        for file in files {
            let text = |bundle: &Bundle| bundle.files.get(file).cloned();
            let (before, after) = (text(old), text(new));
            if before != after {
                difference.file(file, (before, after), names);
            }
        }
        if old.configured != new.configured {
            let texts = (Some(old.configured.text()), Some(new.configured.text()));
            difference.file(CONFIGURED, texts, names);
        }
        difference
    }

    /// `+12 -3 office.rhai`.
    pub fn summary(&self) -> String {
        if self.files.is_empty() {
            return "nothing".to_owned();
        }
        format!("+{} -{} {}", self.added, self.removed, self.files.join(", "))
    }

    fn file(&mut self, file: &str, (before, after): (Option<String>, Option<String>), names: [&str; 2]) {
        let title = |text: &Option<String>, name: &str| match text {
            Some(_) => format!("{file} ({name})"),
            None => "no such file".to_owned(),
        };
        let titles = [title(&before, names[0]), title(&after, names[1])];
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let lines = TextDiff::from_lines(&before, &after);
        for change in lines.iter_all_changes() {
            match change.tag() {
                ChangeTag::Insert => self.added += 1,
                ChangeTag::Delete => self.removed += 1,
                ChangeTag::Equal => {}
            }
        }
        self.files.push(file.to_owned());
        let mut unified = lines.unified_diff();
        let unified = unified.context_radius(CONTEXT_LINES).header(&titles[0], &titles[1]);
        // Writing to a string can't fail.
        let _infallible = write!(self.text, "{unified}");
    }
}
