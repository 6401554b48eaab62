//! Things that happen at the same moment.

use crate::basic_call::OFFICE;
use cordboard_phone::Command;
use cordboard_sim::{Plan, World};

#[test]
fn an_answer_and_a_cancel_that_cross_leave_no_call_and_one_record() {
    for (seed, ms) in (0..=8u64).enumerate() {
        let world = World::new(&Plan::new(OFFICE).seed(seed as u64));
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        anna.calls("102");
        ben.rings();
        anna.sees_ringing();
        world.run_secs(1);
        ben.does(Command::Answer);
        world.run_ms(ms);
        anna.does(Command::Hangup(None));
        anna.is_over();
        ben.is_over();
        world.is_quiet();
        assert_eq!(world.records().len(), 1, "{ms} ms after the answer");
        assert!(anna.lines().is_empty() && ben.lines().is_empty());
    }
}

#[test]
fn both_hang_up_at_once() {
    for ms in 0..=5 {
        let world = World::with_dialplan(OFFICE);
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        anna.calls_and_talks_with("102", &ben);
        anna.does(Command::Hangup(None));
        world.run_ms(ms);
        ben.does(Command::Hangup(None));
        anna.is_over();
        ben.is_over();
        world.is_quiet();
        assert_eq!(world.records().len(), 1);
    }
}

#[test]
fn two_of_a_group_answer_at_once_and_one_talks() {
    const GROUP: &str = r#"
let internal = context("internal");
internal.on("600", |ch| { ch.dial([user("102"), user("103")], #{ timeout: 30 }); });
"#;
    let world = World::with_dialplan(GROUP);
    let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
    anna.calls("600");
    ben.rings();
    clara.rings();
    ben.does(Command::Answer);
    clara.does(Command::Answer);
    anna.is_answered();
    world.run_secs(3);
    let (talks, other) = if ben.lines().is_empty() { (&clara, &ben) } else { (&ben, &clara) };
    assert!(other.lines().is_empty(), "only one may have the call");
    anna.talks_with(talks);
    anna.hangs_up();
    talks.is_over();
    world.is_quiet();
    assert_eq!(world.records().len(), 1);
}

#[test]
fn a_caller_who_hangs_up_at_once_leaves_nothing() {
    for ms in [0, 1, 3, 5, 8, 12, 20, 40] {
        let world = World::with_dialplan(OFFICE);
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        anna.calls("102");
        world.run_ms(ms);
        anna.does(Command::Hangup(None));
        world.run_secs(40);
        assert!(anna.lines().is_empty() && ben.lines().is_empty(), "after {ms} ms");
        world.is_quiet();
    }
}

#[test]
fn two_who_call_each_other_at_once_both_ring() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("102");
    ben.calls("101");
    anna.rings();
    ben.rings();
    anna.hangs_up();
    world.run_secs(1);
    ben.hangs_up();
    world.run_secs(40);
    assert_eq!(world.records().len(), 2);
}
