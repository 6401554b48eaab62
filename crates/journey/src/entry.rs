//! What is kept of a call: entries, each at its time. Plain data, without secrets.

use cordboard_app::{Cause, Destination, Place, Value};
use cordboard_base::{CallId, LegId, Transport};
use cordboard_call::{Disposition, LegRecord, LegState, OutOfReach};
use cordboard_media::Second;
use core::net::SocketAddr;
use serde::{Deserialize, Serialize};

/// Something that befell a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in microseconds since the Unix epoch.
    pub at_us: i64,
    /// Which call.
    pub call: CallId,
    /// What.
    pub event: Event,
}

/// What befell it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It began.
    Began {
        /// Who calls: number.
        from: String,
        /// And name.
        name: String,
        /// What was dialled.
        dialed: String,
        /// The context it is routed in.
        context: String,
        /// The user who calls, if it is one of ours.
        user: Option<String>,
        /// The trunk that it came by, if it did.
        trunk: Option<String>,
    },
    /// An INVITE that no call came of. It has a journey of its own all the same.
    Refused(Refused),
    /// A leg, and how it is now.
    Leg {
        /// Which.
        leg: LegId,
        /// Whose: `101`, `itsp`; empty: nobody's that we know.
        who: String,
        /// Whether it is a trunk's.
        #[serde(default)]
        trunk: bool,
        /// Whether we call it (or it called us).
        outgoing: bool,
        /// How it is.
        state: LegState,
        /// The other end.
        other: String,
    },
    /// A SIP message.
    Message {
        /// Of which leg, if that is known.
        leg: Option<LegId>,
        /// Whether we sent it.
        sent: bool,
        /// By what.
        transport: Transport,
        /// Our address, as the peer is shown it.
        local: SocketAddr,
        /// The peer's.
        peer: SocketAddr,
        /// The message, with its secrets blotted out; of the same length as it was.
        text: String,
    },
    /// A program's step.
    Step {
        /// What, in short.
        what: String,
        /// Where in its script.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        place: Option<Place>,
    },
    /// A route of the dialplan was taken.
    Routed {
        /// The context that it stands in.
        context: String,
        /// Its pattern.
        pattern: String,
    },
    /// A program has asked something that only the moment knew, and was answered.
    Answered {
        /// What was asked: `db cf/101`, `state of 102`.
        what: String,
        /// The answer, or why there was none; `None`: it may be a secret, or is too long to be kept.
        value: Option<Result<Value, String>>,
    },
    /// A key was pressed.
    Digit {
        /// By whom.
        leg: LegId,
        /// Which; `None`: it is not shown.
        digit: Option<char>,
    },
    /// What a program had typed.
    Read {
        /// By whom.
        leg: LegId,
        /// What; `None`: a PIN or a password.
        digits: Option<String>,
        /// How many digits.
        count: u16,
        /// Whether no more came in time.
        timed_out: bool,
    },
    /// The codec in use.
    Codec {
        /// Of which leg.
        leg: LegId,
        /// Its name.
        name: String,
        /// Whether its partner has another one.
        transcoded: bool,
    },
    /// Two legs talk.
    Bridged {
        /// One.
        a: LegId,
        /// The other.
        b: LegId,
    },
    /// Somebody was connected elsewhere.
    Transferred {
        /// Who asked for it, and leaves.
        by: LegId,
        /// Who stays.
        subject: LegId,
        /// Where to; empty: to somebody who was on the line already.
        to: String,
    },
    /// A leg goes on in another call.
    Moved {
        /// Which.
        leg: LegId,
        /// Into which call.
        to: CallId,
    },
    /// A leg has come from another call.
    Joined {
        /// Which.
        leg: LegId,
        /// From which call.
        from: CallId,
    },
    /// A route of the dialplan is asked who rings, in a call of its own that is a part of this one.
    Inside {
        /// That call.
        call: CallId,
        /// The number of the route.
        who: String,
    },
    /// A leg takes part in a mix.
    Mixed {
        /// Which.
        leg: LegId,
        /// The mix: `conference/main`.
        mix: String,
    },
    /// Another call is in the same mix.
    Met {
        /// Which.
        call: CallId,
        /// The mix.
        mix: String,
    },
    /// A recording is complete.
    Recorded {
        /// Of which leg.
        leg: LegId,
        /// The file within the recordings' directory.
        path: String,
        /// How much it holds, in ms.
        ms: u64,
        /// Why it ended early, if it did.
        failure: Option<String>,
    },
    /// A mail was ordered about it.
    Mailed {
        /// The mailbox, or whose number it is.
        mailbox: String,
        /// `voicemail`, `dictation`, `emergency`.
        kind: String,
        /// The message that it is about, by which it is known in the queue of mails.
        message: String,
        /// How it stands with it, where the reader has looked that up: `sent`, `waiting`, `failed`, and the server's last word.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        state: Option<String>,
    },
    /// An emergency number was called.
    Emergency {
        /// By which user.
        user: String,
        /// The number.
        number: String,
    },
    /// A program, a service or the call core says something.
    Said {
        /// `log`, `event`, `mark`; or the service: `queue`, `parking`.
        what: String,
        /// What.
        text: String,
    },
    /// A script error: `file:line:column: message`.
    ScriptError(String),
    /// A destination could not be rung.
    OutOfReach {
        /// Whom: `101`, `itsp`.
        who: String,
        /// Whether it is a trunk.
        trunk: bool,
        /// Why.
        why: OutOfReach,
    },
    /// How a leg's audio went.
    Figures {
        /// Whose.
        leg: LegId,
        /// When the first second began, in microseconds since the Unix epoch.
        from_us: i64,
        /// Second by second: received, sent, lost, jitter in ms, from strangers.
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
        /// From whom.
        leg: LegId,
    },
    /// It is over.
    Ended {
        /// How it went.
        disposition: Disposition,
        /// Why.
        cause: Cause,
        /// Who hung up: `caller`, `callee`, `system`.
        by: String,
        /// A script error.
        error: Option<String>,
        /// Its legs.
        legs: Vec<LegEnd>,
    },
    /// So many entries of any calls are missing here: they came faster than they could be kept.
    Missing {
        /// How many.
        entries: u64,
    },
}

