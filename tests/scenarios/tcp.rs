//! Phones on TCP over slow lines: what they write arrives in pieces, cut anywhere.

use crate::basic_call::OFFICE;
use cordboard_sim::{Handset, Plan, StreamLink, World};
use core::time::Duration;

fn phones(seed: u64, link: StreamLink) -> (World, Handset, Handset) {
    let world = World::new(&Plan::new(OFFICE).seed(seed));
    world.stream_link(link);
    let [anna, ben] = ["101", "102"].map(|user| world.phone_with(user, |spec| spec.tcp = true));
    anna.registers();
    ben.registers();
    (world, anna, ben)
}

fn a_call_of_everything(world: &World, anna: &Handset, ben: &Handset) {
    anna.calls_and_talks_with("102", ben);
    anna.holds();
    anna.resumes();
    anna.talks_with(ben);
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
    assert_eq!(world.record().hangup_by, "callee");
}

#[test]
fn messages_cut_at_any_byte_are_put_together_again() {
    for (seed, segment_max) in [(1, 1), (2, 3), (3, 40), (4, 1_460)] {
        let link = StreamLink { segment_max, ..StreamLink::default() };
        let (world, anna, ben) = phones(seed, link);
        a_call_of_everything(&world, &anna, &ben);
    }
}

#[test]
fn a_slow_and_uneven_line_only_takes_longer() {
    for seed in 1..=4 {
        let link = StreamLink {
            delay: Duration::from_millis(300),
            jitter: Duration::from_millis(40),
            segment_max: 200,
        };
        let (world, anna, ben) = phones(seed, link);
        a_call_of_everything(&world, &anna, &ben);
    }
}

#[test]
fn a_line_that_is_slower_than_timers_retransmits_nothing() {
    let (world, anna, ben) =
        phones(1, StreamLink { delay: Duration::from_millis(900), ..StreamLink::default() });
    anna.calls("102");
    ben.rings();
    world.run_secs(2);
    let invites = world.ladder_of(&anna).iter().filter(|line| line.starts_with("< INVITE")).count();
    assert_eq!(invites, 2, "one, and one with credentials (RFC 3261 §17.1.1.2: no Timer A on streams)");
    ben.answers();
    anna.is_answered();
    ben.hangs_up();
    anna.is_over();
}
