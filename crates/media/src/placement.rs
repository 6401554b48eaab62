//! Which worker each session and each mix lives on. Sessions hear sessions and mixes of their own engine only: where a command brings
//! together two that live apart, the smaller party of the two moves first.
//!
//! ```text
//!  command ─▶ place ─▶ moves, to be made in this order ─▶ the command itself, for its worker
//! ```
//! A party is all that hang together: a leg and whom it hears, a mix and all who hear it or are said into it. Two new calls go to
//! different workers; all legs of one call begin on the same. Nobody moves back: parties dissolve when calls end.
//!
//! The engine's own rules of who may hear whom are not repeated here. What it refuses (a leg said into one mix too many) is known here
//! as if it had not: then a party is larger than it had to be, never smaller.

use crate::{Command, MixId, Party, RecordingOf, Source};
use cordboard_base::{Few, LegId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// One of a process's workers, each with an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkerId(pub u16);

/// A party that has to be somewhere else before the command that follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Where it lives.
    pub from: WorkerId,
    /// Where it is to live.
    pub to: WorkerId,
    /// Who.
    pub party: Party,
}

/// What hangs together: a session or a mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Leg(LegId),
    Mix(MixId),
}

/// An open session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Seated {
    worker: WorkerId,
    hears: Source,
    said_into: Vec<MixId>,
}

/// Who lives where. Plain data: its state is itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Placement {
    #[serde(with = "cordboard_base::pairs")]
    legs: BTreeMap<LegId, Seated>,
    #[serde(with = "cordboard_base::pairs")]
    mixes: BTreeMap<MixId, WorkerId>,
    /// Open legs that are told to hear a leg, whether that is open or not.
    #[serde(with = "cordboard_base::pairs")]
    hearers: BTreeMap<LegId, Few<LegId, ()>>,
    /// Open legs that are told to hear a mix, whether there is one, or are said into it.
    #[serde(with = "cordboard_base::pairs")]
    members: BTreeMap<MixId, BTreeSet<LegId>>,
    /// Open sessions of each worker.
    loads: Vec<usize>,
    /// Workers that are gone.
    retired: BTreeSet<WorkerId>,
}

impl Placement {
    /// Nobody yet, on so many workers.
    pub fn new(workers: u16) -> Self {
        Self { loads: vec![0; usize::from(workers.max(1))], ..Self::default() }
    }

    /// Takes a command and says who has to move before it, and which worker it is for. None: it is for nobody that is there.
    pub fn place(&mut self, command: &Command) -> (Vec<Move>, Option<WorkerId>) {
        let moves = match command {
            Command::Open { leg, .. } => self.open(*leg),
            Command::Hear { leg, source } => self.hear(*leg, *source),
            Command::Mix { mix, .. } => self.make(*mix),
            Command::SayInto { mix, leg, input } => self.say_into(*mix, *leg, input.is_some()),
            Command::EndMix { mix } => {
                let worker = self.mixes.get(mix).copied();
                self.end(*mix);
                return (Vec::new(), worker);
            }
            Command::Close { leg } => {
                let worker = self.worker_of(*leg);
                self.gone(*leg);
                return (Vec::new(), worker);
            }
            Command::Setup { .. }
            | Command::Play { .. }
            | Command::Stop { .. }
            | Command::SendDigits { .. }
            | Command::WithholdDigits { .. }
            | Command::WatchSilence { .. }
            | Command::DetectMachine { .. }
            | Command::Record { .. }
            | Command::PauseRecording { .. }
            | Command::EndRecording { .. }
            | Command::PlayInto { .. }
            | Command::HearingVolume { .. } => Vec::new(),
        };
        (moves, self.worker_for(command))
    }

    /// Where a leg's session lives.
    pub fn worker_of(&self, leg: LegId) -> Option<WorkerId> {
        self.legs.get(&leg).map(|seated| seated.worker)
    }

    /// A session is gone, or was never there: its sockets could not be had.
    pub fn gone(&mut self, leg: LegId) {
        let Some(seated) = self.legs.get(&leg).cloned() else { return };
        self.part_from(leg, seated.hears);
        for mix in seated.said_into {
            self.leave(mix, leg);
        }
        self.legs.remove(&leg);
        if let Some(load) = self.loads.get_mut(usize::from(seated.worker.0)) {
            *load = load.saturating_sub(1);
        }
    }

    /// A worker is gone: no new call is given to it, as long as there is another.
    pub fn retire(&mut self, worker: WorkerId) {
        self.retired.insert(worker);
    }

    /// Open sessions of each worker.
    pub fn loads(&self) -> &[usize] {
        &self.loads
    }

