//! A million random schedules: `nice cargo run --release --example schedules -p cordboard-queue [count] [first seed]`.

#[path = "../tests/schedule/mod.rs"]
mod schedule;

use std::sync::atomic::{AtomicU64, Ordering};

/// The seed that runs, for whoever has to look into a failure.
static SEED: AtomicU64 = AtomicU64::new(0);

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let count = arguments.next().unwrap_or(1_000_000);
    let first = arguments.next().unwrap_or(0);
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        eprintln!("seed {}", SEED.load(Ordering::Relaxed));
        usual(info);
    }));
    let (mut served, mut rung) = (0, 0);
    for seed in first..first + count {
        SEED.store(seed, Ordering::Relaxed);
        let (more_served, more_rung) = schedule::run_seed(seed, 40);
        served += more_served;
        rung += more_rung;
        if (seed + 1 - first).is_multiple_of(100_000) {
            println!("{} schedules: {served} callers served, {rung} attempts", seed + 1 - first);
        }
    }
    println!("{count} schedules, {served} callers served, {rung} attempts: nothing that must not be");
}
