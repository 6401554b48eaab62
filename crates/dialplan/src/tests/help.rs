//! Manuals are true: what they show as an example loads, and nothing in them is left out.

use super::world::show;
use crate::{Bundle, Dialplan, Fibers, Help};
use std::collections::BTreeSet;

#[test]
fn every_example_of_a_manual_loads() {
    let applications = cordboard_installed::installed().applications;
    for manual in applications.manuals() {
        let example = manual.example;
        let text = format!("let i = context(\"i\");\ni.on(\"1\", |ch| {{\n{example}\n}});");
        let loaded = Dialplan::load_in(&Bundle::single(&text), &Fibers::default(), &applications);
        if let Err(findings) = loaded {
            panic!("the example of {}\n{}", manual.verb, show(&findings));
        }
    }
}

#[test]
fn every_manual_says_what_everything_in_it_means() {
    let applications = cordboard_installed::installed().applications;
    let pages: Vec<Help> = applications.manuals().into_iter().map(Help::of_application).collect();
    assert!(!pages.is_empty());
    let mut names = BTreeSet::new();
    for page in pages {
        assert!(names.insert(page.name.clone()), "{} is there twice", page.name);
        assert!(!page.summary.is_empty() && !page.outcome.is_empty() && !page.example.is_empty());
        for item in page.arguments.iter().chain(&page.options) {
            assert!(!item.help.is_empty(), "{}: {} says nothing", page.name, item.name);
        }
    }
}
