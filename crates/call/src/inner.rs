//! Destinations that are reached by a route of the dialplan ([`Destination::Extension`]): the route's program runs in a call of its
//! own, an inner call, which nobody has made and nobody hears. It finds out who rings; who answers there moves into the call that
//! wanted it. Between the two calls there are errands only, so that each is kept, cut and ended as any other call is.
//!
//! ```text
//!  the call that rings                                its inner call
//!  Reach::Route ────────── Errand::Reach ──────────▶  the program of the route asks, notes, dials
//!  a stand-in rings ◀───── News::Rings, Asks ───────  its legs ring, or are asked whether they take the call
//!     │ ended ──────────── Errand::Release ─────────▶ whoever rings is ended, the program unwinds
//!     ▼
//!  admits that leg ◀────── News::Answered ──────────  somebody is there: its leg leaves, the program unwinds
//!  notes how it ended ◀─── News::Over ──────────────  the program has ended, or needs somebody to talk to
//! ```
//! The stand-in is the name of the leg that would have made the inner call. A mailbox or an announcement that the program comes to
//! answers nobody: what it plays is taken as played, what it wants to hear ends it.
//!
//! To its caller all of this is one call: an inner one is a part of it ([`crate::CallRecord::part_of`]), and does not count as a call.

use crate::call::Call;
use crate::calls::Calls;
use crate::dial::{Alert, Response};
use crate::leg::{Leg, reason_elsewhere};
use crate::program::stack::{Stack, StackId};
use crate::state::{EndBy, Phase, State, Timer, Wanted};
use crate::world::{Errand, World};
use crate::{Fact, OutOfReach};
use cordboard_app::{
    CallInfo, Cause, Destination, DialOptions, Level, PlayResult, Programs, Reply, Step, Value,
};
use cordboard_base::{CallId, LegId, Time};
use cordboard_media::Playhead;
use cordboard_sip::message::Headers;
use cordboard_sip::session::Reason;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::rc::Rc;

/// Extensions that lead to one another, at most: a queue's agent behind a group behind a forward. Deeper ones ring nobody.
pub(crate) const PATH_MAX: usize = 4;

/// Prompts that a program may play to nobody; then it is taken to be at its end.
pub(crate) const UNHEARD_MAX: u16 = 32;

/// So long a program may take that runs for a key of a phone: the phone waits for its answer.
pub const UNHEARD_TIME: Duration = Duration::from_secs(5);

/// Q.850 cause 25, exchange routing error: what a loop is refused with.
const LOOP: Cause = Cause(25);

/// What an inner call knows of the one that it is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inner {
    by: CallId,
    /// The call as its caller sees it: `by`, or what that one is a part of.
    whole: CallId,
    /// By which extensions it came to be, its own the last.
    path: Vec<Destination>,
    told: Told,
    /// The program says that it rings.
    rings: bool,
    /// Prompts that nobody has heard.
    unheard: u16,
}

/// What the other call was told last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Told {
    Nothing,
    Rings,
    Asks,
    /// There is no more to be told.
    All,
}

/// What an inner call tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum News {
    /// Somebody's phone rings.
    Rings,
    /// Somebody has answered and is asked whether to take the call; or nobody is any more, and others may still ring.
    Asks(bool),
    /// This leg has answered, and takes the call.
    Answered(LegId),
    /// Nobody has.
    Over(Cause),
}

fn stand_in(call: CallId) -> LegId {
    LegId { call, index: 0 }
}

impl Call {
    /// A call that finds out who rings.
    fn by_route(
        w: &mut World,
        now: Time,
        (id, info): (CallId, CallInfo),
        (inner, exported): (Inner, BTreeMap<String, Value>),
        programs: Rc<dyn Programs>,
    ) -> Self {
        let (context, number) = (info.context.clone(), info.dialed.clone());
        let mut state = State::new(id, info, Headers::default(), now, false);
        state.phase = Phase::Live;
        state.inner = Some(Box::new(inner));
        state.exported = exported;
        w.fact(id, Fact::Began { info: state.info.clone() });
        let subject = state.first_leg();
        state.wanted = Some(Wanted { subject, context, number, enters: 0, vars: BTreeMap::new() });
        Self { state, programs, apps: Default::default() }
    }
}

