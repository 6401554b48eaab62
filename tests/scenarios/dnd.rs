//! Do not disturb and call waiting: what is heard, and how callers find the phone.

use crate::feature_codes::{dials, office, phones};
use cordboard_sim::{Handset, World};
use core::time::Duration;

/// The caller is told by the mailbox that it is busy.
fn finds_it_busy(world: &World, caller: &Handset, number: &str) {
    caller.calls(number);
    for prompt in ["vm-theperson", "digits/1", "digits/0", "digits/2", "vm-isonphone"] {
        caller.hears_prompt(prompt);
    }
    caller.hangs_up();
    world.run_secs(1);
}

#[test]
fn who_is_not_to_be_disturbed_does_not_ring_and_is_busy_to_callers() {
    let world = office();
    let [anna, ben] = phones(&world, ["101", "102"]);
    for (code, said) in
        [("*78", "activated"), ("*76", "de-activated"), ("*76", "activated"), ("*79", "de-activated")]
    {
        dials(&ben, code, &["do-not-disturb", said]);
        if said == "activated" {
            finds_it_busy(&world, &anna, "102");
            ben.sees_nothing_for(Duration::from_secs(1));
        } else {
            anna.calls("102");
            ben.rings();
            anna.hangs_up();
            ben.is_over();
        }
    }
    world.is_quiet();
}

#[test]
fn who_is_not_to_be_disturbed_still_calls_others_and_forwards() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    dials(&ben, "*78", &["do-not-disturb", "activated"]);
    ben.calls_and_talks_with("101", &anna);
    ben.hangs_up();
    ben.calls("*90103");
    ben.is_over();
    anna.calls("102");
    clara.rings();
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn the_ring_group_leaves_out_who_is_not_to_be_disturbed() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    dials(&ben, "*78", &["do-not-disturb", "activated"]);
    anna.calls("600");
    clara.rings();
    ben.sees_nothing_for(Duration::from_secs(2));
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn do_not_disturb_is_kept_over_a_restart() {
    let world = office();
    let [anna, ben] = phones(&world, ["101", "102"]);
    dials(&ben, "*78", &["do-not-disturb", "activated"]);
    world.restart();
    finds_it_busy(&world, &anna, "102");
}

#[test]
fn without_call_waiting_a_second_call_finds_the_phone_busy() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    clara.calls_and_talks_with("102", &ben);
    anna.calls("102");
    ben.rings();
    anna.hangs_up();
    clara.hangs_up();
    world.is_quiet();
    dials(&ben, "*71", &["call-waiting", "de-activated"]);
    clara.calls_and_talks_with("102", &ben);
    finds_it_busy(&world, &anna, "102");
    clara.hangs_up();
    dials(&ben, "*70", &["call-waiting", "activated"]);
    clara.calls_and_talks_with("102", &ben);
    anna.calls("102");
    ben.rings();
    anna.hangs_up();
    clara.hangs_up();
    world.is_quiet();
}
