//! 7777: an admin hears what somebody outside hears who calls the office.

use crate::feature_codes::{calls_in, dials, phones, with_trunk};

#[test]
fn an_open_office_rings_and_a_closed_one_is_heard_to_be_closed() {
    let (world, _provider) = with_trunk("from-itsp");
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("7777");
    assert_eq!(ben.rings().0, "101");
    ben.answers();
    anna.is_answered();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    dials(&ben, "*280", &["callflow-night"]);
    dials(&anna, "77775550199", &["office-closed"]);
    assert!(world.has_logged("script", "101 calls 15550100 as somebody outside would"), "{:?}", world.log());
    world.is_quiet();
}

#[test]
fn redial_and_call_return_know_nothing_of_it() {
    let (world, _provider) = with_trunk("from-itsp");
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    anna.calls("102");
    ben.rings();
    anna.hangs_up();
    ben.is_over();
    clara.calls("7777");
    ben.rings();
    clara.hangs_up();
    world.run_secs(2);
    ben.calls("*69");
    ben.is_answered();
    for prompt in ["info-about-last-call", "digits/1", "digits/0", "digits/1"] {
        ben.hears_prompt(prompt);
    }
    ben.hangs_up();
    dials(&clara, "*66", &["no-last-call"]);
}

#[test]
fn somebody_outside_can_not_dial_it() {
    let (world, _provider) = with_trunk("internal");
    let [anna] = phones(&world, ["101"]);
    let stranger = calls_in(&world, "7777", "442079460123@itsp.example", 5_070);
    stranger.receives("SIP/2.0 603");
    anna.sees_nothing_for(core::time::Duration::from_secs(1));
}
