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
    anna.transfer_ends(200);
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
    ben.transfer_ends(200);
    anna.talks_with(&clara);
    world.run_secs(5);
    assert!(ben.lines().is_empty());
    ends(&world, &anna, &clara);
}

const EXPORTING: &str = r#"
let internal = context("internal");
internal.on("702", |ch| { ch.export("rank", "gold"); ch.vars["own"] = "x"; ch.dial(user("102"), #{ timeout: 25 }); });
internal.on("800", |ch| {
    ch.play("enter");
    ch.read(#{ max: 1, timeout: 20 });
    if ch.vars["rank"] == "gold" && ch.vars["own"] == () { ch.play("welcome"); }
    ch.wait(60);
});
"#;

#[test]
fn an_attended_transfer_takes_exported_variables_along() {
    let world = World::with_dialplan(EXPORTING);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("702");
    ben.rings();
    ben.answers();
    anna.is_answered();
    ben.holds();
    ben.calls("800");
    ben.is_answered();
    ben.hears_prompt("enter");
    ben.does(Command::TransferAttended);
    ben.transfer_ends(200);
    world.run_secs(2);
    anna.presses("1");
    anna.hears_prompt("welcome");
    anna.hangs_up();
    world.is_quiet();
}
