//! Answering the caller: early media, 200, and the ACK that brings the answer to our offer.

use crate::leg::{Leg, Side, Stage};
use crate::program::stack::Wait;
use crate::program::step::Audible;
use crate::state::{State, Timer};
use crate::world::World;
use bytes::Bytes;
use cordboard_app::Cause;
use cordboard_base::{Format, LegId, Time};
use cordboard_sdp::{Refusal, SessionDescription};
use cordboard_sip::session::LegCommand;
use core::time::Duration;

impl State {
    /// Answers a leg if that has not been done.
    pub(crate) fn answer_leg(&mut self, w: &mut World, now: Time, id: LegId, prefer: &[Format]) -> Audible {
        let headers = self.connected_headers(w, id);
        let video = self.partner_leg(id).map(|partner| partner.sdp.video.clone());
        let shown = self.other_party(id).cloned();
        let Some(leg) = self.legs.get_mut(&id) else {
            return Audible::Never;
        };
        match (&leg.stage, &leg.side) {
            (Stage::Up, _) if leg.sdp.agreed.is_some() => return Audible::Now,
            (Stage::Up, Side::Incoming { .. }) => return Audible::OnAck,
            (Stage::Trying | Stage::Early, Side::Incoming { .. }) => {}
            (
                Stage::Up | Stage::Trying | Stage::Early | Stage::Preparing | Stage::Leaving | Stage::Gone,
                _,
            ) => {
                return Audible::Never;
            }
        }
        // An answered leg needs it no more.
        let offer = leg.take_offer();
        let sdp = match (&offer, leg.sdp.agreed.is_some()) {
            // The 200 says what the 183 said (RFC 3261 §13.2.1).
            (Some(_), true) => leg.sdp.last_sent(),
            (Some(description), false) => match leg.answer(w, description, prefer, video) {
                Ok(sdp) => Some(sdp),
                Err(_) => {
                    leg.side = Side::Incoming { offer };
                    return Audible::Never;
                }
            },
            (None, _) => leg.terms(w, prefer.to_vec(), video).map(|terms| leg.sdp.offer(&terms)),
        };
        leg.stage = Stage::Up;
        leg.answered = Some(now);
        leg.shown = shown;
        w.leg(id, LegCommand::Accept { sdp, headers });
        self.answered.get_or_insert(now);
        let limit = w.office.max_duration_ms;
        if limit > 0 && self.timers.at(&Timer::CallLimit).is_none() {
            self.timers.set(Timer::CallLimit, now + Duration::from_millis(u64::from(limit)));
        }
        if offer.is_some() { Audible::Now } else { Audible::OnAck }
    }

    /// 183 with our answer, if the INVITE had an offer. Whether the leg hears us now.
    pub(crate) fn early_media(&mut self, w: &mut World, _now: Time, id: LegId, prefer: &[Format]) -> bool {
        let headers = self.connected_headers(w, id);
        let Some(leg) = self.legs.get_mut(&id) else {
            return false;
        };
        if !matches!(leg.stage, Stage::Trying | Stage::Early) {
            return leg.is_audible();
        }
        let Some(offer) = leg.take_offer() else {
            return false;
        };
        // Video is left for the answer: the early description can't be taken back.
        let meets = leg.sdp.agreed.is_some() || leg.answer(w, &offer, prefer, None).is_ok();
        leg.side = Side::Incoming { offer: Some(offer) };
        if !meets {
            return false;
        }
        leg.stage = Stage::Early;
        let sdp = leg.sdp.last_sent();
        w.leg(id, LegCommand::Provisional { status: 183, sdp, headers });
        true
    }

    /// A leg is to hear something: early media if the program wants that, else it is answered.
    pub(crate) fn make_audible(&mut self, w: &mut World, now: Time, id: LegId, early: bool) -> Audible {
        if early && !self.legs.get(&id).is_some_and(Leg::is_up) && self.has_early(w, now, id) {
            return Audible::Now;
        }
        self.answer_leg(w, now, id, &[])
    }

    fn has_early(&mut self, w: &mut World, now: Time, id: LegId) -> bool {
        self.legs.get(&id).is_some_and(Leg::is_audible) || self.early_media(w, now, id, &[])
    }

    /// The ACK of our 2xx: the answer to our offer is in it, if the INVITE had none.
    pub(crate) fn acknowledged(&mut self, w: &mut World, now: Time, id: LegId, sdp: Option<&Bytes>) {
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.is_up()) else {
            return;
        };
        if leg.sdp.agreed.is_none() {
            let agreed = sdp.is_some_and(|sdp| leg.sdp.accept(sdp, false).is_ok());
            if !agreed {
                let reason = crate::leg::reason_of(Cause::INCOMPATIBLE);
                return self.end_legs(w, now, &[id], Cause::INCOMPATIBLE, reason);
            }
        }
        let Some(stack) = self.driver(id) else {
            return;
        };
        if let Some(Wait::Acknowledged(step)) = self.stacks.get(&stack).map(|stack| stack.wait.clone()) {
            self.execute(w, now, stack, *step);
        }
    }
}

impl Leg {
    /// The offer of an incoming leg's INVITE.
    fn take_offer(&mut self) -> Option<Box<SessionDescription>> {
        match &mut self.side {
            Side::Incoming { offer } => offer.take(),
            Side::Outgoing { .. } => None,
        }
    }

    pub(crate) fn answer(
        &mut self,
        w: &World,
        offer: &SessionDescription,
        prefer: &[Format],
        video: Option<Vec<Format>>,
    ) -> Result<Bytes, Refusal> {
        let terms = self.terms(w, prefer.to_vec(), video).ok_or(Refusal::NoMedia)?;
        self.sdp.answer(offer, &terms)
    }

    /// Whether an offer can be met by some answer.
    pub(crate) fn can_answer(&self, w: &World, offer: &SessionDescription) -> Result<(), Refusal> {
        let terms = self.terms(w, Vec::new(), None).ok_or(Refusal::NoMedia)?;
        self.sdp.can_answer(offer, &terms)
    }

    /// Whether the office, or this user's own list, lets the leg use an encoding.
    pub(crate) fn may_use(&self, w: &World, codec: &Format) -> bool {
        self.terms(w, Vec::new(), None)
            .is_some_and(|terms| terms.formats.iter().any(|format| format.same_encoding(codec)))
    }
}
