//! What the call core asks of a leg.

use super::Reason;
use crate::message::{NameAddr, Uri};
use bytes::Bytes;
use cordboard_base::Hop;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Credentials for an outgoing leg (a trunk's).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// The user name.
    pub username: String,
    /// The password. Never logged.
    pub password: String,
}

impl core::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Credentials({}, …)", self.username)
    }
}

/// What an outgoing leg starts with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewLeg {
    /// The Request-URI.
    pub target: Uri,
    /// Where the INVITE goes; more than one: the next is tried when one is unreachable or answers 503 (RFC 3263 §4.3).
    pub hops: Vec<Hop>,
    /// Preloaded routes (Path of a binding, outbound proxy).
    pub route: Vec<NameAddr>,
    /// From, without tag.
    pub from: NameAddr,
    /// To, without tag.
    pub to: NameAddr,
    /// The offer; `None` makes the peer offer (late offer).
    pub sdp: Option<Bytes>,
    /// Further header fields: P-Asserted-Identity, Privacy, Diversion, Alert-Info, Replaces, …
    pub headers: Vec<(String, String)>,
    /// For 401 and 407.
    pub credentials: Option<Credentials>,
    /// The wished session interval (RFC 4028); `None` offers no timer.
    pub session_expires: Option<Duration>,
}

/// What the call core asks of a leg.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(
    clippy::large_enum_variant,
    reason = "one is moved per message, and boxing the rare large one would cost every reader"
)]
pub enum LegCommand {
    /// Starts an outgoing leg.
    Invite(Box<NewLeg>),
    /// 101–199 on an incoming leg, sent reliably when the peer supports 100rel and there is SDP, or it requires it.
    Provisional {
        /// 180, 181, 182, 183.
        status: u16,
        /// Early media: the answer to the INVITE's offer, or an offer if it had none and 100rel is on.
        sdp: Option<Bytes>,
        /// Further header fields.
        headers: Vec<(String, String)>,
    },
    /// 200 on an incoming leg. `sdp` is the answer, or the offer if the INVITE had none; `None` if the answer went before in a
    /// reliable provisional response.
    Accept {
        /// The description.
        sdp: Option<Bytes>,
        /// Further header fields.
        headers: Vec<(String, String)>,
    },
    /// A final refusal (3xx–6xx) of an incoming leg. The leg ends.
    Reject {
        /// 300–699.
        status: u16,
        /// Its Reason header.
        reason: Reason,
        /// Further header fields (Contact of a 302, Retry-After).
        headers: Vec<(String, String)>,
    },
    /// Offers a new session on an established leg: re-INVITE, or UPDATE in an early dialog. Ends in `OfferAnswered` or
    /// `OfferFailed`; glare is retried inside (RFC 3261 §14.1).
    Offer {
        /// The description.
        sdp: Bytes,
        /// Further header fields.
        headers: Vec<(String, String)>,
    },
    /// Tells the peer who it is connected to now: UPDATE without SDP if the peer allows it, else a re-INVITE with the last
    /// description, else nothing (RFC 4916, RFC 5876).
    Identity {
        /// P-Asserted-Identity and the like.
        headers: Vec<(String, String)>,
    },
    /// Answers [`LegEvent::Offered`], or the offer in [`LegEvent::Answered`] (it travels in the ACK then).
    Answer {
        /// The description.
        sdp: Bytes,
    },
    /// Refuses [`LegEvent::Offered`]; the session stays as it was.
    Refuse {
        /// 488, 491, 500 …
        status: u16,
    },
    /// INFO.
    Info {
        /// Its Content-Type.
        content_type: String,
        /// Its body.
        body: Bytes,
    },
    /// MESSAGE within the dialog.
    Message {
        /// Its Content-Type.
        content_type: String,
        /// Its body.
        body: Bytes,
    },
    /// Asks the peer to call somebody else (RFC 3515). Ends in `ReferProgress`.
    Refer {
        /// Refer-To, Replaces included in its headers.
        to: NameAddr,
        /// Referred-By.
        by: Option<NameAddr>,
    },
    /// The first reply to [`LegEvent::Referred`]: 202, or a refusal.
    ReferReply {
        /// 202 or 4xx–6xx.
        status: u16,
    },
    /// Tells the transferer how the reference goes (`message/sipfrag`). The last one ends the subscription.
    ReferNotify {
        /// The status of the referred call, 100 and up.
        status: u16,
    },
    /// Ends the leg, whatever its state: refusal, CANCEL, BYE. [`LegEvent::Ended`] follows when it is over.
    End {
        /// Its Reason header.
        reason: Reason,
    },
}
