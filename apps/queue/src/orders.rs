//! What the program of a caller is to do, whenever it asks.

use crate::caller::{CallerId, Stage};
use crate::queues::Queues;
use crate::request::{Order, Room, Status};
use cordboard_base::{CallId, Time};

impl Queues {
    /// What the program of a call does next; `None`: it is in no queue.
    pub(crate) fn order(&mut self, now: Time, call: CallId) -> Option<Order> {
        let id = *self.calls.get(&call)?;
        self.look_again(now, id);
        let caller = self.callers.get_mut(&id)?;
        caller.poked = false;
        match caller.stage.clone() {
            Stage::Leaving(status) => {
                let farewell = self.farewell(now, id, status);
                self.forget(id);
                Some(Order::Leave(Box::new(farewell)))
            }
            Stage::Called(_) if self.is_late(now, id) => {
                self.release(now, id);
                self.leave(id, Status::Timeout);
                self.order(now, call)
            }
            // The first attempt comes before any announcement but the welcome; later ones come after those that are due.
            Stage::Called(whom) => match self.due_before_ringing(now, id) {
                Some(say) => Some(Order::Say(say, self.room(id))),
                None => self.ring(now, id, whom).map(|attempt| Order::Ring(Box::new(attempt))),
            },
            Stage::Waiting => match self.announcement(now, id) {
                Some(say) => Some(Order::Say(say, self.room(id))),
                None => Some(Order::Wait(self.room(id))),
            },
            Stage::Away | Stage::Ringing { .. } | Stage::Talking(_) => Some(Order::Wait(self.room(id))),
        }
    }

    /// Who is reserved for a caller may be busy by now, or wanted by somebody before it: whoever comes first chooses first, until it
    /// rings.
    fn look_again(&mut self, now: Time, id: CallerId) {
        let Some(caller) = self.callers.get_mut(&id) else { return };
        if matches!(caller.stage, Stage::Called(_)) {
            caller.poked = true;
            self.release(now, id);
            let line = self.line();
            self.assign(now, &line);
        }
    }

    fn due_before_ringing(&mut self, now: Time, id: CallerId) -> Option<Vec<String>> {
        let caller = self.callers.get(&id)?;
        let welcomed =
            caller.said.welcomed || self.queues.get(&caller.queue)?.settings.join_announce.is_empty();
        if caller.attempts == 0 && welcomed { None } else { self.announcement(now, id) }
    }

    fn is_late(&self, now: Time, id: CallerId) -> bool {
        self.callers.get(&id).and_then(|caller| caller.timeout).is_some_and(|timeout| timeout <= now)
    }

    pub(crate) fn room(&self, id: CallerId) -> Room {
        let queue = self.callers.get(&id).and_then(|caller| self.queues.get(&caller.queue));
        let Some(settings) = queue.map(|queue| &queue.settings) else { return Room::default() };
        let exits = settings.exit.iter().filter_map(|(key, to)| Some((key.chars().next()?, to.clone())));
        Room {
            music: settings.music.clone(),
            exits: exits.collect(),
            exit_context: settings.exit_context.clone(),
            callback: self.offer(id),
        }
    }
}
