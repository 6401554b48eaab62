//! The endpoint: what the exchange talks to. It owns the transactions (RFC 3261 §17, RFC 6026) and the INVITE sessions, and
//! sends every incoming message to the right one. Retransmissions end here.
//!
//! ```text
//! datagram ─▶ parse ─▶ transaction ─┬─ matches a session's dialog ─▶ Event::Leg
//!                                   ├─ new INVITE ─▶ Event::Invite  (challenge, refuse, or Adopt into a leg)
//!                                   ├─ other request ─▶ Event::Request (registrar, subscriptions, …)
//!                                   └─ response to Command::Send ─▶ Event::Response
//! ```
//! Malformed requests that can be answered are answered 400 here, and counted ([`Counters`]).
//!
//! | File | Owns |
//! |---|---|
//! | [`input`], [`output`], [`counters`], [`config`] | the contract |
//! | [`dispatch`] | from a message to its transaction, leg or event |
//! | [`admit`] | requests outside of dialogs: what is refused at the door |
//! | [`transmit`] | Via, Contact, choice of transport; what every machine sends with |
//! | [`turn`] | time, timers, outputs of one turn |

mod admit;
mod config;
mod counters;
mod dispatch;
mod input;
mod output;
pub(crate) mod transmit;
pub(crate) mod turn;

pub use config::{Config, Limits, Ports};
pub use counters::Counters;
pub use input::{Command, Input, RequestId, ServerTxn};
pub use output::{Event, Outcome, Output};

pub use crate::transaction::Timing;

use crate::dialog::leg_of_tag;
use crate::session::{LegCommand, LegEvent, Session};
use crate::transaction::{ClientEvent, Owner, ServerOwner, ServerTimer, What, clients::Failure};
use cordboard_base::{LegId, Networks, Time};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use transmit::Core;
use turn::TimerKey;

/// Timers fired in one turn at most: a bound on the loop, far above what can be due at once; the rest is due in the next.
const TIMERS_PER_TURN_MAX: usize = 100_000;
/// The version of [`State`].
const STATE_VERSION: u16 = 1;

/// The endpoint. Feed it with [`Endpoint::handle`], then drain [`Endpoint::poll`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Endpoint {
    core: Core,
    #[serde(with = "cordboard_base::pairs")]
    legs: BTreeMap<LegId, Box<Session>>,
    live: usize,
}

/// Everything that an endpoint is, as plain data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct State {
    version: u16,
    endpoint: Endpoint,
}

/// How full the tables are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Client transactions.
    pub clients: usize,
    /// Server transactions.
    pub servers: usize,
    /// Legs that have not ended.
    pub sessions: usize,
    /// Ended legs that still ACK late answers of a fork, for 64·T1.
    pub lingering: usize,
}

/// What names a dialog of ours to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DialogName {
    /// Its Call-ID.
    pub call_id: String,
    /// Our tag.
    pub local_tag: String,
    /// The peer's tag.
    pub remote_tag: String,
    /// Where the peer is reached: its Contact.
    pub remote_target: crate::message::Uri,
}

impl Endpoint {
    /// An endpoint without transactions.
    pub fn new(config: Config) -> Self {
        Self { core: Core::new(config), legs: BTreeMap::new(), live: 0 }
    }

    /// Takes one input; what is due at `now` comes first.
    pub fn handle(&mut self, now: Time, input: Input) {
        self.core.turn.now = now.max(self.core.turn.now);
        self.fire_due();
        match input {
            Input::Message { from, bytes } => self.on_message(from, &bytes),
            Input::Unreachable(hop) => {
                self.core.servers.on_unreachable(&mut self.core.turn, hop);
                for event in self.core.clients.on_unreachable(&mut self.core.turn, hop) {
                    self.deliver(event);
                }
            }
            Input::Undelivered { hop, quoted } => {
                for event in self.core.clients.on_undelivered(&mut self.core.turn, hop, &quoted) {
                    self.deliver(event);
                }
            }
            Input::Command(command) => self.on_command(command),
            Input::Tick => {}
        }
    }

    /// The next output; to be drained after every `handle`.
    pub fn poll(&mut self) -> Option<Output> {
        self.core.turn.outputs.pop_front()
    }

    /// When `handle` wants to be called at the latest, with [`Input::Tick`] if nothing else is there.
    pub fn next_deadline(&self) -> Option<Time> {
        self.core.turn.deadlines.next()
    }

    /// What was counted since the start.
    pub fn counters(&self) -> Counters {
        self.core.turn.counters
    }

    /// How full the tables are.
    pub fn load(&self) -> Load {
        Load {
            clients: self.core.clients.len(),
            servers: self.core.servers.len(),
            sessions: self.live,
            lingering: self.legs.len().saturating_sub(self.live),
        }
    }

    /// Our addresses have changed: what is sent from now on names the new ones.
    pub fn set_networks(&mut self, networks: Networks) {
        self.core.config.networks = networks;
    }

    /// Takes a new configuration. The key and the stream of names stay: they are the process's.
    pub fn reconfigure(&mut self, config: Config) {
        let (key, stream) = (self.core.config.key, self.core.config.stream);
        self.core.turn.timing = config.timing;
        self.core.config = Config { key, stream, ..config };
    }

    /// The leg whose dialog this is, from our point of view: for Replaces (RFC 3891 §3; there `to-tag` is ours) and Join.
    pub fn leg_of_dialog(&self, call_id: &str, local_tag: &str, remote_tag: &str) -> Option<LegId> {
        let leg = leg_of_tag(local_tag)?;
        let session = self.legs.get(&leg)?;
        (session.is_live() && session.has_dialog(call_id, local_tag, remote_tag)).then_some(leg)
    }

