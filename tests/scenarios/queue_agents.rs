//! Agents: outside by a trunk, in two queues, what they hear before a call, and their codes and lamps.

use crate::queue::{has_logged, logged, office, office_with, phones};
use cordboard_exchange::TrunkSetup;
use cordboard_queue::Settings;
use cordboard_sim::{Plan, World};
use cordboard_sip::message::Method;
use cordboard_sip::trunk::{Server, TrunkSettings};
use core::time::Duration;

const PROVIDER: &str = "198.51.100.9:5060";

const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("620", |ch| { ch.queue("sales"); ch.play("goodbye"); });
internal.on("630", |ch| { ch.queue("support"); });
internal.on("*45", |ch| { ch.queue_login("sales", #{ toggle: true }); });
internal.on("*46", |ch| { ch.queue_pause("", #{ toggle: true, reason: "lunch" }); });
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
"#;

#[test]
fn an_agent_outside_is_called_by_the_trunk_and_takes_the_call() {
    let settings: Settings = toml::from_str(
        "[queue.sales]\ntitle = \"Sales\"\n[[queue.sales.member]]\ntrunk = \"itsp\"\nnumber = \"+49301234567\"\n",
    )
    .unwrap();
    let trunk = TrunkSetup {
        settings: TrunkSettings {
            servers: vec![Server::parse(PROVIDER).unwrap()],
            number: "15550100".to_owned(),
            ..TrunkSettings::default()
        },
        context: "from-itsp".to_owned(),
        codecs: Vec::new(),
    };
    let world = World::new(&Plan::new(SCRIPT).with(|setup| {
        setup.services.insert("queue".to_owned(), serde_json::to_string(&settings).unwrap());
        setup.trunks = [("itsp".to_owned(), trunk)].into();
    }));
    let provider = world.provider(PROVIDER);
    let [anna, david] = phones(&world, ["101", "104"]);
    anna.calls("620");
    anna.is_answered();
    world.run_secs(2);
    let invites = provider.got(&Method::Invite);
    assert_eq!(invites.last().unwrap().uri.user.as_deref(), Some("+49301234567"));
    assert!(has_logged(&world, "CONNECT|", "sales|SIP/itsp/+49301234567"), "{:?}", logged(&world));
    // While they talk nobody else is put through to it.
    david.calls("620");
    david.hears_music("default");
    world.run_secs(5);
    assert_eq!(provider.got(&Method::Invite).len(), invites.len());
    provider.hangs_up();
    anna.hears_prompt("goodbye");
    assert!(has_logged(&world, "COMPLETEAGENT|", "sales|SIP/itsp/+49301234567"), "{:?}", logged(&world));
    world.run_secs(3);
    assert!(provider.got(&Method::Invite).len() > invites.len(), "the next one is");
}

/// Ben takes calls of both queues.
fn shared(sales: u32, support: u32) -> World {
    let queue = |name: &str, weight: u32| {
        format!(
            "[queue.{name}]\ntitle = \"{name}\"\nring_s = 20\nweight = {weight}\n[[queue.{name}.member]]\nuser = \"102\"\n"
        )
    };
    office_with(SCRIPT, &format!("{}{}", queue("sales", sales), queue("support", support)))
}

#[test]
fn of_two_queues_that_share_an_agent_the_heavier_one_comes_first_though_its_caller_came_later() {
    for (sales, support, wanted) in [(0, 0, "sales: Anna"), (0, 1, "support: Clara"), (1, 0, "sales: Anna")] {
        let world = shared(sales, support);
        let [anna, ben, clara, david] = phones(&world, ["101", "102", "103", "104"]);
        david.calls("102");
        ben.rings();
        ben.answers();
        david.talks_with(&ben);
        anna.calls("620");
        anna.hears_music("default");
        clara.calls("630");
        clara.hears_music("default");
        david.hangs_up();
        ben.is_over();
        assert_eq!(ben.rings().1, wanted, "{sales} {support}");
    }
}

#[test]
fn an_agent_hears_whose_call_it_is_and_how_long_the_caller_has_waited() {
    let keys = "agent_announce = [\"agent-callfrom\"]\nagent_hold_time = true\nring_s = 20";
    let world = office(&format!("[queue.sales]\n{keys}\n[[queue.sales.member]]\nuser = \"102\"\n"));
    let [anna] = phones(&world, ["101"]);
    anna.calls("620");
    anna.hears_music("default");
    world.run_secs(61);
    let [ben] = phones(&world, ["102"]);
    ben.rings();
    ben.answers();
    ben.hears_prompt("agent-callfrom");
    anna.hears_music("default");
    ben.hears_prompt("queue-reporthold");
    ben.hears_prompt("digits/1");
    anna.talks_with(&ben);
}

#[test]
fn an_agents_lamp_is_lit_while_it_takes_calls_and_blinks_while_it_pauses() {
    let world = office_with(SCRIPT, "[queue.sales]\nmay_login = [\"102\"]\n");
    let [ben] = phones(&world, ["102"]);
    let lamp = world.peer("192.0.2.200:5060");
    let response = lamp.asks_as(
        "103",
        "watch1",
        "SUBSCRIBE sip:queue-sales-102@office.example SIP/2.0\nTo: <sip:queue-sales-102@office.example>\nEvent: dialog\n\
         Contact: <sip:103@192.0.2.200:5060>\nAccept: application/dialog-info+xml\nExpires: 3600\nContent-Length: 0",
    );
    assert_eq!(response.status, 200);
    let shows = |wanted: &str| {
        let body = String::from_utf8(lamp.takes("NOTIFY").body.to_vec()).unwrap();
        let is = ["confirmed", "early"].into_iter().find(|state| body.contains(&format!(">{state}</state>")));
        assert_eq!(is.unwrap_or("dark"), wanted, "{body}");
    };
    shows("dark");
    for (code, state, prompt) in [
        ("*45", "confirmed", "agent-loginok"),
        ("*46", "early", "agent-paused"),
        ("*46", "confirmed", "agent-unpaused"),
        ("*45", "dark", "agent-loggedoff"),
    ] {
        ben.calls(code);
        shows(state);
        ben.hears_prompt(prompt);
        ben.is_over();
    }
}

#[test]
fn who_does_not_answer_is_paused_in_all_queues_until_it_takes_calls_again() {
    let world = office_with(
        SCRIPT,
        "[queue.sales]\nring_s = 5\nauto_pause = \"all\"\n[[queue.sales.member]]\nuser = \"102\"\n\
         [queue.support]\n[[queue.support.member]]\nuser = \"102\"\n",
    );
    let [anna, ben, david] = phones(&world, ["101", "102", "104"]);
    anna.calls("620");
    ben.rings();
    ben.is_over();
    david.calls("630");
    david.hears_music("default");
    ben.sees_nothing_for(Duration::from_secs(20));
    ben.calls("*46");
    ben.hears_prompt("agent-unpaused");
    ben.is_over();
    assert_eq!(ben.rings().0, "101", "who came first");
    let log = logged(&world);
    for line in
        ["NONE|SIP/102|PAUSEALL|", "sales|SIP/102|PAUSE|Auto-Pause", "support|SIP/102|PAUSE|Auto-Pause"]
    {
        assert!(log.iter().any(|logged| logged == line), "{line}: {log:?}");
    }
}

#[test]
fn of_agents_who_ring_together_the_one_who_hangs_up_during_the_announcement_is_in_the_log() {
    let keys = "agent_announce = [\"agent-callfrom\"]\nring_s = 20";
    let members = "[[queue.sales.member]]\nuser = \"102\"\n[[queue.sales.member]]\nuser = \"103\"\n";
    let world = office(&format!("[queue.sales]\n{keys}\n{members}"));
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    anna.calls("620");
    ben.rings();
    clara.rings();
    ben.answers();
    ben.hears_prompt("agent-callfrom");
    ben.hangs_up();
    world.run_secs(1);
    assert!(has_logged(&world, "AGENTDUMP|", "sales|SIP/102"), "{:?}", logged(&world));
    clara.answers();
    anna.talks_with(&clara);
    assert!(has_logged(&world, "CONNECT|", "sales|SIP/103"), "{:?}", logged(&world));
}
