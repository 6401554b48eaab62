//! Phones in the test's own process: the softphone's core with a UDP socket each, and a media engine with real ports where
//! they speak and listen. One thread drives them all, so that a thousand are no more trouble than two.

use super::ear;
use super::exchange::Exchange;
use super::wait;
use cordboard::clock::Clock;
use cordboard_base::{Format, Hop, Interface, LegId, Networks, SourceKey, Time, Transport};
use cordboard_media::{
    Audio, Command as MediaCommand, Engine, EngineConfig, Event, Output as MediaOutput, Play, PlayId,
    RecordSettings, RecordSides, RecordingId, RecordingOf, SlotId, StreamKind, Tone,
};
use cordboard_phone::{Command, Happening, Input, Output, Phone, PhoneConfig};
use cordboard_sip::endpoint;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

const DOMAIN: &str = "cordboard.local";
/// Larger than any datagram that is sent here.
const DATAGRAM_MAX: usize = 65_536;

/// Louder than a codec's idle noise.
const AUDIBLE: u16 = 500;
/// What was on its way when something changed has come.
const SETTLED: Duration = Duration::from_millis(300);
const HALF_A_SECOND: Duration = Duration::from_millis(500);

/// One phone, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seat(usize);

/// All phones of a test.
pub(crate) struct Crowd {
    clock: Clock,
    server: SocketAddr,
    passwords: BTreeMap<String, String>,
    phones: Vec<Node>,
    buffer: Vec<u8>,
}

struct Node {
    user: String,
    phone: Phone,
    socket: UdpSocket,
    engine: Engine,
    sockets: BTreeMap<SlotId, [UdpSocket; 2]>,
    /// What it says, in Hz; 0: nothing.
    voice_hz: u16,
    /// The lines on which it speaks and listens.
    speaks: BTreeSet<LegId>,
    /// Of each line.
    heard: BTreeMap<LegId, Vec<i16>>,
    happened: Vec<Happening>,
    seen: usize,
    /// SIP responses of 400 and above, as they came.
    refusals: Vec<String>,
}

impl Crowd {
    /// Nobody yet.
    pub(crate) fn new(exchange: &Exchange) -> Self {
        Self {
            clock: Clock::start(),
            server: exchange.sip,
            passwords: exchange.passwords(),
            phones: Vec::new(),
            buffer: vec![0; DATAGRAM_MAX],
        }
    }

    /// A phone that neither speaks nor listens.
    pub(crate) fn mute(&mut self, user: &str) -> Seat {
        self.phone(user, 0)
    }

    /// A phone that says a tone on every call.
    pub(crate) fn phone(&mut self, user: &str, voice_hz: u16) -> Seat {
        let socket = sip_socket();
        let port = socket.local_addr().unwrap().port();
        let password = self.passwords.get(user).unwrap_or_else(|| panic!("no user {user}")).clone();
        let config = phone_config(user, password, self.server, port, self.phones.len());
        self.phones.push(Node {
            user: user.to_owned(),
            phone: Phone::new(config),
            socket,
            engine: Engine::new(EngineConfig { anchor: self.clock.anchor(), figures: false, number: 0 }),
            sockets: BTreeMap::new(),
            voice_hz,
            speaks: BTreeSet::new(),
            heard: BTreeMap::new(),
            happened: Vec::new(),
            seen: 0,
            refusals: Vec::new(),
        });
        Seat(self.phones.len() - 1)
    }

    /// Does something with a phone.
    pub(crate) fn does(&mut self, seat: Seat, command: Command) {
        let now = self.clock.now();
        let node = &mut self.phones[seat.0];
        node.phone.handle(now, Input::Command(command));
        node.drain(now);
    }

    /// Waits for something on a phone's display that was not looked at yet.
    pub(crate) fn expects<T>(&mut self, seat: Seat, what: &str, find: impl Fn(&Happening) -> Option<T>) -> T {
        let found = wait::at_most(wait::LONG, || {
            self.turn();
            let node = &mut self.phones[seat.0];
            let hit =
                node.happened.iter().enumerate().skip(node.seen).find_map(|(at, h)| Some((at, find(h)?)));
            let (at, value) = hit?;
            node.seen = at + 1;
            Some(value)
        });
        let node = &self.phones[seat.0];
        found.unwrap_or_else(|| panic!("{} waits for {what} in vain: {:#?}", node.user, node.happened))
    }

