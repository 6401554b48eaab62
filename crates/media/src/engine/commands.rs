//! Commands: sessions made, set up, wired to each other and closed.

use super::Engine;
use super::formats::Converts;
use super::remade::Making;
use super::session::Session;
use super::timers::TimerKind;
use crate::mapping::Origin;
use crate::{Command, Event, MixId, Output, PlayEnd, Source, StreamKind, StreamSetup, VideoSetup};
use cordboard_base::{LegId, Time};

/// A listener's volume, in dB.
const GAIN_DB_MAX: i8 = 24;

impl Engine {
    pub(super) fn command(&mut self, now: Time, command: Command) {
        match command {
            Command::Open { leg, peer, video, seed } => {
                let engine = self.config.number;
                let slot = self.slots.insert(leg, |slot| {
                    let origin = Origin { engine, generation: slot.generation };
                    Session::new(now, (slot, origin), leg, (peer, video), seed)
                });
                let Some(slot) = slot else {
                    self.ignored += 1;
                    return;
                };
                self.outputs.push_back(Output::Bind { slot, leg, peer, video });
                self.begin_figures(now);
                self.wire_waiting(leg);
            }
            Command::Setup { leg, audio, video } => {
                let Some(index) = self.open(leg) else { return };
                self.setup(now, index, audio, video);
            }
            Command::Hear { leg, source } => {
                let Some(index) = self.open(leg) else { return };
                self.hear(index, source);
            }
            Command::Play { leg, play } => {
                let Some(index) = self.open(leg) else { return };
                self.play(now, index, play);
            }
            Command::Stop { leg, play } => {
                let Some(index) = self.open(leg) else { return };
                self.stop(index, play);
            }
            Command::SendDigits { leg, digits, duration_ms, gap_ms } => {
                let Some(index) = self.open(leg) else { return };
                self.send_digits(now, index, &digits, duration_ms, gap_ms);
            }
            Command::WithholdDigits { leg, withheld } => {
                let Some(index) = self.open(leg) else { return };
                if let Some(session) = self.slots.at(index) {
                    session.withhold_digits(withheld);
                }
            }
            Command::WatchSilence { leg, ms, level_dbov } => {
                let Some(index) = self.open(leg) else { return };
                self.watch_silence(now, index, ms, level_dbov);
            }
            Command::DetectMachine { leg, settings } => {
                let Some(index) = self.open(leg) else { return };
                self.detect_machine(now, index, settings);
            }
            Command::Record { id, settings } => self.record(now, id, settings),
            Command::PauseRecording { id, pause } => self.pause_recording(now, id, pause),
            Command::EndRecording { id } => self.end_recording(now, id),
            Command::Mix { mix, settings } => self.make_mix(now, mix, settings),
            Command::EndMix { mix } => self.end_mix(now, mix),
            Command::SayInto { mix, leg, input } => {
                let Some(index) = self.open(leg) else { return };
                self.say_into(now, mix, index, input);
            }
            Command::PlayInto { mix, play } => self.play_into(now, mix, play),
            Command::HearingVolume { leg, gain_db } => {
                let Some(index) = self.open(leg) else { return };
                if let Some(session) = self.slots.at(index) {
                    session.state.hearing_db = gain_db.clamp(-GAIN_DB_MAX, GAIN_DB_MAX);
                }
            }
            Command::Close { leg } => {
                let Some(index) = self.open(leg) else { return };
                self.close(now, index, leg);
            }
        }
    }

    fn hear(&mut self, index: u32, source: Source) {
        self.leave_shared(index);
        let newest = self.newest_event(source);
        if let Some(session) = self.slots.at(index) {
            session.state.source = source;
            session.state.relay_tone = None;
            session.state.missed_event = newest;
        }
        self.wire(index);
        self.begin_conversion(index);
    }

    /// The newest digit of whom a leg is about to hear: who comes into a talk by a key is not to send the rest of it there.
    fn newest_event(&mut self, source: Source) -> Option<(u32, u32)> {
        let Source::Leg(heard) = source else { return None };
        let heard = self.slots.index_of(heard)?;
        self.slots.at(heard)?.state.events.newest()
    }

    fn open(&mut self, leg: LegId) -> Option<u32> {
        let index = self.slots.index_of(leg);
        self.ignored += u64::from(index.is_none());
        index
    }

    fn setup(&mut self, now: Time, index: u32, audio: Option<StreamSetup>, video: Option<VideoSetup>) {
        let Some(session) = self.slots.at(index) else { return };
        let (slot, is_first) = (session.state.slot, session.state.audio.is_none());
        // A connected socket must hear from everywhere again: the next packet may come from another address.
        for stream in StreamKind::ALL.into_iter().filter(|&stream| session.latch(stream).latched().is_some())
        {
            self.outputs.push_back(Output::Latch { slot, stream, address: None });
        }
        session.setup(now, audio, video);
        self.set_stream_timers(now, index);
        self.rewire(index);
        self.rewant(index);
        if is_first {
            self.generate_now(now, index);
        }
    }

