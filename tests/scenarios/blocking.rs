//! The block list, and users who refuse callers without a number.

use crate::feature_codes::{OUTSIDER, calls_in, dials, gives_up, hears_at_last, phones, with_trunk};
use cordboard_sim::{Handset, World};

fn outsider() -> String {
    format!("{OUTSIDER}@itsp.example")
}

fn is_turned_away(world: &World, port: u16) {
    calls_in(world, "15550100", &outsider(), port).receives("SIP/2.0 603");
}

fn gets_through(world: &World, anna: &Handset, port: u16) {
    let caller = calls_in(world, "15550100", &outsider(), port);
    assert_eq!(anna.rings().0, OUTSIDER);
    gives_up(&caller, "15550100", &outsider(), port);
    anna.is_over();
}

#[test]
fn a_number_is_blocked_by_its_digits() {
    let (world, _provider) = with_trunk("from-itsp");
    let [anna] = phones(&world, ["101"]);
    gets_through(&world, &anna, 5_070);
    anna.calls("*30");
    anna.is_answered();
    anna.hears_prompt("blocklist-enter");
    anna.presses(&format!("{OUTSIDER}#"));
    anna.hears_prompt("digits/4");
    hears_at_last(&anna, &world, "blocklist-confirm");
    anna.presses("1");
    anna.hears_prompt("blocklist-added");
    anna.is_over();
    is_turned_away(&world, 5_071);
}

#[test]
fn a_number_that_is_unblocked_gets_through_again() {
    let (world, _provider) = with_trunk("from-itsp");
    let [anna, ben] = phones(&world, ["101", "102"]);
    ben.calls(&format!("*30{OUTSIDER}"));
    ben.is_answered();
    hears_at_last(&ben, &world, "blocklist-confirm");
    ben.presses("1");
    ben.hears_prompt("blocklist-added");
    ben.is_over();
    is_turned_away(&world, 5_071);
    // What it says has, in this world, the tone of another prompt that was played: that the caller gets through is what counts.
    anna.calls(&format!("*31{OUTSIDER}"));
    anna.is_answered();
    anna.is_over();
    gets_through(&world, &anna, 5_072);
    dials(&anna, &format!("*31{OUTSIDER}"), &["blocklist-notthere"]);
}

#[test]
fn the_last_caller_is_blocked_when_that_is_confirmed() {
    let (world, _provider) = with_trunk("from-itsp");
    let [anna] = phones(&world, ["101"]);
    dials(&anna, "*32", &["no-last-call"]);
    gets_through(&world, &anna, 5_070);
    world.run_secs(1);
    for (key, said) in [("2", "goodbye"), ("1", "blocklist-added")] {
        anna.calls("*32");
        anna.is_answered();
        anna.hears_prompt("info-about-last-call");
        anna.hears_prompt("digits/4");
        hears_at_last(&anna, &world, "blocklist-confirm");
        anna.presses(key);
        anna.hears_prompt(said);
        anna.is_over();
    }
    is_turned_away(&world, 5_071);
}

#[test]
fn who_refuses_hidden_numbers_is_not_reached_by_them() {
    let (world, _provider) = with_trunk("from-itsp");
    let [anna, ben] = phones(&world, ["101", "102"]);
    dials(&ben, "*77", &["anonymous-refused", "activated"]);
    anna.calls("*67102");
    anna.hears_prompt("privacy-blocked");
    anna.is_refused(603);
    anna.calls("102");
    assert_eq!(ben.rings().0, "101");
    anna.hangs_up();
    ben.is_over();
    let _caller = calls_in(&world, "15550100", "anonymous@anonymous.invalid", 5_070);
    anna.rings();
    ben.sees_nothing_for(core::time::Duration::from_secs(1));
}

#[test]
fn hidden_numbers_are_taken_again_when_that_is_switched_off() {
    let (world, _provider) = with_trunk("from-itsp");
    let [anna, ben] = phones(&world, ["101", "102"]);
    dials(&ben, "*77", &["anonymous-refused", "activated"]);
    dials(&ben, "*77", &["anonymous-refused", "de-activated"]);
    anna.calls("*67102");
    assert_ne!(ben.rings().0, "101", "who calls is not shown");
    anna.hangs_up();
    world.is_quiet();
}
