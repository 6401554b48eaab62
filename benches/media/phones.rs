//! Many phones on loopback around the real media worker: each its own socket, all paced by one thread.
#![allow(unreachable_pub, reason = "a benchmark is a crate of its own")]

use anyhow::{Context, Result, ensure};
use cordboard::clock::Clock;
use cordboard::media::{KeepRecordings, Media, MediaConfig};
use cordboard::poller::Poller;
use cordboard::wake::Waker;
use cordboard_base::{CallId, Interface, LegId, Networks};
use cordboard_media::codec::{self, Codec};
use cordboard_media::{Command, Event, Resampler, StreamSeed, StreamSetup};
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt};
use std::io::IoSliceMut;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What the workers' threads are called.
const WORKER: &str = "media-";
/// How many there are, where it is not one.
const WORKERS: &str = "MEDIA_WORKERS";
/// The bare loop's.
const BARE: &str = "bare";
pub const ROUND: Duration = Duration::from_millis(20);
/// A round's packets are sent in so many groups, spread over its time.
pub const GROUPS: usize = 20;
/// Rounds before anything is measured: buffers fill, coders begin.
const WARM_UP: usize = 25;

/// A second of what a phone sends, packet by packet.
#[derive(Clone, Debug)]
pub struct Voice {
    pub codec: &'static dyn Codec,
    packets: Vec<Vec<u8>>,
}

impl Voice {
    /// Speech.
    pub fn speech(codec: &'static dyn Codec) -> Result<Self> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/media/tests/vectors/speech-16k.s16");
        let bytes = std::fs::read(path)?;
        let samples: Vec<i16> =
            bytes.as_chunks::<2>().0.iter().take(16_000).map(|pair| i16::from_le_bytes(*pair)).collect();
        Self::of(codec, &samples)
    }

    /// A quiet room.
    pub fn quiet(codec: &'static dyn Codec) -> Result<Self> {
        Self::of(codec, &(0..16_000).map(|n: i16| n * 7_919 % 9 - 4).collect::<Vec<_>>())
    }

    fn of(codec: &'static dyn Codec, samples_16k: &[i16]) -> Result<Self> {
        let rate_hz = codec.sample_rate_hz();
        let samples = if rate_hz == 16_000 {
            samples_16k.to_vec()
        } else {
            let filter = Resampler::new(16_000, rate_hz);
            (0..filter.output_len(samples_16k.len())).map(|n| filter.at(samples_16k, n)).collect()
        };
        let mut encoder = codec.encoder("", rate_hz).context("a codec that only passes through")?;
        let encode = |samples: &[i16]| {
            let mut payload = Vec::new();
            encoder.encode(samples, &mut payload);
            payload
        };
        Ok(Self { codec, packets: samples.chunks_exact(rate_hz as usize / 50).map(encode).collect() })
    }

    pub fn packet(&self, n: usize) -> &[u8] {
        &self.packets[n % self.packets.len()]
    }
}

/// What the rounds of a scenario cost and gave.
#[derive(Clone, Debug)]
pub struct Cost {
    /// The worker's processor time.
    pub cpu: Duration,
    pub elapsed: Duration,
    pub sent: usize,
    /// How many each phone got.
    pub got: Vec<usize>,
    /// Forwarding delays in µs, sorted, where packets carry their time.
    pub delays_us: Vec<f64>,
}

impl Cost {
    /// Of each packet that the worker took.
    pub fn us_per_sent(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.sent.max(1) as f64
    }

    /// Of each packet that the worker sent.
    pub fn us_per_got(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e6 / self.got.iter().sum::<usize>().max(1) as f64
    }

    /// Of one core, in percent.
    pub fn percent(&self) -> f64 {
        100.0 * self.cpu.as_secs_f64() / self.elapsed.as_secs_f64()
    }
}

/// A worker with its sessions, and the phones at their far ends.
pub struct House {
    pub media: Media,
    waker: Waker,
    phones: Phones,
}

