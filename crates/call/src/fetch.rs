//! [`Connect`]: the party of another call, or a pickup. Both take two calls, and are done between their turns.
//!
//! A party that waits is fetched into the call that wants it, whose program is parked until the talk is over. A pickup is the other
//! way round: who picks up moves into the call that rings, as with an INVITE that replaces a ringing dialog (RFC 3891), since that
//! call's program knows what is to come after the talk; the program that asked for it ends.

use crate::bridge::Bridge;
use crate::calls::Calls;
use crate::feature::Rights;
use crate::leg::{Leg, Stage, reason_of};
use crate::program::stack::{StackId, Talk, Wait};
use crate::program::step::Audible;
use crate::state::{State, Timer};
use crate::world::{Errand, World};
use cordboard_app::{Cause, Connect, RecordRule, Reply, Value};
use cordboard_base::{CallId, LegId, Time};
use core::time::Duration;
use std::collections::BTreeMap;

impl State {
    pub(crate) fn start_connect(&mut self, w: &mut World, id: StackId, whom: Connect) {
        self.park(id, Wait::Connect);
        w.errands.push_back(Errand::Connect { at: self.id, stack: id, whom });
    }

    /// The leg whose program waits to be connected.
    fn connecting(&self, id: StackId) -> Option<LegId> {
        let stack =
            self.stacks.get(&id).filter(|stack| stack.wait == Wait::Connect && stack.hung.is_none())?;
        self.is_live(stack.subject).then_some(stack.subject)
    }

    fn connect_failed(&mut self, id: StackId) {
        if self.stacks.get(&id).is_some_and(|stack| stack.wait == Wait::Connect) {
            self.reply(id, Reply::Failed("nobody is there to be connected".to_owned()));
        }
    }

    /// Who waits in this call to be fetched.
    fn waiting(&self) -> Option<LegId> {
        let stack = self.main.and_then(|main| self.stacks.get(&main))?;
        let waits = matches!(stack.wait, Wait::Await(_)) && stack.hung.is_none();
        let up = self.legs.get(&stack.subject).is_some_and(Leg::is_up);
        (waits && up).then_some(stack.subject)
    }

    /// The leg that has rung longest at one of these users.
    fn ringing_at(&self, users: &[String]) -> Option<(Time, LegId)> {
        let dials = self.stacks.values().filter_map(|stack| stack.dials());
        let legs = dials.flat_map(|dial| &dial.ringing).filter_map(|leg| self.legs.get(leg));
        let rings = legs.filter(|leg| matches!(leg.stage, Stage::Trying | Stage::Early));
        let theirs = rings.filter(|leg| leg.user().is_some_and(|user| users.iter().any(|u| u == user)));
        theirs.map(|leg| (leg.began, leg.id)).min()
    }

    /// A leg from another call talks with the one whose program wants it.
    fn fetched(
        &mut self,
        w: &mut World,
        now: Time,
        (id, extra): (StackId, &BTreeMap<String, Value>),
        leg: Leg,
    ) {
        let callee = leg.id;
        self.admit(w, leg);
        if self.connecting(id).is_none() {
            return self.end_legs(w, now, &[callee], Cause::NORMAL, reason_of(Cause::NORMAL));
        }
        self.rights = Rights::of(extra);
        self.begin_talk(w, now, id, callee, (0, None));
    }

    /// A leg that was another call's is this one's.
    pub(crate) fn admit(&mut self, w: &mut World, leg: Leg) {
        let id = leg.id;
        self.legs.insert(id, leg);
        if id.call == self.id {
            w.homes.remove(&id);
        } else {
            w.homes.insert(id, self.id);
        }
    }

    /// The leg that a stack drives talks with another one; its program is parked until that is over.
    pub(crate) fn begin_talk(
        &mut self,
        w: &mut World,
        now: Time,
        id: StackId,
        callee: LegId,
        (limit_ms, record): (u32, Option<RecordRule>),
    ) {
        let Some(subject) = self.stacks.get(&id).map(|stack| stack.subject) else {
            return;
        };
        let by = self.legs.get(&callee).and_then(Self::owner_of);
        let rung = self.legs.get(&callee).and_then(|leg| leg.answers_for.as_deref()).cloned();
        self.consult_reached(id);
        let rung = rung.or_else(|| by.clone());
        self.park(id, Wait::Talk(Talk { leg: callee, by: rung, since: now }));
        if let Some(stack) = self.stacks.get_mut(&id) {
            stack.talked = true;
        }
        if let Some(leg) = self.legs.get_mut(&subject) {
            leg.music = None;
            // Pressed out of impatience while it rang; not meant for a question after the talk.
            leg.typed.clear();
        }
        self.answered_by = by;
        self.make_bridge(w, Bridge::new(subject, callee, now));
        self.record_by_rule(w, subject, callee, record);
        let prefer = self.legs.get(&callee).map(|leg| leg.sdp.formats()).unwrap_or_default();
        if matches!(self.answer_leg(w, now, subject, &prefer), Audible::Never) {
            let reason = reason_of(Cause::INCOMPATIBLE);
            return self.end_legs(w, now, &[subject, callee], Cause::INCOMPATIBLE, reason);
        }
        if limit_ms > 0 {
            self.timers.set(Timer::TalkLimit(id), now + Duration::from_millis(u64::from(limit_ms)));
        }
        self.returned_or_reached(subject);
        self.transfer_reached(w, now, subject);
    }
}

impl Calls {
    pub(crate) fn connect(&mut self, now: Time, at: CallId, stack: StackId, whom: &Connect) {
        let Some(subject) = self.state(at).and_then(|state| state.connecting(stack)) else { return };
        let done = match whom {
            Connect::Waiting { call, extra } => self.fetch(now, (*call, at), (stack, extra)),
            Connect::RingingAt(users) => self.pick_up(now, at, subject, users),
        };
        if !done {
            self.with(now, at, |call, _| call.state.connect_failed(stack));
        }
    }

    fn fetch(
        &mut self,
        now: Time,
        (from, to): (CallId, CallId),
        (stack, extra): (StackId, &BTreeMap<String, Value>),
    ) -> bool {
        let Some(leg) = self.state(from).filter(|_| from != to).and_then(State::waiting) else {
            return false;
        };
        let mut moving = None;
        self.with(now, from, |call, w| {
            // Who transferred it there, and perhaps still hears where it waits, has reached somebody.
            call.state.transfer_reached(w, now, leg);
            moving = call.state.take_leg(w, now, leg, (to, Cause::ELSEWHERE));
        });
        let Some(leg) = moving else { return false };
        self.with(now, to, |call, w| call.state.fetched(w, now, (stack, extra), leg));
        true
    }

    fn pick_up(&mut self, now: Time, at: CallId, subject: LegId, users: &[String]) -> bool {
        let others = self.states().filter(|state| state.id != at);
        let ringing = others.filter_map(|state| Some((state.ringing_at(users)?, state.id))).min();
        let Some(((_, old), call)) = ringing else { return false };
        self.move_leg(now, subject, (at, call), old, Cause::ELSEWHERE);
        true
    }
}
