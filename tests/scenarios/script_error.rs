//! A fault in a script ends the call that met it, says so, and harms nobody else.

use cordboard_sim::World;

const OFFICE: &str = r#"
let internal = context("internal");
internal.on("198", |ch| {
    let list = [1, 2];
    let broken = list[5];
});
internal.on("199", |ch| {
    ch.answer();
    let list = [1, 2];
    let broken = list[5];
});
internal.on("197", |ch| { let n = 0; loop { n += 1; } });
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
"#;

#[test]
fn an_answered_caller_hears_that_something_went_wrong() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    anna.calls("199");
    anna.is_answered();
    anna.hears_prompt("an-error-has-occurred");
    anna.is_over();
    world.is_quiet();
    assert!(world.has_logged("script error", "main.rhai:10:"), "{:?}", world.log());
    assert!(world.record().error.is_some_and(|error| error.contains("main.rhai:10:")));
}

#[test]
fn an_unanswered_caller_is_refused_as_a_fault_of_ours() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    anna.calls("198");
    let ended = anna.is_over();
    assert!(ended.status.is_some_and(|status| (500..600).contains(&status)), "{ended:?}");
    assert!(world.has_logged("script error", "main.rhai:5:"), "{:?}", world.log());
}

#[test]
fn a_script_that_spins_is_stopped_and_others_talk_on() {
    let world = World::with_dialplan(OFFICE);
    let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
    anna.calls_and_talks_with("102", &ben);
    clara.calls("197");
    assert!(clara.is_over().status.is_some());
    assert!(world.has_logged("script error", "main.rhai:"), "{:?}", world.log());
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}
