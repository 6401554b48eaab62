//! Mixes of the engine's sessions. A mix's rounds drive the playouts of those that are said into it, so that all their frames are
//! of the same time; its listeners are sent packets of it, one payload for all who hear the same in the same codec.

use super::Engine;
use super::plays::Player;
use super::remade::Spoken;
use super::session::{SendFormat, Session, WIDE_BAND_HZ};
use super::timers::{Due, TimerKind};
use crate::codec::{self, Codec, Encoder};
use crate::level::{ratio, to_i16};
use crate::loaded::Loaded;
use crate::mix::{Bus, Frame, Mix, ROUND, ROUND_MS, TalkChange};
use crate::play::{Canvas, Playing};
use crate::recording::{Ear, Recording, Sounding};
use crate::resample::{Filters, Tail};
use crate::{Event, MixId, MixInput, MixSettings, Output, Play, PlayEnd};
use cordboard_base::{Format, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Mixes of one worker.
const MIXES_MAX: usize = 4_096;
/// Mixes that one leg is said into.
const SAID_INTO_MAX: usize = 8;
/// A listener that has spoken goes on with its own coder for so many rounds at most, five seconds. Both coders hear the same by then,
/// and the sooner they stand at the same place the less the peer's decoder notices of the change.
const ALONE_ROUNDS: u8 = 250;
/// From here on (half a second) a round of quiet is enough, in which nothing of what was before is left in any coder.
const ALONE_ROUNDS_QUIET: u8 = ALONE_ROUNDS - 25;
/// Packets of the shared coder's that a coder hears first which can't take over what the shared one remembers.
const PRIMED_WITH: usize = 3;
/// A round this late is left out: relaying comes first.
const SHED_AFTER: core::time::Duration = ROUND;

/// All mixes.
#[derive(Debug, Default)]
pub(super) struct Mixes {
    all: BTreeMap<MixId, Mixing>,
    /// Rounds left out.
    pub(super) shed: u64,
}

/// One mix: its state and what is made from it.
#[derive(Debug, Default)]
struct Mixing {
    state: MixState,
    /// Sessions that hear it, in order.
    listeners: Vec<u32>,
    bus: Bus,
    shared: Vec<SharedStream>,
    loaded: Loaded,
    rates_hz: Vec<u32>,
    changes: Vec<TalkChange>,
}

/// A mix as plain data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct MixState {
    mix: Mix,
    play: Option<Playing>,
    position: u64,
    recording: Option<Box<Recording>>,
    /// In a state that is kept: what its listeners share.
    #[serde(default)]
    shared: Vec<SharedState>,
}

/// A [`SharedStream`] as plain data, between two rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SharedState {
    name: String,
    clock_rate_hz: u32,
    channels: u8,
    fmtp: String,
    rate_hz: u32,
    encoder: Vec<u8>,
    frame_len: usize,
    tail: Tail,
    samples: Vec<i16>,
    encoded: Vec<i16>,
    is_made: bool,
}

/// What all who say nothing hear in one codec, in packets of one length.
#[derive(Debug)]
struct SharedStream {
    codec: &'static dyn Codec,
    fmtp: String,
    rate_hz: u32,
    encoder: Box<dyn Encoder>,
    /// Of the codec's samples in a packet.
    frame_len: usize,
    tail: Tail,
    /// Waits until it fills a packet; and how much waited when this round began.
    samples: Vec<i16>,
    began_with: usize,
    /// What was encoded last, [`PRIMED_WITH`] packets of it.
    encoded: Vec<i16>,
    /// Whether somebody has wanted it in the round before, and in this one.
    was_made: bool,
    is_made: bool,
    /// Packets that became full in this round. An empty one: silence that the codec leaves out.
    payloads: Vec<(Arc<[u8]>, Spoken)>,
}

/// The rate at which a mix is summed for a listener: its own, unless a round has no whole number of its samples (11,025 Hz).
fn sum_rate_hz(rate_hz: u32) -> u32 {
    if (rate_hz * ROUND_MS).is_multiple_of(1_000) { rate_hz } else { WIDE_BAND_HZ }
}