impl House {
    /// Opens a session for each voice. Two in a row are the legs of one call.
    pub fn new(voices: Vec<Voice>) -> Result<Self> {
        let waker = Waker::new()?;
        let mut phones = Phones::new(voices)?;
        phones.pace.add(&waker, 0)?;
        let loopback = Interface { address: "127.0.0.1".parse()?, bits: 8, external: None };
        let config = MediaConfig {
            multicast: Default::default(),
            workers: std::env::var(WORKERS).map_or(Ok(1), |count| count.parse())?,
            ports: 20_000..=29_999,
            seed: 0,
            dscp: 46,
            networks: Networks { interfaces: vec![loopback], local: Vec::new() },
            sounds: Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds"),
            music: std::collections::BTreeMap::new(),
            lang: "en".to_owned(),
            cache_bytes: 64 << 20,
            data: std::env::temp_dir().join("cordboard-bench"),
            recordings: std::env::temp_dir().join("cordboard-bench"),
            keep: KeepRecordings::default(),
        };
        let mut media = Media::start(&config, Clock::start(), &waker)?;
        let count = phones.sockets.len();
        for index in 0..count {
            let seed = StreamSeed { ssrc: 7, sequence: 1, timestamp: 1 };
            media.command(Command::Open { leg: leg(index), peer: "127.0.0.1".parse()?, video: false, seed });
        }
        let mut targets = vec![None; count];
        let mut events = Vec::new();
        let until = Instant::now() + Duration::from_secs(20);
        while targets.iter().any(Option::is_none) {
            ensure!(Instant::now() < until, "not all sessions were opened");
            phones.pace.wait(Some(Duration::from_millis(100)), &mut Vec::new())?;
            waker.clear();
            media.events(&mut events);
            for event in events.drain(..) {
                if let Event::Opened { leg, audio, .. } = event {
                    targets[usize::try_from(leg.call.0)? * 2 + usize::from(leg.index)] = Some(audio);
                }
            }
        }
        for (index, (phone, voice)) in phones.sockets.iter().zip(&phones.voices).enumerate() {
            media.command(setup(leg(index), phone.local_addr()?, voice.codec));
        }
        phones.targets = targets.into_iter().flatten().collect();
        Ok(Self { media, waker, phones })
    }

    pub fn count(&self) -> usize {
        self.phones.sockets.len()
    }

    /// See [`Phones::talk`].
    pub fn talk(&mut self, rounds: usize, silent: bool, stamped: bool) -> Result<Cost> {
        let (media, waker, mut events) = (&mut self.media, &self.waker, Vec::new());
        self.phones.talk(WORKER, rounds, (silent, stamped), &mut || {
            waker.clear();
            media.events(&mut events);
            events.clear();
        })
    }

    pub fn stop(self) {
        self.media.stop();
    }
}

/// A loop that receives and sends the same packets without looking at them: what the kernel takes by itself.
pub struct Bare {
    phones: Phones,
    is_over: Arc<AtomicBool>,
    thread: JoinHandle<Result<()>>,
}

impl Bare {
    /// A socket for each voice; what comes in at one goes out at the one that `out_of` says, to its phone.
    pub fn new(voices: Vec<Voice>, is_connected: bool, out_of: fn(usize) -> usize) -> Result<Self> {
        let mut phones = Phones::new(voices)?;
        let poller = Poller::new()?;
        let mut sockets = Vec::new();
        for (phone, token) in phones.sockets.iter().zip(0u64..) {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.set_nonblocking(true)?;
            poller.add(&socket, token)?;
            if is_connected {
                socket.connect(phone.local_addr()?)?;
            }
            phones.targets.push(socket.local_addr()?);
            sockets.push(socket);
        }
        let to: Vec<SocketAddr> =
            phones.sockets.iter().map(UdpSocket::local_addr).collect::<Result<_, _>>()?;
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let thread = std::thread::Builder::new().name(BARE.to_owned()).spawn(move || -> Result<()> {
            let (mut ready, mut buffer) = (Vec::new(), [0; 2_048]);
            while !over.load(Ordering::Relaxed) {
                poller.wait(Some(Duration::from_millis(100)), &mut ready)?;
                for token in &ready {
                    let index = usize::try_from(*token)?;
                    let (out, to) = (&sockets[out_of(index)], to[out_of(index)]);
                    // What is lost is seen in the count of packets that arrive.
                    let Ok((size, _)) = sockets[index].recv_from(&mut buffer) else { continue };
                    let bytes = &buffer[..size];
                    let _lost = if is_connected { out.send(bytes) } else { out.send_to(bytes, to) };
                }
            }
            Ok(())
        })?;
        Ok(Self { phones, is_over, thread })
    }

