//! What relaying a packet costs: 400 calls through the real media worker and real sockets on loopback, against a bare loop that
//! receives and sends the same packets without looking at them, in the same run. CPU time of the relaying thread alone, from the
//! scheduler's own account. Prints nanoseconds a packet and their ratio; the goal is a ratio of 1.5 at most.
//!
//! `cargo bench --bench relay`

use anyhow::{Context, Result, ensure};
use cordboard::clock::Clock;
use cordboard::media::{KeepRecordings, Media, MediaConfig};
use cordboard::poller::Poller;
use cordboard::wake::Waker;
use cordboard_base::{CallId, Format, Interface, LegId, Networks};
use cordboard_media::{Command, Event, Source, StreamSeed, StreamSetup};
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const CALLS: usize = 400;
const LEGS: usize = 2 * CALLS;
/// Of 20 ms each.
const ROUNDS: usize = 150;
/// A round's packets are sent in so many groups, spread over its time.
const GROUPS: usize = 20;
const PACKET_SIZE: usize = 172;
/// Of 20 ms each without a packet: then nothing is under way any more.
const QUIET_ROUNDS: usize = 10;

fn main() -> Result<()> {
    let most = rustix::process::getrlimit(rustix::process::Resource::Nofile).maximum;
    let limit = rustix::process::Rlimit { current: most, maximum: most };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, limit)?;
    let phones = Phones::new()?;
    let worker = phones.through_the_worker()?;
    let bare = phones.through_a_bare_loop(false)?;
    let connected = phones.through_a_bare_loop(true)?;
    println!("relay, {CALLS} calls: {worker} through the media worker");
    println!("  bare recvfrom/sendto loop  {bare}: ratio {:.2}", worker.packet_ns / bare.packet_ns);
    println!("  bare loop, connected       {connected}: ratio {:.2}", worker.packet_ns / connected.packet_ns);
    Ok(())
}

/// What a relay costs, and what became of the packets.
struct Cost {
    packet_ns: f64,
    /// They never came out.
    lost: usize,
    /// They came out when the last phone had fallen silent.
    late: usize,
}

impl std::fmt::Display for Cost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sent = ROUNDS * LEGS;
        write!(f, "{:.0} ns a packet ({} of {sent} lost, {} late)", self.packet_ns, self.lost, self.late)
    }
}

/// The far ends: a socket for each leg.
struct Phones(Vec<UdpSocket>);

impl Phones {
    fn new() -> Result<Self> {
        let sockets = (0..LEGS).map(|_| {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        });
        Ok(Self(sockets.collect::<Result<_>>()?))
    }

    fn through_the_worker(&self) -> Result<Cost> {
        let waker = Waker::new()?;
        let poller = Poller::new()?;
        poller.add(&waker, 0)?;
        let loopback = Interface { address: "127.0.0.1".parse()?, bits: 8, external: None };
        let config = MediaConfig {
            workers: 1,
            ports: 20_000..=29_999,
            seed: 0,
            dscp: 46,
            networks: Networks { interfaces: vec![loopback], local: Vec::new() },
            sounds: "sounds".into(),
            music: std::collections::BTreeMap::new(),
            lang: "en".to_owned(),
            cache_bytes: 1 << 20,
            data: std::env::temp_dir().join("cordboard-bench"),
            recordings: std::env::temp_dir().join("cordboard-bench"),
            keep: KeepRecordings::default(),
        };
        let mut media = Media::start(&config, Clock::start(), &waker)?;
        let mut targets = vec![None; LEGS];
        for index in 0..LEGS {
            let seed = StreamSeed { ssrc: 7, sequence: 1, timestamp: 1 };
            media.command(Command::Open { leg: leg(index), peer: "127.0.0.1".parse()?, video: false, seed });
        }
        let mut events = Vec::new();
        let until = Instant::now() + Duration::from_secs(20);
        while targets.iter().any(Option::is_none) {
            ensure!(Instant::now() < until, "not all sessions were opened");
            poller.wait(Some(Duration::from_millis(100)), &mut Vec::new())?;
            waker.clear();
            media.events(&mut events);
            for event in events.drain(..) {
                if let Event::Opened { leg, audio, .. } = event {
                    targets[usize::try_from(leg.call.0)? * 2 + usize::from(leg.index)] = Some(audio);
                }
            }
        }
        let targets: Vec<SocketAddr> = targets.into_iter().flatten().collect();
        for (index, phone) in self.0.iter().enumerate() {
            media.command(setup(leg(index), phone.local_addr()?));
            media.command(Command::Hear { leg: leg(index), source: Source::Leg(leg(index ^ 1)) });
        }
        let cost = self.cost_of("media-0", &targets)?;
        media.stop();
        Ok(cost)
    }

