//! `docs/ARCHITECTURE.md` names the test that holds each invariant: a name without its test is a promise without its proof.

use super::Report;
use std::collections::BTreeSet;

/// Checks that every test named in the document's numbered list exists among `functions`.
pub(super) fn check(file: &str, text: &str, functions: &BTreeSet<String>, report: &mut Report) {
    for (index, line) in text.lines().enumerate() {
        let is_invariant = line.split_once(". ").is_some_and(|(number, _)| number.parse::<u32>().is_ok());
        if !is_invariant {
            continue;
        }
        let names: Vec<&str> = line.split('`').skip(1).step_by(2).filter(|word| is_test_name(word)).collect();
        if names.is_empty() {
            report.error(file, index + 1, "an invariant without a test");
        }
        for name in names.into_iter().filter(|name| !functions.contains(*name)) {
            report.error(file, index + 1, format!("no test `{name}`"));
        }
    }
}

/// The functions that a file defines.
pub(super) fn functions(text: &str) -> impl Iterator<Item = String> {
    let after_fn = text.split("fn ").skip(1);
    after_fn.map(|rest| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect())
}

fn is_test_name(word: &str) -> bool {
    word.len() > 15
        && word.contains('_')
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(text: &str) -> usize {
        let known = functions("fn a_call_leaves_one_record() {}").collect();
        let mut report = Report::default();
        check("a.md", text, &known, &mut report);
        report.errors.len()
    }

    #[test]
    fn an_invariant_names_a_test_that_exists() {
        assert_eq!(errors("1. One record. `a_call_leaves_one_record`"), 0);
        assert_eq!(errors("1. One record. `a_call_leaves_two_records`"), 1);
        assert_eq!(errors("1. One record, in `src/`."), 1);
        assert_eq!(errors("Prose about `crates/sip`."), 0);
    }
}
