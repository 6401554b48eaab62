//! What a box, or a call of `ch.voicemail`, has in another way than all: exits, beep, loudness, clock.

use cordboard_media::level;
use cordboard_sim::{Handset, Plan, World, mailboxes};
use cordboard_voicemail::Settings;

const BEEP: [u16; 2] = [1_000, 0];

const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
internal.on("1", |ch| { ch.voicemail("103", #{ exits: "internal" }); });
internal.on("2", |ch| { ch.voicemail("103", #{ greet: "none", beep: "beep" }); });
internal.on("3", |ch| { ch.voicemail("103", #{ greet: "none", beep: [] }); });
internal.on("4", |ch| { ch.voicemail("103", #{ greet: "none" }); });
internal.on("5", |ch| { ch.voicemail("103", #{ greet: "none", gain: -12 }); });
internal.on("6", |ch| { ch.voicemail_main("103", #{ skip_pin: true }); });
internal.on("7", |ch| { ch.voicemail_main("103", #{ skip_pin: true, read_only: true }); });
internal.on_hangup(|ch| log::info("over"));
"#;

fn office(change: impl FnOnce(&mut Settings)) -> World {
    let settings = mailboxes(change);
    World::new(&Plan::new(SCRIPT).with(|setup| drop(setup.services.insert("voicemail".to_owned(), settings))))
}

fn calls(phone: &Handset, number: &str) {
    phone.calls(number);
    phone.is_answered();
}

/// How loud the messages are, in dBov.
fn levels(world: &World) -> Vec<f64> {
    world.files().iter().map(|(_, samples)| level::dbov(samples)).collect()
}

#[test]
fn who_dials_an_extension_during_the_greeting_reaches_it_and_leaves_no_message() {
    let world = office(|_| ());
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    calls(&anna, "1");
    anna.hears_prompt("vm-theperson");
    anna.presses("999#");
    anna.hears_prompt("pbx-invalid");
    anna.hears_prompt("vm-theperson");
    anna.presses("102");
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
    assert!(world.files().is_empty());
}

#[test]
fn a_message_begins_after_a_prompt_in_place_of_the_tone_or_after_nothing() {
    for (number, beep) in [("2", true), ("3", false)] {
        let world = office(|_| ());
        let anna = world.registered("101");
        calls(&anna, number);
        anna.hears_prompt("vm-intro");
        anna.presses("#");
        if beep {
            anna.hears_prompt("beep");
        }
        world.run_secs(4);
        assert!(!anna.hears_a_tone_of(&[BEEP[0]]));
        anna.presses("#");
        anna.hears_prompt("vm-msgsaved");
        anna.is_over();
        world.is_quiet();
        assert_eq!(levels(&world).len(), 1);
    }
}

#[test]
fn a_message_is_kept_as_much_softer_as_the_dialplan_says() {
    let world = office(|_| ());
    let anna = world.registered("101");
    for number in ["4", "5"] {
        calls(&anna, number);
        anna.hears_prompt("vm-intro");
        anna.presses("#");
        anna.hears_tone(BEEP);
        world.run_secs(5);
        anna.hangs_up();
        world.is_quiet();
    }
    let mut levels = levels(&world);
    levels.sort_by(f64::total_cmp);
    let [soft, loud] = levels.as_slice() else { panic!("{levels:?}") };
    assert!((11.0..13.0).contains(&(loud - soft)), "{levels:?}");
}

#[test]
fn a_box_says_when_a_message_came_by_its_own_clock() {
    // Nine o'clock by the office's, six in the evening by that of Tokyo.
    for (zone, hour) in [("", "digits/9"), ("Asia/Tokyo", "digits/6")] {
        let world = office(|settings| settings.boxes.get_mut("103").unwrap().time_zone = zone.to_owned());
        let anna = world.registered("101");
        calls(&anna, "4");
        anna.hears_prompt("vm-intro");
        anna.presses("#");
        anna.hears_tone(BEEP);
        world.run_secs(3);
        anna.hangs_up();
        world.is_quiet();
        calls(&anna, "6");
        anna.hears_prompt("vm-youhave");
        anna.presses("1");
        for prompt in ["vm-received", "digits/at", hour] {
            anna.hears_prompt(prompt);
        }
    }
}

#[test]
fn a_listener_who_may_only_listen_deletes_nothing() {
    let world = office(|_| ());
    let anna = world.registered("101");
    calls(&anna, "4");
    anna.hears_prompt("vm-intro");
    anna.presses("#");
    anna.hears_tone(BEEP);
    world.run_secs(3);
    anna.hangs_up();
    calls(&anna, "7");
    anna.hears_prompt("vm-youhave");
    anna.presses("1");
    anna.hears_prompt("vm-received");
    anna.presses("7");
    anna.hears_prompt("vm-sorry");
    anna.hangs_up();
    world.is_quiet();
    assert_eq!(levels(&world).len(), 1);
}
