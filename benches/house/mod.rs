//! A real exchange in a folder of its own, and phones on real sockets that call each other through it.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "a part of a benchmark")]

use anyhow::{Context, Result, bail, ensure};
use cordboard::clock::Clock;
use cordboard::poller::Poller;
use cordboard_base::{Format, Hop, Interface, Networks, SourceKey, Transport};
use cordboard_media::{Command as MediaCommand, Event as MediaEvent, StreamStats};
use cordboard_phone::{Command, Happening, Input, Output, Phone, PhoneConfig};
use cordboard_sip::endpoint;
use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const DOMAIN: &str = "office.example";
/// The first user.
const FIRST: usize = 1_000;
/// Sockets of lines that a phone keeps; those of calls that are over make room.
const LINES_MAX: usize = 4;
/// Longer than anything here should take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder with a configuration of its own, removed at the end.
pub struct House {
    pub folder: PathBuf,
    pub sip: SocketAddr,
}

impl House {
    /// The project's own `etc` and dialplan, on ports of its own and with so many users.
    pub fn new(users: usize) -> Result<Self> {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = std::env::temp_dir().join(format!("cordboard-bench-{}", std::process::id()));
        for sub in ["etc", "dialplan"] {
            std::fs::create_dir_all(folder.join(sub))?;
            for file in std::fs::read_dir(project.join(sub))? {
                let file = file?;
                if file.file_type()?.is_file() {
                    std::fs::copy(file.path(), folder.join(sub).join(file.file_name()))?;
                }
            }
        }
        let [udp, tls] = [free_port()?, free_port()?];
        change(
            &folder.join("etc/cordboard.toml"),
            &[
                ("udp = [\"0.0.0.0:5060\", \"[::]:5060\"]", &format!("udp = [\"127.0.0.1:{udp}\"]")),
                ("tcp = [\"0.0.0.0:5060\", \"[::]:5060\"]", &format!("tcp = [\"127.0.0.1:{udp}\"]")),
                ("tls = [\"0.0.0.0:5061\", \"[::]:5061\"]", &format!("tls = [\"127.0.0.1:{tls}\"]")),
                ("domain = \"cordboard.local\"", &format!("domain = \"{DOMAIN}\"")),
                ("path = \"sounds\"", &format!("path = {:?}", project.join("sounds"))),
                ("port_first = 10000", "port_first = 34000"),
                ("port_last = 19999", "port_last = 35999"),
            ],
        )?;
        change(&folder.join("dialplan/main.rhai"), &[("\"_10X\"", "\"_1XXX\"")])?;
        // Those of the sample office stay: its queues and scripts name them.
        let mut all = std::fs::read_to_string(project.join("etc/users.toml"))?;
        all.push('\n');
        for user in 0..users {
            writeln!(all, "[user.{}]\nname = \"User {user}\"\ncalls_max = 0\n", FIRST + user)?;
        }
        std::fs::write(folder.join("etc/users.toml"), all)?;
        Ok(Self { folder, sip: SocketAddr::from((Ipv4Addr::LOCALHOST, udp)) })
    }

    /// Starts the exchange. Says how long it took until it answered OPTIONS.
    pub fn start(&self) -> Result<(Exchange, Duration)> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let local = socket.local_addr()?;
        socket.set_read_timeout(Some(Duration::from_millis(1)))?;
        let begun = Instant::now();
        let child = std::process::Command::new(env!("CARGO_BIN_EXE_cordboard"))
            .arg("--config")
            .arg(self.folder.join("etc"))
            .current_dir(&self.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let mut exchange = Exchange { child };
        let mut buffer = [0; 2_048];
        for attempt in 0u32.. {
            ensure!(begun.elapsed() < PATIENCE, "the exchange does not answer OPTIONS");
            if let Some(status) = exchange.child.try_wait()? {
                bail!("the exchange has ended: {status}");
            }
            let request = format!(
                "OPTIONS sip:{0} SIP/2.0\r\nVia: SIP/2.0/UDP {local};branch=z9hG4bK{attempt};rport\r\n\
                 Max-Forwards: 70\r\nFrom: <sip:probe@{local}>;tag=1\r\nTo: <sip:{0}>\r\n\
                 Call-ID: {attempt}@{local}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
                self.sip
            );
            // Nobody listens at first, which comes back as an error of this or the next call.
            if socket.send_to(request.as_bytes(), self.sip).is_ok() && socket.recv_from(&mut buffer).is_ok() {
                break;
            }
        }
        let took = begun.elapsed();
        ensure!(buffer.starts_with(b"SIP/2.0 200"), "{}", String::from_utf8_lossy(&buffer));
        Ok((exchange, took))
    }

