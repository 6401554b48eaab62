//! What the endpoint takes.

use crate::message::{Request, Response};
use crate::session::LegCommand;
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
#[allow(
    clippy::large_enum_variant,
    reason = "one is moved per message, and boxing the rare large one would cost every reader"
)]
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
    /// The network says that one datagram did not get there (ICMP, RFC 3261 §18.4): its transaction fails, and no other. What
    /// does not quote the branch, which nobody can guess, proves nothing and is ignored.
    Undelivered {
        /// Where it was to go.
        hop: Hop,
        /// How it begins, as far as that is quoted.
        quoted: Bytes,
    },
    /// From the exchange.
    Command(Command),
    /// Nothing but time: [`super::Endpoint::next_deadline`] has come. (Every other input fires what is due, too.)
    Tick,
}

/// What the exchange asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(
    clippy::large_enum_variant,
    reason = "one is moved per message, and boxing the rare large one would cost every reader"
)]
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
