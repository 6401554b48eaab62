//! Transfers by digits: ## and *2 while two talk.

use cordboard_phone::Happening;
use cordboard_sim::{Handset, Plan, World};

fn office() -> String {
    r#"
let internal = context("internal");
internal.on("_1XX", |ch| {
    let r = ch.dial(user(ch.dialed), #{ timeout: 40, transfer: true, disconnect: "callee" });
    if r.status != "answered" { ch.hangup("no-answer"); }
});
internal.on("88", |ch| { ch.dial(user("102"), #{ timeout: 20, transfer: "caller" }); });
internal.on("106", |ch| {
    let r = ch.dial(user("103"), #{ timeout: 5 });
    if r.status != "answered" { ch.play("vm-nobodyavail"); ch.hangup("no-answer"); }
});
internal.on("700", |ch| { ch.answer(); ch.play("welcome"); ch.wait(60); });
internal.on("99", |ch| { ch.dial(user("102"), #{ timeout: 20 }); });
"#
    .to_owned()
}

/// Anna has called Ben, and they talk.
pub(crate) fn talking() -> (World, [Handset; 4]) {
    let world = World::with_dialplan(&office());
    let phones = ["101", "102", "103", "104"].map(|user| world.registered(user));
    let [anna, ben, ..] = &phones;
    anna.calls_and_talks_with("102", ben);
    (world, phones)
}

pub(crate) fn is_rung(phone: &Handset) -> bool {
    phone.unseen().iter().any(|happening| matches!(happening, Happening::Incoming { .. }))
}

/// The transferer has typed the code, and the partner waits.
pub(crate) fn types(transferer: &Handset, partner: &Handset, code: &str) {
    transferer.presses(code);
    transferer.hears_prompt("pbx-transfer");
    partner.hears_music("default");
}

#[test]
fn a_blind_transfer_of_the_caller_leads_it_to_the_number() {
    let (world, [anna, ben, clara, _]) = talking();
    types(&ben, &anna, "##");
    ben.presses("103#");
    ben.is_over();
    assert_eq!(clara.rings().0, "101", "it is her caller");
    clara.answers();
    anna.talks_with(&clara);
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn a_blind_transfer_of_the_callee_by_the_caller() {
    let (world, [anna, ben, clara, _]) = talking();
    types(&anna, &ben, "##");
    anna.presses("103");
    anna.is_over();
    assert_eq!(clara.rings().0, "102");
    clara.answers();
    ben.talks_with(&clara);
    clara.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_number_that_there_is_not_is_told_three_times_and_the_two_talk_again() {
    let (world, [anna, ben, ..]) = talking();
    types(&ben, &anna, "##");
    ben.presses("5#");
    ben.hears_prompt("pbx-invalid");
    ben.presses("6#");
    ben.hears_prompt("pbx-invalid");
    ben.presses("7#");
    ben.hears_prompt("beeperr");
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn who_is_not_allowed_to_only_sends_digits() {
    let world = World::with_dialplan(&office());
    let [anna, ben] = ["101", "102"].map(|user| world.registered(user));
    anna.calls_and_talks_with("99", &ben);
    ben.presses("##");
    world.run_secs(2);
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn digits_too_far_apart_are_no_code() {
    let (world, [anna, ben, ..]) = talking();
    ben.presses("#");
    world.run_secs(2);
    ben.presses("#");
    world.run_secs(2);
    anna.talks_with(&ben);
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn the_callee_ends_the_talk_with_two_stars_and_the_caller_does_not() {
    let (world, [anna, ben, ..]) = talking();
    anna.presses("**");
    world.run_secs(2);
    anna.talks_with(&ben);
    ben.presses("**");
    ben.is_over();
    anna.is_over();
    world.is_quiet();
}

/// Ben consults Clara, who has answered; Anna waits.
pub(crate) fn consulting() -> (World, [Handset; 4]) {
    let (world, phones) = talking();
    let [anna, ben, clara, _] = &phones;
    types(ben, anna, "*2");
    ben.presses("103#");
    assert_eq!(clara.rings().0, "102", "he calls her himself");
    anna.hears_music("default");
    clara.answers();
    ben.talks_with(clara);
    anna.hears_music("default");
    (world, phones)
}

#[test]
fn an_attended_transfer_is_completed_by_hanging_up() {
    let (world, [anna, ben, clara, _]) = consulting();
    ben.hangs_up();
    anna.talks_with(&clara);
    clara.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn an_attended_transfer_is_completed_by_star_4() {
    let (world, [anna, ben, clara, _]) = consulting();
    ben.presses("*4");
    ben.is_over();
    anna.talks_with(&clara);
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn star_3_leads_back_to_the_partner() {
    let (world, [anna, ben, clara, _]) = consulting();
    anna.unseen();
    ben.presses("*3");
    world.run_ms(300);
    // The key that brings them together again is down still: what is left of it is not for her.
    let digits = anna.unseen().into_iter().filter(|seen| format!("{seen:?}").starts_with("Digit"));
    assert_eq!(digits.count(), 0);
    clara.is_over();
    anna.talks_with(&ben);
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
}

/// Which digits these phones hear while somebody types and the 300 ms after it.
fn digits_heard(world: &World, phones: &[&Handset], types: impl FnOnce()) -> Vec<usize> {
    phones.iter().for_each(|phone| drop(phone.unseen()));
    types();
    world.run_ms(300);
    let digits = |phone: &&Handset| {
        phone.unseen().into_iter().filter(|seen| format!("{seen:?}").starts_with("Digit")).count()
    };
    phones.iter().map(digits).collect()
}

#[test]
fn who_a_key_brings_into_a_talk_hears_no_rest_of_it() {
    for (what, code) in [("aborted", "*3"), ("completed", "*4"), ("of three", "*5"), ("changed over", "*6")] {
        let (world, [anna, ben, clara, _]) = consulting();
        // Clara is in the talk in which he types.
        assert_eq!(digits_heard(&world, &[&anna], || ben.presses(code)), [0], "{what}");
        if code == "*6" {
            assert_eq!(digits_heard(&world, &[&clara], || ben.presses(code)), [0], "changed over again");
        }
    }
    let (world, [anna, ben, clara, _]) = talking();
    types(&ben, &anna, "##");
    let heard = digits_heard(&world, &[&anna, &clara], || ben.presses("103#"));
    assert_eq!(heard, [0, 0], "blind");
    clara.rings();
    clara.answers();
    anna.talks_with(&clara);
    let heard = digits_heard(&world, &[&anna, &clara], || world.run_secs(1));
    assert_eq!(heard, [0, 0], "blind, answered");
}

#[test]
fn star_6_changes_over_and_back() {
    let (world, [anna, ben, clara, _]) = consulting();
    ben.presses("*6");
    anna.talks_with(&ben);
    clara.hears_music("default");
    ben.presses("*6");
    ben.talks_with(&clara);
    anna.hears_music("default");
    ben.hangs_up();
    anna.talks_with(&clara);
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn star_5_is_a_talk_of_three_and_goes_on_as_one_of_two() {
    let (world, [anna, ben, clara, _]) = consulting();
    ben.presses("*5");
    world.run_secs(2);
    let hears = |phone: &Handset| phone.ear().len();
    assert_eq!([&anna, &ben, &clara].map(hears), [2, 2, 2], "each hears the other two");
    ben.hangs_up();
    anna.talks_with(&clara);
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn who_was_consulted_hangs_up_and_the_two_talk_again() {
    let (world, [anna, ben, clara, _]) = consulting();
    clara.hangs_up();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn the_partner_hangs_up_and_the_consultation_goes_on() {
    let (world, [anna, ben, clara, _]) = consulting();
    anna.hangs_up();
    world.run_secs(1);
    ben.talks_with(&clara);
    ben.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn nobody_answers_within_15_seconds_and_the_two_talk_again() {
    let (world, [anna, ben, clara, _]) = talking();
    types(&ben, &anna, "*2");
    ben.presses("103#");
    clara.rings();
    world.run_secs(14);
    ben.hears_prompt("beeperr");
    clara.is_over();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_call_handed_over_while_it_rings_is_answered_by_the_other() {
    let (world, [anna, ben, clara, _]) = talking();
    types(&ben, &anna, "*2");
    ben.presses("103#");
    clara.rings();
    world.run_secs(1);
    ben.hangs_up();
    clara.answers();
    anna.talks_with(&clara);
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn a_caller_that_transfers_attended_hands_over_its_callee() {
    let (world, [anna, ben, clara, _]) = talking();
    types(&anna, &ben, "*2");
    anna.presses("103#");
    clara.rings();
    clara.answers();
    anna.talks_with(&clara);
    anna.hangs_up();
    ben.talks_with(&clara);
    clara.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_program_can_be_consulted_and_given_the_partner() {
    let (world, [anna, ben, ..]) = talking();
    types(&ben, &anna, "*2");
    ben.presses("700#");
    ben.hears_prompt("welcome");
    ben.hangs_up();
    world.run_secs(2);
    assert_eq!(anna.lines().len(), 1, "she is where he was");
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn it_is_the_same_with_cuts() {
    let run = |cuts: Option<u64>| {
        let world = World::new(&Plan::new(&office()));
        if let Some(cuts) = cuts {
            world.cut_and_restore(cuts, 150);
        }
        let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
        anna.calls_and_talks_with("102", &ben);
        ben.presses("*2");
        world.run_secs(1);
        ben.presses("103#");
        clara.rings();
        clara.answers();
        world.run_secs(2);
        ben.presses("*6");
        world.run_secs(2);
        ben.presses("*5");
        world.run_secs(2);
        ben.hangs_up();
        world.run_secs(2);
        anna.hangs_up();
        world.run_secs(40);
        (world.trace().len(), world.media_trace(), world.records())
    };
    assert_eq!(run(None), run(Some(1)));
}

#[test]
fn only_the_caller_transfers_where_the_dialplan_says_so() {
    let world = World::with_dialplan(&office());
    let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
    anna.calls_and_talks_with("88", &ben);
    ben.presses("##");
    world.run_secs(2);
    anna.talks_with(&ben);
    types(&anna, &ben, "##");
    anna.presses("103#");
    clara.rings();
    clara.answers();
    ben.talks_with(&clara);
    ben.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn the_number_is_complete_three_seconds_after_its_last_digit() {
    let (world, [anna, ben, clara, _]) = talking();
    types(&ben, &anna, "##");
    for digit in ["1", "0", "3"] {
        ben.presses(digit);
        world.run_ms(2_000);
    }
    assert!(!is_rung(&clara));
    world.run_ms(1_500);
    clara.rings();
    anna.hangs_up();
    clara.is_over();
    world.is_quiet();
}

#[test]
fn star_3_gives_up_while_it_rings_and_who_was_called_stops_ringing() {
    let (world, [anna, ben, clara, _]) = talking();
    types(&ben, &anna, "*2");
    ben.presses("103#");
    clara.rings();
    ben.presses("*3");
    clara.is_over();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn of_a_talk_of_three_the_others_go_on_whoever_leaves() {
    let (world, [anna, ben, clara, _]) = consulting();
    ben.presses("*5");
    world.run_secs(2);
    clara.hangs_up();
    world.run_secs(1);
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
    let (world, [anna, ben, clara, _]) = consulting();
    ben.presses("*5");
    world.run_secs(2);
    anna.hangs_up();
    world.run_secs(1);
    ben.talks_with(&clara);
    clara.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn who_hangs_up_instead_of_typing_a_number_ends_the_talk() {
    let (world, [anna, ben, ..]) = talking();
    types(&ben, &anna, "##");
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
}
