//! Scripts that ask a web server who calls: the answer shows on the phone and routes the call, and a server that is slow or dead
//! delays its own caller alone.

use cordboard_dialplan::Bundle;
use cordboard_sim::{Plan, World};
use core::time::Duration;

const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("200", |ch| {
    let r = http::get("https://crm.example/who", #{ query: #{ number: ch.caller.number } });
    let who = if r.status == 200 { json(r.body) } else { #{ name: "Unknown", to: "103" } };
    ch.caller.name = who.name;
    ch.dial(user(who.to), #{ timeout: 20 });
});
internal.on("_10X", |ch| ch.dial(user(ch.dialed), #{ timeout: 20 }));
internal.on_hangup(|ch| http::post("https://crm.example/calls", #{ to: ch.dialed, secs: ch.cdr.billsec }));
"#;

fn office(after_ms: u64, code: u16, body: &str) -> World {
    let world = World::new(&Plan::shipped().bundle(Bundle::single(SCRIPT)));
    let answer = (Duration::from_millis(after_ms), code, body.to_owned());
    world.web(|web| web.servers.insert("https://crm.example/".to_owned(), answer));
    world
}

#[test]
fn the_answer_names_the_caller_and_chooses_whom_it_reaches() {
    let world = office(80, 200, r#"{"name": "Ann of Accounts", "to": "102"}"#);
    let [anna, ben, cleo] = ["101", "102", "103"].map(|user| world.registered(user));
    anna.calls("200");
    let (number, name) = ben.rings();
    assert_eq!((number.as_str(), name.as_str()), ("101", "Ann of Accounts"));
    cleo.sees_nothing_for(Duration::from_secs(1));
    ben.answers();
    anna.is_answered();
    anna.hangs_up();
    world.run_secs(2);
    let asked: Vec<(String, String)> = world
        .web(|web| web.requests.iter().map(|request| (request.url.clone(), request.body.clone())).collect());
    assert_eq!(asked[0].0, "https://crm.example/who?number=101");
    assert_eq!(asked[1].0, "https://crm.example/calls", "the end of the call is told too");
    assert!(
        asked[1].1.starts_with("{\"secs\":") && asked[1].1.ends_with("\"to\":\"200\"}"),
        "{}",
        asked[1].1
    );
    world.is_quiet();
}

#[test]
fn a_slow_server_costs_its_own_caller_two_seconds_and_others_nothing() {
    let world = office(60_000, 200, "{}");
    let [anna, ben, cleo, dora] = ["101", "102", "103", "104"].map(|user| world.registered(user));
    anna.calls("200");
    // Meanwhile another call goes through at once.
    dora.calls("102");
    ben.rings();
    cleo.sees_nothing_for(Duration::from_millis(1_500));
    let (_, name) = cleo.rings();
    assert_eq!(name, "Unknown");
    dora.hangs_up();
    anna.hangs_up();
    world.run_secs(5);
    world.is_quiet();
}

#[test]
fn a_caller_who_hangs_up_while_a_server_is_asked_is_gone_at_once() {
    let world = office(1_500, 200, "{}");
    let [anna, _ben] = ["101", "102"].map(|user| world.registered(user));
    anna.calls("200");
    world.run_secs(1);
    anna.hangs_up();
    world.run_secs(10);
    assert_eq!(world.call_count(), 0);
    world.is_quiet();
}

#[test]
fn nonsense_from_a_server_ends_the_call_with_an_error_in_the_log_and_no_phone_rings() {
    let world = office(10, 200, "<html>");
    let [anna, ben, cleo] = ["101", "102", "103"].map(|user| world.registered(user));
    anna.calls("200");
    for phone in [&ben, &cleo] {
        phone.sees_nothing_for(Duration::from_secs(2));
    }
    assert_eq!(world.call_count(), 0);
    world.is_quiet();
}
