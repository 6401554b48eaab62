//! Blind and attended transfer.

use crate::basic_call::OFFICE;
use cordboard_phone::Command;
use cordboard_sim::{Handset, World};

fn three() -> (World, Handset, Handset, Handset) {
    let world = World::with_dialplan(OFFICE);
    let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
    (world, anna, ben, clara)
}

fn ends(world: &World, one: &Handset, other: &Handset) {
    one.hangs_up();
    other.is_over();
    world.is_quiet();
    assert!(!world.records().is_empty());
}

#[test]
fn a_caller_hands_the_callee_to_a_third_and_leaves() {
    let (world, anna, ben, clara) = three();
    anna.calls_and_talks_with("102", &ben);
    anna.does(Command::Transfer("103".to_owned()));
    clara.rings();
    clara.answers();
    anna.transfer_ends(200);
    ben.talks_with(&clara);
    world.run_secs(5);
    assert!(anna.lines().is_empty(), "the one who transferred is out");
    ends(&world, &ben, &clara);
}

#[test]
fn a_callee_hands_the_caller_to_a_third_and_leaves() {
    let (world, anna, ben, clara) = three();
    anna.calls_and_talks_with("102", &ben);
    ben.does(Command::Transfer("103".to_owned()));
    clara.rings();
    clara.answers();
    ben.transfer_ends(200);
    anna.talks_with(&clara);
    world.run_secs(5);
    assert!(ben.lines().is_empty());
    ends(&world, &clara, &anna);
}

#[test]
fn a_blind_transfer_to_a_busy_phone_comes_back_to_the_one_who_transferred() {
    let (world, anna, ben, clara) = three();
    anna.calls_and_talks_with("102", &ben);
    anna.does(Command::Transfer("103".to_owned()));
    clara.rings();
    clara.declines(486);
    anna.transfer_ends(486);
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn an_attended_transfer_connects_the_two_and_leaves_the_third_out() {
    let (world, anna, ben, clara) = three();
    anna.calls_and_talks_with("102", &ben);
    anna.holds();
    anna.calls("103");
    clara.rings();
    clara.answers();
    anna.is_answered();
    clara.hears(&anna);
    anna.does(Command::TransferAttended);
    ben.talks_with(&clara);
    world.run_secs(5);
    assert!(anna.lines().is_empty(), "the one who transferred is out");
    ends(&world, &ben, &clara);
}

#[test]
fn an_attended_transfer_by_the_callee_connects_the_two() {
    let (world, anna, ben, clara) = three();
    anna.calls_and_talks_with("102", &ben);
    ben.holds();
    anna.hears_music("default");
    ben.calls("103");
    clara.rings();
    clara.answers();
    ben.is_answered();
    ben.does(Command::TransferAttended);
    anna.talks_with(&clara);
    world.run_secs(5);
    assert!(ben.lines().is_empty());
    ends(&world, &anna, &clara);
}
