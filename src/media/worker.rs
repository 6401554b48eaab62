//! One media thread: an engine, its sockets, and the loop around them. The per-packet path does not allocate, lock or log.
//!
//! Sockets stay unconnected: sending is a little dearer so (measured in `benches/media`), but the engine sees, refuses and
//! counts strangers, and a peer whose address changes is found again; a connected socket would hide both.

use super::moving::Parcel;
use super::prompts::{Cache, Wish};
use super::recorder::{Form, Tape};
use super::{MediaCounters, Sockets};
use crate::clock::Clock;
use crate::poller::Poller;
use crate::wake::{self, Waker};
use cordboard_base::{LegId, Time};
use cordboard_media::{
    Command, Engine, EngineConfig, Event, Found, Output, Party, SampleKey, SlotId, StreamKind,
};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::{Arc, mpsc};
use std::time::Duration;

/// RTP fits into an Ethernet frame; what is longer is no packet of a phone's and is dropped.
const PACKET_SIZE_MAX: usize = 2_048;
/// Commands taken between two looks at the sockets.
const COMMANDS_BATCH_MAX: usize = 256;
/// Packets handled with one reading of the clock: less than a tenth of a millisecond.
const PACKETS_PER_CLOCK: usize = 32;
/// Events that wait while the shard's queue is full; beyond it they are lost, which only a dead shard reaches.
const BACKLOG_MAX: usize = 65_536;
/// How soon a full queue is tried again.
const RETRY: Duration = Duration::from_millis(20);
/// While no packet goes on as it comes, this thread wakes up no more often than that: what is decoded waits for its round anyway, and of
/// a conference of a thousand nearly every packet would wake it by itself, which takes as long as the packet (docs/PERFORMANCE.md).
const REST: Duration = Duration::from_micros(500);
/// How long ago the last packet must have gone on.
const QUIET_FOR: Duration = Duration::from_secs(1);
/// How often counters are told.
const COUNTED_EVERY: Duration = Duration::from_secs(1);
const WAKER_TOKEN: u64 = u64::MAX;

/// What the peer of a session is shown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub(super) audio: SocketAddr,
    pub(super) video: Option<SocketAddr>,
}

/// A session's beginning, with its sockets.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) command: Command,
    pub(super) sockets: Sockets,
    pub(super) shown: Shown,
}

#[derive(Debug)]
pub(super) enum WorkerCommand {
    Open(Box<Open>),
    Engine(Box<Command>),
    Loaded(Box<(SampleKey, Found)>),
    /// Gives a party up to another worker.
    Give(Box<(Party, wake::Sender<Box<Parcel>>)>),
    /// Takes a party in. What was told after this waits until it has come.
    Take(wake::Receiver<Box<Parcel>>),
    Stop,
}

#[derive(Debug)]
pub(super) enum WorkerEvent {
    Media(Event),
    Freed(Vec<u16>),
    Counted(MediaCounters),
}

/// A worker's connections with the other threads.
pub(super) struct Ends {
    /// Which worker this is.
    pub(super) number: u16,
    pub(super) clock: Clock,
    pub(super) waker: Waker,
    pub(super) commands: wake::Receiver<WorkerCommand>,
    /// For the sounds' thread to answer by.
    pub(super) own_commands: wake::Sender<WorkerCommand>,
    pub(super) events: wake::Sender<WorkerEvent>,
    pub(super) wishes: mpsc::SyncSender<Wish>,
    pub(super) cache: Arc<Cache>,
    pub(super) tape: Tape,
}

/// A session's sockets at the place that the engine gave it.
struct Seat {
    generation: u32,
    sockets: Sockets,
}

pub(super) struct Worker {
    pub(super) ends: Ends,
    pub(super) engine: Engine,
    pub(super) poller: Poller,
    /// A party on its way to here.
    pub(super) awaited: Option<wake::Receiver<Box<Parcel>>>,
    seats: Vec<Option<Seat>>,
    /// Sockets of sessions that the engine has not placed yet.
    waiting: BTreeMap<LegId, (Sockets, Shown)>,
    pub(super) backlog: VecDeque<WorkerEvent>,
    /// When a packet has last gone on as it came, and when this thread was last woken.
    passed_on: Time,
    woken: Time,
    counted: MediaCounters,
    counted_at: Time,
    recording_lost_told: u64,
    /// A packet that is put together.
    joined: Vec<u8>,
    shed_told: u64,
}

