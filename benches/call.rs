//! What a whole call costs the exchange: INVITE to BYE, both legs, UDP, with digest, the project's dialplan and all layers
//! from the parser to the call record; without sockets, and without the phones.
//!
//! `cargo bench --bench call`. One run with phones writes down all that the exchange is told, at 100 calls a second with 500
//! calls up; each round tells a new exchange the same again, and its thread's processor time is what counts.

#[path = "measure/mod.rs"]
mod measure;
#[path = "office/mod.rs"]
mod office;

use anyhow::{Result, ensure};
use measure::{spread, thread_cpu};
use office::{Office, Plan, Told};

/// As in the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Callers and called.
const USERS: usize = 200;
/// Calls before those that count: tables have grown, transactions come and go at the same rate.
const WARM: Plan = Plan { calls: 4_000, every_us: 10_000, held_s: 5 };
const CALLS: Plan = Plan { calls: 4_000, every_us: 10_000, held_s: 5 };
const ROUNDS: usize = 7;
/// The goal of the project, in µs.
const GOAL_US: f64 = 250.0;

fn main() -> Result<()> {
    let mut office = Office::new(USERS)?;
    office::play(&mut office, WARM)?;
    let warm = office.told.len();
    let [got, sent] = office.datagrams;
    let (talking, ended) = (office.talking, office.ended);
    office::play(&mut office, CALLS)?;
    ensure!(office.talking - talking == 2 * CALLS.calls, "{} ends talked", office.talking - talking);
    ensure!(office.ended - ended == 2 * CALLS.calls, "{} ends were over", office.ended - ended);
    let per_call = |count: usize| count as f64 / CALLS.calls as f64;
    println!(
        "{} calls: {:.1} datagrams in, {:.1} out, {:.1} turns a call",
        CALLS.calls,
        per_call(office.datagrams[0] - got),
        per_call(office.datagrams[1] - sent),
        per_call(office.told.len() - warm),
    );
    let told = std::mem::take(&mut office.told);
    drop(office);
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push(round(told.clone(), warm)?);
    }
    let us = spread(rounds);
    println!("{us} µs of processor time a call; the goal is {GOAL_US}");
    Ok(())
}

/// Microseconds a call.
fn round(mut told: Vec<Told>, warm: usize) -> Result<f64> {
    let mut exchange = office::exchange(USERS)?;
    let counted = told.split_off(warm.min(told.len()));
    for one in told {
        office::tell(&mut exchange, one);
    }
    let before = thread_cpu();
    let mut outputs = 0;
    for one in counted {
        outputs += office::tell(&mut exchange, one);
    }
    let spent = thread_cpu().saturating_sub(before);
    ensure!(outputs > CALLS.calls * 20, "the exchange did not do the same again: {outputs} outputs");
    Ok(spent.as_secs_f64() * 1e6 / CALLS.calls as f64)
}
