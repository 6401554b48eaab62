//! Every bound of a script, at the bound and past it: it ends its own call and no other.

use super::world::*;
use crate::{Bundle, Dialplan, Fibers, OPERATIONS_MAX, REPLIES_MAX};
use cordboard_app::*;
use cordboard_base::Time;

#[test]
fn a_spinning_script_takes_turns_hears_a_hang_up_and_runs_out() {
    let plan = handler("loop { }");
    let mut caller = Caller::new(&plan, info("internal", "600"), vec![]);
    caller.finish();
    let error = errors(&caller.steps).join("");
    assert!(error.starts_with("main.rhai:2:") && error.contains("operations"), "{error}");
    let yields = u64::try_from(caller.yields).unwrap();
    assert!(yields < OPERATIONS_MAX / 10_000, "what uses no variable is stopped sooner: {yields}");

    let plan = handler("let n = 0;\nloop { n += 1; }");
    let mut caller = Caller::new(&plan, info("internal", "600"), vec![]);
    caller.finish();
    let error = errors(&caller.steps).join("");
    assert!(error.starts_with("main.rhai:4:8: ") && error.contains("operations"), "{error}");
    assert_eq!(u64::try_from(caller.yields).unwrap(), OPERATIONS_MAX / 1_000);

    let mut caller = Caller::new(&plan, info("internal", "600"), vec![]);
    assert_eq!(caller.app.resume(Time::ZERO, Reply::Start), Step::Yield);
    assert_eq!(caller.app.resume(Time::ZERO, Reply::HungUp(Cause::NORMAL)), Step::Done(Value::Unit));
}

#[test]
fn a_spinning_script_can_not_catch_its_end() {
    let steps = steps("loop { try { loop { [1, 2].map(|x| x + 1); } } catch { } }", vec![]);
    assert_eq!(errors(&steps).len(), 1);
}

#[test]
fn a_spinning_hang_up_handler_runs_out_sooner() {
    let plan = load(
        "let i = context(\"internal\"); i.on(\"1\", |ch| ()); i.on_hangup(|ch| { loop { } }); i.on_hangup(|ch| { loop { again(ch); } }); fn again(ch) { ch.mark(\"m\"); }",
    );
    let mut caller = Caller::new(&plan, info("internal", "1"), vec![]);
    caller.finish();
    assert!(caller.yields <= 100, "{}", caller.yields);
    assert!(caller.steps.len() < 1_010);
}

#[test]
fn one_script_s_loop_stops_no_other() {
    let plan = load(
        "let i = context(\"internal\"); i.on(\"1\", |ch| { loop { } }); i.on(\"2\", |ch| { ch.answer(); ch.wait(1); });",
    );
    let mut spinning = Caller::new(&plan, info("internal", "1"), vec![]);
    assert_eq!(spinning.app.resume(Time::ZERO, Reply::Start), Step::Yield);
    assert_eq!(Caller::run(&plan, "2", vec![]).len(), 4);
    assert_eq!(spinning.app.resume(Time::ZERO, Reply::Ok), Step::Yield);
}

#[test]
fn recursion_ends_cleanly() {
    let plan =
        load("fn f(ch, n) { f(ch, n + 1) } let i = context(\"internal\"); i.on(\"1\", |ch| f(ch, 0));");
    let steps = Caller::run(&plan, "1", vec![]);
    assert!(errors(&steps)[0].ends_with("functions call one another too deep"), "{steps:?}");
}

/// A dialplan whose functions hold expressions nested as deep as the engine lets them be.
fn deepest(function: &dyn Fn(&str) -> String) -> (Dialplan, usize) {
    let plan = |depth: usize| {
        let nested = function(&format!("{}HERE{}", "(1 + ".repeat(depth), ")".repeat(depth)));
        let text = format!(
            "{nested}\nlet i = context(\"internal\"); i.on(\"_X!\", |ch| {{ let x = f(ch, ch.dialed.parse_int()); log::info(`${{x}}`); }});"
        );
        Dialplan::load(&Bundle::single(&text)).ok()
    };
    (0..40).rev().find_map(|depth| Some((plan(depth)?, depth))).unwrap()
}

