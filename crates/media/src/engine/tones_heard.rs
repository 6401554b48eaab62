//! Digits of a peer that agreed on no telephone events: found by their tones, taken out of what others hear, and given on as
//! events to those who take them.

use super::Engine;
use super::session::Session;
use crate::Event;
use crate::inband::Change;
use cordboard_base::Time;

/// Between two digits that are given on, in ms.
const GAP_MS: u16 = 50;

impl Session {
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
            session.state.tones = None;
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
                    self.silence_play_of(index, digit);
                }
                Change::Released { digit, duration_ms } => self.tone_released(due, index, digit, duration_ms),
            }
        }
    }

    /// A key that ends a play when it is released silences it already.
    fn silence_play_of(&mut self, index: u32, digit: char) {
        let Some(session) = self.slots.at(index) else { return };
        session.state.tone_pressed = Some(digit);
    }

    fn tone_released(&mut self, due: Time, index: u32, digit: char, duration_ms: u16) {
        let Some(session) = self.slots.at(index) else { return };
        session.state.tone_pressed = None;
        let leg = session.state.leg;
        self.event(Event::Digit { leg, digit, duration_ms });
        self.interrupt_play(index, digit);
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
