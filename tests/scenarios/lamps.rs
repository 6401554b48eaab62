//! Lamps: watchers of a user are told when it rings, talks and is free.

use crate::basic_call::OFFICE;
use crate::feature_codes::dials;
use cordboard_sim::{Peer, Plan, World};

/// Somebody who watches 102.
pub(crate) fn watcher(world: &World) -> Peer {
    watcher_of(world, "102")
}

/// A key of 103's; with which status watching is answered. `port` tells keys apart.
fn watches(world: &World, watched: &str, port: u16) -> (Peer, u16) {
    let lamp = world.peer(&format!("192.0.2.200:{port}"));
    let request = format!(
        "SUBSCRIBE sip:{watched}@office.example SIP/2.0\nTo: <sip:{watched}@office.example>\nEvent: dialog\n\
         Contact: <sip:103@192.0.2.200:{port}>\nAccept: application/dialog-info+xml\nExpires: 3600\nContent-Length: 0",
    );
    let status = lamp.asks_as("103", &format!("watch{port}"), &request).status;
    (lamp, status)
}

/// Somebody who watches this.
pub(crate) fn watcher_of(world: &World, watched: &str) -> Peer {
    another_watcher_of(world, watched, 5_060)
}

/// The same by another key, as who has watched for an hour has to ask again.
pub(crate) fn another_watcher_of(world: &World, watched: &str, port: u16) -> Peer {
    let (lamp, status) = watches(world, watched, port);
    assert_eq!(status, 200);
    lamp
}

/// The next lamp: the state it shows, `free` if the document names no live dialog.
pub(crate) fn next(lamp: &Peer) -> String {
    let request = lamp.takes("NOTIFY");
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    let state = |name: &str| body.contains(&format!(">{name}</state>"));
    ["confirmed", "early", "trying"].into_iter().find(|name| state(name)).unwrap_or("free").to_owned()
}

/// Lamps until this one.
pub(crate) fn until(lamp: &Peer, wanted: &str) {
    for _ in 0..6 {
        if next(lamp) == wanted {
            return;
        }
    }
    panic!("the lamp never showed {wanted}");
}

#[test]
fn a_lamp_blinks_while_the_phone_rings_is_lit_while_it_talks_and_goes_out() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    let lamp = watcher(&world);
    assert_eq!(next(&lamp), "free");
    anna.calls("102");
    ben.rings();
    until(&lamp, "early");
    ben.answers();
    until(&lamp, "confirmed");
    anna.hangs_up();
    until(&lamp, "free");
}

#[test]
fn a_lamp_that_is_asked_for_in_the_middle_of_a_call_is_lit_at_once() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("102");
    ben.rings();
    ben.answers();
    anna.is_answered();
    let lamp = watcher(&world);
    assert_eq!(next(&lamp), "confirmed");
    anna.hangs_up();
    until(&lamp, "free");
}

#[test]
fn a_lamp_that_is_asked_for_while_it_rings_blinks_at_once() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("102");
    ben.rings();
    let lamp = watcher(&world);
    assert_eq!(next(&lamp), "early");
    ben.answers();
    until(&lamp, "confirmed");
}

#[test]
fn what_a_restart_works_out_anew_is_not_kept() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    let lamp = watcher(&world);
    anna.calls("102");
    ben.rings();
    until(&lamp, "early");
    let states = |store: &mut cordboard_sim::Store| {
        store.rows.keys().filter(|(_, key)| key.starts_with("state ")).count()
    };
    assert_eq!(world.store(states), 0);
}

#[test]
fn a_lamp_of_the_caller_is_lit_as_well() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    let lamp = watcher(&world);
    assert_eq!(next(&lamp), "free");
    ben.calls("101");
    anna.rings();
    anna.answers();
    until(&lamp, "confirmed");
    ben.hangs_up();
    until(&lamp, "free");
}

#[test]
fn after_a_restart_the_lamp_is_right_without_a_new_subscription() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    let lamp = watcher(&world);
    assert_eq!(next(&lamp), "free");
    anna.calls("102");
    ben.rings();
    ben.answers();
    until(&lamp, "confirmed");
    world.restart();
    until(&lamp, "free");
    let (clara, emil) = (world.registered("103"), world.registered("105"));
    drop((clara, emil));
    let david = world.registered("104");
    david.calls("102");
    ben.rings();
    until(&lamp, "early");
}

#[test]
fn a_stranger_watches_nobody() {
    let world = World::with_dialplan(OFFICE);
    let stranger = world.peer("192.0.2.201:5060");
    stranger.sends(
        "SUBSCRIBE sip:102@office.example SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.201:5060;branch=z9hG4bKx\n\
         From: <sip:102@office.example>;tag=x\nTo: <sip:102@office.example>\nCall-ID: x\nCSeq: 1 SUBSCRIBE\n\
         Contact: <sip:102@192.0.2.201>\nEvent: dialog\nMax-Forwards: 70\nContent-Length: 0",
    );
    stranger.receives("SIP/2.0 401");
    stranger.receives_nothing_for(core::time::Duration::from_secs(5));
}

/// Keys of the shipped office: their numbers are codes, and what the codes do is seen on them.
#[test]
fn a_key_shows_what_its_code_has_switched_after_a_restart_too() {
    let world = World::new(&Plan::shipped());
    let clara = world.registered("103");
    let (lamp, status) = watches(&world, "*281", 5_060);
    assert_eq!(status, 200, "it may be dialled, so it may be watched");
    assert_eq!(next(&lamp), "free");
    dials(&clara, "*281", &["callflow-night"]);
    until(&lamp, "confirmed");
    world.restart();
    until(&lamp, "confirmed");
    clara.registers();
    dials(&clara, "*281", &["callflow-day"]);
    until(&lamp, "free");
}

#[test]
fn ones_own_key_for_do_not_disturb_is_lit_whichever_code_has_set_it() {
    let world = World::new(&Plan::shipped());
    let (clara, david) = (world.registered("103"), world.registered("104"));
    let (lamp, _) = watches(&world, "*76103", 5_060);
    assert_eq!(next(&lamp), "free");
    dials(&clara, "*78", &["do-not-disturb", "activated"]);
    until(&lamp, "confirmed");
    dials(&clara, "*76103", &["do-not-disturb", "de-activated"]);
    until(&lamp, "free");
    david.calls("*76103");
    david.hears_prompt("call-not-allowed");
    david.is_refused(603);
}

#[test]
fn the_key_of_who_forwards_all_calls_is_lit_and_ends_it() {
    let world = World::new(&Plan::shipped());
    let clara = world.registered("103");
    let (lamp, _) = watches(&world, "*73103", 5_060);
    clara.calls("*72104");
    clara.is_answered();
    until(&lamp, "confirmed");
    clara.hangs_up();
    dials(&clara, "*73103", &["call-fwd-unconditional", "de-activated"]);
    until(&lamp, "free");
}

#[test]
fn what_nobody_may_dial_and_nobody_has_is_not_watched() {
    let world = World::new(&Plan::new("context(\"internal\").on(\"_1XX\", |ch| ch.dial(user(ch.dialed)));"));
    assert_eq!(watches(&world, "*281", 5_060).1, 404);
}
