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

use crate::message::{Request, Response};
use crate::session::{LegCommand, LegEvent};
use bytes::Bytes;
use cordboard_base::{Hop, LegId};
use serde::{Deserialize, Serialize};

/// A server transaction that waits for its final response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServerTxn(pub u64);

/// A request of ours outside of any session; chosen by whoever sends it, who finds the response by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId(pub u64);

/// What the endpoint takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// One datagram, or one whole message that the shell's [`crate::message::StreamParser`] cut from a stream.
    Message {
        /// By what it came, with the stream's connection.
        from: Hop,
        /// The bytes.
        bytes: Bytes,
    },
    /// Nothing can be sent to that hop now: connection refused, reset, no route, TLS failure. Its transactions fail.
    Unreachable(Hop),
    /// From the exchange.
    Command(Command),
}

/// What the exchange asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Answers a request that came as [`Event::Request`] or [`Event::Invite`]. The endpoint adds a To tag where there is none,
    /// Server, Content-Length; 1xx may come before the final one.
    Respond {
        /// Which.
        txn: ServerTxn,
        /// What with.
        response: Box<Response>,
    },
    /// Makes a session of an [`Event::Invite`]; from then on its events come as [`Event::Leg`]. The endpoint has sent 100.
    Adopt {
        /// Which.
        txn: ServerTxn,
        /// As what.
        leg: LegId,
    },
    /// Sends a request outside of sessions (OPTIONS, REGISTER, NOTIFY, MESSAGE …). The endpoint adds Via and Max-Forwards and
    /// keeps the rest as it is; ends in one [`Event::Response`].
    Send {
        /// To find the response by.
        id: RequestId,
        /// Where to.
        to: Hop,
        /// The request, complete but for Via.
        request: Box<Request>,
    },
    /// To a leg's session.
    Leg(LegId, LegCommand),
}

/// What the endpoint yields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// Bytes for the wire. A request of more than 1,300 bytes for UDP comes out for TCP (RFC 3261 §18.1.1); if that is
    /// [`Input::Unreachable`], it comes again for UDP.
    Transmit {
        /// Where to.
        to: Hop,
        /// One whole message.
        bytes: Bytes,
    },
    /// For the exchange.
    Event(Event),
}

/// What happens on the wire, as the exchange sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// An INVITE outside of any dialog. 100 has been sent. To be answered by `Respond` or `Adopt`.
    Invite {
        /// Its transaction.
        txn: ServerTxn,
        /// The request.
        request: Box<Request>,
        /// Where it came from.
        from: Hop,
    },
    /// The caller gave up on an INVITE before it was adopted; the endpoint has answered 487.
    InviteCancelled(ServerTxn),
    /// Any other request that belongs to no session: REGISTER, OPTIONS, SUBSCRIBE, NOTIFY, PUBLISH, MESSAGE, REFER.
    Request {
        /// Its transaction.
        txn: ServerTxn,
        /// The request.
        request: Box<Request>,
        /// Where it came from.
        from: Hop,
    },
    /// The end of a `Command::Send`.
    Response {
        /// Of which request.
        id: RequestId,
        /// What came.
        outcome: Outcome,
    },
    /// From a leg's session.
    Leg(LegId, LegEvent),
}

/// How a request of ours ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// A final response, and where it came from.
    Final(Box<Response>, Hop),
    /// None within 64·T1 (RFC 3261 §17.1.2.2).
    TimedOut,
    /// The transport failed.
    Unreachable,
}

/// What the endpoint counts; for metrics, never for decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Messages taken.
    pub received: u64,
    /// Messages sent, retransmissions included.
    pub sent: u64,
    /// Not SIP, dropped.
    pub garbage: u64,
    /// Malformed, answered 400.
    pub malformed: u64,
    /// Retransmissions absorbed.
    pub repeated: u64,
    /// Retransmissions sent.
    pub retransmitted: u64,
    /// Responses that matched no transaction, dropped.
    pub stray: u64,
}