impl SharedStream {
    /// Of the coder and what waits of the first who shares it: its peer does not notice.
    fn of(format: &mut SendFormat, waiting: Vec<i16>, frame_len: usize) -> Option<Self> {
        let SendFormat { codec, fmtp, rate_hz, .. } = format;
        let encoder = codec.encoder(fmtp, *rate_hz)?;
        Some(Self {
            codec: *codec,
            fmtp: fmtp.clone(),
            rate_hz: *rate_hz,
            encoder: core::mem::replace(&mut format.encoder, encoder),
            frame_len,
            tail: Tail::default(),
            began_with: waiting.len(),
            samples: waiting,
            encoded: Vec::new(),
            was_made: false,
            is_made: false,
            payloads: Vec::new(),
        })
    }

    fn kept(&self) -> SharedState {
        let mut encoder = Vec::new();
        self.encoder.save(&mut encoder);
        SharedState {
            name: self.codec.name().to_owned(),
            clock_rate_hz: self.codec.clock_rate_hz(),
            channels: self.codec.channels(),
            fmtp: self.fmtp.clone(),
            rate_hz: self.rate_hz,
            encoder,
            frame_len: self.frame_len,
            tail: self.tail.clone(),
            samples: self.samples.clone(),
            encoded: self.encoded.clone(),
            is_made: self.is_made,
        }
    }

    fn restored(state: SharedState) -> Option<Self> {
        let format = Format { channels: state.channels, ..Format::new(0, &state.name, state.clock_rate_hz) };
        let codec = codec::find(&format)?;
        let mut encoder = codec.encoder(&state.fmtp, state.rate_hz)?;
        encoder.load(&state.encoder);
        Some(Self {
            codec,
            fmtp: state.fmtp,
            rate_hz: state.rate_hz,
            encoder,
            frame_len: state.frame_len,
            tail: state.tail,
            began_with: state.samples.len(),
            samples: state.samples,
            encoded: state.encoded,
            was_made: false,
            is_made: state.is_made,
            payloads: Vec::new(),
        })
    }

    fn is_of(&self, format: &SendFormat, frame_len: usize) -> bool {
        core::ptr::addr_eq(self.codec, format.codec)
            && self.rate_hz == format.rate_hz
            && self.frame_len == frame_len
            && self.fmtp == format.fmtp
    }

    /// Whether it goes on in this round.
    fn is_in_use(&self) -> bool {
        self.was_made || self.is_made
    }

    fn begin_round(&mut self) {
        self.was_made = core::mem::take(&mut self.is_made);
        if !self.was_made {
            // Nobody has heard what began there.
            self.samples.clear();
            self.encoded.clear();
        }
        self.began_with = self.samples.len();
        self.payloads.clear();
    }

    fn make(&mut self, bus: &Bus, filters: &mut Filters) {
        let sum_hz = sum_rate_hz(self.rate_hz);
        match filters.between(sum_hz, self.rate_hz) {
            None => bus.heard(None, sum_hz, &mut self.samples),
            Some(filter) => {
                let mut heard = Vec::new();
                bus.heard(None, sum_hz, &mut heard);
                self.tail.push(filter, &heard, &mut self.samples);
            }
        }
        while self.frame_len > 0 && self.samples.len() >= self.frame_len {
            let mut payload = Vec::new();
            let frame = self.samples.get(..self.frame_len).unwrap_or_default();
            self.encoder.encode(frame, &mut payload);
            let left_out = self.encoder.left_out();
            let spoken = Spoken { samples: self.frame_len, left_out, octets: payload.len() };
            if self.codec.has_memory() {
                let too_many = (self.encoded.len() / self.frame_len + 1).saturating_sub(PRIMED_WITH);
                self.encoded.drain(..too_many * self.frame_len);
                self.encoded.extend_from_slice(frame);
            }
            self.samples.drain(..self.frame_len);
            self.payloads.push((payload.into(), spoken));
        }
        self.is_made = true;
    }
}

impl Mixes {
    pub(super) fn state(&self) -> Vec<(MixId, MixState)> {
        let kept = |mixing: &Mixing| MixState {
            shared: mixing.shared.iter().filter(|shared| shared.is_made).map(SharedStream::kept).collect(),
            ..mixing.state.clone()
        };
        self.all.iter().map(|(id, mixing)| (*id, kept(mixing))).collect()
    }

    pub(super) fn contains(&self, id: MixId) -> bool {
        self.all.contains_key(&id)
    }

