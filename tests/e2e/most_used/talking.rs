//! What is done with a talk: hold, transfers by keys of the phone and by digits, recording, pickup, parking, listening in.

use super::Office;
use crate::harness::plan::{Plan, project};
use crate::harness::wait;
use cordboard_phone::Command;
use std::fs;

/// 101 and 102 talk; 103 is there.
fn talk() -> Office {
    let mut office = Office::open(&[101, 102, 103]);
    office.connects(101, 102);
    office
}

#[test]
fn who_is_held_hears_music_and_then_the_other_again() {
    let mut office = talk();
    office.does(101, Command::Hold);
    office.does_not_hear(102, 101);
    office.hears_something(102);
    office.does(101, Command::Resume);
    office.hear_each_other(101, 102);
    office.hangs_up(101);
}

#[test]
fn a_blind_transfer_by_the_phones_key_connects_the_other_two() {
    let mut office = talk();
    office.does(102, Command::Transfer("103".to_owned()));
    office.rings(103, "101");
    office.answers(103);
    office.is_over(102);
    office.hear_each_other(101, 103);
    office.hangs_up(101);
}

#[test]
fn an_attended_transfer_by_the_phones_key_connects_the_other_two() {
    let mut office = talk();
    office.does(102, Command::Hold);
    office.calls(102, "103");
    office.rings(103, "102");
    office.answers(103);
    office.talks(102);
    office.hears(103, 102);
    office.does(102, Command::TransferAttended);
    office.is_over(102);
    office.hear_each_other(101, 103);
    office.hangs_up(103);
}

#[test]
fn a_blind_transfer_by_digits_connects_the_other_two() {
    let mut office = talk();
    office.presses(101, "##103");
    office.rings(103, "102");
    office.answers(103);
    office.is_over(101);
    office.hear_each_other(102, 103);
    office.hangs_up(102);
}

#[test]
fn an_attended_transfer_by_digits_connects_the_other_two() {
    let mut office = talk();
    office.presses(101, "*2103");
    office.rings(103, "101");
    office.answers(103);
    office.hear_each_other(101, 103);
    // Meanwhile the other one has music.
    office.does_not_hear(102, 101);
    office.hangs_up(101);
    office.hear_each_other(102, 103);
    office.hangs_up(102);
}

#[test]
fn three_talk_after_an_attended_transfer_that_was_made_a_three_way_call() {
    let mut office = talk();
    office.presses(101, "*2103");
    office.rings(103, "101");
    office.answers(103);
    office.hear_each_other(101, 103);
    office.presses(101, "*5");
    office.hear_each_other(102, 103);
    office.hear_each_other(101, 102);
    office.hear_each_other(101, 103);
    office.hangs_up(101);
}

#[test]
fn a_code_holds_and_takes_back_and_another_one_ends_the_talk() {
    let mut office = talk();
    office.presses(101, "*9");
    office.does_not_hear(102, 101);
    office.hears_something(102);
    office.presses(101, "*9");
    office.hear_each_other(101, 102);
    office.presses(102, "**");
    assert_eq!((office.is_over(101), office.is_over(102)), (None, None));
}

#[test]
fn a_call_that_rings_elsewhere_is_picked_up_by_group_and_by_number() {
    let mut office = Office::open(&[101, 102, 103, 105, 106]);
    office.calls(105, "102");
    office.rings(102, "105");
    office.calls(101, "*8");
    office.talks(101);
    office.talks(105);
    office.hear_each_other(101, 105);
    office.hangs_up(105);
    office.is_over(101);
    office.is_over(102);
    // 106 is in no group.
    office.calls(105, "103");
    office.rings(103, "105");
    office.calls(106, "**103");
    office.talks(106);
    office.talks(105);
    office.hear_each_other(105, 106);
    office.hangs_up(106);
}

#[test]
fn a_call_is_parked_by_a_transfer_and_fetched_at_another_phone() {
    let mut office = talk();
    office.does(102, Command::Transfer("700".to_owned()));
    office.is_over(102);
    office.hears_something(101);
    office.does_not_hear(101, 102);
    let parked = wait::until("the parked call", wait::SOON, || {
        office.crowd.turn();
        office.exchange.asks_json(&["parked", "--json"]).pop()
    });
    assert_eq!(parked["slot"].to_string().trim_matches('"'), "701", "{parked}");
    office.calls(103, "701");
    office.talks(103);
    office.hear_each_other(101, 103);
    office.hangs_up(103);
    office.is_over(101);
}

#[test]
fn a_call_is_parked_at_a_place_of_ones_choice_and_the_next_who_asks_gets_it() {
    let mut office = talk();
    office.does(101, Command::Transfer("*88705".to_owned()));
    office.is_over(101);
    wait::until("the parked call", wait::SOON, || {
        office.crowd.turn();
        (office.exchange.asks_json(&["parked", "--json"]).len() == 1).then_some(())
    });
    office.calls(103, "*85");
    office.talks(103);
    office.hear_each_other(102, 103);
    office.hangs_up(102);
}

fn users(change: impl Fn(String) -> String) -> String {
    change(fs::read_to_string(project().join("etc/users.toml")).unwrap())
}

#[test]
fn a_code_in_the_talk_records_both_sides() {
    let users = users(|text| {
        text.replace("name = \"Ann Archer\"\n", "name = \"Ann Archer\"\nrecord = \"on-demand\"\n")
    });
    let mut office = Office::of(&Plan::sample().file("etc/users.toml", &users), &[101, 102]);
    office.connects(101, 102);
    office.hear_each_other(101, 102);
    office.presses(101, "*1");
    office.goes_on(3_000);
    office.hangs_up(101);
    office.is_over(102);
    let file = wait::until("the recording", wait::SOON, || office.exchange.recordings().pop());
    let wav = wait::until("both sides in it", wait::SOON, || {
        let wav = crate::harness::ear::Wav::read(&file)?;
        (wav.moments_with(1, super::VOICES[1]).0 >= 5).then_some(wav)
    });
    assert!(wav.moments_with(0, super::VOICES[0]).0 >= 5, "Ann's side");
}

#[test]
fn who_may_listens_to_a_talk_and_joins_it() {
    let users =
        users(|text| text.replace("name = \"Reception\"\n", "name = \"Reception\"\nmay_spy = true\n"));
    let mut office = Office::of(&Plan::sample().file("etc/users.toml", &users), &[101, 102, 103, 105]);
    office.connects(101, 102);
    office.calls(105, "555");
    office.talks(105);
    office.presses(105, "101#");
    office.hears(105, 101);
    office.hears(105, 102);
    office.does_not_hear(101, 105);
    // 6 joins the talk.
    office.presses(105, "6");
    office.hears(101, 105);
    office.hears(102, 105);
    office.hangs_up(105);
    // Who may not is told so.
    office.calls(103, "555");
    office.talks(103);
    office.presses(103, "101#");
    office.is_over(103);
    office.hangs_up(101);
}
