//! What others notice of hostile scripts: a hundred of them, called again and again, beside a hundred calls that talk.
//!
//! `cargo bench --bench hostile`, with `-- 60` for that many seconds. It runs in a folder and on ports of its own. How long
//! signalling takes is how long the exchange takes to answer OPTIONS, asked some hundred times a second, without hostile calls
//! and with them; beside that, two people call each other again and again.

#[path = "../tests/harness/figures.rs"]
mod figures;
#[path = "house/mod.rs"]
mod house;
#[allow(dead_code, reason = "the scenarios use more of it")]
#[path = "../tests/scenarios/hostile/kinds.rs"]
mod kinds;

use anyhow::{Context, Result, ensure};
use house::{House, Phones};
use kinds::KINDS;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Calls that talk all the while.
const GOOD: usize = 100;
/// How long hostile scripts run, unless another number is given.
const SECONDS: u64 = 20;
/// Between two questions: no divisor of anything that happens regularly.
const ASK_EVERY: Duration = Duration::from_micros(3_770);
/// Between a hostile call and the next one of the same phone: what is measured is scripts, and not how many calls there are.
const REST: Duration = Duration::from_secs(1);
/// No answer within so long is counted as that.
const PATIENCE: Duration = Duration::from_millis(500);
/// The goal of the project.
const GOAL_MS: f64 = 5.0;

fn main() -> Result<()> {
    let seconds = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(SECONDS);
    let span = Duration::from_secs(seconds);
    let first_hostile = 2 * GOOD + 2;
    let house = House::new(first_hostile + KINDS.len())?;
    arm(&house, first_hostile)?;
    let (exchange, _) = house.start()?;
    let mut phones = Phones::new(&house, first_hostile)?;
    phones.register()?;
    for call in 0..GOOD {
        phones.call(2 * call, 2 * call + 1)?;
    }
    let (stop, called) = (AtomicBool::new(false), AtomicUsize::new(0));
    told("nobody hostile", &measure(&house, &mut phones, span / 4)?);
    let before = exchange.cpu()?;
    let loaded = std::thread::scope(|scope| {
        let hostile = scope.spawn(|| call_again_and_again(&house, first_hostile, &stop, &called));
        let loaded = measure(&house, &mut phones, span);
        stop.store(true, Ordering::Relaxed);
        hostile.join().map_err(|_| anyhow::anyhow!("the hostile callers panicked"))??;
        loaded
    })?;
    told("a hundred hostile scripts", &loaded);
    let spent = exchange.cpu()?.saturating_sub(before);
    println!(
        "hostile calls made: {}; the exchange took {:.0} % of a core and {:.0} MiB; p99 is to be at most {GOAL_MS} ms",
        called.load(Ordering::Relaxed),
        spent.as_secs_f64() / span.as_secs_f64() * 100.0,
        exchange.memory_kib("Pss")? / 1_024.0,
    );
    ensure!(phones.talking == 2 * GOOD, "{} of {} ends talk", phones.talking, 2 * GOOD);
    for call in 0..GOOD {
        phones.hang_up(2 * call)?;
    }
    println!("calls that ended by themselves: 0 of {GOOD}; {}", errors(&house)?);
    figures::write(
        "How long signalling takes beside a hundred hostile scripts and a hundred good calls",
        &format!("p99 {GOAL_MS} ms, no good call ends"),
        &format!("p99 {:.2} ms, none of {GOOD} ended", at(&loaded.answers, 990)),
        "cargo bench --bench hostile",
    );
    exchange.stop()
}

/// Puts the scripts into the office, and a user for each.
fn arm(house: &House, first: usize) -> Result<()> {
    std::fs::write(house.folder.join("dialplan").join(kinds::FILE), kinds::script())?;
    let main = house.folder.join("dialplan/main.rhai");
    let text = std::fs::read_to_string(&main)?;
    std::fs::write(&main, format!("import \"hostile\" as hostile;\n{text}"))?;
    let users = house.folder.join("etc/users.toml");
    let mut text = std::fs::read_to_string(&users)?;
    for n in 0..KINDS.len() {
        let head = format!("[user.{}]\n", house::number(first + n));
        ensure!(text.contains(&head), "no {head}");
        let mut with = head.clone();
        writeln!(with, "context = \"h{n}\"")?;
        text = text.replacen(&head, &with, 1);
    }
    Ok(std::fs::write(&users, text)?)
}

/// Everybody calls its script, and again some time after that is over.
fn call_again_and_again(house: &House, first: usize, stop: &AtomicBool, called: &AtomicUsize) -> Result<()> {
    let mut phones = Phones::of(house, first..first + KINDS.len())?;
    let mut due: Vec<(Instant, usize)> = (0..KINDS.len()).map(|phone| (Instant::now(), phone)).collect();
    while !stop.load(Ordering::Relaxed) {
        let now = Instant::now();
        due.extend(std::mem::take(&mut phones.over).into_iter().map(|phone| (now + REST, phone)));
        let (ready, later) = due.into_iter().partition(|(at, _)| *at <= now);
        due = later;
        let ready: Vec<(Instant, usize)> = ready;
        for (_, phone) in ready {
            phones.dials(phone, "1")?;
            called.fetch_add(1, Ordering::Relaxed);
        }
        phones.run_for(Duration::from_millis(20))?;
    }
    Ok(())
}

