//! Queues: callers wait with music until an agent takes the call.

use cordboard_queue::Settings;
use cordboard_sim::{Handset, Plan, World};
use core::time::Duration;

/// Sales rings 102 and 103 together; the script says what came of it.
pub(crate) const SALES: &str = r#"
[queue.sales]
title = "Sales"
number = "620"
ring_s = 10
retry_s = 5
[[queue.sales.member]]
user = "102"
[[queue.sales.member]]
user = "103"
"#;

pub(crate) const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("620", |ch| {
    let r = ch.queue("sales");
    log::info(`queue: ${r.status} ${r.position}`);
    ch.play("goodbye");
});
internal.on("621", |ch| {
    let r = ch.queue("sales", #{ timeout: 12 });
    log::info(`queue: ${r.status}`);
    ch.play("vm-goodbye");
});
internal.on("622", |ch| { ch.queue("sales", #{ priority: 5 }); });
internal.on("*45", |ch| { ch.queue_login("sales", #{ toggle: true }); });
internal.on("*46", |ch| { ch.queue_pause("", #{ toggle: true, reason: "lunch" }); });
internal.on("0", |ch| { ch.dial(user("104"), #{ timeout: 20 }); });
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
"#;

/// An office with these queues.
pub(crate) fn office(queues: &str) -> World {
    office_with(SCRIPT, queues)
}

pub(crate) fn office_with(script: &str, queues: &str) -> World {
    let settings: Settings = toml::from_str(queues).unwrap();
    let settings = serde_json::to_string(&settings).unwrap();
    World::new(&Plan::new(script).with(|setup| {
        setup.services.insert("queue".to_owned(), settings);
    }))
}

/// Events of the queue log, without time and call.
pub(crate) fn logged(world: &World) -> Vec<String> {
    let lines = world.store(|store| store.logs.get("queue_log").cloned().unwrap_or_default());
    lines.iter().map(|line| line.splitn(3, '|').nth(2).unwrap_or_default().to_owned()).collect()
}

/// Whether the queue log has a line of this event with this in it.
pub(crate) fn has_logged(world: &World, event: &str, text: &str) -> bool {
    let of = |line: &String| line.contains(&format!("|{event}")) && line.contains(text);
    logged(world).iter().any(of)
}

pub(crate) fn phones<const N: usize>(world: &World, users: [&str; N]) -> [Handset; N] {
    users.map(|user| world.registered(user))
}

#[test]
fn all_agents_ring_and_one_takes_the_call() {
    let world = office(SALES);
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    anna.calls("620");
    assert_eq!(ben.rings(), ("101".to_owned(), "Sales: Anna".to_owned()));
    clara.rings();
    anna.is_answered();
    anna.hears_music("default");
    clara.answers();
    assert_eq!(ben.is_over().sip, Some(200), "answered elsewhere");
    anna.talks_with(&clara);
    world.run_secs(3);
    clara.hangs_up();
    anna.hears_prompt("goodbye");
    anna.is_over();
    world.is_quiet();
    assert!(world.has_logged("script", "queue: answered 1"), "{:?}", logged(&world));
    assert!(has_logged(&world, "ENTERQUEUE", "sales|NONE|ENTERQUEUE||101|1"), "{:?}", logged(&world));
    assert!(has_logged(&world, "CONNECT", "sales|SIP/103|CONNECT|"), "{:?}", logged(&world));
    assert!(has_logged(&world, "COMPLETEAGENT", "sales|SIP/103|COMPLETEAGENT|"), "{:?}", logged(&world));
}

#[test]
fn nobody_answers_and_the_agents_ring_again_after_a_pause() {
    let world = office(SALES);
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("620");
    ben.rings();
    ben.is_over();
    anna.hears_music("default");
    let over = world.now();
    ben.rings();
    let pause = world.now().since(over);
    assert!(pause >= Duration::from_millis(4_500) && pause < Duration::from_secs(7), "{pause:?}");
    ben.answers();
    anna.talks_with(&ben);
    assert!(has_logged(&world, "RINGNOANSWER|10000", "sales|SIP/102"), "{:?}", logged(&world));
}

#[test]
fn the_time_is_over_and_the_script_goes_on() {
    let world = office(SALES);
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("621");
    ben.rings();
    ben.is_over();
    world.run_secs(1);
    anna.hears_prompt("vm-goodbye");
    anna.is_over();
    assert!(world.has_logged("script", "queue: timeout"));
    assert!(has_logged(&world, "EXITWITHTIMEOUT|1|1|12", "sales"), "{:?}", logged(&world));
    world.is_quiet();
}

#[test]
fn callers_are_served_in_the_order_in_which_they_came_and_a_higher_priority_first() {
    let world = office(SALES);
    let [ben, one, two, three] = phones(&world, ["102", "104", "105", "106"]);
    for caller in [&one, &two] {
        caller.calls("620");
        caller.is_answered();
    }
    three.calls("622");
    three.is_answered();
    assert_eq!(ben.rings().0, "104");
    ben.answers();
    one.talks_with(&ben);
    one.hangs_up();
    ben.is_over();
    assert_eq!(ben.rings().0, "106", "a higher priority");
    ben.answers();
    three.hangs_up();
    ben.is_over();
    assert_eq!(ben.rings().0, "105");
    ben.answers();
    two.talks_with(&ben);
}

#[test]
fn a_caller_who_hangs_up_is_forgotten_and_the_agents_stop_ringing() {
    let world = office(SALES);
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("620");
    ben.rings();
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
    assert!(has_logged(&world, "ABANDON|1|1|", "sales|NONE"), "{:?}", logged(&world));
}

#[test]
fn two_callers_ring_different_agents_at_once() {
    let world = office(&SALES.replace("ring_s", "strategy = \"in-order\"\nring_s"));
    let [ben, clara, one, two] = phones(&world, ["102", "103", "104", "105"]);
    one.calls("620");
    assert_eq!(ben.rings().0, "104");
    two.calls("620");
    assert_eq!(clara.rings().0, "105");
    clara.answers();
    two.talks_with(&clara);
    ben.answers();
    one.talks_with(&ben);
}

#[test]
fn the_journey_of_a_call_has_its_places_in_the_line() {
    let world = office(SALES);
    let [ben, clara, anna, dora] = ["102", "103", "101", "104"].map(|user| world.registered(user));
    anna.calls("620");
    ben.rings();
    clara.rings();
    dora.calls("620");
    world.run_secs(5);
    dora.hangs_up();
    world.run_secs(1);
    ben.answers();
    anna.talks_with(&ben);
    anna.hangs_up();
    world.is_quiet();
    let entries = world.entries();
    let text = cordboard_journey::timeline(&entries, &|us| us.to_string()).join("\n");
    for wanted in [
        "queue: sales: place 1",
        "queue: sales: place 2",
        "queue: sales: gives up on place 2 (was 2) after ",
        "queue: sales: connected with SIP/102 after ",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
}
