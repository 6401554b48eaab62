//! Callers who hung up to be called back, and keep their place.
//!
//! When it is its turn the agent is called first, and the caller when the agent is on the line: who has waited once does not wait
//! again, and is not called in vain while no agent takes the call. One agent is called, whatever the queue's strategy rings.
//!
//! ```text
//!  Waiting ──agent free──▶ Called ── Originate(agent) ──▶ Ringing ──answers──▶ its program dials the caller ──▶ Talking ──▶ gone
//!     ▲                                  │ not answered                                 │ not reached
//!     └──────────────────────────────────┴──── retry; after so many tries: gone ────────┘
//! ```

use crate::caller::{Callback, Caller, CallerId, Said, Stage};
use crate::numbers::{WISHES_MAX, may_be_called};
use crate::queues::Queues;
use crate::request::{CallBack, Offer, Outcome};
use crate::settings::CallbackSettings;
use cordboard_app::{
    Cause, Change, Destination, DialOptions, Identity, OnBehalfOf, Originate, ServiceOutput, Then, Value,
};
use cordboard_base::{CallId, Time};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// The program of the agent's leg.
pub(crate) const PROGRAM: &str = "queue_callback";

/// After an agent has hung up on a call that was to call somebody back, at least, in s.
const REST_S: u32 = 5;
/// And at most, however often that has happened: the caller has been promised a call.
const REST_MOST_S: u32 = 300;

/// A wish as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallbackRow {
    queue: String,
    who: Identity,
    user: Option<String>,
    lang: String,
    priority: i64,
    joined_unix_us: i64,
    callback: Callback,
}

/// In the order in which they joined: so rows come back.
pub(crate) fn key(joined_unix_us: i64, id: CallerId) -> String {
    format!("callback/{joined_unix_us:020}-{:06}", id.0)
}

impl Queues {
    /// A caller wants to be called back, and hangs up.
    pub(crate) fn want_callback(
        &mut self,
        now: Time,
        call: CallId,
        number: Option<String>,
    ) -> Result<(), String> {
        let id = *self.calls.get(&call).ok_or("in no queue")?;
        let caller = self.callers.get(&id).filter(|caller| caller.is_in_line()).ok_or("not in the line")?;
        let settings = self.queues.get(&caller.queue).and_then(|queue| queue.settings.callback.as_ref());
        let settings = settings.ok_or("this queue calls nobody back")?;
        let (to, number) = destination(settings, caller, number.as_deref())?;
        if self.wishes(&caller.queue).any(|(_, wish)| wish.to == to) {
            return Err("it is to be called back already".to_owned());
        }
        if self.wishes(&caller.queue).count() >= WISHES_MAX {
            return Err("too many are to be called back".to_owned());
        }
        self.release(now, id);
        let Some(caller) = self.callers.get_mut(&id) else { return Ok(()) };
        let position = caller.origin_position.to_string();
        caller.callback = Some(Callback { to, number: number.clone(), failures: 0, refusals: 0 });
        (caller.stage, caller.call, caller.timeout, caller.poked) = (Stage::Waiting, None, None, false);
        let queue = caller.queue.clone();
        self.calls.remove(&call);
        self.keep_callback(id);
        self.journal(Some(call), &queue, None, "CALLBACK", &[&number, &position]);
        self.count(&queue, None, |figures, _| figures.callbacks += 1);
        self.event("queue-callback", id);
        Ok(())
    }

    /// Who is to be called back by a queue.
    fn wishes(&self, queue: &str) -> impl Iterator<Item = (CallerId, &Callback)> {
        let of = self.callers.iter().filter(move |(_, caller)| caller.queue == queue);
        of.filter_map(|(id, caller)| Some((*id, caller.callback.as_ref()?)))
    }

    /// How a caller may ask to be called back; `None`: it can't be.
    pub(crate) fn offer(&self, id: CallerId) -> Option<Offer> {
        let caller = self.callers.get(&id).filter(|caller| !caller.no_callback)?;
        let settings = self.queues.get(&caller.queue)?.settings.callback.as_ref()?;
        let own = destination(settings, caller, None).is_ok();
        let offer = Offer { key: settings.key.0, own, another: settings.another_number };
        let has_room = self.wishes(&caller.queue).count() < WISHES_MAX;
        Some(offer).filter(|offer| has_room && (offer.own || offer.another))
    }

