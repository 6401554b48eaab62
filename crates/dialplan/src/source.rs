//! The scripts as the engine gets them, and the way back from its places to those of the files.

use crate::bundle::Bundle;
use crate::codes::Code;
use crate::finding::{Finding, Place};
use crate::prepare::{Prepared, prepare, prepare_with};
use std::collections::BTreeMap;

/// A bundle, prepared.
pub(crate) struct Sources {
    bundle: Bundle,
    prepared: BTreeMap<String, Prepared>,
}

impl Sources {
    pub(crate) fn new(bundle: &Bundle) -> Self {
        let prepared = bundle.files.iter().map(|(file, text)| (file.clone(), prepare(text))).collect();
        Self { bundle: bundle.clone(), prepared }
    }

    /// The same with something put in: file → byte → text.
    pub(crate) fn with(bundle: &Bundle, inserts: &BTreeMap<String, Vec<(usize, String)>>) -> Self {
        let of = |file: &String| inserts.get(file).map_or(&[][..], Vec::as_slice);
        let prepared =
            bundle.files.iter().map(|(file, text)| (file.clone(), prepare_with(text, of(file)))).collect();
        Self { bundle: bundle.clone(), prepared }
    }

    /// File name → text for the engine.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.prepared.iter().map(|(file, prepared)| (file.as_str(), prepared.text.as_str()))
    }

    /// The comment that a file ends in, if it does: where it begins, and where the first one within it does.
    pub(crate) fn unclosed(&self, file: &str) -> Option<(Place, Option<Place>)> {
        let unclosed = self.prepared.get(file)?.unclosed?;
        let at = |line, column| self.original(&Place { file: file.to_owned(), line, column });
        Some((at(unclosed.line, unclosed.column), unclosed.nested.map(|(line, column)| at(line, column))))
    }

    /// File name → text as it was written.
    pub(crate) fn originals(&self) -> impl Iterator<Item = (&str, &str)> {
        self.bundle.files.iter().map(|(file, text)| (file.as_str(), text.as_str()))
    }

    /// The text of a file as it was written.
    pub(crate) fn original_text(&self, file: &str) -> Option<&str> {
        self.bundle.files.get(file).map(String::as_str)
    }

    /// The names of the files.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.bundle.files.keys().map(String::as_str)
    }

    /// The column in its file of a column of the prepared text.
    pub(crate) fn column(&self, file: &str, line: usize, column: usize) -> usize {
        self.prepared.get(file).map_or(column, |prepared| prepared.original_column(line, column))
    }

    /// Where in its file a place of the prepared text stands.
    pub(crate) fn original(&self, place: &Place) -> Place {
        let column = match self.prepared.get(&place.file) {
            Some(prepared) => prepared.original_column(place.line, place.column),
            None => place.column,
        };
        Place { column, ..place.clone() }
    }

    /// Whether the script says of a warning that it is meant: `// allow W0317: why`, at the end of its line or alone before it.
    pub(crate) fn allows(&self, finding: &Finding) -> bool {
        let says = |line: &str, alone: bool| {
            let comment = line.split_once("//").filter(|(before, _)| !alone || before.trim().is_empty());
            comment.and_then(|(_, comment)| comment.trim().strip_prefix("allow ")).is_some_and(|allowed| {
                let codes = allowed.split_once(':').map_or(allowed, |(codes, _why)| codes);
                codes.split([',', ' ']).any(|code| code.parse() == Ok(finding.code))
            })
        };
        let before = finding.line.saturating_sub(1);
        says(self.bundle.line(&finding.file, finding.line), false)
            || says(self.bundle.line(&finding.file, before), true)
    }

    /// Where something is missing before the first word of a line: at the end of the line before it that has any.
    pub(crate) fn end_before(&self, place: Place) -> Place {
        let line = self.bundle.line(&place.file, place.line);
        let is_first = line.chars().take(place.column.saturating_sub(1)).all(char::is_whitespace);
        let has_code = |line: &&usize| {
            let text = self.bundle.line(&place.file, **line).trim();
            !text.is_empty() && !text.starts_with("//")
        };
        let lines: Vec<usize> = (1..place.line).rev().collect();
        match lines.iter().find(has_code).filter(|_| is_first) {
            Some(&line) => {
                let text = self.bundle.line(&place.file, line).trim_end();
                Place { line, column: text.chars().count(), ..place }
            }
            None => place,
        }
    }

    /// A finding with its source line. `place` is one of the file.
    pub(crate) fn finding(&self, code: Code, place: &Place, message: &str, hint: Option<String>) -> Finding {
        Finding {
            file: place.file.clone(),
            line: place.line,
            column: place.column,
            code,
            message: message.to_owned(),
            source: self.bundle.line(&place.file, place.line).to_owned(),
            hint,
        }
    }
}
