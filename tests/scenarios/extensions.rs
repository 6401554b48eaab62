//! Who is reached by a route of the dialplan: as an agent of a queue, as a member of a group.

use crate::feature_codes::{dials, phones};
use crate::queue::{has_logged, logged};
use cordboard_phone::Command;
use cordboard_queue::Settings;
use cordboard_sim::{Plan, World};

/// Sales is whoever the extension 102 leads to.
const SALES: &str = r#"
[queue.sales]
title = "Sales"
ring_s = 20
retry_s = 5
leave_empty = false
join_empty = true
[[queue.sales.member]]
extension = "102"
"#;

/// The office as it is shipped, with these queues.
fn office(queues: &str) -> World {
    let settings: Settings = toml::from_str(queues).unwrap();
    let settings = serde_json::to_string(&settings).unwrap();
    World::new(&Plan::shipped().with(|setup| {
        setup.services.insert("queue".to_owned(), settings);
    }))
}

/// An office with a script of its own.
fn scripted(script: &str) -> World {
    World::new(&Plan::new(script))
}

#[test]
fn an_agent_is_reached_wherever_its_extension_is_forwarded_to() {
    let world = office(SALES);
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    dials(&ben, "*72103", &["call-fwd-unconditional", "activated", "to-extension", "digits/1"]);
    anna.calls("620");
    anna.is_answered();
    assert_eq!(clara.rings(), ("101".to_owned(), "Sales: Anna".to_owned()));
    anna.hears_music("default");
    clara.answers();
    anna.talks_with(&clara);
    world.run_secs(2);
    assert!(has_logged(&world, "CONNECT|", "sales|Local/102@internal"), "{:?}", logged(&world));
    clara.hangs_up();
    anna.is_over();
    world.is_quiet();
    assert!(has_logged(&world, "COMPLETEAGENT|", "sales|Local/102@internal"), "{:?}", logged(&world));
    assert!(ben.unseen().iter().all(|seen| !format!("{seen:?}").contains("Incoming")), "its phone is silent");
}

