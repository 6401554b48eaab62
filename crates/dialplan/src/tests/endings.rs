//! How calls end: hang-ups, script errors, and what runs then.

use super::world::*;
use crate::Bundle;
use cordboard_app::*;

const LONG: &str = r#"
    let internal = context("internal");
    internal.on("600", |ch| {
        ch.answer();
        for i in 0..2 {
            try { ch.play("a"); } catch { ch.play("caught"); }
            [1].map(|x| { try { ch.wait(x); } catch { ch.play("caught"); } });
            let t = db::get("a", "b");
            try { ch.read(#{ prompt: "b" }); } catch (e) { log::info("caught"); }
        }
        ch.dial(user("102"));
    });
    internal.on_hangup(|ch| { log::info(`first ${ch.cdr.billsec}`); ch.play("never"); log::info("never"); });
    internal.on_hangup(|ch| log::info("second"));
"#;

#[test]
fn a_hang_up_at_every_step_unwinds_to_the_hang_up_handlers() {
    let plan = load(LONG);
    let whole = Caller::run(&plan, "600", vec![]);
    for at in 0..whole.len() {
        let mut caller = Caller::new(&plan, info("internal", "600"), vec![]);
        caller.hangs_up_at = Some(at);
        caller.finish();
        let logged = logged(&caller.steps);
        assert_eq!(
            errors(&caller.steps).len(),
            1,
            "only the unscripted record is missing: {:?}",
            caller.steps
        );
        assert!(
            !logged.contains(&"never".into()) && !logged.contains(&"caught".into()),
            "{at}: {:?}",
            caller.steps
        );
        assert_eq!(logged.last().unwrap(), "second", "{at}: {:?}", caller.steps);
        assert!(!heard(&caller.steps).contains(&"caught".into()), "{at}: {:?}", caller.steps);
        assert_eq!(caller.steps.last(), Some(&Step::Done(Value::Unit)));
    }
}

#[test]
fn a_call_that_is_gone_before_its_script_starts_runs_the_hang_up_handlers_alone() {
    let plan = load(
        "let i = context(\"internal\"); i.on(\"1\", |ch| ch.answer()); i.on_hangup(|ch| log::info(\"gone\"));",
    );
    let mut caller = Caller::new(&plan, info("internal", "1"), vec![]);
    let step = caller.app.resume(cordboard_base::Time::ZERO, Reply::HungUp(Cause::NORMAL));
    assert_eq!(logged(&[step]), ["gone"]);
    assert_eq!(caller.app.resume(cordboard_base::Time::ZERO, Reply::Ok), Step::Done(Value::Unit));
}

#[test]
fn a_script_error_has_its_place_and_ends_the_call() {
    let bundle = Bundle::single(
        "import \"office\" as office;\nlet i = context(\"internal\");\ni.on(\"1\", |ch| office::ring(ch));\ni.on(\"2\", |ch| {\n  ch.answer();\n  office::ring(ch);\n});\ni.on_hangup(|ch| log::info(\"gone\"));",
    )
    .with("office.rhai", "fn ring(ch) {\n    let x = `${1} ${2}`; deeper(x);\n}\nfn deeper(x) {\n    let m = #{}; let y = `a ${m} b` + m.nothing;\n}");
    let plan = load_bundle(&bundle);
    let steps = Caller::run(&plan, "1", vec![]);
    assert_eq!(errors(&steps), ["office.rhai:5:41: there is no property `nothing`"]);
    assert_eq!(steps[1], Step::Hangup(Cause::NETWORK_FAULT));
    assert_eq!(logged(&steps), ["gone"]);

    let steps = Caller::run(&plan, "2", vec![]);
    assert_eq!(heard(&steps), [crate::ERROR_PROMPT]);
    assert!(steps.contains(&Step::Hangup(Cause::UNSPECIFIED)));
}

#[test]
fn errors_in_closures_of_an_imported_file_name_that_file() {
    let bundle = Bundle::single("import \"f\" as f;\nlet i = context(\"internal\"); i.include(f::codes());")
        .with("f.rhai", "fn codes() {\n  let c = context(\"codes\");\n  c.on(\"1\", |ch| helper(ch));\n  c.on(\"2\", |ch| {\n    throw \"x\";\n  });\n  c.on(\"_3X\", |ch| throw `no ${ch.dialed}`);\n  c\n}\nfn helper(ch) { throw 5; }");
    let plan = load_bundle(&bundle);
    assert_eq!(errors(&Caller::run(&plan, "1", vec![])), ["f.rhai:10:17: thrown: 5"]);
    assert_eq!(errors(&Caller::run(&plan, "2", vec![])), ["f.rhai:5:5: x"]);
    assert_eq!(errors(&Caller::run(&plan, "37", vec![])), ["f.rhai:7:20: no 37"]);
}

#[test]
fn an_error_in_a_hang_up_handler_spares_the_others() {
    let plan = load(
        "let i = context(\"internal\"); i.on(\"1\", |ch| ()); i.on_hangup(|ch| throw 1); i.on_hangup(|ch| log::info(\"ok\"));",
    );
    let steps = Caller::run(&plan, "1", vec![]);
    assert_eq!((errors(&steps).len(), logged(&steps)), (1, vec!["ok".to_owned()]));
}

#[test]
fn exit_and_return_end_a_script_in_peace() {
    for text in ["exit(); ch.wait(1);", "return; ch.wait(1);"] {
        assert_eq!(steps(text, vec![]), [Step::Hangup(Cause::NORMAL), Step::Done(Value::Unit)]);
    }
}

#[test]
fn a_dropped_call_leaves_nothing_behind() {
    let fibers = crate::Fibers::default();
    let plan =
        crate::Dialplan::load_in(&Bundle::single(LONG), &fibers, &cordboard_app::Applications::default())
            .unwrap();
    for at in 0..6 {
        let mut caller = Caller::new(&plan, info("internal", "600"), vec![]);
        let mut reply = Reply::Start;
        for _ in 0..at {
            let step = caller.app.resume(cordboard_base::Time::ZERO, reply);
            reply = caller.answer(&step);
        }
        assert_eq!(fibers.live(), 1);
        drop(caller);
        assert_eq!(fibers.live(), 0);
    }
    assert_eq!(Caller::run(&plan, "600", vec![]).last(), Some(&Step::Done(Value::Unit)));
}

#[test]
fn calls_share_nothing_through_captured_variables_or_constants() {
    let plan = load(
        "const WHO = \"a\"; let count = 0; let add = |n| count + n; let list = [1];
         let i = context(\"internal\");
         i.on(\"1\", |ch| { count += 1; list.push(2); log::info(`${count} ${list.len()} ${add.call(1)}`); ch.wait(1); });",
    );
    for _ in 0..2 {
        let steps = Caller::run(&plan, "1", vec![]);
        assert_eq!(logged(&steps), ["1 2 1"], "{:?}", errors(&steps));
    }
}
