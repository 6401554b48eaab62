//! What ringing legs say: provisional responses, answers, refusals.

use super::{Alert, Response};
use crate::Output;
use crate::feature::Rights;
use crate::leg::{Leg, Port, Side, Stage, identity, reason_elsewhere, reason_of};
use crate::program::stack::StackId;
use crate::state::{State, Timer};
use crate::world::World;
use bytes::Bytes;
use cordboard_app::{Cause, Destination, Level};
use cordboard_base::{LegId, Time};
use cordboard_sip::message::{NameAddr, Response as SipResponse};
use cordboard_sip::session::LegCommand;

/// Diversions (302) that one dial follows, at most.
pub(crate) const FOLLOWED_MAX: usize = 8;

impl State {
    /// An outgoing leg's port is open: its INVITE goes out, with the caller's codecs first.
    pub(crate) fn send_invite(&mut self, w: &mut World, id: LegId) {
        let caller = self.dials_for(id);
        let prefer = caller.map(|leg| leg.sdp.formats()).unwrap_or_default();
        let video = caller.map(|leg| leg.sdp.video.clone());
        let shown = caller.map_or_else(|| Some(self.info.caller.clone()), |leg| Some(leg.party.clone()));
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        let terms = leg.terms(w, prefer, video);
        let Side::Outgoing { invite, .. } = &mut leg.side else {
            return;
        };
        if let (Some(mut invite), Some(terms)) = (invite.take(), terms) {
            invite.sdp = Some(leg.sdp.offer(&terms));
            leg.shown = shown;
            leg.stage = Stage::Trying;
            w.leg(id, LegCommand::Invite(invite));
        }
    }