#[test]
fn an_agent_with_follow_me_takes_the_call_with_1_and_its_own_phone_is_tried_first() {
    let world = office(&SALES.replace("ring_s = 20", "ring_s = 60"));
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    dials(&ben, "*21103", &["followme/follow-me", "activated", "digits/1"]);
    anna.calls("620");
    ben.rings();
    world.run_secs(15);
    ben.is_over();
    clara.rings();
    clara.answers();
    clara.hears_prompt("followme/options");
    anna.hears_music("default");
    assert!(!has_logged(&world, "CONNECT|", ""), "nobody has taken the call yet");
    clara.presses("1");
    anna.talks_with(&clara);
    assert!(has_logged(&world, "CONNECT|", "Local/102@internal"), "{:?}", logged(&world));
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn a_mailbox_behind_the_extension_takes_no_call_of_the_queue() {
    let world = office(&SALES.replace("ring_s = 20", "ring_s = 40"));
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("620");
    ben.rings();
    // It is not answered, and the mailbox would have the call.
    world.run_secs(26);
    ben.is_over();
    anna.hears_music("default");
    assert!(has_logged(&world, "RINGNOANSWER|", "Local/102@internal"), "{:?}", logged(&world));
    assert!(!has_logged(&world, "CONNECT", ""), "{:?}", logged(&world));
    // After the pause it is tried again, and now taken.
    world.run_secs(5);
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn an_agent_who_declines_gives_the_call_to_the_next_one() {
    let queues = format!("{SALES}[[queue.sales.member]]\nuser = \"103\"\n")
        .replace("title", "strategy = \"in-order\"\ntitle");
    let world = office(&queues);
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    anna.calls("620");
    ben.rings();
    ben.declines(486);
    clara.rings();
    clara.answers();
    anna.talks_with(&clara);
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn an_agent_whose_phone_says_whether_it_is_free_is_not_rung_while_it_talks() {
    let world = office(&format!("{SALES}state_of = \"102\"\n"));
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    clara.calls_and_talks_with("102", &ben);
    anna.calls("620");
    anna.hears_music("default");
    world.run_secs(30);
    assert!(ben.unseen().iter().all(|seen| !format!("{seen:?}").contains("Incoming")));
    clara.hangs_up();
    ben.is_over();
    assert_eq!(ben.rings().1, "Sales: Anna");
    ben.answers();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_caller_that_hangs_up_ends_the_ringing_wherever_it_has_come_to() {
    let world = office(SALES);
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    dials(&ben, "*72103", &["call-fwd-unconditional"]);
    anna.calls("620");
    clara.rings();
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
    assert!(has_logged(&world, "ABANDON|", "sales"), "{:?}", logged(&world));
}

#[test]
fn who_was_reached_so_hands_the_caller_on_as_any_agent_does() {
    let world = office(SALES);
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    anna.calls("620");
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
    world.run_secs(2);
    ben.does(Command::Transfer("103".to_owned()));
    clara.rings();
    clara.answers();
    ben.transfer_ends(200);
    anna.talks_with(&clara);
    assert!(has_logged(&world, "TRANSFER|103|internal", "Local/102@internal"), "{:?}", logged(&world));
    // The agent is free for the next one.
    let [david] = phones(&world, ["104"]);
    david.calls("620");
    ben.rings();
    david.hangs_up();
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn an_extension_logs_in_by_a_script_and_is_rung_then() {
    let script = r#"
let internal = context("internal");
internal.on("1", |ch| { queue("sales").add(extension("internal", "105"), #{ state_of: "105", penalty: 2 }); });
internal.on("620", |ch| { ch.queue("sales"); });
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
"#;
    let world = crate::queue::office_with(script, "[queue.sales]\nring_s = 20\n");
    let [anna, eva] = phones(&world, ["101", "105"]);
    eva.calls("1");
    eva.is_over();
    assert!(has_logged(&world, "ADDMEMBER", "sales|Local/105@internal"), "{:?}", logged(&world));
    anna.calls("620");
    eva.rings();
    eva.answers();
    anna.talks_with(&eva);
    anna.hangs_up();
    eva.is_over();
    world.is_quiet();
}

/// 600 rings Ben, and whoever this route rings.
fn group(route: &str) -> World {
    scripted(&format!(
        r#"
let internal = context("internal");
let office = context("office");
internal.on("600", |ch| {{
    let r = ch.dial([user("102"), extension("office", "205")], #{{ timeout: 25 }});
    log::info(`600: ${{r.status}} ${{r.cause}} ${{r.by}}`);
    if r.status != "answered" {{ ch.play("vm-nobodyavail"); }}
}});
office.on("205", |ch| {{ {route} }});
"#
    ))
}

#[test]
fn a_group_rings_what_a_route_rings_and_the_first_to_answer_gets_the_call() {
    let world = group(r#"ch.dial([user("103"), user("104")], #{ timeout: 20 });"#);
    let [anna, ben, clara, david] = phones(&world, ["101", "102", "103", "104"]);
    anna.calls("600");
    [&ben, &clara, &david].iter().for_each(|phone| assert_eq!(phone.rings().0, "101"));
    anna.sees_ringing();
    clara.answers();
    anna.is_answered();
    anna.talks_with(&clara);
    for loser in [ben, david] {
        assert_eq!(loser.is_over().sip, Some(200), "completed elsewhere: no missed call");
    }
    clara.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn a_route_whose_script_fails_or_leads_nowhere_rings_nobody_and_the_others_ring_on() {
    for route in [
        r#"ch.dial(user(ch.vars["nothing"]), #{});"#,
        r#"ch.enter("office", "999");"#,
        r#"ch.answer(); ch.play("vm-goodbye");"#,
        r#"ch.enter("office", "205");"#,
        r#"ch.dial(extension("office", "205"), #{});"#,
        "ch.hangup(\"busy\");",
        "loop { ch.play(\"vm-goodbye\"); }",
    ] {
        let world = group(route);
        let [anna, ben] = phones(&world, ["101", "102"]);
        anna.calls("600");
        ben.rings();
        world.run_secs(5);
        ben.answers();
        anna.is_answered();
        anna.talks_with(&ben);
        anna.hangs_up();
        ben.is_over();
        world.is_quiet();
    }
}

#[test]
fn a_call_that_rings_behind_an_extension_is_fetched_by_a_pickup() {
    let world = office(SALES);
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    anna.calls("620");
    ben.rings();
    clara.calls("**102");
    clara.is_answered();
    anna.talks_with(&clara);
    ben.is_over();
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn to_its_caller_and_to_the_limit_of_calls_it_is_one_call() {
    let settings: Settings = toml::from_str(SALES).unwrap();
    let world = World::new(&Plan::shipped().with(|setup| {
        setup.services.insert("queue".to_owned(), serde_json::to_string(&settings).unwrap());
        setup.limits.calls = 1;
    }));
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("620");
    anna.is_answered();
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
    world.run_secs(2);
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
    let whole = world.record();
    assert_eq!((whole.dialed.as_str(), whole.part_of), ("620", None));
    let mut parts = world.records();
    parts.retain(|record| record.call != whole.call);
    assert!(!parts.is_empty() && parts.iter().all(|part| part.part_of == Some(whole.call)), "{parts:#?}");
}
