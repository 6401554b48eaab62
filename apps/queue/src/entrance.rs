//! The door: who may wait, and where it stands then.

use crate::caller::{Caller, CallerId, Penalties, Said, Stage};
use crate::queue::Queue;
use crate::queues::{CALLERS_MAX, Queues};
use crate::request::{Join, Status};
use crate::settings::Empty;
use cordboard_app::Asker;
use cordboard_base::Time;
use core::time::Duration;
use std::collections::BTreeSet;

impl Queues {
    /// A caller wants to join.
    pub(crate) fn join(
        &mut self,
        now: Time,
        asker: &Asker,
        join: &Join,
    ) -> Result<CallerId, Result<Status, String>> {
        let Some(name) = self.name_of(&join.queue) else {
            return Err(Err(format!("there is no queue {}", join.queue.escape_debug())));
        };
        if let Some(before) = self.calls.get(&asker.call).copied() {
            self.gone(now, before, None);
        }
        let penalties = Penalties { min: join.penalty_min, max: join.penalty_max };
        if let Some(status) = self.refusal(now, &name, penalties) {
            return Err(Ok(status));
        }
        let timeout = (join.timeout_ms > 0).then(|| now + Duration::from_millis(u64::from(join.timeout_ms)));
        let caller = Caller {
            queue: name.clone(),
            call: Some(asker.call),
            who: asker.caller.clone(),
            user: asker.user.clone(),
            lang: asker.lang.clone(),
            priority: join.priority,
            joined: now,
            joined_unix_us: self.unix_us,
            origin_position: 0,
            timeout,
            penalties,
            stage: Stage::Waiting,
            attempts: 0,
            retry: now,
            tried: BTreeSet::new(),
            said: Said::default(),
            poked: true,
            dumped: BTreeSet::new(),
            no_callback: join.no_callback,
            callback: None,
        };
        let id = self.enter(caller);
        self.calls.insert(asker.call, id);
        self.count(&name, None, |figures, _| figures.offered += 1);
        let position = self.position(id);
        if let Some(caller) = self.callers.get_mut(&id) {
            caller.origin_position = position;
        }
        let number = asker.caller.number.clone();
        self.journal(Some(asker.call), &name, None, "ENTERQUEUE", &["", &number, &position.to_string()]);
        self.event("queue-join", id);
        Ok(id)
    }

    fn refusal(&self, now: Time, name: &str, penalties: Penalties) -> Option<Status> {
        let queue = self.queues.get(name)?;
        let most = usize::try_from(queue.settings.callers_max).ok().filter(|most| *most > 0);
        let standing =
            self.callers.values().filter(|caller| caller.queue == name && caller.is_in_line()).count();
        if most.is_some_and(|most| standing >= most) || self.callers.len() >= CALLERS_MAX {
            return Some(Status::Full);
        }
        let limits = queue.penalties(penalties, 0);
        let by = &queue.settings.join_empty;
        self.is_empty(now, queue, by, limits)
            .map(|nobody| if nobody { Status::JoinEmpty } else { Status::JoinUnavail })
    }

    /// Puts a caller into the line.
    pub(crate) fn enter(&mut self, caller: Caller) -> CallerId {
        self.next_caller += 1;
        let id = CallerId(self.next_caller);
        self.callers.insert(id, caller);
        id
    }

    /// Whether a queue is empty by a rule, and then whether it has no members at all.
    pub(crate) fn is_empty(
        &self,
        now: Time,
        queue: &Queue,
        by: &Empty,
        penalties: Penalties,
    ) -> Option<bool> {
        let factors = by.0.as_ref()?;
        queue.is_empty_by(factors, penalties, (now, &self.agents)).then_some(queue.members.is_empty())
    }
}