    /// 101–199 from a leg that we call.
    pub(crate) fn provisional(
        &mut self,
        w: &mut World,
        now: Time,
        id: LegId,
        response: &SipResponse,
        sdp: Option<Bytes>,
    ) {
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.is_live() && !leg.is_incoming()) else {
            return;
        };
        if !matches!(leg.stage, Stage::Trying | Stage::Early) {
            return;
        }
        leg.stage = Stage::Early;
        if let Side::Outgoing { rang, .. } = &mut leg.side {
            *rang = *rang || matches!(response.status, 180 | 183);
        }
        if let Some(party) = identity::asserted(&response.headers).filter(|_| leg.is_trunk()) {
            leg.party = party;
        }
        // A nonsensical early description is no reason to end the call: the final one counts.
        let early = sdp.is_some_and(|sdp| leg.sdp.accept(&sdp, true).is_ok());
        self.alert(w, now, id, response.status, early);
    }

    /// Passes ringing on: early media of a single callee, else 180 and our own ringback.
    pub(crate) fn alert(&mut self, w: &mut World, now: Time, id: LegId, status: u16, early: bool) {
        let Some(stack) = self.dialler(id).and_then(|stack| self.stacks.get_mut(&stack)) else {
            return;
        };
        let subject = stack.subject;
        let Some(dial) = stack.dial().filter(|dial| dial.ringing.contains(&id)) else {
            return;
        };
        let alone = dial.ringing.len() == 1 && dial.reaching.is_empty();
        match dial.alert {
            Alert::Music | Alert::Early(_) => {}
            Alert::Silent | Alert::Ringing if early && alone => {
                dial.alert = Alert::Early(id);
                self.relay_early(w, now, subject, id);
            }
            Alert::Silent if status == 180 || (status == 183 && early) => {
                dial.alert = Alert::Ringing;
                self.tell_ringing(w, subject);
            }
            Alert::Silent | Alert::Ringing => {}
        }
        if status == 180 || early {
            self.transfer_rings(w, subject);
        }
    }

    fn relay_early(&mut self, w: &mut World, now: Time, subject: LegId, callee: LegId) {
        let prefer = self.legs.get(&callee).map(|leg| leg.sdp.formats()).unwrap_or_default();
        if !self.early_media(w, now, subject, &prefer) {
            self.tell_ringing(w, subject);
        }
    }

    /// 2xx from a leg that we call.
    pub(crate) fn leg_answered(
        &mut self,
        w: &mut World,
        now: Time,
        id: LegId,
        response: &SipResponse,
        sdp: Option<&Bytes>,
    ) {
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.is_live() && !leg.is_incoming()) else {
            return;
        };
        if leg.stage == Stage::Up || matches!(leg.port, Port::Opening) {
            return;
        }
        let agreed = match sdp {
            Some(sdp) => leg.sdp.accept(sdp, false).is_ok(),
            None => leg.sdp.keep_early(),
        };
        let heard =
            leg.sdp.agreed.as_ref().is_some_and(|agreed| agreed.audio.is_some() || agreed.video.is_some());
        leg.stage = Stage::Up;
        leg.answered = Some(now);
        if let Some(party) = identity::asserted(&response.headers).filter(|_| leg.is_trunk()) {
            leg.party = party;
        }
        let rings = self.stop_ringing(id);
        let Some(stack) = rings.filter(|_| agreed && heard) else {
            self.end_legs(w, now, &[id], Cause::INCOMPATIBLE, reason_of(Cause::INCOMPATIBLE));
            if let Some(stack) = rings {
                self.note_response(stack, Response::Status { status: 488, q850: None, rang: true });
                self.check_stage(w, now, stack);
            }
            return;
        };
        match self.dial(stack).and_then(|dial| dial.options.screen.clone()) {
            Some(screen) => self.start_screen(now, stack, id, screen),
            None => self.connect(w, now, stack, id),
        }
    }

    /// The first answer wins: the others are ended, the caller is answered with what the callee speaks, the two are bridged.
    pub(crate) fn connect(&mut self, w: &mut World, now: Time, id: StackId, callee: LegId) {
        let Some(stack) = self.stacks.get_mut(&id) else {
            return;
        };
        let Some(dial) = stack.dial() else {
            return;
        };
        let mut losers = core::mem::take(&mut dial.ringing);
        losers.retain(|leg| *leg != callee);
        let mut late = core::mem::take(&mut dial.screening);
        late.retain(|leg| *leg != callee);
        let (limit_ms, record) = (dial.options.limit_ms, dial.options.record);
        let rights = Rights::of(&dial.options.extra);
        self.timers.cancel(&Timer::RingStage(id));
        self.timers.cancel(&Timer::RingLeg(callee));
        losers.iter().for_each(|leg| {
            self.timers.cancel(&Timer::RingLeg(*leg));
        });
        self.end_legs(w, now, &losers, Cause::ELSEWHERE, reason_elsewhere());
        late.into_iter().for_each(|leg| self.too_late(w, now, leg));
        if self.inner.is_some() {
            return self.answered_inside(w, callee);
        }
        if let Some(then) = self.then.take() {
            return self.originate_answered(w, now, id, callee, then);
        }
        // A consultation changes nothing of what the talk that waits may do.
        if self.aside.is_none() {
            self.rights = rights;
        }
        self.begin_talk(w, now, id, callee, (limit_ms, record));
    }

    /// The final refusal of a leg that rings.
    pub(crate) fn leg_refused(
        &mut self,
        w: &mut World,
        now: Time,
        id: LegId,
        status: u16,
        response: Option<&SipResponse>,
    ) {
        let rang = matches!(self.legs.get(&id).map(|leg| &leg.side), Some(Side::Outgoing { rang: true, .. }));
        let q850 = response.and_then(|response| crate::hangup::q850(&response.headers));
        let cause = q850.map_or_else(|| Cause::of_status(status), Cause);
        let who = self.legs.get(&id).and_then(|leg| leg.who()).cloned();
        // Who is outside does not choose who rings in the office.
        let outside = self.legs.get(&id).is_some_and(Leg::is_trunk);
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.cause = cause;
            leg.gone(w, now);
        }
        let Some(stack) = self.stop_ringing(id) else {
            return self.leg_over(w, now, id, cause, false);
        };
        if (300..400).contains(&status)
            && !outside
            && let Some(response) = response
        {
            self.follow(w, stack, response);
        }
        self.note_response(stack, Response::Status { status, q850, rang });
        // A 6xx speaks for the user, at every contact (RFC 3261 §21.6).
        if status >= 600 {
            self.end_contacts(w, now, who.as_ref());
        }
        self.check_stage(w, now, stack);
    }

    fn end_contacts(&mut self, w: &mut World, now: Time, who: Option<&Destination>) {
        let legs = self.legs.values().filter(|leg| leg.is_live() && leg.who().is_some() && leg.who() == who);
        let others: Vec<LegId> = legs.map(|leg| leg.id).collect();
        for leg in others {
            if self.stop_ringing(leg).is_some() {
                self.end_legs(w, now, &[leg], Cause::REJECTED, reason_of(Cause::REJECTED));
            }
        }
    }

    /// A phone diverts (3xx): followed to our own users only, by name; the exchange knows which there are.
    fn follow(&mut self, w: &mut World, stack: StackId, response: &SipResponse) {
        let contact = response.headers.first("Contact").and_then(|value| NameAddr::parse(value).ok());
        let Some(user) = contact.and_then(|contact| contact.uri.user) else {
            return;
        };
        let call = self.id;
        let destination = Destination::User(user);
        let Some(dial) = self.dial(stack) else {
            return;
        };
        let known = dial.options.stages.iter().flatten().any(|member| *member == destination);
        if known || dial.followed.contains(&destination) || dial.followed.len() >= FOLLOWED_MAX {
            return self.log(w, Level::Info, "diversion not followed");
        }
        dial.followed.push(destination.clone());
        let query = w.query(call);
        dial.reaching.push((query, destination.clone()));
        w.outputs.push_back(Output::Reach { query, call, destination, emergency: false });
    }
}
