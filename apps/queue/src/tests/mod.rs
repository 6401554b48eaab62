//! The machine, by what is asked of it and what it orders: a bench that plays programs, telephones, clock and store.

mod announcements;
mod callbacks;
mod emptiness;
mod figures;
mod log;
mod members;
mod strategies;

use crate::{Answer, Change, Join, Order, Outcome, QueueService, Request, Settings};
use cordboard_app::{
    AskId, Asker, Change as Row, Destination, Hosted, Identity, Originate, ServiceInput, ServiceOutput, Value,
};
use cordboard_base::{CallId, Time};
use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

/// Noon of a day.
const UNIX_S: i64 = 1_795_435_200;

pub(crate) fn user(name: &str) -> Destination {
    Destination::User(name.to_owned())
}

fn name_of(who: &Destination) -> String {
    match who {
        Destination::User(user) => user.clone(),
        Destination::Trunk { number, .. } | Destination::Extension { number, .. } => number.clone(),
    }
}

/// An office with nothing but queues.
pub(crate) struct Bench {
    service: QueueService,
    settings: String,
    now: Time,
    next: u64,
    /// Telephones that are not idle.
    states: BTreeMap<String, &'static str>,
    answers: BTreeMap<AskId, Result<Value, String>>,
    told: BTreeSet<CallId>,
    talking: BTreeMap<CallId, String>,
    /// What the store has.
    pub(crate) rows: BTreeMap<String, String>,
    /// Lines of the queue log, without their time.
    pub(crate) log: Vec<String>,
    pub(crate) originated: Vec<(u64, Originate)>,
}

impl Bench {
    /// With these queues: JSON of what `queues.toml` has as `queue`.
    pub(crate) fn new(queues: serde_json::Value) -> Self {
        let settings: Settings = serde_json::from_value(serde_json::json!({ "queue": queues })).unwrap();
        let settings = serde_json::to_string(&settings).unwrap();
        let mut bench = Self {
            service: QueueService::new(),
            settings,
            now: Time::from_secs(100),
            next: 0,
            states: BTreeMap::new(),
            answers: BTreeMap::new(),
            told: BTreeSet::new(),
            talking: BTreeMap::new(),
            rows: BTreeMap::new(),
            log: Vec::new(),
            originated: Vec::new(),
        };
        let settings = bench.settings.clone();
        bench.input(ServiceInput::Configured { settings });
        bench
    }

    /// One queue, `sales`, of these users, with further keys.
    pub(crate) fn sales(users: &[&str], keys: serde_json::Value) -> Self {
        Self::new(serde_json::json!({ "sales": queue(users, keys) }))
    }

    pub(crate) fn input(&mut self, input: ServiceInput) {
        let unix_us = UNIX_S * 1_000_000 + i64::try_from(self.now.as_micros()).unwrap();
        self.service.handle(self.now, unix_us, input);
        let mut follow = Vec::new();
        while let Some(output) = self.service.poll() {
            match output {
                ServiceOutput::Answer { ask, value } => drop(self.answers.insert(ask, value)),
                ServiceOutput::Tell { call, .. } => drop(self.told.insert(call)),
                ServiceOutput::Keep { key, row, .. } => drop(self.rows.insert(key, row)),
                ServiceOutput::Forget { key } => drop(self.rows.remove(&key)),
                ServiceOutput::Commit { number, changes } => {
                    for change in changes {
                        match change {
                            Row::Keep { key, row, .. } => drop(self.rows.insert(key, row)),
                            Row::Forget { key } => drop(self.rows.remove(&key)),
                            Row::Mail(_) => unreachable!(),
                        }
                    }
                    follow.push(ServiceInput::Written { number, failed: None });
                }
                ServiceOutput::Append { line, .. } => {
                    self.log.push(line.split_once('|').unwrap().1.to_owned());
                }
                ServiceOutput::Originate { number, originate } => self.originated.push((number, *originate)),
                ServiceOutput::Watch { who, wanted: true } => {
                    let state = self.states.get(&name_of(&who)).copied().unwrap_or("idle").to_owned();
                    follow.push(ServiceInput::State { who, state });
                }
                ServiceOutput::Watch { wanted: false, .. }
                | ServiceOutput::Lamp { .. }
                | ServiceOutput::Event { .. }
                | ServiceOutput::Note { .. }
                | ServiceOutput::Log { .. } => {}
                ServiceOutput::Unlink { .. }
                | ServiceOutput::Prompt { .. }
                | ServiceOutput::HoldMix { .. }
                | ServiceOutput::Mailbox { .. }
                | ServiceOutput::Mix { .. }
                | ServiceOutput::PlayInto { .. }
                | ServiceOutput::RecordMix { .. }
                | ServiceOutput::Desk { .. }
                | ServiceOutput::Overhear { .. }
                | ServiceOutput::Multicast { .. } => {
                    panic!("queues have nothing to do with that: {output:?}")
                }
            }
        }
        follow.into_iter().for_each(|input| self.input(input));
    }