/// As deep as the limits allow: every function level holds expressions nested to their limit, and the deepest one waits.
#[test]
fn the_deepest_legal_script_fits_its_stack() {
    let plain = |nest: &str| {
        format!(
            "fn f(ch, n) {{ if n == 0 {{ ch.wait(1); return 0; }} return {}; }}",
            nest.replace("HERE", "f(ch, n - 1)")
        )
    };
    let closures = |nest: &str| {
        let inner = nest.replace("HERE", "[n].map(|x| f(ch, x - 1))[0]");
        format!("fn f(ch, n) {{ if n == 0 {{ ch.wait(1); return 0; }} return {inner}; }}")
    };
    let blocks = |nest: &str| {
        let inner =
            nest.replace("HERE", "{ if true { switch n { _ => `${f(ch, n - 1)}`.len() } } else { 0 } }");
        format!("fn f(ch, n) {{ if n == 0 {{ ch.wait(1); return 0; }} return {inner}; }}")
    };
    for (function, least) in [(&plain as &dyn Fn(&str) -> String, 28), (&closures, 8), (&blocks, 28)] {
        let (plan, nested) = deepest(function);
        assert!(nested >= 3, "{nested}");
        let fits = (5..=40).filter(|depth| {
            let steps = Caller::run(&plan, &depth.to_string(), vec![]);
            let errors = errors(&steps);
            assert!(errors.is_empty() || errors[0].contains("too deep"), "{errors:?}");
            errors.is_empty()
        });
        let fits = fits.max().unwrap();
        assert!((least..=32).contains(&fits), "{fits}");
    }
}

#[test]
fn arrays_maps_and_strings_are_bounded() {
    for (text, what) in [
        ("let a = []; loop { a.push(1); }", "Size of array"),
        ("let a = []; loop { a = [a]; }", "Size of array"),
        ("let s = \"x\"; loop { s += s; }", "Length of string"),
        ("let m = #{}; let n = 0; loop { n += 1; m += #{ a: m }; }", "Size of object map"),
        // Rhai does not bound what is put into a map or an array by index, nor how many variables there are.
        ("let m = #{}; let n = 0; loop { n += 1; m[`k${n}`] = n; }", "operations"),
        ("let a = []; a.pad(1000000, 1);", "Size of array"),
    ] {
        let steps = steps(text, vec![]);
        assert!(errors(&steps)[0].contains(what), "{text}: {:?}", errors(&steps));
    }
}

/// 60,000 characters.
const BIG: &str = "let s = \"x\"; s.pad(60000, \"y\");";

#[test]
fn what_variables_hold_is_bounded_at_its_limit_and_has_its_place() {
    // Seventeen are 1,020,000 bytes, eighteen more than a mebibyte.
    let holds = |count: usize| {
        let lets: String = (0..count).map(|n| format!("let v{n} = s + {n};\n")).collect();
        let uses: String = (0..40).map(|_| "s.len();").collect();
        steps(&format!("{BIG}\n{lets}{uses}"), vec![])
    };
    assert_eq!(errors(&holds(16)), Vec::<String>::new());
    assert!(errors(&holds(17))[0].contains("hold more than 1048576 bytes"));
    let error = errors(&steps(
        &format!("{BIG}\nlet m = #{{}};\nfor n in 0..99 {{\nm[n.to_string()] = s + n;\n}}"),
        vec![],
    ));
    assert!(error[0].starts_with("main.rhai:6:"), "{error:?}");
    assert_eq!(crate::HELD_MAX, 1_048_576);
}

#[test]
fn what_variables_hold_is_bounded_wherever_it_is_held() {
    for text in [
        // In an array of maps, in what a closure has captured, in each of many functions.
        "let m = [#{}]; for n in 0..99 { m[0][`k${n}`] = s + n; }",
        "let a = []; a.pad(99, 0); let f = |n| a[n] = s + n; for n in 0..99 { f.call(n); }",
        "deep(s, 0);",
        // It may not be caught for long.
        "let m = #{}; let n = 0; loop { try { loop { n += 1; m[`k${n}`] = s + n; } } catch { } }",
    ] {
        let plan = load(&format!(
            "context(\"internal\").on(\"1\", |ch| {{ {BIG} {text} }});\n\
             fn deep(s, n) {{ let t = s + n; let u = t + s.len() + n; if n < 30 {{ deep(s, n + 1); }} t.len() + u.len() }}"
        ));
        let steps = Caller::run(&plan, "1", vec![]);
        assert_eq!(errors(&steps).len(), 1, "{text}");
        assert!(errors(&steps)[0].contains("hold more than"), "{text}: {:?}", errors(&steps));
    }
}

