//! *29: the office's announcements are recorded anew from a phone.

use crate::feature_codes::{dials, phones};
use cordboard_sim::{Handset, Plan, World};

const BEEP: [u16; 2] = [1_000, 0];

/// 105 may record the announcement 1, others by the PIN if there is one. The office is closed to 106, which is outside.
pub(crate) fn office(pin: &str) -> World {
    let settings = format!(r#"{{"users":["105"],"pin":"{pin}","announcements":{{"1":"office-closed"}}}}"#);
    World::new(&Plan::shipped().with(|setup| {
        setup.services.insert("announcement".to_owned(), settings);
        setup.hours.clear();
        setup.hours.insert(
            "office".to_owned(),
            cordboard_exchange::Hours { open: Vec::new(), closed_on_holidays: true },
        );
        if let Some(caller) = setup.users.get_mut("106") {
            caller.context = "from-itsp".to_owned();
        }
    }))
}

fn opens(phone: &Handset) {
    phone.calls("*291");
    phone.is_answered();
    phone.hears_prompt("announcement-menu");
}

/// Speaks for some seconds, up to the question whether it is well so.
fn records(world: &World, phone: &Handset) {
    phone.presses("1");
    phone.hears_prompt("record-prompt");
    phone.hears_tone(BEEP);
    world.run_secs(4);
    phone.presses("#");
    phone.hears_prompt("vm-review");
}

fn hears_the_original(caller: &Handset) {
    dials(caller, "15550100", &["office-closed"]);
}

fn hears_what_was_said(caller: &Handset, by: &Handset) {
    caller.calls("15550100");
    caller.is_answered();
    caller.hears(by);
    caller.is_over();
}

#[test]
fn what_is_accepted_is_heard_by_callers_at_once_and_after_a_restart() {
    let world = office("");
    let [emil, caller] = phones(&world, ["105", "106"]);
    hears_the_original(&caller);
    opens(&emil);
    records(&world, &emil);
    emil.presses("2");
    emil.hears(&emil);
    emil.hears_prompt("vm-review");
    hears_the_original(&caller);
    emil.presses("1");
    emil.hears_prompt("record-saved");
    hears_what_was_said(&caller, &emil);
    emil.presses("2");
    emil.hears(&emil);
    emil.hangs_up();
    world.is_quiet();
    world.restart();
    hears_what_was_said(&caller, &emil);
    assert!(world.has_logged("service", "105 has recorded office-closed"), "{:?}", world.log());
}

#[test]
fn what_is_recorded_again_takes_its_place_and_the_original_can_be_put_back() {
    let world = office("");
    let [emil, caller] = phones(&world, ["105", "106"]);
    for _ in 0..2 {
        opens(&emil);
        records(&world, &emil);
        emil.presses("3");
        emil.hears_tone(BEEP);
        world.run_secs(3);
        emil.presses("#");
        emil.hears_prompt("vm-review");
        emil.presses("1");
        emil.hears_prompt("record-saved");
        emil.hangs_up();
        world.is_quiet();
    }
    // Of four that were spoken one is left.
    assert_eq!(world.store(|store| store.unlinked.len()), 3);
    hears_what_was_said(&caller, &emil);
    opens(&emil);
    emil.presses("3");
    emil.hears_prompt("dictate/truncating_audio");
    emil.presses("3");
    emil.hears_prompt("dictate/nothing");
    emil.hangs_up();
    hears_the_original(&caller);
    world.restart();
    hears_the_original(&caller);
    assert_eq!(world.store(|store| store.unlinked.len()), 4);
}

#[test]
fn what_was_not_accepted_changes_nothing() {
    let world = office("");
    let [emil, caller] = phones(&world, ["105", "106"]);
    opens(&emil);
    records(&world, &emil);
    emil.hangs_up();
    world.is_quiet();
    hears_the_original(&caller);
    opens(&emil);
    records(&world, &emil);
    emil.presses("*");
    emil.hears_prompt("record-unchanged");
    emil.hangs_up();
    world.is_quiet();
    hears_the_original(&caller);
    assert_eq!(world.store(|store| store.unlinked.len()), 2, "nothing is left of it");
}

#[test]
fn who_has_no_right_and_who_types_a_wrong_pin_is_told_so() {
    let world = office("");
    let [anna, caller] = phones(&world, ["101", "106"]);
    dials(&anna, "*291", &["call-not-allowed"]);
    caller.calls("*291");
    caller.is_refused(404);
    let world = office("4711");
    let [anna, emil] = phones(&world, ["101", "105"]);
    for attempt in 0..3 {
        anna.calls("*291");
        anna.is_answered();
        if attempt == 2 {
            anna.hears_prompt("auth-locked");
            anna.is_over();
            continue;
        }
        anna.hears_prompt("enter-password");
        for _ in 0..3 {
            anna.presses("1111#");
            anna.hears_prompt("auth-incorrect");
        }
        anna.is_over();
    }
    // The lock is hers alone.
    opens(&emil);
    emil.hangs_up();
    world.run_secs(900);
    anna.calls("*291");
    anna.is_answered();
    anna.hears_prompt("enter-password");
    anna.presses("4711#");
    anna.hears_prompt("announcement-menu");
    anna.presses("#");
    anna.is_over();
    dials(&emil, "*299", &["record-none"]);
    world.is_quiet();
}
