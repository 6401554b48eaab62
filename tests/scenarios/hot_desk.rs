//! Hot desks: who logs in at a phone takes it over. PINs are 4101 and on.

use crate::feature_codes::{dials, office, phones};
use cordboard_phone::Happening;
use cordboard_sim::{Handset, Peer, Plan, World};
use core::time::Duration;

/// Logs in, and is.
fn logs_in(world: &World, phone: &Handset, number: &str, pin: &str) {
    phone.calls(&format!("*11{number}"));
    phone.is_answered();
    phone.hears_prompt("vm-password");
    phone.presses(&format!("{pin}#"));
    phone.hears_prompt("hotdesk-loggedin");
    phone.is_over();
    world.is_quiet();
}

fn rings_nowhere(phone: &Handset) {
    assert!(!phone.unseen().iter().any(|happening| matches!(happening, Happening::Incoming { .. })));
}

/// Somebody who watches a user's lamp, or messages.
fn watches(world: &World, whom: &str, event: &str, port: u16) -> Peer {
    let peer = world.peer(&format!("192.0.2.200:{port}"));
    let response = peer.asks_as(
        "106",
        &format!("watch{port}"),
        &format!(
            "SUBSCRIBE sip:{whom}@office.example SIP/2.0\nTo: <sip:{whom}@office.example>\nEvent: {event}\n\
             Contact: <sip:106@192.0.2.200:{port}>\nExpires: 3600\nContent-Length: 0"
        ),
    );
    assert_eq!(response.status, 200);
    peer
}

fn body(peer: &Peer) -> String {
    String::from_utf8(peer.takes("NOTIFY").body.to_vec()).unwrap()
}

#[test]
fn the_phone_makes_and_takes_the_calls_of_who_has_logged_in() {
    let world = office();
    let [anna, ben, greta] = phones(&world, ["101", "102", "106"]);
    logs_in(&world, &greta, "102", "4102");
    greta.calls("101");
    assert_eq!(anna.rings(), ("102".to_owned(), "Ben".to_owned()));
    anna.answers();
    greta.is_answered();
    greta.hangs_up();
    anna.is_over();
    anna.calls("102");
    ben.rings();
    greta.rings();
    greta.answers();
    anna.talks_with(&greta);
    ben.is_over();
    anna.hangs_up();
    world.is_quiet();
    let record = world.records().into_iter().rfind(|record| record.caller.number == "102").unwrap();
    assert_eq!(record.dialed, "101");
}

#[test]
fn the_phones_own_user_is_not_there_while_somebody_else_sits_at_it() {
    let world = office();
    let [anna, greta] = phones(&world, ["101", "106"]);
    logs_in(&world, &greta, "102", "4102");
    greta.unseen();
    anna.calls("106");
    anna.is_answered();
    rings_nowhere(&greta);
    anna.hangs_up();
    world.is_quiet();
    dials(&greta, "*12", &["hotdesk-loggedout"]);
    anna.calls("106");
    greta.rings();
    anna.hangs_up();
    greta.is_over();
    world.is_quiet();
}

#[test]
fn the_settings_have_it_ring_for_its_own_user_and_the_own_phone_be_silent() {
    let settings = cordboard_hotdesk::Settings { at_home: false, for_owner: true, ..Default::default() };
    let hotdesk =
        serde_json::to_string(&cordboard_hotdesk::Office { settings, ..Default::default() }).unwrap();
    let world =
        World::new(&Plan::shipped().with(|setup| drop(setup.services.insert("hotdesk".to_owned(), hotdesk))));
    let [anna, ben, greta] = phones(&world, ["101", "102", "106"]);
    logs_in(&world, &greta, "102", "4102");
    ben.unseen();
    for number in ["106", "102"] {
        anna.calls(number);
        greta.rings();
        anna.hangs_up();
        greta.is_over();
        world.is_quiet();
    }
    rings_nowhere(&ben);
}