    /// Registers them all.
    pub(crate) fn register(&mut self, seats: &[Seat]) {
        for seat in seats {
            self.does(*seat, Command::Register);
        }
        for seat in seats {
            self.expects(*seat, "its registration", |h| {
                matches!(h, Happening::Registered { .. }).then_some(())
            });
        }
    }

    /// Somebody pulls the plug: its socket is closed, nobody is told.
    pub(crate) fn vanishes(&mut self, seat: Seat) {
        self.phones[seat.0].socket = sip_socket();
    }

    /// Dials.
    pub(crate) fn calls(&mut self, seat: Seat, number: &str) {
        self.does(seat, Command::Call(number.to_owned()));
    }

    /// Rings; says who calls.
    pub(crate) fn rings(&mut self, seat: Seat) -> String {
        self.expects(seat, "a call", |h| match h {
            Happening::Incoming { number, .. } => Some(number.clone()),
            _ => None,
        })
    }

    /// Picks up, and talks.
    pub(crate) fn answers(&mut self, seat: Seat) {
        self.does(seat, Command::Answer);
        self.talks(seat);
    }

    /// Is talking.
    pub(crate) fn talks(&mut self, seat: Seat) {
        self.expects(seat, "an answer", |h| matches!(h, Happening::Talking { .. }).then_some(()));
    }

    /// Calls, the other rings and answers.
    pub(crate) fn connects(&mut self, caller: Seat, number: &str, callee: Seat) {
        self.calls(caller, number);
        self.rings(callee);
        self.answers(callee);
        self.talks(caller);
    }

    /// Hangs up.
    pub(crate) fn hangs_up(&mut self, seat: Seat) {
        self.does(seat, Command::Hangup(None));
        self.is_over(seat);
    }

    /// The call is over; says with which status it was refused.
    pub(crate) fn is_over(&mut self, seat: Seat) -> Option<u16> {
        self.expects(seat, "the end of its call", |h| match h {
            Happening::Ended { status, .. } => Some(*status),
            _ => None,
        })
    }

    /// Whether its call is over, after a talk.
    pub(crate) fn has_ended(&self, seat: Seat) -> bool {
        let mut happened = self.phones[seat.0].happened.iter();
        happened.any(|h| matches!(h, Happening::Ended { status: None, .. }))
    }

    /// Hears this frequency now, or soon.
    pub(crate) fn hears(&mut self, seat: Seat, frequency_hz: u16) {
        self.phones[seat.0].heard.clear();
        let is_heard = wait::at_most(wait::SOON, || {
            self.turn();
            self.phones[seat.0].hears(frequency_hz).then_some(())
        });
        let node = &self.phones[seat.0];
        assert!(is_heard.is_some(), "{} does not hear {frequency_hz} Hz (peak {})", node.user, node.peak());
    }

    /// Whether it has heard this frequency at any time of its call.
    pub(crate) fn has_heard(&self, seat: Seat, frequency_hz: u16) -> bool {
        let length = usize::try_from(ear::MOMENT_MS * 8).unwrap();
        let mut heard = self.phones[seat.0].heard.values().flat_map(|heard| heard.chunks_exact(length));
        heard.any(|moment| ear::hears(moment, 8_000, frequency_hz))
    }

    /// Hears something, whatever it is.
    pub(crate) fn hears_something(&mut self, seat: Seat) {
        self.phones[seat.0].heard.clear();
        let is_heard = wait::at_most(wait::SOON, || {
            self.turn();
            (self.phones[seat.0].peak() > AUDIBLE).then_some(())
        });
        assert!(is_heard.is_some(), "{} hears nothing", self.phones[seat.0].user);
    }

    /// Does not hear this frequency for half a second; what comes before the network has settled is passed over.
    pub(crate) fn does_not_hear(&mut self, seat: Seat, frequency_hz: u16) {
        self.goes_on(SETTLED);
        self.phones[seat.0].heard.clear();
        self.goes_on(HALF_A_SECOND);
        let node = &self.phones[seat.0];
        assert!(node.heard.values().any(|heard| !heard.is_empty()), "{} is in no call", node.user);
        assert!(!node.hears(frequency_hz), "{} hears {frequency_hz} Hz", node.user);
    }

    /// Presses keys in a talk.
    pub(crate) fn presses(&mut self, seat: Seat, keys: &str) {
        self.does(seat, Command::Digits(keys.to_owned()));
    }

