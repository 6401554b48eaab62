//! What a leg tells the call core.

use super::Reason;
use crate::message::{NameAddr, Request, Response};
use bytes::Bytes;
use cordboard_base::Hop;
use serde::{Deserialize, Serialize};

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
#[allow(
    clippy::large_enum_variant,
    reason = "one is moved per message, and boxing the rare large one would cost every reader"
)]
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
    /// Our offer was refused, or the peer withdrew its own before it was answered (487); the session stays as it was.
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