    /// The password that the exchange has drawn for a user.
    pub fn password(&self, user: &str) -> Result<String> {
        let text = std::fs::read_to_string(self.folder.join("var/secrets.toml"))?;
        let line = text.lines().find(|line| line.trim_matches('"').starts_with(user));
        let value = line.and_then(|line| line.split('"').rev().nth(1)).context("no such user")?;
        Ok(value.to_owned())
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("{}: {error}", self.folder.display());
        }
    }
}

/// A running exchange; killed when dropped.
pub struct Exchange {
    child: Child,
}

impl Exchange {
    /// Resident memory that is this process's own or its share of what several use, in KiB: `Rss`, `Pss`, `Anonymous` …
    pub fn memory_kib(&self, what: &str) -> Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let line = text.lines().find(|line| line.split(':').next() == Some(what)).context("smaps_rollup")?;
        Ok(line.split_whitespace().nth(1).context("smaps_rollup")?.parse()?)
    }

    /// Processor time of all its threads.
    pub fn cpu(&self) -> Result<Duration> {
        let mut all = 0;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let text = std::fs::read_to_string(task?.path().join("schedstat"))?;
            all += text.split(' ').next().context("schedstat")?.parse::<u64>()?;
        }
        Ok(Duration::from_nanos(all))
    }

    /// Asks it to stop, and waits.
    pub fn stop(mut self) -> Result<()> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // After `stop` there is nobody left to kill.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

/// The number of a phone by its place.
pub fn number(index: usize) -> String {
    (FIRST + index).to_string()
}

fn free_port() -> Result<u16> {
    // A port that TCP has free as well, of those that the system hands out.
    let tcp = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(UdpSocket::bind(tcp.local_addr()?)?.local_addr()?.port())
}

fn change(file: &Path, changes: &[(&str, &str)]) -> Result<()> {
    let mut text = std::fs::read_to_string(file)?;
    for (from, to) in changes {
        ensure!(text.contains(from), "{}: no {from}", file.display());
        text = text.replace(from, to);
    }
    Ok(std::fs::write(file, text)?)
}

/// Phones, on one thread.
pub struct Phones {
    clock: Clock,
    poller: Poller,
    all: Vec<OnSocket>,
    pub registered: usize,
    /// Ends of calls that talk.
    pub talking: usize,
    /// Phones whose calls have ended since somebody looked.
    pub over: Vec<usize>,
}

struct OnSocket {
    phone: Phone,
    socket: UdpSocket,
    /// Of its lines; they are there so that what is sent to them arrives.
    media: Vec<UdpSocket>,
    /// Where its newest line speaks to.
    speaks_to: Option<SocketAddr>,
    /// Its calls that talk.
    talks: usize,
}

impl Phones {
    /// One for each user.
    pub fn new(house: &House, count: usize) -> Result<Self> {
        Self::of(house, 0..count)
    }

    /// One for each of these users; they are known by their place in the range.
    pub fn of(house: &House, users: core::ops::Range<usize>) -> Result<Self> {
        let poller = Poller::new()?;
        let mut all = Vec::new();
        for (index, user) in users.enumerate() {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.set_nonblocking(true)?;
            poller.add(&socket, index as u64)?;
            let phone = Phone::new(config(house, user, socket.local_addr()?)?);
            all.push(OnSocket { phone, socket, media: Vec::new(), speaks_to: None, talks: 0 });
        }
        Ok(Self { clock: Clock::start(), poller, all, registered: 0, talking: 0, over: Vec::new() })
    }

    /// One calls a number, whatever comes of it.
    pub fn dials(&mut self, from: usize, number: &str) -> Result<()> {
        self.take(from, Input::Command(Command::Call(number.to_owned())))
    }

    /// The newest line of each phone that talks, and where it speaks to.
    pub fn lines(&self) -> Result<Vec<(UdpSocket, SocketAddr)>> {
        let lines = self.all.iter().filter_map(|one| Some((one.media.last()?, one.speaks_to?)));
        lines.map(|(socket, to)| Ok((socket.try_clone()?, to))).collect()
    }

    /// All register.
    pub fn register(&mut self) -> Result<()> {
        for index in 0..self.all.len() {
            self.take(index, Input::Command(Command::Register))?;
            self.run_until(|phones| phones.registered > index)?;
        }
        Ok(())
    }

    /// One calls another one, who picks up.
    pub fn call(&mut self, from: usize, to: usize) -> Result<()> {
        let before = self.talking;
        self.take(from, Input::Command(Command::Call((FIRST + to).to_string())))?;
        self.run_until(|phones| phones.talking == before + 2)
    }

    /// The newest call of a phone ends.
    pub fn hang_up(&mut self, from: usize) -> Result<()> {
        let before = self.talking;
        self.take(from, Input::Command(Command::Hangup(None)))?;
        self.run_until(|phones| phones.talking + 2 == before)
    }

