//! Who may wait, who is rung: empty queues, pauses, logins, wrap-up, keys, agents' telephones.

use crate::queue::{SALES, SCRIPT, has_logged, logged, office, office_with, phones};
use cordboard_app::Value;
use cordboard_exchange::{AdminReply, AdminRequest};
use cordboard_sim::World;
use core::time::Duration;
use std::collections::BTreeMap;

/// A queue that nobody is a member of from the start.
const SUPPORT: &str = r#"
[queue.sales]
join_empty = "strict"
leave_empty = "strict"
may_login = ["102", "103"]
ring_s = 10
"#;

/// What the command line shows of the agents of sales: name and state.
fn agents(world: &World) -> Vec<(String, String)> {
    let text = |text: &str| Value::Text(text.to_owned());
    let entries = [("do".to_owned(), text("agents")), ("queue".to_owned(), text("sales"))];
    let request = Value::Map(BTreeMap::from(entries));
    let reply = world.admin(AdminRequest::Service { kind: "queue".to_owned(), request });
    let AdminReply::Service(Value::List(agents)) = reply else { panic!("no list: {reply:?}") };
    let word = |agent: &Value, key: &str| agent.entry(key).text().unwrap_or_default().to_owned();
    agents.iter().map(|agent| (word(agent, "name"), word(agent, "state"))).collect()
}

#[test]
fn nobody_is_there_and_the_script_goes_on_at_once() {
    let world = office(SUPPORT);
    let [anna] = phones(&world, ["101"]);
    anna.calls("620");
    anna.hears_prompt("goodbye");
    anna.is_over();
    assert!(world.has_logged("script", "queue: joinempty 0"), "{:?}", world.log());
    world.is_quiet();
}

#[test]
fn members_that_can_not_be_reached_are_nobody() {
    let world = office(&SALES.replace("ring_s", "join_empty = \"strict\"\nring_s"));
    let [anna] = phones(&world, ["101"]);
    anna.calls("620");
    anna.hears_prompt("goodbye");
    assert!(world.has_logged("script", "queue: joinunavail 0"));
}

#[test]
fn an_agent_logs_in_by_a_code_takes_a_call_and_logs_out_and_callers_leave() {
    let world = office(SUPPORT);
    let [anna, ben] = phones(&world, ["101", "102"]);
    ben.calls("*45");
    ben.hears_prompt("agent-loginok");
    ben.is_over();
    anna.calls("620");
    ben.rings();
    ben.is_over();
    assert_eq!(agents(&world), [("SIP/102".to_owned(), "idle".to_owned())]);
    ben.calls("*45");
    ben.hears_prompt("agent-loggedoff");
    anna.hears_prompt("goodbye");
    assert!(world.has_logged("script", "queue: leaveempty 1"), "{:?}", logged(&world));
    assert!(
        has_logged(&world, "ADDMEMBER", "sales|SIP/102")
            && has_logged(&world, "REMOVEMEMBER", "sales|SIP/102")
    );
    assert!(has_logged(&world, "EXITEMPTY|1|1|", "sales|NONE"), "{:?}", logged(&world));
}

#[test]
fn who_may_not_log_in_hears_so() {
    let world = office(SUPPORT);
    let [david] = phones(&world, ["104"]);
    david.calls("*45");
    david.hears_prompt("agent-nomember");
    assert!(agents(&world).is_empty());
}

#[test]
fn who_pauses_is_not_rung_until_it_takes_calls_again() {
    let world = office(SALES);
    let [anna, ben] = phones(&world, ["101", "102"]);
    ben.calls("*46");
    ben.hears_prompt("agent-paused");
    ben.is_over();
    anna.calls("620");
    anna.hears_music("default");
    ben.sees_nothing_for(Duration::from_secs(30));
    ben.calls("*46");
    ben.hears_prompt("agent-unpaused");
    ben.is_over();
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
    assert!(
        has_logged(&world, "PAUSE|lunch", "sales|SIP/102") && has_logged(&world, "UNPAUSE", "sales|SIP/102")
    );
}

#[test]
fn who_does_not_answer_is_paused() {
    let world = office(&SALES.replace("ring_s", "auto_pause = \"yes\"\nring_s"));
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("620");
    ben.rings();
    ben.is_over();
    ben.sees_nothing_for(Duration::from_secs(30));
    assert!(has_logged(&world, "PAUSE|Auto-Pause", "sales|SIP/102"), "{:?}", logged(&world));
}

#[test]
fn the_work_after_a_call_has_its_time() {
    let world = office(&SALES.replace("ring_s", "wrap_up_s = 20\nring_s"));
    let [anna, ben, david] = phones(&world, ["101", "102", "104"]);
    anna.calls("620");
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
    david.calls("620");
    david.hears_music("default");
    ben.hangs_up();
    let over = world.now();
    assert_eq!(ben.rings().0, "104");
    let pause = world.now().since(over);
    assert!(pause >= Duration::from_secs(19) && pause < Duration::from_secs(22), "{pause:?}");
}

