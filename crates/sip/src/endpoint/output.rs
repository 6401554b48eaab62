//! What the endpoint yields.

use super::{RequestId, ServerTxn};
use crate::message::{Request, Response};
use crate::session::LegEvent;
use bytes::Bytes;
use cordboard_base::{Hop, LegId};
use serde::{Deserialize, Serialize};

/// What the endpoint yields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(
    clippy::large_enum_variant,
    reason = "one is moved per message, and boxing the rare large one would cost every reader"
)]
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
#[allow(
    clippy::large_enum_variant,
    reason = "one is moved per message, and boxing the rare large one would cost every reader"
)]
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
    /// An INVITE is over before it was adopted or answered, and the endpoint has answered it: the caller gave up (487), or
    /// nobody has dealt with it for 64·T1 (500).
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