/// What was measured, in ms, in order of size.
struct Measured {
    answers: Vec<f64>,
    unanswered: usize,
    set_ups: Vec<f64>,
}

fn measure(house: &House, phones: &mut Phones, span: Duration) -> Result<Measured> {
    let (sip, stop) = (house.sip, AtomicBool::new(false));
    let pair = (2 * GOOD, 2 * GOOD + 1);
    let mut set_ups = Vec::new();
    let (mut answers, unanswered) = std::thread::scope(|scope| {
        let asking = scope.spawn(|| ask(sip, &stop));
        let begun = Instant::now();
        let mut calls = || -> Result<()> {
            while begun.elapsed() < span {
                let called = Instant::now();
                phones.call(pair.0, pair.1)?;
                set_ups.push(called.elapsed().as_secs_f64() * 1e3);
                phones.run_for(Duration::from_millis(30))?;
                phones.hang_up(pair.0)?;
            }
            Ok(())
        };
        let outcome = calls();
        stop.store(true, Ordering::Relaxed);
        let answers = asking.join().map_err(|_| anyhow::anyhow!("who asks panicked"))?;
        outcome.and(answers)
    })?;
    answers.sort_by(f64::total_cmp);
    set_ups.sort_by(f64::total_cmp);
    Ok(Measured { answers, unanswered, set_ups })
}

/// Asks OPTIONS until told to stop: how long each answer took, and how many questions had none.
fn ask(sip: SocketAddr, stop: &AtomicBool) -> Result<(Vec<f64>, usize)> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(PATIENCE))?;
    let local = socket.local_addr()?;
    let (mut answers, mut unanswered, mut buffer) = (Vec::new(), 0, [0; 2_048]);
    for number in 0u64.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        std::thread::park_timeout(ASK_EVERY);
        let request = format!(
            "OPTIONS sip:{sip} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bKh{number};rport\r\nMax-Forwards: 70\r\n\
             From: <sip:probe@{local}>;tag=1\r\nTo: <sip:{sip}>\r\nCall-ID: h{number}@{local}\r\nCSeq: 1 OPTIONS\r\n\
             Content-Length: 0\r\n\r\n"
        );
        let sent = Instant::now();
        socket.send_to(request.as_bytes(), sip)?;
        let wanted = format!("h{number}@");
        loop {
            let Ok(size) = socket.recv(&mut buffer) else {
                unanswered += 1;
                break;
            };
            // One that comes late is another question's.
            if String::from_utf8_lossy(&buffer[..size]).contains(&wanted) {
                answers.push(sent.elapsed().as_secs_f64() * 1e3);
                break;
            }
        }
    }
    Ok((answers, unanswered))
}

/// What so many thousandths do not exceed.
fn at(all: &[f64], per_mille: usize) -> f64 {
    let last = all.len().saturating_sub(1);
    all.get(last * per_mille / 1_000).copied().unwrap_or(f64::NAN)
}

fn told(what: &str, Measured { answers, unanswered, set_ups }: &Measured) {
    println!(
        "{what}: {} answers after {:.2} ms at the median, {:.2} at p99, {:.2} at p99.9, {:.2} at worst, {unanswered} never",
        answers.len(),
        at(answers, 500),
        at(answers, 990),
        at(answers, 999),
        at(answers, 1_000),
    );
    println!(
        "  {} calls from INVITE to talk in {:.1} ms at the median, {:.1} at p99, {:.1} at worst",
        set_ups.len(),
        at(set_ups, 500),
        at(set_ups, 990),
        at(set_ups, 1_000),
    );
}

/// What the log says of the scripts.
fn errors(house: &House) -> Result<String> {
    let mut lines = 0;
    let mut seen = vec![false; KINDS.len()];
    for file in ["var/cordboard.log.1", "var/cordboard.log"] {
        let Ok(text) = std::fs::read_to_string(house.folder.join(file)) else { continue };
        for line in text.lines().filter(|line| line.contains("script error")) {
            lines += 1;
            let place =
                line.split(&format!("{}:", kinds::FILE)).nth(1).context("an error without a place")?;
            let number = place.split(':').next().and_then(|number| number.parse::<usize>().ok());
            if let Some(seen) = number.and_then(|number| seen.get_mut(number - 1)) {
                *seen = true;
            }
        }
    }
    let kinds = seen.iter().filter(|seen| **seen).count();
    Ok(format!("{lines} script errors in the log, of {kinds} kinds, each with its place"))
}