#[test]
fn who_talks_already_is_not_rung_and_is_when_the_talk_is_over() {
    let world = office(SALES);
    let [anna, ben, david] = phones(&world, ["101", "102", "104"]);
    david.calls_and_talks_with("102", &ben);
    anna.calls("620");
    anna.hears_music("default");
    ben.sees_nothing_for(Duration::from_secs(20));
    david.hangs_up();
    ben.is_over();
    assert_eq!(ben.rings().1, "Sales: Anna");
}

#[test]
fn a_busy_agent_gives_the_turn_to_the_next_at_once() {
    let world = office(&SALES.replace("ring_s", "strategy = \"in-order\"\nring_s"));
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    anna.calls("620");
    ben.rings();
    ben.declines(486);
    let declined = world.now();
    clara.rings();
    assert!(world.now().since(declined) < Duration::from_secs(1));
    clara.answers();
    anna.talks_with(&clara);
}

#[test]
fn a_higher_penalty_rings_only_where_no_lower_one_can() {
    let sales = format!("{SALES}penalty = 1\n");
    let world = office(&sales);
    let [anna, ben, clara, david] = phones(&world, ["101", "102", "103", "104"]);
    anna.calls("620");
    ben.rings();
    clara.sees_nothing_for(Duration::from_secs(5));
    ben.answers();
    david.calls("620");
    assert_eq!(clara.rings().0, "104");
}

#[test]
fn a_key_leaves_the_queue_for_a_number_of_the_dialplan() {
    let world = office(
        &SALES
            .replace("[[queue.sales.member]]\nuser = \"103\"", "")
            .replace("ring_s", "exit = { 0 = \"0\" }\nring_s"),
    );
    let [anna, david] = phones(&world, ["101", "104"]);
    anna.calls("620");
    anna.hears_music("default");
    anna.presses("0");
    david.rings();
    david.answers();
    anna.talks_with(&david);
    assert!(has_logged(&world, "EXITWITHKEY|0|1|1|", "sales|NONE"), "{:?}", logged(&world));
}

#[test]
fn a_script_changes_members_and_asks_how_many_wait() {
    let script = format!(
        r#"{SCRIPT}
internal.on("700", |ch| {{
    let sales = queue("sales");
    sales.add(user("104"), #{{ penalty: 3 }});
    sales.pause(user("104"), "meeting");
    log::info(`waiting ${{sales.waiting()}}, ${{sales.agents().len()}} agents, ${{sales.agents()[2].reason}}`);
    sales.resume(user("104"));
    sales.remove(user("104"));
    log::info(`${{sales.agents().len()}} left`);
    try {{ queue("nowhere").waiting(); }} catch (why) {{ log::info(`failed: ${{why}}`); }}
}});
"#
    );
    let world = office_with(&script, SALES);
    let [anna, david] = phones(&world, ["101", "104"]);
    anna.calls("620");
    anna.hears_music("default");
    david.calls("700");
    david.is_over();
    assert!(world.has_logged("script", "waiting 1, 3 agents, meeting"), "{:?}", world.log());
    assert!(world.has_logged("script", "2 left"));
    assert!(world.has_logged("script", "there is no queue nowhere"));
    assert!(has_logged(&world, "PAUSE|meeting", "sales|SIP/104"));
}

#[test]
fn an_agents_lamp_shows_whether_it_is_in() {
    let world = office(SUPPORT);
    let [ben] = phones(&world, ["102"]);
    let lamp = world.peer("192.0.2.200:5060");
    let response = lamp.asks_as(
        "103",
        "watch1",
        "SUBSCRIBE sip:queue-sales-102@office.example SIP/2.0\nTo: <sip:queue-sales-102@office.example>\nEvent: dialog\n\
         Contact: <sip:103@192.0.2.200:5060>\nAccept: application/dialog-info+xml\nExpires: 3600\nContent-Length: 0",
    );
    assert_eq!(response.status, 200);
    let is_lit = || {
        let body = String::from_utf8(lamp.takes("NOTIFY").body.to_vec()).unwrap();
        body.contains(">confirmed</state>")
    };
    assert!(!is_lit());
    ben.calls("*45");
    assert!(is_lit());
    ben.hears_prompt("agent-loginok");
    ben.is_over();
    ben.calls("*45");
    assert!(!is_lit());
}

#[test]
fn logins_and_pauses_survive_the_process() {
    let world = office(SUPPORT);
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    for agent in [&ben, &clara] {
        agent.calls("*45");
        agent.hears_prompt("agent-loginok");
        agent.is_over();
    }
    clara.calls("*46");
    clara.hears_prompt("agent-paused");
    clara.is_over();
    world.restart();
    for phone in [&anna, &ben, &clara] {
        phone.registers();
    }
    anna.calls("620");
    ben.rings();
    clara.sees_nothing_for(Duration::from_secs(5));
}
