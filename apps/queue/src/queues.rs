//! All queues: the machine. Each change ends in [`Queues::settle`], which does whatever follows from it.

use crate::agent::{Agent, Device, Work};
use crate::caller::{Caller, CallerId, Penalties, Said, Stage, Talk, ms};
use crate::queue::Queue;
use crate::request::{Farewell, Join, Order, Outcome, Room, Status};
use crate::settings::{Empty, Settings, StatisticsSettings};
use cordboard_app::{AskId, Asker, Change, Destination, ServiceOutput, Value};
use cordboard_base::{CallId, Source, SourceKey, Time};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Callers in all queues together, those to be called back with them: what 500 lines bring many times over. A further one is told
/// that the queue is full.
pub const CALLERS_MAX: usize = 10_000;
/// Members of one queue. A further one can't log in.
pub const MEMBERS_MAX: usize = 1_000;
/// Members that ring together, as many as a call can have legs for; further ones wait for the next attempt.
pub(crate) const TOGETHER_MAX: usize = 24;

/// The one owner of all queues.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Queues {
    pub(crate) queues: BTreeMap<String, Queue>,
    #[serde(with = "cordboard_base::pairs")]
    pub(crate) agents: BTreeMap<Destination, Agent>,
    #[serde(with = "cordboard_base::pairs")]
    pub(crate) callers: BTreeMap<CallerId, Caller>,
    #[serde(with = "cordboard_base::pairs")]
    pub(crate) calls: BTreeMap<CallId, CallerId>,
    pub(crate) next_caller: u64,
    pub(crate) source: Option<Source>,
    pub(crate) statistics: StatisticsSettings,
    pub(crate) unix_us: i64,
    pub(crate) deadline: Option<Time>,
    /// Lamps as they stand.
    pub(crate) lamps: BTreeMap<String, (String, cordboard_app::Identity)>,
    /// What has changed and must be on the disk before anybody is told that it is done.
    pub(crate) durable: Vec<Change>,
    /// Answers that wait for that, by the number of their commit.
    pub(crate) held: BTreeMap<u64, (AskId, Result<Value, String>)>,
    pub(crate) next_commit: u64,
    pub(crate) out: VecDeque<ServiceOutput>,
}

impl Queues {
    pub(crate) fn new() -> Self {
        Self {
            queues: BTreeMap::new(),
            agents: BTreeMap::new(),
            callers: BTreeMap::new(),
            calls: BTreeMap::new(),
            next_caller: 0,
            source: None,
            statistics: StatisticsSettings::default(),
            unix_us: 0,
            deadline: None,
            lamps: BTreeMap::new(),
            durable: Vec::new(),
            held: BTreeMap::new(),
            next_commit: 0,
            out: VecDeque::new(),
        }
    }

    /// Takes settings: at the start and at each reload. Callers of a queue that is no more are let go.
    pub(crate) fn configure(&mut self, now: Time, settings: &Settings) {
        if self.source.is_none() {
            let mut seed = [0; 16];
            seed.iter_mut().zip(self.unix_us.to_be_bytes()).for_each(|(to, from)| *to = from);
            self.source = Some(Source::new(SourceKey { seed, node: 0, epoch: 0 }, 0));
            self.journal_all("QUEUESTART", &[]);
        } else {
            self.journal_all("CONFIGRELOAD", &[]);
        }
        self.statistics = settings.statistics.clone();
        self.queues.retain(|name, _| settings.queue.contains_key(name));
        for (name, wanted) in &settings.queue {
            self.queues.entry(name.clone()).or_default().configure(wanted);
        }
        let homeless: Vec<CallerId> = self
            .callers
            .iter()
            .filter(|(_, caller)| !self.queues.contains_key(&caller.queue) && caller.is_in_line())
            .map(|(id, _)| *id)
            .collect();
        for id in homeless {
            self.release(now, id);
            self.leave(id, Status::LeaveEmpty);
        }
        self.check_wishes();
        self.watch_members(now);
    }

    /// By name or number.
    pub(crate) fn name_of(&self, queue: &str) -> Option<String> {
        if self.queues.contains_key(queue) {
            return Some(queue.to_owned());
        }
        let by_number = |queue_: &&Queue| !queue.is_empty() && queue_.settings.number == queue;
        self.queues.iter().find(|(_, found)| by_number(found)).map(|(name, _)| name.clone())
    }

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

