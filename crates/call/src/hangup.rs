//! Ends: of a leg, of a talk, of a program's leg, of the call.
//!
//! Whoever ends a leg, and whichever side did it, [`State::depart`] says what that means for those who stay.

use crate::leg::{Leg, Stage, reason_of};
use crate::program::stack::{Stack, StackId, Wait};
use crate::state::{EndBy, Phase, State, Timer};
use crate::world::World;
use cordboard_app::{Cause, DialEnd, DialResult, MessageEnd, Reply};
use cordboard_base::{LegId, Time};
use cordboard_sip::message::Headers;
use cordboard_sip::session::{EndedBy, Reason};
use core::time::Duration;

/// How long an unwinding program may still ask and note.
pub(crate) const UNWIND_TIME: Duration = Duration::from_secs(5);

/// By then a leg that was told to go is gone, whatever its session says: past all of SIP's timers (64·T1 twice).
pub(crate) const LEAVE_TIME: Duration = Duration::from_secs(80);

/// The Q.850 cause of a Reason header (RFC 3326), if there is one.
pub(crate) fn q850(headers: &Headers) -> Option<u8> {
    headers.all("Reason").find_map(|value| {
        let (protocol, params) = value.split_once(';')?;
        if !protocol.trim().eq_ignore_ascii_case("Q.850") {
            return None;
        }
        params.split(';').find_map(|param| {
            let (name, number) = param.split_once('=')?;
            let number = number.trim().parse().ok().filter(|n| (1..=127).contains(n))?;
            name.trim().eq_ignore_ascii_case("cause").then_some(number)
        })
    })
}

/// Why a leg ended, in Q.850.
pub(crate) fn cause_of(by: EndedBy, reason: &Reason) -> Cause {
    if let Some(cause) = reason.q850.filter(|cause| (1..=127).contains(cause)) {
        return Cause(cause);
    }
    match by {
        EndedBy::Peer | EndedBy::Us => Cause::NORMAL,
        EndedBy::NoAck | EndedBy::SessionTimer => Cause::TIMER,
        EndedBy::Lost => Cause::TEMPORARY,
    }
}

impl State {
    /// Ends legs, whatever their state.
    pub(crate) fn end_legs(
        &mut self,
        w: &mut World,
        now: Time,
        legs: &[LegId],
        cause: Cause,
        reason: Reason,
    ) {
        for id in legs {
            let Some(leg) = self.legs.get_mut(id).filter(|leg| leg.is_live()) else {
                self.release_inner(w, *id, cause, &reason);
                continue;
            };
            leg.end(w, now, cause, reason.clone());
            if leg.stage == Stage::Leaving {
                self.timers.set(Timer::Leave(*id), now + LEAVE_TIME);
            }
            self.timers.set(Timer::Port(*id), now + crate::call::PORT_TIME);
            self.depart(w, now, *id, cause, false);
        }
    }

    /// A leg's dialog is over.
    pub(crate) fn leg_over(&mut self, w: &mut World, now: Time, id: LegId, cause: Cause, by_peer: bool) {
        self.timers.cancel(&Timer::Leave(id));
        self.timers.cancel(&Timer::RingLeg(id));
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if leg.is_live() {
            leg.cause = cause;
        }
        leg.gone(w, now);
        self.timers.set(Timer::Port(id), now + crate::call::PORT_TIME);
        self.depart(w, now, id, cause, by_peer);
    }

    /// What the end of a leg means for the rest of the call. Nothing, the second time.
    pub(crate) fn depart(&mut self, w: &mut World, now: Time, id: LegId, cause: Cause, by_peer: bool) {
        self.finding.retain(|_, finding| finding.referrer != id);
        self.transfer_left(w, id);
        self.aside_left(w, now, id);
        let partner = self.partner(id);
        if partner.is_some() {
            self.bridge = None;
        }
        let drives = self.main.is_some() && self.subject() == Some(id);
        if drives {
            self.note_end(cause, if by_peer { EndBy::Caller } else { EndBy::System });
        }
        for stack in self.acting(id) {
            self.hang(w, now, stack, cause);
        }
        self.screen_left(w, now, id);
        let talks = |stack: &Stack| stack.hung.is_none() && stack.talk().is_some_and(|talk| talk.leg == id);
        let talking = self.stacks.iter().find(|(_, stack)| talks(stack)).map(|(stack, _)| *stack);
        if let Some(stack) = talking.filter(|_| !drives) {
            return self.talk_over(now, stack, cause, by_peer);
        }
        if let Some(partner) = partner {
            self.note_end(cause, if by_peer { EndBy::Callee } else { EndBy::System });
            self.end_legs(w, now, &[partner], cause, reason_of(cause));
        }
    }

