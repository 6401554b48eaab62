//! Plays, digits and watches: what they begin with, and how they end.

use super::Engine;
use super::generate::RelayTone;
use super::session::Session;
use super::silence::Watch;
use super::timers::TimerKind;
use crate::loaded::Loaded;
use crate::machine::MachineDetector;
use crate::play::Playing;
use crate::telephone_event::Released;
use crate::{
    Event, Found, MachineDetection, MachineVerdict, MixId, Output, Play, PlayEnd, PlayId, SampleKey,
};
use cordboard_base::{LegId, Time};

/// Who waits for samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Player {
    Leg(LegId),
    Mix(MixId),
    /// All who hear a class of music.
    Everybody,
}

impl Engine {
    pub(super) fn play(&mut self, now: Time, index: u32, play: Play) {
        self.end_play(index, PlayEnd::Stopped);
        let Some(session) = self.slots.at(index) else { return };
        let playing = Playing::new(play);
        session.made.loaded = Loaded::nothing_of(playing.items());
        session.state.counters.play_position = 0;
        session.state.play = Some(playing);
        self.load_for(now, index);
        self.start_play(now, index);
    }

    /// Asks for what a session's play needs and nobody has asked for yet.
    pub(super) fn load_for(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        let leg = session.state.leg;
        let position = session.state.counters.play_position;
        let loaded = &session.made.loaded;
        let keys = session.state.play.as_ref().map(|playing| playing.keys(now, loaded, position));
        for key in keys.unwrap_or_default() {
            self.ask_for(key, Player::Leg(leg));
        }
    }

    /// Asks for the blocks that a session's play will need soon.
    pub(super) fn ask_ahead(&mut self, index: u32) {
        if !self.wanted.is_empty()
            && let Some(leg) = self.slots.at(index).map(|session| session.state.leg)
        {
            self.ask_ahead_for(Player::Leg(leg));
        }
    }

    pub(super) fn ask_ahead_for(&mut self, player: Player) {
        for key in core::mem::take(&mut self.wanted) {
            self.ask_for(key, player);
        }
    }

    /// Asks for samples unless that has been done.
    pub(super) fn ask_for(&mut self, key: SampleKey, player: Player) {
        let waiting = self.loading.entry(key.clone()).or_default();
        if waiting.is_empty() {
            self.outputs.push_back(Output::Load(key));
        }
        if !waiting.contains(&player) {
            waiting.push(player);
        }
    }

    pub(super) fn answered(&mut self, now: Time, key: &SampleKey, found: &Found) {
        if let (SampleKey::Music { class, block }, Found::Whole(samples)) = (key, found) {
            self.music.put(class, *block, samples);
        }
        for player in self.loading.remove(key).unwrap_or_default() {
            match player {
                Player::Everybody => {}
                Player::Leg(leg) => {
                    let Some(session) = self.slots.by_leg(leg) else { continue };
                    let index = session.state.slot.index;
                    if let Some(playing) = &session.state.play {
                        session.made.loaded.answer(playing, key, found);
                    }
                    if *found == Found::Long {
                        self.load_for(now, index);
                    }
                    self.start_play(now, index);
                }
                Player::Mix(id) => {
                    self.mix_play_answered(id, |loaded, playing| loaded.answer(playing, key, found));
                    if *found == Found::Long {
                        self.load_for_mix(now, id);
                    }
                }
            }
        }
    }

    fn start_play(&mut self, now: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        if session.state.play.as_mut().is_some_and(|playing| playing.start(&session.made.loaded)) {
            self.plan_encoder(index);
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
            let at = playing.playhead(&session.made.loaded, session.state.counters.play_position);
            self.event(Event::Played { leg, play: playing.id(), end, at });
            self.plan_encoder(index);
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
        if self.withholds_digits(index) {
            return;
        }
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

    /// Whether the digits of a peer are kept from those who hear it.
    pub(super) fn withholds_digits(&self, index: u32) -> bool {
        self.slots.session_at(index).is_some_and(|session| session.state.withholds_digits)
    }

    /// The peer has released a key.
    pub(super) fn released(&mut self, now: Time, index: u32, released: Released) {
        let Released { digit, duration_ms, is_passed_on } = released;
        self.release_tones_of(index, digit, duration_ms);
        let Some(session) = self.slots.at(index) else { return };
        let leg = session.state.leg;
        let again = session.state.events.check(now).err().flatten();
        self.set_timer(index, TimerKind::EventLost, again);
        self.event(Event::Digit { leg, digit, duration_ms, is_passed_on });
        self.interrupt_play(index, digit);
    }

    /// Tones that listeners are given in place of a key last as long as it was down.
    pub(super) fn release_tones_of(&mut self, index: u32, digit: char, duration_ms: u16) {
        for listener in self.listeners(index) {
            if let Some(session) = self.slots.at(listener) {
                let rate_hz = session.rate_hz();
                session.state.relay_tone =
                    session.state.relay_tone.and_then(|tone| tone.released(digit, duration_ms, rate_hz));
            }
        }
    }

    /// Ends a play that this digit ends.
    pub(super) fn interrupt_play(&mut self, index: u32, digit: char) {
        let interrupted = |session: &mut Session| {
            session.state.play.as_ref().is_some_and(|playing| playing.is_interrupted_by(digit))
        };
        if self.slots.at(index).is_some_and(interrupted) {
            self.end_play(index, PlayEnd::Interrupted(digit));
        }
    }

    pub(super) fn listeners(&mut self, index: u32) -> Vec<u32> {
        self.slots.at(index).map(|session| session.made.listeners.clone()).unwrap_or_default()
    }

    pub(super) fn detect_machine(&mut self, now: Time, index: u32, settings: Option<MachineDetection>) {
        let Some(session) = self.slots.at(index) else { return };
        let detector = settings.map(|settings| MachineDetector::new(now, settings));
        let due = detector.as_ref().map(MachineDetector::due);
        session.state.detection = detector.map(Box::new);
        self.set_timer(index, TimerKind::Detect, due);
        self.rewant(index);
    }

    pub(super) fn detected(&mut self, index: u32, verdict: MachineVerdict) {
        let Some(session) = self.slots.at(index) else { return };
        let leg = session.state.leg;
        session.state.detection = None;
        self.set_timer(index, TimerKind::Detect, None);
        self.event(Event::Detected { leg, verdict });
        self.rewant(index);
    }

    pub(super) fn watch_silence(&mut self, now: Time, index: u32, ms: u32, level_dbov: i8) {
        let Some(session) = self.slots.at(index) else { return };
        let watch = (ms > 0).then(|| Watch::new(now, ms, level_dbov));
        session.state.watch = watch;
        self.set_timer(index, TimerKind::Silence, watch.and_then(|watch| watch.due()));
        self.rewant(index);
    }
}