/// The side of the call that rings.
impl State {
    /// A route of the dialplan is asked who rings.
    pub(crate) fn ring_route(
        &mut self,
        w: &mut World,
        now: Time,
        (id, who): (StackId, &Destination),
        call: CallId,
        options: &DialOptions,
    ) {
        let Destination::Extension { context, number } = who else {
            return self.note_response(id, Response::OutOfReach(OutOfReach::Unknown));
        };
        let mut path = self.inner.as_ref().map(|inner| inner.path.clone()).unwrap_or_default();
        // A dialog of another exchange has no place behind a route either.
        if path.len() >= PATH_MAX || path.contains(who) || self.elsewhere().is_some() {
            self.log(
                w,
                Level::Warn,
                format!("{number} in {context}: extensions lead to one another without end"),
            );
            return self.note_response(id, Response::Route(LOOP));
        }
        path.push(who.clone());
        let (caller, privacy) = self.caller_shown(id, options);
        let info = CallInfo {
            call: call.to_string(),
            context: context.clone(),
            dialed: number.clone(),
            caller,
            privacy,
            // In nobody's name: what the caller may do is nothing to a route that the configuration has chosen.
            user: None,
            phone: None,
            trunk: self.info.trunk.clone(),
            redirecting: self.info.redirecting.clone(),
            lang: self.info.lang.clone(),
            callee: None,
        };
        let Some(dial) = self.dial(id) else { return };
        dial.ringing.push(stand_in(call));
        if options.leg_timeout_ms > 0 {
            let time = Duration::from_millis(u64::from(options.leg_timeout_ms));
            self.timers.set(Timer::RingLeg(stand_in(call)), now + time);
        }
        w.fact(self.id, Fact::Inside { inner: call, who: who.clone() });
        w.errands.push_back(Errand::Reach { by: self.id, call, info: Box::new(info), path });
    }

    /// What the inner call of a stand-in says.
    fn inner_says(&mut self, w: &mut World, now: Time, leg: LegId, news: News) {
        let Some(id) = self.dialler(leg) else { return };
        match news {
            News::Rings => self.alert(w, now, leg, 180, false),
            News::Asks(true) => {
                self.alert(w, now, leg, 180, false);
                self.timers.cancel(&Timer::RingLeg(leg));
                if let Some(dial) = self.dial(id) {
                    dial.ringing.retain(|ringing| *ringing != leg);
                    dial.screening.push(leg);
                }
            }
            News::Asks(false) => {
                if let Some(dial) = self.dial(id) {
                    dial.screening.retain(|asked| *asked != leg);
                    dial.ringing.push(leg);
                }
            }
            News::Answered(_) => {}
            News::Over(cause) => {
                self.take_stand_in(leg);
                self.note_response(id, Response::Route(cause));
                self.check_stage(w, now, id);
            }
        }
    }

    /// Takes a stand-in out of those that ring or are asked: for which stack it did.
    fn take_stand_in(&mut self, leg: LegId) -> Option<StackId> {
        self.timers.cancel(&Timer::RingLeg(leg));
        let id = self.dialler(leg)?;
        let dial = self.dial(id)?;
        dial.ringing.retain(|ringing| *ringing != leg);
        dial.screening.retain(|asked| *asked != leg);
        Some(id)
    }

    /// Somebody has answered behind a route: its leg is this call's now.
    fn inner_answered(
        &mut self,
        w: &mut World,
        now: Time,
        inner: CallId,
        (mut leg, who): (Leg, Destination),
    ) {
        let id = leg.id;
        let stack = self.take_stand_in(stand_in(inner));
        leg.answers_for = Some(Box::new(who.clone()));
        w.fact(self.id, Fact::AnswersFor { leg: id, who, inner });
        self.admit(w, leg);
        let Some(stack) = stack else {
            return self.end_legs(w, now, &[id], Cause::ELSEWHERE, reason_elsewhere());
        };
        match self.dial(stack).and_then(|dial| dial.options.screen.clone()) {
            Some(screen) => self.start_screen(now, stack, id, screen),
            None => self.connect(w, now, stack, id),
        }
    }

    /// If this is a stand-in, nobody waits any more for whom it leads to.
    pub(crate) fn release_inner(&self, w: &mut World, leg: LegId, cause: Cause, reason: &Reason) {
        if leg.call != self.id && leg == stand_in(leg.call) && !self.legs.contains_key(&leg) {
            let reason = reason.clone();
            w.errands.push_back(Errand::Release { call: leg.call, by: self.id, cause, reason });
        }
    }

    /// Nobody waits for any of them.
    pub(crate) fn release_all(&self, w: &mut World) {
        for dial in self.stacks.values().filter_map(Stack::dials) {
            for leg in dial.ringing.iter().chain(&dial.screening) {
                self.release_inner(w, *leg, Cause::NORMAL, &Reason::default());
            }
        }
    }
}