    /// The callee is gone; the program goes on with its caller.
    fn talk_over(&mut self, now: Time, id: StackId, cause: Cause, by_callee: bool) {
        self.timers.cancel(&Timer::TalkLimit(id));
        if by_callee {
            self.note_end(cause, EndBy::Callee);
        }
        let Some(stack) = self.stacks.get_mut(&id) else {
            return;
        };
        let Some(talk) = stack.talk().cloned() else {
            return;
        };
        let secs = u32::try_from(now.since(talk.since).as_secs()).unwrap_or(u32::MAX);
        stack.last_cause = Some(cause);
        let result =
            DialResult { end: DialEnd::Answered, by: talk.by, cause, secs, hangup_by_callee: by_callee };
        stack.reply(Reply::Dialed(Box::new(result)));
    }

    /// The leg that a stack drives is gone, or taken from it: the program is resumed with the hang-up and unwinds.
    pub(crate) fn hang(&mut self, w: &mut World, now: Time, id: StackId, cause: Cause) {
        let Some(stack) = self.stacks.get_mut(&id) else {
            return;
        };
        if stack.hung.is_some() {
            return;
        }
        stack.hung = Some(cause);
        // What the caller has said is kept: its program unwinds when the file is complete.
        let keeps = matches!(stack.wait, Wait::Message(_));
        let wait = if keeps {
            Wait::Running
        } else {
            core::mem::replace(&mut stack.wait, Wait::Ready(Box::new(Reply::HungUp(cause))))
        };
        let time = if keeps { crate::recording::COMPLETE_TIME * 2 } else { Duration::ZERO };
        self.timers.set(Timer::Unwind(id), now + time + UNWIND_TIME);
        if self.main == Some(id) {
            self.main = None;
        }
        for timer in [Timer::Step(id), Timer::RingStage(id), Timer::TalkLimit(id)] {
            self.timers.cancel(&timer);
        }
        if let Wait::Dial(dial) = wait {
            // The caller gave up: no Reason, so that phones show a missed call.
            self.end_legs(w, now, &dial.ringing, Cause::NORMAL, Reason::default());
            self.end_legs(w, now, &dial.screening, Cause::NORMAL, Reason::default());
        }
        if keeps {
            self.end_message(w, id, MessageEnd::HungUp);
        }
    }

    /// Ends everything.
    pub(crate) fn end_call(&mut self, w: &mut World, now: Time, cause: Cause) {
        self.note_end(cause, EndBy::System);
        self.wanted = None;
        self.beside.clear();
        self.originate_failed(w, cause);
        if let Some(main) = self.main.filter(|_| self.inner.is_some()) {
            self.hang(w, now, main, cause);
        }
        // An INVITE that nobody hands over any more is over at once.
        let preparing = |leg: &&Leg| leg.stage == Stage::Preparing && leg.is_incoming();
        let stillborn: Vec<LegId> = self.legs.values().filter(preparing).map(|leg| leg.id).collect();
        let legs = self.live_legs();
        self.phase = Phase::Ending;
        self.end_legs(w, now, &legs, cause, reason_of(cause));
        for id in stillborn {
            self.leg_over(w, now, id, cause, false);
        }
    }

    /// Nothing drives the call and nobody talks: whoever is left is ended.
    pub(crate) fn end_if_idle(&mut self, w: &mut World, now: Time) {
        let driven = self.main.is_some()
            || self.bridge.is_some()
            || self.wanted.is_some()
            || !self.beside.is_empty()
            || self.aside.is_some();
        if self.phase == Phase::Live && !driven {
            let cause = self.end.as_ref().map_or(Cause::NORMAL, |end| end.cause);
            let legs = self.live_legs();
            self.end_legs(w, now, &legs, cause, reason_of(cause));
            self.phase = Phase::Ending;
        }
    }

    /// Whether nothing is left but the record.
    pub(crate) fn is_over(&self) -> bool {
        let idle =
            self.stacks.is_empty() && self.wanted.is_none() && self.beside.is_empty() && !self.is_recorded();
        idle && self.legs.values().all(Leg::is_over)
    }
}
