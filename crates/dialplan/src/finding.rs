//! What is wrong with a script, and where.

use core::fmt;
use serde::{Deserialize, Serialize};

/// A fault found while loading. Shown as
/// ```text
/// office.rhai:3:8: there is no function `ply`
///   3 |     ch.ply("hello");
///              ^ did you mean `play`?
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// The file's name in the bundle.
    pub file: String,
    /// From 1; 0 if the fault has no place.
    pub line: usize,
    /// From 1, in characters; 0 if the fault has no place.
    pub column: usize,
    /// What is wrong.
    pub message: String,
    /// The text of that line.
    pub source: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {}", self.file, self.message)?;
            return self.hint.as_ref().map_or(Ok(()), |hint| write!(f, " ({hint})"));
        }
        writeln!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.message)?;
        let number = self.line.to_string();
        writeln!(f, "  {number} | {}", self.source)?;
        // Tabs stay tabs, so that the caret stands under its character whatever their width.
        let before = self.source.chars().take(self.column.saturating_sub(1));
        let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        write!(f, "  {:width$}   {indent}^", "", width = number.len())?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, " {hint}"))
    }
}

/// A place in a bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_fault() {
        let finding = Finding {
            file: "a.rhai".into(),
            line: 12,
            column: 6,
            message: "no".into(),
            source: "\t  ch.ply()".into(),
            hint: Some("did you mean `play`?".into()),
        };
        let shown = finding.to_string();
        assert_eq!(shown, "a.rhai:12:6: no\n  12 | \t  ch.ply()\n       \t    ^ did you mean `play`?");
    }
}