    /// A telephone's state.
    pub(crate) fn sets(&mut self, name: &str, state: &'static str) {
        self.states.insert(name.to_owned(), state);
        self.input(ServiceInput::State { who: user(name), state: state.to_owned() });
    }

    fn ask_as(&mut self, asker: Asker, request: Value) -> Result<Value, String> {
        self.next += 1;
        let ask = AskId(self.next);
        self.input(ServiceInput::Asked { ask, asker, request });
        self.answers.remove(&ask).expect("every question is answered")
    }

    /// A program asks, whose caller is `number`; one of three digits is a user of ours.
    pub(crate) fn asks_as(&mut self, call: u64, number: &str, request: &Request) -> Answer {
        let asker = Asker {
            call: CallId(call),
            caller: Identity { number: number.to_owned(), name: String::new() },
            user: (number.len() == 3).then(|| number.to_owned()),
            lang: "en".to_owned(),
        };
        self.told.remove(&CallId(call));
        self.ask_as(asker, Value::of(request)).unwrap().to().unwrap()
    }

    pub(crate) fn asks(&mut self, call: u64, request: &Request) -> Answer {
        self.asks_as(call, "5550100", request)
    }

    fn orders(&mut self, call: u64, request: &Request) -> Order {
        let answer = self.asks(call, request);
        let Answer::Order(order) = answer else { panic!("an order is expected: {answer:?}") };
        order
    }

    pub(crate) fn joins(&mut self, call: u64, queue: &str) -> Order {
        self.joins_with(call, Join { queue: queue.to_owned(), ..Join::default() })
    }

    pub(crate) fn joins_with(&mut self, call: u64, join: Join) -> Order {
        self.orders(call, &Request::Join(Box::new(join)))
    }

    pub(crate) fn next(&mut self, call: u64) -> Order {
        self.orders(call, &Request::Next)
    }

    /// Whom it rings when it asks; nobody, if it is to wait. What is to be said first is said.
    pub(crate) fn rings(&mut self, call: u64) -> Vec<String> {
        let mut order = self.next(call);
        while let Order::Say(..) = order {
            order = self.next(call);
        }
        whom(&order)
    }

    pub(crate) fn is_told(&self, call: u64) -> bool {
        self.told.contains(&CallId(call))
    }

    pub(crate) fn answers(&mut self, call: u64, by: &str) {
        let parties = [None, Some(user(by))];
        self.talking.insert(CallId(call), by.to_owned());
        self.input(ServiceInput::Connected { call: CallId(call), parties });
        self.sets(by, "busy");
    }

    /// The talk is over.
    pub(crate) fn ends(&mut self, call: u64, by_agent: bool) -> Order {
        if let Some(agent) = self.talking.remove(&CallId(call)) {
            self.sets(&agent, "idle");
        }
        self.orders(call, &Request::Report(Outcome::Answered { by_agent }))
    }

    pub(crate) fn reports(&mut self, call: u64, outcome: Outcome) -> Order {
        self.orders(call, &Request::Report(outcome))
    }

    pub(crate) fn hangs_up(&mut self, call: u64) {
        self.asks(call, &Request::Left { key: None });
        self.input(ServiceInput::Gone { call: CallId(call) });
    }