    fn through_a_bare_loop(&self, is_connected: bool) -> Result<Cost> {
        let poller = Poller::new()?;
        let mut sockets = Vec::new();
        for (phone, token) in self.0.iter().zip(0u64..) {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.set_nonblocking(true)?;
            poller.add(&socket, token)?;
            if is_connected {
                socket.connect(phone.local_addr()?)?;
            }
            sockets.push(socket);
        }
        let targets: Vec<SocketAddr> = sockets.iter().map(UdpSocket::local_addr).collect::<Result<_, _>>()?;
        let phones: Vec<SocketAddr> = self.0.iter().map(UdpSocket::local_addr).collect::<Result<_, _>>()?;
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let relay = std::thread::Builder::new().name("bare".to_owned()).spawn(move || -> Result<()> {
            let mut ready = Vec::new();
            let mut buffer = [0; 2_048];
            while !over.load(Ordering::Relaxed) {
                poller.wait(Some(Duration::from_millis(100)), &mut ready)?;
                for token in &ready {
                    let index = usize::try_from(*token)?;
                    let out = &sockets[index ^ 1];
                    // What is lost is seen in the count of packets that arrive.
                    if is_connected {
                        let Ok(size) = sockets[index].recv(&mut buffer) else { continue };
                        let _lost = out.send(&buffer[..size]);
                    } else {
                        let Ok((size, _)) = sockets[index].recv_from(&mut buffer) else { continue };
                        let _lost = out.send_to(&buffer[..size], phones[index ^ 1]);
                    }
                }
            }
            Ok(())
        })?;
        let cost = self.cost_of("bare", &targets);
        is_over.store(true, Ordering::Relaxed);
        relay.join().map_err(|_| anyhow::anyhow!("the bare loop panicked"))??;
        cost
    }

    /// What `thread` takes for each packet that comes out of it.
    fn cost_of(&self, thread: &str, targets: &[SocketAddr]) -> Result<Cost> {
        for sequence in 0..10 {
            self.round(sequence, targets)?;
        }
        self.rest()?;
        let before = cpu_ns(thread)?;
        let mut in_time = 0;
        for sequence in 10..10 + ROUNDS {
            in_time += self.round(sequence, targets)?;
        }
        let late = self.rest()?;
        let spent = cpu_ns(thread)? - before;
        let (sent, arrived) = (ROUNDS * LEGS, in_time + late);
        ensure!(arrived * 1_000 >= sent * 999, "only {arrived} of {sent} packets came out of {thread}");
        Ok(Cost { packet_ns: spent as f64 / arrived as f64, lost: sent.saturating_sub(arrived), late })
    }

    /// Takes what is still under way when the phones fall silent, until nothing has come for a while. On a busy machine the
    /// relay may be some milliseconds behind. Says how much it was.
    fn rest(&self) -> Result<usize> {
        let pace = Poller::new()?;
        let mut buffer = [0; 2_048];
        let (mut late, mut quiet) = (0, 0);
        while quiet < QUIET_ROUNDS {
            pace.wait(Some(Duration::from_millis(20)), &mut Vec::new())?;
            let mut came = 0;
            for phone in &self.0 {
                while phone.recv(&mut buffer).is_ok() {
                    came += 1;
                }
            }
            quiet = if came == 0 { quiet + 1 } else { 0 };
            late += came;
        }
        Ok(late)
    }

    /// One packet of each phone, spread over 20 ms; how many arrived meanwhile.
    fn round(&self, sequence: usize, targets: &[SocketAddr]) -> Result<usize> {
        let pace = Poller::new()?;
        let begun = Instant::now();
        let mut packet = [0u8; PACKET_SIZE];
        packet[0] = 0x80;
        packet[2..4].copy_from_slice(&u16::try_from(sequence)?.to_be_bytes());
        packet[4..8].copy_from_slice(&u32::try_from(sequence * 160)?.to_be_bytes());
        let mut arrived = 0;
        let mut buffer = [0; 2_048];
        for group in 0..GROUPS {
            for index in (group..LEGS).step_by(GROUPS) {
                packet[8..12].copy_from_slice(&u32::try_from(index)?.to_be_bytes());
                self.0[index].send_to(&packet, targets[index])?;
                while self.0[index].recv(&mut buffer).is_ok() {
                    arrived += 1;
                }
            }
            let next = begun + Duration::from_millis(20) * u32::try_from(group + 1)? / u32::try_from(GROUPS)?;
            // Nothing is watched: this paces the phones as their own clocks would.
            pace.wait(Some(next.saturating_duration_since(Instant::now())), &mut Vec::new())?;
        }
        Ok(arrived)
    }
}

fn leg(index: usize) -> LegId {
    LegId { call: CallId(index as u64 / 2), index: u16::from(index % 2 == 1) }
}

fn setup(leg: LegId, remote: SocketAddr) -> Command {
    let format = Format::new(0, "PCMU", 8_000);
    let audio = StreamSetup {
        remote_rtp: Some(remote),
        remote_rtcp: None,
        rtcp_mux: false,
        send: vec![format.clone()],
        receive: vec![format],
        telephone_event: None,
        ptime_ms: 20,
        sends: true,
        receives: true,
        timeout_ms: 0,
    };
    Command::Setup { leg, audio: Some(audio), video: None }
}

/// CPU time of this process's thread of that name.
fn cpu_ns(name: &str) -> Result<u64> {
    for task in std::fs::read_dir("/proc/self/task")? {
        let path = task?.path();
        if std::fs::read_to_string(path.join("comm"))?.trim() == name {
            let account = std::fs::read_to_string(path.join("schedstat"))?;
            return Ok(account.split(' ').next().context("schedstat is empty")?.parse()?);
        }
    }
    anyhow::bail!("no thread {name}")
}
