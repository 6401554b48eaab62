//! What we send of our own, one packet per interval: digits, the other side's digits as tones, plays. In this order of
//! precedence; a play waits while digits are sent.

use super::Engine;
use super::encoded::Place;
use super::session::Session;
use super::timers::TimerKind;
use crate::digits::{Line, Step};
use crate::play::{Canvas, Supply, fill_samples};
use crate::recording::{Ear, Sounding};
use crate::resample::Filters;
use crate::rtp::Fields;
use crate::{Event, Output, PlayEnd, PlayId, Playhead, StreamKind, dtmf, tone};
use cordboard_base::Time;
use core::net::SocketAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// The heard leg's digit, sounded as a tone because this leg's peer takes no events. Short ones are drawn out to this.
const RELAYED_TONE_MIN_MS: u16 = 50;

/// The other side's digit as a tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RelayTone {
    digit: char,
    /// How long there is silence before it.
    #[serde(default)]
    quiet_us: u64,
    position: u64,
    /// Known once the key is released.
    end: Option<u64>,
}

/// The end of a tone is known later after it than its beginning; a tone in its place begins so much later still that it has never
/// sounded too long by then.
const SOUNDED_ANEW_AFTER_US: u64 = 40_000;

impl RelayTone {
    pub(super) fn pressed(digit: char) -> Self {
        Self { digit, quiet_us: 0, position: 0, end: None }
    }

    /// In place of a tone that was heard.
    pub(super) fn sounded_anew(digit: char) -> Self {
        Self { quiet_us: SOUNDED_ANEW_AFTER_US, ..Self::pressed(digit) }
    }

    /// The same where samples have another rate.
    pub(super) fn at_rate(self, from_hz: u32, to_hz: u32) -> Self {
        let scaled = |samples: u64| samples * u64::from(to_hz) / u64::from(from_hz.max(1));
        Self { position: scaled(self.position), end: self.end.map(scaled), ..self }
    }

    /// Says where it ends. `None`: it is there already.
    pub(super) fn released(self, digit: char, duration_ms: u16, rate_hz: u32) -> Option<Self> {
        if digit != self.digit {
            return Some(self);
        }
        let ms = u64::from(duration_ms.max(RELAYED_TONE_MIN_MS));
        let end = ms * u64::from(rate_hz) / 1_000;
        (end > self.position).then_some(Self { end: Some(end), ..self })
    }
}

/// A late worker makes up for so much; what is beyond is skipped, since a burst is heard no better than a gap.
const CATCH_UP_MAX: Duration = Duration::from_millis(100);

impl Engine {
    /// Sends the packet of the interval that begins at `due`, and sets the time of the next.
    pub(super) fn generate(&mut self, due: Time, now: Time, index: u32) {
        self.leave_shared(index);
        let goes_on = self.send_kept_frame(due, index) || self.send_generated(due, index);
        self.want_music();
        self.ask_ahead(index);
        let Some(session) = self.slots.at(index).filter(|_| goes_on) else {
            self.set_timer(index, TimerKind::Generate, None);
            return;
        };
        let next = due + Duration::from_micros(session.frame_us());
        let next = if next + CATCH_UP_MAX < now { now } else { next };
        self.set_timer(index, TimerKind::Generate, Some(next));
    }

    /// Says whether there is more in the next interval.
    fn send_generated(&mut self, due: Time, index: u32) -> bool {
        let Some(session) = self.slots.at(index) else { return false };
        let (filters, music, wanted) = (&mut self.filters, &mut self.music, &mut self.wanted);
        let supply = Supply { filters, music, wanted };
        let generated = session.generate(due, supply, &mut self.scratch.frame);
        let (slot, leg) = (session.state.slot, session.state.leg);
        if let Some((to, bytes)) = generated.packet {
            self.outputs.push_back(Output::Packet { slot, stream: StreamKind::AudioRtp, to, bytes });
        }
        if let Some((play, end, at)) = generated.ended {
            self.event(Event::Played { leg, play, end, at });
            self.plan_encoder(index);
        }
        generated.goes_on
    }

