//! Recordings of legs and mixes: begun, paused, flushed and ended. What goes into them is put there where it is made: by playouts,
//! plays and mixes.

use super::Engine;
use super::timers::TimerKind;
use crate::recording::{Ear, FLUSH_EVERY, Recording, Side, Sounding};
use crate::{Output, RECORDINGS_MAX, RecordPause, RecordSettings, RecordSides, RecordingId, RecordingOf};
use cordboard_base::Time;

/// The rate of a recorded mix: wide-band participants keep their voices.
const MIX_RATE_HZ: u32 = 16_000;

impl Engine {
    pub(super) fn record(&mut self, now: Time, id: RecordingId, settings: RecordSettings) {
        match id.of {
            RecordingOf::Leg(leg) => {
                let Some(index) = self.slots.index_of(leg) else {
                    self.ignored += 1;
                    return;
                };
                let Some(session) = self.slots.at(index) else { return };
                if session.state.recordings.len() >= RECORDINGS_MAX {
                    self.ignored += 1;
                    return;
                }
                let is_first = session.state.recordings.is_empty();
                if is_first {
                    session.state.counters.recorded_samples = 0;
                }
                let recording = Recording::new(now, id, settings, session.widest_hz());
                session.state.recordings.push(recording.clone());
                self.tell_started(&recording);
                if !is_first {
                    return self.rewant_around(index);
                }
                self.set_timer(index, TimerKind::Record, Some(now + FLUSH_EVERY));
                self.rewant_around(index);
            }
            RecordingOf::Mix(mix) => {
                let settings = RecordSettings { sides: RecordSides::Says, ..settings };
                let recording = Recording::new(now, id, settings, MIX_RATE_HZ);
                let started = recording.clone();
                let Some(place) = self.mixes.recording(mix) else {
                    self.ignored += 1;
                    return;
                };
                if let Some(before) = place.replace(Box::new(recording)) {
                    self.hand_out_rest(now, *before);
                }
                self.tell_started(&started);
            }
        }
    }

    pub(super) fn pause_recording(&mut self, now: Time, id: RecordingId, pause: Option<RecordPause>) {
        let Some(recording) = self.recording(id) else {
            self.ignored += 1;
            return;
        };
        let samples = recording.pause(now, pause);
        if !samples.is_empty() {
            self.outputs.push_back(Output::Recorded { id, samples });
        }
    }

    pub(super) fn end_recording(&mut self, now: Time, id: RecordingId) {
        if self.recording(id).is_none() {
            self.ignored += 1;
            return;
        }
        match id.of {
            RecordingOf::Leg(leg) => {
                let Some(index) = self.slots.index_of(leg) else { return };
                let Some(session) = self.slots.at(index) else { return };
                let ended = session.state.recordings.extract_if(.., |recording| recording.id() == id);
                let ended: Vec<Recording> = ended.collect();
                self.ended_recordings(now, index, ended);
            }
            RecordingOf::Mix(mix) => {
                if let Some(recording) = self.mixes.recording(mix).and_then(Option::take) {
                    self.hand_out_rest(now, *recording);
                }
            }
        }
    }

    /// Ends a session's recordings.
    pub(super) fn end_recordings_of(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let ended = core::mem::take(&mut session.state.recordings);
        self.ended_recordings(now, index, ended);
    }

    /// Hands out what is left of recordings that a session has no more.
    fn ended_recordings(&mut self, now: Time, index: u32, ended: Vec<Recording>) {
        if ended.is_empty() {
            return;
        }
        ended.into_iter().for_each(|recording| self.hand_out_rest(now, recording));
        if self.slots.session_at(index).is_some_and(|session| session.state.recordings.is_empty()) {
            self.set_timer(index, TimerKind::Record, None);
        }
        self.rewant_around(index);
    }

    /// Hands out what a session's recordings have.
    pub(super) fn flush_recordings(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        for recording in &mut session.state.recordings {
            let (id, samples) = (recording.id(), recording.flush(now, false));
            if !samples.is_empty() {
                self.outputs.push_back(Output::Recorded { id, samples });
            }
        }
        let handed = session.state.recordings.iter().map(Recording::handed).max();
        session.state.counters.recorded_samples = handed.unwrap_or(0);
        self.set_timer(index, TimerKind::Record, Some(now + FLUSH_EVERY));
    }

