//! Emergency calls: they go out whatever else is set, the office is told, and the service reaches the phone again.

use cordboard_exchange::{Setup, TrunkSetup};
use cordboard_phone::{Command, Happening};
use cordboard_sim::{Handset, Peer, Plan, Provider, Sound, World};
use cordboard_sip::message::{Method, Request};
use cordboard_sip::trunk::{Rule, Server, TrunkSettings};
use core::time::Duration;

const FIRST: &str = "198.51.100.9:5060";
const SECOND: &str = "203.0.113.9:5060";
const PLACE: &str = "+49305550101";

const OFFICE: &str = r#"
let internal = context("internal");
internal.on("_10X", |ch| {
    if db::get("dnd", ch.dialed) != () { ch.hangup("busy"); }
    ch.dial(user(ch.dialed), #{ timeout: 20, transfer: true });
});
internal.on("104", |ch| ch.enter("internal", "112"));
internal.on("112", |ch| { let nothing = (); nothing.at.all });
internal.on("911", |ch| ch.hangup("rejected"));
internal.on("*78", |ch| { db::set("dnd", ch.caller.number, true); ch.answer(); ch.play("activated"); });
internal.on("_*67X.", |ch| { ch.caller.privacy = "restricted"; ch.enter("internal", ch.dialed.sub_string(3)); });
internal.on("_6X.", |ch| { ch.max_duration = 30; ch.dial(trunk("first", ch.dialed.sub_string(1)), #{}); });
internal.on("700", |ch| { ch.answer(); ch.wait(3600); });
let inbound = context("from-first");
inbound.otherwise(|ch| { ch.answer(); ch.play("office-closed"); ch.hangup(); });
"#;

fn trunk(server: &str) -> TrunkSetup {
    let settings = TrunkSettings {
        servers: vec![Server::parse(server).unwrap()],
        number: "15550100".to_owned(),
        outgoing: vec![Rule::new("", "+49")],
        ..TrunkSettings::default()
    };
    TrunkSetup { settings, context: "from-first".to_owned(), codecs: Vec::new() }
}

/// An office with two trunks, and the providers behind them.
fn office(change: impl FnOnce(&mut Setup)) -> (World, Provider, Provider) {
    let plan = Plan::new(OFFICE).with(|setup| {
        setup.trunks = [("first".to_owned(), trunk(FIRST)), ("second".to_owned(), trunk(SECOND))].into();
        setup.office.emergency.trunks = vec!["first".to_owned(), "second".to_owned()];
        setup.office.emergency.callers = [("101".to_owned(), PLACE.to_owned())].into();
        setup.emergency.notify = vec!["105".to_owned()];
        setup.emergency.places = [("101".to_owned(), "first floor".to_owned())].into();
        change(setup);
    });
    let world = World::new(&plan);
    let (first, second) = (world.provider(FIRST), world.provider(SECOND));
    (world, first, second)
}

/// The emergency calls that a provider got.
fn helped(provider: &Provider) -> Vec<Request> {
    let to = |request: &Request| request.uri.user.clone();
    provider
        .got(&Method::Invite)
        .into_iter()
        .filter(|request| to(request).as_deref() == Some("112"))
        .collect()
}

fn is_helped(phone: &Handset, number: &str, by: &Provider) {
    phone.calls(number);
    phone.is_answered();
    assert_eq!(helped(by).len(), 1, "{number}");
}

/// Somebody calls by the first trunk.
fn calls_in(world: &World, number: &str, from: &str, lines: &str) -> Peer {
    let peer = world.peer("198.51.100.9:5080");
    peer.sends(&format!(
        "INVITE sip:{number}@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.9:5080;branch=z9hG4bKback\n\
         Max-Forwards: 70\nFrom: <sip:{from}@itsp.example>;tag=back\nTo: <sip:{number}@itsp.example>\n{lines}\
         Call-ID: back\nCSeq: 1 INVITE\nContact: <sip:gw@198.51.100.9:5080>\nContent-Type: application/sdp\n\
         Content-Length: auto\n\nv=0\no=- 1 1 IN IP4 198.51.100.9\ns=-\nc=IN IP4 198.51.100.9\nt=0 0\n\
         m=audio 41000 RTP/AVP 8\n"
    ));
    peer
}

#[test]
fn it_goes_out_as_it_is_before_the_dialplan_and_shows_the_place() {
    let (world, first, second) = office(|_| ());
    let anna = world.registered("101");
    is_helped(&anna, "112", &first);
    let invite = helped(&first).remove(0);
    assert_eq!(invite.headers.from().unwrap().uri.user.as_deref(), Some(PLACE), "and no rule of the trunk's");
    assert!(invite.headers.first("Privacy").is_none());
    anna.hangs_up();
    world.is_quiet();
    assert!(helped(&second).is_empty());
    let record = world.record();
    assert_eq!((record.dialed.as_str(), record.caller.number.as_str()), ("112", "101"));
}

#[test]
fn a_prefix_out_of_habit_and_a_route_that_refuses_are_no_hindrance() {
    for number in ["9112", "0112", "112#"] {
        let (_world, first, _) = office(|_| ());
        is_helped(&_world.registered("101"), number, &first);
    }
    let (world, first, _) =
        office(|setup| setup.users.get_mut("101").unwrap().context = "nowhere".to_owned());
    is_helped(&world.registered("101"), "112", &first);
    let anna = world.registered("102");
    anna.calls("911");
    anna.is_answered();
}

#[test]
fn who_is_without_a_place_of_its_own_is_shown_as_the_trunks_line() {
    let (world, first, _) = office(|_| ());
    is_helped(&world.registered("102"), "112", &first);
    assert_eq!(helped(&first)[0].headers.from().unwrap().uri.user.as_deref(), Some("15550100"));
}

#[test]
fn the_office_is_told_by_text_lamp_and_log() {
    let (world, _first, _) = office(|_| ());
    let (anna, desk) = (world.registered("101"), world.registered("105"));
    let lamp = world.peer("192.0.2.200:5060");
    let response = lamp.asks_as(
        "103",
        "watch1",
        "SUBSCRIBE sip:emergency@office.example SIP/2.0\nTo: <sip:emergency@office.example>\nEvent: dialog\n\
         Contact: <sip:103@192.0.2.200:5060>\nAccept: application/dialog-info+xml\nExpires: 3600\nContent-Length: 0",
    );
    assert_eq!(response.status, 200);
    let shows = |words: &str| {
        let notify = lamp.takes("NOTIFY");
        let body = String::from_utf8(notify.body.to_vec()).unwrap();
        assert!(body.contains(words), "{body}");
    };
    lamp.takes("NOTIFY");
    anna.calls("112");
    anna.is_answered();
    shows("confirmed");
    let told = desk.expects("a text", |happening| match happening {
        Happening::Text { from, text } => Some((from.clone(), text.clone())),
        _ => None,
    });
    assert_eq!(told, ("101".to_owned(), "Emergency call from 101 Anna to 112 (first floor)".to_owned()));
    assert!(world.has_logged("emergency call", "first floor"));
    let log = world.store(|store| store.logs["emergency_log"].clone());
    assert!(log.len() == 1 && log[0].ends_with("|101|101|Anna|112|first floor"), "{log:?}");
    anna.hangs_up();
    let gone = lamp.takes("NOTIFY");
    assert!(!String::from_utf8(gone.body.to_vec()).unwrap().contains("confirmed"));
    world.is_quiet();
}

#[test]
fn a_desk_is_rung_and_hears_who_calls_for_help() {
    let (world, _first, _) = office(|setup| setup.emergency.ring = vec!["105".to_owned(), "101".to_owned()]);
    let (anna, desk) = (world.registered("101"), world.registered("105"));
    anna.calls("112");
    anna.is_answered();
    assert_eq!(desk.rings(), ("101".to_owned(), "EMERGENCY Anna".to_owned()));
    desk.answers();
    desk.hears_prompt("emergency-call-placed");
    desk.hears_prompt("digits/1");
    desk.is_over();
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn no_limit_of_the_office_the_user_or_the_trunk_hinders_it() {
    let (world, first, _) = office(|setup| {
        setup.limits.calls = 1;
        setup.users.get_mut("101").unwrap().calls_max = 1;
        setup.trunks.get_mut("first").unwrap().settings.channels = 1;
    });
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("6123");
    anna.is_answered();
    ben.calls("700");
    ben.is_refused(503);
    anna.calls("112");
    anna.is_answered();
    assert_eq!(helped(&first).len(), 1);
    anna.hangs_up();
}

#[test]
fn a_trunk_that_is_down_is_tried_after_the_others_and_a_silent_one_is_left_soon() {
    let (world, first, second) = office(|setup| {
        setup.trunks.get_mut("first").unwrap().settings.qualify_s = 0;
    });
    let anna = world.registered("101");
    first.dies();
    anna.calls("112");
    world.run_secs(9);
    anna.is_answered();
    assert_eq!((helped(&first).is_empty(), helped(&second).len()), (true, 1));
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn a_silent_trunk_that_speaks_again_is_found_while_the_caller_waits() {
    let (world, first, second) = office(|_| ());
    first.dies();
    second.dies();
    let anna = world.registered("101");
    anna.calls("112");
    let asked_to_wait = || anna.ear().contains(&Sound::Prompt("one-moment-please".to_owned()));
    assert!(world.run_until(|_| asked_to_wait(), Duration::from_secs(19)));
    second.comes_back();
    anna.is_answered();
    assert!(!helped(&second).is_empty());
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn a_phone_that_transfers_sends_its_partner_to_the_service_whoever_that_is() {
    let (world, first, _) = office(|_| ());
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    ben.does(Command::Transfer("112".to_owned()));
    ben.transfer_ends(200);
    world.run_secs(2);
    assert_eq!(helped(&first).len(), 1);
    assert!(world.has_logged("emergency call", "112"));
    anna.hangs_up();
    world.is_quiet();
    // Somebody outside whom one of ours transfers there is put through; whoever is outside sends nobody of ours there.
    for by_us in [true, false] {
        let (world, first, _) = office(|_| ());
        let anna = world.registered("101");
        anna.calls("623456789");
        anna.is_answered();
        if by_us {
            anna.does(Command::Transfer("112".to_owned()));
        } else {
            first.refers("sip:112@192.0.2.1");
        }
        world.run_secs(5);
        assert_eq!(helped(&first).len(), usize::from(by_us));
    }
}

#[test]
fn the_desk_is_told_by_mail_where_the_office_wants_that() {
    let (world, _first, _) = office(|setup| setup.emergency.mail = vec!["desk@office.example".to_owned()]);
    let anna = world.registered("101");
    anna.calls("112");
    anna.is_answered();
    let mails = world.store(|store| store.mails.clone());
    assert_eq!((mails.len(), mails[0].kind.as_str()), (1, "emergency"), "{mails:?}");
    let mail: cordboard_app::VoicemailMail = serde_json::from_str(&mails[0].data).unwrap();
    assert_eq!(mail.to, ["desk@office.example"]);
    assert_eq!(mail.category, "Emergency call from 101 Anna to 112 (first floor)");
    anna.hangs_up();
    anna.calls("112");
    anna.is_answered();
    assert_eq!(world.store(|store| store.mails.len()), 2, "a mail for each call");
}

#[test]
fn a_trunk_that_is_not_registered_is_tried_all_the_same() {
    let (world, first, _) = office(|setup| {
        setup.trunks.remove("second");
        setup.office.emergency.trunks.pop();
        setup.trunks.get_mut("first").unwrap().settings.register = true;
    });
    first.grants(120);
    world.run_secs(5);
    first.dies();
    world.run_secs(300);
    first.comes_back();
    is_helped(&world.registered("101"), "112", &first);
}

#[test]
fn if_there_is_no_way_at_all_the_caller_is_told_so() {
    let (world, first, second) = office(|_| ());
    first.dies();
    second.dies();
    let anna = world.registered("101");
    anna.calls("112");
    let told = |prompt: &str| anna.ear().contains(&Sound::Prompt(prompt.to_owned()));
    assert!(world.run_until(|_| told("one-moment-please"), Duration::from_secs(19)), "and not to give up");
    assert!(world.run_until(|_| told("all-circuits-busy-now"), Duration::from_secs(45)));
    anna.is_refused(503);
    world.is_quiet();
}

#[test]
fn while_the_office_stops_it_is_let_in_and_is_not_ended_with_the_others() {
    let (world, first, _) = office(|setup| setup.trunks.get_mut("first").unwrap().settings.register = true);
    let (anna, ben, clara) = (world.registered("101"), world.registered("102"), world.registered("103"));
    ben.calls("700");
    ben.is_answered();
    world.run_secs(2);
    world.drain(Duration::from_secs(20));
    world.run_secs(10);
    clara.calls("700");
    clara.is_refused(503);
    is_helped(&anna, "112", &first);
    world.run_secs(20);
    ben.is_over();
    assert_eq!((world.drained(), world.call_count()), (None, 1));
    clara.calls("112");
    clara.is_answered();
    world.run_secs(60);
    anna.hangs_up();
    world.run_secs(5);
    assert_eq!(world.drained(), None);
    clara.hangs_up();
    world.run_secs(5);
    assert!(world.drained().is_some());
}

#[test]
fn whoever_stops_the_office_twice_means_it() {
    let (world, _first, _) = office(|_| ());
    let anna = world.registered("101");
    anna.calls("112");
    anna.is_answered();
    world.drain(Duration::from_secs(5));
    world.run_secs(30);
    assert_eq!(world.call_count(), 1);
    world.drain(Duration::ZERO);
    anna.is_over();
    world.run_secs(3);
    assert!(world.drained().is_some());
}

#[test]
fn neither_the_longest_time_of_calls_nor_silence_ends_it() {
    let (world, first, _) = office(|setup| setup.office.max_duration_ms = 60_000);
    let anna = world.registered("101");
    is_helped(&anna, "112", &first);
    world.run_secs(200);
    assert_eq!(world.call_count(), 1);
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn who_hides_its_number_does_not_hide_from_the_service() {
    let (world, first, _) = office(|_| ());
    is_helped(&world.registered("101"), "*67112", &first);
    let invite = helped(&first).remove(0);
    assert_eq!(invite.headers.from().unwrap().uri.user.as_deref(), Some(PLACE));
    assert!(invite.headers.first("Privacy").is_none());
}

#[test]
fn who_talks_with_somebody_transfers_it_there_or_consults_it() {
    for (code, after) in [("##", "112#"), ("*2", "112#")] {
        let (world, first, _) = office(|_| ());
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        anna.calls_and_talks_with("102", &ben);
        anna.presses(code);
        anna.hears_prompt("pbx-transfer");
        anna.presses(after);
        world.run_secs(6);
        let invites = helped(&first);
        assert_eq!(invites.len(), 1, "{code}");
        let place = invites[0].headers.from().unwrap().uri.user;
        assert_eq!(place.as_deref(), Some(if code == "##" { "15550100" } else { PLACE }), "{code}");
    }
}

#[test]
fn a_forward_to_the_number_is_no_call_for_help() {
    let (world, first, _) = office(|_| ());
    let anna = world.registered("101");
    anna.calls("104");
    anna.is_over();
    assert!(helped(&first).is_empty());
    world.is_quiet();
}

#[test]
fn without_a_trunk_the_dialplans_own_route_has_it() {
    let (world, _first, _) = office(|setup| setup.office.emergency.trunks.clear());
    let anna = world.registered("101");
    anna.calls("911");
    anna.is_refused(603);
}

#[test]
fn the_service_reaches_the_phone_again_whatever_its_user_has_set() {
    for (from, lines) in [("112", ""), ("4930110", "Priority: psap-callback\n")] {
        let (world, first, _) = office(|setup| setup.limits.calls = 1);
        let anna = world.registered("101");
        anna.calls("*78");
        anna.is_answered();
        anna.is_over();
        is_helped(&anna, "112", &first);
        anna.hangs_up();
        world.is_quiet();
        world.run_secs(1_000);
        let service = calls_in(&world, "49305550101", from, lines);
        anna.rings();
        anna.answers();
        service.receives("SIP/2.0 200");
    }
}

#[test]
fn others_are_not_taken_for_the_service_nor_is_it_for_ever() {
    let (world, first, _) = office(|_| ());
    let anna = world.registered("101");
    is_helped(&anna, "112", &first);
    anna.hangs_up();
    world.is_quiet();
    anna.unseen();
    calls_in(&world, "49305550101", "4930123456", "");
    anna.sees_nothing_for(Duration::from_secs(5));
    let (world, first, _) = office(|_| ());
    let anna = world.registered("101");
    is_helped(&anna, "112", &first);
    anna.hangs_up();
    world.run_secs(1_801);
    anna.unseen();
    calls_in(&world, "49305550101", "112", "");
    anna.sees_nothing_for(Duration::from_secs(5));
}

#[test]
fn if_nobody_answers_the_service_the_desk_does_and_then_the_dialplan() {
    let (world, first, _) = office(|_| ());
    let (anna, desk) = (world.registered("101"), world.registered("105"));
    is_helped(&anna, "112", &first);
    anna.hangs_up();
    world.is_quiet();
    let service = calls_in(&world, "49305550101", "112", "");
    anna.rings();
    world.run_secs(41);
    desk.rings();
    desk.declines(486);
    service.receives("SIP/2.0 200");
}

#[test]
fn the_service_still_reaches_the_phone_after_a_restart() {
    let (world, first, _) = office(|_| ());
    let anna = world.registered("101");
    is_helped(&anna, "112", &first);
    anna.hangs_up();
    world.is_quiet();
    world.restart();
    calls_in(&world, "49305550101", "112", "");
    anna.rings();
}

#[test]
fn it_goes_on_in_an_office_that_is_cut_and_restored() {
    let (world, first, second) = office(|setup| setup.emergency.ring = vec!["105".to_owned()]);
    world.cut_and_restore(7, 300);
    let (anna, desk) = (world.registered("101"), world.registered("105"));
    first.dies();
    anna.calls("112");
    world.run_secs(13);
    anna.is_answered();
    assert_eq!(helped(&second).len(), 1);
    desk.rings();
    desk.answers();
    desk.hears_prompt("emergency-call-placed");
    anna.hangs_up();
    desk.is_over();
    world.is_quiet();
    assert!(world.cuts_made() > 5);
}

/// The shipped office with the two trunks; 101 has a number of its own.
fn shipped() -> (World, Provider) {
    let world = World::new(&Plan::shipped().with(|setup| {
        let inside = |server: &str| TrunkSetup { context: "from-itsp".to_owned(), ..trunk(server) };
        setup.trunks = [("first".to_owned(), inside(FIRST)), ("second".to_owned(), inside(SECOND))].into();
        setup.office.emergency.trunks = vec!["first".to_owned(), "second".to_owned()];
        setup.office.emergency.callers = [("101".to_owned(), PLACE.to_owned())].into();
    }));
    let (first, _second) = (world.provider(FIRST), world.provider(SECOND));
    (world, first)
}

#[test]
fn neither_do_not_disturb_nor_a_forward_nor_the_night_keeps_the_services_call_from_the_phone() {
    let set = [
        ("*78", "do-not-disturb"),
        ("*72102", "call-fwd-unconditional"),
        ("*90102", "call-fwd-on-busy"),
        ("*71", "call-waiting"),
        ("*77", "anonymous-refused"),
        ("*280", "callflow-night"),
    ];
    for (code, said) in set {
        let (world, first) = shipped();
        let [anna, ben] = ["101", "102"].map(|user| world.registered(user));
        anna.calls(code);
        anna.is_answered();
        anna.hears_prompt(said);
        anna.is_over();
        world.is_quiet();
        is_helped(&anna, "112", &first);
        anna.hangs_up();
        world.is_quiet();
        ben.unseen();
        let service = calls_in(&world, "49305550101", "112", "");
        anna.rings();
        world.run_secs(3);
        assert_eq!(ben.unseen(), [], "{code}: nobody else's phone rings");
        anna.answers();
        service.receives("SIP/2.0 200");
    }
}

#[test]
fn a_service_whose_number_somebody_has_blocked_reaches_the_phone_all_the_same() {
    let (world, first) = shipped();
    let [anna, ben] = ["101", "102"].map(|user| world.registered(user));
    ben.calls("*30112");
    ben.is_answered();
    ben.hears_prompt("blocklist-confirm");
    ben.presses("1");
    ben.hears_prompt("blocklist-added");
    ben.is_over();
    world.is_quiet();
    is_helped(&anna, "112", &first);
    anna.hangs_up();
    world.is_quiet();
    let service = calls_in(&world, "49305550101", "112", "");
    anna.rings();
    anna.answers();
    service.receives("SIP/2.0 200");
}
