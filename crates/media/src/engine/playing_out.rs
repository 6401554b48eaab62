//! Playouts: what a peer says as an even stream, for whoever needs it decoded. One exists from the first packet that somebody
//! needs until nobody does; each of its rounds goes to listeners whose packets are made from it, to recordings, watches and mixes.

use super::Engine;
use super::audio::{Carries, Taken};
use super::remade::Making;
use super::session::Session;
use super::timers::TimerKind;
use crate::playout::{Arrived, Content, Heard, Playout, PlayoutConfig};
use crate::recording::{Side, Sounding};
use crate::{Output, StreamKind};
use cordboard_base::Time;
use core::time::Duration;

/// The usual length of a round; half of it where a listener wants packets that it does not fill evenly.
const ROUND_MS: u16 = 20;
/// A playout that has had nothing to say for so long ends, unless a mix drives it or the silence has a sound; the next packet begins
/// another.
const IDLE_AFTER: Duration = Duration::from_secs(2);
/// A late worker makes up for so much; what is beyond is skipped, since a burst is heard no better than a gap.
const CATCH_UP_MAX: Duration = Duration::from_millis(100);

impl Engine {
    /// Gives a packet to its session's playout, once.
    pub(super) fn buffer(&mut self, now: Time, index: u32, taken: &Taken, bytes: &[u8]) {
        if core::mem::replace(&mut self.scratch.is_buffered, true) {
            return;
        }
        let Some(payload) = bytes.get(taken.header.payload_start..taken.header.payload_end) else { return };
        let Some(session) = self.slots.at(index) else { return };
        let (content, rate_hz) = match taken.carries {
            Carries::Audio { format } => {
                let Some(content) = session.made.formats.content(format) else { return };
                (content, session.made.formats.rate_hz(format))
            }
            Carries::Event { .. } => (Content::Event, session.rate_hz()),
        };
        let starts = session.state.playout.is_none();
        let playout = session
            .state
            .playout
            .get_or_insert_with(|| Box::new(Playout::new(rate_hz, PlayoutConfig::default())));
        let epoch = taken.numbers.source.epoch;
        if core::mem::replace(&mut session.state.playout_epoch, epoch) != epoch && !starts {
            playout.reset();
        }
        let (sequence, timestamp, marker) =
            (taken.numbers.sequence, taken.numbers.timestamp, taken.header.marker);
        let clock_hz = taken.numbers.clock_rate_hz;
        playout.push(now, Arrived { sequence, timestamp, marker, clock_hz, content, payload });
        if starts && session.state.said_into.is_empty() {
            self.set_timer(index, TimerKind::PlayOut, Some(now));
        }
    }

    /// A round that no mix drives, and the time of the next.
    pub(super) fn play_out_next(&mut self, due: Time, now: Time, index: u32) {
        let ms = self.round_ms(index);
        self.play_out(due, index, ms);
        let Some(session) = self.slots.at(index) else { return };
        let Some(playout) = &session.state.playout else { return };
        let is_over = !playout.is_active() && !playout.makes_noise();
        if is_over && session.state.counters.last_packet + IDLE_AFTER < due {
            session.state.playout = None;
            return;
        }
        let next = due + Duration::from_millis(u64::from(ms));
        let next = if next + CATCH_UP_MAX < now { now } else { next };
        self.set_timer(index, TimerKind::PlayOut, Some(next));
    }

    fn round_ms(&mut self, index: u32) -> u16 {
        let uneven = |listener: &u32| {
            self.slots
                .session_at(*listener)
                .is_some_and(|session| !session.frame_us().is_multiple_of(u64::from(ROUND_MS) * 1_000))
        };
        let listeners = self.slots.session_at(index).map_or([].as_slice(), |session| &session.made.listeners);
        if listeners.iter().any(uneven) { ROUND_MS / 2 } else { ROUND_MS }
    }