    fn worker_for(&self, command: &Command) -> Option<WorkerId> {
        let of_mix = |mix: &MixId| self.mixes.get(mix).copied();
        if let Some(leg) = command.leg() {
            return self.worker_of(leg);
        }
        match command {
            Command::Mix { mix, .. } | Command::EndMix { mix } | Command::PlayInto { mix, .. } => of_mix(mix),
            Command::Record { id, .. }
            | Command::PauseRecording { id, .. }
            | Command::EndRecording { id } => match &id.of {
                RecordingOf::Mix(mix) => of_mix(mix),
                RecordingOf::Leg(leg) => self.worker_of(*leg),
            },
            Command::Open { leg, .. }
            | Command::Setup { leg, .. }
            | Command::Hear { leg, .. }
            | Command::Play { leg, .. }
            | Command::Stop { leg, .. }
            | Command::SendDigits { leg, .. }
            | Command::WithholdDigits { leg, .. }
            | Command::WatchSilence { leg, .. }
            | Command::DetectMachine { leg, .. }
            | Command::SayInto { leg, .. }
            | Command::HearingVolume { leg, .. }
            | Command::Close { leg } => self.worker_of(*leg),
        }
    }

    /// A new session lives with the other legs of its call, or with whom it was promised to be heard by, or where there is room.
    fn open(&mut self, leg: LegId) -> Vec<Move> {
        if self.legs.contains_key(&leg) {
            return Vec::new();
        }
        let of_call = LegId { index: u16::MIN, ..leg }..=LegId { index: u16::MAX, ..leg };
        let with_call = self.legs.range(of_call).next().map(|(_, other)| other.worker);
        let hearers: Vec<LegId> = self.hearers.get(&leg).into_iter().flat_map(Few::keys).copied().collect();
        let with_hearers = hearers.first().and_then(|hearer| self.worker_of(*hearer));
        let worker = with_call.or(with_hearers).unwrap_or_else(|| self.least_loaded());
        self.legs.insert(leg, Seated { worker, hears: Source::Nothing, said_into: Vec::new() });
        self.load(worker, 1);
        hearers.into_iter().filter_map(|hearer| self.join(Node::Leg(leg), Node::Leg(hearer))).collect()
    }

    fn hear(&mut self, leg: LegId, source: Source) -> Vec<Move> {
        let Some(before) = self.legs.get(&leg).map(|seated| seated.hears) else { return Vec::new() };
        self.part_from(leg, before);
        if let Some(seated) = self.legs.get_mut(&leg) {
            seated.hears = source;
        }
        let heard = match source {
            Source::Nothing | Source::Echo => return Vec::new(),
            Source::Leg(heard) => {
                self.hearers.entry(heard).or_default().insert(leg, ());
                Node::Leg(heard)
            }
            Source::Mix(mix) => {
                self.members.entry(mix).or_default().insert(leg);
                Node::Mix(mix)
            }
        };
        self.join(Node::Leg(leg), heard).into_iter().collect()
    }

    /// A mix begins where sessions are, of which one will be in it: as long as nobody is, it moves to who comes.
    fn make(&mut self, mix: MixId) -> Vec<Move> {
        if self.mixes.contains_key(&mix) {
            return Vec::new();
        }
        let waiting: Vec<LegId> = self.members.get(&mix).into_iter().flatten().copied().collect();
        let with_waiting = waiting.first().and_then(|leg| self.worker_of(*leg));
        let worker = with_waiting.or(self.legs.values().next_back().map(|seated| seated.worker));
        let worker = worker.unwrap_or_else(|| self.least_loaded());
        self.mixes.insert(mix, worker);
        waiting.into_iter().filter_map(|leg| self.join(Node::Mix(mix), Node::Leg(leg))).collect()
    }

    fn end(&mut self, mix: MixId) {
        if self.mixes.remove(&mix).is_none() {
            return;
        }
        for leg in self.members.get(&mix).cloned().unwrap_or_default() {
            let Some(seated) = self.legs.get_mut(&leg) else { continue };
            seated.said_into.retain(|other| *other != mix);
            // Whoever hears it hears it again if it is made again.
            if seated.hears != Source::Mix(mix) {
                self.leave(mix, leg);
            }
        }
    }

    fn say_into(&mut self, mix: MixId, leg: LegId, says: bool) -> Vec<Move> {
        let Some(seated) = self.legs.get_mut(&leg).filter(|_| self.mixes.contains_key(&mix)) else {
            return Vec::new();
        };
        seated.said_into.retain(|other| *other != mix);
        if says {
            seated.said_into.push(mix);
            self.members.entry(mix).or_default().insert(leg);
            return self.join(Node::Leg(leg), Node::Mix(mix)).into_iter().collect();
        }
        if seated.hears != Source::Mix(mix) {
            self.leave(mix, leg);
        }
        Vec::new()
    }

    fn part_from(&mut self, leg: LegId, heard: Source) {
        match heard {
            Source::Nothing | Source::Echo => {}
            Source::Leg(heard) => leave(&mut self.hearers, heard, |hearers| {
                hearers.remove(&leg);
                hearers.is_empty()
            }),
            Source::Mix(mix) => {
                if self.legs.get(&leg).is_none_or(|seated| !seated.said_into.contains(&mix)) {
                    self.leave(mix, leg);
                }
            }
        }
    }