    /// After a change of settings: numbers that may no longer be called are not, others are by the trunk that is named now.
    pub(crate) fn check_wishes(&mut self) {
        let mut refused = Vec::new();
        for (id, caller) in &mut self.callers {
            let Some(callback) = &mut caller.callback else { continue };
            let Destination::Trunk { trunk, number } = &mut callback.to else { continue };
            let settings = self.queues.get(&caller.queue).and_then(|queue| queue.settings.callback.as_ref());
            match settings.filter(|settings| may_be_called(settings, number).is_some()) {
                Some(settings) => trunk.clone_from(&settings.trunk),
                None if caller.stage == Stage::Waiting => refused.push(*id),
                // It rings already; it is looked at again before the next try.
                None => {}
            }
        }
        for id in refused {
            let Some(caller) = self.callers.get(&id) else { continue };
            let Some(callback) = &caller.callback else { continue };
            let (queue, number) = (caller.queue.clone(), callback.number.clone());
            let failures = callback.failures.to_string();
            self.journal(None, &queue, None, "CALLBACKFAILED", &[&number, &failures]);
            self.event("queue-callback-failed", id);
            self.forget(id);
        }
    }

    fn keep_callback(&mut self, id: CallerId) {
        let Some(caller) = self.callers.get(&id) else { return };
        let Some(callback) = caller.callback.clone() else { return };
        let row = CallbackRow {
            queue: caller.queue.clone(),
            who: caller.who.clone(),
            user: caller.user.clone(),
            lang: caller.lang.clone(),
            priority: caller.priority,
            joined_unix_us: caller.joined_unix_us,
            callback,
        };
        let key = key(caller.joined_unix_us, id);
        if let Ok(row) = serde_json::to_string(&row) {
            self.durable.push(Change::Keep { key, row, expires_unix_s: i64::MAX });
        }
    }

    /// A wish that was kept. It stands where it stood; it gets a number of its own in this life, and a row by it.
    pub(crate) fn restore_callback(&mut self, now: Time, old_key: String, row: CallbackRow) {
        self.durable.push(Change::Forget { key: old_key });
        if !self.queues.contains_key(&row.queue) || self.callers.len() >= crate::CALLERS_MAX {
            return;
        }
        let caller = Caller {
            queue: row.queue,
            call: None,
            who: row.who,
            user: row.user,
            lang: row.lang,
            priority: row.priority,
            joined: now,
            joined_unix_us: row.joined_unix_us,
            origin_position: 0,
            timeout: None,
            penalties: Default::default(),
            stage: Stage::Waiting,
            attempts: 0,
            retry: now,
            tried: Default::default(),
            said: Said::default(),
            poked: false,
            dumped: Default::default(),
            no_callback: true,
            callback: Some(row.callback),
        };
        let id = self.enter(caller);
        self.keep_callback(id);
        self.check_wishes();
    }

    /// Calls the agent.
    pub(crate) fn call_agent(&mut self, now: Time, id: CallerId, whom: &[Destination]) {
        let Some(attempt) = self.ring(now, id, whom.to_vec()) else { return };
        let Some(caller) = self.callers.get(&id) else { return };
        let settings = self.queues.get(&caller.queue).and_then(|queue| queue.settings.callback.clone());
        let dial = DialOptions {
            stages: vec![attempt.whom],
            timeout_ms: vec![attempt.ring_ms],
            caller: Some(attempt.shown),
            ..DialOptions::default()
        };
        let number = i64::try_from(id.0).unwrap_or(i64::MAX);
        let agent = whom.first().and_then(|who| match who {
            Destination::User(user) => Some(user.clone()),
            Destination::Trunk { .. } | Destination::Extension { .. } => None,
        });
        let originate = Originate {
            dial,
            on_behalf_of: OnBehalfOf {
                user: agent,
                context: settings.map(|settings| settings.context).unwrap_or_default(),
                caller: caller.who.clone(),
                lang: String::new(),
            },
            then: Then::Run { app: PROGRAM.to_owned(), args: Value::List(vec![Value::Int(number)]) },
        };
        self.out.push_back(ServiceOutput::Originate { number: id.0, originate: Box::new(originate) });
    }

    /// How calling the agent went.
    pub(crate) fn originated(&mut self, now: Time, id: CallerId, call: CallId, failed: Option<Cause>) {
        let Some(caller) = self.callers.get_mut(&id).filter(|caller| caller.callback.is_some()) else {
            return;
        };
        match failed {
            Some(Cause::BUSY | Cause::REJECTED) => self.unanswered(now, id, Outcome::Busy),
            Some(Cause::ABSENT) => self.unanswered(now, id, Outcome::Unavailable),
            Some(_) => self.unanswered(now, id, Outcome::NoAnswer),
            None => {
                caller.call = Some(call);
                self.calls.insert(call, id);
            }
        }
    }

    /// The agent is there: whom its program is to call.
    pub(crate) fn call_back(&mut self, call: CallId, id: CallerId) -> Result<CallBack, String> {
        let caller = self.callers.get_mut(&id).ok_or("the caller is no longer in the queue")?;
        let Stage::Ringing { .. } = caller.stage else {
            return Err("nobody is to be called back".to_owned());
        };
        let callback = caller.callback.clone().ok_or("nobody is to be called back")?;
        caller.call = Some(call);
        self.calls.insert(call, id);
        let settings = self.queues.get(&caller.queue).and_then(|queue| queue.settings.callback.as_ref());
        let settings = settings.cloned().unwrap_or_default();
        Ok(CallBack {
            to: callback.to,
            ring_ms: settings.ring_s.saturating_mul(1_000),
            confirm: settings.confirm,
            lang: caller.lang.clone(),
            number: callback.number,
        })
    }