    /// The dialog of a leg: for a Replaces that names it, and for lamps. `None` before it has one, and after its end.
    pub fn dialog_of_leg(&self, leg: LegId) -> Option<DialogName> {
        self.legs.get(&leg).filter(|session| session.is_live())?.dialog_name()
    }

    /// Everything, to be kept; outputs that were not drained included.
    pub fn snapshot(&self) -> State {
        State { version: STATE_VERSION, endpoint: self.clone() }
    }

    /// From what was kept. Deadlines that passed meanwhile are due at once.
    pub fn restore(state: State, now: Time) -> Self {
        let mut endpoint = state.endpoint;
        debug_assert_eq!(state.version, STATE_VERSION);
        endpoint.core.turn.now = now.max(endpoint.core.turn.now);
        endpoint
    }

    fn fire_due(&mut self) {
        for _ in 0..TIMERS_PER_TURN_MAX {
            let now = self.core.turn.now;
            let Some(key) = self.core.turn.deadlines.pop_due(now) else { return };
            match key {
                TimerKey::Client(id, timer) => {
                    if let Some(event) = self.core.clients.on_timer(&mut self.core.turn, id, timer) {
                        self.deliver(event);
                    }
                }
                TimerKey::Server(txn, ServerTimer::End) if self.core.servers.is_unadopted(txn) => {
                    self.give_up_invite(txn, 500);
                }
                TimerKey::Server(txn, timer) => self.core.servers.on_timer(&mut self.core.turn, txn, timer),
                TimerKey::Leg(leg, timer) => {
                    self.with_leg(leg, |session, core| session.on_timer(core, timer))
                }
            }
        }
    }

    /// What came of a request of ours, to whoever sent it.
    fn deliver(&mut self, event: ClientEvent) {
        match event.owner {
            Owner::Leg(leg) => self.with_leg(leg, |session, core| session.on_client(core, event)),
            Owner::Exchange(id) => {
                let outcome = match event.what {
                    What::Response { response, .. } if response.is_provisional() => return,
                    What::Response { response, from, .. } => Outcome::Final(response, from),
                    What::Failed { failure: Failure::TimedOut, .. } => Outcome::TimedOut,
                    What::Failed { failure: Failure::Unreachable, .. } => Outcome::Unreachable,
                };
                self.core.turn.event(Event::Response { id, outcome });
            }
            Owner::Nobody => {}
        }
    }

    /// Lets a leg work; drops it when it is gone.
    fn with_leg(&mut self, leg: LegId, work: impl FnOnce(&mut Session, &mut Core)) {
        let Some(session) = self.legs.get_mut(&leg) else { return };
        let was_live = session.is_live();
        work(session, &mut self.core);
        if was_live && !session.is_live() {
            self.live = self.live.saturating_sub(1);
        }
        if session.is_gone() {
            self.legs.remove(&leg);
        }
    }

    fn insert_leg(&mut self, leg: LegId, session: Session) {
        if session.is_live() {
            self.live = self.live.saturating_add(1);
        }
        if !session.is_gone() {
            self.legs.insert(leg, Box::new(session));
        }
    }

    fn on_command(&mut self, command: Command) {
        match command {
            Command::Respond { txn, response } => self.respond(txn, *response),
            Command::Adopt { txn, leg } => self.adopt(txn, leg),
            Command::Send { id, to, request } => {
                self.core.send(Owner::Exchange(id), None, request, to);
            }
            Command::Leg(leg, LegCommand::Invite(new)) => {
                if self.legs.contains_key(&leg) {
                    return;
                }
                if self.live >= self.core.config.limits.sessions {
                    let refused = LegEvent::Refused { status: 503, response: None };
                    self.core.turn.event(Event::Leg(leg, refused));
                    return;
                }
                let session = Session::outgoing(&mut self.core, leg, *new);
                self.insert_leg(leg, session);
            }
            // A command may cross the leg's end; then nobody is left to take it.
            Command::Leg(leg, command) => {
                self.with_leg(leg, |session, core| session.on_command(core, command))
            }
        }
    }

    /// The exchange answers a request itself.
    fn respond(&mut self, txn: ServerTxn, mut response: crate::message::Response) {
        match self.core.servers.owner(txn) {
            Some(ServerOwner::Exchange | ServerOwner::Unadopted(..)) => {}
            // A session answers its own requests.
            Some(ServerOwner::Leg(_)) | None => return,
        }
        if response.status > 100 {
            self.core.tag(&mut response);
        }
        if response.status >= 200 {
            self.core.servers.set_owner(txn, ServerOwner::Exchange);
        }
        self.core.respond(txn, response);
    }

    fn adopt(&mut self, txn: ServerTxn, leg: LegId) {
        let open = self.core.servers.is_open(txn) && !self.legs.contains_key(&leg);
        let owner = if open { self.core.servers.set_owner(txn, ServerOwner::Leg(leg)) } else { None };
        let Some(ServerOwner::Unadopted(request, from)) = owner else {
            // The caller gave up in the same turn.
            let ended = LegEvent::Ended {
                by: crate::session::EndedBy::Peer,
                reason: crate::session::Reason::default(),
            };
            self.core.turn.event(Event::Leg(leg, ended));
            return;
        };
        self.core.turn.disarm(TimerKey::Server(txn, ServerTimer::End));
        match Session::incoming(&mut self.core, leg, txn, request, from) {
            Ok(session) => self.insert_leg(leg, session),
            Err(request) => {
                // No dialog can be made of it.
                let mut response = request.response(400);
                self.core.tag(&mut response);
                self.core.respond(txn, response);
                let (by, reason) = (crate::session::EndedBy::Peer, crate::session::Reason::default());
                self.core.turn.event(Event::Leg(leg, LegEvent::Ended { by, reason }));
            }
        }
    }
}