    fn leave(&mut self, mix: MixId, leg: LegId) {
        leave(&mut self.members, mix, |members| {
            members.remove(&leg);
            members.is_empty()
        });
    }

    fn least_loaded(&self) -> WorkerId {
        let workers = (0..).map(WorkerId).zip(&self.loads);
        let least = workers.min_by_key(|(worker, load)| (self.retired.contains(worker), **load));
        least.map_or(WorkerId(0), |(worker, _)| worker)
    }

    fn load_of(&self, worker: WorkerId) -> usize {
        self.loads.get(usize::from(worker.0)).copied().unwrap_or(0)
    }

    fn load(&mut self, worker: WorkerId, more: usize) {
        if let Some(load) = self.loads.get_mut(usize::from(worker.0)) {
            *load += more;
        }
    }

    fn worker_at(&self, node: Node) -> Option<WorkerId> {
        match node {
            Node::Leg(leg) => self.worker_of(leg),
            Node::Mix(mix) => self.mixes.get(&mix).copied(),
        }
    }

    /// Brings two together that hang together from now on, if both are there and live apart. The smaller party moves; of two alike
    /// the one without a session, else the one on the worker that has more to do.
    fn join(&mut self, one: Node, other: Node) -> Option<Move> {
        let (at_one, at_other) = (self.worker_at(one)?, self.worker_at(other)?);
        if at_one == at_other {
            return None;
        }
        // Their parties are parties of their own workers: what lives apart has not been joined yet.
        let (mut party_of_one, mut party_of_other) = (Search::from(one), Search::from(other));
        let moves_one = loop {
            match (party_of_one.step(self, at_one), party_of_other.step(self, at_other)) {
                (false, true) => break true,
                (true, false) => break false,
                (false, false) => {
                    break match (party_of_one.is_empty_mix(), party_of_other.is_empty_mix()) {
                        (true, false) => true,
                        (false, true) => false,
                        (true, true) | (false, false) => self.load_of(at_one) > self.load_of(at_other),
                    };
                }
                (true, true) => {}
            }
        };
        let (from, to, found) = match moves_one {
            true => (at_one, at_other, party_of_one.found),
            false => (at_other, at_one, party_of_other.found),
        };
        Some(self.carry(from, to, found))
    }

    fn carry(&mut self, from: WorkerId, to: WorkerId, found: BTreeSet<Node>) -> Move {
        let mut party = Party::default();
        for node in found {
            match node {
                Node::Leg(leg) => {
                    if let Some(seated) = self.legs.get_mut(&leg) {
                        seated.worker = to;
                    }
                    party.legs.push(leg);
                }
                Node::Mix(mix) => {
                    self.mixes.insert(mix, to);
                    party.mixes.push(mix);
                }
            }
        }
        self.load(to, party.legs.len());
        if let Some(load) = self.loads.get_mut(usize::from(from.0)) {
            *load = load.saturating_sub(party.legs.len());
        }
        Move { from, to, party }
    }

    /// Who hangs on a node directly.
    fn neighbours(&self, node: Node) -> Vec<Node> {
        match node {
            Node::Leg(leg) => {
                let Some(seated) = self.legs.get(&leg) else { return Vec::new() };
                let heard = match seated.hears {
                    Source::Nothing | Source::Echo => None,
                    Source::Leg(heard) => Some(Node::Leg(heard)),
                    Source::Mix(mix) => Some(Node::Mix(mix)),
                };
                let hearers =
                    self.hearers.get(&leg).into_iter().flat_map(Few::keys).map(|hearer| Node::Leg(*hearer));
                seated.said_into.iter().map(|mix| Node::Mix(*mix)).chain(heard).chain(hearers).collect()
            }
            Node::Mix(mix) => {
                self.members.get(&mix).into_iter().flatten().map(|member| Node::Leg(*member)).collect()
            }
        }
    }
}

/// A party that is being found, node by node.
struct Search {
    found: BTreeSet<Node>,
    next: VecDeque<Node>,
}

impl Search {
    fn from(node: Node) -> Self {
        Self { found: BTreeSet::from([node]), next: VecDeque::from([node]) }
    }

    /// Looks at one more node. `false`: all are found.
    fn step(&mut self, placement: &Placement, worker: WorkerId) -> bool {
        let Some(node) = self.next.pop_front() else { return false };
        for neighbour in placement.neighbours(node) {
            if placement.worker_at(neighbour) == Some(worker) && self.found.insert(neighbour) {
                self.next.push_back(neighbour);
            }
        }
        true
    }

    fn is_empty_mix(&self) -> bool {
        self.found.len() == 1 && matches!(self.found.first(), Some(Node::Mix(_)))
    }
}

/// Takes somebody out of what stands under a key, and that out of the table if nobody is left.
fn leave<K: Ord, S>(table: &mut BTreeMap<K, S>, key: K, is_last: impl FnOnce(&mut S) -> bool) {
    if table.get_mut(&key).is_some_and(is_last) {
        table.remove(&key);
    }
}

#[cfg(test)]
mod tests;