    /// Time passes for all phones.
    pub(crate) fn goes_on(&mut self, time: Duration) {
        let until = Instant::now() + time;
        self.until("time to pass", |_| (Instant::now() >= until).then_some(()));
    }

    /// Whether it rings, or has rung, since it was looked at last.
    pub(crate) fn has_rung(&self, seat: Seat) -> bool {
        let node = &self.phones[seat.0];
        node.happened.iter().skip(node.seen).any(|h| matches!(h, Happening::Incoming { .. }))
    }

    /// Lets time pass for all phones until something is true.
    pub(crate) fn until<T>(&mut self, what: &str, mut look: impl FnMut(&Self) -> Option<T>) -> T {
        wait::until(what, wait::LONG, || {
            self.turn();
            look(self)
        })
    }

    /// The last refusal that begins like this, as it came.
    pub(crate) fn heard_on_the_wire(&self, seat: Seat, begins: &str) -> String {
        let refusals = &self.phones[seat.0].refusals;
        let found = refusals.iter().rev().find(|text| text.starts_with(begins));
        found.unwrap_or_else(|| panic!("no {begins} in {refusals:?}")).clone()
    }

    /// Takes what has come, does what is due.
    pub(crate) fn turn(&mut self) {
        let Self { clock, phones, buffer, .. } = self;
        for node in phones {
            node.receive(clock, buffer);
            let now = clock.now();
            if node.phone.next_deadline().is_some_and(|due| due <= now) {
                node.phone.handle_timeout(now);
            }
            if node.engine.next_deadline().is_some_and(|due| due <= now) {
                node.engine.tick(now);
            }
            node.drain(now);
        }
    }
}

fn sip_socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    socket
}

impl Node {
    fn receive(&mut self, clock: &Clock, buffer: &mut [u8]) {
        while let Ok((length, from)) = self.socket.recv_from(buffer) {
            let bytes = &buffer[..length];
            // Keep-alives (RFC 5626 §3.5.1) are the business of a real phone's socket.
            if !bytes.trim_ascii().is_empty() {
                if bytes.starts_with(b"SIP/2.0 ") && bytes.get(8).is_some_and(|digit| *digit >= b'4') {
                    self.refusals.push(String::from_utf8_lossy(bytes).into_owned());
                }
                let input =
                    Input::Message { from: Hop::new(Transport::Udp, from), bytes: bytes.to_vec().into() };
                self.phone.handle(clock.now(), input);
                self.drain(clock.now());
            }
        }
        for (slot, sockets) in &self.sockets {
            for (socket, stream) in sockets.iter().zip(StreamKind::ALL) {
                while let Ok((length, from)) = socket.recv_from(buffer) {
                    let forward = self.engine.packet(clock.now(), *slot, stream, from, &mut buffer[..length]);
                    assert!(forward.is_none(), "a phone relays nothing");
                }
            }
        }
    }

    fn drain(&mut self, now: Time) {
        loop {
            if let Some(output) = self.phone.poll() {
                match output {
                    Output::Transmit { to, bytes } => {
                        // Whether it arrives is the exchange's business: while that is down, it does not.
                        self.socket.send_to(&bytes, to.remote).ok();
                    }
                    Output::Media(command) => self.command(now, command),
                    Output::Happened(happening) => self.happened.push(happening),
                }
            } else if let Some(output) = self.engine.poll() {
                self.media(now, output);
            } else {
                return;
            }
        }
    }

    /// The loudest sample that it has heard.
    fn peak(&self) -> u16 {
        self.heard.values().flatten().map(|sample| sample.unsigned_abs()).max().unwrap_or(0)
    }

    /// With its first description a line begins to speak and to listen.
    fn command(&mut self, now: Time, command: MediaCommand) {
        let begins = match &command {
            MediaCommand::Setup { leg, audio: Some(_), .. } if self.voice_hz > 0 => {
                self.speaks.insert(*leg).then_some(*leg)
            }
            MediaCommand::Close { leg, .. } => {
                self.speaks.remove(leg);
                self.heard.remove(leg);
                None
            }
            _ => None,
        };
        self.engine.handle(now, command);
        if let Some(leg) = begins {
            self.speak(now, leg);
        }
    }

