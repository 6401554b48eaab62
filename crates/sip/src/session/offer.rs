//! Offers in flight (RFC 3261 §14, RFC 3311, RFC 6337). One at a time; ours wait in a queue.
//!
//! ```text
//!  ours:    waiting in the queue ──▶ out ──2xx──▶ OfferAnswered
//!                 ▲                   └──491──▶ backing off (the peer's offer is taken meanwhile)
//!                 └───────────────────────────────┘
//!  theirs:  Idle ── re-INVITE, UPDATE, PRACK, reliable 1xx ──▶ Theirs ── Answer, Refuse ──▶ Idle
//! ```

use super::confirm::{AckWanted, Confirm};
use super::incoming::Fields;
use super::machine::{Asked, Phase, Purpose, put_headers, put_sdp, sdp_of};
use super::{ALLOW, Carrier, EndedBy, LegEvent, LegTimer, SUPPORTED, Session};
use crate::endpoint::ServerTxn;
use crate::endpoint::transmit::Core;
use crate::message::{Headers, Method, Request, Response, name};
use bytes::Bytes;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Proposals that wait; past it an offer fails with 500 and the rest is dropped. A call core that waits for its answers
/// never has more than two.
pub const PROPOSALS_MAX: usize = 8;
/// How often one proposal meets 491 or 500 before it fails.
const TRIES_MAX: u8 = 5;
/// A longer Retry-After than this is a refusal (RFC 3261 §14.2 asks for 0–10 s).
const RETRY_AFTER_MAX_S: u32 = 10;

/// Something that we want to put to the peer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Proposal {
    what: Proposed,
    headers: Fields,
    tries: u8,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Proposed {
    Offer(Bytes),
    /// Only header fields.
    Identity,
    /// The session timer's.
    Refresh,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) enum Offering {
    #[default]
    Idle,

    /// The peer's waits for the call core.
    Theirs { txn: ServerTxn, by: Carrier, request: Box<Request>, has_sdp: bool },
    /// The peer's came in a reliable provisional response: its PRACK takes the answer.
    Unpracked { rack: String },
}

/// A proposal of ours that is out. Without SDP it is no offer, and the peer may offer meanwhile.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ours {
    proposal: Proposal,
    by: Carrier,
    sdp: Option<Bytes>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Offers {
    ours: Option<Ours>,
    /// The peer's.
    pub(super) state: Offering,
    queue: VecDeque<Proposal>,
    pub(super) backing_off: bool,
}

impl Offers {
    fn may_propose(&self) -> bool {
        let free = self.ours.is_none() && matches!(self.state, Offering::Idle);
        free && !self.backing_off && !self.queue.is_empty()
    }
}

impl Session {
    pub(super) fn offer(&mut self, core: &mut Core, sdp: Bytes, headers: Fields) {
        let open = matches!(self.phase, Phase::Inviting(_) | Phase::Offered(_) | Phase::Established);
        if !open || self.offers.queue.len() >= PROPOSALS_MAX {
            if self.is_live() {
                self.tell(core, LegEvent::OfferFailed { status: 500 });
            }
            return;
        }
        self.offers.queue.push_back(Proposal { what: Proposed::Offer(sdp), headers, tries: 0 });
    }

    pub(super) fn identify(&mut self, _core: &mut Core, headers: Fields) {
        // Only the newest identity is worth saying.
        self.offers.queue.retain(|waiting| !matches!(waiting.what, Proposed::Identity));
        if self.offers.queue.len() < PROPOSALS_MAX && self.is_live() {
            self.offers.queue.push_back(Proposal { what: Proposed::Identity, headers, tries: 0 });
        }
    }

    pub(super) fn propose_refresh(&mut self) {
        let waiting = self.offers.queue.iter().any(|p| matches!(p.what, Proposed::Refresh));
        if !waiting && self.offers.queue.len() < PROPOSALS_MAX {
            self.offers.queue.push_back(Proposal { what: Proposed::Refresh, headers: Vec::new(), tries: 0 });
        }
    }