    /// The place of a mix's recording.
    pub(super) fn recording(&mut self, id: MixId) -> Option<&mut Option<Box<Recording>>> {
        self.all.get_mut(&id).map(|mixing| &mut mixing.state.recording)
    }

    pub(super) fn listen(&mut self, id: MixId, session: u32) {
        if let Some(mixing) = self.all.get_mut(&id)
            && let Err(at) = mixing.listeners.binary_search(&session)
        {
            mixing.listeners.insert(at, session);
        }
    }

    pub(super) fn leave(&mut self, id: MixId, session: u32) {
        if let Some(mixing) = self.all.get_mut(&id) {
            mixing.listeners.retain(|&listener| listener != session);
        }
    }
}

impl Engine {
    pub(super) fn make_mix(&mut self, now: Time, id: MixId, settings: MixSettings) {
        let is_new = !self.mixes.contains(id);
        if is_new && self.mixes.all.len() >= MIXES_MAX {
            self.ignored += 1;
            return;
        }
        self.mixes.all.entry(id).or_default().state.mix.set(settings);
        if is_new {
            self.timers.set(Due::Mix(id), now + ROUND);
            self.wire_hearers_of(id);
        }
    }

    pub(super) fn end_mix(&mut self, now: Time, id: MixId) {
        self.play_into(now, id, None);
        let Some(mut mixing) = self.mixes.all.remove(&id) else {
            self.ignored += 1;
            return;
        };
        if let Some(recording) = mixing.state.recording.take() {
            self.hand_out_rest(now, *recording);
        }
        self.timers.cancel(&Due::Mix(id));
        for index in mixing.state.mix.inputs() {
            self.no_longer_said(now, id, index);
        }
        for index in mixing.listeners {
            if let Some(session) = self.slots.at(index) {
                session.made.hears_mix = None;
            }
        }
    }

    pub(super) fn say_into(&mut self, now: Time, id: MixId, index: u32, input: Option<MixInput>) {
        let Some(mixing) = self.mixes.all.get_mut(&id) else {
            self.ignored += 1;
            return;
        };
        let Some(input) = input else {
            mixing.state.mix.silence(index);
            self.no_longer_said(now, id, index);
            return;
        };
        let Some(session) = self.slots.at(index) else { return };
        let said_into = &mut session.state.said_into;
        let is_new = !said_into.contains(&id);
        if (is_new && said_into.len() >= SAID_INTO_MAX) || !mixing.state.mix.say(index, input) {
            self.ignored += 1;
            return;
        }
        if is_new {
            said_into.push(id);
            self.set_timer(index, TimerKind::PlayOut, None);
            self.rewant(index);
        }
    }

    fn no_longer_said(&mut self, now: Time, id: MixId, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        session.state.said_into.retain(|mix| *mix != id);
        if session.state.said_into.is_empty() {
            session.state.round = None;
            if session.state.playout.is_some() {
                self.set_timer(index, TimerKind::PlayOut, Some(now));
            }
        }
        self.rewant(index);
    }

    /// Takes a session that is gone out of all mixes.
    pub(super) fn unmix(&mut self, gone: &Session) {
        let index = gone.state.slot.index;
        for id in &gone.state.said_into {
            if let Some(mixing) = self.mixes.all.get_mut(id) {
                mixing.state.mix.silence(index);
            }
        }
        if let Some(id) = gone.made.hears_mix {
            self.mixes.leave(id, index);
        }
    }

    pub(super) fn play_into(&mut self, now: Time, id: MixId, play: Option<Play>) {
        let Some(mixing) = self.mixes.all.get_mut(&id) else {
            self.ignored += u64::from(play.is_some());
            return;
        };
        let before = mixing.state.play.take();
        mixing.state.position = 0;
        if let Some(play) = play {
            let playing = Playing::new(play);
            mixing.loaded = Loaded::nothing_of(playing.items());
            mixing.state.play = Some(playing);
        }
        if let Some(before) = before {
            self.event(Event::PlayedInto { mix: id, play: before.id(), end: PlayEnd::Stopped });
        }
        self.load_for_mix(now, id);
        self.mix_play_answered(id, |_, _| ());
    }

