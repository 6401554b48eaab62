//! What was found, and what became of it.

use core::fmt;
use std::collections::BTreeMap;

/// A place in Asterisk's files.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file's name.
    pub file: String,
    /// From 1.
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It has no counterpart.
    Lost,
    /// It is there, and is not quite the same.
    Differs,
    /// Something to know.
    Note,
}

/// A line of the report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Item {
    /// What became of it.
    pub fate: Fate,
    /// Where it stands.
    pub place: Place,
    /// As it stands there.
    pub source: String,
    /// Why, or how it differs.
    pub why: String,
}

/// The whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What is to be looked at, in order.
    pub items: Vec<Item>,
    /// What was translated: `users` → 12.
    pub counts: BTreeMap<&'static str, usize>,
}

impl Report {
    fn add(&mut self, fate: Fate, place: &Place, source: &str, why: &str) {
        let (source, why) = (source.trim().to_owned(), why.to_owned());
        self.items.push(Item { fate, place: place.clone(), source, why });
    }

    pub(crate) fn lost(&mut self, place: &Place, source: &str, why: &str) {
        self.add(Fate::Lost, place, source, why);
    }

    pub(crate) fn differs(&mut self, place: &Place, source: &str, why: &str) {
        self.add(Fate::Differs, place, source, why);
    }

    pub(crate) fn note(&mut self, place: &Place, source: &str, why: &str) {
        self.add(Fate::Note, place, source, why);
    }

    pub(crate) fn count(&mut self, what: &'static str, more: usize) {
        *self.counts.entry(what).or_default() += more;
    }

    /// In order, and each once.
    pub(crate) fn finish(&mut self) {
        self.items.sort();
        self.items.dedup();
    }

    /// How many lines have this fate.
    pub fn of(&self, fate: Fate) -> usize {
        self.items.iter().filter(|item| item.fate == fate).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Import from Asterisk\n\nTranslated:")?;
        for (what, count) in &self.counts {
            writeln!(f, "  {count:5} {what}")?;
        }
        let headings = [
            (Fate::Lost, "Not translated"),
            (Fate::Differs, "Translated, but not quite the same"),
            (Fate::Note, "To know"),
        ];
        for (fate, heading) in headings {
            writeln!(f, "\n{heading}: {}", self.of(fate))?;
            for item in self.items.iter().filter(|item| item.fate == fate) {
                writeln!(f, "  {}: {}\n      {}", item.place, item.source, item.why)?;
            }
        }
        Ok(())
    }
}
