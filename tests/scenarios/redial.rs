//! Codes that dial a number: call return, redial, speed dial.

use crate::feature_codes::{OUTSIDER, calls_in, dials, gives_up, hears_at_last, office, phones, with_trunk};
use cordboard_sip::message::Method;

#[test]
fn the_last_caller_is_said_and_called_back() {
    let world = office();
    let [anna, ben] = phones(&world, ["101", "102"]);
    dials(&ben, "*69", &["no-last-call"]);
    anna.calls("102");
    ben.rings();
    anna.hangs_up();
    ben.is_over();
    world.run_secs(1);
    ben.calls("*69");
    ben.is_answered();
    for prompt in
        ["info-about-last-call", "digits/1", "digits/0", "digits/1", "to-call-this-number", "press-1"]
    {
        ben.hears_prompt(prompt);
    }
    ben.presses("1");
    assert_eq!(anna.rings().0, "102");
    anna.answers();
    anna.talks_with(&ben);
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn a_last_caller_who_hid_the_number_is_not_given_away() {
    let world = office();
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("*67102");
    ben.rings();
    anna.hangs_up();
    ben.is_over();
    world.run_secs(1);
    dials(&ben, "*69", &["info-about-last-call", "from-unknown-caller", "unidentified-no-callback"]);
    assert!(
        !world
            .store(|store| format!("{:?}", store.values.get(&("last-caller".into(), "102".into()))))
            .contains("101")
    );
}

#[test]
fn a_caller_from_outside_is_called_back_by_the_trunk() {
    let (world, provider) = with_trunk("from-itsp");
    let [anna] = phones(&world, ["101"]);
    let from = format!("{OUTSIDER}@itsp.example");
    let caller = calls_in(&world, "15550100", &from, 5_070);
    anna.rings();
    gives_up(&caller, "15550100", &from, 5_070);
    anna.is_over();
    world.run_secs(1);
    anna.calls("*69");
    anna.is_answered();
    anna.hears_prompt("info-about-last-call");
    hears_at_last(&anna, &world, "press-1");
    anna.presses("1");
    world.run_secs(2);
    let invite = provider.got(&Method::Invite).pop().unwrap();
    assert!(String::from_utf8_lossy(&invite.to_bytes()).contains(&format!("INVITE sip:{OUTSIDER}@")));
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn the_number_that_was_dialled_last_is_dialled_again() {
    let world = office();
    let [anna, ben] = phones(&world, ["101", "102"]);
    dials(&anna, "*66", &["no-last-call"]);
    for code in ["102", "*66", "*66"] {
        anna.calls(code);
        ben.rings();
        anna.hangs_up();
        ben.is_over();
        world.run_secs(1);
    }
    world.is_quiet();
}

#[test]
fn redial_dials_what_was_dialled_and_not_where_that_was_forwarded() {
    let world = office();
    let [anna, ben, clara] = phones(&world, ["101", "102", "103"]);
    ben.calls("*72103");
    ben.is_over();
    anna.calls("102");
    clara.rings();
    anna.hangs_up();
    world.run_secs(1);
    ben.calls("*73");
    ben.is_over();
    anna.calls("*66");
    ben.rings();
    anna.hangs_up();
    world.is_quiet();
}