    /// Gives what a mix's round sounds like to its recording.
    pub(super) fn record_mix(
        &mut self,
        due: Time,
        recording: &mut Recording,
        rate_hz: u32,
        samples: &mut [i16],
    ) {
        recording.beep_recorded(due, rate_hz, samples);
        recording.add(Side::Says, due, Sounding::now(rate_hz, samples), &mut self.filters);
        if recording.is_due(due) {
            let samples = recording.flush(due, false);
            if !samples.is_empty() {
                self.outputs.push_back(Output::Recorded { id: recording.id(), samples });
            }
        }
    }

    /// A key's tone was found in what a session says: recordings lose its beginning.
    pub(super) fn mute_key(&mut self, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        session.state.recordings.iter_mut().for_each(|recording| recording.mute_key(Side::Says));
        for n in 0.. {
            let listener =
                self.slots.session_at(index).and_then(|session| session.made.listeners.get(n).copied());
            let Some(listener) = listener else { return };
            if let Some(session) = self.slots.at(listener) {
                session.state.recordings.iter_mut().for_each(|recording| recording.mute_key(Side::Hears));
            }
        }
    }

    /// Works out anew whether a session hears the beep of a recording: its own, or that of the leg that it hears.
    pub(super) fn rebeep(&mut self, index: u32) {
        let beeps = |index: u32, ear: Ear| {
            let session = self.slots.session_at(index);
            session.is_some_and(|session| session.state.recordings.iter().any(|one| one.beeps_for(ear)))
        };
        let heard = self.slots.session_at(index).and_then(|session| session.made.heard);
        let hears = beeps(index, Ear::Peer) || heard.is_some_and(|heard| beeps(heard, Ear::Other));
        if let Some(session) = self.slots.at(index) {
            session.made.hears_beeps = hears;
        }
    }

    /// Lays the beeps of recordings over samples that a session is about to hear.
    pub(super) fn lay_beeps(&self, due: Time, index: u32, rate_hz: u32, samples: &mut [i16]) {
        let Some(session) = self.slots.session_at(index).filter(|session| session.made.hears_beeps) else {
            return;
        };
        for recording in &session.state.recordings {
            recording.beep(Ear::Peer, due, rate_hz, samples);
        }
        let heard = session.made.heard.and_then(|heard| self.slots.session_at(heard));
        for recording in heard.iter().flat_map(|heard| &heard.state.recordings) {
            recording.beep(Ear::Other, due, rate_hz, samples);
        }
    }

    fn recording(&mut self, id: RecordingId) -> Option<&mut Recording> {
        match id.of {
            RecordingOf::Leg(leg) => {
                self.slots.by_leg(leg)?.state.recordings.iter_mut().find(|recording| recording.id() == id)
            }
            RecordingOf::Mix(mix) => {
                let recording = self.mixes.recording(mix)?.as_mut().map(AsMut::as_mut);
                recording.filter(|recording| recording.id() == id)
            }
        }
    }

    fn tell_started(&mut self, recording: &Recording) {
        let settings = recording.settings();
        self.outputs.push_back(Output::RecordStarted {
            id: recording.id(),
            name: settings.name.clone(),
            format: settings.format,
            file: settings.file,
            rate_hz: recording.rate_hz(),
            channels: recording.channels(),
        });
    }

    pub(super) fn hand_out_rest(&mut self, now: Time, mut recording: Recording) {
        let (id, samples) = (recording.id(), recording.flush(now, true));
        if !samples.is_empty() {
            self.outputs.push_back(Output::Recorded { id, samples });
        }
        self.outputs.push_back(Output::RecordEnded { id });
    }

    /// A recording wants both a session and the one that it hears; its beep may be for all of those around it.
    fn rewant_around(&mut self, index: u32) {
        self.rewant(index);
        self.rebeep(index);
        let Some(session) = self.slots.at(index) else { return };
        let (heard, listeners) = (session.made.heard, session.made.listeners.clone());
        heard.into_iter().for_each(|heard| self.rewant(heard));
        listeners.into_iter().for_each(|listener| self.rebeep(listener));
    }
}
