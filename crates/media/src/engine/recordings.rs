//! Recordings of legs and mixes: begun, paused, flushed and ended. What goes into them is put there where it is made: by playouts,
//! plays and mixes.

use super::Engine;
use super::timers::TimerKind;
use crate::recording::{Ear, FLUSH_EVERY, Recording, Side, Sounding};
use crate::{Output, RecordPause, RecordSettings, RecordSides, RecordingId, RecordingOf};
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
                self.end_recording_of(now, index);
                let Some(session) = self.slots.at(index) else { return };
                let recording = Recording::new(now, id, settings, session.widest_hz());
                session.state.counters.recorded_samples = 0;
                self.tell_started(&recording);
                if let Some(session) = self.slots.at(index) {
                    session.state.recording = Some(Box::new(recording));
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
                if let Some(index) = self.slots.index_of(leg) {
                    self.end_recording_of(now, index);
                }
            }
            RecordingOf::Mix(mix) => {
                if let Some(recording) = self.mixes.recording(mix).and_then(Option::take) {
                    self.hand_out_rest(now, *recording);
                }
            }
        }
    }

    /// Ends a session's recording, if there is one.
    pub(super) fn end_recording_of(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let Some(recording) = session.state.recording.take() else { return };
        self.hand_out_rest(now, *recording);
        self.set_timer(index, TimerKind::Record, None);
        self.rewant_around(index);
    }

    /// Hands out what a session's recording has.
    pub(super) fn flush_recording(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let Some(recording) = &mut session.state.recording else { return };
        let (id, samples) = (recording.id(), recording.flush(now, false));
        session.state.counters.recorded_samples = recording.handed();
        if !samples.is_empty() {
            self.outputs.push_back(Output::Recorded { id, samples });
        }
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
        if let Some(recording) = self.slots.at(index).and_then(|session| session.state.recording.as_mut()) {
            recording.mute_key(Side::Says);
        }
        for n in 0.. {
            let listener =
                self.slots.session_at(index).and_then(|session| session.made.listeners.get(n).copied());
            let Some(listener) = listener else { return };
            if let Some(recording) =
                self.slots.at(listener).and_then(|session| session.state.recording.as_mut())
            {
                recording.mute_key(Side::Hears);
            }
        }
    }

    /// Works out anew whether a session hears the beep of a recording: its own, or that of the leg that it hears.
    pub(super) fn rebeep(&mut self, index: u32) {
        let beeps = |index: u32, ear: Ear| {
            let recording = self.slots.session_at(index).and_then(|session| session.state.recording.as_ref());
            recording.is_some_and(|recording| recording.beeps_for(ear))
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
        if let Some(recording) = &session.state.recording {
            recording.beep(Ear::Peer, due, rate_hz, samples);
        }
        let heard = session.made.heard.and_then(|heard| self.slots.session_at(heard));
        if let Some(recording) = heard.and_then(|heard| heard.state.recording.as_ref()) {
            recording.beep(Ear::Other, due, rate_hz, samples);
        }
    }

    fn recording(&mut self, id: RecordingId) -> Option<&mut Recording> {
        let recording = match id.of {
            RecordingOf::Leg(leg) => self.slots.by_leg(leg)?.state.recording.as_mut(),
            RecordingOf::Mix(mix) => self.mixes.recording(mix)?.as_mut(),
        };
        recording.map(AsMut::as_mut).filter(|recording| recording.id() == id)
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
