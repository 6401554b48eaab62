//! The engine: a worker's sessions and what passes between them. Sans-IO: packets, commands and the time come in,
//! packets, events and wishes go out.
//!
//! The shell's loop:
//! ```text
//!  command  ─▶ handle(now, command)
//!  datagram ─▶ packet(now, slot, stream, from, bytes) ─▶ Some(Forward): send that range of the same buffer
//!  samples  ─▶ loaded(now, key, samples)
//!  time     ─▶ tick(now), at next_deadline() at the latest
//!  after each of them: while let Some(output) = poll() { … }
//! ```
//! The shell gives addresses in canonical form (an IPv4-mapped IPv6 address as IPv4).

mod audio;
mod commands;
mod deliver;
mod encoded;
mod figures;
mod formats;
mod generate;
mod mixes;
mod moving;
mod packet_length;
mod playing_out;
mod plays;
mod rates;
mod recordings;
mod remade;
mod reports;
mod session;
mod shared;
mod silence;
mod slots;
mod snapshot;
mod timers;
mod tones_heard;
mod video;

pub use moving::{Moved, Party};
pub use snapshot::{EngineState, STATE_VERSION};

use crate::music::Music;
use crate::resample::Filters;
use crate::{Command, Counters, Event, Forward, Found, Output, SampleKey, SlotId, StreamKind, StreamStats};
use cordboard_base::{Anchor, Deadlines, LegId, Time};
use core::net::SocketAddr;
use encoded::Encoded;
use mixes::Mixes;
use plays::Player;
use serde::{Deserialize, Serialize};
use slots::Slots;
use std::collections::{BTreeMap, VecDeque};
use timers::Due;

/// What an engine is told once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineConfig {
    /// Ties [`Time`] to the wall clock, for RTCP's NTP timestamps.
    pub anchor: Anchor,
    /// Whether sessions tell how their audio goes, second by second ([`Event::Figures`]).
    #[serde(default)]
    pub figures: bool,
    /// Tells the engines of one process apart, between which sessions move.
    #[serde(default)]
    pub number: u16,
}

/// Buffers that are used again and again, so that packets cost no allocation.
#[derive(Debug, Default)]
struct Scratch {
    /// The current packet decoded, once somebody needed it; or the current round of a playout.
    linear: Vec<i16>,
    is_decoded: bool,
    /// Whether the current packet has been given to its session's playout.
    is_buffered: bool,
    /// Samples at a listener's rate.
    converted: Vec<i16>,
    payload: Vec<u8>,
    frame: Vec<i16>,
    held_back: tones_heard::Passed,
}

/// One worker's media. See the module's documentation for the loop around it.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    slots: Slots,
    outputs: VecDeque<Output>,
    timers: Deadlines<Due>,
    mixes: Mixes,
    /// Samples that were asked for, and whose plays wait for them.
    loading: BTreeMap<SampleKey, Vec<Player>>,
    filters: Filters,
    encoded: Encoded,
    music: Music,
    /// Blocks of long sounds that the play which is being filled will need soon.
    wanted: Vec<SampleKey>,
    scratch: Scratch,
    /// Commands for legs that are not open, and packets for slots that mean another session by now.
    ignored: u64,
}

impl Engine {
    /// An engine without sessions.
    pub fn new(config: EngineConfig) -> Self {
        Self {
            config,
            slots: Slots::default(),
            outputs: VecDeque::new(),
            timers: Deadlines::default(),
            mixes: Mixes::default(),
            loading: BTreeMap::new(),
            filters: Filters::default(),
            encoded: Encoded::default(),
            music: Music::default(),
            wanted: Vec::new(),
            scratch: Scratch::default(),
            ignored: 0,
        }
    }

    /// Takes a command. Commands for legs that are not open are ignored and counted.
    pub fn handle(&mut self, now: Time, command: Command) {
        self.command(now, command);
    }

    /// Takes a datagram. A packet that is simply relayed is rewritten where it lies and given back as the range to send, without
    /// an allocation; all else that it causes comes from [`Engine::poll`].
    #[inline]
    pub fn packet(
        &mut self,
        now: Time,
        slot: SlotId,
        stream: StreamKind,
        from: SocketAddr,
        bytes: &mut [u8],
    ) -> Option<Forward> {
        match stream {
            StreamKind::AudioRtp => self.audio_rtp(now, slot, from, bytes),
            StreamKind::AudioRtcp => {
                self.audio_rtcp(now, slot, stream, from, bytes);
                None
            }
            StreamKind::VideoRtp | StreamKind::VideoRtcp => self.video(now, slot, stream, from, bytes),
        }
    }

    /// Takes what was asked for by [`Output::Load`].
    pub fn loaded(&mut self, now: Time, key: &SampleKey, found: impl Into<Found>) {
        self.answered(now, key, &found.into());
    }

    /// Does what is due. Calling it early or late is harmless; late by more than 100 ms is heard.
    pub fn tick(&mut self, now: Time) {
        self.due(now);
    }

    /// When [`Engine::tick`] is wanted next.
    pub fn next_deadline(&self) -> Option<Time> {
        self.timers.next()
    }

    /// The next thing to do; drain after every input.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The slot of an open leg.
    pub fn slot(&self, leg: LegId) -> Option<SlotId> {
        self.slots.slot_of(leg)
    }

    /// Forgets a leg whose sockets could not be bound: nothing is sent, no event comes.
    pub fn abandon(&mut self, leg: LegId) {
        if let Some(session) = self.slots.remove(leg) {
            self.forget_timers(session.state.slot.index);
            self.unwire(&session);
        }
    }

    /// The running counters of an open leg, and its figures as they stand.
    pub fn figures(&self, now: Time, leg: LegId) -> Option<(Counters, StreamStats)> {
        self.slots.session(leg).map(|session| (session.state.counters, session.stats(now)))
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        self.slots.len()
    }

    /// Commands for legs that were not open and packets for sessions that were gone: for a metric.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    /// Rounds of mixes that were left out because the worker was late: for a metric.
    pub fn shed(&self) -> u64 {
        self.mixes.shed
    }

    /// Asks for the music that somebody will need soon.
    fn want_music(&mut self) {
        while let Some(key) = self.music.wanted.pop_first() {
            self.ask_for(key, Player::Everybody);
        }
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}