#[test]
fn the_number_is_asked_for_and_a_wrong_pin_lets_nobody_in() {
    let world = office();
    let [anna, greta] = phones(&world, ["101", "106"]);
    greta.calls("*11");
    greta.is_answered();
    greta.hears_prompt("hotdesk-enter");
    greta.presses("102#");
    greta.hears_prompt("vm-password");
    greta.presses("1111#");
    greta.hears_prompt("auth-incorrect");
    greta.presses("2222#");
    world.run_secs(2);
    greta.presses("3333#");
    greta.hears_prompt("auth-locked");
    greta.is_over();
    greta.calls("101");
    assert_eq!(anna.rings().0, "106");
    greta.hangs_up();
    anna.is_over();
    // The lock is the mailbox's: the right PIN does not open it now.
    greta.calls("*11102");
    greta.is_answered();
    greta.hears_prompt("vm-password");
    greta.presses("4102#");
    greta.hears_prompt("auth-locked");
    greta.is_over();
    world.is_quiet();
}

#[test]
fn who_logs_in_at_another_phone_is_logged_out_of_the_first() {
    let world = office();
    let [anna, emil, greta] = phones(&world, ["101", "105", "106"]);
    logs_in(&world, &greta, "102", "4102");
    emil.calls("*11102");
    emil.is_answered();
    emil.hears_prompt("vm-password");
    emil.presses("4102#");
    emil.hears_prompt("hotdesk-loggedin");
    emil.hears_prompt("hotdesk-elsewhere");
    emil.is_over();
    greta.unseen();
    anna.calls("102");
    emil.rings();
    rings_nowhere(&greta);
    anna.hangs_up();
    emil.is_over();
    world.is_quiet();
}

