//! The runner on offices of a few lines.

use super::*;
use cordboard_dialplan::{Bundle, Configured};
use cordboard_exchange::Setup;
use cordboard_sim::Plan;
use cordboard_sim::stage::Prompts;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

const OFFICE: &str = r#"
let internal = context("internal");
internal.on("_10X", |ch| {
    let r = ch.dial(user(ch.dialed), #{ timeout: 20 });
    if r.status == "busy" { ch.play("vm-isonphone"); } else { ch.play("vm-nobodyavail"); }
});
internal.on("600", |ch| {
    ch.answer();
    let choice = ch.menu(#{ prompt: "welcome", digits: 1, timeout: 5, retries: 1 });
    switch choice {
        "1" => ch.play("one"),
        _ => ch.play("goodbye"),
    }
});
internal.on("601", |ch| { ch.play(db::get("a", "b")); });
internal.on("_9X.", |ch| { ch.dial(trunk("itsp", ch.dialed.sub_string(1)), #{ timeout: 30 }); });
let inbound = context("from-itsp");
inbound.on("_X.", |ch| { ch.voicemail("101"); });
"#;

fn house() -> Rc<House> {
    let prompts = Prompts::new(|name, _| (!name.starts_with("missing")).then_some(1_000));
    let setup = Plan::new(OFFICE).setup;
    let bundle = Bundle::single(OFFICE);
    let house = House::new(Staging { setup, bundle, prompts, seed: 1 });
    Rc::new(house.unwrap_or_else(|findings| panic!("{findings:?}")))
}

fn run(test: &str) -> (Vec<Outcome>, Coverage) {
    let texts = BTreeMap::from([("tests/a.rhai".to_owned(), test.to_owned())]);
    Suite::new(texts).run(&house(), &Options::default(), |_| ())
}

fn passes(body: &str) {
    let (outcomes, _) = run(&format!("test(\"it\", |t| {{\n{body}\n}});"));
    let told: Vec<String> = outcomes.iter().map(|outcome| text::failed(outcome, false)).collect();
    assert!(outcomes.len() == 1 && outcomes[0].passed(), "{}", told.join("\n"));
}

fn fails(body: &str) -> Failure {
    let (mut outcomes, _) = run(&format!("test(\"it\", |t| {{\n{body}\n}});"));
    outcomes.remove(0).failure.unwrap_or_else(|| panic!("it passed: {body}"))
}

#[test]
fn two_users_talk() {
    passes(
        r#"let ann = t.call("101", "102"); let ben = t.phone("102");
        ann.hears("ringback"); ben.rings(); ben.sees("101", "Anna"); ben.answers(); ann.is_answered(); ann.talks_with(ben);
        ben.presses("42"); ann.gets_keys("42");
        ann.holds(); ben.is_held(); ben.hears("music"); ann.resumes(); ann.talks_with(ben);
        t.wait(60); ben.hangs_up(); ann.hears("vm-nobodyavail"); ann.is_over();
        let r = t.record(); assert_eq(r.disposition, "answered"); assert_eq(r.answered_by, "102");
        assert_eq(t.rung(), ["102"]); ann.took("internal", "_10X"); t.is_quiet();"#,
    );
}

#[test]
fn prompts_are_heard_by_name_in_order_and_stopped_by_keys() {
    passes(
        r#"let ann = t.call("101", 600); ann.hears("welcome"); ann.presses(1); ann.hears("one"); ann.is_over("normal");"#,
    );
    passes(r#"let ann = t.call("101", "600"); ann.hears(["welcome", "goodbye"]); ann.is_over();"#);
    let failure = fails(r#"let ann = t.call("101", "600"); ann.hears("goodbye");"#);
    assert_eq!((failure.expected.as_deref(), failure.actual.as_deref()), (Some("goodbye"), Some("welcome")));
    assert_eq!((failure.at.line, failure.at.column), (2, 37));
    assert!(
        failure.story.iter().any(|line| line.contains("main.rhai:9  read") || line.contains("main.rhai:9")),
        "{:#?}",
        failure.story
    );
    assert!(failure.ladder.iter().any(|line| line.contains("INVITE")));
}

#[test]
fn a_call_from_outside_leaves_a_message_and_one_to_outside_is_answered_there() {
    passes(
        r#"let caller = t.call("from-itsp", "5550100", #{ from: "+442079460000" });
        caller.is_answered(); caller.hears_at_last("vm-intro"); caller.waits(8); caller.says(5); caller.hangs_up();
        t.mailbox("101").has(1);"#,
    );
    passes(
        r#"let ann = t.call("101", "95550123"); let them = t.trunk("itsp").rings("5550123");
        them.answers(); ann.talks_with(them); them.hangs_up(); ann.is_over();
        assert_eq(t.trunk("itsp").called(), ["5550123"]);"#,
    );
    passes(
        r#"t.trunk("itsp").refuses(503); let ann = t.call("101", "95550123"); ann.is_over(); assert_eq(t.record().disposition, "failed");"#,
    );
}

#[test]
fn time_is_what_the_test_says() {
    passes(
        r#"t.clock("2026-12-24 18:00"); assert_eq(t.clock(), "2026-12-24 18:00:00"); t.call("101", "600"); t.clock("18:30"); assert_eq(t.clock(), "2026-12-24 18:30:00");"#,
    );
    let failure = fails(r#"t.call("101", "600"); t.clock("2026-11-23 09:00");"#);
    assert!(failure.message.contains("does not go back"), "{}", failure.message);
}

#[test]
fn script_errors_and_misspelt_functions_fail_a_test_at_their_place() {
    assert!(fails(r#"t.call("101", "601"); t.wait(1);"#).message.contains("script of the dialplan failed"));
    passes(r#"t.expects_script_error(); t.call("101", "601"); t.wait(1);"#);
    let failure = fails(r#"t.call("101", "600").answrs();"#);
    assert!(failure.message.contains("did you mean \"answers\""), "{}", failure.message);
    assert!(fails(r#"t.phone("901");"#).message.contains("there is no user"));
    assert!(fails(r#"t.call("101", "600").hears("missing-one");"#).message.contains("no prompt"));
}

#[test]
fn the_database_fails_and_works_again() {
    passes(
        r#"t.database().set("a", "b", "hello"); t.call("101", "601").hears("hello");
        t.database().fails(); t.expects_script_error(); t.call("102", "601").is_over();"#,
    );
}

#[test]
fn coverage_tells_lines_and_routes() {
    let (_, coverage) =
        run(r#"test("a", |t| { t.call("101", "600").hears("welcome").presses("1").hears("one"); });"#);
    assert_eq!(coverage.routes_taken(), (1, 5));
    let file = &coverage.files["main.rhai"];
    assert_eq!((file.lines.get(&11), file.lines.get(&12)), (Some(&1), Some(&0)));
    let page = page(&coverage, &BTreeMap::from([("main.rhai".to_owned(), OFFICE.to_owned())]));
    assert!(page.contains("class=\"l n\"") && page.contains("class=\"l y\""));
}

#[test]
fn mutants_are_noticed_or_survive() {
    let house = house();
    let bundle = house.bundle().clone();
    let all = mutants(&bundle, 0);
    let test = r#"test("a", |t| { t.phone("102").registers(); let ann = t.call("101", "102"); t.phone("102").is_busy(); ann.hears("vm-isonphone"); });"#;
    let suite = Suite::new(BTreeMap::from([("tests/a.rhai".to_owned(), test.to_owned())]));
    let noticed = |what: &str| {
        let mutant = all.iter().find(|mutant| mutant.what.contains(what)).unwrap();
        let house = Rc::new(house.with_scripts(&mutant.of(&bundle)).ok().unwrap());
        suite.run(&house, &Options::default(), |_| ()).0.iter().any(|outcome| !outcome.passed())
    };
    assert!(noticed("`\"busy\"` became"));
    assert!(noticed("was negated"));
    assert!(!noticed("30 became 90"));
    assert!(mutants(&bundle, 3).len() == 3);
}

#[test]
fn junit_is_wellformed_with_whatever_in_it() {
    let (outcomes, _) = run("test(\"<a> & \\\"b\\\"\", |t| { assert_eq(1, 2); });\ntest(\"fine\", |t| { });");
    let xml = junit(&outcomes);
    assert!(
        xml.contains("name=\"&lt;a&gt; &amp; &quot;b&quot;\"") && xml.contains("tests=\"2\" failures=\"1\""),
        "{xml}"
    );
}

#[test]
fn every_function_is_in_the_table_and_the_table_has_no_other() {
    let registered = engine::engine().1;
    let own = |function: &&Function| !(function.on.is_empty() && ["test", "each"].contains(&function.name));
    let table: BTreeSet<(&str, String)> =
        FUNCTIONS.iter().filter(own).map(|function| (function.on, function.name.to_owned())).collect();
    assert_eq!(registered, table);
}

#[test]
fn something_happens_while_the_test_waits_for_something_else() {
    passes(
        r#"let ann = t.call("101", "102"); let ben = t.phone("102");
        ben.later(3, "answers"); ben.later(6, "presses", "7"); ann.later(20.5, "hangs_up");
        ann.is_answered(); ann.gets_keys("7"); ben.is_over();
        let r = t.record(); assert_eq(r.billsec, 17); assert_eq(r.hangup_by, "caller");"#,
    );
    let failure = fails(r#"t.phone("101").later(1, "hang_up");"#);
    assert!(
        failure.message.contains("nobody hang_up") && failure.message.contains("hangs_up"),
        "{failure:?}"
    );
    assert!(fails(r#"t.phone("101").later(1, "presses");"#).message.contains("the keys"));
}

#[test]
fn a_user_has_several_phones_and_each_rings() {
    passes(
        r#"let second = t.phone("102", 2); let first = t.phone("102"); assert(!(first == second));
        let ann = t.call("101", "102"); first.rings(); second.rings(); second.answers(); ann.talks_with(second);
        first.is_over("elsewhere"); ann.hangs_up(); second.is_over();
        assert(t.phone("102", 2) == second); assert(t.phone("102", 1) == first);"#,
    );
    assert!(fails(r#"t.phone("102", 9);"#).message.contains("has no phone 9"));
}

#[test]
fn a_phone_answers_by_itself() {
    passes(
        r#"t.phone("102").answers_by_itself(2); let ann = t.call("101", "102"); ann.is_answered();
        assert_eq(t.ringing()[0].secs, 2.0); ann.talks_with(t.phone("102")); ann.hangs_up();"#,
    );
}

/// An office whose users' file may be changed, and one key of it.
struct OneKey;

impl Configuration for OneKey {
    fn files(&self) -> Vec<String> {
        vec!["users".to_owned()]
    }

    fn changed(&self, changes: &Changes) -> Result<(Setup, Configured), String> {
        let mut setup = Plan::new(OFFICE).setup;
        for (key, value) in changes.values().flatten() {
            let Some(user) = setup.users.get_mut(key) else { return Err(format!("no user `{key}`")) };
            user.identity.name = value["name"].as_str().ok_or("a text")?.to_owned();
        }
        Ok((setup, Configured::default()))
    }
}

#[test]
fn a_test_has_another_configuration_for_itself_alone() {
    let body = r#"
fn shows(t, name) { t.call("101", "102"); let ben = t.phone("102"); ben.rings(); ben.sees("101", name); }
test("as it is", |t| { shows(t, "Anna"); });
test("otherwise", |t| { t.config("users.toml", #{ "101": #{ name: "Zoe" } }); shows(t, "Zoe"); });
test("as it is again", |t| { shows(t, "Anna"); });
test("nobody", |t| { t.config("users", #{ "109": #{ name: "Eve" } }); });
test("no file", |t| { t.config("user", #{}); });
test("too late", |t| { t.call("101", "102"); t.config("users", #{}); });
test("no setting", |t| { t.config("users", #{ "102": |x| x }); });
"#;
    let texts = BTreeMap::from([("tests/a.rhai".to_owned(), body.to_owned())]);
    let house = Rc::try_unwrap(house()).unwrap_or_else(|_| panic!()).with_configuration(Rc::new(OneKey));
    let (outcomes, _) = Suite::new(texts).run(&Rc::new(house), &Options::default(), |_| ());
    let told: Vec<String> = outcomes.iter().map(|outcome| text::failed(outcome, false)).collect();
    assert!(outcomes[..3].iter().all(Outcome::passed), "{}", told.join("\n"));
    for (outcome, line, wanted) in [
        (&outcomes[3], 6, "no user `109`"),
        (&outcomes[4], 7, "did you mean \"users\"?"),
        (&outcomes[5], 8, "before the first call"),
        (&outcomes[6], 9, "is no setting"),
    ] {
        let failure = outcome.failure.as_ref().unwrap();
        assert!(failure.message.contains(wanted), "{wanted}: {}", failure.message);
        assert_eq!(failure.at.line, line, "{wanted}");
    }
}
