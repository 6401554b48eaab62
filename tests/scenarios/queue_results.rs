//! What a script is told when a caller is no longer in the queue: each of Asterisk's QUEUESTATUS values, and our own.

use crate::queue::{has_logged, logged, office_with, phones};
use cordboard_app::Value;
use cordboard_exchange::{AdminReply, AdminRequest};
use cordboard_sim::{Handset, World};
use std::collections::BTreeMap;

const SCRIPT: &str = r#"
let internal = context("internal");
fn tell(ch, r) { log::info(`status ${r.status} of ${r.queue}`); ch.play("goodbye"); }
internal.on("620", |ch| tell(ch, ch.queue("sales")));
internal.on("621", |ch| tell(ch, ch.queue("sales", #{ timeout: 3 })));
internal.on("622", |ch| tell(ch, ch.queue("sales", #{ "continue": true })));
internal.on("629", |ch| tell(ch, ch.queue("nowhere")));
"#;

fn office(keys: &str, members: &[&str]) -> World {
    let members: String =
        members.iter().map(|user| format!("[[queue.sales.member]]\nuser = \"{user}\"\n")).collect();
    office_with(SCRIPT, &format!("[queue.sales]\nring_s = 20\n{keys}\n{members}"))
}

/// The caller hears that the script goes on, which knows why.
fn is_told(world: &World, caller: &Handset, status: &str) {
    caller.hears_prompt("goodbye");
    caller.is_over();
    let told = format!("status {status} of sales");
    assert!(world.has_logged("script", &told), "{:?} {:?}", world.log(), logged(world));
}

#[test]
fn full() {
    let world = office("callers_max = 1", &[]);
    let [anna, ben] = phones(&world, ["101", "104"]);
    anna.calls("620");
    anna.hears_music("default");
    ben.calls("620");
    is_told(&world, &ben, "full");
    anna.hears_music("default");
}

#[test]
fn nobody_is_a_member() {
    let world = office("join_empty = \"strict\"", &[]);
    let [anna] = phones(&world, ["101"]);
    anna.calls("620");
    is_told(&world, &anna, "joinempty");
}

#[test]
fn no_member_is_there() {
    let world = office("join_empty = \"strict\"", &["102"]);
    let [anna] = phones(&world, ["101"]);
    anna.calls("620");
    is_told(&world, &anna, "joinunavail");
}

#[test]
fn the_last_member_goes_while_the_caller_waits() {
    let world = office("join_empty = \"strict\"\nleave_empty = \"strict\"\nring_in_use = false", &["102"]);
    let [anna, ben, david] = phones(&world, ["101", "102", "104"]);
    // Ben talks, so that she waits.
    david.calls("620");
    ben.rings();
    ben.answers();
    david.talks_with(&ben);
    anna.calls("620");
    anna.hears_music("default");
    ben.unregisters();
    david.hangs_up();
    ben.is_over();
    is_told(&world, &anna, "leaveunavail");
    assert!(has_logged(&world, "EXITEMPTY|1|1|", "sales"), "{:?}", logged(&world));
}

#[test]
fn the_time_is_over() {
    let world = office("", &[]);
    let [anna] = phones(&world, ["101"]);
    anna.calls("621");
    is_told(&world, &anna, "timeout");
}

#[test]
fn the_agent_hangs_up_and_the_script_goes_on() {
    for (number, status) in [("620", "answered"), ("622", "continue")] {
        let world = office("", &["102"]);
        let [anna, ben] = phones(&world, ["101", "102"]);
        anna.calls(number);
        ben.rings();
        ben.answers();
        anna.talks_with(&ben);
        ben.hangs_up();
        is_told(&world, &anna, status);
    }
}

#[test]
fn the_command_line_takes_a_caller_out() {
    let world = office("", &[]);
    let [anna] = phones(&world, ["101"]);
    anna.calls("620");
    anna.hears_music("default");
    let AdminReply::Calls(calls) = world.admin(AdminRequest::Calls) else { panic!("no calls") };
    let text = |text: &str| Value::Text(text.to_owned());
    let call = calls[0].call.to_string();
    let entries = [("do".to_owned(), text("withdraw")), ("call".to_owned(), text(&call))];
    let request = Value::Map(BTreeMap::from(entries));
    world.admin(AdminRequest::Service { kind: "queue".to_owned(), request });
    is_told(&world, &anna, "withdraw");
    assert!(has_logged(&world, "WITHDRAW|1|1|", "sales"), "{:?}", logged(&world));
}

#[test]
fn a_caller_is_taken_out_while_agents_ring_and_they_ring_no_longer() {
    let world = office("", &["102"]);
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("620");
    ben.rings();
    let AdminReply::Calls(calls) = world.admin(AdminRequest::Calls) else { panic!("no calls") };
    let text = |text: &str| Value::Text(text.to_owned());
    let entries = [("do", text("withdraw")), ("call", text(&calls[0].call.to_string()))];
    let request = Value::Map(entries.map(|(key, value)| (key.to_owned(), value)).into());
    world.admin(AdminRequest::Service { kind: "queue".to_owned(), request });
    world.run_ms(500);
    assert!(has_logged(&world, "RINGCANCELED|", "sales|SIP/102"), "{:?}", logged(&world));
    ben.is_over();
    is_told(&world, &anna, "withdraw");
    world.is_quiet();
}

#[test]
fn there_is_no_such_queue() {
    let world = office("", &[]);
    let [anna] = phones(&world, ["101"]);
    anna.calls("629");
    anna.hears_prompt("goodbye");
    assert!(world.has_logged("script", "status failed of nowhere"), "{:?}", world.log());
}