    /// Sends the next proposal, if nothing stands in its way.
    pub(super) fn next_proposal(&mut self, core: &mut Core) {
        while self.offers.may_propose() {
            let update_only = match &self.phase {
                Phase::Established => false,
                // RFC 3311 §5.1: an UPDATE may offer once the INVITE's own offer has been answered.
                Phase::Inviting(inviting) if inviting.cancel.is_none() => true,
                Phase::Offered(offered) if offered.unpracked.is_none() => true,
                Phase::Inviting(_)
                | Phase::Offered(_)
                | Phase::WantsToLeave(_)
                | Phase::Leaving(_)
                | Phase::Over { .. } => return,
            };
            let Some(dialog) = self.dialogs.last() else { return };
            let update = dialog.allows_update;
            if self.unacked.is_some()
                || self.ack_wanted.is_some()
                || (update_only && !(dialog.answered && update))
            {
                return;
            }
            let Some(proposal) = self.offers.queue.pop_front() else { return };
            let (by, sdp) = match &proposal.what {
                Proposed::Offer(sdp) if update_only => (Carrier::Update, Some(sdp.clone())),
                Proposed::Offer(sdp) => (Carrier::Invite, Some(sdp.clone())),
                Proposed::Identity | Proposed::Refresh if update => (Carrier::Update, None),
                Proposed::Identity | Proposed::Refresh => match &self.local_sdp {
                    Some(sdp) => (Carrier::Invite, Some(sdp.clone())),
                    // A peer without UPDATE and without a description: nothing can be said to it.
                    None => continue,
                },
            };
            self.propose(core, proposal, by, sdp);
        }
    }

    fn propose(&mut self, core: &mut Core, proposal: Proposal, by: Carrier, sdp: Option<Bytes>) {
        let Some(dialog) = self.dialogs.last_mut() else { return };
        let method = if by == Carrier::Update { Method::Update } else { Method::Invite };
        let mut request = dialog.request(method);
        let hop = dialog.hop;
        let headers = &mut request.headers;
        headers.push(name::CONTACT, core.contact(&self.local_tag, hop));
        headers.push(name::ALLOW, ALLOW);
        headers.push(name::SUPPORTED, SUPPORTED);
        self.timer.renew(headers);
        put_headers(headers, proposal.headers.clone());
        if let Some(sdp) = &sdp {
            put_sdp(headers, &mut request.body, sdp.clone());
        }
        if self.send(core, Purpose::Proposal, request, hop).is_some() {
            self.offers.ours = Some(Ours { proposal, by, sdp });
        }
    }

    /// The final response to a proposal of ours, or the status that stands for its failure.
    pub(super) fn on_proposal(&mut self, core: &mut Core, status: u16, response: Option<Box<Response>>) {
        let Some(Ours { mut proposal, by, sdp }) = self.offers.ours.take() else { return };
        let retry_after = response.as_ref().and_then(|response| response.headers.number(name::RETRY_AFTER));
        match (status, response) {
            (200..300, Some(response)) => self.on_proposal_accepted(core, &proposal, by, sdp, &response),
            (491, _) if proposal.tries < TRIES_MAX => {
                proposal.tries += 1;
                let wait = self.glare_wait(core);
                self.back_off(core, proposal, wait);
            }
            (500, _) if proposal.tries < TRIES_MAX && retry_after.is_some_and(|s| s <= RETRY_AFTER_MAX_S) => {
                proposal.tries += 1;
                let wait = Duration::from_secs(u64::from(retry_after.unwrap_or_default()));
                self.back_off(core, proposal, wait);
            }
            (422, Some(response)) if proposal.tries < TRIES_MAX => {
                proposal.tries += 1;
                if self.timer.raise(response.headers.number(name::MIN_SE)) {
                    self.offers.queue.push_front(proposal);
                } else {
                    self.proposal_failed(core, &proposal, status);
                }
            }
            (405 | 501, _) if by == Carrier::Update => {
                if let Some(dialog) = self.dialogs.last_mut() {
                    dialog.allows_update = false;
                }
                self.offers.queue.push_front(proposal);
            }
            // RFC 3261 §12.2.1.2: the dialog is gone, or its peer is. Failures of the transport count as well.
            (408 | 481, _) | (_, None) if matches!(self.phase, Phase::Established) => {
                self.proposal_failed(core, &proposal, status);
                self.lose(core, EndedBy::Lost);
            }
            _ => self.proposal_failed(core, &proposal, status),
        }
    }

    fn proposal_failed(&self, core: &mut Core, proposal: &Proposal, status: u16) {
        match proposal.what {
            Proposed::Offer(_) => self.tell(core, LegEvent::OfferFailed { status }),
            // Without success the session expires by itself.
            Proposed::Identity | Proposed::Refresh => {}
        }
    }