impl Worker {
    pub(super) fn new(ends: Ends) -> io::Result<Self> {
        let poller = Poller::new()?;
        poller.add(&ends.waker, WAKER_TOKEN)?;
        let engine =
            Engine::new(EngineConfig { anchor: ends.clock.anchor(), figures: true, number: ends.number });
        Ok(Self {
            ends,
            engine,
            poller,
            awaited: None,
            seats: Vec::new(),
            waiting: BTreeMap::new(),
            backlog: VecDeque::new(),
            passed_on: Time::ZERO,
            woken: Time::ZERO,
            counted: MediaCounters::default(),
            counted_at: Time::ZERO,
            recording_lost_told: 0,
            joined: Vec::new(),
            shed_told: 0,
        })
    }

    /// Runs until it is told to stop.
    pub(super) fn run(mut self) {
        let mut ready = Vec::new();
        let mut buffer = vec![0; PACKET_SIZE_MAX];
        loop {
            if let Err(error) = self.poller.wait(self.timeout(), &mut ready) {
                tracing::error!(%error, "the media thread can't wait for packets");
                return;
            }
            let mut now = self.ends.clock.now();
            let wakes_often = now.since(self.woken) < 2 * REST;
            self.woken = now;
            for (n, &token) in ready.iter().enumerate() {
                if n % PACKETS_PER_CLOCK == PACKETS_PER_CLOCK - 1 {
                    now = self.ends.clock.now();
                }
                if token != WAKER_TOKEN {
                    self.receive(now, token, &mut buffer);
                } else if !self.take_commands() {
                    return;
                }
            }
            if self.awaited.is_some() && !self.take_commands() {
                return;
            }
            let now = self.ends.clock.now();
            if self.engine.next_deadline().is_some_and(|deadline| deadline <= now) {
                self.engine.tick(now);
                self.drain(now);
            }
            self.ends.tape.retry();
            self.tell_counted(now);
            self.flush();
            if wakes_often && !ready.is_empty() && now.since(self.passed_on) > QUIET_FOR {
                self.rest();
            }
        }
    }

    /// Lets more packets come together, unless something is due before.
    fn rest(&self) {
        let clock = self.ends.clock;
        let until_due = self.engine.next_deadline().map_or(REST, |deadline| clock.until(deadline));
        let left = REST.saturating_sub(clock.now().since(self.woken)).min(until_due);
        if !left.is_zero() {
            std::thread::sleep(left);
        }
    }

    fn timeout(&self) -> Option<Duration> {
        // Whoever sends a party wakes this thread, unless it has died.
        let retry = (!self.backlog.is_empty() || self.awaited.is_some()).then_some(RETRY);
        let tick = self.engine.next_deadline().map(|deadline| self.ends.clock.until(deadline));
        match (tick, retry) {
            (Some(tick), Some(retry)) => Some(tick.min(retry)),
            (tick, retry) => tick.or(retry),
        }
    }

    /// One datagram of one socket: nearly always there is but one.
    fn receive(&mut self, now: Time, token: u64, buffer: &mut [u8]) {
        let (index, kind) = from_token(token);
        let Some(kind) = StreamKind::ALL.get(kind).copied() else { return };
        let Some(Some(seat)) = usize::try_from(index).ok().and_then(|place| self.seats.get(place)) else {
            return;
        };
        let Some(Some(socket)) = seat.sockets.sockets.get(kind.index()) else { return };
        let slot = SlotId { index, generation: seat.generation };
        let Ok((size, from)) = socket.recv_from(buffer) else { return };
        if size == buffer.len() {
            self.counted.oversize += 1;
            return;
        }
        let Some(packet) = buffer.get_mut(..size) else { return };
        if let Some(forward) = self.engine.packet(now, slot, kind, from, packet)
            && let Some(bytes) = packet.get(forward.start..forward.end)
        {
            self.passed_on = now;
            self.send(forward.slot, forward.stream, forward.to, bytes);
        }
        // Copies for others, packets of another length, payloads that have grown.
        if self.drain(now) {
            self.passed_on = now;
        }
    }

