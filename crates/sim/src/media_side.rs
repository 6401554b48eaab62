//! Media engines with their sockets, prompts and recordings: the office's, between which sessions move, and one in every phone.

use crate::sounds;
use bytes::Bytes;
use cordboard_base::{Anchor, LegId, Time};
use cordboard_media::{
    Command, Engine, EngineConfig, Event, Move, Output, Placement, RecordPlace, RecordingId, SampleKey,
    Samples, SlotId, StreamKind, Trimmer, WorkerId,
};
use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The first media port of a host.
const FIRST_PORT: u16 = 20_000;

/// What an engine has recorded.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    /// Within the directory of its place.
    pub(crate) file: String,
    pub(crate) place: RecordPlace,
    pub(crate) rate_hz: u32,
    pub(crate) channels: u8,
    pub(crate) trimmer: Option<Trimmer>,
    /// Interleaved.
    pub(crate) samples: Vec<i16>,
}

/// What an engine wants of the world.
#[derive(Debug)]
pub(crate) enum Effect {
    Send { from: SocketAddr, to: SocketAddr, bytes: Bytes },
    Event(Event),
}

/// A session's place: its engine's number, and its slot there.
type Place = (usize, SlotId);

/// Engines and their shell.
#[derive(Debug)]
pub(crate) struct MediaSide {
    engines: Vec<Engine>,
    placement: Placement,
    /// What came of a move before it was asked for.
    effects: VecDeque<Effect>,
    pub(crate) ip: IpAddr,
    by_address: BTreeMap<SocketAddr, (Place, StreamKind)>,
    by_slot: BTreeMap<Place, u16>,
    next_port: u16,
    /// Those that run.
    pub(crate) running: BTreeMap<RecordingId, Tape>,
    /// Those that are complete.
    pub(crate) complete: Vec<Tape>,
    /// Whether complete ones are kept.
    pub(crate) archives: bool,
    /// Prompts and music asked for so far.
    pub(crate) asked: Vec<cordboard_media::SampleKey>,
    /// Sessions that have gone from one engine to another.
    pub(crate) moved: usize,
}

impl MediaSide {
    pub(crate) fn new(ip: IpAddr, anchor: Anchor, engines: u16) -> Self {
        Self {
            engines: Self::fresh(anchor, engines, false),
            placement: Placement::new(engines),
            effects: VecDeque::new(),
            ip,
            by_address: BTreeMap::new(),
            by_slot: BTreeMap::new(),
            next_port: FIRST_PORT,
            running: BTreeMap::new(),
            complete: Vec::new(),
            archives: false,
            asked: Vec::new(),
            moved: 0,
        }
    }

    fn fresh(anchor: Anchor, count: u16, figures: bool) -> Vec<Engine> {
        (0..count).map(|number| Engine::new(EngineConfig { anchor, figures, number })).collect()
    }

    /// New engines, which tell how their sessions go, as the office's do.
    pub(crate) fn tells_figures(&mut self, anchor: Anchor) {
        let count = u16::try_from(self.engines.len()).unwrap_or(1);
        self.engines = Self::fresh(anchor, count, true);
        self.placement = Placement::new(count);
        self.effects.clear();
    }

    /// The process is gone and comes again: its sockets are closed, what is on disk stays.
    pub(crate) fn restart(&mut self, anchor: Anchor) {
        self.tells_figures(anchor);
        self.by_address.clear();
        self.by_slot.clear();
        self.running.clear();
    }

    pub(crate) fn command(&mut self, now: Time, command: Command) {
        let (moves, worker) = self.placement.place(&command);
        for a_move in moves {
            self.carry(now, &a_move);
        }
        if let Some(engine) = worker.and_then(|WorkerId(at)| self.engines.get_mut(usize::from(at))) {
            engine.handle(now, command);
        }
    }

