//! Who is rung for whom. One pass over all callers in their order: each takes whom its queue's strategy chooses among those that
//! nobody before it has taken. Who waits for its next attempt takes an agent too and does not ring it: a later caller does not
//! slip past.

use crate::agent::Work;
use crate::caller::{CallerId, Stage, ms};
use crate::queue::Member;
use crate::queues::{Queues, TOGETHER_MAX};
use crate::request::{Attempt, Outcome};
use crate::settings::{AutoPause, Strategy};
use crate::strategy;
use cordboard_app::{Destination, Identity};
use cordboard_base::Time;
use core::time::Duration;
use std::collections::BTreeSet;

/// An attempt is never shorter, whatever is left of a caller's time.
const RING_MS_MIN: u32 = 1_000;

impl Queues {
    /// `line` is the line as it stands.
    pub(crate) fn assign(&mut self, now: Time, line: &[CallerId]) {
        let free = self.free_agents(now);
        let mut taken: BTreeSet<Destination> = BTreeSet::new();
        let mut closed: BTreeSet<String> = BTreeSet::new();
        for id in line.iter().copied() {
            // Most of a long line has nobody to look for.
            if taken.len() >= free {
                break;
            }
            let Some(caller) = self.callers.get(&id) else { continue };
            let Some(queue) = self.queues.get(&caller.queue) else { continue };
            // Without autofill, one caller at a time.
            if !queue.settings.autofill && !closed.insert(caller.queue.clone()) {
                continue;
            }
            if caller.stage != Stage::Waiting {
                continue;
            }
            let is_due = caller.retry <= now;
            if !is_due && caller.callback.is_some() {
                continue;
            }
            let whom = self.choose(now, id, &taken);
            taken.extend(whom.iter().cloned());
            if is_due && !whom.is_empty() {
                self.call(now, id, whom);
            }
        }
    }

    /// How many agents any caller could have.
    fn free_agents(&self, now: Time) -> usize {
        let ring_in_use = self.queues.values().any(|queue| queue.settings.ring_in_use);
        self.agents.iter().filter(|(who, agent)| agent.is_available(now, who, ring_in_use)).count()
    }

    fn choose(&mut self, now: Time, id: CallerId, taken: &BTreeSet<Destination>) -> Vec<Destination> {
        let Some(caller) = self.callers.get(&id) else { return Vec::new() };
        let Some(queue) = self.queues.get(&caller.queue) else { return Vec::new() };
        let limits = queue.penalties(caller.penalties, caller.waited_ms(now));
        let ring_in_use = queue.settings.ring_in_use;
        let is_able = |member: &&Member| {
            member.paused.is_none()
                && limits.allow(member.penalty)
                && !taken.contains(&member.who)
                // Nobody is called to talk with itself.
                && self.agents.get(&member.who).is_some_and(|agent| {
                    let is_caller = matches!(agent.watched(&member.who), Destination::User(user) if Some(&user) == caller.user.as_ref());
                    !is_caller && agent.is_available(now, &member.who, ring_in_use)
                })
        };
        let able: Vec<&Member> = queue.members.iter().filter(is_able).collect();
        // One agent calls a caller back, not all of them.
        let alone = caller.callback.is_some() && queue.settings.strategy == Strategy::RingAll;
        let strategy = if alone { Strategy::LeastRecent } else { queue.settings.strategy };
        let known = (&caller.tried, &self.agents);
        let mut whom = strategy::choose(queue, strategy, &able, known, self.source.as_mut());
        whom.truncate(TOGETHER_MAX);
        whom
    }

    /// Reserves agents for a caller.
    fn call(&mut self, now: Time, id: CallerId, whom: Vec<Destination>) {
        for who in &whom {
            if let Some(agent) = self.agents.get_mut(who) {
                agent.work = Work::Rung(id);
            }
        }
        let Some(caller) = self.callers.get_mut(&id) else { return };
        let is_callback = caller.callback.is_some();
        caller.stage = Stage::Called(whom.clone());
        if is_callback { self.call_agent(now, id, &whom) } else { self.poke(id) }
    }

    /// The program rings now.
    pub(crate) fn ring(&mut self, now: Time, id: CallerId, whom: Vec<Destination>) -> Option<Attempt> {
        let attempt = self.attempt(now, id, whom)?;
        let caller = self.callers.get_mut(&id)?;
        if attempt.whom.iter().all(|who| caller.tried.contains(who)) {
            caller.tried.clear();
        }
        if let Some(queue) = self.queues.get_mut(&caller.queue) {
            queue.last_rung = attempt.whom.last().cloned();
        }
        caller.stage = Stage::Ringing { whom: attempt.whom.clone(), since: now };
        caller.attempts = caller.attempts.saturating_add(1);
        Some(attempt)
    }

