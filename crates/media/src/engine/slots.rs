//! The table of sessions: found by slot on the packet path, by leg for commands.

use super::session::Session;
use crate::SlotId;
use cordboard_base::LegId;
use std::collections::BTreeMap;

/// Sessions by index. The lowest free index is taken first, so that a restored table goes on as the one it was kept from.
#[derive(Debug, Default)]
pub(super) struct Slots {
    sessions: Vec<Option<Box<Session>>>,
    by_leg: BTreeMap<LegId, u32>,
    generation: u32,
}

impl Slots {
    /// Puts a session in; `make` is told its slot. `None` if the leg has one already.
    pub(super) fn insert(&mut self, leg: LegId, make: impl FnOnce(SlotId) -> Session) -> Option<SlotId> {
        if self.by_leg.contains_key(&leg) {
            return None;
        }
        let slot = self.next_free()?;
        self.put(Box::new(make(slot)));
        Some(slot)
    }

    /// Puts in a session that comes from another table, at a place of this one. `None` if its leg has a session already.
    pub(super) fn adopt(&mut self, mut session: Box<Session>) -> Option<SlotId> {
        if self.by_leg.contains_key(&session.state.leg) {
            return None;
        }
        let slot = self.next_free()?;
        session.state.slot = slot;
        self.put(session);
        Some(slot)
    }

    fn next_free(&mut self) -> Option<SlotId> {
        let free = self.sessions.iter().position(Option::is_none).unwrap_or(self.sessions.len());
        let index = u32::try_from(free).ok()?;
        self.generation = self.generation.wrapping_add(1);
        Some(SlotId { index, generation: self.generation })
    }

    /// Puts a restored session where it was.
    pub(super) fn put(&mut self, session: Box<Session>) {
        let (slot, leg) = (session.state.slot, session.state.leg);
        let at = slot.index as usize;
        if self.sessions.len() <= at {
            self.sessions.resize_with(at + 1, || None);
        }
        self.by_leg.insert(leg, slot.index);
        if let Some(place) = self.sessions.get_mut(at) {
            *place = Some(session);
        }
    }

    pub(super) fn remove(&mut self, leg: LegId) -> Option<Box<Session>> {
        let index = self.by_leg.remove(&leg)?;
        self.sessions.get_mut(index as usize)?.take()
    }

    /// The session of a packet: none if its slot means another one by now.
    #[inline]
    pub(super) fn get(&mut self, slot: SlotId) -> Option<&mut Session> {
        self.at(slot.index).filter(|session| session.state.slot.generation == slot.generation)
    }

    #[inline]
    pub(super) fn at(&mut self, index: u32) -> Option<&mut Session> {
        self.sessions.get_mut(index as usize)?.as_deref_mut()
    }

    #[inline]
    pub(super) fn session_at(&self, index: u32) -> Option<&Session> {
        self.sessions.get(index as usize)?.as_deref()
    }

    pub(super) fn index_of(&self, leg: LegId) -> Option<u32> {
        self.by_leg.get(&leg).copied()
    }

    pub(super) fn by_leg(&mut self, leg: LegId) -> Option<&mut Session> {
        let index = self.index_of(leg)?;
        self.at(index)
    }

    pub(super) fn session(&self, leg: LegId) -> Option<&Session> {
        self.session_at(self.index_of(leg)?)
    }

    pub(super) fn slot_of(&self, leg: LegId) -> Option<SlotId> {
        self.session(leg).map(|session| session.state.slot)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.sessions.iter().flatten().map(AsRef::as_ref)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.sessions.iter_mut().flatten().map(AsMut::as_mut)
    }

    pub(super) fn len(&self) -> usize {
        self.by_leg.len()
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation
    }

    pub(super) fn restore_generation(&mut self, generation: u32) {
        self.generation = generation;
    }
}