    /// Sends a frame of a recording as it was encoded for whoever was played it first. False: this is none of those.
    fn send_kept_frame(&mut self, due: Time, index: u32) -> bool {
        let Some(session) = self.slots.at(index) else { return false };
        let Some(format) = session.made.encoder.as_ref().filter(|format| !format.codec.has_memory()) else {
            return false;
        };
        let (codec, rate_hz) = (format.codec, format.rate_hz);
        let is_plain = !session.state.digits.is_active()
            && session.state.relay_tone.is_none()
            && session.state.recordings.is_empty()
            && session.state.events.pressed().is_none()
            && session.state.tone_pressed.is_none();
        if !is_plain || session.audio_remote().is_none() {
            return false;
        }
        let count = session.frame_len();
        let mut canvas = Canvas {
            now: due,
            rate_hz,
            position: &mut session.state.counters.play_position,
            filters: &mut self.filters,
            music: &mut self.music,
            wanted: &mut self.wanted,
        };
        let Some(playing) = session.state.play.as_mut().filter(|playing| playing.is_started()) else {
            return false;
        };
        let Some((samples, at)) = playing.whole_frame(&mut session.made.loaded, &mut canvas, count) else {
            return false;
        };
        let number = usize::try_from(at).unwrap_or(usize::MAX) / count.max(1);
        let place = Place { samples: &samples, codec, frame_samples: count, number };
        let frame = &mut self.scratch.frame;
        let payload = self.encoded.frame(&place, || {
            frame.clear();
            frame.resize(count, 0);
            fill_samples(&samples, at, &mut canvas, frame);
            let mut payload = Vec::new();
            if let Some(mut encoder) = codec.encoder("", rate_hz) {
                encoder.encode(frame, &mut payload);
            }
            payload
        });
        let ticks = session.ticks_of_samples(count);
        if let Some((to, fields)) = session.stamp(due, 0, (ticks, payload.len())) {
            let slot = session.state.slot;
            self.outputs.push_back(Output::Shared { slot, to, header: fields.to_bytes(), payload });
        }
        true
    }
}

/// What one interval gave.
#[derive(Debug, Default)]
pub(super) struct Generated {
    pub(super) packet: Option<(SocketAddr, Vec<u8>)>,
    pub(super) ended: Option<(PlayId, PlayEnd, Playhead)>,
    /// Whether there is more in the next interval.
    pub(super) goes_on: bool,
}

impl Session {
    /// Makes the packet of the interval that begins at `due`.
    fn generate(&mut self, due: Time, supply: Supply<'_>, frame: &mut Vec<i16>) -> Generated {
        let mut generated = Generated::default();
        let mut supply = supply;
        self.silent_frame(frame);
        if self.state.digits.is_active() || self.state.relay_tone.is_some() {
            self.look_ahead(due, &mut supply);
        }
        if self.state.digits.is_active() {
            generated.packet = self.digit_packet(due, frame);
        } else if let Some(waiting) = self.state.relay_tone.filter(|relayed| relayed.quiet_us > 0) {
            let quiet_us = waiting.quiet_us.saturating_sub(self.frame_us());
            self.state.relay_tone = Some(RelayTone { quiet_us, ..waiting });
            generated.packet = self.encoded(due, 0, frame);
        } else if let Some(mut relayed) = self.state.relay_tone {
            fill_tone(
                relayed.digit,
                self.rate_hz(),
                relayed.position,
                relayed.end.unwrap_or(u64::MAX),
                frame,
            );
            relayed.position += frame.len() as u64;
            let is_over = relayed.end.is_some_and(|end| relayed.position >= end);
            self.state.relay_tone = (!is_over).then_some(relayed);
            generated.packet = self.encoded(due, 0, frame);
        } else if self.state.play.as_ref().is_some_and(crate::play::Playing::is_started) {
            match self.play_frame(due, &mut supply, frame) {
                Some(ended) => generated.ended = Some(ended),
                None => generated.packet = self.own_audio(due, supply.filters, frame),
            }
        }
        generated.goes_on = self.is_covered();
        generated
    }

    /// Makes a frame of the length of our packets, all silence.
    pub(super) fn silent_frame(&self, frame: &mut Vec<i16>) {
        frame.clear();
        frame.resize(self.frame_len(), 0);
    }