    /// Serves the phones for a while.
    pub fn run_for(&mut self, span: Duration) -> Result<()> {
        let begun = Instant::now();
        self.run_until(|_| begun.elapsed() >= span)
    }

    /// Serves the phones until something is so.
    pub fn run_until(&mut self, is_so: impl Fn(&Self) -> bool) -> Result<()> {
        let begun = Instant::now();
        let (mut ready, mut buffer) = (Vec::new(), [0; 8_192]);
        while !is_so(self) {
            ensure!(begun.elapsed() < PATIENCE, "{} ends talk, then nothing more happens", self.talking);
            self.poller.wait(Some(Duration::from_millis(5)), &mut ready)?;
            for index in ready.iter().filter_map(|token| usize::try_from(*token).ok()) {
                while let Ok((size, from)) = self.all[index].socket.recv_from(&mut buffer) {
                    let bytes = bytes::Bytes::copy_from_slice(&buffer[..size]);
                    self.take(index, Input::Message { from: Hop::new(Transport::Udp, from), bytes })?;
                }
            }
            let now = self.clock.now();
            for index in 0..self.all.len() {
                if self.all[index].phone.next_deadline().is_some_and(|at| at <= now) {
                    self.all[index].phone.handle_timeout(now);
                    self.drain(index)?;
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, index: usize, input: Input) -> Result<()> {
        self.all[index].phone.handle(self.clock.now(), input);
        self.drain(index)
    }

    fn drain(&mut self, index: usize) -> Result<()> {
        let now = self.clock.now();
        let OnSocket { phone, socket, media, speaks_to, talks } = &mut self.all[index];
        while let Some(output) = phone.poll() {
            match output {
                Output::Transmit { to, bytes } => {
                    socket.send_to(&bytes, to.remote)?;
                }
                Output::Media(MediaCommand::Open { leg, .. }) => {
                    if media.len() >= LINES_MAX {
                        media.remove(0);
                    }
                    let line = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
                    let audio = line.local_addr()?;
                    media.push(line);
                    phone.handle(now, Input::Media(MediaEvent::Opened { leg, audio, video: None }));
                }
                Output::Media(MediaCommand::Close { leg }) => {
                    let stats = StreamStats::default();
                    phone.handle(now, Input::Media(MediaEvent::Closed { leg, stats }));
                }
                Output::Media(MediaCommand::Setup { audio: Some(audio), .. }) => {
                    if let (Some(line), Some(to)) = (media.last(), audio.remote_rtp) {
                        speak(line, to)?;
                        *speaks_to = Some(to);
                    }
                }
                Output::Media(_) => {}
                Output::Happened(Happening::Registered { .. }) => self.registered += 1,
                Output::Happened(Happening::Incoming { .. }) => {
                    phone.handle(now, Input::Command(Command::Answer));
                }
                Output::Happened(Happening::Talking { .. }) => {
                    *talks += 1;
                    self.talking += 1;
                }
                Output::Happened(Happening::Ended { .. }) => {
                    self.over.push(index);
                    // Some are over before anybody has answered.
                    if let Some(left) = talks.checked_sub(1) {
                        *talks = left;
                        self.talking -= 1;
                    }
                }
                Output::Happened(Happening::RegistrationFailed { status }) => bail!("registration: {status}"),
                Output::Happened(_) => {}
            }
        }
        Ok(())
    }
}

/// A few packets, so that the session is one that runs.
fn speak(socket: &UdpSocket, to: SocketAddr) -> Result<()> {
    let mut packet = [0xD5; 172];
    packet[..12].copy_from_slice(&[0x80, 8, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
    for sequence in 0..5 {
        packet[3] = sequence;
        packet[7] = sequence * 10;
        socket.send_to(&packet, to)?;
    }
    Ok(())
}

fn config(house: &House, index: usize, local: SocketAddr) -> Result<PhoneConfig> {
    let mut seed = [3; 16];
    seed[..8].copy_from_slice(&(index as u64).to_be_bytes());
    let interface = Interface { address: local.ip(), bits: 8, external: None };
    let networks = Networks { interfaces: vec![interface], local: Vec::new() };
    let mut endpoint = endpoint::Config::new(SourceKey { seed, node: 0, epoch: 1 }, 1, networks);
    endpoint.ports = endpoint::Ports { udp: Some(local.port()), tcp: None, tls: None };
    let user = number(index);
    Ok(PhoneConfig {
        password: house.password(&user)?,
        user,
        display: String::new(),
        domain: DOMAIN.to_owned(),
        server: Hop::new(Transport::Udp, house.sip),
        codecs: vec![Format::new(8, "PCMA", 8_000), Format::new(0, "PCMU", 8_000)],
        telephone_event: true,
        ptime_ms: 20,
        expires_s: 3_600,
        auto_answer_ms: None,
        late_offer: false,
        endpoint,
    })
}