    /// The caller was not reached, or the agent gave up before. Whether that is reported by a program that goes on matters not.
    pub(crate) fn not_reached(&mut self, now: Time, id: CallerId, by_caller: bool) {
        let Some(caller) = self.callers.get_mut(&id) else { return };
        let (queue, call) = (caller.queue.clone(), caller.call.take());
        let Some(callback) = &mut caller.callback else { return };
        callback.failures += u32::from(by_caller);
        callback.refusals = if by_caller { 0 } else { callback.refusals.saturating_add(1) };
        let (failures, refusals) = (callback.failures, callback.refusals);
        let number = callback.number.clone();
        let settings =
            self.queues.get(&queue).and_then(|queue| queue.settings.callback.clone()).unwrap_or_default();
        if let Some(call) = call {
            self.calls.remove(&call);
        }
        if let Some(Stage::Ringing { whom, .. }) = self.callers.get(&id).map(|caller| caller.stage.clone()) {
            for who in whom {
                if !by_caller {
                    self.refused_by(now, id, (call, &who));
                }
                self.free(&who, id);
            }
        }
        let pause = if by_caller { settings.retry_s } else { self.pause_after(id, refusals) };
        if let Some(caller) = self.callers.get_mut(&id) {
            caller.retry = now + Duration::from_secs(u64::from(pause));
            caller.stage = Stage::Waiting;
        }
        if failures >= settings.tries {
            self.journal(call, &queue, None, "CALLBACKFAILED", &[&number, &failures.to_string()]);
            self.event("queue-callback-failed", id);
            return self.forget(id);
        }
        self.keep_callback(id);
        self.check_wishes();
    }
}

impl Queues {
    /// An agent has answered and hung up before the caller was there: it has had its turn, and a rest as after any call.
    fn refused_by(&mut self, now: Time, id: CallerId, (call, who): (Option<CallId>, &Destination)) {
        let Some(caller) = self.callers.get_mut(&id) else { return };
        caller.tried.insert(who.clone());
        let queue = caller.queue.clone();
        self.journal(call, &queue, Some(who), "AGENTDUMP", &[""]);
        self.count_missed(&queue, Some(who));
        let settings = self.queues.get(&queue).map(|queue| &queue.settings);
        let rest = settings.map_or(0, |settings| settings.wrap_up_s.max(settings.retry_s)).max(REST_S);
        if let Some(agent) = self.agents.get_mut(who) {
            agent.wrapped_up = agent.wrapped_up.max(now + Duration::from_secs(u64::from(rest)));
        }
    }

    /// How long a caller rests whom an agent did not want to call: not at all while others have not been asked; then longer each time.
    fn pause_after(&self, id: CallerId, refusals: u32) -> u32 {
        let Some(caller) = self.callers.get(&id) else { return REST_S };
        let queue = self.queues.get(&caller.queue);
        let mut members = queue.into_iter().flat_map(|queue| &queue.members);
        let is_left = |who: &Destination| {
            !caller.tried.contains(who) && self.agents.get(who).is_some_and(crate::agent::Agent::is_there)
        };
        if members.any(|member| member.paused.is_none() && is_left(&member.who)) {
            return 0;
        }
        let retry_s = queue.map_or(0, |queue| queue.settings.retry_s).max(REST_S);
        retry_s.saturating_mul(1 << refusals.saturating_sub(1).min(8)).min(REST_MOST_S)
    }
}

/// Where a caller is called back: at its own number, or at another one if the queue lets it choose. Users of ours are called as such;
/// whoever else is outside, whatever number it says it has.
fn destination(
    settings: &CallbackSettings,
    caller: &Caller,
    number: Option<&str>,
) -> Result<(Destination, String), &'static str> {
    let given = match (number, &caller.user) {
        (None, Some(user)) => return Ok((Destination::User(user.clone()), caller.who.number.clone())),
        (Some(_), _) if !settings.another_number => return Err("only the caller's own number"),
        (Some(number), _) => number,
        (None, None) => caller.who.number.as_str(),
    };
    let number = may_be_called(settings, given).ok_or("not a number to be called back at")?;
    Ok((Destination::Trunk { trunk: settings.trunk.clone(), number: number.clone() }, number))
}

/// The arguments of the agent's program, read again.
pub(crate) fn caller_of(arguments: &Value) -> Option<u64> {
    u64::try_from(arguments.argument(0).int()?).ok()
}
