//! A party of sessions and mixes on its way from one worker to another, sockets and all.
//!
//! ```text
//!  shard ──Give(party, sender)──▶ the worker that has it ──Parcel──┐
//!    └────Take(receiver)────────▶ the worker that gets it ◀────────┘   takes no command until then
//! ```
//! Commands that follow stand behind `Take`, so they find the party there. No two workers wait for each other: the shard sends the
//! two halves of one move before those of the next, so whoever gives has only older moves before it. Should the giver die, the
//! sender dies with it, and the other goes on.
//!
//! Packets that come meanwhile wait in the sockets, which stay open. Events that the shard has had no room for yet, and pieces of
//! recordings for which the disk has had none, go along, so that both keep their order.

use super::Sockets;
use super::recorder::Unwritten;
use super::worker::{Worker, WorkerEvent};
use crate::wake::{Look, Sender};
use cordboard_base::LegId;
use cordboard_media::{Event, Moved, Party, RecordingId, RecordingOf};
use std::collections::{BTreeMap, VecDeque};

/// What goes from one worker to the other.
#[derive(Debug)]
pub(super) struct Parcel {
    moved: Moved,
    sockets: BTreeMap<LegId, Sockets>,
    events: Vec<WorkerEvent>,
    unwritten: Unwritten,
}

impl Worker {
    /// Gives a party up; `poll` of the engine has been drained.
    pub(super) fn give(&mut self, party: &Party, to: &Sender<Box<Parcel>>) {
        let mut sockets = BTreeMap::new();
        for &leg in &party.legs {
            let Some(taken) = self.engine.slot(leg).and_then(|slot| self.unseat(slot)) else { continue };
            for socket in taken.sockets.iter().flatten() {
                if let Err(error) = self.poller.delete(socket) {
                    tracing::error!(%leg, %error, "a media socket is watched by two threads");
                }
            }
            sockets.insert(leg, taken);
        }
        let moved = self.engine.take(party);
        let backlog = std::mem::take(&mut self.backlog).into_iter();
        let (events, backlog): (VecDeque<_>, _) = backlog.partition(|event| is_about(event, party));
        self.backlog = backlog;
        let unwritten = self.ends.tape.take(|id| is_of(id, party));
        let parcel = Parcel { moved, sockets, events: Vec::from(events), unwritten };
        if let Err(parcel) = to.try_send(Box::new(parcel)) {
            tracing::error!("the media thread that sessions move to is gone");
            parcel.sockets.into_values().for_each(|sockets| self.free(sockets));
        }
    }

    /// Whether nobody is on the way to here any more.
    pub(super) fn has_arrived(&mut self) -> bool {
        let Some(awaited) = &self.awaited else { return true };
        match awaited.look() {
            Look::NotYet => return false,
            Look::Value(parcel) => self.adopt(*parcel),
            Look::Never => tracing::error!("the media thread that sessions come from is gone"),
        }
        self.awaited = None;
        true
    }

    fn adopt(&mut self, parcel: Parcel) {
        let Parcel { moved, mut sockets, events, unwritten } = parcel;
        let now = self.ends.clock.now();
        events.into_iter().for_each(|event| self.tell(event));
        self.ends.tape.put(unwritten);
        for (leg, slot) in self.engine.adopt(now, moved) {
            let Some(sockets) = sockets.remove(&leg) else { continue };
            // One that can't be watched can still be sent from; that nothing comes is noticed as always.
            if let Err(error) = self.watch(slot, &sockets) {
                tracing::error!(%leg, %error, "media sockets can't be watched");
            }
            self.seat(slot, sockets);
        }
        sockets.into_values().for_each(|sockets| self.free(sockets));
        self.drain(now);
    }
}

fn is_about(event: &WorkerEvent, party: &Party) -> bool {
    let event = match event {
        WorkerEvent::Media(event) => event,
        WorkerEvent::Freed(_) | WorkerEvent::Counted(_) => return false,
    };
    if let Event::PlayedInto { mix, .. } | Event::Talking { mix, .. } = event {
        return party.mixes.contains(mix);
    }
    event.leg().is_some_and(|leg| party.legs.contains(&leg))
}

fn is_of(id: &RecordingId, party: &Party) -> bool {
    match &id.of {
        RecordingOf::Leg(leg) => party.legs.contains(leg),
        RecordingOf::Mix(mix) => party.mixes.contains(mix),
    }
}

#[cfg(test)]
mod tests;
