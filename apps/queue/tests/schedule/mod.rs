//! Random schedules against the service: callers join, hang up, step away and come back, agents answer, decline, do nothing, pause,
//! log in and out, use their telephones for calls of their own; time passes, the whole state goes through its text. What must
//! never be is checked at every order; in the end everybody must have been served.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "the bench of a test, which an example shares: what must not be ends it"
)]

use cordboard_app::{
    AskId, Asker, Destination, Handover, Hosted, Identity, ServiceInput, ServiceOutput, Value,
};
use cordboard_base::{CallId, Source, SourceKey, Time};
use cordboard_queue::{
    Answer, Change, Join, Listed, MemberSettings, Order, Outcome, QueueService, QueueSettings, Request,
    Settings, Strategy,
};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

const STRATEGIES: [Strategy; 8] = [
    Strategy::RingAll,
    Strategy::LeastRecent,
    Strategy::FewestCalls,
    Strategy::Random,
    Strategy::RoundRobin,
    Strategy::InOrder,
    Strategy::LongestIdle,
    Strategy::WeightedRandom,
];
const QUEUES: [&str; 2] = ["a", "b"];
const RETRY: Duration = Duration::from_secs(5);
const WRAP_UP: Duration = Duration::from_secs(3);
const UNIX_US: i64 = 1_795_424_400_000_000;

/// One thing that happens; numbers are taken modulo what there is.
#[derive(Clone, Copy, Debug)]
pub enum Op {
    Join { queue: u8, priority: u8 },
    HangUp(u8),
    Answer { caller: u8, agent: u8 },
    Decline(u8),
    EndTalk { caller: u8, by_agent: bool },
    Transfer(u8),
    Away(u8),
    Back(u8),
    Played(u8),
    Pause { agent: u8, paused: bool },
    Login { agent: u8, into: bool },
    OwnCall { agent: u8, busy: bool },
    Offline { agent: u8, offline: bool },
    Pass { ms: u16 },
    Restore,
}

