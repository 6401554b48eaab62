//! Calls that the office makes of itself: there is no leg that called. It rings by a ring plan, and who answers is what the call's
//! program drives from then on.
//!
//! ```text
//! Originate ──▶ a stack without a program dials ──┬─ answered, and screened ─▶ `then` on that leg, Originated
//!                                                 └─ nobody ─▶ Originated with the cause, record
//! ```

use crate::call::Call;
use crate::program::stack::{Stack, StackId};
use crate::state::{Beside, EndBy, Phase, Run, State, Timer, Wanted};
use crate::world::World;
use crate::{Fact, Output};
use cordboard_app::{CallInfo, Cause, DialOptions, Programs, Then};
use cordboard_base::{CallId, LegId, Time};
use cordboard_sip::message::Headers;
use core::time::Duration;
use std::collections::BTreeMap;
use std::rc::Rc;

impl Call {
    /// A call that begins to ring.
    pub(crate) fn originate(
        w: &mut World,
        now: Time,
        (id, info): (CallId, CallInfo),
        (dial, then): (DialOptions, Then),
        programs: Rc<dyn Programs>,
    ) -> Self {
        let mut state = State::new(id, info, Headers::default(), now, false);
        state.phase = Phase::Live;
        state.then = Some(then);
        w.fact(id, Fact::Began { info: state.info.clone() });
        let stack = StackId(state.next_stack);
        state.next_stack = state.next_stack.wrapping_add(1);
        // The leg that would have called: there is none of that name.
        state.stacks.insert(stack, Stack::new(state.first_leg(), 0, BTreeMap::new()));
        state.main = Some(stack);
        state.start_dial(w, now, stack, dial);
        Self { state, programs, apps: Default::default() }
    }
}

impl State {
    /// Somebody has answered: the call is that leg's now.
    pub(crate) fn originate_answered(
        &mut self,
        w: &mut World,
        now: Time,
        dialled: StackId,
        leg: LegId,
        then: Then,
    ) {
        self.stacks.remove(&dialled);
        self.main = None;
        self.answered = Some(now);
        self.answered_by = self.legs.get(&leg).and_then(|leg| leg.who()).cloned();
        let limit = w.office.max_duration_ms;
        if limit > 0 {
            self.timers.set(Timer::CallLimit, now + Duration::from_millis(u64::from(limit)));
        }
        w.outputs.push_back(Output::Originated { call: self.id, failed: None });
        match then {
            Then::Run { app, args } => {
                let role = crate::program::stack::Role::Drives;
                self.beside.push(Beside { subject: leg, role, run: Run::App { app, args } });
            }
            Then::Enter { number } => {
                let (context, vars) = (self.info.context.clone(), BTreeMap::new());
                self.wanted = Some(Wanted { subject: leg, context, number, enters: 0, vars });
            }
        }
    }

    /// Nobody has answered, or nobody may any more.
    pub(crate) fn originate_failed(&mut self, w: &mut World, cause: Cause) {
        if self.then.take().is_none() {
            return;
        }
        if let Some(main) = self.main.take() {
            self.stacks.remove(&main);
            for timer in [Timer::Step(main), Timer::RingStage(main), Timer::TalkLimit(main)] {
                self.timers.cancel(&timer);
            }
        }
        self.note_end(cause, EndBy::System);
        self.phase = Phase::Ending;
        w.outputs.push_back(Output::Originated { call: self.id, failed: Some(cause) });
    }
}
