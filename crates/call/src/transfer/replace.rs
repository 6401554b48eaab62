//! Taking a leg's place: the one primitive behind attended transfer, pickup and INVITE with Replaces (RFC 3891). A leg that
//! moves to another call keeps its identity, its dialog and its media session.

use crate::Fact;
use crate::bridge::Bridge;
use crate::leg::{Leg, Side, reason_elsewhere, reason_of};
use crate::program::stack::Wait;
use crate::program::step::Audible;
use crate::state::{EndBy, Phase, State, Timer};
use crate::world::World;
use cordboard_app::{Cause, MessageEnd};
use cordboard_base::{CallId, LegId, Time};
use cordboard_sip::session::LegCommand;

impl State {
    /// Takes a leg out of this call, for the call `to`. Its partner stays; a program that it drove unwinds, told why.
    pub(crate) fn take_leg(
        &mut self,
        w: &mut World,
        now: Time,
        id: LegId,
        (to, cause): (CallId, Cause),
    ) -> Option<Leg> {
        self.leave_mix(w, id);
        let acting = self.acting(id);
        for stack in acting.clone() {
            // What it has said until now is the message.
            self.end_message(w, stack, MessageEnd::HungUp);
        }
        let mut leg = self.legs.remove(&id)?;
        leg.typing = Default::default();
        // Ahead of this call's record: whoever counts what a call holds must not let go of what the leg holds.
        w.fact(self.id, Fact::Moved { leg: id, to });
        let mut record = leg.record();
        record.ended_us = Some(now.as_micros());
        self.moved.push(record);
        let timers =
            [Timer::Port(id), Timer::Leave(id), Timer::RingLeg(id), Timer::Recordings(id), Timer::Code(id)];
        for timer in timers {
            self.timers.cancel(&timer);
        }
        self.note_end(Cause::NORMAL, EndBy::System);
        if self.partner(id).is_some() {
            self.bridge = None;
        }
        for stack in acting {
            self.hang(w, now, stack, cause);
        }
        Some(leg)
    }

    /// Puts a leg in the place of `old`, which leaves. Whether there was such a place.
    pub(crate) fn put_leg(&mut self, w: &mut World, now: Time, leg: Leg, old: LegId) -> bool {
        let new = leg.id;
        if matches!(leg.port, crate::leg::Port::Opening) {
            self.timers.set(Timer::Port(new), now + crate::call::PORT_TIME);
        }
        self.admit(w, leg);
        let subject = self.partner(old).unwrap_or(old);
        w.fact(self.id, Fact::Transferred { by: old, subject, to: String::new(), context: String::new() });
        if self.rings(old) {
            return self.pick_up(w, now, new, old);
        }
        let prefer =
            self.partner(old).and_then(|partner| self.legs.get(&partner)).map(|leg| leg.sdp.formats());
        let placed = self.substitute(w, now, new, old);
        if placed && matches!(self.answer_leg(w, now, new, &prefer.unwrap_or_default()), Audible::Never) {
            self.end_legs(w, now, &[new], Cause::INCOMPATIBLE, reason_of(Cause::INCOMPATIBLE));
        }
        self.end_legs(w, now, &[old], Cause::NORMAL, reason_of(Cause::NORMAL));
        placed
    }

    /// Whether a leg has a place that another one can take.
    pub(crate) fn has_place(&self, leg: LegId) -> bool {
        self.is_live(leg)
            && self.aside.is_none()
            && (self.partner(leg).is_some() || self.rings(leg) || self.subject() == Some(leg))
    }

    /// RFC 3891 §3: what was to be replaced is not there.
    pub(crate) fn refuse_replace(&mut self, w: &mut World, now: Time, id: LegId) {
        self.note_end(Cause::UNALLOCATED, EndBy::System);
        if let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.is_unanswered()) {
            let reason = reason_of(Cause::UNALLOCATED);
            w.leg(id, LegCommand::Reject { status: 481, reason, headers: Vec::new() });
            leg.stage = crate::leg::Stage::Leaving;
            leg.cause = Cause::UNALLOCATED;
            self.timers.set(Timer::Leave(id), now + crate::hangup::LEAVE_TIME);
        }
        self.phase = Phase::Ending;
        let legs = self.live_legs();
        self.end_legs(w, now, &legs, Cause::UNALLOCATED, reason_of(Cause::UNALLOCATED));
    }

    fn rings(&self, leg: LegId) -> bool {
        self.stacks.values().any(|stack| stack.dials().is_some_and(|dial| dial.ringing.contains(&leg)))
    }

    /// `new` answers for a leg that rings.
    fn pick_up(&mut self, w: &mut World, now: Time, new: LegId, old: LegId) -> bool {
        let caller = self.dials_for(old);
        let prefer = caller.map(|leg| leg.sdp.formats()).unwrap_or_default();
        if matches!(self.answer_leg(w, now, new, &prefer), Audible::Never) {
            self.end_legs(w, now, &[new], Cause::INCOMPATIBLE, reason_of(Cause::INCOMPATIBLE));
            return false;
        }
        let stack = self.stop_ringing(old);
        self.end_legs(w, now, &[old], Cause::ELSEWHERE, reason_elsewhere());
        if let Some(stack) = stack {
            self.connect(w, now, stack, new);
        }
        stack.is_some()
    }

    /// Whatever names `old` names `new` now.
    fn substitute(&mut self, w: &mut World, now: Time, new: LegId, old: LegId) -> bool {
        let mut placed = false;
        if let Some(partner) = self.partner(old) {
            self.make_bridge(w, Bridge::new(partner, new, now));
            placed = true;
        }
        let who = self.legs.get(&new).and_then(|leg| leg.who()).cloned();
        for stack in self.stacks.values_mut().filter(|stack| stack.hung.is_none()) {
            if stack.subject == old {
                stack.subject = new;
                placed = true;
            }
            if let Wait::Talk(talk) = &mut stack.wait
                && talk.leg == old
            {
                talk.leg = new;
                talk.by = who.clone();
                placed = true;
            }
        }
        if let Some(main) = self.main.filter(|_| self.subject() == Some(new)) {
            self.inherit_program(w, new, old);
            self.prompt_lost(w, now, main);
        }
        placed
    }

    /// The mix that `old` took part in and the music that it was to hear are the program's wishes: they are for `new` now, whom
    /// the program serves, with the rights of that user or of nobody.
    fn inherit_program(&mut self, w: &mut World, new: LegId, old: LegId) {
        if let Some(leg) = self.legs.get(&new) {
            self.info.caller = leg.party.clone();
            self.info.privacy = leg.privacy;
            self.info.user = leg.owner.user().cloned();
            self.info.phone = leg.owner.phone.clone();
            self.info.trunk = leg.owner.trunk().cloned();
        }
        let Some(leg) = self.legs.get_mut(&old) else { return };
        let (music, joined) = (leg.music.take(), leg.mix.as_ref().map(|(_, joined)| joined.clone()));
        if let Some(leg) = self.legs.get_mut(&new) {
            leg.music = music;
        }
        // The new one is in before the old one leaves: the mix does not end between the two.
        if let Some(joined) = joined {
            self.take_part(w, new, joined);
        }
        self.leave_mix(w, old);
    }
}

impl Leg {
    /// Whether it is an INVITE that has not been answered.
    pub(crate) fn is_unanswered(&self) -> bool {
        matches!(self.side, Side::Incoming { .. }) && self.is_live() && !self.is_up()
    }
}