    pub(super) fn load_for_mix(&mut self, now: Time, id: MixId) {
        let Some(mixing) = self.mixes.all.get(&id) else { return };
        let position = mixing.state.position;
        let loaded = &mixing.loaded;
        let keys = mixing.state.play.as_ref().map(|playing| playing.keys(now, loaded, position));
        for key in keys.unwrap_or_default() {
            self.ask_for(key, Player::Mix(id));
        }
    }

    /// Lets `answer` tell a mix's play what was loaded, and starts the play if that was all.
    pub(super) fn mix_play_answered(&mut self, id: MixId, answer: impl FnOnce(&mut Loaded, &Playing)) {
        let Some(mixing) = self.mixes.all.get_mut(&id) else { return };
        if let Some(playing) = &mut mixing.state.play {
            answer(&mut mixing.loaded, playing);
            playing.start(&mixing.loaded);
        }
    }

    /// The mixes of a kept state; sessions are wired to them afterwards.
    pub(super) fn restore_mixes(&mut self, states: Vec<(MixId, MixState)>) {
        for (id, mut state) in states {
            let shared = core::mem::take(&mut state.shared);
            let shared = shared.into_iter().filter_map(SharedStream::restored).collect();
            let loaded = state.play.as_ref().map(|play| Loaded::nothing_of(play.items())).unwrap_or_default();
            self.mixes.all.insert(id, Mixing { state, shared, loaded, ..Mixing::default() });
        }
    }

    /// One round of a mix.
    pub(super) fn mix_round(&mut self, due: Time, now: Time, id: MixId) {
        let Some(mut mixing) = self.mixes.all.remove(&id) else { return };
        if due + SHED_AFTER < now {
            let late = now.since(due).as_micros() / ROUND.as_micros();
            let late = u32::try_from(late).unwrap_or(u32::MAX);
            self.mixes.shed += u64::from(late);
            self.timers.set(Due::Mix(id), due + ROUND * late);
            self.mixes.all.insert(id, mixing);
            return;
        }
        self.timers.set(Due::Mix(id), due + ROUND);
        let inputs: Vec<u32> = mixing.state.mix.inputs().collect();
        for index in inputs {
            let drives = |session: &Session| session.state.said_into.first() == Some(&id);
            if self.slots.session_at(index).is_some_and(drives) {
                self.play_out(due, index, u16::try_from(ROUND_MS).unwrap_or(20));
            }
        }
        let is_recorded = mixing.state.recording.is_some();
        if !mixing.listeners.is_empty() || mixing.state.mix.tells_talkers() || is_recorded {
            self.sum(due, &mut mixing);
            self.tell_talkers(id, &mut mixing);
            self.play_round(due, id, &mut mixing);
            self.ask_ahead_for(Player::Mix(id));
            self.record_round(due, &mut mixing);
            self.want_music();
            // Those who hear what nobody else does come first: a coder of their own goes on where the shared one stood at the end of
            // the last round.
            for alone in [true, false] {
                for n in 0..mixing.listeners.len() {
                    if let Some(&listener) = mixing.listeners.get(n)
                        && self.hears_alone(listener, &mixing.bus) == alone
                    {
                        self.send_mix(due, listener, &mut mixing);
                    }
                }
            }
        }
        self.mixes.all.insert(id, mixing);
    }

    fn sum(&mut self, due: Time, mixing: &mut Mixing) {
        mixing.rates_hz.clear();
        mixing.rates_hz.extend(mixing.state.recording.iter().map(|recording| recording.rate_hz()));
        for &listener in &mixing.listeners {
            let rate_hz = self.slots.session_at(listener).map_or(8_000, Session::rate_hz);
            let rate_hz = sum_rate_hz(rate_hz);
            if !mixing.rates_hz.contains(&rate_hz) {
                mixing.rates_hz.push(rate_hz);
            }
        }
        mixing.shared.iter_mut().for_each(SharedStream::begin_round);
        let slots = &self.slots;
        let frame_of = |index: u32| {
            let round = slots.session_at(index)?.state.round.as_ref()?;
            (round.at + ROUND > due).then_some(Frame { rate_hz: round.rate_hz, samples: &round.samples })
        };
        let Mixing { state, bus, rates_hz, changes, .. } = mixing;
        state.mix.round(due, &frame_of, rates_hz, bus, &mut self.filters, changes);
    }

