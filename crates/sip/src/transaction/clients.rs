//! The table of client transactions. A response finds its transaction by the number written into our branch.

use super::client_invite::{ClientInvite, OnResponse};
use super::client_other::ClientOther;
use crate::endpoint::RequestId;
use crate::endpoint::turn::{TimerKey, Turn};
use crate::message::{CSeq, Method, Request, Response, Via, name};
use bytes::Bytes;
use cordboard_base::{Hop, LegId, Transport};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A client transaction; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct ClientId(pub(crate) u64);

/// What a client transaction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum ClientTimer {
    /// A, E.
    Retransmit,
    /// B, F.
    Timeout,
    /// D, K, M.
    Linger,
}

/// Who hears what comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Owner {
    Exchange(RequestId),
    Leg(LegId),
    /// Sent because it must be (the BYE of a fork's second answer); nobody cares how it ends.
    Nobody,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    TimedOut,
    Unreachable,
}

/// What came of a request.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// With the first final response the request comes back, without its Via.
    Response {
        response: Box<Response>,
        from: Hop,
        request: Option<Box<Request>>,
    },
    Failed {
        failure: Failure,
        request: Box<Request>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct ClientEvent {
    pub(crate) id: ClientId,
    pub(crate) owner: Owner,
    pub(crate) what: What,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Machine {
    Invite(ClientInvite),
    Other(ClientOther),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Client {
    owner: Owner,
    branch: String,
    hop: Hop,
    /// The next try when the hop is unreachable: the same request for UDP, where TCP was only chosen for its size
    /// (RFC 3261 §18.1.1), or where the peer listens, when the stream that it came by is gone.
    fallback: Option<(Hop, Bytes)>,
    bytes: Bytes,
    /// Until the first final response.
    request: Option<Box<Request>>,
    machine: Machine,
    /// The CANCEL of this INVITE: it has the same branch (§9.1).
    cancel: Option<ClientId>,
}

/// A request that is ready to go.
pub(crate) struct Prepared {
    pub(crate) owner: Owner,
    pub(crate) branch: String,
    pub(crate) hop: Hop,
    pub(crate) request: Box<Request>,
    pub(crate) bytes: Bytes,
    pub(crate) fallback: Option<(Hop, Bytes)>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Clients {
    next: u64,
    #[serde(with = "cordboard_base::pairs")]
    live: BTreeMap<ClientId, Client>,
}

impl Clients {
    pub(crate) fn len(&self) -> usize {
        self.live.len()
    }

    /// The number of the next transaction, to be written into its branch.
    pub(crate) fn take_id(&mut self) -> ClientId {
        self.next = self.next.wrapping_add(1);
        ClientId(self.next)
    }

    /// The number that is written into a branch of ours: `z9hG4bK` number `-` …
    fn id_of(branch: &str) -> Option<ClientId> {
        let digits = branch.strip_prefix(Via::COOKIE)?.split('-').next()?;
        u64::from_str_radix(digits, 16).ok().map(ClientId)
    }

    pub(crate) fn start(&mut self, turn: &mut Turn, id: ClientId, prepared: Prepared) {
        let Prepared { owner, branch, hop, request, bytes, fallback } = prepared;
        let t1 = turn.timing.t1;
        let machine = if request.method == Method::Invite {
            Machine::Invite(ClientInvite::Calling(t1))
        } else {
            Machine::Other(ClientOther::Trying(t1))
        };
        turn.transmit(hop, bytes.clone());
        if !hop.transport.is_reliable() {
            turn.arm(TimerKey::Client(id, ClientTimer::Retransmit), t1);
        } else if fallback.is_some() {
            // A peer that drops the connection attempt in silence must not cost the whole of timer B.
            turn.arm(TimerKey::Client(id, ClientTimer::Retransmit), turn.timing.t2);
        }
        turn.arm(TimerKey::Client(id, ClientTimer::Timeout), turn.timing.give_up());
        let request = Some(request);
        self.live.insert(id, Client { owner, branch, hop, fallback, bytes, request, machine, cancel: None });
    }

    /// A response came. `None`: it was absorbed, or is stray.
    pub(crate) fn on_response(
        &mut self,
        turn: &mut Turn,
        branch: &str,
        method: &Method,
        response: Box<Response>,
        from: Hop,
    ) -> Option<ClientEvent> {
        let found = Self::id_of(branch).filter(|id| self.live.get(id).is_some_and(|c| c.branch == branch));
        let Some(mut id) = found else {
            turn.counters.stray = turn.counters.stray.saturating_add(1);
            return None;
        };
        if *method == Method::Cancel {
            id = self.live.get(&id).and_then(|client| client.cancel)?;
        }
        let Some(client) = self.live.get_mut(&id) else {
            turn.counters.stray = turn.counters.stray.saturating_add(1);
            return None;
        };
        let (event, over) = client.on_response(turn, id, method, response, from);
        if over {
            self.remove(turn, id);
        }
        event
    }

    pub(crate) fn on_timer(
        &mut self,
        turn: &mut Turn,
        id: ClientId,
        timer: ClientTimer,
    ) -> Option<ClientEvent> {
        let client = self.live.get_mut(&id)?;
        match timer {
            ClientTimer::Retransmit => {
                client.on_retransmit(turn, id);
                None
            }
            ClientTimer::Timeout => self.fail(turn, id, Failure::TimedOut),
            ClientTimer::Linger => {
                self.remove(turn, id);
                None
            }
        }
    }

    /// Nothing can be sent to `hop`: its unanswered requests fail, or go by UDP instead.
    pub(crate) fn on_unreachable(&mut self, turn: &mut Turn, hop: Hop) -> Vec<ClientEvent> {
        let concerned = |client: &Client| {
            let connection = match (client.hop.connection, hop.connection) {
                (Some(ours), Some(lost)) => ours == lost,
                (None, _) | (_, None) => true,
            };
            client.hop.transport == hop.transport && client.hop.remote == hop.remote && connection
        };
        self.fail_those(turn, concerned)
    }

    /// A datagram to `hop` was not delivered; `quoted` is its beginning.
    pub(crate) fn on_undelivered(&mut self, turn: &mut Turn, hop: Hop, quoted: &[u8]) -> Vec<ClientEvent> {
        let is_quoted =
            |branch: &str| quoted.windows(branch.len().max(1)).any(|part| part == branch.as_bytes());
        self.fail_those(turn, |client| {
            client.hop.transport == hop.transport
                && client.hop.remote == hop.remote
                && is_quoted(&client.branch)
        })
    }

    fn fail_those(&mut self, turn: &mut Turn, concerned: impl Fn(&Client) -> bool) -> Vec<ClientEvent> {
        let concerned = |client: &Client| client.waits_for_first_response() && concerned(client);
        let ids: Vec<ClientId> = self.live.iter().filter(|(_, c)| concerned(c)).map(|(id, _)| *id).collect();
        let mut events = Vec::new();
        for id in ids {
            let fell_back = self.live.get_mut(&id).is_some_and(|client| client.fall_back(turn, id));
            if !fell_back {
                events.extend(self.fail(turn, id, Failure::Unreachable));
            }
        }
        events
    }

    /// Cancels an INVITE that has had a provisional response (RFC 3261 §9.1). `None` if it is answered already.
    pub(crate) fn cancel(
        &mut self,
        turn: &mut Turn,
        invite: ClientId,
        reasons: &[String],
    ) -> Option<ClientId> {
        let client = self.live.get(&invite).filter(|client| client.cancel.is_none() && client.is_open())?;
        let original = client.request.as_deref()?;
        let mut request = Request::new(Method::Cancel, original.uri.clone());
        request.headers.push(name::VIA, original.headers.first(name::VIA)?);
        for name in [name::ROUTE, name::FROM, name::TO, name::CALL_ID] {
            for value in original.headers.all(name) {
                request.headers.push(name, value);
            }
        }
        let number = original.headers.cseq().ok()?.number;
        request.headers.push(name::CSEQ, CSeq { number, method: Method::Cancel }.to_string());
        request.headers.push(name::MAX_FORWARDS, "70");
        for reason in reasons {
            request.headers.push(name::REASON, reason.as_str());
        }
        let (owner, hop, branch) = (client.owner, client.hop, client.branch.clone());
        let bytes = request.to_bytes();
        let id = self.take_id();
        let prepared = Prepared { owner, branch, hop, request: Box::new(request), bytes, fallback: None };
        self.start(turn, id, prepared);
        if let Some(client) = self.live.get_mut(&invite) {
            client.cancel = Some(id);
        }
        Some(id)
    }

    /// Names a second hop, of the same transport, for when the first is unreachable.
    pub(crate) fn fall_back_to(&mut self, id: ClientId, second: Hop) {
        if let Some(client) = self.live.get_mut(&id)
            && client.fallback.is_none()
            && client.hop.transport == second.transport
        {
            client.fallback = Some((second, client.bytes.clone()));
        }
    }

    /// Whether this INVITE is answered 2xx and further answers may come.
    pub(crate) fn is_accepted(&self, id: ClientId) -> bool {
        self.live
            .get(&id)
            .is_some_and(|client| matches!(client.machine, Machine::Invite(ClientInvite::Accepted)))
    }

    /// Nobody waits for it any more; it still absorbs what comes, for 64·T1 at most.
    pub(crate) fn abandon(&mut self, turn: &mut Turn, id: ClientId) {
        let Some(client) = self.live.get_mut(&id) else { return };
        client.owner = Owner::Nobody;
        if client.is_open() && turn.deadlines.at(&TimerKey::Client(id, ClientTimer::Timeout)).is_none() {
            turn.arm(TimerKey::Client(id, ClientTimer::Timeout), turn.timing.give_up());
        }
    }

    fn fail(&mut self, turn: &mut Turn, id: ClientId, failure: Failure) -> Option<ClientEvent> {
        let client = self.remove(turn, id)?;
        let mut request = client.request?;
        request.headers.remove(name::VIA);
        Some(ClientEvent { id, owner: client.owner, what: What::Failed { failure, request } })
    }

    fn remove(&mut self, turn: &mut Turn, id: ClientId) -> Option<Client> {
        for timer in [ClientTimer::Retransmit, ClientTimer::Timeout, ClientTimer::Linger] {
            turn.disarm(TimerKey::Client(id, timer));
        }
        self.live.remove(&id)
    }
}

impl Client {
    fn is_open(&self) -> bool {
        match &self.machine {
            Machine::Invite(machine) => machine.is_open(),
            Machine::Other(machine) => machine.is_open(),
        }
    }

    fn waits_for_first_response(&self) -> bool {
        match &self.machine {
            Machine::Invite(machine) => matches!(machine, ClientInvite::Calling(_)),
            Machine::Other(machine) => machine.is_open(),
        }
    }

    /// What a response leads to, and whether the transaction is over.
    fn on_response(
        &mut self,
        turn: &mut Turn,
        id: ClientId,
        method: &Method,
        response: Box<Response>,
        from: Hop,
    ) -> (Option<ClientEvent>, bool) {
        let status = response.status;
        let of_method = self.request.as_deref().is_none_or(|request| request.method == *method);
        if !of_method {
            turn.counters.stray = turn.counters.stray.saturating_add(1);
            return (None, false);
        }
        match &mut self.machine {
            Machine::Invite(machine) => match machine.on_response(status) {
                OnResponse::Provisional => {
                    turn.disarm(TimerKey::Client(id, ClientTimer::Retransmit));
                    // An abandoned INVITE keeps its end: nobody would cancel it.
                    if self.owner != Owner::Nobody {
                        turn.disarm(TimerKey::Client(id, ClientTimer::Timeout));
                    }
                    (Some(self.event(id, response, from, None)), false)
                }
                OnResponse::FirstSuccess => {
                    self.linger(turn, id, turn.timing.give_up());
                    let request = self.take_request();
                    (Some(self.event(id, response, from, request)), false)
                }
                OnResponse::FurtherSuccess => (Some(self.event(id, response, from, None)), false),
                OnResponse::Refusal => self.refused(turn, id, response, from),
                OnResponse::RepeatAck => {
                    turn.counters.repeated = turn.counters.repeated.saturating_add(1);
                    if let ClientInvite::Completed(ack) = machine {
                        turn.retransmit(self.hop, ack.clone());
                    }
                    (None, false)
                }
                OnResponse::Stray => {
                    turn.counters.stray = turn.counters.stray.saturating_add(1);
                    (None, false)
                }
            },
            Machine::Other(machine) => {
                if !machine.on_response(status) {
                    turn.counters.repeated = turn.counters.repeated.saturating_add(1);
                    return (None, false);
                }
                if status < 200 {
                    return (Some(self.event(id, response, from, None)), false);
                }
                let over = self.hop.transport.is_reliable();
                self.linger(turn, id, turn.timing.t4);
                let request = self.take_request();
                (Some(self.event(id, response, from, request)), over)
            }
        }
    }

    /// ACKs a refusal on the INVITE's own branch (RFC 3261 §17.1.1.3).
    fn refused(
        &mut self,
        turn: &mut Turn,
        id: ClientId,
        response: Box<Response>,
        from: Hop,
    ) -> (Option<ClientEvent>, bool) {
        if let Some(ack) = self.request.as_deref().and_then(|invite| ack_of_refusal(invite, &response)) {
            turn.transmit(self.hop, ack.clone());
            self.machine = Machine::Invite(ClientInvite::Completed(ack));
        }
        // Timer D: at least 32 s on UDP, none on streams.
        self.linger(turn, id, turn.timing.give_up());
        let over = self.hop.transport.is_reliable();
        let request = self.take_request();
        (Some(self.event(id, response, from, request)), over)
    }

    /// The final response is here: nothing is repeated any more but the ACK of a refusal.
    fn linger(&mut self, turn: &mut Turn, id: ClientId, span: core::time::Duration) {
        self.bytes = Bytes::new();
        self.fallback = None;
        turn.disarm(TimerKey::Client(id, ClientTimer::Retransmit));
        turn.disarm(TimerKey::Client(id, ClientTimer::Timeout));
        turn.arm(TimerKey::Client(id, ClientTimer::Linger), span);
    }

    fn take_request(&mut self) -> Option<Box<Request>> {
        let mut request = self.request.take()?;
        request.headers.remove(name::VIA);
        Some(request)
    }

    fn event(
        &self,
        id: ClientId,
        response: Box<Response>,
        from: Hop,
        request: Option<Box<Request>>,
    ) -> ClientEvent {
        ClientEvent { id, owner: self.owner, what: What::Response { response, from, request } }
    }

    fn on_retransmit(&mut self, turn: &mut Turn, id: ClientId) {
        if self.hop.transport.is_reliable() {
            self.fall_back(turn, id);
            return;
        }
        let next = match &mut self.machine {
            Machine::Invite(machine) => machine.on_retransmit(),
            Machine::Other(machine) => machine.on_retransmit(turn.timing.t2),
        };
        if let Some(interval) = next {
            turn.retransmit(self.hop, self.bytes.clone());
            turn.arm(TimerKey::Client(id, ClientTimer::Retransmit), interval);
        }
    }

    /// Takes the second way, since the stream did not come up. The branch stays, so that a peer that gets both sees one
    /// transaction.
    fn fall_back(&mut self, turn: &mut Turn, id: ClientId) -> bool {
        let Some((hop, bytes)) = self.fallback.take() else { return false };
        self.hop = hop;
        self.bytes = bytes;
        if hop.transport.is_reliable() {
            turn.transmit(self.hop, self.bytes.clone());
            return true;
        }
        if let Some(request) = self.request.as_deref_mut()
            && let Ok(mut via) = request.headers.via()
        {
            Transport::Udp.via_name().clone_into(&mut via.transport);
            request.headers.set(name::VIA, via.to_string());
        }
        turn.retransmit(self.hop, self.bytes.clone());
        turn.arm(TimerKey::Client(id, ClientTimer::Retransmit), turn.timing.t1);
        true
    }
}

fn ack_of_refusal(invite: &Request, response: &Response) -> Option<Bytes> {
    let mut ack = Request::new(Method::Ack, invite.uri.clone());
    ack.headers.push(name::VIA, invite.headers.first(name::VIA)?);
    for value in invite.headers.all(name::ROUTE) {
        ack.headers.push(name::ROUTE, value);
    }
    ack.headers.push(name::FROM, invite.headers.first(name::FROM)?);
    ack.headers.push(name::TO, response.headers.first(name::TO)?);
    ack.headers.push(name::CALL_ID, invite.headers.first(name::CALL_ID)?);
    let number = invite.headers.cseq().ok()?.number;
    ack.headers.push(name::CSEQ, CSeq { number, method: Method::Ack }.to_string());
    ack.headers.push(name::MAX_FORWARDS, "70");
    Some(ack.to_bytes())
}

impl Failure {
    /// The status that stands for it (RFC 3261 §8.1.3.1).
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::TimedOut => 408,
            Self::Unreachable => 503,
        }
    }
}
