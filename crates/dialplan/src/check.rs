//! What is found before any call: our own walk over the scripts.

use crate::finding::Finding;
use crate::registry::Known;
use crate::source::Sources;
use crate::table::Table;
use rhai::AST;
use std::collections::BTreeMap;

pub(crate) fn files(_asts: &BTreeMap<String, AST>, _known: &Known, _sources: &Sources) -> Vec<Finding> {
    Vec::new()
}

pub(crate) fn contexts(_asts: &BTreeMap<String, AST>, _table: &Table, _sources: &Sources) -> Vec<Finding> {
    Vec::new()
}
