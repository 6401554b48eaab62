//! One INVITE usage: the dialogs of a leg, from INVITE to BYE. It hides from the call core forking, PRACK, lost ACKs,
//! CANCEL races, glare, session timers and the choice between re-INVITE and UPDATE; the call core sees commands and events.
//!
//! ```text
//! outgoing:  Inviting ─▶ Early ─▶ Confirmed ─▶ Ended        incoming:  Offered ─▶ Early ─▶ Accepted ─▶ Confirmed ─▶ Ended
//!                 └──────┴─▶ Cancelling ─▶ Ended                                (200 sent)  (ACK came)
//! ```
//! Offers and answers are opaque bytes here: `sdp` crate and call core decide what is in them; the session decides in which
//! message they travel (RFC 3261 §13.2.1, RFC 3262, RFC 3311, RFC 6337). Only one offer is in flight at a time; an offer that
//! comes while another is pending waits for it inside the session.

use crate::message::{NameAddr, Request, Response, Uri};
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

/// Why a leg ends, as the `Reason` header says it (RFC 3326).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    /// A Q.850 cause, 1–127.
    pub q850: Option<u8>,
    /// A SIP status (`SIP;cause=200;text="Call completed elsewhere"` on losing legs).
    pub sip: Option<u16>,
    /// The text.
    pub text: Option<String>,
}

/// What the call core asks of a leg.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// How a description arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Carrier {
    /// re-INVITE.
    Invite,
    /// UPDATE.
    Update,
    /// PRACK.
    Prack,
    /// A reliable provisional response.
    Provisional,
    /// ACK.
    Ack,
}

/// What a leg tells the call core.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LegEvent {
    /// A new incoming leg: the first event after `Adopt`.
    Incoming {
        /// The INVITE.
        request: Box<Request>,
        /// Where it came from.
        from: Hop,
    },
    /// 101–199 to our INVITE. Retransmissions and PRACK are dealt with.
    Provisional {
        /// The response.
        response: Box<Response>,
        /// The answer so far (early media). With several early dialogs: of the newest.
        sdp: Option<Bytes>,
    },
    /// 2xx to our INVITE; the first of a fork (further ones are ACKed and BYEd by the session).
    Answered {
        /// The response.
        response: Box<Response>,
        /// The answer; an offer, if the INVITE had none: it must be met with `Answer` (or `End`).
        sdp: Option<Bytes>,
    },
    /// The ACK of our 2xx.
    Acknowledged {
        /// The answer, if our 2xx held the offer.
        sdp: Option<Bytes>,
    },
    /// The final answer to our INVITE is not 2xx: the leg is over. 3xx included.
    Refused {
        /// 300–699; 408 when nothing came, 503 when no hop could be reached.
        status: u16,
        /// The response, if one came.
        response: Option<Box<Response>>,
    },
    /// The peer offers a new session, to be met with `Answer` or `Refuse`. Without SDP the peer wants us to offer: `Answer`
    /// then carries our offer, and its answer comes as `OfferAnswered`.
    Offered {
        /// The offer.
        sdp: Option<Bytes>,
        /// How it came.
        by: Carrier,
        /// The request, for identities in it.
        request: Box<Request>,
    },
    /// The answer to our offer.
    OfferAnswered {
        /// The answer.
        sdp: Bytes,
        /// How it came.
        by: Carrier,
    },
    /// Our offer was refused; the session stays as it was.
    OfferFailed {
        /// The status.
        status: u16,
    },
    /// An UPDATE or re-INVITE without a change of session brought a new identity of the peer.
    Identity {
        /// The request or response headers it came with.
        request: Box<Request>,
    },
    /// INFO. It has been answered 200.
    Info {
        /// Its Content-Type.
        content_type: String,
        /// Its body.
        body: Bytes,
    },
    /// MESSAGE within the dialog. It has been answered 200.
    Message {
        /// Its Content-Type.
        content_type: String,
        /// Its body.
        body: Bytes,
    },
    /// The peer asks us to connect it elsewhere: to be met with `ReferReply`, then `ReferNotify`.
    Referred {
        /// Refer-To; a Replaces in its URI headers names the dialog to take over.
        to: NameAddr,
        /// Referred-By.
        by: Option<NameAddr>,
        /// The request.
        request: Box<Request>,
    },
    /// How the reference that we asked for goes. `status` 200 and up is the last.
    ReferProgress {
        /// From the sipfrag, or the REFER's refusal.
        status: u16,
    },
    /// The leg is over. Exactly one `Ended` or `Refused` comes for every leg.
    Ended {
        /// Who or what ended it.
        by: EndedBy,
        /// The Reason header, if one came.
        reason: Reason,
    },
}

/// Who or what ended a leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndedBy {
    /// The peer's BYE or CANCEL.
    Peer,
    /// Our own `End` or `Reject`.
    Us,
    /// No ACK came for our 2xx within 64·T1.
    NoAck,
    /// The session timer ran out (RFC 4028 §10).
    SessionTimer,
    /// The peer answered 481 or 408 within the dialog, or could not be reached.
    Lost,
}
