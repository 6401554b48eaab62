//! What calls notice of reloads: 200 people talk, two call each other again and again with a lamp on one of them, and the dialplan is
//! changed and reloaded all the while.
//!
//! `cargo bench --bench reload`, with `-- 10000` for that many reloads. It runs in a folder and on ports of its own; phones and
//! voices are in this process, on real sockets.

#[path = "../tests/harness/figures.rs"]
mod figures;
#[path = "house/mod.rs"]
mod house;

// Of the tests: a lamp that subscribes by hand.
#[allow(dead_code, clippy::unwrap_used, clippy::panic, reason = "of the tests, and the bench uses a part")]
#[path = "../tests/harness/raw.rs"]
mod raw;
#[allow(dead_code, clippy::unwrap_used, clippy::panic, reason = "of the tests, and the bench uses a part")]
#[path = "../tests/harness/wait.rs"]
mod wait;
#[allow(dead_code, clippy::unwrap_used, clippy::panic, reason = "of the tests, and the bench uses a part")]
#[path = "../tests/harness/watcher.rs"]
mod watcher;

use anyhow::{Context, Result, bail, ensure};
use cordboard::admin::{Client, Request, Response};
use cordboard::config::Config;
use cordboard::poller::Poller;
use house::{House, Phones};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use watcher::Watcher;

/// Calls that talk all the while.
const CALLS: usize = 200;
/// Reloads, unless another number is given.
const RELOADS: usize = 1_000;
const ROUND: Duration = Duration::from_millis(20);
/// A round's packets are sent in so many groups, spread over its time.
const GROUPS: u32 = 20;
/// What is on its way arrives.
const REST: Duration = Duration::from_millis(500);

fn main() -> Result<()> {
    raise_file_limit();
    let wanted = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(RELOADS);
    let house = House::new(2 * CALLS + 3)?;
    let (exchange, _) = house.start()?;
    let mut phones = Phones::new(&house, 2 * CALLS + 2)?;
    phones.register()?;
    for call in 0..CALLS {
        phones.call(2 * call, 2 * call + 1)?;
    }
    let [caller, callee] = [2 * CALLS, 2 * CALLS + 1];
    let (watched, watching) = (house::number(callee), house::number(callee + 1));
    let mut lamp = Watcher::new(house.sip, &watching, &house.password(&watching)?, &watched);

    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicUsize::new(0));
    let voices = Voices::start(phones.lines()?, &stop)?;
    let before = exchange.cpu()?;
    let begun = Instant::now();
    let reloading = reload(&house, wanted, &stop, &done)?;
    let mut lit = 0;
    while !stop.load(Ordering::Relaxed) {
        phones.call(caller, callee)?;
        lamp.shows("confirmed");
        phones.hang_up(caller)?;
        lamp.shows("terminated");
        lit += 1;
        ensure!(phones.talking == 2 * CALLS, "{} of {} ends talk", phones.talking, 2 * CALLS);
    }
    reloading.join().map_err(|_| anyhow::anyhow!("the reloads panicked"))??;
    let (took, spent) = (begun.elapsed(), exchange.cpu()?.saturating_sub(before));
    let heard = voices.stop()?;
    let count = done.load(Ordering::Relaxed);
    println!(
        "{count} reloads in {:.1} s, {:.1} ms each; the exchange took {:.0} % of a core",
        took.as_secs_f64(),
        took.as_secs_f64() * 1e3 / count as f64,
        spent.as_secs_f64() / took.as_secs_f64() * 100.0
    );
    println!(
        "calls that ended by themselves: 0 of {CALLS}; calls set up and ended meanwhile: {lit}, each seen by the lamp"
    );
    println!(
        "packets: {} sent, {} lost; forwarded after {:.2} ms at the median, {:.2} at p99.9, {:.2} at worst; the goal is 20",
        heard.sent,
        heard.sent.saturating_sub(heard.delays_us.len()),
        heard.delay_ms(500),
        heard.delay_ms(999),
        heard.delay_ms(1_000),
    );
    println!(
        "worst pause in what somebody hears: {:.1} ms beyond the 20 between packets",
        heard.worst_gap_ms
    );
    figures::write(
        "Reloads while 200 calls talk and a lamp is watched",
        "10,000: no call and no NOTIFY lost, no pause over 20 ms",
        &format!(
            "{count}: no call of {CALLS} and no NOTIFY of {} lost, {} of {} packets lost, worst pause {:.1} ms",
            2 * lit,
            heard.sent.saturating_sub(heard.delays_us.len()),
            heard.sent,
            heard.worst_gap_ms
        ),
        "cargo bench --bench reload -- 10000",
    );
    for call in 0..CALLS {
        phones.hang_up(2 * call)?;
    }
    exchange.stop()
}

/// Changes the dialplan and reloads it, so many times.
fn reload(
    house: &House,
    wanted: usize,
    stop: &Arc<AtomicBool>,
    done: &Arc<AtomicUsize>,
) -> Result<std::thread::JoinHandle<Result<()>>> {
    let etc = house.folder.join("etc");
    let (socket, main) = (Config::check(&etc)?.admin_path(), house.folder.join("dialplan/main.rhai"));
    let (stop, done) = (Arc::clone(stop), Arc::clone(done));
    Ok(std::thread::Builder::new().name("reloads".to_owned()).spawn(move || {
        let outcome = reloads(&socket, &main, wanted, &done);
        stop.store(true, Ordering::Relaxed);
        outcome
    })?)
}

