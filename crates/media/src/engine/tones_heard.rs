//! Digits of a peer that agreed on no telephone events: found by their tones, taken out of what others hear, and given on as
//! events to those who take them.

use super::Engine;
use super::generate::RelayTone;
use super::remade::Making;
use super::session::Session;
use crate::Event;
use crate::inband::Change;
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

/// Between two digits that are given on, in ms.
const GAP_MS: u16 = 50;

/// A tone is known for a key's after 38 ms at the latest. What a peer says that may press keys so is passed on so much later, and
/// the beginning of the tone can still be taken out of it.
const HELD_BACK_MS: u32 = 40;

/// What a peer has said and nobody has heard yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct HeldBack {
    rate_hz: u32,
    line: Vec<i16>,
}

/// What is passed on of a round; none where nothing is held back.
#[derive(Debug, Default)]
pub(super) struct Passed {
    samples: Option<Vec<i16>>,
}

impl Passed {
    /// What is passed on, where `now` is what was said just now.
    pub(super) fn or<'a>(&'a self, now: &'a [i16]) -> &'a [i16] {
        self.samples.as_deref().unwrap_or(now)
    }

    /// Whether something is still to be heard of what was held back.
    pub(super) fn is_sounding(&self) -> bool {
        self.samples.iter().flatten().any(|&sample| sample != 0)
    }
}

impl HeldBack {
    fn through(&mut self, rate_hz: u32, said: &[i16], passed: &mut Vec<i16>) {
        if self.rate_hz != rate_hz {
            let count = usize::try_from(rate_hz * HELD_BACK_MS / 1_000).unwrap_or(0);
            *self = Self { rate_hz, line: vec![0; count] };
        }
        self.line.extend_from_slice(said);
        passed.clear();
        passed.extend(self.line.drain(..said.len().min(self.line.len())));
    }
}

impl Session {
    /// Digits are kept from those who hear the peer, or no longer. Of one that is down they have heard the beginning, and hear the rest.
    pub(super) fn withhold_digits(&mut self, withheld: bool) {
        let state = &mut self.state;
        if withheld && !state.withholds_digits {
            state.events.let_pass();
            state.lets_tone_pass = state.tone_pressed.is_some();
        }
        state.withholds_digits = withheld;
    }

    /// Whether the peer can press keys by their tones alone.
    pub(super) fn speaks_tones(&self) -> bool {
        self.state.audio.as_ref().is_some_and(|audio| audio.receives && audio.telephone_event.is_none())
    }
}

impl Engine {
    /// Looks for digits in a round. While a key is down the round is silenced.
    pub(super) fn hear_tones(&mut self, due: Time, index: u32, rate_hz: u32, samples: &mut [i16]) {
        let Some(session) = self.slots.at(index) else { return };
        if !session.speaks_tones() {
            if session.state.tones.is_some() {
                session.state.tones = None;
                session.state.held_back = None;
            }
            return;
        }
        let detector =
            session.state.tones.get_or_insert_with(|| Box::new(crate::inband::Detector::new(rate_hz)));
        let mut changes = [None; 4];
        let mut count = 0;
        let was_pressed = detector.is_pressed();
        detector.hear(rate_hz, samples, |change| {
            if let Some(place) = changes.get_mut(count) {
                *place = Some(change);
                count += 1;
            }
        });
        if was_pressed || detector.is_pressed() {
            samples.fill(0);
        }
        for change in changes.into_iter().flatten() {
            match change {
                Change::Pressed(digit) => {
                    self.mute_key(index);
                    let held_back = self.slots.at(index).and_then(|session| session.state.held_back.as_mut());
                    held_back.into_iter().for_each(|held_back| held_back.line.fill(0));
                    self.silence_play_of(index, digit);
                    self.sound_anew(due, index, digit);
                }
                Change::Released { digit, duration_ms } => self.tone_released(due, index, digit, duration_ms),
            }
        }
    }

    /// What of a round is passed on to others' ears.
    pub(super) fn hold_back(&mut self, index: u32, rate_hz: u32, said: &[i16]) -> Passed {
        let mut passed = core::mem::take(&mut self.scratch.held_back);
        let Some(session) = self.slots.at(index).filter(|session| session.speaks_tones()) else {
            return Passed { samples: None };
        };
        let held_back = session.state.held_back.get_or_insert_default();
        held_back.through(rate_hz, said, passed.samples.get_or_insert_default());
        passed
    }

    /// A key that ends a play when it is released silences it already.
    fn silence_play_of(&mut self, index: u32, digit: char) {
        let Some(session) = self.slots.at(index) else { return };
        session.state.tone_pressed = Some(digit);
    }

    /// Who takes no events either and hears packets made anew is given the tone anew: it was taken out of them. Relayed packets
    /// carry it as it came.
    fn sound_anew(&mut self, due: Time, index: u32, digit: char) {
        if self.withholds_digits(index) {
            return;
        }
        for listener in self.listeners(index) {
            let Some(session) = self.slots.at(listener) else { continue };
            let takes_events =
                session.state.audio.as_ref().is_none_or(|audio| audio.telephone_event.is_some());
            if !takes_events && session.state.remade.making == Making::Encoded && !session.is_covered() {
                session.state.relay_tone = Some(RelayTone::sounded_anew(digit));
                self.start_generating(due, listener);
            }
        }
    }

    fn tone_released(&mut self, due: Time, index: u32, digit: char, duration_ms: u16) {
        let Some(session) = self.slots.at(index) else { return };
        session.state.tone_pressed = None;
        let is_passed_on = core::mem::take(&mut session.state.lets_tone_pass);
        let leg = session.state.leg;
        self.release_tones_of(index, digit, duration_ms);
        self.event(Event::Digit { leg, digit, duration_ms, is_passed_on });
        self.interrupt_play(index, digit);
        if self.withholds_digits(index) && !is_passed_on {
            return;
        }
        for n in 0.. {
            let listener =
                self.slots.session_at(index).and_then(|session| session.made.listeners.get(n).copied());
            let Some(listener) = listener else { return };
            if self.slots.at(listener).is_some_and(|session| session.made.gets_digits_as_events) {
                self.send_digits(due, listener, digit.encode_utf8(&mut [0; 4]), duration_ms, GAP_MS);
            }
        }
    }
}
