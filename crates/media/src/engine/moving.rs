//! Sessions and mixes that go from one engine to another, because they are to be heard by those who live there.
//!
//! ```text
//!  engine a: take(party) ─▶ Moved ─▶ engine b: adopt(moved)
//! ```
//! All that they are goes with them: numbering, what is on its way into packets, coders with what they remember, plays with what
//! was loaded for them, timers. Who is at the other end of a stream notices nothing but the time that passes between the two calls.
//! A party is whole: whoever hears one of it is of it too. Were it not, those left behind would hear nothing until told otherwise.
//!
//! What was asked for and has not come is asked for again; its answer to the old engine finds nobody.

use super::Engine;
use super::mixes::Mixing;
use super::session::{Session, State};
use super::timers::{Due, TimerKind};
use crate::play::Playing;
use crate::{MixId, Samples, SlotId, Source};
use cordboard_base::{LegId, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Who moves together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Party {
    /// Sessions, in no particular order.
    pub legs: Vec<LegId>,
    /// Mixes.
    pub mixes: Vec<MixId>,
}

/// A party between two engines. It sends nothing and hears nothing; its sockets are the shell's to keep.
#[derive(Debug, Default)]
pub struct Moved {
    /// In the order of their slots.
    sessions: Vec<MovedSession>,
    mixes: Vec<MovedMix>,
    /// Blocks of the music that is played to them.
    music: BTreeMap<(String, u64), Arc<Samples>>,
}

#[derive(Debug)]
struct MovedSession {
    session: Box<Session>,
    timers: Vec<(TimerKind, Time)>,
}

#[derive(Debug)]
struct MovedMix {
    id: MixId,
    mixing: Mixing,
    /// Its sessions by their numbers in the old engine.
    inputs: BTreeMap<u32, LegId>,
    due: Option<Time>,
}

impl Moved {
    /// The legs whose sessions it holds.
    pub fn legs(&self) -> impl Iterator<Item = LegId> {
        self.sessions.iter().map(|moved| moved.session.state.leg)
    }

    /// Whether it holds neither session nor mix.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.mixes.is_empty()
    }
}

impl Engine {
    /// Gives up a party; legs that are not open and mixes that do not exist are left out. `poll` must have been drained. No event
    /// and no packet comes of it.
    pub fn take(&mut self, party: &Party) -> Moved {
        let mut moved = Moved::default();
        for &id in &party.mixes {
            let Some(mixing) = self.mixes.take(id) else { continue };
            let leg = |index| Some((index, self.slots.session_at(index)?.state.leg));
            let inputs = mixing.inputs().filter_map(leg).collect();
            let due = self.timers.at(&Due::Mix(id));
            self.timers.cancel(&Due::Mix(id));
            self.take_music(mixing.play(), &mut moved.music);
            moved.mixes.push(MovedMix { id, mixing, inputs, due });
        }
        let indices: BTreeSet<u32> = party.legs.iter().filter_map(|leg| self.slots.index_of(*leg)).collect();
        for index in indices {
            let timers = self.take_timers(index);
            let leg = self.slots.session_at(index).map(|session| session.state.leg);
            let Some(session) = leg.and_then(|leg| self.slots.remove(leg)) else { continue };
            self.take_music(session.state.play.as_ref(), &mut moved.music);
            moved.sessions.push(MovedSession { session, timers });
        }
        self.part(&mut moved);
        moved
    }

    /// Takes a party in, and says where its sessions are now. One whose leg is open here already is dropped, and so is a mix that
    /// exists already.
    pub fn adopt(&mut self, now: Time, moved: Moved) -> Vec<(LegId, SlotId)> {
        let Moved { sessions, mixes, music } = moved;
        for ((class, block), samples) in music {
            self.music.put(&class, block, &samples);
        }
        let mut seats = Vec::new();
        for MovedSession { session, timers } in sessions {
            let leg = session.state.leg;
            let Some(slot) = self.slots.adopt(session) else { continue };
            for (kind, at) in timers {
                self.set_timer(slot.index, kind, Some(at));
            }
            seats.push((leg, slot));
        }
        let mixes = mixes.into_iter().filter_map(|moved| self.adopt_mix(moved)).collect();
        self.connect(now, &seats, mixes);
        seats
    }

    fn adopt_mix(&mut self, moved: MovedMix) -> Option<MixId> {
        let MovedMix { id, mut mixing, inputs, due } = moved;
        mixing.renumber(|index| self.slots.index_of(*inputs.get(&index)?));
        if !self.mixes.put(id, mixing) {
            return None;
        }
        if let Some(due) = due {
            self.timers.set(Due::Mix(id), due);
        }
        Some(id)
    }

    /// Wires the newcomers to each other, and those to them who have been told to hear them.
    fn connect(&mut self, now: Time, seats: &[(LegId, SlotId)], mixes: Vec<MixId>) {
        let legs: BTreeSet<LegId> = seats.iter().map(|(leg, _)| *leg).collect();
        let concerns = |state: &State| match state.source {
            Source::Leg(heard) => legs.contains(&heard),
            Source::Mix(heard) => mixes.contains(&heard),
            Source::Nothing | Source::Echo => false,
        };
        let known = |session: &&Session| legs.contains(&session.state.leg) || concerns(&session.state);
        let indices: Vec<u32> =
            self.slots.iter().filter(known).map(|session| session.state.slot.index).collect();
        for &index in &indices {
            self.wire(index);
        }
        for index in indices {
            self.rewant(index);
            let waits = |session: &Session| !session.made.loaded.is_complete();
            if self.slots.session_at(index).is_some_and(waits) {
                self.load_for(now, index);
            }
        }
        for id in mixes {
            self.load_for_mix_if_waiting(now, id);
        }
    }

    /// Undoes what ties the taken ones to the others.
    fn part(&mut self, moved: &mut Moved) {
        let gone: Vec<MixId> = moved.mixes.iter().map(|mix| mix.id).collect();
        for MovedMix { id, mixing, inputs, .. } in &mut moved.mixes {
            let left = inputs.keys().copied().chain(mixing.take_listeners());
            let left: BTreeSet<u32> = left.filter(|&index| self.slots.session_at(index).is_some()).collect();
            left.into_iter().for_each(|index| self.lose_mix(index, *id));
        }
        for MovedSession { session, .. } in &mut moved.sessions {
            self.unwire(session);
            session.state.said_into.retain(|mix| gone.contains(mix));
            session.made.listeners.clear();
            session.made.heard = None;
            session.made.hears_mix = None;
        }
    }

    fn take_music(&self, play: Option<&Playing>, blocks: &mut BTreeMap<(String, u64), Arc<Samples>>) {
        for class in play.into_iter().flat_map(Playing::classes) {
            blocks
                .extend(self.music.held(class).map(|(block, samples)| ((class.to_owned(), block), samples)));
        }
    }
}
