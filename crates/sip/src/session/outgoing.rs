//! Our INVITE (RFC 3261 §13.2, §9.1): its provisional responses, the dialogs of a fork, cancelling, the next hop, challenges.
//!
//! ```text
//!            ┌──── next hop, 401/407, 422 ────┐
//!            ▼                                │
//!  Invite ─▶ Inviting ──────────────────300–699, failure──▶ Refused     (Ended, if it was cancelled)
//!              │  End: CANCEL once a 1xx came
//!              └─2xx─▶ Established                (cancelled: ACK, BYE, Ended)
//! ```

use super::confirm::AckWanted;
use super::machine::{CHALLENGES_MAX, Phase, put_headers, put_sdp, sdp_of};
use super::{ALLOW, EndedBy, LegEvent, LegTimer, NewLeg, Reason, SUPPORTED, Session};
use crate::dialog::{Dialog, Head, tag_of_leg};
use crate::endpoint::transmit::{Core, cseq};
use crate::message::{Method, NameAddr, Request, Response, name};
use crate::transaction::{Owner, What};
use bytes::Bytes;
use cordboard_base::{Hop, LegId};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Early dialogs of one INVITE. A proxy forks to a handful of phones; answers past that are still ACKed and BYEd, but the
/// provisional responses of further branches are only passed on.
pub const FORKS_MAX: usize = 16;
/// Hops tried for one leg.
pub const HOPS_MAX: usize = 8;

/// An INVITE without its final response.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Inviting {
    hop: Hop,
    further: VecDeque<Hop>,
    head: Head,
    /// Whether the INVITE holds an offer.
    pub(super) offered: bool,
    /// Whether a provisional response came: only then can it be cancelled (RFC 3261 §9.1).
    provisional: bool,
    pub(super) cancel: Option<Cancel>,
    challenges: u8,
}

/// The leg is to end before it is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Cancel {
    reason: Reason,
    sent: bool,
}

impl Session {
    /// Sends the INVITE. A leg without a hop is refused at once.
    pub(crate) fn outgoing(core: &mut Core, id: LegId, leg: NewLeg) -> Self {
        let token = core.source.token();
        let local_tag = tag_of_leg(id, &token);
        let mut further: VecDeque<Hop> = leg.hops.iter().copied().take(HOPS_MAX).collect();
        let first = further.pop_front();
        let hop = first.unwrap_or(Hop::new(
            cordboard_base::Transport::Udp,
            core::net::SocketAddr::from(([0, 0, 0, 0], 0)),
        ));
        let call_id = format!("{id}-{}", core.source.token());
        let from = leg.from.clone().with_tag(&local_tag).to_string();
        let number = 1 + core.source.next_u32() % 10_000;
        let head =
            Head { call_id, from, local_tag: local_tag.clone(), target: leg.target.clone(), cseq: number };
        let inviting = Inviting {
            hop,
            further,
            head,
            offered: leg.sdp.is_some(),
            provisional: false,
            cancel: None,
            challenges: 0,
        };
        let mut request = invite(&inviting, &leg);
        let mut session = Self::new(id, local_tag, Phase::Inviting(Box::new(inviting)));
        session.host = leg.target.host.to_string();
        session.credentials = leg.credentials;
        session.authorize_ahead(core, &mut request);
        session.local_sdp = leg.sdp;
        session.timer.wish(leg.session_expires);
        if first.is_some() {
            session.send_invite(core, request);
        } else {
            session.finish(core, LegEvent::Refused { status: 503, response: None });
        }
        session
    }

    /// Sends the INVITE, or sends it again with another number.
    fn send_invite(&mut self, core: &mut Core, mut request: Box<Request>) {
        let Phase::Inviting(inviting) = &mut self.phase else { return };
        let hop = inviting.hop;
        inviting.provisional = false;
        request.headers.set(name::CSEQ, cseq(inviting.head.cseq, &Method::Invite));
        request.headers.set(name::CONTACT, core.contact(&self.local_tag, hop));
        self.timer.ask(&mut request.headers);
        self.dialogs.clear();
        self.invite = Some(core.send(Owner::Leg(self.id), Some(self.id), request, hop));
    }

    fn resend_invite(&mut self, core: &mut Core, request: Box<Request>) {
        if let Phase::Inviting(inviting) = &mut self.phase {
            inviting.head.cseq = inviting.head.cseq.wrapping_add(1);
        }
        self.send_invite(core, request);
    }

