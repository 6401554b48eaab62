//! At which rate codecs work that have several (Opus): a peer that hears somebody in telephone quality is sent no more than that, and
//! whom only such peers hear is decoded to no more. It is worked out when somebody is connected, played to, or recorded, never for a
//! packet.

use super::Engine;
use super::formats::WIDE_BAND_HZ;
use super::session::{NARROW_BAND_HZ, Session};
use crate::play::Playing;

impl Engine {
    /// Sets the rate at which a session's peer is sent what we make.
    pub(super) fn plan_encoder(&mut self, index: u32) {
        let Some(session) = self.slots.session_at(index) else { return };
        let heard = session.made.heard.and_then(|heard| self.slots.session_at(heard));
        let is_played = session.state.play.as_ref().is_some_and(Playing::is_started);
        let wanted_hz =
            if heard.is_some_and(Session::says_narrow) && !is_played { NARROW_BAND_HZ } else { WIDE_BAND_HZ };
        if let Some(session) = self.slots.at(index) {
            session.send_at(wanted_hz);
        }
    }

    /// Sets the rate to which a session's audio is decoded.
    pub(super) fn plan_decoders(&mut self, index: u32) {
        let Some(session) = self.slots.session_at(index) else { return };
        let listeners = session.made.listeners.iter().filter_map(|&listener| self.slots.session_at(listener));
        let mut listeners = listeners.peekable();
        let is_narrow = listeners.peek().is_some()
            && session.state.said_into.is_empty()
            && session.state.recordings.is_empty()
            && listeners.all(|listener| listener.is_sent_narrow() && listener.state.recordings.is_empty());
        if let Some(session) = self.slots.at(index) {
            session.made.formats.decode_at(if is_narrow { NARROW_BAND_HZ } else { WIDE_BAND_HZ });
        }
    }
}

impl Session {
    /// Whether all that the peer may say has telephone quality.
    fn says_narrow(&self) -> bool {
        let mut rates = self.made.formats.widest_hz().peekable();
        rates.peek().is_some() && rates.all(|rate_hz| rate_hz <= NARROW_BAND_HZ)
    }

    /// Whether the peer can be sent no more than telephone quality.
    fn is_sent_narrow(&self) -> bool {
        self.made.encoder.is_some() && self.widest_hz() <= NARROW_BAND_HZ
    }

    /// Samples per second of what we make at the most.
    pub(super) fn widest_hz(&self) -> u32 {
        let widest = self.made.encoder.as_ref().map(|format| format.codec.rate_near(WIDE_BAND_HZ));
        widest.unwrap_or(NARROW_BAND_HZ)
    }

    /// What was under way at the old rate goes on at the new one.
    fn send_at(&mut self, wanted_hz: u32) {
        let Some(format) = &mut self.made.encoder else { return };
        let (from_hz, to_hz) = (format.rate_hz, format.codec.rate_near(wanted_hz));
        if from_hz == to_hz {
            return;
        }
        let Some(mut encoder) = format.codec.encoder(&format.fmtp, to_hz) else { return };
        let mut memory = Vec::new();
        format.encoder.save(&mut memory);
        encoder.load(&memory);
        (format.encoder, format.rate_hz) = (encoder, to_hz);
        let state = &mut self.state;
        state.tail = None;
        state.remade.change_rate(from_hz, to_hz);
        state.relay_tone = state.relay_tone.map(|tone| tone.at_rate(from_hz, to_hz));
    }
}
