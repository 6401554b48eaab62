//! Trunks over hours: registrations that are kept, providers that die, channels that run out.

use cordboard_exchange::{AdminReply, AdminRequest, TrunkSetup, TrunkSummary};
use cordboard_phone::Command;
use cordboard_sim::{Handset, Plan, Provider, World};
use cordboard_sip::message::Method;
use cordboard_sip::session::Credentials;
use cordboard_sip::trunk::{Rule, Server, Shown, TrunkSettings};

const FIRST: &str = "198.51.100.9:5060";
const SECOND: &str = "203.0.113.9:5060";

const OFFICE: &str = r#"
let internal = context("internal");
internal.on("_9X.", |ch| {
    let r = ch.dial(trunk("first", ch.dialed.sub_string(1)), #{ timeout: 60 });
    ch.cdr.tag("status", r.status);
    if r.status != "answered" { ch.hangup(r.status); }
});
internal.on("_8X.", |ch| {
    let r = ch.dial(trunk("first", ch.dialed.sub_string(1)), #{ timeout: 60 });
    if r.status == "unavailable" { r = ch.dial(trunk("second", ch.dialed.sub_string(1)), #{ timeout: 60 }); }
    ch.cdr.tag("status", r.status);
});
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 20 }); });
internal.on("703", |ch| { ch.answer(); ch.wait(60); });
internal.on("700", |ch| { ch.cdr.tag("first", state(trunk("first", "1"))); ch.hangup("busy"); });
let inbound = context("from-first");
inbound.on("_X.", |ch| { ch.dial(user("101"), #{ timeout: 20 }); });
"#;

fn trunk(server: &str) -> TrunkSetup {
    TrunkSetup {
        settings: TrunkSettings {
            servers: vec![Server::parse(server).unwrap()],
            credentials: Some(Credentials { username: "office".to_owned(), password: "secret".to_owned() }),
            register_s: 600,
            qualify_s: 60,
            number: "15550100".to_owned(),
            ..TrunkSettings::default()
        },
        context: "from-first".to_owned(),
        codecs: Vec::new(),
    }
}

/// An office with two trunks, and the providers behind them.
fn office(change: impl FnOnce(&mut TrunkSetup)) -> (World, Provider, Provider) {
    let mut first = trunk(FIRST);
    change(&mut first);
    let trunks = [("first".to_owned(), first), ("second".to_owned(), trunk(SECOND))];
    let world = World::new(&Plan::new(OFFICE).with(|setup| setup.trunks = trunks.into()));
    let (first, second) = (world.provider(FIRST), world.provider(SECOND));
    (world, first, second)
}

fn shown(world: &World, name: &str) -> TrunkSummary {
    let AdminReply::Trunks(trunks) = world.admin(AdminRequest::Trunks) else { panic!("no trunks") };
    trunks.into_iter().find(|trunk| trunk.trunk == name).unwrap()
}

fn status(world: &World) -> String {
    world.records().last().unwrap().tags["status"].clone()
}

fn calls_of(provider: &Provider) -> usize {
    provider.got(&Method::Invite).len()
}

/// A call that is answered; then the caller hangs up.
fn is_answered(world: &World, phone: &Handset, number: &str) {
    phone.calls(number);
    phone.is_answered();
    phone.hangs_up();
    world.is_quiet();
}

#[test]
fn a_registration_is_refreshed_before_it_runs_out() {
    let (world, first, _second) = office(|trunk| trunk.settings.register = true);
    first.challenges();
    first.grants(120);
    for minute in 0..60 {
        world.run_secs(60);
        assert!(shown(&world, "first").registration == "registered", "in minute {minute}");
    }
    let asked = first.got(&Method::Register).len();
    assert!((30..=50).contains(&asked), "{asked} in an hour");
    let digests =
        first.got(&Method::Register).iter().filter(|r| r.headers.first("Authorization").is_some()).count();
    assert_eq!(asked - digests, 1, "one nonce serves them all");
}

#[test]
fn a_registration_that_is_lost_is_shown_and_comes_back() {
    let (world, first, _second) = office(|trunk| {
        trunk.settings.register = true;
        trunk.settings.qualify_s = 0;
    });
    first.grants(120);
    world.run_secs(5);
    assert_eq!(shown(&world, "first").state, "idle");
    first.dies();
    world.run_secs(300);
    let lost = shown(&world, "first");
    assert_eq!((lost.state.as_str(), lost.expires_s), ("offline", 0));
    assert_ne!(lost.registration, "registered");
    assert!(world.has_logged("trunk unregistered", "first"));
    let anna = world.registered("101");
    anna.calls("9123");
    anna.is_over();
    world.is_quiet();
    assert_eq!(status(&world), "unavailable");
    first.comes_back();
    world.run_secs(400);
    assert_eq!(shown(&world, "first").registration, "registered");
    is_answered(&world, &anna, "9123");
}

#[test]
fn a_stopping_office_gives_its_registration_back() {
    let (world, first, _second) = office(|trunk| trunk.settings.register = true);
    world.run_secs(5);
    world.drain(core::time::Duration::from_secs(60));
    assert_eq!(world.drained(), None);
    world.run_secs(1);
    assert!(world.drained().is_some());
    assert_eq!(first.got(&Method::Register).last().unwrap().headers.first("Expires"), Some("0"));
}

#[test]
fn an_office_does_not_wait_for_a_provider_that_is_gone() {
    let (world, first, _second) = office(|trunk| trunk.settings.register = true);
    world.run_secs(5);
    first.dies();
    let began = world.now();
    world.drain(core::time::Duration::from_secs(60));
    world.run_secs(5);
    let took = world.drained().unwrap().since(began);
    assert_eq!(took.as_secs(), 2);
}

#[test]
fn a_provider_that_stops_answering_is_shown_as_down_and_calls_go_by_the_fallback() {
    let (world, first, second) = office(|trunk| trunk.settings.fallback = Some("second".to_owned()));
    let anna = world.registered("101");
    is_answered(&world, &anna, "9123");
    assert_eq!((calls_of(&first), calls_of(&second)), (1, 0));
    first.dies();
    world.run_secs(240);
    let down = shown(&world, "first");
    assert_eq!((down.state.as_str(), down.servers), ("offline", vec![format!("udp:{FIRST} down")]));
    assert!(world.has_logged("trunk down", "first"));
    let began = world.now();
    is_answered(&world, &anna, "9123");
    assert!(world.now().since(began).as_secs() < 3, "no time is lost on the dead one");
    assert_eq!((calls_of(&first), calls_of(&second)), (1, 1));
    first.comes_back();
    world.run_secs(240);
    assert_eq!(shown(&world, "first").state, "idle");
    assert!(world.has_logged("trunk up", "first"));
    is_answered(&world, &anna, "9123");
    assert_eq!((calls_of(&first), calls_of(&second)), (2, 1));
}

#[test]
fn a_script_sees_that_a_trunk_is_down_and_dials_another() {
    let (world, first, second) = office(|_| ());
    let anna = world.registered("101");
    first.dies();
    world.run_secs(240);
    anna.calls("700");
    anna.is_refused(486);
    assert_eq!(world.record().tags["first"], "offline");
    is_answered(&world, &anna, "8123");
    assert_eq!((calls_of(&first), calls_of(&second)), (0, 1));
}

#[test]
fn a_server_that_is_dead_unknown_to_us_costs_its_time_and_then_the_next_one_takes_the_call() {
    let (world, first, _second) = office(|trunk| {
        trunk.settings.qualify_s = 0;
        trunk.settings.servers.push(Server::parse("198.51.100.10:5060").unwrap());
    });
    let other = world.provider("198.51.100.10:5060");
    let anna = world.registered("101");
    first.dies();
    let began = world.now();
    anna.calls("9123");
    anna.is_answered();
    let took = world.now().since(began).as_secs();
    assert!(took <= 33, "{took} s: no longer than Timer B");
    assert_eq!(calls_of(&other), 1);
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn a_full_trunk_is_busy_to_scripts_until_a_call_ends() {
    let (world, first, _second) = office(|trunk| trunk.settings.channels = 1);
    let [anna, ben] = ["101", "102"].map(|user| world.registered(user));
    anna.calls("9123");
    anna.is_answered();
    let full = shown(&world, "first");
    assert_eq!((full.state.as_str(), full.calls_out, full.channels), ("busy", 1, 1));
    ben.calls("9124");
    ben.is_refused(503);
    world.run_secs(1);
    assert_eq!(status(&world), "unavailable");
    assert_eq!(calls_of(&first), 1);
    anna.hangs_up();
    world.is_quiet();
    assert_eq!(shown(&world, "first").calls_out, 0);
    is_answered(&world, &ben, "9124");
}

#[test]
fn a_full_trunk_leaves_calls_to_its_fallback() {
    let (world, first, second) = office(|trunk| {
        trunk.settings.channels = 1;
        trunk.settings.fallback = Some("second".to_owned());
    });
    let [anna, ben] = ["101", "102"].map(|user| world.registered(user));
    anna.calls("9123");
    anna.is_answered();
    ben.calls("9124");
    ben.is_answered();
    assert_eq!((calls_of(&first), calls_of(&second)), (1, 1));
    assert_eq!((shown(&world, "first").calls_out, shown(&world, "second").calls_out), (1, 1));
    second.hangs_up();
    ben.is_over();
    world.run_secs(1);
    assert_eq!((shown(&world, "first").calls_out, shown(&world, "second").calls_out), (1, 0));
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn a_channel_counts_until_its_leg_ends_though_that_has_gone_on_in_another_call() {
    let (world, first, _second) = office(|trunk| trunk.settings.channels = 1);
    let [anna, ben] = ["101", "102"].map(|user| world.registered(user));
    ben.calls_and_talks_with("101", &anna);
    anna.holds();
    anna.calls("9123");
    anna.is_answered();
    anna.does(Command::TransferAttended);
    anna.transfer_ends(200);
    world.run_secs(5);
    for _line in 0..2 {
        anna.is_over();
    }
    assert_eq!(ben.lines().len(), 1, "he has been given the line");
    assert_eq!(shown(&world, "first").calls_out, 1);
    anna.calls("9124");
    anna.is_refused(503);
    first.hangs_up();
    ben.is_over();
    world.is_quiet();
    assert_eq!(shown(&world, "first").calls_out, 0);
    is_answered(&world, &anna, "9124");
}

#[test]
fn an_incoming_channel_counts_until_its_caller_is_gone_though_that_was_given_to_another_call() {
    let (world, _first, _second) = office(|_| ());
    let anna = world.registered("101");
    let caller = rings_101(&world, "one", 5_070);
    anna.rings();
    anna.answers();
    let to_tag = acks(&caller, "one", 5_070);
    world.run_secs(1);
    anna.holds();
    anna.calls("703");
    anna.is_answered();
    anna.does(Command::TransferAttended);
    anna.transfer_ends(200);
    world.run_secs(2);
    assert!(anna.lines().is_empty());
    assert_eq!(shown(&world, "first").calls_in, 1);
    caller.sends(&in_dialog("BYE", "one", 5_070, &to_tag, 2));
    world.run_secs(2);
    assert_eq!(shown(&world, "first").calls_in, 0);
}

#[test]
fn a_provider_is_not_told_which_of_us_talks_neither_by_answers_nor_by_a_transfer() {
    let (world, first, _second) = office(|_| ());
    let [anna, ben] = ["101", "102"].map(|user| world.registered(user));
    let caller = rings_101(&world, "one", 5_070);
    anna.rings();
    let ringing = caller.receives("SIP/2.0 180");
    anna.answers();
    let answer = caller.receives("SIP/2.0 200");
    for response in [ringing, answer] {
        let asserted = response.lines().find(|line| line.starts_with("P-Asserted-Identity:"));
        assert!(asserted.is_some_and(|line| line.contains("<sip:15550100@")), "{response}");
        assert!(!response.contains("sip:101@"), "{response}");
    }
    ben.calls("9123");
    ben.is_answered();
    ben.holds();
    ben.resumes();
    world.run_secs(2);
    for request in first.got(&Method::Invite).into_iter().chain(first.got(&Method::Update)) {
        let text = String::from_utf8_lossy(&request.to_bytes()).into_owned();
        assert!(!text.contains("sip:102@"), "{text}");
    }
}

fn in_dialog(method: &str, call: &str, port: u16, to_tag: &str, cseq: u8) -> String {
    format!(
        "{method} sip:15550100@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.9:{port};branch=z9hG4bK{call}{method}\n\
         Max-Forwards: 70\nFrom: <sip:15550199@itsp.example>;tag={call}\nTo: <sip:15550100@itsp.example>;tag={to_tag}\n\
         Call-ID: {call}\nCSeq: {cseq} {method}\nContent-Length: 0\n\n"
    )
}

/// Takes the answer; the tag of our end.
fn acks(peer: &cordboard_sim::Peer, call: &str, port: u16) -> String {
    let answer = peer.receives("SIP/2.0 200");
    let to = answer.lines().find(|line| line.starts_with("To:")).unwrap();
    let tag = to.split("tag=").nth(1).unwrap().split(';').next().unwrap().trim().to_owned();
    peer.sends(&in_dialog("ACK", call, port, &tag, 1));
    tag
}

fn rings_101(world: &World, call: &str, port: u16) -> cordboard_sim::Peer {
    let peer = world.peer(&format!("198.51.100.9:{port}"));
    peer.sends(&format!(
        "INVITE sip:15550100@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.9:{port};branch=z9hG4bK{call}\n\
         Max-Forwards: 70\nFrom: <sip:15550199@itsp.example>;tag={call}\nTo: <sip:15550100@itsp.example>\n\
         Call-ID: {call}\nCSeq: 1 INVITE\nContact: <sip:gw@198.51.100.9:{port}>\nContent-Type: application/sdp\n\
         Content-Length: auto\n\nv=0\no=- 1 1 IN IP4 198.51.100.9\ns=-\nc=IN IP4 198.51.100.9\nt=0 0\n\
         m=audio 41000 RTP/AVP 8\n"
    ));
    peer
}

#[test]
fn a_call_that_finds_a_trunk_full_is_told_to_come_again() {
    let (world, _first, _second) = office(|trunk| trunk.settings.channels = 1);
    let anna = world.registered("101");
    let _one = rings_101(&world, "one", 5_070);
    assert_eq!(anna.rings().0, "15550199");
    assert_eq!(shown(&world, "first").calls_in, 1);
    let two = rings_101(&world, "two", 5_071);
    let refusal = two.receives("SIP/2.0 503");
    assert!(refusal.contains("Retry-After:"), "{refusal}");
}

#[test]
fn a_callee_outside_can_not_have_the_office_dial_out_for_it() {
    let (world, first, _second) = office(|_| ());
    let anna = world.registered("101");
    anna.calls("9123");
    anna.is_answered();
    first.refers("sip:9900123@office.example");
    world.run_secs(2);
    assert_eq!(first.told(&Method::Refer), [202]);
    assert_eq!(calls_of(&first), 1, "the inbound context has no way out");
}

#[test]
fn a_callee_of_a_trunk_without_a_context_transfers_nobody() {
    let (world, first, _second) = office(|trunk| trunk.context = String::new());
    let anna = world.registered("101");
    anna.calls("9123");
    anna.is_answered();
    first.refers("sip:9900123@office.example");
    world.run_secs(2);
    assert_eq!(first.told(&Method::Refer), [603]);
    assert_eq!(calls_of(&first), 1);
    anna.hangs_up();
    world.is_quiet();
}

/// Who a provider was told that a call comes from: From, and P-Asserted-Identity.
fn caller_at(provider: &Provider) -> (String, String) {
    let invite = provider.got(&Method::Invite).pop().unwrap();
    let header = |name: &str| invite.headers.first(name).unwrap_or_default().to_owned();
    let from = header("From");
    (from.split(";tag=").next().unwrap_or_default().to_owned(), header("P-Asserted-Identity"))
}

#[test]
fn a_callers_own_number_is_shown_outside_where_the_trunk_says_so() {
    let (world, first, _second) = office(|trunk| {
        trunk.settings.shown = Shown::Caller;
        trunk.settings.caller = vec![Rule::new("", "1555")];
    });
    is_answered(&world, &world.registered("101"), "9123");
    let (from, asserted) = caller_at(&first);
    assert!(from.contains("<sip:1555101@198.51.100.9>"), "{from}");
    assert!(asserted.contains("<sip:1555101@198.51.100.9>"), "{asserted}");
}

#[test]
fn the_trunks_number_is_shown_outside_where_callers_numbers_are_not() {
    let (world, first, _second) = office(|_| ());
    is_answered(&world, &world.registered("101"), "9123");
    let shown = "<sip:15550100@198.51.100.9>".to_owned();
    assert_eq!(caller_at(&first), (shown.clone(), shown));
}

#[test]
fn a_phone_behind_the_trunks_address_is_a_user_and_not_the_trunk() {
    let (world, _first, _second) = office(|_| ());
    let anna = world.registered("101");
    let ben = world.peer("198.51.100.9:5071");
    let register = "REGISTER sip:office.example SIP/2.0\nTo: <sip:102@office.example>\n\
                    Contact: <sip:102@198.51.100.9:5071>\nExpires: 600\nContent-Length: 0";
    assert_eq!(ben.asks_as("102", "register", register).status, 200);
    // It is at home where it has registered, even where it keeps its name to itself.
    ben.sends(
        "INVITE sip:101@office.example SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.9:5071;branch=z9hG4bKhidden\nMax-Forwards: 70\n\
         From: <sip:anonymous@anonymous.invalid>;tag=h\nTo: <sip:101@office.example>\nCall-ID: hidden\nCSeq: 1 INVITE\n\
         Contact: <sip:102@198.51.100.9:5071>\nContent-Length: 0",
    );
    ben.receives("SIP/2.0 401");
    // Internal numbers are open to it, as the trunk's context is not.
    ben.asks_as(
        "102",
        "call",
        "INVITE sip:700@office.example SIP/2.0\nTo: <sip:700@office.example>\n\
         Contact: <sip:102@198.51.100.9:5071>\nContent-Length: 0",
    );
    world.run_secs(1);
    assert_eq!(world.record().tags["first"], "idle");
    assert_eq!(shown(&world, "first").calls_in, 0);
    let _trunk = rings_101(&world, "one", 5_070);
    assert_eq!(anna.rings().0, "15550199");
}