impl Op {
    /// Drawn by chance; joins and answers come most often.
    pub fn draw(source: &mut Source) -> Self {
        let mut below = |n: u64| u8::try_from(source.below(n)).unwrap_or(0);
        let (a, b) = (below(250), below(250));
        match below(25) {
            0..=4 => Self::Join { queue: a, priority: b },
            5 | 6 => Self::HangUp(a),
            7..=10 => Self::Answer { caller: a, agent: b },
            11 => Self::Decline(a),
            12 | 13 => Self::EndTalk { caller: a, by_agent: b % 2 == 0 },
            14 => Self::Away(a),
            15 => Self::Back(a),
            16 => Self::Played(a),
            17 => Self::Pause { agent: a, paused: b % 2 == 0 },
            18 => Self::Login { agent: a, into: b % 2 == 0 },
            19 => Self::OwnCall { agent: a, busy: b % 2 == 0 },
            20 => Self::Offline { agent: a, offline: b % 3 == 0 },
            21 | 22 => Self::Pass { ms: u16::from(a) * 60 },
            23 => Self::Transfer(a),
            _ => Self::Restore,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Phase {
    Waiting,
    Told,
    Saying,
    Away,
    Ringing { whom: Vec<Destination>, until: Time },
    Talking(Destination),
}

#[derive(Clone, Debug)]
struct Caller {
    queue: &'static str,
    priority: i64,
    number: u64,
    retry: Time,
    phase: Phase,
}

#[derive(Clone, Debug, Default)]
struct Agent {
    own_call: bool,
    offline: bool,
    paused: bool,
    is_member: bool,
    is_static: bool,
    wrapped_up: Time,
}

/// The office of a schedule.
pub struct Run {
    service: QueueService,
    now: Time,
    callers: BTreeMap<CallId, Caller>,
    agents: BTreeMap<Destination, Agent>,
    next: u64,
    answers: BTreeMap<AskId, Result<Value, String>>,
    /// Callers who were connected with an agent.
    pub served: u64,
    /// Orders to ring.
    pub rung: u64,
}

fn who(index: usize) -> Destination {
    Destination::User((200 + index).to_string())
}

impl Run {
    /// An office of so many agents: all of them are members of `a`, every other one of `b`, the last may log in to `a`.
    pub fn new(strategy: usize, agents: usize) -> Self {
        let strategy = STRATEGIES[strategy % STRATEGIES.len()];
        let count = agents.clamp(1, 6);
        let member = |index: usize| MemberSettings {
            who: who(index),
            penalty: 0,
            name: String::new(),
            state_of: None,
        };
        let queue = |member, weight| QueueSettings {
            strategy,
            weight,
            ring_s: 10,
            retry_s: 5,
            wrap_up_s: 3,
            announce_s: 20,
            member,
            ..QueueSettings::default()
        };
        let a = queue((0..count).map(member).collect(), 0);
        let b = queue((0..count).step_by(2).map(member).collect(), 5);
        let queue = BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), b)]);
        let settings = serde_json::to_string(&Settings { queue, ..Settings::default() }).unwrap();
        let mut run = Self {
            service: QueueService::new(),
            now: Time::from_secs(10),
            callers: BTreeMap::new(),
            agents: BTreeMap::new(),
            next: 0,
            answers: BTreeMap::new(),
            served: 0,
            rung: 0,
        };
        for index in 0..=count {
            let is_static = index < count;
            let agent = Agent { is_member: is_static, is_static, ..Agent::default() };
            run.agents.insert(who(index), agent);
        }
        run.input(ServiceInput::Configured { settings });
        run.pump();
        run
    }

    fn input(&mut self, input: ServiceInput) {
        let unix_us = UNIX_US + i64::try_from(self.now.as_micros()).unwrap();
        self.service.handle(self.now, unix_us, input);
        self.drain();
    }

    fn drain(&mut self) {
        let mut watched = Vec::new();
        while let Some(output) = self.service.poll() {
            match output {
                ServiceOutput::Answer { ask, value } => drop(self.answers.insert(ask, value)),
                ServiceOutput::Commit { number, .. } => {
                    watched.push(ServiceInput::Written { number, failed: None })
                }
                ServiceOutput::Tell { call, .. } => {
                    let caller = self.callers.get_mut(&call).expect("told is who is there");
                    if caller.phase == Phase::Waiting {
                        caller.phase = Phase::Told;
                    }
                }
                ServiceOutput::Watch { who, wanted: true } => {
                    let state = self.state_of(&who).to_owned();
                    watched.push(ServiceInput::State { who, state });
                }
                _ => {}
            }
        }
        watched.into_iter().for_each(|input| self.input(input));
    }

    fn state_of(&self, who: &Destination) -> &'static str {
        let agent = &self.agents[who];
        let talks = |caller: &Caller| caller.phase == Phase::Talking(who.clone());
        let rings =
            |caller: &Caller| matches!(&caller.phase, Phase::Ringing { whom, .. } if whom.contains(who));
        match () {
            () if agent.offline => "offline",
            () if agent.own_call || self.callers.values().any(talks) => "busy",
            () if self.callers.values().any(rings) => "ringing",
            () => "idle",
        }
    }

    fn tell_state(&mut self, who: &Destination) {
        let state = self.state_of(who).to_owned();
        self.input(ServiceInput::State { who: who.clone(), state });
    }

    fn ask(&mut self, call: CallId, request: &Request) -> Option<Answer> {
        self.next += 1;
        let ask = AskId(self.next);
        let asker = Asker { call, caller: Identity::default(), user: None, lang: "en".to_owned() };
        self.input(ServiceInput::Asked { ask, asker, request: Value::of(request) });
        let value = self.answers.remove(&ask).expect("every question is answered");
        value.expect("no question fails").to()
    }

    fn ask_order(&mut self, call: CallId, request: &Request) {
        if let Some(caller) = self.callers.get_mut(&call) {
            caller.phase = Phase::Waiting;
        }
        let Some(Answer::Order(order)) = self.ask(call, request) else { panic!("an order is expected") };
        self.obey(call, order);
    }

    fn obey(&mut self, call: CallId, order: Order) {
        match order {
            Order::Wait(_) => {}
            Order::Say(..) => self.caller(call).phase = Phase::Saying,
            Order::Ring(attempt) => {
                self.check(call, &attempt.whom);
                self.rung += 1;
                let until = self.now + Duration::from_millis(u64::from(attempt.ring_ms));
                self.caller(call).phase = Phase::Ringing { whom: attempt.whom.clone(), until };
                attempt.whom.iter().for_each(|who| self.tell_state(who));
            }
            Order::Leave(_) => {
                self.callers.remove(&call);
            }
        }
    }

    fn caller(&mut self, call: CallId) -> &mut Caller {
        self.callers.get_mut(&call).expect("a caller")
    }

    /// What must hold whenever somebody is to be rung.
    fn check(&self, call: CallId, whom: &[Destination]) {
        assert!(!whom.is_empty(), "nobody rings");
        let caller = &self.callers[&call];
        let distinct: BTreeSet<&Destination> = whom.iter().collect();
        assert_eq!(distinct.len(), whom.len(), "an agent rings twice");
        for who in whom {
            let agent = &self.agents[who];
            assert!(agent.is_member && !agent.paused, "{who:?} is not to be rung");
            assert!(!agent.own_call && !agent.offline && agent.wrapped_up <= self.now, "{who:?} is not free");
            for (other, busy) in &self.callers {
                let engaged = match &busy.phase {
                    Phase::Ringing { whom, .. } => whom.contains(who),
                    Phase::Talking(with) => with == who,
                    Phase::Waiting | Phase::Told | Phase::Saying | Phase::Away => false,
                };
                assert!(!engaged || *other == call, "{who:?} is given to {call:?} and to {other:?}");
            }
        }
        for (other, before) in &self.callers {
            let ahead = before.queue == caller.queue
                && (core::cmp::Reverse(before.priority), before.number)
                    < (core::cmp::Reverse(caller.priority), caller.number);
            // A heavier queue comes first, where it has the agent.
            let heavier =
                before.queue == "b" && caller.queue == "a" && whom.iter().any(|who| self.is_in_b(who));
            if (ahead || heavier) && before.phase == Phase::Waiting && before.retry <= self.now {
                panic!("{call:?} is served before {other:?}: {caller:?} {before:?}");
            }
        }
    }

    fn is_in_b(&self, who: &Destination) -> bool {
        self.agents.keys().position(|agent| agent == who).is_some_and(|at| at % 2 == 0)
            && self.agents[who].is_static
    }

    /// Programs that were told to ask do.
    fn pump(&mut self) {
        while let Some(call) = self.first(|phase| *phase == Phase::Told) {
            self.ask_order(call, &Request::Next);
        }
    }

    fn first(&self, is_it: impl Fn(&Phase) -> bool) -> Option<CallId> {
        self.callers.iter().find(|(_, caller)| is_it(&caller.phase)).map(|(call, _)| *call)
    }

    fn pick(&self, index: u8, is_it: impl Fn(&Phase) -> bool) -> Option<CallId> {
        let all: Vec<CallId> =
            self.callers.iter().filter(|(_, caller)| is_it(&caller.phase)).map(|(call, _)| *call).collect();
        all.get(usize::from(index) % all.len().max(1)).copied()
    }

    /// Does one thing.
    pub fn step(&mut self, op: Op) {
        match op {
            Op::Join { queue, priority } => self.join(queue, priority),
            Op::HangUp(index) => {
                if let Some(call) = self.pick(index, |_| true) {
                    self.hang_up(call);
                }
            }
            Op::Answer { caller, agent } => {
                if let Some(call) = self.pick(caller, |phase| matches!(phase, Phase::Ringing { .. })) {
                    self.answer(call, usize::from(agent));
                }
            }
            Op::Decline(index) => {
                if let Some(call) = self.pick(index, |phase| matches!(phase, Phase::Ringing { .. })) {
                    self.fail(call, Outcome::Busy);
                }
            }
            Op::EndTalk { caller, by_agent } => {
                if let Some(call) = self.pick(caller, |phase| matches!(phase, Phase::Talking(_))) {
                    self.end_talk(call, by_agent);
                }
            }
            Op::Transfer(index) => {
                if let Some(call) = self.pick(index, |phase| matches!(phase, Phase::Talking(_))) {
                    self.transfer(call);
                }
            }
            Op::Away(index) => {
                if let Some(call) = self.pick(index, |phase| *phase == Phase::Waiting) {
                    self.ask_order(call, &Request::Away(true));
                    self.caller(call).phase = Phase::Away;
                }
            }
            Op::Back(index) => {
                if let Some(call) = self.pick(index, |phase| *phase == Phase::Away) {
                    self.ask_order(call, &Request::Away(false));
                }
            }
            Op::Played(index) => {
                if let Some(call) = self.pick(index, |phase| *phase == Phase::Saying) {
                    self.ask_order(call, &Request::Next);
                }
            }
            Op::Pause { .. } | Op::Login { .. } | Op::OwnCall { .. } | Op::Offline { .. } => {
                self.step_agent(op)
            }
            Op::Pass { ms } => self.pass(Duration::from_millis(u64::from(ms))),
            Op::Restore => {
                let state = self.service.snapshot();
                self.service = QueueService::new();
                assert!(self.service.restore(&state), "a state is read again");
                assert_eq!(self.service.snapshot(), state);
            }
        }
        self.pump();
    }

    fn step_agent(&mut self, op: Op) {
        let index = match op {
            Op::Pause { agent, .. } | Op::Login { agent, .. } => agent,
            Op::OwnCall { agent, .. } | Op::Offline { agent, .. } => agent,
            _ => return,
        };
        let whom = who(usize::from(index) % self.agents.len());
        let engaged = matches!(self.state_of(&whom), "ringing")
            || self.callers.values().any(|caller| caller.phase == Phase::Talking(whom.clone()));
        let agent = self.agents.get_mut(&whom).expect("an agent");
        match op {
            Op::Pause { paused, .. } if agent.is_member => {
                agent.paused = paused;
                let what = if paused { Change::Pause { reason: "x".to_owned() } } else { Change::Resume };
                self.change(None, &whom, what);
            }
            Op::Login { into, .. } if !agent.is_static && agent.is_member != into => {
                (agent.is_member, agent.paused) = (into, false);
                let add = Change::Add { penalty: 0, name: String::new(), state_of: None };
                self.change(Some("a"), &whom, if into { add } else { Change::Remove });
            }
            Op::OwnCall { busy, .. } if !engaged => {
                agent.own_call = busy;
                self.tell_state(&whom);
            }
            Op::Offline { offline, .. } if !engaged => {
                agent.offline = offline;
                self.tell_state(&whom);
            }
            _ => {}
        }
    }

    fn change(&mut self, queue: Option<&str>, who: &Destination, what: Change) {
        let request = Request::Member { queue: queue.map(str::to_owned), who: who.clone(), what };
        self.ask(CallId(9_999_999), &request);
    }

    fn join(&mut self, queue: u8, priority: u8) {
        if self.callers.len() >= 12 {
            return;
        }
        self.next += 1;
        let call = CallId(self.next);
        let queue = QUEUES[usize::from(queue) % 2];
        let priority = i64::from(priority.is_multiple_of(8));
        // Two never come in the same microsecond.
        self.now = self.now + Duration::from_micros(1);
        let caller =
            Caller { queue, priority, number: self.next, retry: Time::default(), phase: Phase::Waiting };
        self.callers.insert(call, caller);
        let join = Join { queue: queue.to_owned(), priority, ..Join::default() };
        self.ask_order(call, &Request::Join(Box::new(join)));
    }

    /// The agent hands the caller on, whose program is left behind.
    fn transfer(&mut self, call: CallId) {
        let handover = Handover { number: "100".to_owned(), context: "internal".to_owned(), into: call };
        self.input(ServiceInput::Transferred { call, by: None, handover });
        self.hang_up(call);
    }

    fn hang_up(&mut self, call: CallId) {
        let caller = self.callers.remove(&call).expect("a caller");
        self.ask(call, &Request::Left { key: None });
        self.released(&caller.phase);
        self.input(ServiceInput::Gone { call });
    }

    fn released(&mut self, phase: &Phase) {
        match phase {
            Phase::Ringing { whom, .. } => whom.iter().for_each(|who| self.tell_state(who)),
            Phase::Talking(with) => {
                let wrapped_up = self.now + WRAP_UP;
                self.agents.get_mut(with).expect("an agent").wrapped_up = wrapped_up;
                self.tell_state(with);
            }
            Phase::Waiting | Phase::Told | Phase::Saying | Phase::Away => {}
        }
    }

    fn answer(&mut self, call: CallId, agent: usize) {
        let Phase::Ringing { whom, .. } = self.callers[&call].phase.clone() else { return };
        let by = whom[agent % whom.len()].clone();
        self.caller(call).phase = Phase::Talking(by.clone());
        self.served += 1;
        self.input(ServiceInput::Connected { call, parties: [None, Some(by)] });
        whom.iter().for_each(|who| self.tell_state(who));
    }

    fn fail(&mut self, call: CallId, outcome: Outcome) {
        let Phase::Ringing { whom, .. } = self.callers[&call].phase.clone() else { return };
        let retry = self.now + RETRY;
        self.caller(call).retry = retry;
        self.caller(call).phase = Phase::Waiting;
        whom.iter().for_each(|who| self.tell_state(who));
        self.ask_order(call, &Request::Report(outcome));
    }

    fn end_talk(&mut self, call: CallId, by_agent: bool) {
        let caller = self.callers.remove(&call).expect("a caller");
        // Now the report comes first, now the telephone.
        if by_agent {
            self.released(&caller.phase);
        }
        let report = Request::Report(Outcome::Answered { by_agent });
        let answer = self.ask(call, &report);
        assert!(matches!(answer, Some(Answer::Order(Order::Leave(_)))), "{answer:?}");
        if !by_agent {
            self.released(&caller.phase);
        }
    }

    /// Lets time pass, deadline by deadline.
    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        for _ in 0..1_000 {
            let rings = self.callers.values().filter_map(|caller| match &caller.phase {
                Phase::Ringing { until, .. } => Some(*until),
                _ => None,
            });
            let next = rings.chain(self.service.next_deadline()).min().filter(|at| *at <= end);
            let Some(at) = next else { break };
            self.now = self.now.max(at);
            let late = |phase: &Phase| matches!(phase, Phase::Ringing { until, .. } if *until <= at);
            match self.first(late) {
                Some(call) => self.fail(call, Outcome::NoAnswer),
                None => {
                    self.input(ServiceInput::Tick);
                    let still = self.service.next_deadline();
                    assert!(still.is_none_or(|still| still > at), "what is due is done at once");
                }
            }
            self.pump();
        }
        self.now = self.now.max(end);
        self.input(ServiceInput::Tick);
        self.pump();
    }

    /// In the end all agents are there and answer: everybody is served, nobody is left busy with nothing.
    pub fn finish(&mut self) {
        for whom in self.agents.keys().cloned().collect::<Vec<_>>() {
            let agent = self.agents.get_mut(&whom).expect("an agent");
            (agent.own_call, agent.offline) = (false, false);
            let resumes = core::mem::take(&mut agent.paused) && agent.is_member;
            if resumes {
                self.change(None, &whom, Change::Resume);
            }
            self.tell_state(&whom);
        }
        self.pump();
        for _ in 0..400 {
            let Some(call) = self.callers.keys().next().copied() else { break };
            let call = self.first(|phase| *phase != Phase::Waiting).unwrap_or(call);
            match self.callers[&call].phase.clone() {
                Phase::Waiting | Phase::Told => self.pass(Duration::from_secs(1)),
                Phase::Saying => self.ask_order(call, &Request::Next),
                Phase::Away => self.ask_order(call, &Request::Away(false)),
                Phase::Ringing { .. } => self.answer(call, 0),
                Phase::Talking(_) => self.end_talk(call, true),
            }
            self.pump();
        }
        assert!(self.callers.is_empty(), "forgotten: {:?}", self.callers);
        self.pass(Duration::from_secs(10));
        for queue in QUEUES {
            self.all_idle(queue);
        }
    }

    fn all_idle(&mut self, queue: &str) {
        self.next += 1;
        let ask = AskId(self.next);
        let asker =
            Asker { call: Asker::COMMAND_LINE, caller: Identity::default(), user: None, lang: String::new() };
        let request = Request::List { queue: Some(queue.to_owned()), what: Listed::Agents };
        self.input(ServiceInput::Asked { ask, asker, request: Value::of(&request) });
        let Some(Ok(Value::List(agents))) = self.answers.remove(&ask) else { panic!("a list is expected") };
        for agent in agents {
            assert_eq!(agent.entry("state").text(), Some("idle"), "stuck: {agent:?}");
        }
    }
}

/// A schedule of so many steps from a seed; how many callers were served.
pub fn run_seed(seed: u64, steps: u32) -> (u64, u64) {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let mut source = Source::new(SourceKey { seed: bytes, node: 0, epoch: 0 }, 0);
    let draw = |source: &mut Source, n| usize::try_from(source.below(n)).unwrap_or(0);
    let (strategy, agents) = (draw(&mut source, 8), draw(&mut source, 6));
    let mut run = Run::new(strategy, agents);
    for _ in 0..steps {
        run.step(Op::draw(&mut source));
    }
    run.finish();
    (run.served, run.rung)
}
