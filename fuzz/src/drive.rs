//! The driver: the same seeds, number and count give the same inputs, on every machine.

use crate::Target;
use crate::mutate::Mutator;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How many failures are kept before a target is given up: they are mostly one and the same.
const FAILURES_MAX: usize = 5;

/// What came of a target.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// How many inputs it was given, the seeds themselves included.
    pub iterations: u64,
    /// The longest of them, in bytes.
    pub longest: usize,
    /// What went wrong, at most five.
    pub failures: Vec<Failure>,
}

/// An input that made a target panic.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Its number.
    pub iteration: u64,
    /// The bytes.
    pub input: Vec<u8>,
    /// What the panic said.
    pub message: String,
}

/// Gives a target its seeds as they are, then mutations of them, `iterations` inputs in all or until five have failed.
pub fn drive(target: Target, seeds: &[Vec<u8>], seed: u64, iterations: u64) -> Outcome {
    let mut outcome = Outcome::default();
    let mut mutator = Mutator::new(seed, seeds, target.dictionary);
    let mut unchanged = seeds.iter();
    while outcome.iterations < iterations && outcome.failures.len() < FAILURES_MAX {
        let input = unchanged.next().cloned().unwrap_or_else(|| mutator.input());
        outcome.longest = outcome.longest.max(input.len());
        // A target is a function of its bytes: nothing outlives the panic.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| (target.run)(&input))) {
            let message = said(panic.as_ref());
            outcome.failures.push(Failure { iteration: outcome.iterations, input, message });
        }
        outcome.iterations += 1;
    }
    outcome
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text =
        panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without words").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panics_at_a_brace(input: &[u8]) {
        assert!(!input.contains(&b'{'), "a brace");
    }

    fn target(run: fn(&[u8])) -> Target {
        Target { name: "test", run, dictionary: &["word"] }
    }

    #[test]
    fn a_fault_that_mutations_reach_is_found_and_shown() {
        let outcome = drive(target(panics_at_a_brace), &[b"seed".to_vec()], 1, 100_000);
        assert_eq!(outcome.failures.len(), FAILURES_MAX);
        assert!(outcome.failures.iter().all(|failure| failure.input.contains(&b'{')));
        assert_eq!(outcome.failures[0].message, "a brace");
    }

    #[test]
    fn a_run_can_be_repeated() {
        let run = || drive(target(panics_at_a_brace), &[b"seed".to_vec()], 7, 100_000);
        let inputs = |outcome: &Outcome| outcome.failures.iter().map(|f| f.input.clone()).collect::<Vec<_>>();
        let (first, second) = (run(), run());
        assert_eq!((first.iterations, inputs(&first)), (second.iterations, inputs(&second)));
    }

    #[test]
    fn no_more_inputs_than_asked_for() {
        let outcome = drive(target(|_| {}), &[b"seed".to_vec()], 1, 10);
        assert_eq!((outcome.iterations, outcome.failures.len()), (10, 0));
    }
}