    /// What everybody hears goes into the recording; its beep is what everybody hears.
    fn record_round(&mut self, due: Time, mixing: &mut Mixing) {
        let Mixing { state, bus, rates_hz, .. } = mixing;
        let Some(recording) = &mut state.recording else { return };
        let frame = &mut core::mem::take(&mut self.scratch.frame);
        let rate_hz = recording.rate_hz();
        frame.clear();
        bus.heard(None, rate_hz, frame);
        self.record_mix(due, recording, rate_hz, frame);
        if recording.beeps_for(Ear::Other) {
            for &rate_hz in &*rates_hz {
                frame.clear();
                frame.resize((rate_hz / 1_000 * ROUND_MS) as usize, 0);
                recording.beep(Ear::Other, due, rate_hz, frame);
                bus.add_at(Frame { rate_hz, samples: frame });
            }
        }
        self.scratch.frame = core::mem::take(frame);
    }

    fn tell_talkers(&mut self, id: MixId, mixing: &mut Mixing) {
        for TalkChange { session, talks } in mixing.changes.drain(..) {
            if let Some(leg) = self.slots.session_at(session).map(|session| session.state.leg)
                && mixing.state.mix.tells_talkers()
            {
                self.outputs.push_back(Output::Event(Event::Talking { mix: id, leg, talks }));
            }
        }
    }

    fn play_round(&mut self, due: Time, id: MixId, mixing: &mut Mixing) {
        let Mixing { state, bus, loaded, rates_hz, .. } = mixing;
        let Some(playing) = state.play.as_mut().filter(|playing| playing.is_started()) else { return };
        for &rate_hz in rates_hz.iter() {
            // Each rate has the same stretch of the play.
            let mut at = playing.clone();
            let mut position = state.position;
            let frame = &mut self.scratch.frame;
            frame.clear();
            frame.resize((rate_hz * ROUND_MS / 1_000) as usize, 0);
            let is_last = Some(&rate_hz) == rates_hz.last();
            let mut canvas = Canvas {
                now: due,
                rate_hz,
                position: &mut position,
                filters: &mut self.filters,
                music: &mut self.music,
                wanted: &mut self.wanted,
            };
            let end = at.fill(loaded, &mut canvas, frame);
            bus.add_at(Frame { rate_hz, samples: frame });
            if is_last {
                *playing = at;
                state.position = position;
                if let Some(end) = end {
                    let play = playing.id();
                    state.play = None;
                    self.event(Event::PlayedInto { mix: id, play, end });
                    return;
                }
            }
        }
    }

    /// Sends a listener its packet of this round, or what fills one.
    fn send_mix(&mut self, due: Time, index: u32, mixing: &mut Mixing) {
        let Some(session) = self.slots.at(index) else { return };
        if session.is_covered() {
            session.go_on_alone(&mixing.shared, |shared| shared.began_with);
            session.state.remade.clear();
            return;
        }
        let own = mixing.bus.speaks(index).then_some(index);
        if own.is_none() && session.is_plain() {
            if session.may_share(mixing) {
                self.send_shared(due, index, mixing);
                return;
            }
        } else {
            session.go_on_alone(&mixing.shared, |shared| shared.began_with);
        }
        let sum_hz = sum_rate_hz(session.rate_hz());
        let heard = &mut self.scratch.linear;
        heard.clear();
        mixing.bus.heard(own, sum_hz, heard);
        if session.state.hearing_db != 0 {
            let gain = ratio(f64::from(session.state.hearing_db));
            heard.iter_mut().for_each(|sample| *sample = to_i16(f64::from(*sample) * gain));
        }
        if let Some(recording) = &mut session.state.recording {
            recording.add_heard(due, Sounding::now(sum_hz, heard), &mut self.filters);
        }
        session.take_at_own_rate(sum_hz, heard, &mut self.filters, &mut self.scratch.converted);
        self.push_remade(due, index);
        self.send_remade(due, index);
    }

    /// Whether what a listener hears is for it alone.
    fn hears_alone(&self, index: u32, bus: &Bus) -> bool {
        let session = self.slots.session_at(index);
        bus.speaks(index) || session.is_some_and(|session| session.is_covered() || !session.is_plain())
    }