    pub(crate) fn attempt(&self, now: Time, id: CallerId, whom: Vec<Destination>) -> Option<Attempt> {
        let caller = self.callers.get(&id)?;
        let settings = &self.queues.get(&caller.queue)?.settings;
        let left = caller.timeout.map(|timeout| u32::try_from(ms(timeout, now)).unwrap_or(u32::MAX));
        let ring_ms = settings.ring_s.saturating_mul(1_000).min(left.unwrap_or(u32::MAX)).max(RING_MS_MIN);
        Some(Attempt {
            whom,
            ring_ms,
            room: self.room(id),
            shown: shown(self.title(&caller.queue), &caller.who),
            announce: self.agent_announcement(now, id),
            accepts: settings.agent_accepts,
        })
    }

    /// A queue as people call it.
    pub(crate) fn title<'a>(&'a self, name: &'a str) -> &'a str {
        let title = self.queues.get(name).map(|queue| queue.settings.title.as_str());
        title.filter(|title| !title.is_empty()).unwrap_or(name)
    }

    /// Nobody took the call.
    pub(crate) fn unanswered(&mut self, now: Time, id: CallerId, outcome: Outcome) {
        let Some(caller) = self.callers.get_mut(&id) else { return };
        // Somebody who was let go while it rang is told so, and does not wait again.
        let Stage::Ringing { whom, since } = caller.stage.clone() else { return };
        caller.stage = Stage::Waiting;
        let dumped = core::mem::take(&mut caller.dumped);
        let was_first_time = whom.iter().any(|who| caller.tried.insert(who.clone()));
        let (queue, call, rang) = (caller.queue.clone(), caller.call, ms(now, since).to_string());
        let settings = self.queues.get(&queue).map(|queue| queue.settings.clone()).unwrap_or_default();
        let alone = whom.len() == 1;
        // Who is busy gives the turn to the next one at once; otherwise everybody gets a rest.
        let goes_on = alone && was_first_time && outcome != Outcome::NoAnswer;
        let pause = if goes_on { 0 } else { settings.retry_s };
        if let Some(caller) = self.callers.get_mut(&id) {
            caller.retry = now + Duration::from_secs(u64::from(pause));
        }
        let pauses = match outcome {
            Outcome::Busy => settings.auto_pause_busy,
            Outcome::Unavailable => settings.auto_pause_unavailable,
            Outcome::NoAnswer => true,
            Outcome::Answered { .. } => false,
        };
        for who in &whom {
            self.free(who, id);
            if !dumped.contains(who) {
                self.journal(call, &queue, Some(who), "RINGNOANSWER", &[&rang]);
            }
            let member = Some(who);
            self.count_missed(&queue, member);
            if pauses && settings.auto_pause != AutoPause::No {
                self.auto_pause(now, &queue, who, settings.auto_pause);
            }
        }
        self.check_wishes();
    }

    /// Who answered has hung up while it heard what the call is about. The others may ring on.
    pub(crate) fn dumped(&mut self, id: CallerId, who: Option<Destination>) {
        let Some(caller) = self.callers.get_mut(&id) else { return };
        let Stage::Ringing { whom, .. } = &caller.stage else { return };
        let who = match (who, whom.as_slice()) {
            (Some(who), whom) if whom.contains(&who) => who,
            (None, [only]) => only.clone(),
            (Some(_), _) | (None, _) => return,
        };
        let (queue, call) = (caller.queue.clone(), caller.call);
        if !caller.dumped.insert(who.clone()) {
            return;
        }
        self.journal(call, &queue, Some(&who), "AGENTDUMP", &[""]);
    }

    pub(crate) fn count_missed(&mut self, queue: &str, who: Option<&Destination>) {
        self.count(queue, who, |figures, of_queue| {
            if !of_queue {
                figures.offered += 1;
                figures.missed += 1;
            }
        });
    }
}

/// What agents' displays show: the queue and the caller.
fn shown(title: &str, who: &Identity) -> Identity {
    let name = match (who.name.as_str(), who.number.as_str()) {
        ("", "") => title.to_owned(),
        ("", number) => format!("{title}: {number}"),
        (name, _) => format!("{title}: {name}"),
    };
    Identity { number: who.number.clone(), name }
}
