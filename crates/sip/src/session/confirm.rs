//! 2xx and ACK: both belong to the session, not to the transaction (RFC 3261 §13.2.2.4, §13.3.1.4).

use super::machine::{Phase, put_headers, put_sdp, sdp_of};
use super::{ALLOW, Carrier, EndedBy, LegEvent, LegTimer, SUPPORTED, Session};
use crate::endpoint::ServerTxn;
use crate::endpoint::transmit::Core;
use crate::message::{Method, Request, name};
use bytes::Bytes;
use cordboard_base::{Hop, Time};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// ACKs kept for repeated 2xx: the dialog's own and those of a fork's further branches. The oldest goes.
const ACKS_MAX: usize = 8;

/// A 2xx of ours whose ACK has not come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Unacked {
    cseq: u32,
    hop: Hop,
    bytes: Bytes,
    interval: Duration,
    give_up_at: Time,
    /// Whether the 2xx held our offer, so that the ACK holds the answer.
    offer: bool,
    /// Whether it answers the leg's first INVITE.
    initial: bool,
}

/// A 2xx of the peer that we have not ACKed, because the answer to its offer is still to come.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct AckWanted {
    number: Option<u32>,
    /// An ACK carries the credentials of its INVITE (RFC 3261 §22.1).
    authorization: Vec<(String, String)>,
}

/// An ACK of ours.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SentAck {
    remote_tag: String,
    cseq: u32,
    hop: Hop,
    bytes: Bytes,
}

impl AckWanted {
    pub(super) fn numbered(number: Option<u32>) -> Self {
        Self { number, authorization: Vec::new() }
    }

    pub(super) fn of(invite: Option<&Request>) -> Self {
        let Some(invite) = invite else { return Self::default() };
        let mut authorization = Vec::new();
        for header in [name::AUTHORIZATION, name::PROXY_AUTHORIZATION] {
            authorization
                .extend(invite.headers.all(header).map(|value| (header.to_owned(), value.to_owned())));
        }
        Self { number: invite.headers.cseq().ok().map(|cseq| cseq.number), authorization }
    }
}

impl Session {
    /// Answers an INVITE with 200 and waits for the ACK.
    pub(super) fn confirm(
        &mut self,
        core: &mut Core,
        txn: ServerTxn,
        request: &Request,
        sdp: Option<Bytes>,
        headers: Vec<(String, String)>,
        kind: Confirm,
    ) {
        let Some(dialog) = self.dialogs.last() else { return };
        let mut response = request.response(200);
        if let Ok(to) = request.headers.to()
            && to.tag().is_none()
        {
            response.headers.set(name::TO, to.with_tag(&self.local_tag).to_string());
        }
        response.headers.push(name::CONTACT, core.contact(&self.local_tag, dialog.peer));
        response.headers.push(name::ALLOW, ALLOW);
        response.headers.push(name::SUPPORTED, SUPPORTED);
        self.timer.answer(&request.headers, &mut response.headers, core.config.session_expires);
        put_headers(&mut response.headers, headers);
        if let Some(sdp) = sdp {
            self.local_sdp = Some(sdp.clone());
            put_sdp(&mut response.headers, &mut response.body, sdp);
        }
        let Some((hop, bytes)) = core.respond(txn, response) else { return };
        self.run_timer(core);
        let timing = core.turn.timing;
        self.unacked = Some(Unacked {
            cseq: request.headers.cseq().map(|cseq| cseq.number).unwrap_or_default(),
            hop,
            bytes,
            interval: timing.t1,
            give_up_at: core.turn.now + timing.give_up(),
            offer: kind.offer,
            initial: kind.initial,
        });
        self.arm(core, LegTimer::Ack, timing.t1);
    }