impl Event {
    /// The leg that it is about, if it is about one.
    pub fn leg(&self) -> Option<LegId> {
        match self {
            Self::Leg { leg, .. }
            | Self::Digit { leg, .. }
            | Self::Read { leg, .. }
            | Self::Codec { leg, .. }
            | Self::Moved { leg, .. }
            | Self::Joined { leg, .. }
            | Self::Mixed { leg, .. }
            | Self::Recorded { leg, .. }
            | Self::Figures { leg, .. }
            | Self::Latched { leg, .. }
            | Self::Silent { leg } => Some(*leg),
            Self::Message { leg, .. } => *leg,
            Self::Began { .. }
            | Self::Refused(_)
            | Self::Routed { .. }
            | Self::Answered { .. }
            | Self::Step { .. }
            | Self::Bridged { .. }
            | Self::Transferred { .. }
            | Self::Met { .. }
            | Self::Inside { .. }
            | Self::Mailed { .. }
            | Self::Emergency { .. }
            | Self::Said { .. }
            | Self::ScriptError(_)
            | Self::OutOfReach { .. }
            | Self::Ended { .. }
            | Self::Missing { .. } => None,
        }
    }

    /// The other call that it leads to or comes from: both are one journey.
    pub fn link(&self) -> Option<CallId> {
        match self {
            Self::Moved { to, .. } => Some(*to),
            Self::Joined { from, .. } => Some(*from),
            Self::Met { call, .. } | Self::Inside { call, .. } => Some(*call),
            Self::Began { .. }
            | Self::Refused(_)
            | Self::Leg { .. }
            | Self::Message { .. }
            | Self::Routed { .. }
            | Self::Answered { .. }
            | Self::Step { .. }
            | Self::Digit { .. }
            | Self::Read { .. }
            | Self::Codec { .. }
            | Self::Bridged { .. }
            | Self::Transferred { .. }
            | Self::Mixed { .. }
            | Self::Recorded { .. }
            | Self::Mailed { .. }
            | Self::Emergency { .. }
            | Self::Said { .. }
            | Self::ScriptError(_)
            | Self::OutOfReach { .. }
            | Self::Figures { .. }
            | Self::Latched { .. }
            | Self::Silent { .. }
            | Self::Ended { .. }
            | Self::Missing { .. } => None,
        }
    }
}

/// An INVITE that no call came of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The id that it would have had as a call, by which it is shown.
    pub call: u64,
    /// SIP's own name for it.
    pub call_id: String,
    /// Who it says that it is.
    pub from: String,
    /// What was dialled.
    pub dialed: String,
    /// Where it came from.
    pub address: String,
    /// What it was answered.
    pub status: u16,
    /// Why: `wrong password`, `unknown user`, `too many calls`.
    pub why: String,
}

/// How a leg ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LegEnd {
    /// Which.
    pub leg: LegId,
    /// Whose; empty for the caller's.
    pub who: String,
    /// Whether it was answered.
    pub answered: bool,
    /// Its codec.
    pub codec: String,
    /// Why it ended.
    pub cause: Cause,
    /// Packets from the peer.
    pub received: u64,
    /// Packets sent.
    pub sent: u64,
    /// Packets lost on the way to us.
    pub lost: u64,
    /// Packets that the peer says it lost.
    pub peer_lost: u64,
    /// Packets from strangers' addresses, dropped.
    pub strangers: u64,
    /// Packets that were no RTP or of an unknown payload type.
    pub discarded: u64,
}

impl LegEnd {
    /// Out of a leg's record.
    pub fn of(leg: &LegRecord) -> Self {
        let stats = &leg.stats;
        Self {
            leg: leg.leg,
            who: leg.who.as_ref().map(|who| name_of(who).0).unwrap_or_default(),
            answered: leg.answered_us.is_some(),
            codec: leg.codec.clone(),
            cause: leg.cause,
            received: stats.received,
            sent: stats.sent,
            lost: stats.lost,
            peer_lost: stats.peer_lost,
            strangers: stats.strangers,
            discarded: stats.discarded,
        }
    }
}

/// A destination's name, and whether it is a trunk.
pub(crate) fn name_of(who: &Destination) -> (String, bool) {
    match who {
        Destination::User(user) => (user.clone(), false),
        Destination::Trunk { trunk, .. } => (trunk.clone(), true),
        Destination::Extension { context, number } => (format!("{number}@{context}"), false),
    }
}
