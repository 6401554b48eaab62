//! What callers are told while they wait, and agents before they take a call. Between attempts, never in one; nobody loses its
//! place by listening.

use crate::caller::{CallerId, Stage};
use crate::queues::Queues;
use crate::settings::{PositionWords, QueueSettings};
use cordboard_app::{ServiceOutput, say};
use cordboard_base::Time;
use core::time::Duration;
use std::collections::BTreeMap;

/// Of an estimate, nothing is said below this.
const MINUTE_S: u64 = 60;

fn seconds(s: u32) -> Duration {
    Duration::from_secs(u64::from(s))
}

impl Queues {
    /// What is due to be said to a caller, if anything is; it counts as said.
    pub(crate) fn announcement(&mut self, now: Time, id: CallerId) -> Option<Vec<String>> {
        let position = self.position(id);
        let (welcome, place, periodic) = self.what_is_due(now, id, position)?;
        let estimate_s = self.estimate_s(id, position);
        // The prompt names the key.
        let offers = self.offer(id).is_some_and(|offer| offer.key == '1');
        let caller = self.callers.get_mut(&id)?;
        let settings = &self.queues.get(&caller.queue)?.settings;
        let mut said = Vec::new();
        if welcome {
            caller.said.welcomed = true;
            said.extend(settings.join_announce.iter().cloned());
        }
        if place {
            let before = caller.said.position.map_or(caller.origin_position, |(before, _)| before);
            caller.said.position = Some((position, now));
            if let Some(call) = caller.call.filter(|_| position != before) {
                let text = format!("{}: place {position}", caller.queue);
                self.out.push_back(ServiceOutput::Note { call, text });
            }
            said.extend(place_words(settings, &caller.lang, position, estimate_s));
        }
        if let Some(turn) = periodic {
            caller.said.periodic = Some((now + seconds(settings.periodic_s), turn + 1));
            let count = settings.periodic.len().max(1);
            said.extend(settings.periodic.get(turn % count).cloned());
            said.extend(offers.then(|| "queue-callback-offer".to_owned()));
        }
        Some(said).filter(|said| !said.is_empty())
    }

    /// Whether the welcome, the position and which periodic announcement are due.
    fn what_is_due(&self, now: Time, id: CallerId, position: usize) -> Option<(bool, bool, Option<usize>)> {
        let caller = self.callers.get(&id)?;
        let settings = &self.queues.get(&caller.queue)?.settings;
        let welcome = !caller.said.welcomed && !settings.join_announce.is_empty();
        let place = self.position_due(id, position).is_some_and(|at| at <= now);
        let (at, turn) = caller.said.periodic.unwrap_or((caller.joined + seconds(settings.periodic_s), 0));
        let periodic = (settings.periodic_s > 0 && at <= now).then_some(turn);
        (welcome || place || periodic.is_some()).then_some((welcome, place, periodic))
    }

    /// When a caller's position is to be said.
    fn position_due(&self, id: CallerId, position: usize) -> Option<Time> {
        let caller = self.callers.get(&id)?;
        let settings = &self.queues.get(&caller.queue)?.settings;
        if settings.announce_s == 0 {
            return None;
        }
        let Some((before, at)) = caller.said.position else { return Some(caller.joined) };
        if settings.announce_only_up && position >= before {
            return None;
        }
        let pause = if position == before { settings.announce_s } else { settings.announce_min_s };
        Some(at + seconds(pause.min(settings.announce_s)))
    }

    /// When something is to be said next.
    pub(crate) fn next_announcement(
        &self,
        now: Time,
        id: CallerId,
        places: &BTreeMap<CallerId, usize>,
    ) -> Option<Time> {
        let caller = self.callers.get(&id)?;
        let settings = &self.queues.get(&caller.queue)?.settings;
        let place = self.position_due(id, places.get(&id).copied().unwrap_or(0));
        let first = caller.joined + seconds(settings.periodic_s);
        let periodic = (settings.periodic_s > 0).then(|| caller.said.periodic.map_or(first, |(at, _)| at));
        let welcome = (!caller.said.welcomed && !settings.join_announce.is_empty()).then_some(now);
        [place, periodic, welcome].into_iter().flatten().min()
    }

