//! From a message to its transaction, and on to a leg, an event, or a refusal.

use super::transmit::Core;
use super::{Endpoint, Event};
use crate::dialog::leg_of_tag;
use crate::message::{
    CSeq, Mandatory, Message, MessageError, Method, Refusal, Request, Response, Via, name, parse_datagram,
    refusal,
};
use crate::session::Asked;
use crate::transaction::servers::{Repeated, ReplyTo};
use crate::transaction::{MergeKey, ServerKey, ServerOwner};
use cordboard_base::{Hop, LegId, Transport};
use core::net::SocketAddr;

/// A request with what every request needs, read once.
pub(super) struct Arrived {
    pub(super) request: Box<Request>,
    pub(super) from: Hop,
    pub(super) via: Via,
    pub(super) cseq: CSeq,
    pub(super) from_tag: String,
    pub(super) to_tag: Option<String>,
    pub(super) reply_to: ReplyTo,
}

impl Arrived {
    /// Reads the header fields that every request needs, and marks its Via with where it came from (RFC 3261 §18.2.1,
    /// RFC 3581 §4).
    fn read(mut request: Box<Request>, from: Hop) -> Result<Self, (Box<Request>, Refusal)> {
        let call_id = request.headers.call_id().map_err(Refusal::from);
        let Mandatory { mut via, from: caller, to: callee, cseq } =
            match call_id.and_then(|_| request.read_mandatory()) {
                Ok(mandatory) => mandatory,
                Err(error) => return Err((request, error)),
            };
        let from_tag = caller.tag().unwrap_or("").to_owned();
        let to_tag = callee.tag().filter(|tag| !tag.is_empty()).map(str::to_owned);
        let reply_to = reply_to(&via, from);
        mark(&mut request, &mut via, from);
        Ok(Self { request, from, via, cseq, from_tag, to_tag, reply_to })
    }

    pub(super) fn key(&self, method: &Method) -> ServerKey {
        ServerKey::of(&self.request, &self.via, method)
    }

    pub(super) fn merge_key(&self) -> MergeKey {
        MergeKey {
            call_id: self.request.headers.call_id().unwrap_or("").to_owned(),
            from_tag: self.from_tag.clone(),
            cseq: self.cseq.number,
            method: self.cseq.method.clone(),
        }
    }
}

/// Where the response goes: by the connection, else to the source address. Only a client that sends from another port than
/// it listens on, and neither stands behind a NAT nor asks for `rport`, is answered at the port that it names.
fn reply_to(via: &Via, from: Hop) -> ReplyTo {
    let port = via.port.unwrap_or(from.transport.default_port());
    let named = SocketAddr::new(from.remote.ip(), port);
    match from.transport {
        Transport::Udp => {
            let at_home =
                via.host.ip().is_some_and(|ip| ip.to_canonical() == from.remote.ip().to_canonical());
            let remote = if via.params.has("rport") || !at_home { from.remote } else { named };
            ReplyTo { hop: Hop::new(Transport::Udp, remote), listener: None }
        }
        Transport::Tcp | Transport::Tls => {
            ReplyTo { hop: from, listener: Some(Hop::new(from.transport, named)) }
        }
    }
}

fn mark(request: &mut Request, via: &mut Via, from: Hop) {
    let source = from.remote.ip().to_canonical();
    let rport = via.params.has("rport");
    let elsewhere = via.host.ip().is_none_or(|ip| ip.to_canonical() != source);
    if !rport && !elsewhere {
        return;
    }
    via.params.set("received", Some(&source.to_string()));
    if rport {
        via.params.set("rport", Some(&from.remote.port().to_string()));
    }
    let further: Vec<String> = request.headers.all(name::VIA).skip(1).map(str::to_owned).collect();
    request.headers.remove(name::VIA);
    for value in further.into_iter().rev() {
        request.headers.push_front(name::VIA, value);
    }
    request.headers.push_front(name::VIA, via.to_string());
}

