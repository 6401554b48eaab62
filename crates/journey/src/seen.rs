//! What the exchange hands out as it happens. Made on the signalling thread: nothing is parsed, formatted or copied that need not be.

use crate::entry::{LegEnd, Refused};
use bytes::Bytes;
use cordboard_app::{Cause, Destination};
use cordboard_base::{CallId, Hop, LegId, Time};
use cordboard_call::{CallRecord, Disposition, Fact, OutOfReach};
use cordboard_media::Second;
use core::net::SocketAddr;
use serde::{Deserialize, Serialize};

/// Something that the exchange has seen or done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// When.
    pub at: Time,
    /// What.
    pub what: What,
}

/// What it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    /// A SIP message, about a call or not.
    Message {
        /// Whether we sent it.
        sent: bool,
        /// The peer.
        peer: Hop,
        /// The message; shared with whoever sends or has read it.
        bytes: Bytes,
    },
    /// Of a call.
    Fact(CallId, Box<Fact>),
    /// A destination could not be rung.
    OutOfReach {
        /// For which call.
        call: CallId,
        /// Whom.
        whom: Box<Destination>,
        /// Why.
        why: OutOfReach,
    },
    /// How a leg's audio goes.
    Figures {
        /// Whose.
        leg: LegId,
        /// When the first second began.
        from: Time,
        /// Second by second.
        seconds: Vec<Second>,
    },
    /// Where a leg's audio comes from.
    Latched {
        /// Whose.
        leg: LegId,
        /// From there.
        address: SocketAddr,
    },
    /// No audio has come for as long as the office bears.
    Silent {
        /// Whose.
        leg: LegId,
    },
    /// An INVITE that no call came of.
    Refused(Box<Refused>),
    /// A mail about a call was ordered.
    Mailed(Box<Mailed>),
    /// A service says how it stands with a call.
    Said {
        /// Which call.
        call: CallId,
        /// The service: `queue`.
        who: String,
        /// What.
        text: String,
    },
    /// The call is over.
    Ended(Box<End>),
    /// So many of these are missing here: they came faster than they could be kept.
    Lost(u64),
}

/// A mail about a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailed {
    /// Which call.
    pub call: CallId,
    /// The mailbox, or whose number it is.
    pub mailbox: String,
    /// What kind of mail.
    pub kind: String,
    /// The message that it is about.
    pub message: String,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// Which.
    pub call: CallId,
    /// How it went.
    pub disposition: Disposition,
    /// Why it ended.
    pub cause: Cause,
    /// Who hung up: `caller`, `callee`, `system`.
    pub by: String,
    /// A script error, with its place.
    pub error: Option<String>,
    /// Its legs.
    pub legs: Vec<LegEnd>,
}

impl End {
    /// Out of the call's record.
    pub fn of(record: &CallRecord) -> Self {
        Self {
            call: record.call,
            disposition: record.disposition,
            cause: record.cause,
            by: record.hangup_by.clone(),
            error: record.error.clone(),
            legs: record.legs.iter().map(LegEnd::of).collect(),
        }
    }
}