    /// What came of the INVITE.
    pub(super) fn on_invite(&mut self, core: &mut Core, what: What) {
        match what {
            What::Response { response, from, .. } if response.is_provisional() => {
                self.on_provisional(core, response, from);
            }
            What::Response { response, from, request } if response.is_success() => {
                self.on_success(core, response, from, request.as_deref());
            }
            What::Response { response, request, .. } => {
                self.on_refusal(core, response.status, Some(response), request);
            }
            What::Failed { failure, request } => self.on_refusal(core, failure.status(), None, Some(request)),
        }
    }

    fn on_provisional(&mut self, core: &mut Core, response: Box<Response>, from: Hop) {
        let Phase::Inviting(inviting) = &mut self.phase else { return };
        inviting.provisional = true;
        if inviting.cancel.is_some() {
            self.send_cancel(core);
            return;
        }
        if response.status == 100 {
            return;
        }
        let head = &inviting.head;
        let offered = inviting.offered;
        let networks = &core.config.networks;
        let tag = response.headers.to().ok().and_then(|to| to.tag().map(str::to_owned));
        let Some(tag) = tag else {
            let sdp = sdp_of(&response.headers, &response.body);
            self.tell(core, LegEvent::Provisional { response, sdp });
            return;
        };
        let at = match self.dialogs.iter().position(|dialog| dialog.remote_tag == tag) {
            Some(at) => {
                if let Some(dialog) = self.dialogs.get_mut(at) {
                    dialog.refresh(&response.headers, from, networks);
                }
                at
            }
            None => {
                let Some(dialog) = Dialog::of_caller(head, &response, from, networks) else { return };
                if self.dialogs.len() >= FORKS_MAX {
                    self.tell(core, LegEvent::Provisional { response, sdp: None });
                    return;
                }
                self.dialogs.reserve_exact(1);
                self.dialogs.push(dialog);
                self.dialogs.len() - 1
            }
        };
        self.take_provisional(core, at, response, offered);
    }

    fn on_success(&mut self, core: &mut Core, response: Box<Response>, from: Hop, invite: Option<&Request>) {
        let (cancelled, offered) = match &self.phase {
            Phase::Inviting(inviting) => (inviting.cancel.clone(), inviting.offered),
            Phase::Offered(_) => return,
            Phase::Established | Phase::WantsToLeave(_) | Phase::Leaving(_) | Phase::Over { .. } => {
                self.on_further_success(core, &response, from);
                return;
            }
        };
        let Some(mut dialog) = self.confirmed_dialog(core, &response, from) else {
            // A 2xx without To can't be ACKed.
            self.finish(core, LegEvent::Refused { status: 500, response: Some(response) });
            return;
        };
        dialog.heard(from, &core.config.networks);
        let body = sdp_of(&response.headers, &response.body);
        let answered_before = dialog.answered;
        if body.is_some() {
            dialog.remote_sdp.clone_from(&body);
        }
        let sdp = body.clone().or_else(|| dialog.remote_sdp.clone());
        dialog.answered = true;
        self.dialogs = vec![dialog];
        self.phase = Phase::Established;
        let wanted = AckWanted::of(invite);
        if let Some(Cancel { reason, .. }) = cancelled {
            // The 2xx crossed our CANCEL (RFC 3261 §9.1, §15).
            self.disarm(core, LegTimer::Cancel);
            self.send_ack(core, wanted, None);
            self.leave(core, reason);
            return;
        }
        self.timer.agreed(&response.headers);
        self.run_timer(core);
        if !offered && !answered_before && body.is_some() {
            self.ack_wanted = Some(wanted);
        } else {
            self.send_ack(core, wanted, None);
        }
        self.tell(core, LegEvent::Answered { response, sdp });
    }

    /// The dialog that a 2xx confirms: an early one, or a new one.
    fn confirmed_dialog(&mut self, core: &Core, response: &Response, from: Hop) -> Option<Dialog> {
        let Phase::Inviting(inviting) = &self.phase else { return None };
        let networks = &core.config.networks;
        let to = response.headers.to().ok()?;
        let tag = to.tag().unwrap_or("");
        match self.dialogs.iter().position(|dialog| dialog.remote_tag == tag) {
            Some(at) => {
                let mut dialog = self.dialogs.swap_remove(at);
                dialog.confirm(response, from, networks);
                Some(dialog)
            }
            None => Dialog::of_caller(&inviting.head, response, from, networks),
        }
    }