/// The side of the inner call.
impl State {
    /// The call that this one is a part of, as its caller sees it.
    pub(crate) fn part_of(&self) -> Option<CallId> {
        self.inner.as_ref().map(|inner| inner.whole)
    }

    /// Whether this is the name of the leg that an inner call does not have.
    pub(crate) fn is_stand_in(&self, leg: LegId) -> bool {
        self.inner.is_some() && leg == self.first_leg()
    }

    /// A step of a program that has nobody to talk to; whether it is dealt with by that.
    pub(crate) fn unheard(&mut self, w: &mut World, now: Time, id: StackId, step: &Step) -> bool {
        let Some(inner) = self.inner.as_deref_mut() else { return false };
        let reply = match step {
            Step::Answer | Step::Progress | Step::Music(_) | Step::Join(None) => Some(Reply::Ok),
            Step::Ringing => {
                inner.rings = true;
                Some(Reply::Ok)
            }
            Step::Play(_) => {
                inner.unheard = inner.unheard.saturating_add(1);
                let played = Reply::Played(PlayResult::Finished, Playhead::default());
                Some(played).filter(|_| inner.unheard <= UNHEARD_MAX)
            }
            Step::Record(_) | Step::Transfer(_) => Some(Reply::Failed("nobody is there".to_owned())),
            Step::Read(_)
            | Step::WaitSilence { .. }
            | Step::DetectMachine(_)
            | Step::Echo { .. }
            | Step::Tone(_)
            | Step::SendDigits { .. }
            | Step::Await(_)
            | Step::Join(Some(_))
            | Step::TakeMessage(_)
            | Step::Connect(_) => None,
            Step::Hangup(_)
            | Step::Dial(_)
            | Step::Enter { .. }
            | Step::Run { .. }
            | Step::Wait { .. }
            | Step::ControlRecording { .. }
            | Step::Ask(_)
            | Step::Note(_)
            | Step::Yield
            | Step::Done(_) => return false,
        };
        match reply {
            Some(reply) => self.reply(id, reply),
            None => {
                // It has come to a mailbox, a menu, a queue: nobody answers there who could take the call.
                let last = self.stacks.get(&id).and_then(|stack| stack.last_cause);
                let cause = last.unwrap_or(Cause::NO_ANSWER);
                self.note_end(cause, EndBy::System);
                self.hang(w, now, id, cause);
            }
        }
        true
    }

    /// Somebody has answered, and accepted if it was asked.
    pub(crate) fn answered_inside(&mut self, w: &mut World, leg: LegId) {
        let call = self.id;
        if let Some(inner) = self.inner.as_deref_mut() {
            inner.told = Told::All;
            w.errands.push_back(Errand::Inner { call, by: inner.by, news: News::Answered(leg) });
        }
    }

    /// Tells the call that rings how it stands, if that has changed.
    pub(crate) fn settle_inner(&mut self, w: &mut World) {
        let is_over = self.main.is_none() && self.wanted.is_none();
        let cause = self.end.as_ref().map_or(Cause::NORMAL, |end| end.cause);
        let dial = self.main.and_then(|main| self.stacks.get(&main)).and_then(Stack::dials);
        let asks = dial.is_some_and(|dial| !dial.screening.is_empty());
        let rings = dial.is_some_and(|dial| dial.alert != Alert::Silent);
        let call = self.id;
        let Some(inner) = self.inner.as_deref_mut() else { return };
        let next = match inner.told {
            Told::All => return,
            Told::Nothing | Told::Rings | Told::Asks if is_over => Told::All,
            Told::Nothing | Told::Rings | Told::Asks if asks => Told::Asks,
            Told::Nothing if !rings && !inner.rings => Told::Nothing,
            Told::Nothing | Told::Rings | Told::Asks => Told::Rings,
        };
        let news = match (core::mem::replace(&mut inner.told, next), next) {
            (_, Told::All) => News::Over(cause),
            (Told::Nothing | Told::Rings | Told::All, Told::Asks) => News::Asks(true),
            (Told::Asks, Told::Rings) => News::Asks(false),
            (Told::Nothing | Told::All, Told::Rings) => News::Rings,
            (_, Told::Nothing) | (Told::Rings, Told::Rings) | (Told::Asks, Told::Asks) => return,
        };
        w.errands.push_back(Errand::Inner { call, by: inner.by, news });
    }

    /// What is to be said for a call that is gone and has not told all: a bug has ended it.
    pub(crate) fn last_word(&self) -> Option<Errand> {
        let inner = self.inner.as_deref().filter(|inner| inner.told != Told::All)?;
        Some(Errand::Inner { call: self.id, by: inner.by, news: News::Over(Cause::TEMPORARY) })
    }

