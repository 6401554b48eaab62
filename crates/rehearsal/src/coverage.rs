//! Which statements and routes the tests have reached.

use crate::house::House;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileCoverage {
    /// Lines on which statements begin that run in calls, and how often the one that was reached least was.
    pub lines: BTreeMap<usize, u32>,
    /// Those of which something was reached.
    #[serde(skip)]
    pub begun: BTreeSet<usize>,
}

impl FileCoverage {
    /// Lines that were reached.
    pub fn reached(&self) -> usize {
        self.lines.values().filter(|hits| **hits > 0).count()
    }
}

/// Of a dialplan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// By file.
    pub files: BTreeMap<String, FileCoverage>,
    /// Routes that were taken: context, pattern, where.
    pub routes: Vec<(String, String, bool)>,
}

impl Coverage {
    /// What a house's watch has seen, with the routes that were taken in all tests.
    pub(crate) fn of(house: &House, taken: &BTreeSet<(String, String)>) -> Self {
        let mut files: BTreeMap<String, FileCoverage> = BTreeMap::new();
        for (statement, hits) in house.watch.statements() {
            if statement.in_function {
                let file = files.entry(statement.place.file).or_default();
                let line = file.lines.entry(statement.place.line).or_insert(hits);
                *line = (*line).min(hits);
                if hits > 0 {
                    file.begun.insert(statement.place.line);
                }
            }
        }
        let routes = house.scripts().routes().into_iter().map(|route| {
            let is_taken = taken.contains(&(route.context.clone(), route.pattern.clone()));
            (route.context, route.pattern, is_taken)
        });
        Self { routes: routes.collect(), files }
    }

    /// Lines reached, and lines.
    pub fn lines(&self) -> (usize, usize) {
        let reached = self.files.values().map(FileCoverage::reached).sum();
        (reached, self.files.values().map(|file| file.lines.len()).sum())
    }

    /// Routes taken, and routes.
    pub fn routes_taken(&self) -> (usize, usize) {
        (self.routes.iter().filter(|(.., taken)| *taken).count(), self.routes.len())
    }
}

/// A share in percent, rounded down, so that 100 is all.
pub(crate) fn percent((part, whole): (usize, usize)) -> usize {
    (part * 100).checked_div(whole).unwrap_or(100)
}
