//! Who answers is told something, or asked, before the caller is connected: follow-me with "press 1".

use cordboard_sim::{Handset, Plan, World};

fn office(options: &str) -> (World, Handset, Handset, Handset) {
    let world = World::with_dialplan(&format!(
        r#"
let internal = context("internal");
internal.on("600", |ch| {{
    let r = ch.dial([user("102"), user("103")], #{{ timeout: 25, {options} }});
    if r.status != "answered" {{ ch.progress(); ch.play("vm-nobodyavail"); }}
}});
"#
    ));
    let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
    (world, anna, ben, clara)
}

#[test]
fn a_follow_me_phone_takes_the_call_with_1_and_the_caller_hears_ringing_until_then() {
    let (world, anna, ben, clara) = office("confirm: true");
    anna.calls("600");
    ben.rings();
    clara.rings();
    ben.answers();
    ben.hears_prompt("followme/no-recording");
    ben.hears_prompt("followme/options");
    anna.sees_ringing();
    assert_eq!(anna.unseen(), [], "she is not answered");
    assert_eq!(clara.lines().len(), 1, "the other phone rings on");
    ben.presses("1");
    anna.is_answered();
    anna.talks_with(&ben);
    assert_eq!(clara.is_over().sip, Some(200), "answered elsewhere");
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn who_presses_2_declines_and_another_may_still_take_it() {
    let (world, anna, ben, clara) = office("confirm: true");
    anna.calls("600");
    ben.rings();
    clara.rings();
    ben.answers();
    ben.hears_prompt("followme/options");
    ben.presses("2");
    ben.is_over();
    clara.answers();
    clara.hears_prompt("followme/options");
    clara.presses("1");
    anna.is_answered();
    anna.talks_with(&clara);
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn a_machine_that_presses_nothing_does_not_take_the_call() {
    let (world, anna, ben, clara) = office("confirm: true");
    anna.calls("600");
    ben.rings();
    clara.rings();
    ben.answers();
    clara.declines(486);
    ben.is_over();
    anna.hears_prompt("vm-nobodyavail");
    anna.is_over();
    world.is_quiet();
}

#[test]
fn a_callee_that_hangs_up_at_the_question_has_declined() {
    let (world, anna, ben, clara) = office("confirm: true");
    anna.calls("600");
    ben.rings();
    clara.rings();
    clara.declines(486);
    ben.answers();
    ben.hears_prompt("followme/no-recording");
    ben.hangs_up();
    anna.hears_prompt("vm-nobodyavail");
    anna.is_over();
    world.is_quiet();
}

#[test]
fn an_announcement_is_for_the_callee_alone_while_the_caller_hears_music() {
    let (world, anna, ben, clara) = office("announce: \"queue-thankyou\", music: \"jazz\"");
    anna.calls("600");
    ben.rings();
    clara.rings();
    anna.is_answered();
    ben.answers();
    ben.hears_prompt("queue-thankyou");
    anna.hears_music("jazz");
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_caller_that_gives_up_ends_the_question() {
    let (world, anna, ben, _clara) = office("confirm: true");
    anna.calls("600");
    ben.rings();
    ben.answers();
    ben.hears_prompt("followme/options");
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn it_is_the_same_with_cuts() {
    let run = |cuts: Option<u64>| {
        let plan = Plan::new(
            "let i = context(\"internal\"); i.on(\"600\", |ch| ch.dial(user(\"102\"), #{ timeout: 25, confirm: true }));",
        );
        let world = World::new(&plan);
        if let Some(cuts) = cuts {
            world.cut_and_restore(cuts, 150);
        }
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        anna.calls("600");
        ben.rings();
        ben.answers();
        ben.hears_prompt("followme/options");
        ben.presses("1");
        anna.is_answered();
        world.run_secs(2);
        anna.hangs_up();
        world.run_secs(40);
        (world.trace().len(), world.media_trace(), world.records())
    };
    assert_eq!(run(None), run(Some(1)));
}
