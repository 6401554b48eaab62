//! Every call of a shard. An input finds its call, the call has its turn, what it asks of other calls is done after it. A panic
//! in one call ends that call with a record, and spares the others.

use crate::call::Call;
use crate::leg::reason_of;
use crate::leg::{Leg, Stage};
use crate::snapshot::{CallData, CallsState};
use crate::state::{End, EndBy, State};
use crate::world::{Errand, World};
use crate::{CallSummary, Fact, Input, NewCall, Office, Output};
use cordboard_app::{CallInfo, Cause, Level, Originate, Programs};
use cordboard_base::{CallId, Few, LegId, Source, SourceKey, Time};
use cordboard_sip::message::Headers;
use cordboard_sip::session::{LegCommand, LegEvent, Reason};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// Which stream of the source the call core draws from.
const STREAM: u32 = 0x63_61_6c_6c;

/// The call core: `handle`, then drain `poll`; come back at `next_deadline` with `tick`.
pub struct Calls {
    pub(crate) w: World,
    pub(crate) calls: BTreeMap<CallId, Box<Call>>,
    pub(crate) programs: Rc<dyn Programs>,
    pub(crate) counts: Counts,
    /// Of the calls, those that are parts of others.
    parts: usize,
}

/// What the call core counts; for metrics, never for decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Calls begun, as callers see them.
    pub began: u64,
    /// Calls ended, each with its record.
    pub ended: u64,
    /// Calls ended by a panic of theirs.
    pub panicked: u64,
    /// Inputs that named no call or leg of ours; late ones, mostly.
    pub stray: u64,
}

impl Calls {
    /// No calls yet.
    pub fn new(key: SourceKey, office: Office, programs: Rc<dyn Programs>) -> Self {
        let w = World::new(Source::new(key, STREAM), office);
        Self { w, calls: BTreeMap::new(), programs, counts: Counts::default(), parts: 0 }
    }

    /// The office after a reload; holds for calls in progress as well.
    pub fn set_office(&mut self, office: Office) {
        self.w.office = office;
    }

    /// Whether a number has a route in a context.
    pub fn has_route(&self, context: &str, number: &str) -> bool {
        self.programs.has_route(context, number)
    }

    /// The dialplan after a reload, for calls to come.
    pub fn set_programs(&mut self, programs: Rc<dyn Programs>) {
        self.programs = programs;
    }

    /// Takes an input. Whatever is due is done first; programs that have more to do wait until there is none.
    pub fn handle(&mut self, now: Time, input: Input) {
        self.timers(now);
        match input {
            Input::New(new) => self.begin(now, *new),
            Input::Originate { call, info, originate } => self.originate(now, call, *info, *originate),
            Input::Unheard { call, info } => self.unheard(now, call, *info),
            Input::Overhear { leg, mix, how } => {
                let call = self.w.home(leg);
                self.with(now, call, |call, w| call.state.overhear(w, leg, &mix, how));
            }
            Input::Leg(leg, event) => self.leg(now, leg, event),
            Input::Media(event) => {
                let Some(leg) = event.leg() else { return self.w.mix_event(&event) };
                let call = self.w.home(leg);
                self.with(now, call, |call, w| call.state.media_event(w, now, leg, event));
            }
            Input::Answered { query, value } => {
                if let Some(call) = self.w.queries.remove(&query) {
                    self.with(now, call, |call, w| call.state.asked(w, query, value));
                }
            }
            Input::Reached { query, reach } => {
                if let Some(call) = self.w.queries.remove(&query) {
                    self.with(now, call, |call, w| call.state.reached(w, now, query, reach));
                }
            }
            Input::Found { query, leg } => {
                if let Some(call) = self.w.queries.remove(&query) {
                    self.with(now, call, |call, w| call.state.found(w, now, query, leg));
                }
            }
            Input::Told { call, message } => self.with(now, call, |call, w| call.state.told(w, now, message)),
            Input::Mix { mix, action } => self.w.act_on_mix(&mix, action),
            Input::Hangup { call, cause } => {
                self.with(now, call, |call, w| call.state.end_call(w, now, cause))
            }
            Input::Replace { new, old } => self.with(now, new, |call, w| call.state.replaces(w, now, old)),
        }
        self.run_errands(now);
    }