    /// A party goes from one engine to another, with its sockets.
    fn carry(&mut self, now: Time, Move { from, to, party }: &Move) {
        while let Some(effect) = self.serve(now) {
            self.effects.push_back(effect);
        }
        let [from, to] = [from, to].map(|worker| usize::from(worker.0));
        let slot = |leg: &LegId| Some((*leg, self.engines.get(from)?.slot(*leg)?));
        let before: BTreeMap<LegId, SlotId> = party.legs.iter().filter_map(slot).collect();
        let moved = self.engines[from].take(party);
        assert!(self.engines[from].poll().is_none(), "nothing comes of a leave");
        for (leg, slot) in self.engines[to].adopt(now, moved) {
            let before = (from, before[&leg]);
            let after = (to, slot);
            self.moved += 1;
            if let Some(port) = self.by_slot.remove(&before) {
                self.by_slot.insert(after, port);
            }
            for (place, _) in self.by_address.values_mut().filter(|(place, _)| *place == before) {
                *place = after;
            }
        }
    }

    /// When something is due.
    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.engines.iter().filter_map(Engine::next_deadline).min()
    }

    pub(crate) fn tick(&mut self, now: Time) {
        for engine in &mut self.engines {
            if engine.next_deadline().is_some_and(|due| due <= now) {
                engine.tick(now);
            }
        }
    }

    /// How many sessions there are.
    pub(crate) fn sessions(&self) -> usize {
        self.engines.iter().map(Engine::sessions).sum()
    }

    /// Restores each engine from what `keep` makes of it.
    pub(crate) fn restore_engines(&mut self, keep: impl Fn(&Engine) -> Engine) {
        for engine in &mut self.engines {
            *engine = keep(engine);
        }
    }

    /// Whether one of its sockets has this address.
    pub(crate) fn owns(&self, address: SocketAddr) -> bool {
        self.by_address.contains_key(&address)
    }

    /// A datagram for one of its sockets; a relayed one goes on at once.
    pub(crate) fn packet(
        &mut self,
        now: Time,
        from: SocketAddr,
        to: SocketAddr,
        bytes: &[u8],
    ) -> Option<Effect> {
        let ((at, slot), stream) = *self.by_address.get(&to)?;
        let mut buffer = bytes.to_vec();
        let forward = self.engines.get_mut(at)?.packet(now, slot, stream, from, &mut buffer)?;
        let from = self.address((at, forward.slot), forward.stream)?;
        let bytes = Bytes::copy_from_slice(buffer.get(forward.start..forward.end)?);
        Some(Effect::Send { from, to: forward.to, bytes })
    }

    /// Serves the engines until one wants something of the world.
    pub(crate) fn poll(&mut self, now: Time) -> Option<Effect> {
        self.effects.pop_front().or_else(|| self.serve(now))
    }

    fn serve(&mut self, now: Time) -> Option<Effect> {
        (0..self.engines.len()).find_map(|at| self.serve_one(now, at))
    }

    fn serve_one(&mut self, now: Time, at: usize) -> Option<Effect> {
        while let Some(output) = self.engines.get_mut(at)?.poll() {
            match output {
                Output::Bind { slot, leg, video, .. } => {
                    return Some(Effect::Event(self.bind((at, slot), leg, video)));
                }
                Output::Unbind { slot, .. } => {
                    self.by_slot.remove(&(at, slot));
                    self.by_address.retain(|_, (of, _)| *of != (at, slot));
                }
                Output::Packet { slot, stream, to, bytes } => {
                    if let Some(from) = self.address((at, slot), stream) {
                        return Some(Effect::Send { from, to, bytes: bytes.into() });
                    }
                }
                Output::Shared { slot, to, header, payload } => {
                    if let Some(from) = self.address((at, slot), StreamKind::AudioRtp) {
                        let bytes = [header.as_slice(), &payload].concat();
                        return Some(Effect::Send { from, to, bytes: bytes.into() });
                    }
                }
                Output::Latch { .. } => {}
                Output::Event(event) => return Some(Effect::Event(event)),
                Output::Load(key) => {
                    if !self.asked.contains(&key) {
                        self.asked.push(key.clone());
                    }
                    let samples = self.recorded(&key).or_else(|| sounds::samples(&key));
                    self.engines.get_mut(at)?.loaded(now, &key, samples);
                }
                Output::RecordStarted { id, name, format, rate_hz, channels, file: how } => {
                    let file = format!("{name}.{}", format.extension());
                    let trimmer = how.trim.then(|| Trimmer::new(rate_hz, channels));
                    let place = how.place;
                    let tape = Tape { file, place, rate_hz, channels, trimmer, samples: Vec::new() };
                    self.running.insert(id, tape);
                }
                Output::Recorded { id, samples } => self.record(id, &samples),
                Output::RecordEnded { id } => {
                    let Some(mut tape) = self.running.remove(&id) else { continue };
                    tape.samples.extend(tape.trimmer.take().map(Trimmer::end).unwrap_or_default());
                    let (file, ms) = (tape.file.clone(), tape.ms());
                    let keeps = self.archives || tape.place == RecordPlace::Data;
                    self.complete.extend(Some(tape).filter(|_| keeps));
                    return Some(Effect::Event(Event::RecordingEnded { id, file, ms, failure: None }));
                }
            }
        }
        None
    }

    /// A file of an application's is deleted.
    pub(crate) fn unlink(&mut self, file: &str) {
        self.complete.retain(|tape| tape.place != RecordPlace::Data || tape.file != file);
    }

    fn record(&mut self, id: RecordingId, samples: &[i16]) {
        let archives = self.archives;
        let Some(tape) = self.running.get_mut(&id) else { return };
        match &mut tape.trimmer {
            Some(trimmer) => trimmer.push(samples, &mut tape.samples),
            None => tape.samples.extend_from_slice(samples),
        }
        // An ear remembers the last second.
        let most = usize::try_from(tape.rate_hz).unwrap_or(0) * usize::from(tape.channels);
        if !archives && tape.place == RecordPlace::Recordings && tape.samples.len() > 2 * most {
            tape.samples.drain(..tape.samples.len() - most);
        }
    }

    /// A recording of this world's own as an application plays it: one of an application's, or any where recordings are kept.
    fn recorded(&self, key: &SampleKey) -> Option<Arc<Samples>> {
        let SampleKey::FileBlock { path, .. } = key else { return None };
        let is_it = |tape: &&Tape| match tape.place {
            RecordPlace::Recordings => path.strip_prefix("recordings/") == Some(tape.file.as_str()),
            RecordPlace::Data => *path == tape.file,
        };
        let tape = self.complete.iter().rfind(is_it)?;
        let channels = usize::from(tape.channels.max(1));
        let mixed = |sample: &[i16]| sample.iter().fold(0i16, |sum, one| sum.saturating_add(*one));
        let data = tape.samples.chunks_exact(channels).map(mixed).collect();
        Some(Arc::new(Samples { rate_hz: tape.rate_hz, data }))
    }

    fn bind(&mut self, place: Place, leg: LegId, video: bool) -> Event {
        let port = self.next_port;
        self.next_port = self.next_port.checked_add(4).unwrap_or(FIRST_PORT);
        self.by_slot.insert(place, port);
        for (stream, at) in StreamKind::ALL.into_iter().zip(port..) {
            self.by_address.insert(SocketAddr::new(self.ip, at), (place, stream));
        }
        let address = |at| SocketAddr::new(self.ip, at);
        Event::Opened { leg, audio: address(port), video: video.then(|| address(port + 2)) }
    }

    fn address(&self, place: Place, stream: StreamKind) -> Option<SocketAddr> {
        let port = *self.by_slot.get(&place)? + u16::try_from(stream.index()).ok()?;
        Some(SocketAddr::new(self.ip, port))
    }
}

impl Tape {
    /// How much it holds.
    pub(crate) fn ms(&self) -> u64 {
        let per_second = u64::from(self.rate_hz.max(1)) * u64::from(self.channels.max(1));
        self.samples.len() as u64 * 1_000 / per_second
    }

    /// The last moment of its first channel (what the peer says).
    pub(crate) fn moment(&self) -> Vec<i16> {
        let channels = usize::from(self.channels.max(1));
        let count = usize::try_from(sounds::MOMENT_MS * self.rate_hz / 1_000).unwrap_or(0);
        let from = self.samples.len().saturating_sub(count * channels);
        self.samples.iter().skip(from).step_by(channels).copied().collect()
    }
}
