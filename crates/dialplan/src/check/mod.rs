//! What is found before any call. Rhai compiles a misspelt function and fails when it is reached; all that can be known of a
//! script beforehand is asked here, a file per question:
//!
//! ```text
//! calls     functions, verbs, arguments, options, properties: the engine's own tree
//! tree      the scripts as a tree of our own, which all of these walk:
//!   names     where literals go, and whether the office has them; sinks: what they are used as; plausible: times that can be meant
//!   values    what results can be: fields, words, kinds       outcomes: what verbs yield
//!   flow      where ways end, what is never run     nothing: what is used though it may be `()`
//!   unused    what nothing uses                         clash: functions that can be taken for each other; this: no call
//!   routes    handlers, patterns, contexts                    outside: who can call out
//! ```

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "to a question most kinds of expressions mean nothing, and new kinds come with Rhai's"
)]

mod calls;
mod clash;
mod flow;
mod names;
mod nothing;
mod outcomes;
mod outside;
mod plausible;
mod routes;
mod sinks;
mod this;
mod tree;
mod unused;
mod values;

use crate::codes::Code;
use crate::finding::{Finding, Place};
use crate::office::Office;
use crate::registry::Known;
use crate::source::Sources;
use crate::table::Table;
use cordboard_app::Manual;
use rhai::{AST, Engine, Position};
use std::collections::BTreeMap;
use tree::Tree;

/// What the checks are told.
pub(crate) struct Subject<'a> {
    pub(crate) asts: &'a BTreeMap<String, AST>,
    pub(crate) engine: &'a Engine,
    pub(crate) known: &'a Known,
    pub(crate) sources: &'a Sources,
    pub(crate) manuals: &'a [&'static Manual],
    pub(crate) main: &'a str,
    pub(crate) office: Option<&'a Office>,
}

impl Subject<'_> {
    /// What each file shows by itself: whether its top level may be run at all.
    pub(crate) fn files(&self) -> Vec<Finding> {
        calls::files(self.asts, self.known, self.sources, self.manuals)
    }

    /// What all files and the table show together.
    pub(crate) fn whole(&self, table: Option<&Table>) -> Vec<Finding> {
        let tree = Tree::new(self.asts, self.engine, self.sources);
        let mut reports = Reports { sources: self.sources, findings: Vec::new() };
        let contexts = table.map(|table| table.contexts.keys().cloned().collect());
        names::check(&tree, self.manuals, self.office, contexts.as_ref(), &mut reports);
        values::check(&tree, &outcomes::Outcomes::new(self.manuals, self.office), &mut reports);
        flow::check(&tree, &mut reports);
        unused::check(&tree, self.main, &mut reports);
        clash::check(&tree, &mut reports);
        this::check(&tree, self.manuals, &mut reports);
        routes::check_handlers(&tree, &mut reports);
        if let Some(table) = table {
            routes::check_table(&tree, table, self.office, &mut reports);
            if let Some(office) = self.office {
                outside::check(&tree, table, office, &mut reports);
            }
        }
        reports.findings
    }
}

/// Where findings go: each place and kind once.
struct Reports<'a> {
    sources: &'a Sources,
    findings: Vec<Finding>,
}

impl Reports<'_> {
    /// At a position of the prepared text.
    fn add(&mut self, file: &str, code: Code, at: Position, message: &str, hint: Option<String>) {
        self.add_at(code, &crate::build::place(file, at), message, hint);
    }

    /// The same.
    fn add_at(&mut self, code: Code, place: &Place, message: &str, hint: Option<String>) {
        let finding = self.sources.finding(code, &self.sources.original(place), message, hint);
        let same = |known: &Finding| {
            known.code == code
                && known.line == finding.line
                && known.column == finding.column
                && known.file == finding.file
        };
        if !self.findings.iter().any(same) {
            self.findings.push(finding);
        }
    }

    fn original(&self, place: &Place) -> Place {
        self.sources.original(place)
    }
}
