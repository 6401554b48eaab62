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

/// Whoever calls 102 makes its phone ring.
fn disturbs(caller: &Handset, ben: &Handset) {
    caller.calls("102");
    ben.rings();
    caller.hangs_up();
    ben.is_over();
}

#[test]
fn whom_the_user_lets_through_disturbs_it_and_others_do_not() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    dials(&ben, "*78103", &["digits/1", "digits/0", "digits/3", "enabled"]);
    dials(&ben, "*78", &["do-not-disturb", "activated"]);
    disturbs(&clara, &ben);
    finds_it_busy(&world, &anna, "102");
    clara.calls("600");
    ben.rings();
    clara.hangs_up();
    ben.is_over();
    anna.hangs_up();
    world.run_secs(2);
    world.restart();
    disturbs(&clara, &ben);
    dials(&ben, "*78103", &["digits/1", "digits/0", "digits/3", "disabled"]);
    finds_it_busy(&world, &clara, "102");
    ben.sees_nothing_for(Duration::from_secs(1));
}

#[test]
fn whom_the_office_lets_through_disturbs_everybody_and_a_number_from_outside_is_no_extension() {
    use crate::feature_codes::calls_in;
    use cordboard_exchange::TrunkSetup;
    use cordboard_sip::trunk::{Server, TrunkSettings};
    let settings =
        TrunkSettings { servers: vec![Server::parse("198.51.100.9:5060").unwrap()], ..Default::default() };
    // Its callers dial extensions.
    let trunk = TrunkSetup { settings, context: "internal".to_owned(), codecs: Vec::new() };
    let mut plan =
        cordboard_sim::Plan::shipped().with(|setup| setup.trunks = [("itsp".to_owned(), trunk)].into());
    let get_through = vec!["101".to_owned(), "+44 20 7946 0123".to_owned()];
    let configured = cordboard_dialplan::Configured { get_through, ..Default::default() };
    plan.dialplan = plan.dialplan.configured(configured);
    let world = World::new(&plan);
    let _provider = world.provider("198.51.100.9:5060");
    let [anna, ben] = phones(&world, ["101", "102"]);
    dials(&ben, "*78", &["do-not-disturb", "activated"]);
    disturbs(&anna, &ben);
    let _family = calls_in(&world, "102", "442079460123@itsp.example", 5_070);
    ben.rings();
    ben.declines(486);
    world.run_secs(2);
    ben.unseen();
    let _liar = calls_in(&world, "102", "101@itsp.example", 5_071);
    ben.sees_nothing_for(Duration::from_secs(2));
}