#[test]
fn what_they_set_is_theirs_and_their_lamp_is_lit() {
    let world = office();
    let [anna, ben, greta] = phones(&world, ["101", "102", "106"]);
    let lamp = watches(&world, "102", "dialog", 5_070);
    body(&lamp);
    logs_in(&world, &greta, "102", "4102");
    greta.calls("101");
    anna.rings();
    anna.answers();
    greta.is_answered();
    let lit = (0..8).any(|_| body(&lamp).contains(">confirmed<"));
    assert!(lit);
    greta.hangs_up();
    anna.is_over();
    dials(&greta, "*78", &["do-not-disturb", "activated"]);
    dials(&greta, "*12", &["hotdesk-loggedout"]);
    ben.unseen();
    anna.calls("102");
    anna.is_answered();
    rings_nowhere(&ben);
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn the_phone_shows_their_messages_and_plays_them() {
    let world = office();
    let [anna, greta] = phones(&world, ["101", "106"]);
    let lamp = watches(&world, "106", "message-summary", 5_070);
    assert!(body(&lamp).contains("Messages-Waiting: no"));
    anna.calls("*102");
    anna.is_answered();
    world.run_secs(12);
    anna.hangs_up();
    world.is_quiet();
    logs_in(&world, &greta, "102", "4102");
    let shown = body(&lamp);
    assert!(shown.contains("Messages-Waiting: yes"), "{shown}");
    dials(&greta, "*12", &["hotdesk-loggedout"]);
    // Perhaps the one before comes once more, as nobody has looked at it in time.
    assert!((0..3).any(|_| body(&lamp).contains("Messages-Waiting: no")));
}

#[test]
fn the_phones_soft_keys_are_those_of_who_sits_there() {
    use crate::soft_keys::{desk, shown, shows, subscribes};
    let world = office();
    let [ben, greta] = phones(&world, ["102", "106"]);
    dials(&ben, "*78", &["do-not-disturb", "activated"]);
    dials(&greta, "*72105", &["call-fwd-unconditional", "activated"]);
    // A second phone of 106's, which has such keys.
    let desk = desk(&world);
    assert_eq!(subscribes(&desk, "106", "106", "keys", ""), 200);
    assert_eq!(shown(&desk), " forwardImmediate 105");
    logs_in(&world, &greta, "102", "4102");
    shows(&desk, "quiet");
    // What is set elsewhere meanwhile is theirs too.
    dials(&ben, "*72103", &["call-fwd-unconditional", "activated"]);
    shows(&desk, "quiet forwardImmediate 103");
    dials(&greta, "*79", &["do-not-disturb", "de-activated"]);
    shows(&desk, " forwardImmediate 103");
    dials(&greta, "*12", &["hotdesk-loggedout"]);
    shows(&desk, " forwardImmediate 105");
    world.restart();
    shows(&desk, " forwardImmediate 105");
}

#[test]
fn a_key_that_the_phone_sets_is_set_for_who_sits_there() {
    use crate::soft_keys::{desk, quiet, shown, shows, subscribes};
    let world = office();
    let [anna, ben, greta] = phones(&world, ["101", "102", "106"]);
    logs_in(&world, &greta, "102", "4102");
    let desk = desk(&world);
    assert_eq!(subscribes(&desk, "106", "106", "keys", &quiet(true)), 200);
    assert_eq!(shown(&desk), "quiet");
    anna.calls("102");
    anna.is_answered();
    rings_nowhere(&ben);
    rings_nowhere(&greta);
    anna.hangs_up();
    world.is_quiet();
    dials(&greta, "*12", &["hotdesk-loggedout"]);
    shows(&desk, "");
    anna.calls("106");
    greta.rings();
    anna.hangs_up();
    greta.is_over();
}

#[test]
fn an_emergency_call_shows_where_the_phone_is() {
    use cordboard_exchange::TrunkSetup;
    use cordboard_sip::trunk::{Server, TrunkSettings};
    let settings =
        TrunkSettings { servers: vec![Server::parse("198.51.100.9:5060").unwrap()], ..Default::default() };
    let trunk = TrunkSetup { settings, context: "from-itsp".to_owned(), codecs: Vec::new() };
    let world = World::new(&Plan::shipped().with(|setup| {
        setup.trunks = [("itsp".to_owned(), trunk)].into();
        setup.office.emergency.trunks = vec!["itsp".to_owned()];
        let callers = [("102", "+49305550102"), ("106", "+49305550106")];
        setup.office.emergency.callers =
            callers.map(|(user, number)| (user.to_owned(), number.to_owned())).into();
        setup.emergency.places = [("106".to_owned(), "second floor".to_owned())].into();
        setup.emergency.notify = vec!["101".to_owned()];
    }));
    let provider = world.provider("198.51.100.9:5060");
    let [anna, greta] = phones(&world, ["101", "106"]);
    logs_in(&world, &greta, "102", "4102");
    greta.calls("112");
    greta.is_answered();
    let invite = provider.got(&cordboard_sip::message::Method::Invite).pop().unwrap();
    assert_eq!(invite.headers.from().unwrap().uri.user.as_deref(), Some("+49305550106"));
    let text = anna.expects("a text", |happening| match happening {
        Happening::Text { text, .. } => Some(text.clone()),
        _ => None,
    });
    assert_eq!(text, "Emergency call from 102 Ben to 112, at the phone 106 (second floor)");
}

#[test]
fn a_login_outlives_a_restart_and_ends_at_its_time_of_day() {
    let settings = cordboard_hotdesk::Settings { logout_at: "18:00".to_owned(), ..Default::default() };
    let hotdesk =
        serde_json::to_string(&cordboard_hotdesk::Office { settings, ..Default::default() }).unwrap();
    let world =
        World::new(&Plan::shipped().with(|setup| drop(setup.services.insert("hotdesk".to_owned(), hotdesk))));
    let [anna, greta] = phones(&world, ["101", "106"]);
    logs_in(&world, &greta, "102", "4102");
    world.restart();
    anna.calls("102");
    greta.rings();
    anna.hangs_up();
    greta.is_over();
    world.run_for(Duration::from_secs(9 * 3_600));
    greta.calls("101");
    assert_eq!(anna.rings().0, "106");
    greta.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn somebody_outside_can_not_log_in() {
    let (world, _provider) = crate::feature_codes::with_trunk("internal");
    let greta = world.registered("106");
    let outsider = crate::feature_codes::calls_in(&world, "*11102", "442079460123@itsp.example", 5_070);
    outsider.receives("SIP/2.0 200");
    world.run_secs(3);
    assert_eq!(
        world.store(|store| store.rows.keys().filter(|(kind, _)| kind == "service:hotdesk").count()),
        0
    );
    drop(greta);
}