    fn send(&mut self, slot: SlotId, stream: StreamKind, to: SocketAddr, bytes: &[u8]) {
        let sent = self.socket(slot, stream).is_some_and(|socket| socket.send_to(bytes, to).is_ok());
        if !sent {
            self.counted.send_failed += 1;
        }
    }

    /// Header and payload are put together first: cheaper than handing the kernel two pieces.
    fn send_shared(&mut self, slot: SlotId, to: SocketAddr, header: &[u8], payload: &[u8]) {
        let mut packet = std::mem::take(&mut self.joined);
        packet.clear();
        packet.extend_from_slice(header);
        packet.extend_from_slice(payload);
        self.send(slot, StreamKind::AudioRtp, to, &packet);
        self.joined = packet;
    }

    fn socket(&self, slot: SlotId, stream: StreamKind) -> Option<&UdpSocket> {
        let seat = self.seats.get(usize::try_from(slot.index).ok()?)?.as_ref()?;
        if seat.generation != slot.generation {
            return None;
        }
        seat.sockets.sockets.get(stream.index())?.as_ref()
    }

    /// False: it is time to stop.
    fn take_commands(&mut self) -> bool {
        self.ends.waker.clear();
        for _ in 0..COMMANDS_BATCH_MAX {
            if !self.has_arrived() {
                return true;
            }
            let Some(command) = self.ends.commands.try_recv() else { return true };
            let now = self.ends.clock.now();
            match command {
                WorkerCommand::Open(open) => self.open(now, *open),
                WorkerCommand::Engine(command) => self.engine.handle(now, *command),
                WorkerCommand::Loaded(loaded) => self.engine.loaded(now, &loaded.0, loaded.1),
                WorkerCommand::Give(give) => self.give(&give.0, &give.1),
                WorkerCommand::Take(party) => self.awaited = Some(party),
                // Sockets close and recordings are finished when the worker is dropped.
                WorkerCommand::Stop => return false,
            }
            self.drain(now);
        }
        // There may be more: come back after a look at the sockets.
        self.ends.waker.wake();
        true
    }

    fn open(&mut self, now: Time, open: Open) {
        let Open { command, sockets, shown } = open;
        let Some(leg) = command.leg() else { return };
        self.waiting.insert(leg, (sockets, shown));
        self.engine.handle(now, command);
        self.drain(now);
        // The engine takes no second session of a leg, nor one beyond its bound.
        if let Some((sockets, _)) = self.waiting.remove(&leg) {
            self.free(sockets);
            self.tell(WorkerEvent::Media(Event::OpenFailed { leg }));
        }
    }