    /// Does what is due, and lets one call go on whose program has more to do: the one that has waited longest. With a hundred
    /// of them an input waits for one turn, not for a hundred.
    pub fn tick(&mut self, now: Time) {
        self.timers(now);
        if let Some(call) = self.w.turns.pop_due(now) {
            self.with(now, call, |call, _| call.take_turn());
            self.run_errands(now);
        }
    }

    fn timers(&mut self, now: Time) {
        // Each call once: what it sets anew is for the next time.
        let mut due: Vec<CallId> = Vec::new();
        while let Some(call) = self.w.due.pop_due(now) {
            due.push(call);
        }
        for call in due {
            self.with(now, call, |call, w| call.timers(w, now));
        }
        self.run_errands(now);
    }

    /// The next output. To be drained after every `handle` and `tick`.
    pub fn poll(&mut self) -> Option<Output> {
        self.w.outputs.pop_front()
    }

    /// When `tick` is to be called at the latest.
    pub fn next_deadline(&self) -> Option<Time> {
        [self.w.due.next(), self.w.turns.next()].into_iter().flatten().min()
    }

    /// How many calls there are, parts of others included.
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// How many there are as callers see them: without those that are parts of others.
    pub fn whole(&self) -> usize {
        self.calls.len().saturating_sub(self.parts)
    }