    fn speak(&mut self, now: Time, leg: LegId) {
        let tone = Tone {
            frequencies_hz: [self.voice_hz, 0],
            level_dbm0: -12,
            cadence_ms: Vec::new(),
            duration_ms: 0,
        };
        let play =
            Play { id: PlayId(1), items: vec![Audio::Tone(tone)], repeat: false, interrupt: String::new() };
        self.engine.handle(now, MediaCommand::Play { leg, play });
        let id = RecordingId { of: RecordingOf::Leg(leg), number: 0 };
        let settings = RecordSettings::new("ear", RecordSides::Stereo);
        self.engine.handle(now, MediaCommand::Record { id, settings });
    }

    fn media(&mut self, now: Time, output: MediaOutput) {
        match output {
            MediaOutput::Bind { slot, leg, .. } => {
                let sockets = pair();
                let audio = sockets[0].local_addr().unwrap();
                self.sockets.insert(slot, sockets);
                self.phone.handle(now, Input::Media(Event::Opened { leg, audio, video: None }));
            }
            MediaOutput::Unbind { slot, .. } => {
                self.sockets.remove(&slot);
            }
            MediaOutput::Packet { slot, stream, to, bytes } => {
                if let Some(socket) = self.sockets.get(&slot).and_then(|pair| pair.get(stream.index())) {
                    // The other end may have closed its port.
                    socket.send_to(&bytes, to).ok();
                }
            }
            MediaOutput::Shared { slot, to, header, payload } => {
                if let Some(socket) = self.sockets.get(&slot).and_then(|pair| pair.first()) {
                    // The other end may have closed its port.
                    socket.send_to(&[header.as_slice(), &payload].concat(), to).ok();
                }
            }
            MediaOutput::Event(event) => self.phone.handle(now, Input::Media(event)),
            MediaOutput::Load(key) => self.engine.loaded(now, &key, None),
            // Left is what the peer says.
            MediaOutput::Recorded { id, samples, .. } => {
                if let RecordingOf::Leg(leg) = id.of {
                    self.heard.entry(leg).or_default().extend(samples.iter().step_by(2));
                }
            }
            MediaOutput::Latch { .. }
            | MediaOutput::RecordStarted { .. }
            | MediaOutput::RecordEnded { .. } => {}
        }
    }

    fn hears(&self, frequency_hz: u16) -> bool {
        let length = usize::try_from(ear::MOMENT_MS * 8).unwrap();
        self.heard.values().any(|heard| {
            let from = heard.len().saturating_sub(length);
            heard.len() >= length && ear::hears(&heard[from..], 8_000, frequency_hz)
        })
    }
}

/// An even port and the next one (RFC 3550 §11).
fn pair() -> [UdpSocket; 2] {
    for _ in 0..100 {
        let rtp = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = rtp.local_addr().unwrap().port();
        if let Ok(rtcp) = UdpSocket::bind(("127.0.0.1", port.wrapping_add(1))) {
            rtp.set_nonblocking(true).unwrap();
            rtcp.set_nonblocking(true).unwrap();
            return [rtp, rtcp];
        }
    }
    panic!("no pair of ports is free");
}

fn phone_config(user: &str, password: String, server: SocketAddr, port: u16, place: usize) -> PhoneConfig {
    let mut seed = [0; 16];
    seed[..4].copy_from_slice(&std::process::id().to_be_bytes());
    seed[4..12].copy_from_slice(&u64::try_from(place).unwrap().to_be_bytes());
    seed[12..14].copy_from_slice(&port.to_be_bytes());
    let key = SourceKey { seed, node: 0, epoch: 1 };
    let loopback = Interface { address: IpAddr::V4(Ipv4Addr::LOCALHOST), bits: 8, external: None };
    let networks = Networks { interfaces: vec![loopback], local: Vec::new() };
    let mut endpoint = endpoint::Config::new(key, 1, networks);
    endpoint.ports.udp = Some(port);
    endpoint.ports.tcp = None;
    endpoint.ports.tls = None;
    PhoneConfig {
        user: user.to_owned(),
        display: String::new(),
        password,
        domain: DOMAIN.to_owned(),
        server: Hop::new(Transport::Udp, server),
        codecs: vec![Format::new(8, "PCMA", 8_000), Format::new(0, "PCMU", 8_000)],
        telephone_event: true,
        ptime_ms: 20,
        expires_s: 300,
        auto_answer_ms: None,
        late_offer: false,
        endpoint,
    }
}
