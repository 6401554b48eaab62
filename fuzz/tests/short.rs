//! A short run of every target, the same at every time and place.
#![cfg(test)]

use cordboard_fuzz::{TARGETS, drive, seeds, target};

/// Enough to run every mutation through every branch many times; `cargo xtask fuzz` runs more.
const INPUTS: u64 = 20_000;

fn check(name: &str) {
    let outcome = drive(target(name).unwrap(), &seeds(name), 1, INPUTS);
    for failure in &outcome.failures {
        println!("iteration {}: {}\n{}", failure.iteration, failure.message, failure.input.escape_ascii());
    }
    assert_eq!((outcome.iterations, outcome.failures.len()), (INPUTS, 0));
}

macro_rules! short_runs {
    ($($name:ident)*) => {
        const NAMES: &[&str] = &[$(stringify!($name)),*];
        $(#[test] fn $name() { check(stringify!($name)); })*
    };
}

short_runs! { sip_message sip_stream sip_headers sip_uri sdp stun rtp rtcp media playout codecs digits sounds }

#[test]
fn every_target_has_its_short_run() {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    assert_eq!(names, NAMES);
}
