//! The examples of docs/verbs.md and docs/applications.md are run: a call to each of them ends without an error of the script.
#![allow(clippy::unwrap_used, reason = "tests may")]

use cordboard_dialplan::Help;
use cordboard_exchange::{Hours, HoursRule};
use cordboard_sim::{Plan, World};

/// Number of the first example.
const FIRST: usize = 500;
/// The group whose examples stand at the top level: they are loaded elsewhere.
const ROUTES: &str = "Routes (while loading)";

#[test]
fn every_example_of_the_manuals_runs_without_an_error() {
    let applications = cordboard_installed::installed().applications;
    let of_applications = applications.manuals().into_iter().map(Help::of_application);
    let pages: Vec<Help> =
        of_applications.chain(Help::of_language()).filter(|page| page.group != ROUTES).collect();
    let mut script =
        "let internal = context(\"internal\");\ninternal.on(\"_10X\", |ch| ch.answer());\n".to_owned();
    for (at, page) in pages.iter().enumerate() {
        let (number, example) = (FIRST + at, page.example);
        script.push_str(&format!("internal.on(\"{number}\", |ch| {{\n{example}\n}});\n"));
    }
    let queues: cordboard_queue::Settings =
        toml::from_str("[queue.sales]\n[[queue.sales.member]]\nuser = \"101\"\n").unwrap();
    let always = HoursRule { weekdays: 0x7f, from_min: 0, to_min: 1_440 };
    let hours = Hours { open: vec![always], closed_on_holidays: true };
    let world = World::new(&Plan::new(&script).with(|setup| {
        setup.hours.insert("office".to_owned(), hours);
        setup.services.insert("queue".to_owned(), serde_json::to_string(&queues).unwrap());
    }));
    let anna = world.registered("101");
    let mut faults = Vec::new();
    for (at, page) in pages.iter().enumerate() {
        let before = world.log().len();
        anna.calls(&(FIRST + at).to_string());
        world.run_secs(4);
        if world.call_count() > 0 {
            anna.hangs_up();
        }
        world.run_secs(1);
        let log = world.log();
        let fault = log.iter().skip(before).find(|line| line.event == "script error");
        faults.extend(fault.map(|line| format!("{}: {line:?}", page.name)));
    }
    assert!(
        pages.len() > 100 && faults.is_empty(),
        "{} of {}:\n{}",
        faults.len(),
        pages.len(),
        faults.join("\n")
    );
}