impl Endpoint {
    pub(super) fn on_message(&mut self, from: Hop, bytes: &bytes::Bytes) {
        let counters = &mut self.core.turn.counters;
        counters.received = counters.received.saturating_add(1);
        match parse_datagram(bytes) {
            Ok(Message::Request(request)) => match Arrived::read(Box::new(request), from) {
                Ok(arrived) => self.on_request(arrived),
                Err((request, fault)) => self.on_invalid(from, &request, &fault),
            },
            Ok(Message::Response(response)) => self.on_response(Box::new(response), from),
            Err(error) => self.on_malformed(from, bytes, &error),
        }
    }

    /// What is not SIP is dropped; what is, and can be answered, is (400, 505, 513).
    fn on_malformed(&mut self, from: Hop, bytes: &[u8], error: &MessageError) {
        let Some(mut response) = refusal(bytes, error) else {
            let counters = &mut self.core.turn.counters;
            counters.garbage = counters.garbage.saturating_add(1);
            return;
        };
        self.core.add_server(&mut response);
        let turn = &mut self.core.turn;
        turn.counters.malformed = turn.counters.malformed.saturating_add(1);
        turn.transmit(from, response.to_bytes());
    }

    /// It parses, but says nothing sensible: 400 or 416 (RFC 3261 §8.2), to where it came from.
    fn on_invalid(&mut self, from: Hop, request: &Request, fault: &Refusal) {
        let counters = &mut self.core.turn.counters;
        if request.method == Method::Ack {
            counters.garbage = counters.garbage.saturating_add(1);
            return;
        }
        counters.malformed = counters.malformed.saturating_add(1);
        let mut response = request.refuse(fault);
        self.core.tag(&mut response);
        self.core.add_server(&mut response);
        self.core.turn.transmit(from, response.to_bytes());
    }

    fn on_response(&mut self, response: Box<Response>, from: Hop) {
        // One that does not satisfy RFC 3261 is dropped (§18.1.2); the request is repeated or times out.
        let Ok(Mandatory { via, cseq, .. }) = response.mandatory() else {
            self.core.turn.counters.garbage = self.core.turn.counters.garbage.saturating_add(1);
            return;
        };
        let core = &mut self.core;
        let event = core.clients.on_response(&mut core.turn, via.branch(), &cseq.method, response, from);
        if let Some(event) = event {
            self.deliver(event);
        }
    }

    fn on_request(&mut self, arrived: Arrived) {
        match &arrived.request.method {
            Method::Ack => self.on_ack(&arrived),
            Method::Cancel => self.on_cancel(arrived),
            Method::Invite
            | Method::Bye
            | Method::Register
            | Method::Options
            | Method::Prack
            | Method::Update
            | Method::Info
            | Method::Message
            | Method::Refer
            | Method::Subscribe
            | Method::Notify
            | Method::Publish
            | Method::Other(_) => {
                let key = arrived.key(&arrived.cseq.method);
                if self.core.servers.on_repeat(&mut self.core.turn, &key) == Repeated::Absorbed {
                    return;
                }
                if let Err(fault) = arrived.request.validate_rest() {
                    self.on_invalid(arrived.reply_to.hop, &arrived.request, &fault);
                    return;
                }
                match &arrived.to_tag {
                    Some(tag) => match leg_of_tag(tag) {
                        Some(leg) => self.on_dialog_request(leg, key, arrived),
                        None => self.on_foreign_dialog(key, arrived),
                    },
                    None => self.admit(key, arrived),
                }
            }
        }
    }

    fn on_ack(&mut self, arrived: &Arrived) {
        let key = arrived.key(&Method::Invite);
        if self.core.servers.on_ack(&mut self.core.turn, &key) == Repeated::Absorbed {
            return;
        }
        let leg = arrived.to_tag.as_deref().and_then(leg_of_tag);
        let Some(leg) = leg.filter(|leg| self.legs.contains_key(leg)) else {
            self.core.turn.counters.stray = self.core.turn.counters.stray.saturating_add(1);
            return;
        };
        let remote = arrived.from_tag.as_str();
        let local = arrived.to_tag.as_deref().unwrap_or("");
        let call_id = arrived.request.headers.call_id().unwrap_or("");
        self.with_leg(leg, |session, core| {
            if session.has_dialog(call_id, local, remote) {
                session.on_ack(core, &arrived.request, arrived.from);
            }
        });
    }

