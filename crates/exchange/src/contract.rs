//! What the exchange takes and yields.

use crate::{Setup, StoreCommand, StoreReply};
use bytes::Bytes;
use cordboard_app::{HttpReply, HttpRequest, Level, Value};
use cordboard_base::{CallId, Hop, Transport};
use cordboard_call::CallSummary;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A question to the resolver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResolveId(pub u64);

/// What the exchange takes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Input {
    /// One datagram, or one whole message cut from a stream.
    Message {
        /// By what it came.
        from: Hop,
        /// The bytes.
        bytes: Bytes,
    },
    /// Nothing can be sent to that hop now.
    Unreachable(Hop),
    /// The network says that a datagram did not get there (ICMP).
    Undelivered {
        /// Where it was to go.
        hop: Hop,
        /// How it begins, as far as that is quoted.
        quoted: Bytes,
    },
    /// From a media worker.
    Media(cordboard_media::Event),
    /// From the store.
    Stored(StoreReply),
    /// The web's answer to [`Output::Fetch`].
    Fetched {
        /// To which.
        id: u64,
        /// The answer; there always is one.
        reply: Box<HttpReply>,
    },
    /// From the resolver: addresses with their ports, best first; empty if there are none or it failed.
    Resolved {
        /// Which question.
        id: ResolveId,
        /// Where to.
        hops: Vec<Hop>,
        /// How long they hold, in s.
        ttl_s: u32,
    },
    /// From the command line.
    Admin {
        /// To answer by.
        id: u64,
        /// What.
        request: AdminRequest,
    },
    /// A part of the shell says something to a service, in the service's own terms.
    Tell {
        /// Its kind.
        service: String,
        /// What.
        message: cordboard_app::Value,
    },
    /// A checked snapshot of configuration takes the place of the old one. Its programs are handed in beside it.
    Reload(Box<Setup>),
    /// No new calls from now on; after the grace all remaining ones get BYE; then [`Output::Drained`].
    Drain {
        /// ms.
        grace_ms: u32,
    },
}

/// What the exchange yields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Output {
    /// One whole message for the wire.
    Transmit {
        /// Where to.
        to: Hop,
        /// The bytes.
        bytes: Bytes,
    },
    /// To a media worker.
    Media(cordboard_media::Command),
    /// To the store.
    Store(StoreCommand),
    /// To the resolver: NAPTR, SRV and addresses of a host (RFC 3263).
    Resolve {
        /// To answer by.
        id: ResolveId,
        /// A name.
        host: String,
        /// Its port, which rules SRV out.
        port: Option<u16>,
        /// Its transport, which rules NAPTR out.
        transport: Option<Transport>,
    },
    /// Over HTTP; answered by [`Input::Fetched`].
    Fetch {
        /// To answer by.
        id: u64,
        /// What is asked.
        request: Box<HttpRequest>,
    },
    /// A line for the log.
    Log(LogLine),
    /// For the journeys of calls: to be kept off the call path, or dropped.
    Journey(cordboard_journey::Seen),
    /// To the command line.
    Admin {
        /// Of which request.
        id: u64,
        /// What.
        reply: AdminReply,
    },
    /// Every call is over: the process may stop.
    Drained,
}

/// A line of the log: fields, not sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// How grave.
    pub level: Level,
    /// The call, if it is about one.
    pub call: Option<CallId>,
    /// What happened, in a few constant words.
    pub event: Cow<'static, str>,
    /// Its fields, in order.
    pub fields: Vec<(Cow<'static, str>, String)>,
}

/// What the command line asks of a running exchange.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AdminRequest {
    /// Users and their bindings.
    Phones,
    /// Live calls.
    Calls,
    /// Trunks, and how they are.
    Trunks,
    /// Mailboxes, and how many messages they have.
    Mailboxes,
    /// What has been counted since the start.
    Counters,
    /// Ends a call.
    Hangup {
        /// Which, as `calls` prints it.
        call: CallId,
    },
    /// Asks a service, as a program would: `cordboard queues` and its like. The asker is [`cordboard_app::Asker::COMMAND_LINE`].
    Service {
        /// Its kind: `queue`.
        kind: String,
        /// What, in its own terms.
        request: Value,
    },
}

/// What a running exchange answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum AdminReply {
    /// To `Phones`.
    Phones(Vec<PhoneSummary>),
    /// To `Calls`.
    Calls(Vec<CallSummary>),
    /// To `Trunks`.
    Trunks(Vec<TrunkSummary>),
    /// To `Mailboxes`: by number.
    Mailboxes(BTreeMap<String, cordboard_app::MailboxCounts>),
    /// To `Counters`: `sip.malformed` and the like, with its number.
    Counters(BTreeMap<String, u64>),
    /// To `Service`.
    Service(Value),
    /// Done.
    Done,
    /// It could not be done.
    Refused(String),
}

/// A trunk, and how it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkSummary {
    /// Its name.
    pub trunk: String,
    /// `idle`, `busy` (every channel is in use), `offline` (none of its servers answers, or it is not registered).
    pub state: String,
    /// `none`, `asking`, `registered`, `failed`, `failed: 403`.
    pub registration: String,
    /// Seconds that the registration has left; 0 without one.
    pub expires_s: u64,
    /// Calls from it.
    pub calls_in: u16,
    /// Calls to it.
    pub calls_out: u16,
    /// Calls that it takes at once; 0: no bound.
    pub channels: u16,
    /// Its servers in order: `udp:192.0.2.1:5060`, with ` down` after one that does not answer.
    pub servers: Vec<String>,
}

/// One binding, or a user without any.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneSummary {
    /// The user.
    pub user: String,
    /// The user's display name.
    pub name: String,
    /// The Contact's URI; empty if the user has no binding.
    pub contact: String,
    /// Where its packets come from: `udp:192.168.1.20:5060`.
    pub address: String,
    /// Whether a NAT stands between.
    pub nat: bool,
    /// Seconds left.
    pub expires_s: u32,
    /// The phone's User-Agent.
    pub agent: String,
    /// `idle`, `ringing`, `busy`, `hold`, `offline`.
    pub state: String,
}