    /// Makes a round of a session's playout and hands it to all that need it.
    pub(super) fn play_out(&mut self, due: Time, index: u32, ms: u16) {
        let Some(session) = self.slots.at(index) else { return };
        let Session { state, made } = session;
        let Some(playout) = &mut state.playout else {
            state.round = None;
            return;
        };
        let mut samples = core::mem::take(&mut self.scratch.linear);
        samples.clear();
        let pulled = playout.pull(due, ms, &mut made.formats, &mut samples);
        let is_mixed = !state.said_into.is_empty();
        self.hear_tones(due, index, pulled.rate_hz, &mut samples);
        let heard = Sounding { rate_hz: pulled.rate_hz, samples: &samples, delay_us: pulled.delay_us };
        self.attend_to(due, index, heard);
        let held_back = self.hold_back(index, pulled.rate_hz, &samples);
        for n in 0.. {
            let listener = self.slots.at(index).and_then(|session| session.made.listeners.get(n).copied());
            let Some(listener) = listener else { break };
            let hears_beeps = self.slots.at(listener).is_some_and(|session| session.made.hears_beeps);
            let is_heard = pulled.heard != Heard::Nothing || hears_beeps || held_back.is_sounding();
            self.feed(due, listener, is_heard.then_some(heard), held_back.or(&samples));
        }
        if let Some(session) = self.slots.at(index).filter(|_| is_mixed) {
            let round = session.state.round.get_or_insert_default();
            (round.at, round.rate_hz) = (due, pulled.rate_hz);
            round.samples.clear();
            round.samples.extend_from_slice(held_back.or(&samples));
        }
        self.scratch.held_back = held_back;
        self.scratch.linear = samples;
    }

    /// What a session's own recording and watch make of a round.
    fn attend_to(&mut self, due: Time, index: u32, heard: Sounding<'_>) {
        let Some(session) = self.slots.at(index) else { return };
        for recording in &mut session.state.recordings {
            recording.add(Side::Says, due, heard, &mut self.filters);
        }
        if let Some(watch) = &mut session.state.watch
            && watch.hear(due, heard.samples)
        {
            let due = watch.due();
            self.set_timer(index, TimerKind::Silence, due);
        }
        let Some(detector) = self.slots.at(index).and_then(|session| session.state.detection.as_mut()) else {
            return;
        };
        let verdict = detector.hear(due, heard.rate_hz, heard.samples);
        let sooner = detector.due();
        match verdict {
            Some(verdict) => self.detected(index, verdict),
            None => self.set_timer(index, TimerKind::Detect, Some(sooner)),
        }
    }

    /// What a listener makes of a round: its recording, and packets where they are made from it. None while the peer says nothing
    /// at all: then nothing is sent. `said`: the same for the ear, where that comes later.
    fn feed(&mut self, due: Time, listener: u32, heard: Option<Sounding<'_>>, said: &[i16]) {
        let Some(session) = self.slots.at(listener) else { return };
        let Some(heard) = heard.filter(|_| !session.is_covered()) else {
            if session.state.remade.making == Making::Encoded {
                session.state.remade.clear();
            }
            return;
        };
        for recording in &mut session.state.recordings {
            recording.add_heard(due, heard, &mut self.filters);
        }
        if session.state.remade.making == Making::Encoded {
            session.take_at_own_rate(heard.rate_hz, said, &mut self.filters, &mut self.scratch.converted);
            self.push_remade(due, listener);
            self.send_remade(due, listener);
        }
    }

    /// Puts what has been converted on its way, with the beeps that belong to it.
    pub(super) fn push_remade(&mut self, due: Time, index: u32) {
        let mut samples = core::mem::take(&mut self.scratch.converted);
        let rate_hz = self.slots.session_at(index).map_or(0, Session::rate_hz);
        self.lay_beeps(due, index, rate_hz, &mut samples);
        if let Some(session) = self.slots.at(index) {
            session.state.remade.push(&samples);
        }
        self.scratch.converted = samples;
    }

    /// Sends what has become full.
    pub(super) fn send_remade(&mut self, due: Time, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        session.silent_frame(&mut self.scratch.frame);
        let count = self.scratch.frame.len();
        while session.state.remade.cut(count, &mut self.scratch.frame) {
            let Some((to, bytes)) = session.encoded(due, ROUND_MS, &self.scratch.frame) else { continue };
            let slot = session.state.slot;
            self.outputs.push_back(Output::Packet { slot, stream: StreamKind::AudioRtp, to, bytes });
        }
    }

    /// Works out anew whether a session's audio is to be decoded whoever hears it.
    pub(super) fn rewant(&mut self, index: u32) {
        let Some(session) = self.slots.session_at(index) else { return };
        let is_recorded = |listener: &u32| {
            self.slots.session_at(*listener).is_some_and(|session| !session.state.recordings.is_empty())
        };
        let is_wanted = !session.state.recordings.is_empty()
            || session.state.watch.is_some()
            || session.state.detection.is_some()
            || session.speaks_tones()
            || !session.state.said_into.is_empty()
            || session.made.listeners.iter().any(is_recorded);
        if let Some(session) = self.slots.at(index) {
            session.made.is_wanted = is_wanted;
        }
        self.plan_decoders(index);
    }
}
