//! Whatever happens in whatever order: no caller is given to two agents, no agent to two callers, nobody is forgotten, nobody slips
//! past, no agent gets stuck.

mod schedule;

use proptest::prelude::*;
use schedule::{Op, Run, run_seed};

/// Schedules of every run of the tests; `cargo run --release --example schedules -p cordboard-queue` makes a million.
const SEEDS: u64 = 1_500;

#[test]
fn no_schedule_of_thousands_breaks_a_queue() {
    schedules(0);
}

#[test]
fn nor_does_one_of_further_thousands() {
    schedules(SEEDS);
}

fn schedules(first: u64) {
    let (mut served, mut rung) = (0, 0);
    for seed in first..first + SEEDS {
        let (more_served, more_rung) = run_seed(seed, 40);
        served += more_served;
        rung += more_rung;
    }
    assert!(served > SEEDS * 5 && rung > served, "{served} served, {rung} rung: schedules do something");
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (any::<u8>(), any::<u8>()).prop_map(|(queue, priority)| Op::Join { queue, priority }),
        1 => any::<u8>().prop_map(Op::HangUp),
        4 => (any::<u8>(), any::<u8>()).prop_map(|(caller, agent)| Op::Answer { caller, agent }),
        1 => any::<u8>().prop_map(Op::Decline),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(caller, by_agent)| Op::EndTalk { caller, by_agent }),
        1 => any::<u8>().prop_map(Op::Transfer),
        1 => any::<u8>().prop_map(Op::Away),
        1 => any::<u8>().prop_map(Op::Back),
        1 => any::<u8>().prop_map(Op::Played),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(agent, paused)| Op::Pause { agent, paused }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(agent, into)| Op::Login { agent, into }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(agent, busy)| Op::OwnCall { agent, busy }),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(agent, offline)| Op::Offline { agent, offline }),
        2 => (0u16..15_000).prop_map(|ms| Op::Pass { ms }),
        1 => Just(Op::Restore),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_schedule_breaks_a_queue(
        strategy in 0usize..8,
        agents in 1usize..6,
        ops in prop::collection::vec(op(), 0..80),
    ) {
        let mut run = Run::new(strategy, agents);
        ops.into_iter().for_each(|op| run.step(op));
        run.finish();
    }
}