    fn on_proposal_accepted(
        &mut self,
        core: &mut Core,
        proposal: &Proposal,
        by: Carrier,
        sdp: Option<Bytes>,
        response: &Response,
    ) {
        let answer = sdp_of(&response.headers, &response.body);
        let mut changed = false;
        if let Some(dialog) = self.dialogs.last_mut() {
            let peer = dialog.peer;
            dialog.refresh(&response.headers, peer, &core.config.networks);
            if answer.is_some() {
                changed = dialog.remote_sdp != answer;
                dialog.remote_sdp.clone_from(&answer);
            }
        }
        if by == Carrier::Invite {
            let number = response.headers.cseq().ok().map(|cseq| cseq.number);
            self.send_ack(core, AckWanted::numbered(number), None);
        }
        self.timer.agreed(&response.headers);
        self.run_timer(core);
        let asked = matches!(proposal.what, Proposed::Offer(_));
        match (sdp, answer) {
            (Some(sdp), Some(answer)) => {
                self.local_sdp = Some(sdp);
                if asked || changed {
                    self.tell(core, LegEvent::OfferAnswered { sdp: answer, by });
                }
            }
            (Some(_), None) => self.proposal_failed(core, proposal, 500),
            (None, _) => {}
        }
    }

    /// RFC 3261 §14.1: the owner of the Call-ID waits 2.1–4 s, the other 0–2 s, in steps of 10 ms.
    fn glare_wait(&mut self, core: &mut Core) -> Duration {
        let owner = self.invite.is_some();
        let ms = if owner { 2_100 + 10 * core.source.below(191) } else { 10 * core.source.below(201) };
        Duration::from_millis(ms)
    }

    fn back_off(&mut self, core: &mut Core, proposal: Proposal, wait: Duration) {
        self.offers.queue.push_front(proposal);
        self.offers.backing_off = true;
        self.arm(core, LegTimer::Glare, wait);
    }

    /// Whether an offer of the peer's has to be refused now, and how (RFC 3261 §14.2, RFC 3311 §5.2).
    fn collides(&self, at: usize) -> Option<u16> {
        let dialog = self.dialogs.get(at)?;
        if self.offers.ours.as_ref().is_some_and(|ours| ours.sdp.is_some()) {
            return Some(491);
        }
        if !matches!(self.offers.state, Offering::Idle) || self.ack_wanted.is_some() {
            return Some(500);
        }
        match &self.phase {
            Phase::Inviting(inviting) if !dialog.answered => Some(if inviting.offered { 491 } else { 500 }),
            Phase::Offered(_) if !dialog.answered => Some(500),
            // Our 2xx holds an offer that the ACK has not answered yet.
            Phase::Established | Phase::WantsToLeave(_) if self.unacked.is_some() => Some(491),
            Phase::Inviting(_)
            | Phase::Offered(_)
            | Phase::Established
            | Phase::WantsToLeave(_)
            | Phase::Leaving(_)
            | Phase::Over { .. } => None,
        }
    }

    fn refuse_collision(core: &mut Core, asked: &Asked, status: u16) {
        let mut response = asked.request.response(status);
        if status == 500 {
            response.headers.push(name::RETRY_AFTER, core.source.below(11).to_string());
        }
        core.count_refusal();
        core.respond(asked.txn, response);
    }

    /// re-INVITE.
    pub(super) fn on_reinvite(&mut self, core: &mut Core, asked: Asked) {
        if matches!(self.phase, Phase::Inviting(_) | Phase::Offered(_)) {
            // RFC 3261 §14.2: a second INVITE before the first is answered.
            Self::refuse_collision(core, &asked, 500);
            return;
        }
        if self.unacked.as_ref().is_some() {
            // The ACK of the former 2xx is lost or late: this INVITE proves that the 2xx came (RFC 5407 §3.1.4 has the
            // phone send both at once). An answer in the missing ACK is still awaited.
            Self::refuse_collision(core, &asked, 491);
            return;
        }
        if let Some(status) = self.collides(self.dialogs.len().saturating_sub(1)) {
            Self::refuse_collision(core, &asked, status);
            return;
        }
        if self.timer.refuse_short(core, &asked) {
            return;
        }
        let Asked { txn, request, from } = asked;
        let sdp = sdp_of(&request.headers, &request.body);
        if let Some(dialog) = self.dialogs.last_mut() {
            dialog.refresh(&request.headers, from, &core.config.networks);
            if sdp.is_some() {
                dialog.remote_sdp.clone_from(&sdp);
            }
        }
        core.respond(txn, request.response(100));
        let by = Carrier::Invite;
        self.offers.state = Offering::Theirs { txn, by, request: request.clone(), has_sdp: sdp.is_some() };
        self.tell(core, LegEvent::Offered { sdp, by, request });
    }

