//! All queues: the machine. Each change ends in [`Queues::settle`], which does whatever follows from it.

use crate::agent::Agent;
use crate::caller::{Caller, CallerId, Stage};
use crate::queue::Queue;
use crate::request::Status;
use crate::settings::{Settings, StatisticsSettings};
use cordboard_app::{AskId, Change, Destination, ServiceOutput, Value};
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
    /// Whose states we are told of.
    #[serde(default)]
    pub(crate) watched: BTreeSet<Destination>,
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
            watched: BTreeSet::new(),
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
            self.journal_all("QUEUESTART", &[""]);
        } else {
            self.journal_all("CONFIGRELOAD", &[""]);
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

    /// Has a caller's program ask what is to be done, if it isn't about to.
    pub(crate) fn poke(&mut self, id: CallerId) {
        let Some(caller) = self.callers.get_mut(&id).filter(|caller| !caller.poked) else { return };
        if let Some(call) = caller.call {
            caller.poked = true;
            self.out.push_back(ServiceOutput::Tell { call, message: Value::Unit });
        }
    }

    /// Does all that follows: rules, the time, free agents, announcements, lamps; and works out when to look again.
    pub(crate) fn settle(&mut self, now: Time) {
        self.end_waits(now);
        let line = self.line();
        self.assign(now, &line);
        let places = self.places(&line);
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
