//! Untrusted texts: what they can do, and what they can't become.

use super::world::*;
use crate::verbs::NUMBER_MAX;

fn logs(text: &str) -> Vec<String> {
    let steps = steps(text, vec![digits("12")]);
    assert_eq!(errors(&steps), [] as [String; 0], "{text}");
    logged(&steps)
}

fn error(text: &str) -> String {
    errors(&steps(text, vec![])).join("; ")
}

#[test]
fn it_is_compared_matched_and_cut_like_a_string() {
    for (expression, value) in [
        ("ch.dialed == \"600\"", "true"),
        ("\"600\" == ch.dialed", "true"),
        ("ch.dialed != \"600\"", "false"),
        ("ch.dialed == ch.dialed", "true"),
        ("ch.dialed < \"7\"", "true"),
        ("ch.dialed.len", "3"),
        ("ch.dialed.len()", "3"),
        ("ch.dialed.is_empty()", "false"),
        ("ch.dialed.starts_with(\"6\")", "true"),
        ("ch.dialed.ends_with(\"00\")", "true"),
        ("ch.dialed.contains(\"0\")", "true"),
        ("\"0\" in ch.dialed", "true"),
        ("ch.dialed in [\"1\", \"600\"]", "true"),
        ("ch.dialed in [\"1\"]", "false"),
        ("ch.dialed.sub_string(1)", "00"),
        ("ch.dialed.sub_string(0, 1)", "6"),
        ("ch.dialed.sub_string(-1)", "0"),
        ("ch.dialed.sub_string(9)", ""),
        ("ch.dialed[0]", "6"),
        ("ch.dialed.index_of(\"0\")", "1"),
        ("ch.dialed.split(\"0\")[0]", "6"),
        ("ch.dialed.parse_int() + 1", "601"),
        ("ch.caller.name.to_upper()", "ANN"),
        ("#{ \"600\": \"x\" }.get(ch.dialed)", "x"),
        ("matches(ch.dialed, \"_6XX\")", "true"),
        ("only(ch.dialed + \"a+\", \"0-9+\")", "600+"),
        ("(ch.dialed + \"-\" + ch.caller.name).len", "7"),
    ] {
        assert_eq!(logs(&format!("log::info(`${{{expression}}}`);")), [value], "{expression}");
    }
}

#[test]
fn whatever_it_is_joined_with_stays_untrusted() {
    for expression in [
        "ch.dialed",
        "ch.dialed + \"a\"",
        "\"a\" + ch.dialed",
        "'a' + ch.dialed",
        "1 + ch.dialed",
        "`${ch.dialed}`",
        "`a ${`b ${ch.dialed}`} c`",
        "ch.dialed.to_string()",
        "ch.dialed.sub_string(1)",
        "ch.dialed[0]",
        "ch.dialed.split(\"0\")[0]",
        "ch.dialed.chars()[0]",
        "ch.dialed.to_upper()",
        "[\"a\", ch.dialed].reduce(|all, x| if all == () { x } else { all + x })",
        "{ let s = \"a\"; s += ch.dialed; s }",
        "ch.caller.number",
        "ch.caller.name",
        "ch.read()",
    ] {
        assert_eq!(logs(&format!("log::info(type_of({expression}));")), ["Untrusted"], "{expression}");
    }
    assert_eq!(logs("log::info(type_of(only(ch.dialed, \"0-9\")));"), ["string"]);
    assert_eq!(logs("log::info(type_of(`a ${1} ${\"b\"}`));"), ["string"]);
}

#[test]
fn nothing_that_shows_a_collection_leaks_its_text() {
    for expression in [
        "[ch.dialed].to_string()",
        "#{ a: ch.dialed }.to_string()",
        "`${[ch.dialed]}`",
        "\"\" + [ch.dialed]",
        "[ch.dialed].to_debug()",
        "#{ a: ch.dialed }.to_json()",
    ] {
        let steps =
            steps(&format!("let s = {expression}; if type_of(s) == \"string\" {{ log::info(s); }}"), vec![]);
        assert!(logged(&steps).iter().all(|line| !line.contains("600")), "{expression}: {steps:?}");
    }
}

#[test]
fn it_becomes_a_destination_only_if_it_looks_like_one() {
    for bad in [
        "ch.dialed + \"@evil\"",
        "ch.dialed + \"&102\"",
        "ch.dialed + \";x=1\"",
        "ch.dialed + \" \"",
        "ch.dialed.sub_string(9)",
    ] {
        assert!(error(&format!("ch.dial(user({bad}));")).contains("no user can be named"), "{bad}");
        assert!(error(&format!("ch.dial(trunk(\"itsp\", {bad}));")).contains("is no number"), "{bad}");
    }
    assert!(error("let t = [ch.dialed]; trunk(t[0], \"1\");").contains("the name is a plain text"));
    assert!(error("let t = [ch.dialed]; extension(t[0], \"1\");").contains("the context is a plain text"));
    assert!(error("extension(\"internal\", ch.dialed + \"@evil\");").contains("is no number"));
    let long = "x".repeat(NUMBER_MAX);
    assert_eq!(error(&format!("extension(\"internal\", \"{long}\");")), "");
    assert!(error(&format!("extension(\"internal\", \"{long}x\");")).contains("is no number"));
    assert!(error("let x = ch.dialed; for i in 0..7 { x += x; } user(x);").contains("no user"));
}

#[test]
fn its_iterator_and_chars_are_bounded_by_the_engine() {
    let text = "let x = ch.dialed; loop { x += x; }";
    let steps = steps(text, vec![]);
    assert_eq!(errors(&steps).len(), 1, "{steps:?}");
}