    /// Sends a listener the packets that it shares with all others of its codec.
    fn send_shared(&mut self, due: Time, index: u32, mixing: &mut Mixing) {
        let Some(session) = self.slots.at(index) else { return };
        if session.audio_remote().is_none() || session.made.encoder.is_none() {
            return;
        }
        let Mixing { shared, bus, .. } = mixing;
        let at = match session.shared_with(shared, |shared| shared.began_with) {
            Some(at) => at,
            None => {
                shared.retain(SharedStream::is_in_use);
                let frame_len = session.frame_len();
                let waiting = session.state.remade.take_waiting();
                let format = session.made.encoder.as_mut();
                shared.extend(format.and_then(|format| SharedStream::of(format, waiting, frame_len)));
                shared.len().saturating_sub(1)
            }
        };
        let Some(shared) = shared.get_mut(at) else { return };
        if !shared.is_made {
            shared.make(bus, &mut self.filters);
        }
        session.state.remade.share(shared.samples.len());
        let slack_ms = session.round_slack_ms();
        for (payload, spoken) in &shared.payloads {
            if let Some((to, fields)) = session.stamp_spoken(due, slack_ms, *spoken) {
                let (slot, payload) = (session.state.slot, Arc::clone(payload));
                self.outputs.push_back(Output::Shared { slot, to, header: fields.to_bytes(), payload });
            }
        }
    }

    /// Before a session makes packets of its own: until now it may have shared those of a mix.
    pub(super) fn leave_shared(&mut self, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        if let Some(mixing) = session.made.hears_mix.and_then(|id| self.mixes.all.get(&id)) {
            session.go_on_alone(&mixing.shared, |shared| shared.samples.len());
        }
    }
}

impl Session {
    /// Whether it hears a mix as it is, and nobody keeps what it hears.
    fn is_plain(&self) -> bool {
        self.state.hearing_db == 0 && self.state.recording.is_none()
    }

    /// A packet of a length that rounds do not end with is sent up to a round early or late.
    fn round_slack_ms(&self) -> u16 {
        let round_us = u64::from(ROUND_MS) * 1_000;
        if self.frame_us().is_multiple_of(round_us) { 0 } else { 20 }
    }

    /// The stream that this session's packets are those of, if it is in use: of the same form, and with as much waiting, for packets of
    /// 30 ms begin in one round of three. `stands_at` tells how much waited in a stream at the end of the last round.
    fn shared_with(&self, shared: &[SharedStream], stands_at: fn(&SharedStream) -> usize) -> Option<usize> {
        let format = self.made.encoder.as_ref()?;
        let (frame_len, waiting) = (self.frame_len(), self.state.remade.waiting());
        shared.iter().position(|shared| {
            shared.is_in_use() && stands_at(shared) == waiting && shared.is_of(format, frame_len)
        })
    }

    /// Whether the peer can be sent what others are from this round on. Where there is such a stream already, and its coder remembers,
    /// the own one has to hear the same for a while first.
    fn may_share(&mut self, mixing: &Mixing) -> bool {
        let rounds = self.state.remade.alone_for();
        let remembers = self.made.encoder.as_ref().is_some_and(|format| format.codec.has_memory());
        let is_early = rounds > ALONE_ROUNDS_QUIET || (rounds > 0 && !mixing.bus.is_quiet());
        !(remembers && is_early && self.shared_with(&mixing.shared, |shared| shared.began_with).is_some())
    }

    /// From the shared packets to packets of its own: the peer's decoder has followed the shared encoder, and a part of the next
    /// packet may have been heard.
    fn go_on_alone(&mut self, shared: &[SharedStream], stands_at: fn(&SharedStream) -> usize) {
        let at = self.shared_with(shared, stands_at);
        if !self.state.remade.go_on_alone(ALONE_ROUNDS) {
            return;
        }
        let Some(shared) = at.and_then(|at| shared.get(at)) else { return };
        self.state.remade.push(&shared.samples);
        let Some(format) = self.made.encoder.as_mut().filter(|format| format.codec.has_memory()) else {
            return;
        };
        // A coder of its own that was in use before remembers what the peer's decoder has long forgotten.
        let Some(encoder) = format.codec.encoder(&format.fmtp, format.rate_hz) else { return };
        format.encoder = encoder;
        let mut memory = Vec::new();
        shared.encoder.save(&mut memory);
        if memory.is_empty() {
            for frame in shared.encoded.chunks_exact(shared.frame_len.max(1)) {
                format.encoder.encode(frame, &mut memory);
            }
        } else {
            format.encoder.load(&memory);
        }
    }
}