    /// Does what the engine wants done. Says whether a packet was sent.
    pub(super) fn drain(&mut self, now: Time) -> bool {
        let mut has_sent = false;
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Packet { slot, stream, to, bytes } => {
                    has_sent = true;
                    self.send(slot, stream, to, &bytes);
                }
                Output::Shared { slot, to, header, payload } => self.send_shared(slot, to, &header, &payload),
                Output::Bind { slot, leg, .. } => self.bind(slot, leg),
                Output::Unbind { slot, .. } => self.unbind(slot),
                // See the module's documentation: sockets stay unconnected.
                Output::Latch { .. } => {}
                Output::Event(event) => self.tell(WorkerEvent::Media(event)),
                Output::Load(key) => self.load(now, key),
                Output::RecordStarted { id, name, format, file, rate_hz, channels } => {
                    self.ends.tape.started(id, Form { name, format, file, rate_hz, channels });
                }
                Output::Recorded { id, samples } => self.ends.tape.more(id, samples),
                Output::RecordEnded { id } => self.ends.tape.ended(id),
            }
        }
        has_sent
    }

    fn bind(&mut self, slot: SlotId, leg: LegId) {
        let Some((sockets, shown)) = self.waiting.remove(&leg) else {
            self.engine.abandon(leg);
            return;
        };
        if let Err(error) = self.watch(slot, &sockets) {
            tracing::error!(%leg, %error, "media sockets can't be watched");
            self.engine.abandon(leg);
            self.free(sockets);
            self.tell(WorkerEvent::Media(Event::OpenFailed { leg }));
            return;
        }
        self.seat(slot, sockets);
        self.tell(WorkerEvent::Media(Event::Opened { leg, audio: shown.audio, video: shown.video }));
    }

    pub(super) fn watch(&self, slot: SlotId, sockets: &Sockets) -> io::Result<()> {
        StreamKind::ALL.iter().zip(&sockets.sockets).try_for_each(|(kind, socket)| match socket {
            Some(socket) => self.poller.add(socket, token(slot.index, kind.index())),
            None => Ok(()),
        })
    }

    pub(super) fn seat(&mut self, slot: SlotId, sockets: Sockets) {
        let place = usize::try_from(slot.index).unwrap_or(usize::MAX);
        if self.seats.len() <= place {
            self.seats.resize_with(place.saturating_add(1), || None);
        }
        if let Some(seat) = self.seats.get_mut(place) {
            *seat = Some(Seat { generation: slot.generation, sockets });
        }
    }

    pub(super) fn unseat(&mut self, slot: SlotId) -> Option<Sockets> {
        let place = usize::try_from(slot.index).unwrap_or(usize::MAX);
        self.seats.get_mut(place).and_then(Option::take).map(|seat| seat.sockets)
    }

    fn unbind(&mut self, slot: SlotId) {
        if let Some(sockets) = self.unseat(slot) {
            self.free(sockets);
        }
    }

    /// Closes sockets, which ends their watch too, and gives the ports back.
    pub(super) fn free(&mut self, sockets: Sockets) {
        let Sockets { sockets, pairs } = sockets;
        drop(sockets);
        self.tell(WorkerEvent::Freed(pairs));
    }

    fn load(&mut self, now: Time, key: SampleKey) {
        if let Some(samples) = self.ends.cache.find(&key) {
            self.engine.loaded(now, &key, Some(samples));
            return;
        }
        let answer = self.ends.own_commands.clone();
        let name = key.clone();
        let wish = Wish::Load(
            key.clone(),
            Box::new(move |found| {
                if answer.send(WorkerCommand::Loaded(Box::new((name, found)))).is_err() {
                    tracing::debug!("a sound came after the end of its worker");
                }
            }),
        );
        if self.ends.wishes.try_send(wish).is_err() {
            tracing::error!(name = key.name(), "the sounds' thread does not keep up");
            self.engine.loaded(now, &key, None);
        }
    }

    pub(super) fn tell(&mut self, event: WorkerEvent) {
        self.flush();
        if self.backlog.len() >= BACKLOG_MAX {
            tracing::error!("the shard does not take media events");
        } else if !self.backlog.is_empty() {
            self.backlog.push_back(event);
        } else if let Err(event) = self.ends.events.try_send(event) {
            self.backlog.push_back(event);
        }
    }

    fn flush(&mut self) {
        while let Some(event) = self.backlog.pop_front() {
            if let Err(event) = self.ends.events.try_send(event) {
                self.backlog.push_front(event);
                return;
            }
        }
    }

    fn tell_counted(&mut self, now: Time) {
        if now.since(self.counted_at) < COUNTED_EVERY {
            return;
        }
        self.counted_at = now;
        self.counted.recording_lost = self.ends.tape.lost_ever - self.recording_lost_told;
        self.recording_lost_told = self.ends.tape.lost_ever;
        self.counted.rounds_shed = self.engine.shed() - self.shed_told;
        self.shed_told = self.engine.shed();
        let counted = std::mem::take(&mut self.counted);
        if counted != MediaCounters::default() {
            self.tell(WorkerEvent::Counted(counted));
        }
    }
}

fn token(index: u32, kind: usize) -> u64 {
    (u64::from(index) << 2) | (kind as u64 & 3)
}

fn from_token(token: u64) -> (u32, usize) {
    let index = u32::try_from(token >> 2).unwrap_or(u32::MAX);
    let kind = usize::try_from(token & 3).unwrap_or(0);
    (index, kind)
}
