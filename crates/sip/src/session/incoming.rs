//! The peer's INVITE until its final response (RFC 3261 §13.3).
//!
//! ```text
//!  Adopt ─▶ Offered ── Accept ──▶ Established (200 repeated until the ACK)
//!             │ └── Reject, End ──▶ Ended by us
//!             └── CANCEL, BYE ──▶ 487, Ended by the peer
//! ```

use super::confirm::Confirm;
use super::machine::{Phase, put_headers, put_sdp, sdp_of};
use super::reliable::{Unpracked, WaitingProvisional};
use super::{ALLOW, EndedBy, LegEvent, Reason, SUPPORTED, Session};
use crate::dialog::{Dialog, tag_of_leg};
use crate::endpoint::ServerTxn;
use crate::endpoint::transmit::Core;
use crate::message::{Request, Response, name};
use bytes::Bytes;
use cordboard_base::{Hop, LegId};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Header fields that the call core wants to be said.
pub(super) type Fields = Vec<(String, String)>;

/// An INVITE of the peer without its final response.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Offered {
    pub(super) txn: ServerTxn,
    pub(super) request: Box<Request>,
    /// Whether the INVITE holds an offer.
    pub(super) has_offer: bool,
    /// The RSeq of the last reliable provisional response, 0 before the first.
    pub(super) rseq: u32,
    pub(super) unpracked: Option<Unpracked>,
    pub(super) waiting: VecDeque<WaitingProvisional>,
    /// `Accept` came while a reliable provisional response with SDP was not acknowledged (RFC 3262 §5).
    pub(super) accept: Option<(Option<Bytes>, Fields)>,
}

impl Session {
    /// Makes a leg of an INVITE; gives it back if it can't make a dialog.
    pub(crate) fn incoming(
        core: &mut Core,
        id: LegId,
        txn: ServerTxn,
        request: Box<Request>,
        from: Hop,
    ) -> Result<Self, Box<Request>> {
        let token = core.source.token();
        let local_tag = tag_of_leg(id, &token);
        let Some(mut dialog) = Dialog::of_callee(&request, &local_tag, from, &core.config.networks) else {
            return Err(request);
        };
        let sdp = sdp_of(&request.headers, &request.body);
        let has_offer = sdp.is_some();
        dialog.remote_sdp = sdp;
        let offered = Offered {
            txn,
            request: request.clone(),
            has_offer,
            rseq: 0,
            unpracked: None,
            waiting: VecDeque::new(),
            accept: None,
        };
        let mut session = Self::new(id, local_tag, Phase::Offered(Box::new(offered)));
        // Nearly always it is the only one: no room for more is made in advance.
        session.dialogs = vec![dialog];
        session.tell(core, LegEvent::Incoming { request, from });
        Ok(session)
    }

    /// A response to the first INVITE, with our tag and Contact.
    pub(super) fn first_response(&self, core: &Core, request: &Request, status: u16) -> Response {
        let mut response = request.response(status);
        if let Ok(to) = request.headers.to() {
            response.headers.set(name::TO, to.with_tag(&self.local_tag).to_string());
        }
        if status < 300
            && let Some(dialog) = self.dialogs.first()
        {
            response.headers.push(name::CONTACT, core.contact(&self.local_tag, dialog.peer));
            response.headers.push(name::ALLOW, ALLOW);
            response.headers.push(name::SUPPORTED, SUPPORTED);
        }
        response
    }

    /// 101–199.
    pub(super) fn provisional(&mut self, core: &mut Core, status: u16, sdp: Option<Bytes>, headers: Fields) {
        let Phase::Offered(offered) = &mut self.phase else { return };
        if !(101..200).contains(&status) || offered.accept.is_some() {
            return;
        }
        let can = |header| offered.request.headers.lists(header, "100rel");
        if can(name::REQUIRE) || (can(name::SUPPORTED) && sdp.is_some()) {
            self.reliable_provisional(core, WaitingProvisional { status, sdp, headers });
            return;
        }
        let txn = offered.txn;
        let Phase::Offered(offered) = &self.phase else { return };
        let mut response = self.first_response(core, &offered.request, status);
        put_headers(&mut response.headers, headers);
        // An offer may not travel unreliably (RFC 3262 §5); an answer may, ahead of the 2xx that repeats it.
        if let Some(sdp) = sdp.filter(|_| offered.has_offer) {
            put_sdp(&mut response.headers, &mut response.body, sdp);
        }
        core.respond(txn, response);
    }

    /// 200.
    pub(super) fn accept(&mut self, core: &mut Core, sdp: Option<Bytes>, headers: Fields) {
        let Phase::Offered(offered) = &mut self.phase else { return };
        if offered.unpracked.as_ref().is_some_and(|unpracked| unpracked.sdp) || offered.accept.is_some() {
            offered.accept.get_or_insert((sdp, headers));
            return;
        }
        self.accept_now(core, sdp, headers);
    }

    pub(super) fn accept_now(&mut self, core: &mut Core, sdp: Option<Bytes>, headers: Fields) {
        let Some(dialog) = self.dialogs.first_mut() else { return };
        let answered = core::mem::replace(&mut dialog.answered, true);
        let Phase::Offered(offered) = core::mem::replace(&mut self.phase, Phase::Established) else { return };
        self.disarm(core, super::LegTimer::Prack);
        // The answer went reliably before: the 2xx holds none (RFC 3262 §5).
        let sdp = if answered { None } else { sdp };
        let kind = Confirm { offer: !answered && !offered.has_offer && sdp.is_some(), initial: true };
        self.confirm(core, offered.txn, &offered.request, sdp, headers, kind);
    }

    /// 300–699.
    pub(super) fn reject(&mut self, core: &mut Core, status: u16, reason: Reason, headers: Fields) {
        let status = if (300..700).contains(&status) { status } else { 500 };
        self.refuse_first(core, status, &reason, headers, EndedBy::Us);
    }

    /// Gives the INVITE its refusal and ends the leg.
    pub(super) fn refuse_first(
        &mut self,
        core: &mut Core,
        status: u16,
        reason: &Reason,
        headers: Fields,
        by: EndedBy,
    ) {
        let Phase::Offered(offered) = &self.phase else { return };
        let txn = offered.txn;
        let mut response = self.first_response(core, &offered.request, status);
        if by == EndedBy::Us {
            reason.write(&mut response.headers);
        }
        put_headers(&mut response.headers, headers);
        core.respond(txn, response);
        self.finish(core, LegEvent::Ended { by, reason: reason.clone() });
    }

    /// The peer's CANCEL, already answered 200 (RFC 3261 §9.2).
    pub(crate) fn on_cancel(&mut self, core: &mut Core, txn: ServerTxn, cancel: &Request) {
        match &self.phase {
            Phase::Offered(offered) if offered.txn == txn => {
                let reason = Reason::read(&cancel.headers);
                self.refuse_first(core, 487, &reason, Vec::new(), EndedBy::Peer);
            }
            Phase::Offered(_) | Phase::Inviting(_) | Phase::Over { .. } => {}
            Phase::Established | Phase::WantsToLeave(_) | Phase::Leaving(_) => self.withdraw_offer(core, txn),
        }
        self.next_proposal(core);
    }
}
