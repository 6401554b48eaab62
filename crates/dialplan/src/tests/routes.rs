//! The table: order, includes, `otherwise`, explanations.

use super::world::*;
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
            "a _X. true `_1XX` in `a` comes first",
            "b *1 false another number",
            "b _*X false at 1, `1` is not `*`",
            "c # false another number",
            "c *2 false another number",
            "c otherwise false `_1XX` in `a` comes first",
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
