//! What loading finds, with place and hint.

use super::world::*;
use crate::{Bundle, Dialplan};

/// What is found in a handler, and that it names this place.
fn found(handler: &str, wanted: &str) {
    let text = format!("let i = context(\"i\");\ni.on(\"1\", |ch| {{\n{handler}\n}});");
    let shown = findings(&text);
    assert!(shown.contains(wanted), "{handler}\n--- wanted:\n{wanted}\n--- found:\n{shown}");
}

#[test]
fn misspelt_verbs_and_functions_are_found_with_the_nearest_right_one() {
    found(
        "ch.ply(\"a\");",
        "main.rhai:3:4: there is no function `ply`\n  3 | ch.ply(\"a\");\n         ^ did you mean `play`?",
    );
    found("ch.say.digit(1);", "main.rhai:3:8: there is no function `digit`");
    found("ch.say.play(\"a\");", "`ch.say` has no `play`");
    found("ch.push(1);", "`ch` has no `push`");
    found(
        "ch.dial(usr(\"1\"));",
        "there is no function `usr`\n  3 | ch.dial(usr(\"1\"));\n              ^ did you mean `user`?",
    );
    found(
        "db::gt(\"a\", \"b\");",
        "there is no function `db::gt`\n  3 | db::gt(\"a\", \"b\");\n          ^ did you mean `db::get`?",
    );
    found("log::inform(\"a\");", "there is no function `log::inform`");
    found("`a ${strftme(\"%H\")}`;", "main.rhai:3:6: there is no function `strftme`");
    found("if false { [1].map(|x| ch.plya(x)); }", "did you mean `play`?");
    found("let s = \"a\"; s.to_uper();", "there is no function `to_uper`");
}

#[test]
fn wrong_numbers_of_arguments_are_found() {
    found("ch.play();", "`play` takes 1 or 2 arguments, not 0");
    found("ch.answer(1);", "`answer` takes 0 arguments, not 1");
    found("trunk(\"a\");", "`trunk` takes 2 arguments, not 1");
    found("db::get(\"a\");", "main.rhai:3:5: `get` takes 2 arguments, not 1");
    found("ch.read(#{}, 1);", "`read` takes 0 or 1 arguments, not 2");
    let own = findings("fn f(a) { a } let i = context(\"i\"); i.on(\"1\", |ch| f(1, 2));");
    assert!(own.contains("`f` takes 1 arguments, not 2"), "{own}");
}

#[test]
fn literal_options_are_checked() {
    found("ch.dial(user(\"1\"), #{ timoeut: 5 });", "main.rhai:3:23: `dial`: there is no option `timoeut`");
    found("ch.dial(user(\"1\"), #{ timoeut: 5 });", "^ did you mean `timeout`?");
    found("ch.read(#{ max: \"4\" });", "`read`: `max` takes a number from 1 to 64, not \"4\"");
    found("ch.read(#{ max: 65 });", "`max` takes a number from 1 to 64, not 65");
    found("ch.echo(5);", "`echo` takes options as a map");
    found("ch.hangup(\"bussy\");", "`hangup` knows no cause \"bussy\"");
    found("ch.tone(\"miliwatt\");", "did you mean `milliwatt`?");
    found("matches(ch.dialed, \"_[1\");", "`_[1`: `[` has no `]`");
}

#[test]
fn properties_of_the_channel_are_checked() {
    found(
        "ch.dialled;",
        "`ch` has no property `dialled`\n  3 | ch.dialled;\n         ^ did you mean `dialed`?",
    );
    found("ch.caller.nmae = \"x\";", "`ch.caller` has no property `nmae`");
    found("ch.cdr.bilsec;", "did you mean `billsec`?");
    found("ch.answer;", "`answer` is called: `ch.answer(…)`");
    let other_ch =
        findings("let i = context(\"i\"); i.on(\"1\", |x| { for ch in [#{ a: 1 }] { log::info(ch.a); } });");
    assert_eq!(other_ch, "");
}

#[test]
fn contexts_and_routes_are_checked() {
    found(
        "ch.enter(\"j\", \"1\");",
        "there is no context `j`\n  3 | ch.enter(\"j\", \"1\");\n               ^ did you mean `i`?",
    );
    found("ch.dial(extension(\"j\", \"1\"));", "there is no context `j`");
    let text = "let i = context(\"i\");\ni.on(\"_X\", |ch| ());\ni.on(\"_[0-9]\", |ch| ());\ni.include(\"nowhere\");\ni.on(\"_[1\", |ch| ());\nlet e = context(\"empty\");\ni.include(i);";
    let shown = findings(text);
    for wanted in [
        "main.rhai:3:3: `_[0-9]` is in `i` already: `_X` at main.rhai:2:3",
        "main.rhai:4:3: there is no context `nowhere`",
        "main.rhai:5:3: `_[1`: `[` has no `]`",
        "main.rhai:6:9: the context `empty` has no routes",
        "main.rhai:7:3: `i` includes itself",
    ] {
        assert!(shown.contains(wanted), "{wanted}\n---\n{shown}");
    }
}