    /// Lets go of the leg that has answered.
    fn let_go(&mut self, w: &mut World, now: Time, leg: LegId) -> Option<(Leg, Destination)> {
        let inner = self.inner.as_deref()?;
        let (by, who) = (inner.by, inner.path.last().cloned()?);
        let leg = self.take_leg(w, now, leg, (by, Cause::ELSEWHERE))?;
        self.answered.get_or_insert(now);
        self.answered_by = leg.who().cloned();
        if let Some(main) = self.main {
            self.hang(w, now, main, Cause::ELSEWHERE);
        }
        Some((leg, who))
    }

    /// Nobody waits for it any more.
    fn released(&mut self, w: &mut World, now: Time, cause: Cause, reason: Reason) {
        if let Some(inner) = self.inner.as_deref_mut() {
            inner.told = Told::All;
        }
        self.note_end(cause, EndBy::Caller);
        self.wanted = None;
        self.beside.clear();
        let Some(main) = self.main else { return };
        // Whoever rings is told why, and not that its program unwinds.
        let legs: Vec<LegId> = self.dial(main).map_or_else(Vec::new, |dial| {
            let ringing = core::mem::take(&mut dial.ringing);
            ringing.into_iter().chain(core::mem::take(&mut dial.screening)).collect()
        });
        self.hang(w, now, main, cause);
        self.end_legs(w, now, &legs, cause, reason);
    }
}

impl Calls {
    /// A call that is for nobody: it has nobody to tell anything, and is a part of nothing but itself.
    pub(crate) fn unheard(&mut self, now: Time, call: CallId, info: CallInfo) {
        if self.calls.contains_key(&call) {
            self.counts.stray += 1;
            return;
        }
        let programs = Rc::clone(&self.programs);
        let inner =
            Inner { by: call, whole: call, path: Vec::new(), told: Told::All, rings: false, unheard: 0 };
        let made_of = (call, info.clone());
        self.make(now, (call, info), |w| {
            let mut made = Call::by_route(w, now, made_of, (inner, BTreeMap::new()), programs);
            made.state.timers.set(Timer::CallLimit, now + UNHEARD_TIME);
            made
        });
    }

    pub(crate) fn reach_by_route(
        &mut self,
        now: Time,
        by: CallId,
        (call, info): (CallId, CallInfo),
        path: Vec<Destination>,
    ) {
        let waits = self.state(by).is_some_and(|outer| outer.dialler(stand_in(call)).is_some());
        // It may have been given up in the very turn that wanted it.
        let Some(outer) = self.calls.get(&by).filter(|_| waits) else { return };
        if self.calls.contains_key(&call) {
            self.counts.stray += 1;
            return self.inner_news(now, (call, by), News::Over(Cause::TEMPORARY));
        }
        let (programs, exported) = (Rc::clone(&outer.programs), outer.state.exported.clone());
        let whole = outer.state.part_of().unwrap_or(by);
        let inner = Inner { by, whole, path, told: Told::Nothing, rings: false, unheard: 0 };
        let made_of = (call, info.clone());
        self.make(now, (call, info), |w| Call::by_route(w, now, made_of, (inner, exported), programs));
        // A call that could not even be made says nothing; one that has said all is no longer asked for.
        if self.state(call).is_none_or(|state| state.inner.is_none()) {
            self.w.errands.push_back(Errand::Inner { call, by, news: News::Over(Cause::TEMPORARY) });
        }
    }

    pub(crate) fn inner_news(&mut self, now: Time, (call, by): (CallId, CallId), news: News) {
        let News::Answered(leg) = news else {
            return self.with(now, by, |outer, w| outer.state.inner_says(w, now, stand_in(call), news));
        };
        if self.state(by).is_none_or(|outer| outer.dialler(stand_in(call)).is_none()) {
            return self.release(now, (call, by), Cause::ELSEWHERE, reason_elsewhere());
        }
        let mut moving = None;
        self.with(now, call, |inner, w| moving = inner.state.let_go(w, now, leg));
        self.with(now, by, |outer, w| match moving {
            Some(moving) => outer.state.inner_answered(w, now, call, moving),
            None => outer.state.inner_says(w, now, stand_in(call), News::Over(Cause::TEMPORARY)),
        });
    }

    pub(crate) fn release(&mut self, now: Time, (call, by): (CallId, CallId), cause: Cause, reason: Reason) {
        let is_its = |state: &State| state.inner.as_ref().is_some_and(|inner| inner.by == by);
        if self.state(call).is_some_and(is_its) {
            self.with(now, call, |inner, w| inner.state.released(w, now, cause, reason));
        }
    }
}
