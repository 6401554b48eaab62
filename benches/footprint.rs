//! What the real binary takes of the machine: how soon it answers, what it holds in memory, idle and with calls, and its
//! processor time for a call with all that is around the cores.
//!
//! `cargo bench --bench footprint`. It runs in a folder and on ports of its own; the phones are cores in this process, on real
//! sockets.

#[path = "house/mod.rs"]
mod house;
#[path = "measure/mod.rs"]
mod measure;

use anyhow::Result;
use house::{Exchange, House, Phones};
use measure::spread;
use std::time::Duration;

/// Callers are the first half.
const USERS: usize = 100;
/// Answered calls at a time, eight for each caller.
const CALLS: usize = 400;
/// The first of them page in the code that calls run: what one takes is measured between this number and all.
const FIRST: usize = 100;
/// Starts after the first one, which also draws passwords and makes a certificate.
const STARTS: usize = 7;
/// Threads come to rest.
const REST: Duration = Duration::from_secs(2);

fn main() -> Result<()> {
    raise_file_limit();
    let house = House::new(USERS)?;
    let ms = |span: Duration| span.as_secs_f64() * 1e3;
    let (exchange, first) = house.start()?;
    exchange.stop()?;
    println!("start to first answered OPTIONS, the first start ever: {:.1} ms", ms(first));
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let (exchange, took) = house.start()?;
        exchange.stop()?;
        starts.push(ms(took));
    }
    println!("start to first answered OPTIONS, later starts: {} ms; the goal is 100", spread(starts));

    let (exchange, _) = house.start()?;
    let mut phones = Phones::new(&house, USERS)?;
    phones.run_for(REST)?;
    let idle = print("idle", &exchange)?;
    println!("idle: {:.1} MB; the goal is 25", idle.resident / 1e3 * 1.024);
    phones.register()?;
    phones.run_for(REST)?;
    let registered = print("registered phones", &exchange)?;
    let before = exchange.cpu()?;
    talk(&mut phones, 0..FIRST)?;
    phones.run_for(REST)?;
    let first = print("the first calls up", &exchange)?;
    talk(&mut phones, FIRST..CALLS)?;
    phones.run_for(REST)?;
    let up = print("all calls up", &exchange)?;
    let per_call = |up: f64, before: f64, calls: usize| (up - before) / calls as f64 * 1.024;
    println!(
        "an answered call: {:.1} KB resident, {:.1} of them anonymous, from call {FIRST} to {CALLS}; the goal is 60",
        per_call(up.resident, first.resident, CALLS - FIRST),
        per_call(up.anonymous, first.anonymous, CALLS - FIRST),
    );
    println!(
        "  each of the first {FIRST}, with the code that they page in: {:.1} KB resident",
        per_call(first.resident, registered.resident, FIRST)
    );
    hang_up(&mut phones)?;
    let spent = exchange.cpu()?.saturating_sub(before);
    println!(
        "the whole process, sockets, ports, log and store with it: {:.0} µs of processor time a call",
        spent.as_secs_f64() * 1e6 / CALLS as f64
    );
    print("calls over", &exchange)?;
    talk(&mut phones, 0..CALLS)?;
    phones.run_for(REST)?;
    let again = print("as many calls again", &exchange)?;
    println!("the second time: {:.1} KB more for each call", per_call(again.resident, up.resident, CALLS));
    hang_up(&mut phones)?;
    exchange.stop()
}

fn talk(phones: &mut Phones, calls: std::ops::Range<usize>) -> Result<()> {
    calls
        .into_iter()
        .try_for_each(|call| phones.call(call % (USERS / 2), USERS / 2 + (call * 7) % (USERS / 2)))
}

fn hang_up(phones: &mut Phones) -> Result<()> {
    (0..CALLS).try_for_each(|call| phones.hang_up(call % (USERS / 2)))
}

#[derive(Clone, Copy)]
struct Memory {
    resident: f64,
    anonymous: f64,
}

fn print(when: &str, exchange: &Exchange) -> Result<Memory> {
    let memory =
        Memory { resident: exchange.memory_kib("Rss")?, anonymous: exchange.memory_kib("Anonymous")? };
    println!("{when:>20}: {:.0} KiB resident, {:.0} anonymous", memory.resident, memory.anonymous);
    Ok(memory)
}

fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        eprintln!("the limit of open files: {error}");
    }
}