    /// See [`Phones::talk`].
    pub fn talk(&mut self, rounds: usize) -> Result<Cost> {
        self.phones.talk(BARE, rounds, (false, false), &mut || {})
    }

    pub fn stop(self) -> Result<()> {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow::anyhow!("the bare loop panicked"))?
    }
}

/// The far ends: a socket for each voice, all paced by one thread.
struct Phones {
    sockets: Vec<UdpSocket>,
    /// Where each sends to.
    targets: Vec<SocketAddr>,
    voices: Vec<Voice>,
    pace: Poller,
}

impl Phones {
    fn new(voices: Vec<Voice>) -> Result<Self> {
        let phone = |_: &Voice| -> Result<UdpSocket> {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        let sockets = voices.iter().map(phone).collect::<Result<_>>()?;
        Ok(Self { sockets, targets: Vec::new(), voices, pace: Poller::new()? })
    }

    /// Lets phones talk for so many rounds; those that are `silent` only listen. `stamped`: packets carry the time at which they
    /// are sent, in place of their first bytes, and the kernel tells when they came: a phone may look later.
    /// `thread` is whose processor time counts; `idle` is run after every group.
    fn talk(
        &mut self,
        thread: &str,
        rounds: usize,
        (silent, stamped): (bool, bool),
        idle: &mut dyn FnMut(),
    ) -> Result<Cost> {
        let mut cost = Cost {
            cpu: Duration::ZERO,
            elapsed: Duration::ZERO,
            sent: 0,
            got: vec![0; self.sockets.len()],
            delays_us: Vec::new(),
        };
        if stamped {
            self.sockets
                .iter()
                .try_for_each(|socket| setsockopt(socket, sockopt::ReceiveTimestampns, &true))?;
        }
        for n in 0..WARM_UP {
            self.round(n, (silent, stamped), &mut cost, idle)?;
        }
        cost.sent = 0;
        cost.got.fill(0);
        cost.delays_us.clear();
        let (cpu, begun) = (cpu_of(thread)?, Instant::now());
        for n in WARM_UP..WARM_UP + rounds {
            self.round(n, (silent, stamped), &mut cost, idle)?;
        }
        cost.elapsed = begun.elapsed();
        cost.cpu = cpu_of(thread)?.saturating_sub(cpu);
        cost.delays_us.sort_by(f64::total_cmp);
        Ok(cost)
    }

    fn round(
        &self,
        number: usize,
        (silent, stamped): (bool, bool),
        cost: &mut Cost,
        idle: &mut dyn FnMut(),
    ) -> Result<()> {
        let begun = Instant::now();
        let mut packet = Vec::with_capacity(2_048);
        let mut buffer = [0; 2_048];
        for group in 0..GROUPS {
            let mine = (group..self.sockets.len()).step_by(GROUPS);
            for index in mine.clone().filter(|_| !silent) {
                let voice = &self.voices[index];
                let ticks = number * voice.codec.clock_rate_hz() as usize / 50;
                packet.clear();
                packet.extend([0x80, codec::offered(voice.codec).payload_type]);
                packet.extend(u16::try_from(number & 0xFFFF)?.to_be_bytes());
                packet.extend(u32::try_from(ticks & 0xFFFF_FFFF)?.to_be_bytes());
                packet.extend(u32::try_from(index)?.to_be_bytes());
                packet.extend(voice.packet(number + index));
                if stamped {
                    packet[12..20].copy_from_slice(&real_nanos().to_be_bytes());
                }
                self.sockets[index].send_to(&packet, self.targets[index])?;
                cost.sent += 1;
            }
            let next = begun + ROUND * u32::try_from(group + 1)? / u32::try_from(GROUPS)?;
            mine.clone().try_for_each(|index| self.receive(index, stamped, &mut buffer, cost))?;
            // Nothing is waited for: this paces the phones as their own clocks would.
            self.pace.wait(Some(next.saturating_duration_since(Instant::now())), &mut Vec::new())?;
            idle();
        }
        Ok(())
    }

    /// Takes all that is there for a phone.
    fn receive(&self, index: usize, stamped: bool, buffer: &mut [u8], cost: &mut Cost) -> Result<()> {
        let Some(phone) = self.sockets.get(index) else { return Ok(()) };
        while let Some((size, came)) = take(phone, stamped, buffer) {
            let is_rtcp = size > 1 && (192..=223).contains(&buffer[1]);
            if is_rtcp {
                continue;
            }
            cost.got[index] += 1;
            if let (Some(came), Some(sent)) = (came, buffer.get(12..20)) {
                let sent = u64::from_be_bytes(sent.try_into()?);
                cost.delays_us.push(Duration::from_nanos(came.saturating_sub(sent)).as_secs_f64() * 1e6);
            }
        }
        Ok(())
    }
}

/// A datagram's size, if one waits, and when the kernel had it for the phone, in ns of the wall clock: which is right after the worker
/// gave it to the kernel.
fn take(phone: &UdpSocket, stamped: bool, buffer: &mut [u8]) -> Option<(usize, Option<u64>)> {
    if !stamped {
        return phone.recv(buffer).ok().map(|size| (size, None));
    }
    let mut space = nix::cmsg_space!(nix::sys::time::TimeSpec);
    let mut pieces = [IoSliceMut::new(buffer)];
    let message =
        recvmsg::<()>(phone.as_raw_fd(), &mut pieces, Some(&mut space), MsgFlags::MSG_DONTWAIT).ok()?;
    let came = message.cmsgs().ok()?.find_map(|control| {
        let ControlMessageOwned::ScmTimestampns(at) = control else { return None };
        u64::try_from(Duration::from(at).as_nanos()).ok()
    });
    Some((message.bytes, came))
}

/// The wall clock, by which the kernel stamps.
fn real_nanos() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    u64::try_from(
        Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
            .as_nanos(),
    )
    .unwrap_or(0)
}

