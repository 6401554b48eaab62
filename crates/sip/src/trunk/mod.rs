//! Trunks: lines to providers, gateways and other exchanges. Registers there and keeps the registration, watches with OPTIONS
//! whether they live, knows their addresses, and recognises their calls.
//!
//! ```text
//! registration:  Idle ─▶ Asking ─ 2xx ─▶ Registered ─ refresh ─▶ Asking
//!                  ▲        │ 401/407: once more with credentials; 423: once more with Min-Expires; 5xx, silence: next hop
//!                  │        └─ refused, or no hop left ─▶ Waiting (back-off with jitter) ─▶ Asking
//! a hop:         Up ─ three probes unanswered ─▶ Down ─ two answered ─▶ Up
//! ```
//! Names are resolved ahead of need, and an answer is kept until there is a better one: a dead resolver delays no call.
//! Nothing here waits: [`Trunks::hops`] says what is known now.

mod inbound;
mod numbers;
mod outbound;
mod probe;
mod registration;
mod servers;
mod settings;
pub mod srv;
#[cfg(test)]
mod tests;

pub use inbound::{Recognised, RecognisedBy};
pub use numbers::{NUMBER_MAX, NumberFormat, Plan, Rule, apply, plain};
pub use outbound::{Caller, Channels, Direction, Past, Presentation, Shown};
pub use registration::RegistrationState;
pub use settings::{Locals, Server, ServerError, TrunkSettings};

use crate::endpoint::Outcome;
use crate::message::Request;
use cordboard_base::{Deadlines, Hop, Source, Time, Transport};
use probe::Health;
use registration::Registration;
use serde::{Deserialize, Serialize};
use servers::Resolution;
use std::collections::{BTreeMap, VecDeque};

/// A request of a trunk's, to find its outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TrunkRequestId(pub u64);

/// A question to the resolver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QuestionId(pub u64);

/// What comes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// For `Command::Send`; its outcome goes to [`Trunks::handle_response`].
    Send {
        /// To find it by.
        id: TrunkRequestId,
        /// Where to.
        hop: Hop,
        /// The request, complete but for Via.
        request: Box<Request>,
    },
    /// For the resolver; the answer goes to [`Trunks::handle_resolved`].
    Resolve {
        /// To answer by.
        id: QuestionId,
        /// A name.
        host: String,
        /// Its port, which rules SRV out.
        port: Option<u16>,
        /// Its transport, which rules NAPTR out.
        transport: Option<Transport>,
    },
    /// For the log, metrics and whoever watches.
    Fact {
        /// Of which trunk.
        trunk: String,
        /// What.
        fact: Fact,
    },
}

/// What happens to a trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fact {
    /// We are registered, for the first time or again after a failure.
    Registered {
        /// Where.
        hop: Hop,
        /// For so long.
        expires_s: u32,
    },
    /// A registration or its refresh failed.
    RegistrationFailed {
        /// The last status; `None`: silence, or nothing to reach.
        status: Option<u16>,
        /// Until the next attempt.
        retry_s: u64,
    },
    /// The registration ran out, or was ended.
    Unregistered,
    /// It answers again.
    Up,
    /// None of its servers answers.
    Down,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Timer {
    /// Asks the resolver about the server of that index.
    Resolve(String, usize),
    Register(String),
    Lapse(String),
    Probe(String),
}

/// What a request was for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Purpose {
    Register(String),
    Probe(String, Hop),
}

/// Whether a trunk is still configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Life {
    Serving,
    /// It gives its registration back, then it is gone.
    Retiring,
}

/// One trunk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Trunk {
    settings: TrunkSettings,
    life: Life,
    servers: Vec<Resolution>,
    #[serde(with = "cordboard_base::pairs")]
    health: BTreeMap<Hop, Health>,
    /// As last told.
    up: bool,
    registration: Option<Registration>,
    channels: Channels,
}

/// All trunks. Its own state is what is snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trunks {
    locals: Locals,
    source: Source,
    trunks: BTreeMap<String, Trunk>,
    timers: Deadlines<Timer>,
    #[serde(with = "cordboard_base::pairs")]
    requests: BTreeMap<TrunkRequestId, Purpose>,
    #[serde(with = "cordboard_base::pairs")]
    questions: BTreeMap<QuestionId, (String, usize)>,
    next_id: u64,
    outputs: VecDeque<Output>,
}

impl Trunks {
    /// None yet.
    pub fn new(locals: Locals, source: Source) -> Self {
        Self {
            locals,
            source,
            trunks: BTreeMap::new(),
            timers: Deadlines::default(),
            requests: BTreeMap::new(),
            questions: BTreeMap::new(),
            next_id: 0,
            outputs: VecDeque::new(),
        }
    }

