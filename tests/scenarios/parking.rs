//! Parking: a call waits in a place, is fetched from there or comes back, and lamps show it.

use cordboard_phone::{Command, Happening};
use cordboard_sim::{Handset, Peer, Plan, World};

/// With the lot as the shipped file has it.
fn office() -> World {
    World::new(&Plan::shipped().with(|setup| {
        let lots = r#"{"lot": {"default": {"transfer": "both", "park": "both", "hold": "both"}}}"#;
        setup.services.insert("parking".to_owned(), lots.to_owned());
    }))
}

fn three(world: &World) -> [Handset; 3] {
    let all = ["101", "102", "103"].map(|user| world.registered(user));
    all[0].calls_and_talks_with("102", &all[1]);
    all
}

/// Ben transfers Anna to this number, and hears where she is parked.
fn parks(ben: &Handset, number: &str) {
    ben.does(Command::Transfer(number.to_owned()));
    ben.hears_prompt("call-parked-at");
    ben.hears_prompt("digits/7");
    ben.transfer_ends(200);
    assert!(ben.lines().is_empty());
}

/// The first place's call is fetched.
fn fetches(clara: &Handset, anna: &Handset) {
    clara.calls("701");
    clara.is_answered();
    clara.talks_with(anna);
}

#[test]
fn who_types_the_code_of_parking_hears_the_place_and_the_parked_one_hears_music() {
    let world = office();
    let [anna, ben, clara] = three(&world);
    ben.presses("#72");
    ben.hears_prompt("call-parked-at");
    ben.hears_prompt("digits/7");
    ben.is_over();
    anna.hears_music("default");
    fetches(&clara, &anna);
    clara.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn who_called_parks_by_the_code_as_well_and_where_no_place_is_free_they_talk_on() {
    let world = World::new(&Plan::shipped().with(|setup| {
        let lots = r#"{"lot": {"default": {"first": 701, "last": 701}}}"#;
        setup.services.insert("parking".to_owned(), lots.to_owned());
    }));
    let [anna, ben, clara] = three(&world);
    let david = world.registered("104");
    anna.presses("#72");
    anna.hears_prompt("call-parked-at");
    anna.is_over();
    clara.calls_and_talks_with("104", &david);
    david.presses("#72");
    world.run_secs(2);
    clara.talks_with(&david);
    clara.hangs_up();
    david.is_over();
    ben.hangs_up();
    world.is_quiet();
}

/// Somebody with a key for a place.
fn key(world: &World, slot: &str) -> Peer {
    let lamp = world.peer("192.0.2.200:5060");
    let subscribe = format!(
        "SUBSCRIBE sip:{slot}@office.example SIP/2.0\nTo: <sip:{slot}@office.example>\nEvent: dialog\n\
         Contact: <sip:103@192.0.2.200:5060>\nAccept: application/dialog-info+xml\nExpires: 3600\nContent-Length: 0"
    );
    assert_eq!(lamp.asks_as("103", "watch1", &subscribe).status, 200);
    lamp
}

fn shows(lamp: &Peer, lit: bool, who: &str) {
    let mut body = String::new();
    for _ in 0..6 {
        body = String::from_utf8(lamp.takes("NOTIFY").body.to_vec()).unwrap();
        if body.contains(">confirmed</state>") == lit && body.contains(who) {
            return;
        }
    }
    panic!("lit: {lit}, {who}: {body}");
}

#[test]
fn who_parks_by_transfer_hears_the_place_and_the_parked_one_hears_music() {
    let world = office();
    let [anna, ben, clara] = three(&world);
    let lamp = key(&world, "701");
    shows(&lamp, false, "");
    parks(&ben, "700");
    shows(&lamp, true, "sip:101@");
    anna.hears_music("default");
    fetches(&clara, &anna);
    shows(&lamp, false, "");
    clara.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn the_next_call_gets_the_next_place_and_the_place_is_free_again() {
    let world = office();
    let [anna, ben, clara] = three(&world);
    parks(&ben, "700");
    let david = world.registered("104");
    clara.calls_and_talks_with("104", &david);
    david.does(Command::Transfer("700".to_owned()));
    david.hears_prompt("digits/2");
    david.transfer_ends(200);
    anna.hangs_up();
    clara.hears_music("default");
    ben.calls("701");
    ben.hears_prompt("parking-nobody");
    ben.is_over();
    ben.calls("*85");
    ben.is_answered();
    ben.talks_with(&clara);
}

#[test]
fn a_key_parks_who_is_transferred_to_a_free_place_and_fetches_from_a_taken_one() {
    let world = office();
    let [anna, ben, clara] = three(&world);
    parks(&ben, "705");
    anna.hears_music("default");
    let david = world.registered("104");
    clara.calls_and_talks_with("104", &david);
    david.does(Command::Transfer("705".to_owned()));
    david.transfer_ends(480);
    clara.talks_with(&david);
    clara.hangs_up();
    clara.calls("*85705");
    clara.is_answered();
    clara.talks_with(&anna);
}

#[test]
fn who_asks_by_a_call_of_its_own_hears_the_place_and_gives_it_to_the_other() {
    let world = office();
    let [anna, ben, clara] = three(&world);
    ben.holds();
    ben.calls("700");
    ben.is_answered();
    ben.hears_prompt("call-parked-at");
    ben.hears_prompt("digits/7");
    ben.hears_prompt("digits/0");
    ben.hears_prompt("digits/1");
    ben.does(Command::TransferAttended);
    ben.transfer_ends(200);
    anna.hears_music("default");
    fetches(&clara, &anna);
    clara.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn a_call_is_fetched_while_its_place_is_still_being_said() {
    for by_key in [true, false] {
        let world = office();
        let [anna, ben, clara] = three(&world);
        if by_key {
            ben.does(Command::Transfer("700".to_owned()));
        } else {
            ben.presses("#72");
        }
        ben.hears_prompt("call-parked-at");
        fetches(&clara, &anna);
        if by_key {
            ben.transfer_ends(200);
        }
        ben.is_over();
        clara.hangs_up();
        anna.is_over();
        world.is_quiet();
    }
}

#[test]
fn who_fetches_a_call_hears_a_tone_first_and_the_displays_show_the_other() {
    let world = office();
    let [anna, ben, clara] = three(&world);
    parks(&ben, "700");
    anna.hears_music("default");
    anna.unseen();
    clara.calls("701");
    clara.is_answered();
    assert!(world.run_until(|_| clara.hears_a_tone_of(&[1_000]), core::time::Duration::from_secs(2)));
    clara.talks_with(&anna);
    assert_eq!((shown(&clara), shown(&anna)), ("101".to_owned(), "103".to_owned()));
    clara.hangs_up();
    anna.is_over();
    world.is_quiet();
}

/// Whom the display shows when that changes.
fn shown(phone: &Handset) -> String {
    phone.expects("another name on the display", |happening| match happening {
        Happening::Connected { number, .. } => Some(number.clone()),
        _ => None,
    })
}

#[test]
fn who_has_fetched_a_call_transfers_it_by_digits() {
    let world = office();
    let [anna, ben, clara] = three(&world);
    let david = world.registered("104");
    parks(&ben, "700");
    fetches(&clara, &anna);
    clara.presses("##");
    clara.hears_prompt("pbx-transfer");
    clara.presses("104#");
    david.rings();
    david.answers();
    clara.is_over();
    anna.talks_with(&david);
    anna.hangs_up();
    david.is_over();
    world.is_quiet();
}

#[test]
fn where_the_dialplan_does_not_let_them_who_fetches_a_call_and_who_was_parked_only_send_digits() {
    let script = r#"
let internal = context("internal");
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25, transfer: true, park: true }); });
internal.on("700",  |ch| { ch.park(); });
internal.on("_70X", |ch| { ch.unpark(ch.dialed); });
"#;
    let plan =
        Plan::new(script).with(|setup| drop(setup.services.insert("parking".to_owned(), "{}".to_owned())));
    let world = World::new(&plan);
    let [anna, ben, clara] = three(&world);
    parks(&ben, "700");
    fetches(&clara, &anna);
    clara.presses("##");
    anna.gets_digits("##");
    anna.presses("#72");
    clara.gets_digits("#72");
    clara.talks_with(&anna);
    clara.hangs_up();
    anna.is_over();
    world.is_quiet();
}

