//! Manuals are true: what they show as an example loads, and nothing in them is left out.

use super::world::show;
use crate::engine::engine;
use crate::help::full_name;
use crate::pages::{GROUPS, ROUTES};
use crate::running::Running;
use crate::verbs::{PROPERTIES, VERBS};
use crate::{Bundle, Dialplan, Fibers, Help};
use std::collections::BTreeSet;
use std::rc::Rc;

/// The exchange's own: the ends of names that no script writes.
const HIDDEN: &str = "__";

fn loads(name: &str, example: &str, is_of_a_call: bool) {
    let text = match is_of_a_call {
        false => example.to_owned(),
        true => format!("let i = context(\"internal\");\ni.on(\"1\", |ch| {{\n{example}\n}});"),
    };
    let applications = cordboard_installed::installed().applications;
    if let Err(findings) = Dialplan::load_in(&Bundle::single(&text), &Fibers::default(), &applications) {
        panic!("the example of {name}\n{}", show(&findings));
    }
}

#[test]
fn every_example_loads() {
    for manual in cordboard_installed::installed().applications.manuals() {
        loads(manual.verb, manual.example, true);
    }
    for group in GROUPS {
        for page in group.pages {
            loads(page.name, page.example, group.title != ROUTES);
            let word = page.name.rsplit(['.', ':']).next().unwrap();
            assert!(page.example.contains(word), "the example of {} does not show it", page.name);
        }
    }
}

#[test]
fn every_manual_says_what_everything_in_it_means() {
    let applications = cordboard_installed::installed().applications;
    let of_applications = applications.manuals().into_iter().map(Help::of_application);
    let mut names = BTreeSet::new();
    for page in of_applications.chain(Help::of_language()) {
        assert!(names.insert(page.name.clone()), "{} is there twice", page.name);
        let is_application = page.group == crate::APPLICATIONS;
        assert!(
            !page.summary.is_empty() && !page.example.is_empty() && !page.usage.is_empty(),
            "{}",
            page.name
        );
        assert!(!is_application || !page.outcome.is_empty(), "{} yields nothing", page.name);
        for item in page.arguments.iter().chain(&page.options) {
            assert!(!item.help.is_empty(), "{}: {} says nothing", page.name, item.name);
            assert!(is_application || item.help.ends_with(['.', '…']), "{}: {}", page.name, item.help);
        }
    }
    assert!(names.len() > 100, "{}", names.len());
}

/// All that the engine was given by us, by the names that scripts write.
fn registered() -> BTreeSet<String> {
    let (_, known) = engine(&Rc::new(Running::default()), &[]);
    let names =
        known.pure.iter().chain(&known.steps).filter_map(|key| key.rsplit_once('/')).map(|(name, _)| name);
    let bare = |name: &str| name.trim_start_matches("get$").trim_start_matches("set$").to_owned();
    let is_name = |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | ':'));
    names.map(bare).filter(is_name).filter(|name| !name.ends_with(HIDDEN)).collect()
}

#[test]
fn no_verb_function_or_property_is_without_its_page_and_no_page_is_about_nothing() {
    let pages: BTreeSet<String> = Help::of_language().into_iter().map(|page| page.name).collect();
    let verbs = VERBS.iter().copied().flatten().filter(|verb| !verb.name.ends_with(HIDDEN)).map(full_name);
    let properties = PROPERTIES.iter().copied().flatten().map(|property| {
        let part = property.on.property().map_or_else(String::new, |part| format!("{part}."));
        format!("ch.{part}{}", property.name)
    });
    let missing: Vec<String> = verbs.chain(properties).filter(|name| !pages.contains(name)).collect();
    assert!(missing.is_empty(), "without a page: {missing:?}");

    // Functions of values, which no table lists, by the last part of their names.
    let word = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let words: BTreeSet<String> = pages.iter().map(|name| word(name)).collect();
    let registered = registered();
    // Parts of `ch` have pages of what they have, any value has a text, and `sleep` is an error that says so.
    let known = ["say", "caller", "connected", "redirecting", "cdr", "to_string", "to_debug", "sleep"];
    let missing: Vec<&String> =
        registered.iter().filter(|name| !words.contains(*name) && !known.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "without a page: {missing:?}");
    let nothing: Vec<&String> = pages.iter().filter(|name| !registered.contains(&word(name))).collect();
    assert!(nothing.is_empty(), "a page about nothing: {nothing:?}");
}

#[test]
fn a_page_explains_each_argument_of_its_verb_in_order() {
    for page in Help::of_language() {
        let Some(verb) = VERBS.iter().copied().flatten().find(|verb| full_name(verb) == page.name) else {
            assert!(page.usage.contains(&page.name), "{}: {}", page.name, page.usage);
            continue;
        };
        let params: Vec<&str> =
            verb.params.iter().map(|param| param.name).filter(|name| *name != "options").collect();
        let explained: Vec<&str> = page.arguments.iter().map(|item| item.name).collect();
        assert_eq!(explained, params, "{}", page.name);
    }
}