    /// UPDATE (RFC 3311 §5.2).
    pub(super) fn on_update(&mut self, core: &mut Core, at: usize, asked: Asked) {
        if self.timer.refuse_short(core, &asked) {
            return;
        }
        let sdp = sdp_of(&asked.request.headers, &asked.request.body);
        if sdp.is_some()
            && let Some(status) = self.collides(at)
        {
            Self::refuse_collision(core, &asked, status);
            return;
        }
        let Asked { txn, request, from } = asked;
        if let Some(dialog) = self.dialogs.get_mut(at) {
            dialog.refresh(&request.headers, from, &core.config.networks);
            if sdp.is_some() {
                dialog.remote_sdp.clone_from(&sdp);
            }
        }
        if sdp.is_some() {
            let by = Carrier::Update;
            self.offers.state = Offering::Theirs { txn, by, request: request.clone(), has_sdp: true };
            self.tell(core, LegEvent::Offered { sdp, by, request });
            return;
        }
        let response = self.update_response(core, &request);
        core.respond(txn, response);
        self.run_timer(core);
        if names_somebody(&request.headers) {
            self.tell(core, LegEvent::Identity { request });
        }
    }

    fn update_response(&mut self, core: &Core, request: &Request) -> Response {
        let mut response = request.response(200);
        if let Some(dialog) = self.dialogs.last() {
            response.headers.push(name::CONTACT, core.contact(&self.local_tag, dialog.peer));
        }
        response.headers.push(name::ALLOW, ALLOW);
        response.headers.push(name::SUPPORTED, SUPPORTED);
        let ours = core.config.session_expires;
        self.timer.answer(&request.headers, &mut response.headers, ours);
        response
    }

    /// The call core's answer to the peer's offer, wherever that came.
    pub(super) fn answer(&mut self, core: &mut Core, sdp: Bytes) {
        if let Some(wanted) = self.ack_wanted.take() {
            self.local_sdp = Some(sdp.clone());
            self.send_ack(core, wanted, Some(sdp));
            return;
        }
        match core::mem::take(&mut self.offers.state) {
            Offering::Theirs { txn, by: Carrier::Invite, request, has_sdp } => {
                let kind = Confirm { offer: !has_sdp, initial: false };
                self.confirm(core, txn, &request, Some(sdp), Vec::new(), kind);
            }
            Offering::Theirs { txn, by: _, request, .. } => {
                self.local_sdp = Some(sdp.clone());
                let mut response = if request.method == Method::Update {
                    self.update_response(core, &request)
                } else {
                    request.response(200)
                };
                put_sdp(&mut response.headers, &mut response.body, sdp);
                core.respond(txn, response);
                self.run_timer(core);
                self.after_prack(core);
            }
            Offering::Unpracked { rack } => {
                self.local_sdp = Some(sdp.clone());
                if let Some(dialog) = self.dialogs.last_mut() {
                    dialog.answered = true;
                }
                self.send_prack(core, self.dialogs.len().saturating_sub(1), &rack, Some(sdp));
            }
            Offering::Idle => {}
        }
    }

    /// The call core refuses the peer's offer.
    pub(super) fn refuse_offer(&mut self, core: &mut Core, status: u16) {
        if let Some(wanted) = self.ack_wanted.take() {
            // A 2xx can't be refused: ACK, then BYE (RFC 3261 §13.2.2.4).
            self.send_ack(core, wanted, None);
            self.leave(core, super::Reason { sip: Some(status), ..super::Reason::default() });
            return;
        }
        match core::mem::take(&mut self.offers.state) {
            Offering::Theirs { txn, request, .. } => {
                let status = if (300..700).contains(&status) { status } else { 488 };
                core.reply(txn, &request, status);
                self.after_prack(core);
            }
            // A PRACK without answer; what becomes of the call is for the call core to say.
            Offering::Unpracked { rack } => {
                self.send_prack(core, self.dialogs.len().saturating_sub(1), &rack, None);
            }
            Offering::Idle => {}
        }
    }

    /// The peer cancels its re-INVITE.
    pub(super) fn withdraw_offer(&mut self, core: &mut Core, cancelled: ServerTxn) {
        if !matches!(&self.offers.state, Offering::Theirs { txn, .. } if *txn == cancelled) {
            return;
        }
        if let Offering::Theirs { txn, request, .. } = core::mem::take(&mut self.offers.state) {
            core.reply(txn, &request, 487);
            self.tell(core, LegEvent::OfferFailed { status: 487 });
        }
    }

    /// The dialog ends: whatever the peer still waits for is answered 487 (RFC 3261 §15.1.2).
    pub(super) fn drop_their_requests(&mut self, core: &mut Core) {
        if let Offering::Theirs { txn, request, .. } = core::mem::take(&mut self.offers.state) {
            core.reply(txn, &request, 487);
        }
        self.drop_reference(core);
    }
}

/// Whether a request says who the peer is now (RFC 3325, RFC 4916); From always does.
fn names_somebody(headers: &Headers) -> bool {
    [name::P_ASSERTED_IDENTITY, name::REMOTE_PARTY_ID].iter().any(|name| headers.first(name).is_some())
}