    /// What a play goes on with, once nothing covers it any more, is there in time.
    fn look_ahead(&mut self, due: Time, supply: &mut Supply<'_>) {
        let rate_hz = self.rate_hz();
        let Some(playing) = &self.state.play else { return };
        let position = &mut self.state.counters.play_position;
        let Supply { filters, music, wanted } = supply;
        playing.look_ahead(&mut Canvas { now: due, rate_hz, position, filters, music, wanted });
    }

    fn play_frame(
        &mut self,
        due: Time,
        supply: &mut Supply<'_>,
        frame: &mut [i16],
    ) -> Option<(PlayId, PlayEnd, Playhead)> {
        let rate_hz = self.rate_hz();
        let playing = self.state.play.as_mut()?;
        // A key that will end the play once it is released silences it already, and it stands where that was.
        let pressed = self.state.events.pressed().or(self.state.tone_pressed);
        if pressed.is_some_and(|digit| playing.is_interrupted_by(digit)) {
            frame.fill(0);
            return None;
        }
        let position = &mut self.state.counters.play_position;
        let Supply { filters, music, wanted } = supply;
        let mut canvas = Canvas { now: due, rate_hz, position, filters, music, wanted };
        if let Some(end) = playing.fill(&mut self.made.loaded, &mut canvas, frame) {
            let at = playing.playhead(&self.made.loaded, *canvas.position);
            let id = playing.id();
            self.state.play = None;
            return Some((id, end, at));
        }
        None
    }

    /// The recording hears none of it: keys leave no beep there.
    fn digit_packet(&mut self, due: Time, frame: &mut [i16]) -> Option<(SocketAddr, Vec<u8>)> {
        let event = self.state.audio.as_ref().and_then(|audio| audio.telephone_event);
        let line = Line {
            interval_us: u32::try_from(self.frame_us()).unwrap_or(u32::MAX),
            event_clock_hz: event.map(|event| event.clock_rate_hz),
            rate_hz: self.rate_hz(),
        };
        match self.state.digits.step(line)? {
            Step::Pause => None,
            Step::Tone { digit, position, end } => {
                fill_tone(digit, line.rate_hz, position, end, frame);
                self.encoded(due, 0, frame)
            }
            Step::Event { payload, first } => {
                let to = self.audio_remote()?;
                let clock = self.state.clock_out_hz;
                let sending = &mut self.state.counters.sending;
                if first {
                    self.state.event_timestamp = sending.timestamp_at(due, clock);
                }
                self.state.mapping = None;
                let fields = Fields {
                    marker: first, // RFC 4733 §2.3
                    payload_type: event?.send_payload_type,
                    sequence: (sending.next_sequence & 0xFFFF) as u16,
                    timestamp: self.state.event_timestamp,
                    ssrc: sending.ssrc,
                };
                let bytes = payload.to_bytes();
                sending.note_event(sending.next_sequence, bytes.len());
                Some((to, fields.packet(&bytes)))
            }
        }
    }

    /// A packet of our own samples, if we may send and have an encoder. The recording gets them in any case.
    fn own_audio(
        &mut self,
        due: Time,
        filters: &mut Filters,
        samples: &mut [i16],
    ) -> Option<(SocketAddr, Vec<u8>)> {
        let rate_hz = self.rate_hz();
        for recording in &mut self.state.recordings {
            recording.add_heard(due, Sounding::now(rate_hz, samples), filters);
        }
        for recording in &self.state.recordings {
            recording.beep(Ear::Peer, due, rate_hz, samples);
        }
        self.encoded(due, 0, samples)
    }
}

fn fill_tone(digit: char, rate_hz: u32, position: u64, end: u64, frame: &mut [i16]) {
    frame.fill(0);
    let sounding = usize::try_from(end.saturating_sub(position)).unwrap_or(usize::MAX).min(frame.len());
    if let (Some(tone), Some(frame)) = (dtmf::tone(digit, 0), frame.get_mut(..sounding)) {
        tone::fill(&tone, rate_hz, position, frame);
    }
}