    /// RFC 3261 §9.2.
    fn on_cancel(&mut self, arrived: Arrived) {
        let key = arrived.key(&Method::Cancel);
        if self.core.servers.on_repeat(&mut self.core.turn, &key) == Repeated::Absorbed {
            return;
        }
        let Some(invite) = self.core.servers.find(&key.with_method(Method::Invite)) else {
            self.core.refuse_statelessly(&arrived, 481, &[]);
            return;
        };
        let cancel = self.core.start_server(key, None, ServerOwner::Exchange, &arrived);
        let mut response = arrived.request.response(200);
        // RFC 3261 §9.2: the same To tag as the INVITE's own response has.
        let leg = match self.core.servers.owner(invite) {
            Some(ServerOwner::Leg(leg)) => self.legs.get(leg),
            Some(ServerOwner::Exchange | ServerOwner::Unadopted(..)) | None => None,
        };
        match (leg, response.headers.to()) {
            (Some(session), Ok(to)) => {
                response.headers.set(name::TO, to.with_tag(session.own_tag()).to_string());
            }
            (Some(_) | None, _) => self.core.tag(&mut response),
        }
        self.core.respond(cancel, response);
        if !self.core.servers.is_open(invite) {
            return;
        }
        match self.core.servers.owner(invite) {
            Some(ServerOwner::Leg(leg)) => {
                let leg = *leg;
                self.with_leg(leg, |session, core| session.on_cancel(core, invite, &arrived.request));
            }
            Some(ServerOwner::Unadopted(..)) => self.give_up_invite(invite, 487),
            Some(ServerOwner::Exchange) | None => {}
        }
    }

    /// Answers an INVITE that the exchange has neither adopted nor answered.
    pub(super) fn give_up_invite(&mut self, invite: super::ServerTxn, status: u16) {
        let owner = self.core.servers.set_owner(invite, ServerOwner::Exchange);
        if let Some(ServerOwner::Unadopted(request, _)) = owner {
            let mut response = request.response(status);
            self.core.tag(&mut response);
            self.core.respond(invite, response);
            self.core.turn.event(Event::InviteCancelled(invite));
        }
    }

    /// A request within a dialog of a leg.
    fn on_dialog_request(&mut self, leg: LegId, key: ServerKey, arrived: Arrived) {
        let limit = self.core.config.limits.transactions.saturating_mul(2);
        if self.core.servers.len() >= limit {
            self.overloaded(&arrived);
            return;
        }
        if !self.legs.contains_key(&leg) {
            self.core.refuse_statelessly(&arrived, 481, &[]);
            return;
        }
        if let Some(unknown) = super::admit::unknown_extension(&arrived.request) {
            self.core.refuse_statelessly(&arrived, 420, &[(name::UNSUPPORTED, &unknown)]);
            return;
        }
        if let Some(refusal) = super::admit::unreadable(&arrived.request) {
            return self.core.refuse_at_door(&arrived, &refusal);
        }
        let txn = self.core.start_server(key, None, ServerOwner::Leg(leg), &arrived);
        let asked = Asked { txn, request: arrived.request, from: arrived.from };
        self.with_leg(leg, |session, core| session.on_request(core, asked));
    }

    pub(super) fn overloaded(&mut self, arrived: &Arrived) {
        self.core.turn.counters.overloaded = self.core.turn.counters.overloaded.saturating_add(1);
        let after = self.core.config.limits.retry_after_secs.to_string();
        self.core.refuse_statelessly(arrived, 503, &[(name::RETRY_AFTER, &after)]);
    }
}

impl Core {
    pub(super) fn start_server(
        &mut self,
        key: ServerKey,
        merge: Option<MergeKey>,
        owner: ServerOwner,
        arrived: &Arrived,
    ) -> super::ServerTxn {
        let invite = arrived.cseq.method == Method::Invite;
        self.servers.start(&mut self.turn, key, merge, owner, arrived.reply_to, invite)
    }
}