fn reloads(socket: &Path, main: &Path, wanted: usize, done: &AtomicUsize) -> Result<()> {
    let text = std::fs::read_to_string(main)?;
    let mut client = Client::connect(socket)?;
    for number in 0..wanted {
        std::fs::write(main, format!("{text}\n// {number}\n"))?;
        match client.ask_one(&Request::Reload { confirm_s: None })? {
            Response::Done => {}
            refused @ (Response::Failed(_)
            | Response::Exchange(_)
            | Response::Line(_)
            | Response::Entries(_)
            | Response::Missed(_)
            | Response::Dialplan(_)
            | Response::Text(_)) => bail!("reload {number}: {refused:?}"),
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// All ends of all calls speak, and hear.
struct Voices {
    stop: Arc<AtomicBool>,
    sender: std::thread::JoinHandle<Result<usize>>,
    receiver: std::thread::JoinHandle<Result<Heard>>,
}

/// What was heard.
#[derive(Default)]
struct Heard {
    sent: usize,
    delays_us: Vec<u32>,
    worst_gap_ms: f64,
}

impl Heard {
    /// The delay that so many thousandths of the packets do not exceed.
    fn delay_ms(&self, per_mille: usize) -> f64 {
        let last = self.delays_us.len().saturating_sub(1);
        let at = last * per_mille / 1_000;
        self.delays_us.get(at).map_or(f64::NAN, |us| f64::from(*us) / 1e3)
    }
}

impl Voices {
    fn start(lines: Vec<(UdpSocket, SocketAddr)>, stop: &Arc<AtomicBool>) -> Result<Self> {
        let sockets = lines.iter().map(|(socket, _)| socket.try_clone()).collect::<Result<Vec<_>, _>>()?;
        let (begun, over) = (Instant::now(), Arc::new(AtomicBool::new(false)));
        let (stop_sending, is_over) = (Arc::clone(stop), Arc::clone(&over));
        let sender = std::thread::Builder::new().name("voices".to_owned()).spawn(move || {
            let sent = speak(&lines, begun, &stop_sending);
            std::thread::park_timeout(REST);
            is_over.store(true, Ordering::Relaxed);
            sent
        })?;
        let receiver = std::thread::Builder::new()
            .name("ears".to_owned())
            .spawn(move || hear(&sockets, begun, &over))?;
        Ok(Self { stop: Arc::clone(stop), sender, receiver })
    }

    fn stop(self) -> Result<Heard> {
        self.stop.store(true, Ordering::Relaxed);
        let failed = |_| anyhow::anyhow!("a voice panicked");
        let sent = self.sender.join().map_err(failed)??;
        let mut heard = self.receiver.join().map_err(failed)??;
        heard.sent = sent;
        heard.delays_us.sort_unstable();
        Ok(heard)
    }
}

/// A packet from each line every 20 ms, each with the time at which it was sent.
fn speak(lines: &[(UdpSocket, SocketAddr)], begun: Instant, stop: &AtomicBool) -> Result<usize> {
    let mut packet = [0xD5; 172];
    packet[..12].copy_from_slice(&[0x80, 8, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
    let start = Instant::now();
    let group = lines.len().div_ceil(GROUPS as usize);
    let mut sent = 0;
    for round in 0u32.. {
        for (at, lines) in lines.chunks(group).enumerate() {
            let due = start + ROUND * round + ROUND * u32::try_from(at)? / GROUPS;
            std::thread::park_timeout(due.saturating_duration_since(Instant::now()));
            packet[2..4].copy_from_slice(&u16::try_from((round + 100) % 65_536)?.to_be_bytes());
            packet[4..8].copy_from_slice(&(round.wrapping_mul(160)).to_be_bytes());
            for (socket, to) in lines {
                packet[12..20].copy_from_slice(&u64::try_from(begun.elapsed().as_micros())?.to_be_bytes());
                socket.send_to(&packet, to)?;
                sent += 1;
            }
        }
        if stop.load(Ordering::Relaxed) {
            break;
        }
    }
    Ok(sent)
}

fn hear(sockets: &[UdpSocket], begun: Instant, over: &AtomicBool) -> Result<Heard> {
    let poller = Poller::new()?;
    for (index, socket) in sockets.iter().enumerate() {
        socket.set_nonblocking(true)?;
        poller.add(socket, index as u64)?;
    }
    let (mut heard, mut last) = (Heard::default(), vec![None::<u64>; sockets.len()]);
    let (mut ready, mut buffer) = (Vec::new(), [0; 2_048]);
    while !over.load(Ordering::Relaxed) {
        poller.wait(Some(Duration::from_millis(20)), &mut ready)?;
        for index in ready.iter().filter_map(|token| usize::try_from(*token).ok()) {
            while let Ok(size) = sockets[index].recv(&mut buffer) {
                // What was sent before the voices began has no time in it.
                if size != 172 || buffer[1] & 0x7F != 8 || buffer[12..20] == [0xD5; 8] {
                    continue;
                }
                let now = u64::try_from(begun.elapsed().as_micros())?;
                let sent = u64::from_be_bytes(buffer[12..20].try_into().context("eight bytes")?);
                heard.delays_us.push(u32::try_from(now.saturating_sub(sent))?);
                if let Some(last) = last[index].replace(now) {
                    let gap_ms = (now - last) as f64 / 1e3 - 20.0;
                    heard.worst_gap_ms = heard.worst_gap_ms.max(gap_ms);
                }
            }
        }
    }
    Ok(heard)
}

fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }) {
        eprintln!("the limit of open files: {error}");
    }
}
