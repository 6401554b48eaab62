//! Loss, jitter and duplicates: calls are set up and torn down all the same.

use crate::basic_call::OFFICE;
use cordboard_sim::{Link, Plan, World};
use core::time::Duration;

#[test]
fn with_a_tenth_of_all_packets_lost_calls_are_set_up_and_torn_down() {
    for seed in 1..=12 {
        let world = World::new(&Plan::new(OFFICE).seed(seed));
        let (anna, ben) = (world.phone("101"), world.phone("102"));
        world.link(&anna, Link::lossy(10));
        world.link(&ben, Link::lossy(10));
        anna.registers();
        ben.registers();
        anna.calls("102");
        ben.rings();
        ben.answers();
        anna.is_answered();
        anna.hears(&ben);
        ben.hears(&anna);
        let (ends, other) = if seed % 2 == 0 { (&anna, &ben) } else { (&ben, &anna) };
        ends.hangs_up();
        other.is_over();
        world.is_quiet();
        assert_eq!(world.record().legs.len(), 2, "seed {seed}");
    }
}

#[test]
fn packets_that_come_twice_and_out_of_order_change_nothing() {
    let link = Link {
        delay: Duration::from_millis(20),
        jitter: Duration::from_millis(60),
        loss_percent: 2,
        duplicate_percent: 20,
    };
    for seed in 1..=6 {
        let world = World::new(&Plan::new(OFFICE).seed(seed));
        let (anna, ben) = (world.phone("101"), world.phone("102"));
        world.link(&anna, link);
        world.link(&ben, link);
        anna.registers();
        ben.registers();
        anna.calls("102");
        ben.rings();
        ben.answers();
        anna.is_answered();
        anna.presses("7");
        ben.gets_digits("7");
        anna.hangs_up();
        ben.is_over();
        world.is_quiet();
        assert_eq!(world.records().len(), 1, "seed {seed}");
    }
}

#[test]
fn a_phone_that_vanishes_in_a_call_does_not_keep_the_other_on_a_dead_line() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls_and_talks_with("102", &ben);
    world.link(&anna, Link::lossy(100));
    let vanished_at = world.now();
    ben.is_over();
    let after_s = world.now().since(vanished_at).as_secs();
    assert!((29..=33).contains(&after_s), "the office waits 30 s for packets: {after_s}");
    world.is_quiet();
    assert_eq!(world.records().len(), 1);
}