    fn on_refusal(
        &mut self,
        core: &mut Core,
        status: u16,
        response: Option<Box<Response>>,
        request: Option<Box<Request>>,
    ) {
        let Phase::Inviting(inviting) = &mut self.phase else { return };
        if let Some(Cancel { reason, .. }) = &inviting.cancel {
            let reason = reason.clone();
            self.finish(core, LegEvent::Ended { by: EndedBy::Us, reason });
            return;
        }
        let Some(mut request) = request else { return };
        match status {
            401 | 407 if inviting.challenges < CHALLENGES_MAX => {
                inviting.challenges += 1;
                // It may have gone out with a nonce that serves no longer.
                let first = inviting.challenges == 1;
                if let Some(response) = &response
                    && self.authorize(core, &mut request, response, first)
                {
                    self.resend_invite(core, request);
                    return;
                }
            }
            422 => {
                let least = response.as_ref().and_then(|response| response.headers.number(name::MIN_SE));
                if self.timer.raise(least) {
                    self.resend_invite(core, request);
                    return;
                }
            }
            // RFC 3263 §4.3: failures of the transport, time-outs and 503 go on to the next hop.
            408 | 503 if response.is_none() || status == 503 => {
                if let Some(next) = inviting.further.pop_front() {
                    inviting.hop = next;
                    self.resend_invite(core, request);
                    return;
                }
            }
            _ => {}
        }
        self.finish(core, LegEvent::Refused { status, response });
    }

    /// `End` while inviting.
    pub(super) fn cancel(&mut self, core: &mut Core, reason: Reason) {
        let Phase::Inviting(inviting) = &mut self.phase else { return };
        if inviting.cancel.is_some() {
            return;
        }
        inviting.cancel = Some(Cancel { reason, sent: false });
        if inviting.provisional {
            self.send_cancel(core);
        }
    }

    fn send_cancel(&mut self, core: &mut Core) {
        let Phase::Inviting(inviting) = &mut self.phase else { return };
        let (Some(cancel), Some(invite)) = (&mut inviting.cancel, self.invite) else { return };
        if cancel.sent {
            return;
        }
        cancel.sent = true;
        core.clients.cancel(&mut core.turn, invite, &cancel.reason.values());
        let span = core.turn.timing.give_up();
        self.arm(core, LegTimer::Cancel, span);
    }

    /// 64·T1 after the CANCEL the INVITE counts as cancelled (RFC 3261 §9.1).
    pub(super) fn on_cancel_timer(&mut self, core: &mut Core) {
        let Phase::Inviting(inviting) = &mut self.phase else { return };
        let reason = inviting.cancel.take().map(|cancel| cancel.reason).unwrap_or_default();
        self.finish(core, LegEvent::Ended { by: EndedBy::Us, reason });
    }

    /// A 2xx after the first: a repeat wants its ACK again, another branch of the fork is ACKed and left (§13.2.2.4).
    fn on_further_success(&mut self, core: &mut Core, response: &Response, from: Hop) {
        let tag = response.headers.to().ok().and_then(|to| to.tag().map(str::to_owned)).unwrap_or_default();
        let number = response.headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        if self.repeat_ack(core, &tag, number) || self.ack_wanted.is_some() && self.is_own_tag(&tag) {
            return;
        }
        let Some(own) = self.dialogs.first() else { return };
        let head = Head {
            call_id: own.call_id.clone(),
            from: own.local().to_owned(),
            local_tag: self.local_tag.clone(),
            target: own.remote_target.clone(),
            cseq: number,
        };
        let Some(mut dialog) = Dialog::of_caller(&head, response, from, &core.config.networks) else {
            return;
        };
        let ack = dialog.request_numbered(Method::Ack, number);
        self.keep_ack(core, tag, number, *ack, dialog.hop);
        let bye = dialog.request(Method::Bye);
        core.send(Owner::Nobody, Some(self.id), bye, dialog.hop);
    }

    fn is_own_tag(&self, tag: &str) -> bool {
        self.dialogs.first().is_some_and(|dialog| dialog.remote_tag == tag)
    }
}

fn invite(inviting: &Inviting, leg: &NewLeg) -> Box<Request> {
    let mut request = Box::new(Request::new(Method::Invite, leg.target.clone()));
    let headers = &mut request.headers;
    for route in &leg.route {
        headers.push(name::ROUTE, NameAddr::to_string(route));
    }
    headers.push(name::FROM, inviting.head.from.as_str());
    headers.push(name::TO, leg.to.to_string());
    headers.push(name::CALL_ID, inviting.head.call_id.as_str());
    headers.push(name::ALLOW, ALLOW);
    headers.push(name::SUPPORTED, SUPPORTED);
    put_headers(headers, leg.headers.clone());
    if let Some(sdp) = &leg.sdp {
        put_sdp(headers, &mut request.body, Bytes::clone(sdp));
    }
    request
}
