//! Plays, digits, recordings and watches: what they begin with, and how they end.

use super::Engine;
use super::generate::RelayTone;
use super::session::Session;
use super::silence::Watch;
use super::timers::TimerKind;
use crate::play::{Loaded, Playing};
use crate::recording::{FLUSH_EVERY, Recording};
use crate::telephone_event::Released;
use crate::{Event, Output, Play, PlayEnd, PlayId, SampleKey, Samples};
use cordboard_base::{LegId, Time};
use std::sync::Arc;

impl Engine {
    pub(super) fn play(&mut self, now: Time, index: u32, play: Play) {
        self.end_play(index, PlayEnd::Stopped);
        let Some(session) = self.slots.at(index) else { return };
        let playing = Playing::new(play);
        session.made.loaded = Loaded::nothing_of(&playing);
        session.state.counters.play_position = 0;
        session.state.play = Some(playing);
        self.load_for(index);
        self.start_play(now, index);
    }

    /// Asks for what a session's play needs and nobody has asked for yet.
    pub(super) fn load_for(&mut self, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let leg = session.state.leg;
        let keys: Vec<SampleKey> = session.state.play.iter().flat_map(Playing::keys).collect();
        for key in keys {
            let waiting = self.loading.entry(key.clone()).or_default();
            if waiting.is_empty() {
                self.outputs.push_back(Output::Load(key));
            }
            if !waiting.contains(&leg) {
                waiting.push(leg);
            }
        }
    }

    pub(super) fn answered(&mut self, now: Time, key: &SampleKey, samples: Option<&Arc<Samples>>) {
        for leg in self.loading.remove(key).unwrap_or_default() {
            let Some(session) = self.slots.by_leg(leg) else { continue };
            let index = session.state.slot.index;
            if let Some(playing) = &session.state.play {
                session.made.loaded.answer(playing, key, samples);
            }
            self.start_play(now, index);
        }
    }

    fn start_play(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        if session.state.play.as_mut().is_some_and(|playing| playing.start(&session.made.loaded)) {
            self.start_generating(now, index);
        }
    }

    pub(super) fn stop(&mut self, index: u32, play: PlayId) {
        let runs =
            |session: &mut Session| session.state.play.as_ref().is_some_and(|playing| playing.id() == play);
        if self.slots.at(index).is_some_and(runs) {
            self.end_play(index, PlayEnd::Stopped);
        }
    }

    /// Ends a play, if there is one.
    pub(super) fn end_play(&mut self, index: u32, end: PlayEnd) {
        let Some(session) = self.slots.at(index) else { return };
        let leg = session.state.leg;
        if let Some(playing) = session.state.play.take() {
            self.event(Event::Played { leg, play: playing.id(), end });
        }
    }

    pub(super) fn send_digits(&mut self, now: Time, index: u32, digits: &str, duration_ms: u16, gap_ms: u16) {
        let Some(session) = self.slots.at(index) else { return };
        let dropped = session.state.digits.queue(digits, duration_ms, gap_ms);
        self.ignored += dropped as u64;
        self.start_generating(now, index);
    }

    /// The peer has pressed a key: those who hear it and take no events are given a tone.
    pub(super) fn pressed(&mut self, now: Time, index: u32, digit: char) {
        for listener in self.listeners(index) {
            let Some(session) = self.slots.at(listener) else { continue };
            let takes_events =
                session.state.audio.as_ref().is_none_or(|audio| audio.telephone_event.is_some());
            if !takes_events && !session.is_covered() {
                session.state.relay_tone = Some(RelayTone::pressed(digit));
                self.start_generating(now, listener);
            }
        }
    }

    /// The peer has released a key.
    pub(super) fn released(&mut self, now: Time, index: u32, released: Released) {
        let Released { digit, duration_ms } = released;
        for listener in self.listeners(index) {
            if let Some(session) = self.slots.at(listener) {
                let rate_hz = session.rate_hz();
                session.state.relay_tone =
                    session.state.relay_tone.and_then(|tone| tone.released(duration_ms, rate_hz));
            }
        }
        let Some(session) = self.slots.at(index) else { return };
        let leg = session.state.leg;
        let interrupts = session.state.play.as_ref().is_some_and(|playing| playing.is_interrupted_by(digit));
        let again = session.state.events.check(now).err().flatten();
        self.set_timer(index, TimerKind::EventLost, again);
        self.event(Event::Digit { leg, digit, duration_ms });
        if interrupts {
            self.end_play(index, PlayEnd::Interrupted(digit));
        }
    }

    fn listeners(&mut self, index: u32) -> Vec<u32> {
        self.slots.at(index).map(|session| session.made.listeners.clone()).unwrap_or_default()
    }

    pub(super) fn watch_silence(&mut self, now: Time, index: u32, ms: u32, level_dbov: i8) {
        let Some(session) = self.slots.at(index) else { return };
        let watch = (ms > 0).then(|| Watch::new(now, ms, level_dbov));
        session.state.watch = watch;
        self.set_timer(index, TimerKind::Silence, watch.and_then(|watch| watch.due()));
    }

    pub(super) fn record(&mut self, now: Time, index: u32, name: Option<String>, stereo: bool) {
        self.flush_recording(now, index, true);
        let Some(session) = self.slots.at(index) else { return };
        let (Some(name), leg, rate_hz) = (name, session.state.leg, session.rate_hz()) else { return };
        let recording = Recording::new(now, rate_hz, stereo);
        let channels = recording.channels();
        session.state.counters.recorded_samples = 0;
        session.state.recording = Some(recording);
        self.outputs.push_back(Output::RecordStarted { leg, name, rate_hz, channels });
        self.set_timer(index, TimerKind::Record, Some(now + FLUSH_EVERY));
    }

    /// Hands out what a recording has; `last`: all of it, and that was it.
    pub(super) fn flush_recording(&mut self, now: Time, index: u32, last: bool) {
        let Some(session) = self.slots.at(index) else { return };
        let leg: LegId = session.state.leg;
        let Some(recording) = &mut session.state.recording else { return };
        let samples = recording.flush(now, &mut session.state.counters.recorded_samples, last);
        if last {
            session.state.recording = None;
        }
        if !samples.is_empty() {
            self.outputs.push_back(Output::Recorded { leg, samples });
        }
        if last {
            self.outputs.push_back(Output::RecordEnded { leg });
        }
        self.set_timer(index, TimerKind::Record, (!last).then(|| now + FLUSH_EVERY));
    }
}
