//! The table: order, includes, `otherwise`, explanations.

use super::world::*;
use crate::{Bundle, Dialplan};
use cordboard_app::*;

const PLAN: &str = r##"
    let a = context("a");
    let b = context("b");
    let c = context("c");
    a.on("_X.", |ch| log::info("a _X."));
    a.on("_1XX", |ch| log::info("a _1XX"));
    a.on("100", |ch| log::info("a 100"));
    a.include(b);
    a.include("c");
    b.on("*1", |ch| log::info("b *1"));
    b.on("_*X", |ch| log::info("b _*X"));
    b.include(a);
    c.on("*2", |ch| log::info("c *2"));
    c.on("#", |ch| log::info("c #"));
    c.otherwise(|ch| log::info("c otherwise"));
"##;

fn taken(context: &str, number: &str) -> String {
    let plan = load(PLAN);
    let mut caller = Caller::new(&plan, info(context, number), vec![]);
    caller.finish();
    logged(&caller.steps).join("")
}

#[test]
fn the_most_specific_route_wins_in_the_context_before_its_includes_in_order() {
    for (number, route) in [
        ("100", "a 100"),
        ("150", "a _1XX"),
        ("15", "a _X."),
        ("*1", "b *1"),
        ("*2", "b _*X"),
        ("#", "c #"),
        ("nobody", "c otherwise"),
        ("", "c otherwise"),
    ] {
        assert_eq!(taken("a", number), route, "{number}");
    }
    assert_eq!(taken("b", "100"), "a 100", "b includes a, which includes b: each is searched once");
    assert_eq!(taken("a", &"1".repeat(81)), "c otherwise");
}

#[test]
fn a_number_without_route_and_a_context_that_is_not_there_are_told_apart() {
    let plan = load("context(\"x\").on(\"1\", |ch| ());");
    let error = |context, number| plan.route(&RouteRequest { info: info(context, number) }).err();
    assert_eq!(error("x", "2"), Some(RouteError::NoRoute));
    assert_eq!(error("y", "1"), Some(RouteError::NoContext));
    assert!(matches!(plan.app("voicemail", &info("x", "1"), &Value::Unit), Err(RouteError::NoApp)));
}

#[test]
fn why_tells_of_every_route_in_the_order_of_trying() {
    let plan = load(PLAN);
    let why: Vec<String> = plan
        .why("150", "a")
        .into_iter()
        .map(|c| format!("{} {} {} {}", c.context, c.pattern, c.matched, c.reason))
        .collect();
    assert_eq!(
        why,
        [
            "a 100 false another number",
            "a _1XX true taken: the first that matches",
            "a _X. true `_1XX` in `a` comes first: it is more specific",
            "b *1 false another number",
            "b _*X false at 1, `1` is not `*`",
            "c # false another number",
            "c *2 false another number",
            "c otherwise false `_1XX` in `a` comes first: this one takes what no other does",
        ]
    );
    assert!(plan.why("1", "nowhere").is_empty());
}

#[test]
fn routes_are_listed_as_data_with_their_places() {
    let plan = load(PLAN);
    let routes = plan.routes();
    let listed: Vec<&str> = routes.iter().filter(|r| r.context == "a").map(|r| r.pattern.as_str()).collect();
    assert_eq!(listed, ["100", "_1XX", "_X."]);
    assert_eq!(routes[0].place.to_string(), "main.rhai:7:7");
    assert_eq!(plan.contexts(), ["a", "b", "c"]);
}

#[test]
fn a_feature_code_has_its_argument_and_one_that_is_empty_is_no_route() {
    let plan = load(
        "let i = context(\"internal\");\n\
         i.code(\"*72\", |ch| log::info(`none: ${ch.argument}`));\n\
         i.code(\"*72\", \"X.\", |ch| log::info(`to ${ch.argument}`));\n\
         i.code(\"\", |ch| ch.answer());\n\
         i.on(\"_1XX\", |ch| log::info(`all ${ch.argument}`));",
    );
    assert_eq!(plan.routes().len(), 3);
    for (number, said) in [("*72", "none: "), ("*72555", "to 555"), ("102", "all 102")] {
        assert_eq!(logged(&Caller::run(&plan, number, vec![])), [said], "{number}");
    }
    let shown = findings("context(\"i\").code(\"*7X\", |ch| ch.answer());");
    assert!(shown.contains("main.rhai:1:14: `*7X` is no code"), "{shown}");
}

/// What loading says of two contexts that a third one includes.
fn clash(own: &str, first: &str, second: &str) -> String {
    let routes = |context: &str, pattern: &str| match pattern {
        "" => String::new(),
        code if code.starts_with(['*', '7']) => format!("{context}.code(\"{code}\", |ch| ch.answer());"),
        _ => format!("{context}.on(\"{pattern}\", |ch| ch.answer());"),
    };
    let text = format!(
        "let internal = context(\"internal\");\nlet a = context(\"a\");\nlet b = context(\"b\");\n{}\n{}\n{}\n\
         internal.on(\"0\", |ch| ch.answer()); a.on(\"1\", |ch| ch.answer()); b.on(\"2\", |ch| ch.answer());\n\
         internal.include(a); internal.include(b);",
        routes("internal", own),
        routes("a", first),
        routes("b", second)
    );
    match Dialplan::load(&Bundle::single(&text)) {
        Ok(plan) => plan.warnings().iter().map(|warning| format!("warning {warning}")).collect(),
        Err(findings) => show(&findings),
    }
}

#[test]
fn a_route_that_is_never_reached_is_found_with_the_one_that_hides_it() {
    for (own, first, second, found) in [
        // The same code in two families.
        (
            "",
            "*75",
            "*75",
            "main.rhai:6:3: `*75` of `b` is never reached in `internal`: `*75` at main.rhai:5:3 comes first",
        ),
        ("", "_70X", "_70x", "main.rhai:6:3: `_70x` of `b`"),
        ("", "_*85.", "*85", ""),
        // An extension's pattern hides a code.
        (
            "_7XX",
            "700",
            "",
            "main.rhai:5:3: `700` of `a` is never reached in `internal`: `_7XX` at main.rhai:4:10 comes first",
        ),
        ("", "_*85.", "_*85XXX", "warning main.rhai:6:3: `_*85XXX` of `b`"),
        ("_1X.", "_1XX", "", "warning main.rhai:5:3: `_1XX` of `a`"),
        ("_*.", "*43", "", "main.rhai:5:3: `*43` of `a`"),
        // An office's own way with one code may be meant.
        ("*43", "*43", "", "warning main.rhai:5:3: `*43` of `a`"),
        // Part of the numbers only, or other numbers: no fault.
        ("_1XX", "_[12]XX", "", ""),
        ("700", "_7XX", "", ""),
        ("_*7.", "*7", "", ""),
        ("_*7!", "*7", "", "main.rhai:5:3: `*7` of `a`"),
        ("_*7XX", "_*7X.", "", ""),
    ] {
        let shown = clash(own, first, second);
        assert!(
            if found.is_empty() { shown.is_empty() } else { shown.starts_with(found) },
            "{own} {first} {second}: {shown}"
        );
    }
}

#[test]
fn contexts_that_include_each_other_hide_each_other_s_routes_once() {
    let text = "let a = context(\"a\"); let b = context(\"b\");\na.on(\"1\", |ch| ch.answer());\nb.on(\"2\", |ch| ch.answer());\n\
                a.include(b); b.include(a);";
    let codes: Vec<String> = load(text).warnings().iter().map(|finding| finding.code.to_string()).collect();
    assert_eq!(codes, ["W0314"], "the circle is told, and nothing of hidden routes");
}
