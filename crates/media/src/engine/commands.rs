//! Commands: sessions made, set up, wired to each other and closed.

use super::Engine;
use super::session::Session;
use crate::{Command, Event, Output, Source, StreamStats};
use cordboard_base::{LegId, Time};

impl Engine {
    pub(super) fn command(&mut self, now: Time, command: Command) {
        match command {
            Command::Open { leg, peer, video, seed } => {
                let slot = self.slots.insert(leg, |slot| Session::new(now, slot, leg, (peer, video), seed));
                let Some(slot) = slot else {
                    self.ignored += 1;
                    return;
                };
                self.outputs.push_back(Output::Bind { slot, leg, peer, video });
                self.wire_waiting(leg, slot.index);
            }
            Command::Setup { leg, audio, video } => {
                let Some(session) = self.open(leg) else { return };
                session.setup(now, audio, video);
                let index = session.state.slot.index;
                self.rewire(index);
            }
            Command::Hear { leg, source } => {
                let Some(session) = self.open(leg) else { return };
                session.state.source = source;
                let index = session.state.slot.index;
                self.wire(index);
            }
            Command::Close { leg } => self.close(leg),
            Command::Play { .. }
            | Command::Stop { .. }
            | Command::SendDigits { .. }
            | Command::WatchSilence { .. }
            | Command::Record { .. } => self.ignored += 1,
        }
    }

    fn open(&mut self, leg: LegId) -> Option<&mut Session> {
        let Some(index) = self.slots.index_of(leg) else {
            self.ignored += 1;
            return None;
        };
        self.slots.at(index)
    }

    fn close(&mut self, leg: LegId) {
        let Some(session) = self.slots.remove(leg) else {
            self.ignored += 1;
            return;
        };
        self.unwire(&session);
        let counters = &session.state.counters;
        let stats = StreamStats {
            received: counters.reception.received_ever,
            sent: counters.sending.packets,
            lost: counters.reception.lost(),
            strangers: counters.strangers,
            discarded: counters.discarded,
            ..StreamStats::default()
        };
        self.outputs.push_back(Output::Unbind { slot: session.state.slot, leg });
        self.event(Event::Closed { leg, stats });
    }

    /// Connects a session with the one that it hears.
    fn wire(&mut self, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let heard = match session.state.source {
            Source::Nothing => None,
            Source::Echo => Some(index),
            Source::Leg(other) => self.slots.index_of(other),
        };
        let Some(session) = self.slots.at(index) else { return };
        let before = core::mem::replace(&mut session.made.heard, heard);
        if before != heard {
            if let Some(before) = before.and_then(|before| self.slots.at(before)) {
                before.made.listeners.retain(|&listener| listener != index);
            }
            if let Some(heard) = heard.and_then(|heard| self.slots.at(heard)) {
                heard.made.listeners.push(index);
            }
        }
        self.retype(index);
    }

    /// Works out anew what passes between a session, the one it hears and those that hear it.
    fn rewire(&mut self, index: u32) {
        self.wire(index);
        let count = self.slots.at(index).map_or(0, |session| session.made.listeners.len());
        for n in 0..count {
            let listener = self.slots.at(index).and_then(|session| session.made.listeners.get(n).copied());
            if let Some(listener) = listener {
                self.retype(listener);
            }
        }
    }

    fn retype(&mut self, index: u32) {
        let heard = self.slots.at(index).and_then(|session| session.made.heard);
        let setup = heard.and_then(|heard| self.slots.at(heard)).and_then(|heard| heard.state.audio.clone());
        if let Some(session) = self.slots.at(index) {
            session.make_relay_types(setup.as_ref());
        }
    }

    /// Connects those who were told to hear a leg before it was opened.
    fn wire_waiting(&mut self, leg: LegId, _index: u32) {
        let waits = |session: &&Session| session.state.source == Source::Leg(leg);
        let waiting: Vec<u32> =
            self.slots.iter().filter(waits).map(|session| session.state.slot.index).collect();
        for index in waiting {
            self.wire(index);
        }
    }

    /// Takes a removed session out of the others' tables.
    pub(super) fn unwire(&mut self, gone: &Session) {
        let index = gone.state.slot.index;
        if let Some(heard) = gone.made.heard.and_then(|heard| self.slots.at(heard)) {
            heard.made.listeners.retain(|&listener| listener != index);
        }
        for &listener in &gone.made.listeners {
            if let Some(listener) = self.slots.at(listener) {
                listener.made.heard = None;
                listener.make_relay_types(None);
            }
        }
    }
}