pub fn leg(index: usize) -> LegId {
    LegId { call: CallId(index as u64 / 2), index: u16::from(index % 2 == 1) }
}

fn setup(leg: LegId, remote: SocketAddr, codec: &dyn Codec) -> Command {
    let format = codec::offered(codec);
    let audio = StreamSetup {
        remote_rtp: Some(remote),
        remote_rtcp: None,
        rtcp_mux: false,
        send: vec![format.clone()],
        receive: vec![format],
        telephone_event: Some(cordboard_media::TelephoneEvent {
            send_payload_type: 101,
            receive_payload_type: 101,
            clock_rate_hz: codec.clock_rate_hz(),
        }),
        ptime_ms: 20,
        sends: true,
        receives: true,
        timeout_ms: 0,
        extended_reports: Default::default(),
    };
    Command::Setup { leg, audio: Some(audio), video: None }
}

/// Processor time of this process's threads whose names begin so. The first thread is the phones', and never meant: it has the name of
/// the program, which begins with the bench's.
fn cpu_of(name: &str) -> Result<Duration> {
    let phones = std::process::id().to_string();
    let mut spent = None;
    for task in std::fs::read_dir("/proc/self/task")? {
        let task = task?;
        let path = task.path();
        if task.file_name() != *phones && std::fs::read_to_string(path.join("comm"))?.starts_with(name) {
            let account = std::fs::read_to_string(path.join("schedstat"))?;
            let nanos = account.split(' ').next().context("schedstat is empty")?.parse()?;
            *spent.get_or_insert(Duration::ZERO) += Duration::from_nanos(nanos);
        }
    }
    spent.with_context(|| format!("no thread {name}"))
}

/// Memory of this process that is resident, in bytes.
pub fn resident() -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? * 1_024.0)
}
