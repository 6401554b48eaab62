//! PINs wherever the office asks for one: what is typed there, right or wrong, is in nothing that is kept of the call, typed as events or by
//! INFO. Voicemail's change of the PIN and what scripts ask for are in `journey`.

use crate::journey::is_nowhere;
use crate::{announcements, conference, disa, feature_codes, voicemail};
use cordboard_sim::{Handset, World};

/// The two ways in which phones send keys.
const WAYS: [bool; 2] = [false, true];

fn types(phone: &Handset, keys: &str, by_info: bool) {
    if by_info { phone.presses_by_info(keys) } else { phone.presses(keys) }
}

#[test]
fn a_pin_at_a_hot_desk_is_nowhere() {
    for by_info in WAYS {
        let world = feature_codes::office();
        let greta = world.registered("106");
        greta.calls("*11");
        greta.is_answered();
        greta.hears_prompt("hotdesk-enter");
        types(&greta, "102#", by_info);
        greta.hears_prompt("vm-password");
        types(&greta, "8642#", by_info);
        greta.hears_prompt("auth-incorrect");
        types(&greta, "4102#", by_info);
        greta.hears_prompt("hotdesk-loggedin");
        greta.is_over();
        world.is_quiet();
        is_nowhere(&world, &["8642", "4102"]);
    }
}

#[test]
fn a_pin_of_a_line_for_access_from_outside_is_nowhere() {
    for by_info in WAYS {
        let (world, hugo) = disa::office();
        for pin in ["739182#", "580274#"] {
            hugo.calls("5550199");
            hugo.is_answered();
            hugo.hears_prompt("enter-password");
            types(&hugo, "864209#", by_info);
            hugo.hears_prompt("auth-incorrect");
            world.run_secs(1);
            types(&hugo, pin, by_info);
            hugo.hears_tone([350, 440]);
            types(&hugo, "103", by_info);
            world.run_secs(2);
            hugo.hangs_up();
            world.is_quiet();
        }
        is_nowhere(&world, &["864209", "739182", "580274"]);
    }
}

#[test]
fn the_pin_of_the_announcements_is_nowhere() {
    for by_info in WAYS {
        let world = announcements::office("4711");
        let anna = world.registered("101");
        anna.calls("*291");
        anna.is_answered();
        anna.hears_prompt("enter-password");
        types(&anna, "8642#", by_info);
        anna.hears_prompt("auth-incorrect");
        types(&anna, "4711#", by_info);
        anna.hears_prompt("announcement-menu");
        anna.hangs_up();
        world.is_quiet();
        is_nowhere(&world, &["8642", "4711"]);
    }
}

#[test]
fn the_pins_of_a_conference_are_nowhere() {
    for by_info in WAYS {
        let world = conference::office("pin: \"2468\", admin_pin: \"9753\"");
        for (user, pin) in [("101", "2468#"), ("102", "9753#")] {
            let phone = conference::enters(&world, user, "500");
            phone.hears_prompt("conf-getpin");
            types(&phone, "8642#", by_info);
            phone.hears_prompt("conf-invalidpin");
            types(&phone, pin, by_info);
            phone.hears_prompt(if user == "101" { "conf-onlyperson" } else { "conf-onlyone" });
        }
        world.run_secs(1);
        is_nowhere(&world, &["8642", "2468", "9753"]);
    }
}

#[test]
fn the_pin_that_a_new_mailbox_is_given_is_nowhere_after_a_restart_either() {
    for by_info in WAYS {
        let world = voicemail::office_with(|settings| {
            "102".clone_into(&mut settings.boxes.get_mut("102").unwrap().pin);
        });
        let ben = world.registered("102");
        sets_up(&ben, by_info);
        world.restart();
        ben.calls("*97");
        ben.is_answered();
        ben.hears_prompt("vm-password");
        types(&ben, "739152#", by_info);
        ben.hears_prompt("vm-youhave");
        ben.hangs_up();
        world.is_quiet();
        is_nowhere(&world, &["739152", "864209"]);
        asked_for_in_another_place(&world);
    }
}

/// The box has its number as its PIN: its owner is asked for another one.
fn sets_up(ben: &Handset, by_info: bool) {
    ben.calls("*97");
    ben.is_answered();
    ben.hears_prompt("vm-password");
    types(ben, "102#", by_info);
    ben.hears_prompt("vm-newuser");
    ben.hears_prompt("vm-newpassword");
    types(ben, "739152#", by_info);
    ben.hears_prompt("vm-reenterpassword");
    types(ben, "864209#", by_info);
    ben.hears_prompt("vm-mismatch");
    ben.hears_prompt("vm-newpassword");
    types(ben, "739152#", by_info);
    ben.hears_prompt("vm-reenterpassword");
    types(ben, "739152#", by_info);
    ben.hears_prompt("vm-passchanged");
    ben.hangs_up();
}

/// The answers were recorded, not left out: what was typed is there as marks.
fn asked_for_in_another_place(world: &World) {
    let text = cordboard_journey::timeline(&world.entries(), &|us| us.to_string()).join("\n");
    assert!(text.contains(" has typed ******"), "{text}");
}

#[test]
fn an_event_of_a_script_does_not_tell_what_was_typed() {
    let world = World::with_dialplan(
        r#"
let internal = context("internal");
internal.on("700", |ch| {
    ch.answer();
    let typed = ch.read(#{ prompt: "agent-pass", max: 4, secret: true });
    event("door", #{ by: ch.caller.number, typed: typed, all: [typed, 1], pin: "98765" });
    event("opened", typed);
});
"#,
    );
    let anna = world.registered("101");
    anna.calls("700");
    anna.is_answered();
    anna.hears_prompt("agent-pass");
    anna.presses("7391");
    anna.is_over();
    world.is_quiet();
    is_nowhere(&world, &["7391", "98765"]);
    let log = format!("{:?}", world.log());
    assert!(log.contains("xxxx") && log.contains("door") && log.contains("101"), "{log}");
}
