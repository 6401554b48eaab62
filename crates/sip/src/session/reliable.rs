//! Reliable provisional responses (RFC 3262), both ways: 100rel, RSeq, PRACK, and the offers and answers they carry.

use super::incoming::Fields;
use super::machine::{Asked, Phase, Purpose, put_headers, put_sdp, sdp_of};
use super::offer::Offering;
use super::{Carrier, EndedBy, LegEvent, LegTimer, Reason, Session};
use crate::endpoint::transmit::Core;
use crate::message::{Method, Request, Response, name};
use bytes::Bytes;
use cordboard_base::{Hop, Time};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Reliable provisional responses that wait for the PRACK of the one before (RFC 3262 §3 allows one at a time); past it the
/// newest takes the last one's place.
pub const PROVISIONALS_MAX: usize = 8;

/// A provisional response that waits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct WaitingProvisional {
    pub(super) status: u16,
    pub(super) sdp: Option<Bytes>,
    pub(super) headers: Fields,
}

/// A reliable provisional response of ours without its PRACK.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Unpracked {
    hop: Hop,
    bytes: Bytes,
    interval: Duration,
    give_up_at: Time,
    /// Whether it holds a description.
    pub(super) sdp: bool,
    /// Whether that is our offer, so that the PRACK holds the answer.
    offer: bool,
}

/// `RAck` (RFC 3262 §7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rack {
    rseq: u32,
    cseq: u32,
}

impl Rack {
    fn parse(value: &str) -> Option<Self> {
        let mut words = value.split_ascii_whitespace();
        let rseq = words.next()?.parse().ok()?;
        let cseq = words.next()?.parse().ok()?;
        (words.next()? == "INVITE").then_some(Self { rseq, cseq })
    }
}

impl Session {
    /// Sends a provisional response reliably, now or after the one before.
    pub(super) fn reliable_provisional(&mut self, core: &mut Core, waiting: WaitingProvisional) {
        let Phase::Offered(offered) = &mut self.phase else { return };
        if offered.unpracked.is_some() {
            if offered.waiting.len() >= PROVISIONALS_MAX {
                offered.waiting.pop_back();
            }
            offered.waiting.push_back(waiting);
            return;
        }
        // RFC 3262 §3: the first RSeq is between 1 and 2³¹−1, the next ones follow it.
        offered.rseq =
            if offered.rseq == 0 { 1 + core.source.next_u32() % 100_000 } else { offered.rseq + 1 };
        let (rseq, txn, has_offer) = (offered.rseq, offered.txn, offered.has_offer);
        let Phase::Offered(offered) = &self.phase else { return };
        let mut response = self.first_response(core, &offered.request, waiting.status);
        response.headers.push(name::REQUIRE, "100rel");
        response.headers.push(name::RSEQ, rseq.to_string());
        put_headers(&mut response.headers, waiting.headers);
        let answered = self.dialogs.first().is_some_and(|dialog| dialog.answered);
        // One answer is enough; the description of a further response only repeats it.
        let sdp = waiting.sdp.filter(|_| !answered);
        let with_sdp = sdp.is_some();
        if let Some(sdp) = sdp {
            self.local_sdp = Some(sdp.clone());
            put_sdp(&mut response.headers, &mut response.body, sdp);
            if has_offer && let Some(dialog) = self.dialogs.first_mut() {
                dialog.answered = true;
            }
        }
        let Some((hop, bytes)) = core.respond(txn, response) else { return };
        let timing = core.turn.timing;
        let unpracked = Unpracked {
            hop,
            bytes,
            interval: timing.t1,
            give_up_at: core.turn.now + timing.give_up(),
            sdp: with_sdp,
            offer: with_sdp && !has_offer,
        };
        if let Phase::Offered(offered) = &mut self.phase {
            offered.unpracked = Some(unpracked);
        }
        self.arm(core, LegTimer::Prack, timing.t1);
    }

    /// Repeats it, T1 doubling; after 64·T1 the INVITE is refused with 504 (RFC 3262 §3 asks for a 5xx).
    pub(super) fn on_prack_timer(&mut self, core: &mut Core) {
        let Phase::Offered(offered) = &mut self.phase else { return };
        let Some(unpracked) = &mut offered.unpracked else { return };
        if core.turn.now >= unpracked.give_up_at {
            self.refuse_first(core, 504, &Reason::default(), Vec::new(), EndedBy::Lost);
            return;
        }
        unpracked.interval = unpracked.interval.saturating_mul(2);
        let wait = unpracked.interval.min(unpracked.give_up_at.since(core.turn.now));
        core.turn.retransmit(unpracked.hop, unpracked.bytes.clone());
        self.arm(core, LegTimer::Prack, wait);
    }

