//! Hold and resume, from either side.

use crate::basic_call::OFFICE;
use cordboard_phone::Command;
use cordboard_sim::{Handset, World};

fn talking() -> (World, Handset, Handset) {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    (world, anna, ben)
}

fn held_and_taken_back(holder: &Handset, other: &Handset) {
    holder.holds();
    other.hears_music("default");
    holder.hears_nothing();
    holder.resumes();
    holder.talks_with(other);
}

#[test]
fn the_callee_hears_music_while_the_caller_holds_and_then_the_caller_again() {
    let (world, anna, ben) = talking();
    held_and_taken_back(&anna, &ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn the_caller_hears_music_while_the_callee_holds_and_then_the_callee_again() {
    let (world, anna, ben) = talking();
    held_and_taken_back(&ben, &anna);
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
}

#[test]
fn a_call_is_held_again_and_again() {
    let (_world, anna, ben) = talking();
    for _ in 0..3 {
        held_and_taken_back(&anna, &ben);
        held_and_taken_back(&ben, &anna);
    }
}

#[test]
fn who_is_held_again_hears_the_music_further_on() {
    let (world, anna, ben) = talking();
    for talked_secs in [3, 7, 1] {
        anna.holds();
        ben.hears_music_by_the_clock("default");
        world.run_secs(5);
        ben.hears_music_by_the_clock("default");
        anna.resumes();
        anna.talks_with(&ben);
        world.run_secs(talked_secs);
    }
}

#[test]
fn a_held_call_can_be_ended_by_either_side() {
    for caller_ends in [true, false] {
        let (world, anna, ben) = talking();
        anna.holds();
        ben.hears_music("default");
        let (ends, other) = if caller_ends { (&anna, &ben) } else { (&ben, &anna) };
        ends.hangs_up();
        other.is_over();
        world.is_quiet();
    }
}

#[test]
fn a_call_held_for_ten_minutes_is_not_taken_for_dead() {
    let (world, anna, ben) = talking();
    anna.holds();
    ben.hears_music("default");
    world.run_secs(600);
    anna.resumes();
    anna.talks_with(&ben);
}

#[test]
fn holds_of_both_at_the_same_moment_and_their_ends_leave_a_call_that_talks() {
    let (world, anna, ben) = talking();
    anna.does(Command::Hold);
    ben.does(Command::Hold);
    world.run_secs(5);
    anna.hears_nothing();
    ben.hears_nothing();
    anna.does(Command::Resume);
    ben.does(Command::Resume);
    world.run_secs(10);
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}
