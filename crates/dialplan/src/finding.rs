//! What is wrong with a script, and where.

use crate::codes::{Code, Severity};
use core::fmt;
use serde::{Deserialize, Serialize};

/// What was found while loading. Shown as
/// ```text
/// office.rhai:3:8: there is no function `ply` [E0201]
///   3 |     ch.ply("hello");
///              ^^^ did you mean `play`?
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// The file's name in the bundle.
    pub file: String,
    /// From 1; 0 if the fault has no place.
    pub line: usize,
    /// From 1, in characters; 0 if the fault has no place.
    pub column: usize,
    /// Which kind it is of.
    pub code: Code,
    /// What is wrong.
    pub message: String,
    /// The text of that line.
    pub source: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Finding {
    /// Whether it refuses to load.
    pub fn is_error(&self) -> bool {
        self.code.severity() == Severity::Error
    }

    /// How many characters of the source line it is about: a word, a text in quotes, or one character.
    pub fn width(&self) -> usize {
        let rest: Vec<char> = self.source.chars().skip(self.column.saturating_sub(1)).collect();
        let word = |c: &char| c.is_alphanumeric() || *c == '_';
        match rest.first() {
            Some('"') => rest.iter().skip(1).position(|c| *c == '"').map_or(1, |at| at + 2),
            Some(first) if word(first) => rest.iter().take_while(|c| word(c)).count(),
            Some(_) | None => 1,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            write!(f, "{}: {} [{}]", self.file, self.message, self.code)?;
            return self.hint.as_ref().map_or(Ok(()), |hint| write!(f, " ({hint})"));
        }
        writeln!(f, "{}:{}:{}: {} [{}]", self.file, self.line, self.column, self.message, self.code)?;
        let number = self.line.to_string();
        writeln!(f, "  {number} | {}", self.source)?;
        // Tabs stay tabs, so that the caret stands under its character whatever their width.
        let before = self.source.chars().take(self.column.saturating_sub(1));
        let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        write!(f, "  {:width$}   {indent}{}", "", "^".repeat(self.width()), width = number.len())?;
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
            column: 7,
            code: crate::codes::NO_FUNCTION,
            message: "no".into(),
            source: "\t  ch.ply()".into(),
            hint: Some("did you mean `play`?".into()),
        };
        let shown = finding.to_string();
        assert_eq!(
            shown,
            "a.rhai:12:7: no [E0201]\n  12 | \t  ch.ply()\n       \t     ^^^ did you mean `play`?"
        );
    }
}