    /// How many are parts of others.
    pub fn parts(&self) -> usize {
        self.parts
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    /// What has been counted.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// The live calls, oldest id first.
    pub fn summaries(&self, now: Time) -> Vec<CallSummary> {
        self.calls.values().map(|call| call.state.summary(now)).collect()
    }

    /// A live call as its program sees it.
    pub fn info(&self, call: CallId) -> Option<&CallInfo> {
        self.calls.get(&call).map(|call| &call.state.info)
    }

    /// Whether somebody in it talks with an emergency service, or calls it.
    pub fn is_emergency(&self, call: CallId) -> bool {
        self.calls.get(&call).is_some_and(|call| call.state.is_emergency())
    }

    /// The call that a leg is in now.
    pub fn call_of(&self, leg: LegId) -> Option<CallId> {
        let call = self.w.home(leg);
        self.calls.get(&call).filter(|call| call.state.legs.contains_key(&leg)).map(|call| call.state.id)
    }

    /// Everything, as data. Outputs are to be drained first.
    pub fn snapshot(&self) -> CallsState {
        let calls = self.calls.values().map(|call| CallData::of(call)).collect();
        CallsState { version: CallsState::VERSION, world: self.w.clone(), counts: self.counts, calls }
    }

    /// The same again. `by_version` finds the dialplan that a call began with; a call whose programs can't be had again ends.
    pub fn restore(
        state: CallsState,
        programs: Rc<dyn Programs>,
        by_version: &dyn Fn(&str) -> Option<Rc<dyn Programs>>,
        now: Time,
    ) -> Self {
        let CallsState { version: _, world, counts, calls } = state;
        let mut restored = Self { w: world, calls: BTreeMap::new(), programs, counts, parts: 0 };
        for data in calls {
            let fallback = Rc::clone(&restored.programs);
            let (call, whole) = data.restore(by_version, fallback);
            let id = call.state.id;
            restored.parts += usize::from(call.state.part_of().is_some());
            restored.calls.insert(id, Box::new(call));
            if !whole {
                restored.with(now, id, |call, w| {
                    call.state.log(w, Level::Error, "its program could not be restored");
                    call.state.end_call(w, now, Cause::TEMPORARY);
                });
            }
        }
        restored
    }

    fn begin(&mut self, now: Time, new: NewCall) {
        let id = new.call;
        if self.calls.contains_key(&id) {
            self.counts.stray += 1;
            return;
        }
        let (info, programs) = (new.info.clone(), Rc::clone(&self.programs));
        self.make(now, (id, info), |w| Call::new(w, now, new, programs));
    }

    fn originate(&mut self, now: Time, id: CallId, info: CallInfo, originate: Originate) {
        if self.calls.contains_key(&id) {
            self.counts.stray += 1;
            return;
        }
        let Originate { dial, on_behalf_of: _, then } = originate;
        let (made_of, programs) = ((id, info.clone()), Rc::clone(&self.programs));
        self.make(now, (id, info), |w| Call::originate(w, now, made_of, (dial, then), programs));
    }

    pub(crate) fn make(
        &mut self,
        now: Time,
        (id, info): (CallId, CallInfo),
        new: impl FnOnce(&mut World) -> Call,
    ) {
        let made = catch_unwind(AssertUnwindSafe(|| new(&mut self.w)));
        let call = made.unwrap_or_else(|_| {
            // A call that is over before it began: it leaves its record, and its INVITE is refused when it comes.
            self.counts.panicked += 1;
            let mut state = State::new(id, info, Headers::default(), now, false);
            state.error = Some("internal error".to_owned());
            state.end = Some(End { cause: Cause::TEMPORARY, by: EndBy::System });
            Call { state, programs: Rc::clone(&self.programs), apps: Few::new() }
        });
        match call.state.part_of() {
            Some(_) => self.parts += 1,
            None => self.counts.began += 1,
        }
        self.calls.insert(id, Box::new(call));
        self.with(now, id, |_, _| {});
    }

    fn leg(&mut self, now: Time, leg: LegId, event: LegEvent) {
        let call = self.w.home(leg);
        let known = self.calls.get(&call).is_some_and(|call| call.state.legs.contains_key(&leg));
        if !known && matches!(event, LegEvent::Incoming { .. }) {
            // Its call ended while the endpoint adopted it.
            let reason = reason_of(Cause::TEMPORARY);
            return self.w.leg(leg, LegCommand::Reject { status: 480, reason, headers: Vec::new() });
        }
        self.with(now, call, |call, w| call.state.leg_event(w, now, leg, event));
    }

    /// A call's turn: `act`, then its programs, then what follows from it.
    pub(crate) fn with(&mut self, now: Time, id: CallId, act: impl FnOnce(&mut Call, &mut World)) {
        let Some(call) = self.calls.get_mut(&id) else {
            self.counts.stray += 1;
            return;
        };
        let w = &mut self.w;
        // The state may be half changed after a panic; `wreck` relies on nothing but its list of legs.
        let turn = catch_unwind(AssertUnwindSafe(|| {
            act(call, w);
            call.turn(w, now);
        }));
        if turn.is_err() {
            self.counts.panicked += 1;
            self.wreck(now, id);
        }
        self.close(now, id);
    }

    /// A turn has panicked: the call ends. Its programs, which may be what is broken, get no chance to unwind.
    fn wreck(&mut self, now: Time, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else {
            return;
        };
        let w = &mut self.w;
        w.errands.retain(|errand| !matches!(errand, Errand::Join { at, .. } if *at == id));
        w.fact(id, Fact::Log { level: Level::Error, text: "a bug ended this call".to_owned() });
        let state = &mut call.state;
        state.error.get_or_insert_with(|| "internal error".to_owned());
        state.end = Some(End { cause: Cause::TEMPORARY, by: EndBy::System });
        state.main = None;
        state.wanted = None;
        state.beside.clear();
        state.release_all(w);
        state.then = None;
        state.bridge = None;
        state.transfer = None;
        state.stacks.clear();
        let apps = std::mem::take(&mut call.apps);
        // Dropping a broken program may panic again.
        if catch_unwind(AssertUnwindSafe(|| drop(apps))).is_err() {
            w.fact(id, Fact::Log { level: Level::Error, text: "a program could not be dropped".to_owned() });
        }
        let ended = catch_unwind(AssertUnwindSafe(|| {
            call.state.end_call(w, now, Cause::TEMPORARY);
            call.state.settle(w);
        }));
        if ended.is_err() {
            // Nothing of it can be trusted: its legs and ports are ended blindly, its record is written now.
            for leg in call.state.legs.values() {
                if leg.stage != Stage::Gone {
                    self.w.leg(leg.id, LegCommand::End { reason: Reason::default() });
                }
                self.w.media(cordboard_media::Command::Close { leg: leg.id });
            }
            self.forget(now, id);
        }
    }

    /// Writes the record of a call that is over; else notes when it wants to be woken.
    fn close(&mut self, now: Time, id: CallId) {
        match self.calls.get(&id) {
            Some(call) if call.state.is_over() => self.forget(now, id),
            Some(call) => self.w.wake(id, call.state.timers.next(), call.state.turn),
            None => {}
        }
    }

    fn forget(&mut self, now: Time, id: CallId) {
        if let Some(call) = self.calls.remove(&id) {
            match call.state.part_of() {
                Some(_) => self.parts = self.parts.saturating_sub(1),
                None => self.counts.ended += 1,
            }
            if let Some(errand) = call.state.last_word() {
                self.w.errands.push_back(errand);
            }
            self.w.forget(id);
            self.w.outputs.push_back(Output::Ended(Box::new(call.state.record(now))));
        }
    }

    pub(crate) fn state(&self, call: CallId) -> Option<&State> {
        self.calls.get(&call).map(|call| &call.state)
    }

    pub(crate) fn states(&self) -> impl Iterator<Item = &State> {
        self.calls.values().map(|call| &call.state)
    }

    /// What takes two calls.
    fn run_errands(&mut self, now: Time) {
        while let Some(errand) = self.w.errands.pop_front() {
            match errand {
                Errand::Join { at, referrer, consultation } => self.join(now, at, referrer, consultation),
                Errand::Replace { new, old } => self.replace(now, new, old),
                Errand::Connect { at, stack, whom } => self.connect(now, at, stack, &whom),
                Errand::Reach { by, call, info, path } => self.reach_by_route(now, by, (call, *info), path),
                Errand::Inner { call, by, news } => self.inner_news(now, (call, by), news),
                Errand::Release { call, by, cause, reason } => self.release(now, (call, by), cause, reason),
                Errand::Message { call, number, file, ms, failure } => {
                    self.with(now, call, |call, _| call.state.message_complete(number, file, ms, failure));
                }
            }
        }
    }

    /// Attended transfer. The transferred party's program goes on where it can: if it drives the call `at` and the other end
    /// is somebody, that one is fetched; else the transferred party goes to where the consultation is, be it a talk, a
    /// ringing phone or an application.
    fn join(&mut self, now: Time, at: CallId, referrer: LegId, consultation: LegId) {
        let there = self.w.home(consultation);
        let here = self.calls.get(&at).map(|call| &call.state);
        let party = here.and_then(|state| state.partner(referrer));
        let target =
            self.calls.get(&there).map(|call| &call.state).filter(|state| state.is_live(consultation));
        let (Some(here), Some(party), Some(target), false) = (here, party, target, at == there) else {
            return self.w.leg(referrer, LegCommand::ReferNotify { status: 481 });
        };
        let fetched = target.partner(consultation).filter(|_| here.subject() == Some(party));
        if fetched.is_none() && !target.has_place(consultation) {
            return self.w.leg(referrer, LegCommand::ReferNotify { status: 481 });
        }
        // Ahead of its BYE, after which it can be told nothing (RFC 3515 §2.4.5).
        self.w.leg(referrer, LegCommand::ReferNotify { status: 200 });
        match fetched {
            Some(other) => self.move_leg(now, other, (there, at), referrer, Cause::NORMAL),
            None => self.move_leg(now, party, (at, there), consultation, Cause::NORMAL),
        };
        for (call, leg) in [(at, referrer), (there, consultation)] {
            self.with(now, call, |call, w| {
                call.state.end_legs(w, now, &[leg], Cause::NORMAL, reason_of(Cause::NORMAL));
            });
        }
    }

    /// INVITE with Replaces.
    fn replace(&mut self, now: Time, new: CallId, old: LegId) {
        let there = self.w.home(old);
        let leg = LegId { call: new, index: 0 };
        let placed = there != new && self.calls.get(&there).is_some_and(|call| call.state.has_place(old));
        let waits =
            self.calls.get(&new).and_then(|call| call.state.legs.get(&leg)).is_some_and(Leg::is_unanswered);
        if placed && waits {
            self.move_leg(now, leg, (new, there), old, Cause::NORMAL);
        } else {
            self.with(now, new, |call, w| call.state.refuse_replace(w, now, leg));
        }
    }

    /// Moves a leg to another call, into the place of `old`.
    pub(crate) fn move_leg(
        &mut self,
        now: Time,
        leg: LegId,
        (from, to): (CallId, CallId),
        old: LegId,
        cause: Cause,
    ) {
        let mut moving = None;
        self.with(now, from, |call, w| {
            let exported = call.state.exported.clone();
            moving = call.state.take_leg(w, now, leg, (to, cause)).map(|leg| (leg, exported));
        });
        if let Some((leg, exported)) = moving {
            self.with(now, to, |call, w| {
                call.state.inherit(exported);
                call.state.put_leg(w, now, leg, old);
            });
        }
    }
}
