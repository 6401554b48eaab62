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
use super::session::Session;
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
    /// Whom it hears.
    heard: Option<LegId>,
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
        let leg_at = |index| Some(self.slots.session_at(index)?.state.leg);
        let heard_at = |index| leg_at(self.slots.session_at(index)?.made.heard?);
        let leaving: Vec<_> = indices.iter().filter_map(|&n| Some((n, leg_at(n)?, heard_at(n)))).collect();
        for (index, leg, heard) in leaving {
            let timers = self.take_timers(index);
            let Some(session) = self.slots.remove(leg) else { continue };
            self.take_music(session.state.play.as_ref(), &mut moved.music);
            moved.sessions.push(MovedSession { session, timers, heard });
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
        let mut hearers = Vec::new();
        for MovedSession { session, timers, heard } in sessions {
            let leg = session.state.leg;
            let Some(slot) = self.slots.adopt(session) else { continue };
            for (kind, at) in timers {
                self.set_timer(slot.index, kind, Some(at));
            }
            seats.push((leg, slot));
            hearers.extend(heard.map(|heard| (slot.index, heard)));
        }
        let mixes: Vec<MixId> = mixes.into_iter().filter_map(|moved| self.adopt_mix(moved)).collect();
        for (hearer, heard) in hearers {
            self.join_again(hearer, heard);
        }
        self.connect(now, &seats, &mixes);
        self.begin_figures(now);
        seats
    }

    /// Ties a newcomer to another as they were tied before; what was worked out for the two holds on.
    fn join_again(&mut self, hearer: u32, heard: LegId) {
        let Some(heard) = self.slots.index_of(heard) else { return };
        if let Some(session) = self.slots.at(heard) {
            let at = session.made.listeners.partition_point(|&listener| listener < hearer);
            session.made.listeners.insert(at, hearer);
        }
        if let Some(session) = self.slots.at(hearer) {
            session.made.heard = Some(heard);
        }
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

    /// Ties the newcomers to their mixes again, and connects those who were told of each other before they were here together.
    fn connect(&mut self, now: Time, seats: &[(LegId, SlotId)], mixes: &[MixId]) {
        for (_, slot) in seats {
            let Some(made) = self.slots.at(slot.index).map(|session| &mut session.made) else { continue };
            if let Some(id) = made.hears_mix {
                self.mixes.listen(id, slot.index);
            }
        }
        let lacks = |session: &&Session| match session.state.source {
            Source::Leg(heard) => session.made.heard.is_none() && self.slots.index_of(heard).is_some(),
            Source::Mix(heard) => session.made.hears_mix.is_none() && self.mixes.contains(heard),
            Source::Nothing | Source::Echo => false,
        };
        let lacking: Vec<u32> =
            self.slots.iter().filter(lacks).map(|session| session.state.slot.index).collect();
        for index in lacking {
            self.wire(index);
            self.rewant(index);
        }
        for (_, slot) in seats {
            let waits = |session: &Session| !session.made.loaded.is_complete();
            if self.slots.session_at(slot.index).is_some_and(waits) {
                self.load_for(now, slot.index);
            }
        }
        for &id in mixes {
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
        let legs: BTreeSet<LegId> = moved.legs().collect();
        for MovedSession { session, heard, .. } in &mut moved.sessions {
            self.unwire(session);
            *heard = heard.filter(|heard| legs.contains(heard));
            session.state.said_into.retain(|mix| gone.contains(mix));
            session.made.listeners.clear();
            session.made.heard = None;
            session.made.hears_mix = session.made.hears_mix.filter(|mix| gone.contains(mix));
        }
    }

    fn take_music(&self, play: Option<&Playing>, blocks: &mut BTreeMap<(String, u64), Arc<Samples>>) {
        for class in play.into_iter().flat_map(Playing::classes) {
            blocks
                .extend(self.music.held(class).map(|(block, samples)| ((class.to_owned(), block), samples)));
        }
    }
}