    /// Takes the trunks as they are configured now. An unchanged one goes on undisturbed; a changed one starts anew, with its
    /// channels in use; one that is gone gives its registration back.
    pub fn configure(&mut self, now: Time, locals: Locals, settings: BTreeMap<String, TrunkSettings>) {
        let moved = self.locals != locals;
        self.locals = locals;
        let gone: Vec<String> =
            self.trunks.keys().filter(|name| !settings.contains_key(*name)).cloned().collect();
        for name in gone {
            self.retire(now, &name);
        }
        for (name, settings) in settings {
            let old = self.trunks.get(&name);
            if !moved && old.is_some_and(|old| old.settings == settings && old.life == Life::Serving) {
                continue;
            }
            let channels = old.map(|old| old.channels).unwrap_or_default();
            self.drop_trunk(&name);
            self.start(now, name, settings, channels);
        }
    }

    /// Gives all registrations back; for a shutdown. [`Self::is_idle`] says when that is done.
    pub fn stop(&mut self, now: Time) {
        let names: Vec<String> = self.trunks.keys().cloned().collect();
        for name in names {
            self.retire(now, &name);
        }
    }

    /// Whether no trunk is left, nor one that is giving its registration back.
    pub fn is_idle(&self) -> bool {
        self.trunks.is_empty()
    }

    /// The names of all configured trunks.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.trunks.iter().filter(|(_, trunk)| trunk.life == Life::Serving).map(|(name, _)| name.as_str())
    }

    /// A trunk's settings.
    pub fn settings(&self, name: &str) -> Option<&TrunkSettings> {
        self.trunks.get(name).map(|trunk| &trunk.settings)
    }

    /// Where its registration stands; `None`: it has none.
    pub fn registration(&self, now: Time, name: &str) -> Option<RegistrationState> {
        self.trunks.get(name)?.registration.as_ref().map(|registration| registration.state(now))
    }

    /// The outcome of an [`Output::Send`].
    pub fn handle_response(&mut self, now: Time, id: TrunkRequestId, outcome: &Outcome) {
        match self.requests.remove(&id) {
            Some(Purpose::Register(name)) => self.handle_registered(now, &name, outcome),
            Some(Purpose::Probe(name, hop)) => self.handle_probed(now, &name, hop, outcome),
            None => {}
        }
    }

    /// Next output; to be drained after every call.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Self::handle_timeout`] is due.
    pub fn next_deadline(&self) -> Option<Time> {
        self.timers.next()
    }

    /// Does what is due.
    pub fn handle_timeout(&mut self, now: Time) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Resolve(name, index) => self.resolve(now, &name, index),
                Timer::Register(name) => self.register(now, &name),
                Timer::Lapse(name) => self.lapse(&name),
                Timer::Probe(name) => self.probe(now, &name),
            }
        }
    }

    fn start(&mut self, now: Time, name: String, settings: TrunkSettings, channels: Channels) {
        let servers: Vec<Resolution> =
            settings.servers.iter().map(|server| Resolution::of(server, &settings)).collect();
        let registration = settings.register.then(|| Registration::new(&settings, &name, &mut self.source));
        for (index, server) in servers.iter().enumerate() {
            if server.needs_resolver() {
                self.timers.set(Timer::Resolve(name.clone(), index), now);
            }
        }
        if registration.is_some() {
            self.timers.set(Timer::Register(name.clone()), now);
        }
        if settings.qualify_s > 0 {
            self.timers.set(Timer::Probe(name.clone()), now);
        }
        let trunk = Trunk {
            settings,
            life: Life::Serving,
            servers,
            health: BTreeMap::new(),
            up: true,
            registration,
            channels,
        };
        self.trunks.insert(name, trunk);
        self.handle_timeout(now);
    }

    fn retire(&mut self, now: Time, name: &str) {
        let Some(trunk) = self.trunks.get_mut(name) else { return };
        if trunk.life == Life::Retiring {
            return;
        }
        trunk.life = Life::Retiring;
        if !self.unregister(now, name) {
            self.drop_trunk(name);
        }
    }

    /// Forgets a trunk, its timers and what it has asked.
    fn drop_trunk(&mut self, name: &str) {
        let Some(trunk) = self.trunks.remove(name) else { return };
        for index in 0..trunk.servers.len() {
            self.timers.cancel(&Timer::Resolve(name.to_owned(), index));
        }
        for timer in [Timer::Register(name.into()), Timer::Lapse(name.into()), Timer::Probe(name.into())] {
            self.timers.cancel(&timer);
        }
        self.questions.retain(|_, (of, _)| of != name);
        self.requests.retain(|_, purpose| match purpose {
            Purpose::Register(of) | Purpose::Probe(of, _) => of != name,
        });
    }

    fn fact(&mut self, name: &str, fact: Fact) {
        self.outputs.push_back(Output::Fact { trunk: name.to_owned(), fact });
    }

    fn send(&mut self, purpose: Purpose, hop: Hop, request: Request) {
        let id = TrunkRequestId(self.next_id);
        self.next_id = self.next_id.saturating_add(1);
        self.requests.insert(id, purpose);
        self.outputs.push_back(Output::Send { id, hop, request: Box::new(request) });
    }
}