#[test]
fn a_script_that_holds_much_has_shorter_turns() {
    let yields = |text: &str| {
        let plan = handler(text);
        let mut caller = Caller::new(&plan, info("internal", "600"), vec![]);
        caller.finish();
        caller.yields
    };
    assert!(yields("for n in 0..100 { n + 1; }") <= 1);
    assert!(yields(&format!("{BIG} for n in 0..100 {{ s.len(); }}")) > 100);
}

#[test]
fn a_call_logs_so_much_and_says_that_the_rest_is_left_out() {
    let notes = steps("for n in 0..3000 { log::info(`line ${n}`); }", vec![]);
    let lines: Vec<&Step> =
        notes.iter().filter(|step| matches!(step, Step::Note(Note::Log { .. }))).collect();
    assert!((1_500..2_500).contains(&lines.len()), "{}", lines.len());
    assert!(
        matches!(lines.last(), Some(Step::Note(Note::Log { level: Level::Warn, .. }))),
        "{:?}",
        lines.last()
    );
    assert!(errors(&notes).is_empty());
}

#[test]
fn a_hang_up_handler_that_runs_out_is_reported() {
    for handler in ["loop { }", "let n = 0; loop { n += 1; }"] {
        let plan = load(&format!(
            "let i = context(\"internal\"); i.on(\"1\", |ch| ()); i.on_hangup(|ch| {{ {handler} }});"
        ));
        let steps = Caller::run(&plan, "1", vec![]);
        assert!(errors(&steps)[0].starts_with("main.rhai:1:"), "{steps:?}");
        assert!(errors(&steps)[0].contains("operations"), "{steps:?}");
    }
}

#[test]
fn a_script_that_takes_too_many_steps_ends() {
    let plan = handler("loop { ch.wait(0); }");
    let mut caller = Caller::new(&plan, info("internal", "600"), vec![]);
    caller.finish();
    let waits = caller.steps.iter().filter(|step| matches!(step, Step::Wait { .. })).count();
    assert_eq!(waits, REPLIES_MAX - 1, "the first reply is the start");
    assert!(errors(&caller.steps)[0].contains("ch.enter starts anew"));
}

#[test]
fn replies_that_are_too_big_to_keep_end_a_script() {
    let big = || Reply::Value(Value::Text("x".repeat(60_000)));
    let steps = steps("loop { db::get(\"a\", \"b\"); }", (0..40).map(|_| big()).collect());
    let asked = steps.iter().filter(|step| matches!(step, Step::Ask(_))).count();
    assert_eq!(asked, 18, "18 times 60,000 bytes are past 1 MiB");
}

#[test]
fn scripts_past_the_limit_are_refused_and_places_come_back() {
    let fibers = Fibers::with_limit(2);
    let plan = Dialplan::load_in(
        &Bundle::single("context(\"internal\").on(\"1\", |ch| ch.wait(1));"),
        &fibers,
        &cordboard_app::Applications::default(),
    )
    .unwrap();
    let request = RouteRequest { info: info("internal", "1") };
    let one = plan.route(&request).unwrap();
    let two = plan.route(&request).unwrap();
    assert_eq!(plan.route(&request).err(), Some(RouteError::Full));
    drop(one);
    assert!(plan.route(&request).is_ok());
    drop(two);
}

#[test]
fn the_top_level_is_bounded_too() {
    assert!(findings("loop { }").contains("main.rhai:1:"), "{}", findings("loop { }"));
    assert!(findings("db::get(\"a\", \"b\");").contains("this needs a call"));
    let late = steps("let x = context(\"late\");", vec![]);
    assert!(errors(&late)[0].contains("routes are made while loading"), "{late:?}");
}