/// The fetcher may transfer, says the dialplan; who was parked may park, says the lot.
fn office_of_sides() -> World {
    let script = r#"
let internal = context("internal");
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25, transfer: true }); });
internal.on("700",  |ch| { ch.park(#{ transfer: "fetcher" }); });
internal.on("_70X", |ch| { ch.unpark(ch.dialed, #{ transfer: "fetcher" }); });
"#;
    let lots = r#"{"lot": {"default": {"transfer": "no", "park": "parked"}}}"#;
    World::new(
        &Plan::new(script).with(|setup| drop(setup.services.insert("parking".to_owned(), lots.to_owned()))),
    )
}

#[test]
fn after_a_call_is_fetched_each_side_may_what_the_dialplan_and_the_lot_give_it() {
    let world = office_of_sides();
    let [anna, ben, clara] = three(&world);
    let david = world.registered("104");
    parks(&ben, "700");
    fetches(&clara, &anna);
    anna.presses("##");
    clara.gets_digits("##");
    clara.presses("#72");
    anna.gets_digits("#72");
    clara.presses("##");
    clara.hears_prompt("pbx-transfer");
    clara.presses("104#");
    david.rings();
    david.answers();
    clara.is_over();
    anna.talks_with(&david);
}

#[test]
fn who_was_parked_parks_by_digits_where_the_lot_lets_it() {
    let world = office_of_sides();
    let [anna, ben, clara] = three(&world);
    parks(&ben, "700");
    fetches(&clara, &anna);
    anna.presses("#72");
    anna.hears_prompt("call-parked-at");
    anna.is_over();
    clara.hears_music("default");
}

#[test]
fn a_call_that_has_come_back_gives_the_same_sides_the_same_rights() {
    let world = office_of_sides();
    let [anna, ben, clara] = three(&world);
    parks(&ben, "700");
    world.run_secs(40);
    ben.rings();
    ben.answers();
    ben.hears_prompt("parking-comeback");
    ben.presses("1");
    ben.talks_with(&anna);
    anna.presses("##");
    ben.gets_digits("##");
    ben.presses("##");
    ben.hears_prompt("pbx-transfer");
    ben.presses("103#");
    clara.rings();
    clara.answers();
    ben.is_over();
    anna.talks_with(&clara);
}

#[test]
fn a_call_that_nobody_fetches_comes_back_to_who_parked_it_and_says_so() {
    let world = office();
    let [anna, ben, _clara] = three(&world);
    parks(&ben, "700");
    world.run_secs(40);
    let (number, name) = ben.rings();
    assert_eq!((number.as_str(), name.as_str()), ("101", "parked 701: Anna"));
    anna.hears_music("default");
    ben.answers();
    ben.hears_prompt("parking-comeback");
    ben.hears_prompt("digits/7");
    ben.presses("1");
    ben.talks_with(&anna);
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn if_who_parked_it_does_not_answer_the_fall_back_has_it() {
    let world = office();
    let [anna, ben, clara] = three(&world);
    parks(&ben, "700");
    world.run_secs(40);
    ben.rings();
    world.run_secs(25);
    ben.is_over();
    clara.rings();
    clara.answers();
    clara.talks_with(&anna);
}

#[test]
fn a_parked_caller_who_hangs_up_leaves_a_free_place() {
    let world = office();
    let [anna, ben, clara] = three(&world);
    let lamp = key(&world, "701");
    shows(&lamp, false, "");
    parks(&ben, "700");
    shows(&lamp, true, "sip:101@");
    anna.hangs_up();
    shows(&lamp, false, "");
    clara.calls("701");
    clara.hears_prompt("parking-nobody");
    clara.is_over();
    world.is_quiet();
}

#[test]
fn parked_calls_are_the_same_after_any_cut() {
    let run = |cuts: Option<u64>| {
        let world = office();
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 100);
        }
        let [anna, ben, clara] = three(&world);
        ben.does(Command::Transfer("700".to_owned()));
        world.run_secs(10);
        clara.calls("701");
        world.run_secs(5);
        clara.hangs_up();
        anna.is_over();
        world.run_secs(40);
        world
    };
    let (plain, cut) = (run(None), run(Some(5)));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
}