    /// Repeats the 2xx, T1 doubling to T2, whatever the transport (§13.3.1.4); after 64·T1 the leg ends.
    pub(super) fn on_ack_timer(&mut self, core: &mut Core) {
        let Some(unacked) = &mut self.unacked else { return };
        if core.turn.now >= unacked.give_up_at {
            self.lose(core, EndedBy::NoAck);
            return;
        }
        let left = unacked.give_up_at.since(core.turn.now);
        unacked.interval = unacked.interval.saturating_mul(2).min(core.turn.timing.t2);
        let wait = unacked.interval.min(left);
        core.turn.retransmit(unacked.hop, unacked.bytes.clone());
        self.arm(core, LegTimer::Ack, wait);
    }

    /// The peer's ACK of a 2xx.
    pub(crate) fn on_ack(&mut self, core: &mut Core, request: &Request, from: Hop) {
        let number = request.headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        if self.unacked.as_ref().is_none_or(|unacked| unacked.cseq != number) {
            core.turn.counters.repeated = core.turn.counters.repeated.saturating_add(1);
            return;
        }
        let Some(unacked) = self.unacked.take() else { return };
        self.disarm(core, LegTimer::Ack);
        let sdp = sdp_of(&request.headers, &request.body);
        if let Some(dialog) = self.dialogs.last_mut() {
            dialog.heard(from, &core.config.networks);
            if sdp.is_some() {
                dialog.remote_sdp.clone_from(&sdp);
            }
        }
        if let Phase::WantsToLeave(reason) = &self.phase {
            let reason = reason.clone();
            self.leave(core, reason);
            return;
        }
        match (unacked.initial, unacked.offer, sdp) {
            (true, offer, sdp) => {
                let sdp = if offer { sdp } else { None };
                self.tell(core, LegEvent::Acknowledged { sdp });
            }
            (false, true, Some(sdp)) => self.tell(core, LegEvent::OfferAnswered { sdp, by: Carrier::Ack }),
            // RFC 3261 §13.2.1 demands the answer in the ACK; without one the session stays as it was.
            (false, true, None) => self.tell(core, LegEvent::OfferFailed { status: 488 }),
            (false, false, _) => {}
        }
        self.next_proposal(core);
    }

    /// ACKs a 2xx of the newest dialog.
    pub(super) fn send_ack(&mut self, core: &mut Core, wanted: AckWanted, sdp: Option<Bytes>) {
        let Some(dialog) = self.dialogs.last() else { return };
        let number = wanted.number.unwrap_or(dialog.local_cseq);
        let mut ack = dialog.request_numbered(Method::Ack, number);
        let (tag, hop) = (dialog.remote_tag.clone(), dialog.hop);
        put_headers(&mut ack.headers, wanted.authorization);
        if let Some(sdp) = sdp {
            put_sdp(&mut ack.headers, &mut ack.body, sdp);
        }
        self.keep_ack(core, tag, number, *ack, hop);
    }

    pub(super) fn keep_ack(
        &mut self,
        core: &mut Core,
        remote_tag: String,
        cseq: u32,
        ack: Request,
        hop: Hop,
    ) {
        let bytes = core.send_ack(self.id, ack, hop);
        if self.acks.len() >= ACKS_MAX {
            self.acks.remove(0);
        }
        self.acks.reserve_exact(1);
        self.acks.push(SentAck { remote_tag, cseq, hop, bytes });
    }

    /// The 2xx came again: so does its ACK. Says whether there was one.
    pub(super) fn repeat_ack(&self, core: &mut Core, remote_tag: &str, cseq: u32) -> bool {
        let Some(ack) = self.acks.iter().find(|ack| ack.cseq == cseq && ack.remote_tag == remote_tag) else {
            return false;
        };
        core.turn.counters.repeated = core.turn.counters.repeated.saturating_add(1);
        core.turn.retransmit(ack.hop, ack.bytes.clone());
        true
    }
}

/// What a 2xx of ours answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Confirm {
    /// It holds our offer.
    pub(super) offer: bool,
    /// It answers the leg's first INVITE.
    pub(super) initial: bool,
}
