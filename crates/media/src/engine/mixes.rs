//! Mixes of the engine's sessions. A mix's rounds drive the playouts of those that are said into it, so that all their frames are
//! of the same time; its listeners are sent packets of it, one payload for all who hear the same in the same codec.

use super::Engine;
use super::plays::Player;
use super::session::Session;
use super::shared::{SharedState, SharedStream, sum_rate_hz};
use super::timers::{Due, TimerKind};
use crate::level::{ratio, to_i16};
use crate::loaded::Loaded;
use crate::mix::{Bus, Frame, Mix, ROUND, ROUND_MS, TalkChange};
use crate::play::{Canvas, Playing};
use crate::recording::{Ear, Recording, Sounding};
use crate::{Event, MixId, MixInput, MixSettings, Output, Play, PlayEnd};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Mixes of one worker.
const MIXES_MAX: usize = 4_096;
/// Mixes that one leg is said into.
const SAID_INTO_MAX: usize = 8;
/// A round this late is left out: relaying comes first.
const SHED_AFTER: core::time::Duration = ROUND;

/// All mixes.
#[derive(Debug, Default)]
pub(super) struct Mixes {
    pub(super) all: BTreeMap<MixId, Mixing>,
    /// Rounds left out.
    pub(super) shed: u64,
}

/// One mix: its state and what is made from it.
#[derive(Debug, Default)]
pub(super) struct Mixing {
    state: MixState,
    /// Sessions that hear it, in order; and which of them hear what nobody else does in this round, whoever speaks.
    listeners: Vec<u32>,
    apart: Vec<bool>,
    pub(super) bus: Bus,
    /// What is encoded once for many.
    pub(super) shared: Vec<SharedStream>,
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

impl Mixing {
    /// The sessions that are said into it.
    pub(super) fn inputs(&self) -> impl Iterator<Item = u32> {
        self.state.mix.inputs()
    }

    /// Forgets who hears it, and says who they were.
    pub(super) fn take_listeners(&mut self) -> Vec<u32> {
        core::mem::take(&mut self.listeners)
    }

    /// Its inputs are found elsewhere from now on; those that are nowhere are taken out.
    pub(super) fn renumber(&mut self, index_of: impl Fn(u32) -> Option<u32>) {
        self.state.mix.renumber(index_of);
    }

    /// What is played to all who hear it.
    pub(super) fn play(&self) -> Option<&Playing> {
        self.state.play.as_ref()
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

    /// Takes a mix out with all that it is; its sessions are still wired to it.
    pub(super) fn take(&mut self, id: MixId) -> Option<Mixing> {
        self.all.remove(&id)
    }

    /// Puts in a mix that nobody hears yet. `false`: there is one of that name.
    pub(super) fn put(&mut self, id: MixId, mixing: Mixing) -> bool {
        let is_new = !self.contains(id);
        if is_new {
            self.all.insert(id, mixing);
        }
        is_new
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

    /// A session that is said into a mix, or hears it, has lost it to another engine.
    pub(super) fn lose_mix(&mut self, index: u32, id: MixId) {
        let Some(session) = self.slots.at(index) else { return };
        if session.made.hears_mix == Some(id) {
            session.made.hears_mix = None;
        }
        if session.state.said_into.contains(&id) {
            session.state.said_into.retain(|mix| *mix != id);
            self.rewant(index);
        }
    }

    /// Asks for what the play of a mix that has just come still waits for.
    pub(super) fn load_for_mix_if_waiting(&mut self, now: Time, id: MixId) {
        if self.mixes.all.get(&id).is_some_and(|mixing| !mixing.loaded.is_complete()) {
            self.load_for_mix(now, id);
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
                    if let (Some(&listener), Some(&apart)) = (mixing.listeners.get(n), mixing.apart.get(n))
                        && (apart || mixing.bus.speaks(listener)) == alone
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
        mixing.apart.clear();
        for &listener in &mixing.listeners {
            let session = self.slots.session_at(listener);
            let apart = session.is_some_and(|session| session.is_covered() || !session.is_plain());
            mixing.apart.push(apart);
            let rate_hz = sum_rate_hz(session.map_or(8_000, Session::rate_hz));
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
        for recording in &mut session.state.recordings {
            recording.add_heard(due, Sounding::now(sum_hz, heard), &mut self.filters);
        }
        session.take_at_own_rate(sum_hz, heard, &mut self.filters, &mut self.scratch.converted);
        self.push_remade(due, index);
        self.send_remade(due, index);
    }
}
