//! Queues that call back: which numbers they call, and which they never do.

use crate::feature_codes::{calls_in, hears_at_last};
use crate::queue::{SCRIPT, has_logged, logged, phones};
use cordboard_exchange::TrunkSetup;
use cordboard_queue::Settings;
use cordboard_sim::{Handset, Peer, Plan, Provider, World};
use cordboard_sip::message::Method;
use cordboard_sip::trunk::{Server, TrunkSettings};
use core::time::Duration;

const PROVIDER: &str = "198.51.100.9:5060";

/// One agent, and callers who may give another number.
const SALES: &str = r#"
[queue.sales]
ring_s = 20
[[queue.sales.member]]
user = "102"
[queue.sales.callback]
trunk = "itsp"
another_number = true
allow = ["+49"]
refuse = ["+4940"]
confirm = false
"#;

fn office(queues: &str) -> (World, Provider) {
    let settings: Settings = toml::from_str(queues).unwrap();
    let settings = serde_json::to_string(&settings).unwrap();
    let trunk = TrunkSetup {
        settings: TrunkSettings {
            servers: vec![Server::parse(PROVIDER).unwrap()],
            ..TrunkSettings::default()
        },
        context: "internal".to_owned(),
        codecs: Vec::new(),
    };
    let world = World::new(&Plan::new(SCRIPT).with(|setup| {
        setup.services.insert("queue".to_owned(), settings);
        setup.trunks = [("itsp".to_owned(), trunk)].into();
    }));
    let provider = world.provider(PROVIDER);
    (world, provider)
}

/// Waits in the queue, and wants to be called at another number.
fn asks_for(world: &World, caller: &Handset, number: &str) {
    caller.calls("620");
    caller.hears_music("default");
    caller.presses("1");
    caller.hears_prompt("queue-callback-confirm");
    world.run_secs(5);
    caller.presses("2");
    types(world, caller, number);
}

fn types(world: &World, caller: &Handset, number: &str) {
    caller.hears_prompt("queue-callback-number");
    caller.presses(&format!("{number}#"));
    caller.hears_prompt("queue-callback-confirm");
    world.run_secs(8);
    caller.presses("1");
}

#[test]
fn a_caller_is_called_back_at_a_number_outside_that_the_office_allows() {
    let (world, provider) = office(SALES);
    let [anna] = phones(&world, ["101"]);
    asks_for(&world, &anna, "0049301234567");
    anna.hears_prompt("queue-callback-set");
    anna.is_over();
    let ben = world.registered("102");
    assert_eq!(ben.rings().0, "101");
    ben.answers();
    assert!(world.run_until(|_| !provider.got(&Method::Invite).is_empty(), Duration::from_secs(30)));
    let invite = provider.got(&Method::Invite).pop().unwrap();
    assert_eq!(invite.uri.user.as_deref(), Some("0049301234567"));
    assert!(has_logged(&world, "CALLBACK|0049301234567|", "sales"), "{:?}", logged(&world));
}

#[test]
fn a_number_that_the_office_does_not_allow_is_never_called() {
    let (world, provider) = office(SALES);
    let [anna] = phones(&world, ["101"]);
    asks_for(&world, &anna, "0049900123456");
    anna.hears_prompt("queue-callback-invalid");
    types(&world, &anna, "0049401234567");
    anna.hears_prompt("queue-callback-invalid");
    anna.hears_prompt("queue-callback-number");
    hears_at_last(&anna, &world, "queue-position-kept");
    anna.hears_music("default");
    // She is still the first who waits.
    let ben = world.registered("102");
    assert_eq!(ben.rings().0, "101");
    ben.answers();
    anna.talks_with(&ben);
    assert!(provider.got(&Method::Invite).is_empty());
    assert!(!has_logged(&world, "CALLBACK", "sales"), "{:?}", logged(&world));
}

#[test]
fn only_the_callers_own_number_is_called_unless_the_queue_lets_it_choose() {
    let (world, provider) = office(&SALES.replace("another_number = true", ""));
    let [anna] = phones(&world, ["101"]);
    anna.calls("620");
    anna.hears_music("default");
    anna.presses("1");
    anna.hears_prompt("press-1");
    anna.presses("2");
    anna.hears_prompt("queue-callback-confirm");
    world.run_secs(5);
    anna.presses("1");
    anna.hears_prompt("queue-callback-set");
    anna.is_over();
    let ben = world.registered("102");
    ben.rings();
    ben.answers();
    anna.rings();
    assert!(provider.got(&Method::Invite).is_empty());
}

/// Somebody outside, by this number, waits in the queue and presses 1 again and again.
fn insists(world: &World, from: &str, port: u16) -> Peer {
    let caller = calls_in(world, "620", &format!("{from}@itsp.example"), port);
    let accepted = caller.receives("SIP/2.0 200");
    let line = |name: &str| accepted.lines().find(|line| line.starts_with(name)).unwrap().trim().to_owned();
    let send = |method: &str, cseq: u32, body: &str| {
        caller.sends(&format!(
            "{method} sip:620@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.9:{port};branch=z9hG4bK{port}-{cseq}-{method}\n\
             Max-Forwards: 70\n{}\n{}\nCall-ID: in{port}\nCSeq: {cseq} {method}\n\
             Content-Type: application/dtmf-relay\nContent-Length: auto\n\n{body}",
            line("From:"),
            line("To:"),
        ));
    };
    send("ACK", 1, "");
    world.run_secs(2);
    for cseq in 2..5 {
        send("INFO", cseq, "Signal=1\nDuration=100\n");
        world.run_secs(20);
    }
    caller
}

#[test]
fn whoever_calls_from_outside_is_called_back_only_at_a_number_that_the_office_allows() {
    let (world, provider) = office(&SALES.replace("another_number = true", ""));
    let forged = ["+49900123456", "+19005550100", "0900123456", "+4940123456", "0049900123456", "112"];
    for (port, from) in (5_070..).zip(forged) {
        insists(&world, from, port);
        assert!(has_logged(&world, "ENTERQUEUE", from), "{from}: {:?}", logged(&world));
        assert!(!has_logged(&world, "CALLBACK", "sales"), "{from}: {:?}", logged(&world));
    }
    insists(&world, "+49301234567", 5_080);
    assert!(has_logged(&world, "CALLBACK|+49301234567", "sales"), "{:?}", logged(&world));
    assert!(provider.got(&Method::Invite).is_empty());
}
