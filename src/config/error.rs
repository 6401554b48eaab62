//! What is wrong with a configuration file, shown where it is: file, line, caret, and the nearest right word.

use super::meant;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Words further from each other than this are no likely misspelling of one another.
const DISTANCE_MAX: usize = 3;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// In which file.
    pub file: PathBuf,
    /// Where, and that line's text; `None` if it is about the file as a whole.
    pub place: Option<Box<Place>>,
    /// What is wrong.
    pub message: String,
    /// The nearest right word.
    pub did_you_mean: Option<String>,
    /// Or else what is to be done, in a sentence.
    pub hint: Option<String>,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// The line.
    pub text: String,
    /// How many characters the mistake has, at least 1.
    pub width: usize,
}

impl ConfigError {
    /// About a file as a whole.
    pub(super) fn of_file(file: &Path, message: impl fmt::Display) -> Self {
        Self {
            file: file.to_owned(),
            place: None,
            message: message.to_string(),
            did_you_mean: None,
            hint: None,
        }
    }

    /// At a span of the file's text.
    pub(super) fn at(file: &Path, text: &str, span: Option<Range<usize>>, message: &str) -> Self {
        let place = span.map(|span| Box::new(Place::of(text, &span)));
        let line = place.as_ref().map_or("", |place| place.text.as_str());
        Self {
            file: file.to_owned(),
            did_you_mean: meant::key(message).or_else(|| nearest_in(message)),
            hint: meant::hint(message, line),
            place,
            message: message.to_owned(),
        }
    }

    /// What is said beside the mistake.
    pub fn advice(&self) -> Option<String> {
        let near = self.did_you_mean.as_ref().map(|word| format!("did you mean `{word}`?"));
        near.or_else(|| self.hint.clone())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        let hint = self.advice().unwrap_or_default();
        let Some(Place { line, column, text, width }) = self.place.as_deref() else {
            return write!(f, ": {} {hint}", self.message.trim_end());
        };
        let margin = " ".repeat(line.to_string().len());
        writeln!(f, ":{line}:{column}: {}", self.message)?;
        writeln!(f, " {margin} |")?;
        writeln!(f, " {line} | {text}")?;
        let indent = " ".repeat(column.saturating_sub(1));
        write!(f, " {margin} | {indent}{} {hint}", "^".repeat(*width))
    }
}

impl std::error::Error for ConfigError {}

/// All that was found, a mistake per file at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, error) in self.0.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

impl Place {
    fn of(text: &str, span: &Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line_text = text.get(line_start..).unwrap_or_default().lines().next().unwrap_or_default();
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        let marked = text.get(span.clone()).unwrap_or_default();
        let width = marked.lines().next().unwrap_or_default().chars().count().max(1);
        Self { line, column, text: line_text.to_owned(), width }
    }
}

/// Of a message such as "unknown field `udpp`, expected one of `udp`, `tcp`": the expected word that is nearest.
fn nearest_in(message: &str) -> Option<String> {
    let (found, expected) = message.split_once("expected")?;
    let word = quoted(found).next()?;
    nearest(word, quoted(expected))
}

fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The candidate that `word` is most likely meant to be.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let folded = word.to_lowercase();
    let best = candidates.map(|candidate| (distance(&folded, &candidate.to_lowercase()), candidate)).min()?;
    let (distance, candidate) = best;
    (distance <= DISTANCE_MAX && distance < candidate.chars().count()).then(|| candidate.to_owned())
}

/// Insertions, deletions and replacements between two words (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, to) in row.iter_mut().skip(1).zip(&b) {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = *cell;
            *cell = replaced.min(*cell + 1).min(left + 1);
            left = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_levenshteins() {
        for (a, b, d) in
            [("", "abc", 3), ("kitten", "sitting", 3), ("udp", "udp", 0), ("abc", "", 3), ("ab", "ba", 2)]
        {
            assert_eq!(distance(a, b), d, "{a} {b}");
        }
    }

    #[test]
    fn the_nearest_word_is_found_unless_all_are_far() {
        assert_eq!(nearest("langauge", ["lang", "language"].into_iter()).as_deref(), Some("language"));
        assert_eq!(nearest("xyz", ["language", "codecs"].into_iter()), None);
    }
}
