//! Every code's wrong example has exactly that finding, and its mended one none.

use super::world::show;
use crate::{Bundle, Dialplan, Explanation, Fibers, Finding, Office, Within};
use std::collections::BTreeSet;

fn names(list: &[&str]) -> BTreeSet<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

/// A small office that the examples are about.
fn office() -> Office {
    Office {
        users: names(&["101", "102"]),
        trunks: names(&["itsp"]),
        queues: names(&["sales"]),
        mailboxes: names(&["101", "102"]),
        rooms: names(&["main"]),
        lots: names(&["default"]),
        hours: names(&["office"]),
        holidays: names(&["Christmas Day", "New Year's Day"]),
        music: names(&["default"]),
        prompts: names(&["welcome", "goodbye", "office-closed", "demo-menu", "no-last-call", "pbx-invalid"]),
        languages: names(&["en", "de"]),
        groups: names(&["office"]),
        page_groups: names(&[]),
        lines: names(&["main"]),
        outside: vec![("itsp".to_owned(), "from-itsp".to_owned())],
        entered: names(&["internal", "from-itsp"]),
    }
}

fn found(text: &str, within: Within) -> Vec<Finding> {
    let text = match within {
        Within::Handler => format!("context(\"internal\").on(\"100\", |ch| {{\n{text}\n}});"),
        Within::TopLevel | Within::Config(_) => text.to_owned(),
    };
    let mut bundle = Bundle::single(&text);
    if text.contains("import \"off") {
        bundle = bundle.with(
            "office.rhai",
            "fn ring(ch, who) { ch.dial(phone_of(who)); }\nfn phone_of(who) { user(who) }",
        );
    }
    let applications = cordboard_installed::installed().applications;
    Dialplan::check(&bundle, &Fibers::default(), &applications, Some(&office())).findings
}

#[test]
fn as_many_routes_as_there_may_be_are_taken_and_one_more_is_told() {
    let told = |count: usize| {
        let text = format!(
            "let i = context(\"internal\");\nfor n in 0..{count} {{ i.on(`${{n}}`, |ch| ch.echo()); }}"
        );
        found(&text, Within::TopLevel).iter().map(|finding| finding.code.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(told(crate::build::ROUTES_MAX), [""; 0]);
    assert_eq!(told(crate::build::ROUTES_MAX + 1), ["E0309"]);
}

#[test]
fn every_code_s_examples_are_what_they_say() {
    let mut wrong = String::new();
    for page in Explanation::all() {
        let number = page.code.to_string();
        if number.get(1..3) == Some("05") {
            continue; // the shell finds these, and holds their examples to them
        }
        // A hundred thousand routes and one more are a thousand and one here.
        let bad = found(&page.bad.replace("200001", "101001"), page.within);
        let codes: BTreeSet<String> = bad.iter().map(|finding| finding.code.to_string()).collect();
        if codes != BTreeSet::from([number.clone()]) {
            wrong += &format!("--- {number}, bad:\n{}\nfound:\n{}\n", page.bad, show(&bad));
        }
        let good = found(page.good, page.within);
        if !good.is_empty() {
            wrong += &format!("--- {number}, good:\n{}\nfound:\n{}\n", page.good, show(&good));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
