//! The numbers of the shipped dialplan, as an office finds it.

use cordboard_sim::{Plan, World};
use core::time::Duration;

fn office() -> World {
    World::new(&Plan::shipped())
}

#[test]
fn the_echo_test_gives_back_the_callers_own_voice() {
    let world = office();
    let anna = world.registered("101");
    anna.calls("*43");
    anna.is_answered();
    anna.hears_prompt("demo-echotest");
    anna.hears(&anna);
    anna.presses("#");
    anna.hears_prompt("demo-echodone");
    anna.is_over();
    world.is_quiet();
}

#[test]
fn the_milliwatt_is_heard() {
    let world = office();
    let anna = world.registered("101");
    anna.calls("*41");
    anna.is_answered();
    anna.hears_tone([1_004, 0]);
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn a_phone_is_told_its_own_number_digit_by_digit() {
    let world = office();
    let anna = world.registered("103");
    anna.calls("*65");
    anna.is_answered();
    for prompt in ["your", "extension", "number", "is", "digits/1", "digits/0", "digits/3"] {
        anna.hears_prompt(prompt);
    }
    anna.is_over();
}

#[test]
fn the_clock_says_the_time() {
    let world = office();
    let anna = world.registered("101");
    anna.calls("*60");
    anna.is_answered();
    for _ in 0..2 {
        anna.hears_prompt("at-tone-time-exactly");
        anna.hears_prompt("digits/9");
        assert!(world.run_until(|_| anna.hears_a_tone_of(&[1_000]), Duration::from_secs(20)));
        // A world begins on the full minute. The ear hears the last fifth of a second, a little after it was said.
        let past_ms = world.now().as_micros() / 1_000 % 10_000;
        assert!(past_ms < 600, "{past_ms} ms after the time");
    }
    world.run_secs(90);
    anna.is_over();
    world.is_quiet();
}

#[test]
fn a_number_that_does_not_exist_is_explained() {
    let world = office();
    let anna = world.registered("101");
    anna.calls("777");
    anna.hears_prompt("pbx-invalid");
    anna.is_refused(404);
}

#[test]
fn a_busy_colleague_is_explained_by_the_mailbox() {
    let world = office();
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("102");
    ben.rings();
    ben.declines(486);
    for prompt in ["vm-theperson", "digits/1", "digits/0", "digits/2", "vm-isonphone", "vm-intro"] {
        anna.hears_prompt(prompt);
    }
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn the_ring_group_rings_everybody_who_is_there() {
    let world = office();
    let anna = world.registered("101");
    let others = ["102", "104", "106"].map(|user| world.registered(user));
    anna.calls("600");
    others.iter().for_each(|phone| drop(phone.rings()));
    others[2].answers();
    anna.is_answered();
    anna.talks_with(&others[2]);
    assert_eq!(others[0].is_over().sip, Some(200));
}
