//! Whom to ring first.

use crate::agent::Agent;
use crate::queue::{Member, Queue};
use crate::settings::Strategy;
use cordboard_app::Destination;
use cordboard_base::{Source, Time};
use std::collections::{BTreeMap, BTreeSet};

/// Chooses among the members that can be rung. The lowest penalty comes first; of the same, those who were not rung in this round.
pub(crate) fn choose(
    queue: &Queue,
    strategy: Strategy,
    able: &[&Member],
    (tried, agents): (&BTreeSet<Destination>, &BTreeMap<Destination, Agent>),
    source: Option<&mut Source>,
) -> Vec<Destination> {
    if strategy == Strategy::WeightedRandom {
        return weighted(&untried(able, tried), source).into_iter().collect();
    }
    let Some(lowest) = able.iter().map(|member| member.penalty).min() else { return Vec::new() };
    let group: Vec<&Member> = able.iter().copied().filter(|member| member.penalty == lowest).collect();
    if strategy == Strategy::RingAll {
        return group.into_iter().map(|member| member.who.clone()).collect();
    }
    let group = untried(&group, tried);
    let agent_idle =
        |member: &Member| agents.get(&member.who).map_or(Time::default(), |agent| agent.idle_since);
    let best = match strategy {
        Strategy::LeastRecent => group.into_iter().min_by_key(|member| member.last_call),
        Strategy::FewestCalls => group.into_iter().min_by_key(|member| member.calls),
        Strategy::LongestIdle => group.into_iter().min_by_key(|member| agent_idle(member)),
        Strategy::RoundRobin => next_after(queue, &group),
        Strategy::Random => {
            let count = u64::try_from(group.len()).unwrap_or(0);
            let drawn = source.map_or(0, |source| source.below(count));
            group.get(usize::try_from(drawn).unwrap_or(0)).copied()
        }
        Strategy::InOrder | Strategy::RingAll | Strategy::WeightedRandom => group.first().copied(),
    };
    best.map(|member| member.who.clone()).into_iter().collect()
}

/// Those who were not rung in this round; all of them, if all were.
fn untried<'a>(group: &[&'a Member], tried: &BTreeSet<Destination>) -> Vec<&'a Member> {
    let fresh: Vec<&Member> = group.iter().copied().filter(|member| !tried.contains(&member.who)).collect();
    if fresh.is_empty() { group.to_vec() } else { fresh }
}

/// The first one behind the one that was rung last, in the order of members.
fn next_after<'a>(queue: &Queue, group: &[&'a Member]) -> Option<&'a Member> {
    let place = |who: &Destination| queue.members.iter().position(|member| member.who == *who);
    let last = queue.last_rung.as_ref().and_then(place);
    let count = queue.members.len().max(1);
    group.iter().copied().min_by_key(|member| {
        let at = place(&member.who).unwrap_or(0);
        last.map_or(at, |last| (at + count - last - 1) % count)
    })
}

/// A penalty is a weight here: who has 3 is drawn half as often as who has 1.
fn weighted(group: &[&Member], source: Option<&mut Source>) -> Option<Destination> {
    const UNIT: u64 = 1_000_000;
    let weights: Vec<u64> = group.iter().map(|member| UNIT / (u64::from(member.penalty) + 1)).collect();
    let mut drawn = source.map_or(0, |source| source.below(weights.iter().sum()));
    for (member, weight) in group.iter().zip(weights) {
        if drawn < weight {
            return Some(member.who.clone());
        }
        drawn -= weight;
    }
    group.first().map(|member| member.who.clone())
}