    /// The peer's PRACK.
    pub(super) fn on_prack(&mut self, core: &mut Core, asked: Asked) {
        let Phase::Offered(offered) = &mut self.phase else {
            self.on_late_prack(core, &asked);
            return;
        };
        let rack = asked.request.headers.first(name::RACK).and_then(Rack::parse);
        let cseq = offered.request.headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        let matches = rack == Some(Rack { rseq: offered.rseq, cseq });
        let Some(unpracked) = offered.unpracked.take_if(|_| matches) else {
            core.refuse(asked.txn, &asked.request, 481);
            return;
        };
        self.disarm(core, LegTimer::Prack);
        let Asked { txn, request, .. } = asked;
        let sdp = sdp_of(&request.headers, &request.body);
        if let (Some(dialog), Some(_)) = (self.dialogs.first_mut(), &sdp) {
            dialog.remote_sdp.clone_from(&sdp);
        }
        match (unpracked.offer, sdp) {
            (true, Some(sdp)) => {
                if let Some(dialog) = self.dialogs.first_mut() {
                    dialog.answered = true;
                }
                core.reply(txn, &request, 200);
                self.tell(core, LegEvent::OfferAnswered { sdp, by: Carrier::Prack });
            }
            (false, Some(sdp)) if matches!(self.offers.state, Offering::Idle) => {
                let by = Carrier::Prack;
                self.offers.state = Offering::Theirs { txn, by, request: request.clone(), has_sdp: true };
                self.tell(core, LegEvent::Offered { sdp: Some(sdp), by, request });
                return;
            }
            (true | false, _) => core.reply(txn, &request, 200),
        }
        self.after_prack(core);
    }

    /// A PRACK that comes after the final response: its provisional response may be acknowledged still.
    fn on_late_prack(&mut self, core: &mut Core, asked: &Asked) {
        if asked.request.headers.first(name::RACK).and_then(Rack::parse).is_some() {
            core.reply(asked.txn, &asked.request, 200);
        } else {
            core.refuse(asked.txn, &asked.request, 400);
        }
    }

    /// The way is free for the next provisional response, or for the 200 that had to wait.
    pub(super) fn after_prack(&mut self, core: &mut Core) {
        let Phase::Offered(offered) = &mut self.phase else { return };
        if offered.unpracked.is_some() || !matches!(self.offers.state, Offering::Idle) {
            return;
        }
        if let Some((sdp, headers)) = offered.accept.take() {
            self.accept_now(core, sdp, headers);
        } else if let Some(waiting) = offered.waiting.pop_front() {
            self.reliable_provisional(core, waiting);
        }
    }

    /// A provisional response of the peer with a To tag, in the dialog at `at`.
    pub(super) fn take_provisional(
        &mut self,
        core: &mut Core,
        at: usize,
        response: Box<Response>,
        offered: bool,
    ) {
        let Some(dialog) = self.dialogs.get_mut(at) else { return };
        let sdp = sdp_of(&response.headers, &response.body);
        let rseq =
            response.headers.number(name::RSEQ).filter(|_| response.headers.lists(name::REQUIRE, "100rel"));
        let Some(rseq) = rseq else {
            if sdp.is_some() && offered && !dialog.answered {
                dialog.remote_sdp = sdp;
            }
            let sdp = dialog.remote_sdp.clone();
            self.tell(core, LegEvent::Provisional { response, sdp });
            return;
        };
        // RFC 3262 §4: in order, each once; a gap waits for the peer's retransmission.
        if dialog.rseq.is_some_and(|last| rseq != last.wrapping_add(1)) {
            core.turn.counters.repeated = core.turn.counters.repeated.saturating_add(1);
            return;
        }
        dialog.rseq = Some(rseq);
        let number = response.headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        let rack = format!("{rseq} {number} INVITE");
        let is_offer = !offered && !dialog.answered && sdp.is_some();
        if sdp.is_some() {
            dialog.remote_sdp.clone_from(&sdp);
            if offered {
                dialog.answered = true;
            }
        }
        if is_offer && matches!(self.offers.state, Offering::Idle) {
            // The dialog whose PRACK waits for the call core is the newest from now on.
            let dialog = self.dialogs.remove(at);
            self.dialogs.push(dialog);
            self.offers.state = Offering::Unpracked { rack };
            let request = Box::new(Request {
                method: Method::Invite,
                uri: crate::message::Uri::sip(None, crate::message::Host::Name(String::new()), None),
                headers: response.headers.clone(),
                body: Bytes::new(),
            });
            self.tell(core, LegEvent::Provisional { response, sdp: None });
            self.tell(core, LegEvent::Offered { sdp, by: Carrier::Provisional, request });
            return;
        }
        self.send_prack(core, at, &rack, None);
        let sdp = self.dialogs.get(at).and_then(|dialog| dialog.remote_sdp.clone());
        self.tell(core, LegEvent::Provisional { response, sdp });
    }

    pub(super) fn send_prack(&mut self, core: &mut Core, at: usize, rack: &str, sdp: Option<Bytes>) {
        let Some(dialog) = self.dialogs.get_mut(at) else { return };
        let mut prack = dialog.request(Method::Prack);
        let hop = dialog.hop;
        prack.headers.push(name::RACK, rack);
        if let Some(sdp) = sdp {
            put_sdp(&mut prack.headers, &mut prack.body, sdp);
        }
        self.send(core, Purpose::Prack, prack, hop);
    }
}

#[cfg(test)]
mod tests {
    use super::Rack;

    #[test]
    fn rack_names_the_response_and_the_invite() {
        assert_eq!(Rack::parse("776656 1 INVITE"), Some(Rack { rseq: 776_656, cseq: 1 }));
        for nonsense in ["", "1", "1 2", "1 2 UPDATE", "a b INVITE", "99999999999 1 INVITE"] {
            assert_eq!(Rack::parse(nonsense), None, "{nonsense}");
        }
    }
}
