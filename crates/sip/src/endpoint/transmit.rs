//! What every machine of the endpoint sends with: our Via, Contact and product name, the choice of the transport for large
//! requests, and the tables of transactions.

use super::turn::Turn;
use super::{Config, ServerTxn};
use crate::auth::Shared;
use crate::message::{CSeq, Host, Method, Request, Response, Via, name};
use crate::transaction::clients::Prepared;
use crate::transaction::{ClientId, Clients, Owner, Servers};
use bytes::Bytes;
use cordboard_base::{Hop, LegId, Source, Transport};
use core::fmt::Write;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use serde::{Deserialize, Serialize};

/// A request that is longer goes by a stream (RFC 3261 §18.1.1).
const UDP_BYTES_MAX: usize = 1_300;

/// Everything of an endpoint but its sessions.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Core {
    pub(crate) config: Config,
    pub(crate) source: Source,
    pub(crate) turn: Turn,
    pub(crate) clients: Clients,
    pub(crate) servers: Servers,
    /// Nonces that serve further requests.
    pub(crate) nonces: Shared,
}

impl Core {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            source: Source::new(config.key, config.stream),
            turn: Turn::new(config.timing),
            clients: Clients::default(),
            servers: Servers::default(),
            nonces: Shared::default(),
            config,
        }
    }

    /// The address that the peer at `hop` is shown. Without one of its family nothing can be sent anyway; the unspecified
    /// address stands in until the shell says so.
    fn shown_to(&self, hop: Hop) -> Host {
        let peer = hop.remote.ip().to_canonical();
        let none = if peer.is_ipv4() {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED)
        } else {
            IpAddr::V6(Ipv6Addr::UNSPECIFIED)
        };
        Host::Ip(self.config.networks.advertised(peer).unwrap_or(none))
    }

    /// Our Contact towards `hop`.
    pub(crate) fn contact(&self, user: &str, hop: Hop) -> String {
        let (host, port) = (self.shown_to(hop), self.config.ports.of(hop.transport));
        match hop.transport {
            Transport::Udp => format!("<sip:{user}@{host}:{port}>"),
            Transport::Tcp | Transport::Tls => {
                format!("<sip:{user}@{host}:{port};transport={}>", hop.transport.param())
            }
        }
    }

    /// A branch that says which transaction, and which leg it serves.
    fn branch(&mut self, id: ClientId, leg: Option<LegId>) -> String {
        let mut branch = String::with_capacity(48);
        let written = match leg {
            Some(leg) => write!(branch, "{}{:x}-{leg}-", Via::COOKIE, id.0),
            None => write!(branch, "{}{:x}-", Via::COOKIE, id.0),
        };
        debug_assert!(written.is_ok(), "writing to a string");
        branch.push_str(&self.source.token());
        branch
    }

    fn via(&self, hop: Hop, branch: &str) -> String {
        let (host, port) = (self.shown_to(hop), self.config.ports.of(hop.transport));
        format!("SIP/2.0/{} {host}:{port};rport;branch={branch}", hop.transport.via_name())
    }

    /// Completes `request` with Via, Max-Forwards and User-Agent and starts its transaction.
    pub(crate) fn send(
        &mut self,
        owner: Owner,
        leg: Option<LegId>,
        mut request: Box<Request>,
        hop: Hop,
    ) -> ClientId {
        let id = self.clients.take_id();
        let branch = self.branch(id, leg);
        self.complete(&mut request, hop, &branch);
        let bytes = request.to_bytes();
        let mut prepared = Prepared { owner, branch, hop, request, bytes, fallback: None };
        let large = hop.transport == Transport::Udp && prepared.bytes.len() > UDP_BYTES_MAX;
        if large && self.config.ports.tcp.is_some() && listens_at(&prepared.request, hop) {
            prepared.hop = Hop::new(Transport::Tcp, hop.remote);
            let via = self.via(prepared.hop, &prepared.branch);
            prepared.request.headers.remove(name::VIA);
            prepared.request.headers.push_front(name::VIA, via);
            let by_stream = prepared.request.to_bytes();
            prepared.fallback = Some((hop, core::mem::replace(&mut prepared.bytes, by_stream)));
        }
        self.clients.start(&mut self.turn, id, prepared);
        id
    }

    /// Sends an ACK of a 2xx: no transaction, a branch of its own (RFC 3261 §13.2.2.4). Gives the bytes for repeats.
    pub(crate) fn send_ack(&mut self, leg: LegId, mut ack: Request, hop: Hop) -> Bytes {
        let id = self.clients.take_id();
        let branch = self.branch(id, Some(leg));
        self.complete(&mut ack, hop, &branch);
        let bytes = ack.to_bytes();
        self.turn.transmit(hop, bytes.clone());
        bytes
    }

    fn complete(&self, request: &mut Request, hop: Hop, branch: &str) {
        let via = self.via(hop, branch);
        request.headers.push_front(name::VIA, via);
        if request.headers.first(name::MAX_FORWARDS).is_none() {
            request.headers.push(name::MAX_FORWARDS, "70");
        }
        if !self.config.user_agent.is_empty() && request.headers.first(name::USER_AGENT).is_none() {
            request.headers.push(name::USER_AGENT, self.config.user_agent.as_str());
        }
    }

    /// Completes `response` with Server and gives it to its transaction. Says where it went and what was sent.
    pub(crate) fn respond(&mut self, txn: ServerTxn, mut response: Response) -> Option<(Hop, Bytes)> {
        self.add_server(&mut response);
        let bytes = response.to_bytes();
        let hop = self.servers.respond(&mut self.turn, txn, response.status, bytes.clone())?;
        Some((hop, bytes))
    }

    pub(crate) fn add_server(&self, response: &mut Response) {
        if !self.config.user_agent.is_empty() && response.headers.first(name::SERVER).is_none() {
            response.headers.push(name::SERVER, self.config.user_agent.as_str());
        }
    }

    /// Answers without more ado.
    pub(crate) fn reply(&mut self, txn: ServerTxn, request: &Request, status: u16) {
        self.respond(txn, request.response(status));
    }
}

/// Whether the peer may take a stream at `hop`. A phone whose address is not the one that we send to stands behind a NAT,
/// which lets nothing in but answers to its datagrams.
fn listens_at(request: &Request, hop: Hop) -> bool {
    let routed = request.headers.first(name::ROUTE).is_some();
    routed || request.uri.host.ip().is_none_or(|ip| ip.to_canonical() == hop.remote.ip().to_canonical())
}

/// `CSeq` of a request.
pub(crate) fn cseq(number: u32, method: &Method) -> String {
    CSeq { number, method: method.clone() }.to_string()
}