#[test]
fn variables_syntax_and_files_are_checked() {
    found("play(x);", "x");
    assert!(findings("let x = ;").contains("main.rhai:1:9"), "{}", findings("let x = ;"));
    let bundle =
        Bundle::single("import \"offce\" as office;\ncontext(\"i\").on(\"1\", |ch| office::ring(ch));")
            .with("office.rhai", "fn ring(ch) { ch.ansewr(); }");
    let shown = show(&Dialplan::load(&bundle).unwrap_err());
    assert!(
        shown.contains("there is no file `offce.rhai`") && shown.contains("did you mean `office`?"),
        "{shown}"
    );
    assert!(shown.contains("office.rhai:1:18: there is no function `ansewr`"), "all files at once: {shown}");
    let bundle =
        Bundle::single("import \"office\" as office;\ncontext(\"i\").on(\"1\", |ch| office::rign(ch));")
            .with("office.rhai", "fn ring(ch) { }");
    let shown = show(&Dialplan::load(&bundle).unwrap_err());
    assert!(
        shown.contains("`office.rhai` has no function `rign`") && shown.contains("did you mean `ring`?"),
        "{shown}"
    );
    let missing = Bundle { main: "none.rhai".into(), ..Bundle::single("") };
    assert!(Dialplan::load(&missing).is_err());
    let cycle = Bundle::single("import \"a\" as a;")
        .with("a.rhai", "import \"b\" as b;")
        .with("b.rhai", "import \"a\" as a;");
    assert!(show(&Dialplan::load(&cycle).unwrap_err()).contains("imports itself"));
}

#[test]
fn the_engine_s_own_helpers_and_evaluation_are_not_for_scripts() {
    assert!(findings("arm__(1);").contains("the exchange's own"));
    for word in ["eval(\"1\")", "print(1)", "debug(1)", "sleep(1)"] {
        assert_ne!(findings(&format!("{word};")), "", "{word}");
    }
}

#[test]
fn a_function_that_would_hide_a_verb_is_found() {
    let text = "fn echo(ch) { ch.echo(#{}); }\ncontext(\"i\").on(\"1\", |ch| echo(ch));";
    assert!(
        findings(text).contains("main.rhai:1:13: the function `echo` hides the verb `echo` of the call"),
        "{}",
        findings(text)
    );
    assert_eq!(findings("fn echo(ch, a, b) { } context(\"i\").on(\"1\", |ch| echo(ch, 1, 2));"), "");
}

#[test]
fn what_is_right_is_not_complained_of() {
    let text = r#"
        fn twice(x) { x * 2 }
        fn shout() { this.to_upper() }
        let i = context("i");
        let f = |x| x + 1;
        i.on("1", |ch| {
            let r = ch.dial(user("1"), #{ timeout: twice(5) });
            let names = #{ a: 1 };
            for (x, n) in [1, 2].filter(|x| x > 1) { log::info(`${x} ${n} ${names.a} ${f.call(1)} ${f(2)}`); }
            log::info("a".shout() + type_of(r) + ch.vars["a"]);
            let g = Fn("twice");
            while g.call(1) > 5 { break; }
            switch ch.caller.number { "1" | "2" if true => ch.answer(), _ => () }
            do { ch.wait(0.5) } while false;
            try { throw 1; } catch (e) { log::warn(e); }
        });
    "#;
    assert_eq!(findings(text), "");
}

#[test]
fn options_are_checked_of_what_is_called_on_a_value_too() {
    let call = |line: &str| format!("context(\"i\").on(\"1\", |ch| {{ {line} }});");
    let shown = findings(&call("queue(\"sales\").add(user(\"1\"), #{ penatly: 1 });"));
    assert!(shown.contains("did you mean `penalty`?"), "{shown}");
    let shown = findings(&call("ch.record().pause(\"gpa\");"));
    assert_eq!(shown, "", "queues can be paused too, with any word");
    assert_eq!(findings(&call("log::debug(\"a\"); let r = ch.record(); r.pause(\"gap\"); r.resume();")), "");
    assert_ne!(findings(&call("debug(\"a\");")), "", "Rhai's own stays off");
}
