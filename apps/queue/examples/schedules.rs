//! A million random schedules: `nice cargo run --release --example schedules -p cordboard-queue [count] [first seed]`.

#[path = "../tests/schedule/mod.rs"]
mod schedule;

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let count = arguments.next().unwrap_or(1_000_000);
    let first = arguments.next().unwrap_or(0);
    let (mut served, mut rung) = (0, 0);
    for seed in first..first + count {
        let (more_served, more_rung) = schedule::run_seed(seed, 40);
        served += more_served;
        rung += more_rung;
        if (seed + 1) % 100_000 == 0 {
            println!("{} schedules: {served} callers served, {rung} attempts", seed + 1 - first);
        }
    }
    println!("{count} schedules, {served} callers served, {rung} attempts: nothing that must not be");
}