    fn close(&mut self, now: Time, index: u32, leg: LegId) {
        self.end_recordings_of(now, index);
        self.end_play(index, PlayEnd::Stopped);
        self.forget_timers(index);
        let Some(mut session) = self.slots.remove(leg) else { return };
        self.unwire(&session);
        self.goodbye(now, &mut session);
        self.outputs.push_back(Output::Unbind { slot: session.state.slot, leg });
        self.last_figures(&mut session);
        let stats = session.stats(now);
        self.event(Event::Closed { leg, stats });
    }

    /// Connects a session with the one that it hears.
    pub(super) fn wire(&mut self, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let heard = match session.state.source {
            Source::Nothing => None,
            Source::Echo => Some(index),
            Source::Leg(other) => self.slots.index_of(other),
            Source::Mix(_) => None,
        };
        self.wire_mix(index);
        let Some(session) = self.slots.at(index) else { return };
        let before = core::mem::replace(&mut session.made.heard, heard);
        if before != heard {
            if let Some(before) = before.and_then(|before| self.slots.at(before)) {
                before.made.listeners.retain(|&listener| listener != index);
            }
            if let Some(heard) = heard.and_then(|heard| self.slots.at(heard)) {
                // In order of their slots, so that a restored engine serves them as this one does.
                let at = heard.made.listeners.partition_point(|&listener| listener < index);
                heard.made.listeners.insert(at, index);
            }
            before.into_iter().chain(heard).for_each(|other| self.rewant(other));
        }
        self.retype(index);
    }

    /// What was played out for others until now is converted packet for packet from here on, if nobody else needs the playout.
    fn begin_conversion(&mut self, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let Some(heard) = session.made.heard.filter(|_| session.made.converts.contains(&Converts::InOrder))
        else {
            return;
        };
        let Some(Session { state, made }) = self.slots.at(heard) else { return };
        if !made.is_wanted
            && made.listeners.len() == 1
            && !state.is_disordered
            && state.playout.take().is_some()
        {
            self.set_timer(heard, TimerKind::PlayOut, None);
        }
    }

    /// Connects a session with the mix that it hears, and with no other.
    fn wire_mix(&mut self, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let wanted = match session.state.source {
            Source::Mix(id) if self.mixes.contains(id) => Some(id),
            Source::Mix(_) | Source::Nothing | Source::Echo | Source::Leg(_) => None,
        };
        let before = core::mem::replace(&mut session.made.hears_mix, wanted);
        if wanted.is_some() {
            session.state.remade.make(Making::Encoded);
        }
        if let Some(before) = before.filter(|_| before != wanted) {
            self.mixes.leave(before, index);
        }
        if let Some(wanted) = wanted {
            self.mixes.listen(wanted, index);
        }
    }

    /// Connects those who were told to hear a mix before it was made.
    pub(super) fn wire_hearers_of(&mut self, id: MixId) {
        let waits = |session: &&Session| session.state.source == Source::Mix(id);
        let waiting: Vec<u32> =
            self.slots.iter().filter(waits).map(|session| session.state.slot.index).collect();
        for index in waiting {
            self.wire_mix(index);
        }
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
        self.plan_encoder(index);
        heard.into_iter().for_each(|heard| self.plan_decoders(heard));
        self.rebeep(index);
    }

    /// Connects those who were told to hear a leg before it was opened.
    fn wire_waiting(&mut self, leg: LegId) {
        let waits = |session: &&Session| session.state.source == Source::Leg(leg);
        let waiting: Vec<u32> =
            self.slots.iter().filter(waits).map(|session| session.state.slot.index).collect();
        for index in waiting {
            self.wire(index);
        }
    }

    /// Takes a removed session out of the others' tables.
    pub(super) fn unwire(&mut self, gone: &Session) {
        self.unmix(gone);
        let index = gone.state.slot.index;
        if let Some(heard) = gone.made.heard.and_then(|heard| self.slots.at(heard)) {
            heard.made.listeners.retain(|&listener| listener != index);
            let heard = heard.state.slot.index;
            self.rewant(heard);
        }
        for &listener_index in &gone.made.listeners {
            if let Some(listener) = self.slots.at(listener_index) {
                listener.made.heard = None;
                listener.state.relay_tone = None;
                listener.make_relay_types(None);
            }
            self.plan_encoder(listener_index);
            self.rebeep(listener_index);
        }
    }
}