    /// Callers to whom something is to be said ask for it.
    pub(crate) fn poke_due(&mut self, now: Time, places: &BTreeMap<CallerId, usize>) {
        let waiting =
            self.callers.iter().filter(|(_, caller)| !caller.poked && caller.stage == Stage::Waiting);
        let due: Vec<CallerId> = waiting
            .map(|(id, _)| *id)
            .filter(|id| self.next_announcement(now, *id, places).is_some_and(|at| at <= now))
            .collect();
        for id in due {
            self.poke(id);
        }
    }

    /// How long a caller has to wait: today's talks and the work after them, for each caller before it and itself, shared by the
    /// members that are there. `None` as long as nothing is known.
    pub(crate) fn estimate_s(&self, id: CallerId, position: usize) -> Option<u64> {
        let queue = self.queues.get(&self.callers.get(&id)?.queue)?;
        let talk_s = Some(queue.figures.talk_s()).filter(|s| *s > 0)?;
        let is_there = |who| self.agents.get(who).is_some_and(crate::agent::Agent::is_there);
        let there =
            queue.members.iter().filter(|member| member.paused.is_none() && is_there(&member.who)).count();
        let position = u64::try_from(position).unwrap_or(u64::MAX);
        let there = u64::try_from(there.max(1)).unwrap_or(1);
        Some(position.saturating_mul(talk_s + u64::from(queue.settings.wrap_up_s)) / there)
    }

    /// What an agent hears before it is connected.
    pub(crate) fn agent_announcement(&self, now: Time, id: CallerId) -> Vec<String> {
        let Some(caller) = self.callers.get(&id) else { return Vec::new() };
        let Some(queue) = self.queues.get(&caller.queue) else { return Vec::new() };
        let mut said = queue.settings.agent_announce.clone();
        if queue.settings.agent_hold_time {
            said.push("queue-reporthold".to_owned());
            said.extend(say::grammar(&caller.lang).duration(caller.waited_ms(now) / 1_000));
        }
        said
    }
}

fn place_words(
    settings: &QueueSettings,
    lang: &str,
    position: usize,
    estimate_s: Option<u64>,
) -> Vec<String> {
    let grammar = say::grammar(lang);
    let mut said = Vec::new();
    let limit = usize::try_from(settings.announce_position_limit).unwrap_or(usize::MAX);
    let is_said = match settings.announce_position {
        PositionWords::Yes => true,
        PositionWords::No => false,
        PositionWords::Limit | PositionWords::More => position <= limit,
    };
    match position {
        _ if !is_said && settings.announce_position == PositionWords::More => {
            said.push("queue-quantity1".to_owned());
            said.extend(grammar.number(i64::from(settings.announce_position_limit)));
            said.push("queue-quantity2".to_owned());
        }
        _ if !is_said => {}
        0 | 1 => said.push("queue-youarenext".to_owned()),
        _ => {
            said.push("queue-thereare".to_owned());
            said.extend(grammar.number(i64::try_from(position).unwrap_or(i64::MAX)));
            said.push("queue-callswaiting".to_owned());
        }
    }
    if let Some(estimate_s) = estimate_s.filter(|_| settings.announce_hold_time) {
        said.push("queue-holdtime".to_owned());
        if estimate_s < MINUTE_S {
            said.push("queue-less-than".to_owned());
        }
        said.extend(grammar.duration(estimate_s.div_ceil(MINUTE_S).max(1) * MINUTE_S));
    }
    if settings.announce_thanks && !said.is_empty() {
        said.push("queue-thankyou".to_owned());
    }
    said
}
