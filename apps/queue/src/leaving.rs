//! Ways out: a caller hangs up, leaves by a key, is let go, is forgotten; and agents who were rung for it are free again.

use crate::agent::Work;
use crate::caller::{CallerId, Stage, ms};
use crate::queues::Queues;
use crate::request::{Farewell, Status};
use cordboard_app::{Change, Destination, Value};
use cordboard_base::Time;

/// What ends the ringing of agents for a caller who is let go.
pub(crate) fn withdrawn() -> Value {
    Value::Text("withdrawn".to_owned())
}

impl Queues {
    /// A caller is gone: by a key, or it hung up.
    pub(crate) fn gone(&mut self, now: Time, id: CallerId, key: Option<char>) {
        let Some(caller) = self.callers.get(&id) else { return };
        let (queue, call) = (caller.queue.clone(), caller.call);
        match caller.stage {
            Stage::Talking(_) => self.complete(now, id, false),
            Stage::Leaving(_) => {}
            Stage::Waiting | Stage::Away | Stage::Called(_) | Stage::Ringing { .. } => {
                let numbers = [self.position(id), caller.origin_position].map(|n| n.to_string());
                let waited = (caller.waited_ms(now) / 1_000).to_string();
                let [position, origin] = numbers.each_ref().map(String::as_str);
                self.release(now, id);
                match key {
                    Some(key) => {
                        let key = key.to_string();
                        self.journal(call, &queue, None, "EXITWITHKEY", &[&key, position, origin, &waited]);
                        self.count(&queue, None, |figures, _| figures.missed += 1);
                    }
                    None => {
                        self.journal(call, &queue, None, "ABANDON", &[position, origin, &waited]);
                        self.count(&queue, None, |figures, _| figures.abandoned += 1);
                    }
                }
                self.event("queue-leave", id);
            }
        }
        self.forget(id);
    }

    /// A caller is to be told that it is no longer in the queue.
    pub(crate) fn leave(&mut self, id: CallerId, status: Status) {
        let Some(caller) = self.callers.get(&id) else { return };
        let (queue, call) = (caller.queue.clone(), caller.call);
        let waited_us = self.unix_us.saturating_sub(caller.joined_unix_us);
        let numbers = [self.position(id), caller.origin_position].map(|n| n.to_string());
        let [position, origin] = numbers.each_ref().map(String::as_str);
        let waited = (waited_us / 1_000_000).to_string();
        let event = if status == Status::Timeout { "EXITWITHTIMEOUT" } else { "EXITEMPTY" };
        let event = if status == Status::Withdraw { "WITHDRAW" } else { event };
        self.journal(call, &queue, None, event, &[position, origin, &waited]);
        self.count(&queue, None, |figures, _| figures.missed += 1);
        self.event("queue-leave", id);
        self.leave_quietly(id, status);
        self.poke(id);
    }

    pub(crate) fn leave_quietly(&mut self, id: CallerId, status: Status) {
        let position = self.position(id);
        let Some(caller) = self.callers.get_mut(&id) else { return };
        if caller.said.position.is_none() {
            caller.said.position = Some((position, caller.joined));
        }
        let talk = if let Stage::Talking(talk) = &caller.stage { Some(talk.clone()) } else { None };
        caller.stage = Stage::Leaving(status);
        // Its farewell still wants to know how it was.
        caller.tried = talk.iter().filter_map(|talk| talk.agent.clone()).collect();
    }

    pub(crate) fn farewell(&self, now: Time, id: CallerId, status: Status) -> Farewell {
        let Some(caller) = self.callers.get(&id) else { return Farewell::at_the_door(status) };
        let answered = matches!(status, Status::Answered | Status::Continue);
        Farewell {
            status,
            by: caller.tried.first().filter(|_| answered).cloned(),
            waited_s: caller.waited_ms(now) / 1_000,
            talked_s: 0,
            position: caller.origin_position,
        }
    }

    /// Nothing is known of a caller any more.
    pub(crate) fn forget(&mut self, id: CallerId) {
        let Some(caller) = self.callers.remove(&id) else { return };
        if let Some(call) = caller.call {
            self.calls.remove(&call);
        }
        // Whatever has happened, nobody is kept by somebody who is gone.
        for agent in self.agents.values_mut() {
            if matches!(agent.work, Work::Rung(with) | Work::Talking(with) if with == id) {
                agent.work = Work::Free;
            }
        }
        if caller.callback.is_some() {
            // Among the changes that keep it, so that it is not kept after it is forgotten.
            self.durable.push(Change::Forget { key: crate::callback::key(caller.joined_unix_us, id) });
        }
    }

    /// Whoever is rung or reserved for a caller no longer is; the caller waits again.
    pub(crate) fn release(&mut self, now: Time, id: CallerId) {
        let Some(caller) = self.callers.get_mut(&id) else { return };
        let whom = match core::mem::replace(&mut caller.stage, Stage::Waiting) {
            Stage::Called(whom) => whom,
            Stage::Ringing { whom, since } => {
                let (queue, call, rang) = (caller.queue.clone(), caller.call, ms(now, since).to_string());
                for who in &whom {
                    self.journal(call, &queue, Some(who), "RINGCANCELED", &[&rang]);
                }
                whom
            }
            kept @ (Stage::Waiting | Stage::Away | Stage::Talking(_) | Stage::Leaving(_)) => {
                caller.stage = kept;
                return;
            }
        };
        for who in whom {
            self.free(&who, id);
        }
    }

    /// An agent is no longer rung for a caller.
    pub(crate) fn free(&mut self, who: &Destination, id: CallerId) {
        if let Some(agent) = self.agents.get_mut(who).filter(|agent| agent.work == Work::Rung(id)) {
            agent.work = Work::Free;
        }
    }
}