    /// Time passes, deadline by deadline.
    pub(crate) fn passes(&mut self, secs: u64) {
        let end = self.now + Duration::from_secs(secs);
        while let Some(at) = self.service.next_deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.input(ServiceInput::Tick);
            if self.service.next_deadline().is_some_and(|still| still <= at) {
                panic!("what is due is done at once");
            }
        }
        self.now = end;
        self.input(ServiceInput::Tick);
    }

    /// A change of a member, as a script makes it.
    pub(crate) fn changes(&mut self, queue: Option<&str>, who: &str, what: Change) -> Answer {
        self.asks(9_999, &Request::Member { queue: queue.map(str::to_owned), who: user(who), what })
    }

    pub(crate) fn pauses(&mut self, queue: Option<&str>, who: &str) {
        self.changes(queue, who, Change::Pause { reason: "lunch".to_owned() });
    }

    /// What the command line sees of a queue.
    pub(crate) fn seen(&mut self, queue: &str) -> Value {
        let asker =
            Asker { call: Asker::COMMAND_LINE, caller: Identity::default(), user: None, lang: String::new() };
        let request = Request::List { queue: Some(queue.to_owned()), what: crate::Listed::All };
        self.ask_as(asker, Value::of(&request)).unwrap()
    }

    /// An entry of each agent of a queue, by its name.
    pub(crate) fn agents(&mut self, queue: &str, entry: &str) -> Vec<(String, Value)> {
        let seen = self.seen(queue);
        let Value::List(agents) = seen.entry("agents") else { panic!("no list") };
        let name = |agent: &Value| agent.entry("name").text().unwrap().to_owned();
        agents.iter().map(|agent| (name(agent), agent.entry(entry).clone())).collect()
    }

    /// Other settings, as a reload brings them.
    pub(crate) fn reloads(&mut self, queues: serde_json::Value) {
        self.configures(serde_json::json!({ "queue": queues }));
    }

    /// Another file.
    pub(crate) fn configures(&mut self, file: serde_json::Value) {
        let settings: Settings = serde_json::from_value(file).unwrap();
        self.settings = serde_json::to_string(&settings).unwrap();
        let settings = self.settings.clone();
        self.input(ServiceInput::Configured { settings });
    }

    /// So many further callers wait.
    pub(crate) fn fills(&mut self, count: u64) {
        let queues = &mut self.service.0;
        self.next += count;
        for call in 1..=count {
            let one = crate::caller::Caller { call: Some(CallId(call)), ..waiting() };
            let id = queues.enter(one);
            queues.calls.insert(CallId(call), id);
        }
    }

    /// Another process, that has the rows of this one, and other settings.
    pub(crate) fn restarts_with(&mut self, queues: serde_json::Value) {
        let settings: Settings = serde_json::from_value(serde_json::json!({ "queue": queues })).unwrap();
        self.settings = serde_json::to_string(&settings).unwrap();
        self.restarts();
    }

    /// Another process, that has the rows of this one.
    pub(crate) fn restarts(&mut self) {
        self.service = QueueService::new();
        self.talking.clear();
        let settings = self.settings.clone();
        self.input(ServiceInput::Configured { settings });
        for (key, row) in self.rows.clone() {
            self.input(ServiceInput::Kept { key, row });
        }
    }

    /// The last line of the log.
    pub(crate) fn logged(&self) -> &str {
        self.log.last().map_or("", String::as_str)
    }
}

/// Somebody who waits in `sales`.
fn waiting() -> crate::caller::Caller {
    crate::caller::Caller {
        queue: "sales".to_owned(),
        call: None,
        who: Identity::default(),
        user: None,
        lang: "en".to_owned(),
        priority: 0,
        joined: Time::from_secs(100),
        joined_unix_us: UNIX_S * 1_000_000,
        origin_position: 1,
        timeout: None,
        penalties: Default::default(),
        stage: crate::caller::Stage::Waiting,
        attempts: 0,
        retry: Time::from_secs(100),
        tried: BTreeSet::new(),
        said: Default::default(),
        poked: false,
        dumped: Default::default(),
        no_callback: false,
        callback: None,
    }
}

/// A queue's settings.
pub(crate) fn queue(users: &[&str], keys: serde_json::Value) -> serde_json::Value {
    let member: Vec<_> = users.iter().map(|user| serde_json::json!({ "user": user })).collect();
    let mut queue = serde_json::json!({ "member": member });
    if let (Some(queue), serde_json::Value::Object(keys)) = (queue.as_object_mut(), keys) {
        queue.extend(keys);
    }
    queue
}

/// Whom an order rings.
pub(crate) fn whom(order: &Order) -> Vec<String> {
    match order {
        Order::Ring(attempt) => attempt.whom.iter().map(name_of).collect(),
        Order::Wait(_) | Order::Say(..) | Order::Leave(_) => Vec::new(),
    }
}

/// Why an order lets the caller go.
pub(crate) fn leaves(order: &Order) -> Option<crate::Status> {
    match order {
        Order::Leave(farewell) => Some(farewell.status),
        Order::Wait(_) | Order::Say(..) | Order::Ring(_) => None,
    }
}
