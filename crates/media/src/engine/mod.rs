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
mod session;
mod slots;

use crate::{Command, Event, Forward, Output, SampleKey, Samples, SlotId, StreamKind};
use cordboard_base::{Anchor, LegId, Time};
use core::net::SocketAddr;
use serde::{Deserialize, Serialize};
use slots::Slots;
use std::collections::VecDeque;
use std::sync::Arc;

/// What an engine is told once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineConfig {
    /// Ties [`Time`] to the wall clock, for RTCP's NTP timestamps.
    pub anchor: Anchor,
}

/// One worker's media. See the module's documentation for the loop around it.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    slots: Slots,
    outputs: VecDeque<Output>,
    /// Commands for legs that are not open, and packets for slots that mean another session by now.
    ignored: u64,
}

impl Engine {
    /// An engine without sessions.
    pub fn new(config: EngineConfig) -> Self {
        Self { config, slots: Slots::default(), outputs: VecDeque::new(), ignored: 0 }
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
            StreamKind::AudioRtcp | StreamKind::VideoRtp | StreamKind::VideoRtcp => None,
        }
    }

    /// Takes what was asked for by [`Output::Load`]; `None`: there is no such thing, or it can't be decoded.
    pub fn loaded(&mut self, now: Time, key: &SampleKey, samples: Option<Arc<Samples>>) {
        let _ = (now, key, samples);
    }

    /// Does what is due. Calling it early or late is harmless; late by more than 100 ms is heard.
    pub fn tick(&mut self, now: Time) {
        let _ = now;
    }

    /// When [`Engine::tick`] is wanted next.
    pub fn next_deadline(&self) -> Option<Time> {
        None
    }

    /// The next thing to do; drain after every input.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// The slot of an open leg.
    pub fn slot(&self, leg: LegId) -> Option<SlotId> {
        let index = self.slots.index_of(leg)?;
        self.slots.iter().find(|session| session.state.slot.index == index).map(|session| session.state.slot)
    }

    /// Forgets a leg whose sockets could not be bound: nothing is sent, no event comes.
    pub fn abandon(&mut self, leg: LegId) {
        if let Some(session) = self.slots.remove(leg) {
            self.unwire(&session);
        }
    }

    /// How many sessions there are.
    pub fn sessions(&self) -> usize {
        self.slots.len()
    }

    /// Commands for legs that were not open and packets for sessions that were gone: for a metric.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    fn event(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}