    /// Puts a caller into the line.
    pub(crate) fn enter(&mut self, caller: Caller) -> CallerId {
        self.next_caller += 1;
        let id = CallerId(self.next_caller);
        self.callers.insert(id, caller);
        id
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

    /// Whether a queue is empty by a rule, and then whether it has no members at all.
    fn is_empty(&self, now: Time, queue: &Queue, by: &Empty, penalties: Penalties) -> Option<bool> {
        let factors = by.0.as_ref()?;
        queue.is_empty_by(factors, penalties, (now, &self.agents)).then_some(queue.members.is_empty())
    }

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
                Some(say) => Some(Order::Say(say)),
                None => self.ring(now, id, whom).map(|attempt| Order::Ring(Box::new(attempt))),
            },
            Stage::Waiting => match self.announcement(now, id) {
                Some(say) => Some(Order::Say(say)),
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
            self.assign(now);
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

    fn room(&self, id: CallerId) -> Room {
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

    /// How an attempt went, or a talk.
    pub(crate) fn report(&mut self, now: Time, id: CallerId, outcome: Outcome) {
        match outcome {
            Outcome::Answered { by_agent } => {
                // Without word of the connection: somebody whom we did not ring took the call.
                self.connected(now, id, &[]);
                self.complete(now, id, by_agent);
                if self.callers.get(&id).is_some_and(|caller| caller.callback.is_some()) {
                    return self.forget(id);
                }
                if let Some(caller) = self.callers.get_mut(&id) {
                    caller.poked = true;
                }
                self.leave_quietly(id, Status::Answered);
            }
            Outcome::NoAnswer | Outcome::Busy | Outcome::Unavailable => self.unanswered(now, id, outcome),
        }
    }

    /// A caller is connected with somebody of these.
    pub(crate) fn connected(&mut self, now: Time, id: CallerId, parties: &[Destination]) {
        let Some(caller) = self.callers.get(&id) else { return };
        match &caller.stage {
            Stage::Ringing { whom, since } => {
                let agent = parties.iter().find(|party| whom.contains(party)).cloned();
                let (whom, rang_ms) = (whom.clone(), ms(now, *since));
                self.answered(now, id, (agent, whom), rang_ms);
            }
            // The agent has handed the caller on.
            Stage::Talking(talk) => {
                let left = talk.agent.clone().filter(|agent| !talk.handed_on && !parties.contains(agent));
                if let Some(agent) = left.filter(|_| !parties.is_empty()) {
                    self.hand_on(now, id, &agent);
                }
            }
            Stage::Waiting | Stage::Away | Stage::Called(_) | Stage::Leaving(_) => {}
        }
    }

    fn answered(
        &mut self,
        now: Time,
        id: CallerId,
        (agent, rung): (Option<Destination>, Vec<Destination>),
        rang_ms: u64,
    ) {
        for other in rung.iter().filter(|other| Some(*other) != agent.as_ref()) {
            self.free(other, id);
        }
        if let Some(busy) = agent.as_ref().and_then(|agent| self.agents.get_mut(agent)) {
            busy.work = Work::Talking(id);
        }
        let Some(caller) = self.callers.get_mut(&id) else { return };
        let waited_ms = caller.waited_ms(now);
        caller.stage = Stage::Talking(Talk { agent: agent.clone(), since: now, waited_ms, handed_on: false });
        let (queue, call) = (caller.queue.clone(), caller.call);
        let level_ms = self.queues.get(&queue).map_or(0, |queue| queue.settings.service_level_s);
        let in_time = waited_ms <= u64::from(level_ms) * 1_000;
        self.count(&queue, agent.as_ref(), |figures, of_queue| {
            figures.answered += 1;
            figures.waited_ms += waited_ms;
            figures.in_time += u32::from(in_time);
            figures.offered += u32::from(!of_queue);
        });
        let seconds = |ms: u64| (ms / 1_000).to_string();
        let name = call.map(|call| call.to_string()).unwrap_or_default();
        let data = [seconds(waited_ms), name, seconds(rang_ms)];
        self.journal(call, &queue, agent.as_ref(), "CONNECT", &data.each_ref().map(String::as_str));
        self.event("queue-connect", id);
    }

    /// A talk is over.
    pub(crate) fn complete(&mut self, now: Time, id: CallerId, by_agent: bool) {
        let Some(caller) = self.callers.get(&id) else { return };
        let Stage::Talking(talk) = &caller.stage else { return };
        let talk = talk.clone();
        let (queue, call, origin) = (caller.queue.clone(), caller.call, caller.origin_position);
        let talked_ms = ms(now, talk.since);
        if let Some(agent) = talk.agent.as_ref().filter(|_| !talk.handed_on) {
            self.finish(now, agent, id);
        }
        self.count(&queue, talk.agent.as_ref(), |figures, _| figures.talked_ms += talked_ms);
        let event = if by_agent { "COMPLETEAGENT" } else { "COMPLETECALLER" };
        let data = [talk.waited_ms / 1_000, talked_ms / 1_000].map(|s| s.to_string());
        let [waited, talked] = data.each_ref().map(String::as_str);
        self.journal(call, &queue, talk.agent.as_ref(), event, &[waited, talked, &origin.to_string()]);
        self.event("queue-complete", id);
    }

    /// An agent has done with a caller: the work after the call begins.
    pub(crate) fn finish(&mut self, now: Time, who: &Destination, id: CallerId) {
        let Some(queue) = self.callers.get(&id).and_then(|caller| self.queues.get_mut(&caller.queue)) else {
            return;
        };
        let wrap_up = Duration::from_secs(u64::from(queue.settings.wrap_up_s));
        if let Some(member) = queue.member_mut(who) {
            member.calls = member.calls.saturating_add(1);
            member.last_call = Some(now);
        }
        let Some(agent) = self.agents.get_mut(who) else { return };
        if agent.work == Work::Talking(id) {
            agent.work = Work::Free;
            agent.wrapped_up = now + wrap_up;
            agent.idle_since = now;
        }
    }

    fn hand_on(&mut self, now: Time, id: CallerId, who: &Destination) {
        self.finish(now, who, id);
        let Some(caller) = self.callers.get_mut(&id) else { return };
        let Stage::Talking(talk) = &mut caller.stage else { return };
        talk.handed_on = true;
        let (waited, talked) =
            ((talk.waited_ms / 1_000).to_string(), (ms(now, talk.since) / 1_000).to_string());
        let (queue, call, origin) = (caller.queue.clone(), caller.call, caller.origin_position.to_string());
        let data = ["BRIDGE", "", &waited, &talked, &origin];
        self.journal(call, &queue, Some(who), "ATTENDEDTRANSFER", &data);
    }

    /// A telephone is in another state.
    pub(crate) fn device(&mut self, now: Time, who: &Destination, device: Device) {
        let Some(agent) = self.agents.get_mut(who) else { return };
        if device == Device::Idle && agent.device != Device::Idle {
            agent.idle_since = now;
        }
        let was = core::mem::replace(&mut agent.device, device);
        // It was on the telephone and is no longer: whatever became of the caller, the agent has done with it.
        let over =
            matches!(was, Device::Busy | Device::Hold) && matches!(device, Device::Idle | Device::Offline);
        if let Work::Talking(id) = agent.work
            && over
            && matches!(who, Destination::User(_))
        {
            self.finish(now, who, id);
            if let Some(Stage::Talking(talk)) = self.callers.get_mut(&id).map(|caller| &mut caller.stage) {
                talk.handed_on = true;
            }
        }
    }

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

    fn leave_quietly(&mut self, id: CallerId, status: Status) {
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

    fn farewell(&self, now: Time, id: CallerId, status: Status) -> Farewell {
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
        if caller.callback.is_some() {
            self.out
                .push_back(ServiceOutput::Forget { key: crate::callback::key(caller.joined_unix_us, id) });
        }
    }

    /// An agent is no longer rung for a caller.
    pub(crate) fn free(&mut self, who: &Destination, id: CallerId) {
        if let Some(agent) = self.agents.get_mut(who).filter(|agent| agent.work == Work::Rung(id)) {
            agent.work = Work::Free;
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

    /// Has a caller's program ask what is to be done, if it isn't about to.
    pub(crate) fn poke(&mut self, id: CallerId) {
        let Some(caller) = self.callers.get_mut(&id).filter(|caller| !caller.poked) else { return };
        if let Some(call) = caller.call {
            caller.poked = true;
            self.out.push_back(ServiceOutput::Tell { call, message: Value::Unit });
        }
    }

    /// The callers of all queues, in the order in which they are served: by the queue's weight, their priority, first come.
    pub(crate) fn line(&self) -> Vec<CallerId> {
        let place = |(id, caller): (&CallerId, &Caller)| {
            let weight = self.queues.get(&caller.queue).map_or(0, |queue| queue.settings.weight);
            (core::cmp::Reverse((weight, caller.priority)), caller.joined_unix_us, *id)
        };
        let mut line: Vec<_> =
            self.callers.iter().filter(|(_, caller)| caller.is_in_line()).map(place).collect();
        line.sort_unstable();
        line.into_iter().map(|(.., id)| id).collect()
    }

    /// A caller's place in its queue, from 1 on.
    pub(crate) fn position(&self, id: CallerId) -> usize {
        let Some(caller) = self.callers.get(&id) else { return 0 };
        let place =
            |caller: &Caller, id: CallerId| (core::cmp::Reverse(caller.priority), caller.joined_unix_us, id);
        let own = place(caller, id);
        let ahead = self.callers.iter().filter(|(other, that)| {
            that.queue == caller.queue && that.is_in_line() && place(that, **other) < own
        });
        ahead.count() + 1
    }

    /// The positions of all.
    fn places(&self) -> BTreeMap<CallerId, usize> {
        let mut lengths: BTreeMap<&str, usize> = BTreeMap::new();
        let mut places = BTreeMap::new();
        for id in self.line() {
            let Some(caller) = self.callers.get(&id) else { continue };
            let length = lengths.entry(&caller.queue).or_default();
            *length += 1;
            places.insert(id, *length);
        }
        places
    }

    /// Does all that follows: rules, the time, free agents, announcements, lamps; and works out when to look again.
    pub(crate) fn settle(&mut self, now: Time) {
        self.end_waits(now);
        self.assign(now);
        let places = self.places();
        self.poke_due(now, &places);
        self.show_lamps();
        self.deadline = self.due(now, &places);
    }

    /// Callers whose time is over, and those of empty queues.
    fn end_waits(&mut self, now: Time) {
        let mut ended = Vec::new();
        for (id, caller) in self.callers.iter().filter(|(_, caller)| caller.stage == Stage::Waiting) {
            let Some(queue) = self.queues.get(&caller.queue) else { continue };
            let limits = queue.penalties(caller.penalties, caller.waited_ms(now));
            if caller.timeout.is_some_and(|timeout| timeout <= now) {
                ended.push((*id, Status::Timeout));
            } else if caller.callback.is_none()
                && let Some(nobody) = self.is_empty(now, queue, &queue.settings.leave_empty, limits)
            {
                ended.push((*id, if nobody { Status::LeaveEmpty } else { Status::LeaveUnavail }));
            }
        }
        for (id, status) in ended {
            self.leave(id, status);
        }
    }

    /// When something is due. Whoever is about to ask needs no clock.
    fn due(&self, now: Time, places: &BTreeMap<CallerId, usize>) -> Option<Time> {
        let callers =
            self.callers.iter().filter(|(_, caller)| !caller.poked && caller.stage == Stage::Waiting);
        let callers = callers.flat_map(|(id, caller)| {
            let retry = Some(caller.retry).filter(|at| *at > now);
            let rule = self.next_rule(caller, now);
            [retry, caller.timeout, self.next_announcement(now, *id, places), rule]
                .into_iter()
                .flatten()
                .min()
        });
        let agents = self.agents.values().map(|agent| agent.wrapped_up).filter(|at| *at > now);
        callers.chain(agents).min()
    }

    /// When the next rule of penalties applies to a caller.
    fn next_rule(&self, caller: &Caller, now: Time) -> Option<Time> {
        let rules = &self.queues.get(&caller.queue)?.settings.penalty_rule;
        let at = rules.iter().map(|rule| caller.joined + Duration::from_secs(u64::from(rule.after_s)));
        at.filter(|at| *at > now).min()
    }
}
