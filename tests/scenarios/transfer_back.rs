//! Transfers that nobody answers: the call comes back to who has transferred it.

use crate::transfer_codes::{is_rung, talking, types};
use cordboard_sim::Handset;

/// A blind transfer by digits.
fn hands_over(ben: &Handset, anna: &Handset, number: &str) {
    types(ben, anna, "##");
    ben.presses(number);
    ben.is_over();
}

#[test]
fn a_call_handed_over_that_nobody_answers_comes_back_to_who_has_transferred_it() {
    let (world, [anna, ben, clara, _]) = talking();
    types(&ben, &anna, "*2");
    ben.presses("103#");
    clara.rings();
    world.run_secs(1);
    ben.hangs_up();
    clara.is_over();
    assert_eq!(ben.rings().0, "101", "he is called back");
    anna.hears_music("default");
    ben.declines(486);
    world.run_secs(11);
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
    assert!(!is_rung(&clara));
}

#[test]
fn a_blind_transfer_that_nobody_answers_comes_back_and_the_display_says_why() {
    let (world, [anna, ben, clara, david]) = talking();
    hands_over(&ben, &anna, "103#");
    clara.rings();
    clara.declines(486);
    clara.is_over();
    assert_eq!(ben.rings(), ("101".to_owned(), "Busy 103: Anna".to_owned()));
    anna.hears_music("default");
    ben.answers();
    anna.talks_with(&ben);
    // He tries somebody else.
    hands_over(&ben, &anna, "104#");
    david.rings();
    david.answers();
    anna.talks_with(&david);
    anna.hangs_up();
    david.is_over();
    world.is_quiet();
}

#[test]
fn a_program_that_only_says_why_nobody_answers_gives_the_call_back_as_well() {
    let (world, [anna, ben, clara, _]) = talking();
    hands_over(&ben, &anna, "106#");
    clara.rings();
    world.run_secs(5);
    clara.is_over();
    anna.hears_prompt("vm-nobodyavail");
    assert_eq!(ben.rings(), ("101".to_owned(), "No answer 106: Anna".to_owned()));
    ben.answers();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_blind_transfer_that_is_answered_does_not_come_back_when_that_talk_is_over() {
    let (world, [anna, ben, clara, _]) = talking();
    hands_over(&ben, &anna, "103#");
    clara.rings();
    clara.answers();
    anna.talks_with(&clara);
    clara.hangs_up();
    anna.is_over();
    world.is_quiet();
    assert!(!is_rung(&ben));
}

#[test]
fn a_phone_that_transfers_by_its_own_key_and_hangs_up_is_called_back_too() {
    let (world, [anna, ben, clara, _]) = talking();
    ben.does(cordboard_phone::Command::Transfer("103".to_owned()));
    clara.rings();
    ben.hangs_up();
    clara.declines(603);
    clara.is_over();
    assert_eq!(ben.rings(), ("101".to_owned(), "Declined 103: Anna".to_owned()));
    ben.answers();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn if_the_transferer_does_not_answer_either_the_call_is_over_after_two_tries() {
    let (world, [anna, ben, clara, _]) = talking();
    hands_over(&ben, &anna, "103#");
    clara.rings();
    clara.declines(486);
    for _ in 0..2 {
        ben.rings();
        ben.declines(486);
        world.run_secs(11);
    }
    anna.is_over();
    world.is_quiet();
}
