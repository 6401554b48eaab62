//! The one unsafe file: a script's stack, and the way out of it.
//!
//! Rhai is synchronous and a call waits for minutes, so each running script has a stackful coroutine. A verb hands its step
//! out through the [`Slot`] of its engine and sleeps inside [`Slot::suspend`] until [`Fiber::resume`] brings the reply.
//!
//! ```text
//!  resume(reply) ──▶ running ──suspend(step)──▶ parked ──resume(reply)──▶ running … ──▶ finished (step)
//!                                                 └─ drop: abandoned, resumed once, unwinds, finished
//! ```
//! A parked fiber is never thrown away with live objects on its stack: [`Drop`] marks it abandoned and resumes it; from
//! then on nothing suspends any more, so it runs to its end.
#![allow(
    unsafe_code,
    reason = "the yielder of a coroutine is borrowed for its whole run; a Slot hands it to the verbs"
)]

use cordboard_app::{Cause, Reply, Step};
use core::cell::{Cell, RefCell};
use core::ptr::NonNull;
use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// Reserved for each stack; only touched pages are resident. 32 call levels of a debug build fit.
const STACK_BYTES: usize = 1 << 20;

/// How many scripts run at once: a stack costs two memory mappings, and `vm.max_map_count` is 65,530.
pub const FIBERS_MAX: usize = 16_384;

/// Finished stacks kept for the next scripts; further ones go back to the system.
const POOL_MAX: usize = 256;

type Way = Yielder<Reply, Step>;
type Routine = Coroutine<Reply, Step, Step, DefaultStack>;

/// The stacks of all scripts of a shard. Cheap to clone; dialplans that follow one another share one.
#[derive(Clone)]
pub struct Fibers(Rc<Pool>);

struct Pool {
    idle: RefCell<Vec<DefaultStack>>,
    live: Cell<usize>,
    most: usize,
}

impl Default for Fibers {
    fn default() -> Self {
        Self::with_limit(FIBERS_MAX)
    }
}

impl Fibers {
    /// At most `most` scripts at once.
    pub fn with_limit(most: usize) -> Self {
        Self(Rc::new(Pool { idle: RefCell::new(Vec::new()), live: Cell::new(0), most }))
    }

    /// How many run now.
    pub fn live(&self) -> usize {
        self.0.live.get()
    }

    /// Whether no further one can start.
    pub fn is_full(&self) -> bool {
        self.live() >= self.0.most
    }

    fn take(&self) -> Option<DefaultStack> {
        if self.is_full() {
            return None;
        }
        let idle = self.0.idle.borrow_mut().pop();
        let stack = idle.or_else(|| DefaultStack::new(STACK_BYTES).ok())?;
        self.0.live.set(self.live() + 1);
        Some(stack)
    }

    fn give(&self, stack: DefaultStack) {
        self.0.live.set(self.live().saturating_sub(1));
        let mut idle = self.0.idle.borrow_mut();
        if idle.len() < POOL_MAX {
            idle.push(stack);
        }
    }
}

/// Where the code that runs on a fiber finds the way out of it. One per engine; it travels in the engine's tag.
#[derive(Default)]
pub(crate) struct Slot {
    /// The fiber that runs now. Set only while that fiber's own code executes on its stack.
    way: Cell<Option<NonNull<Way>>>,
    /// Nothing suspends any more: the fiber that runs is being unwound by its `Drop`.
    abandoned: Cell<bool>,
}

impl Slot {
    /// Parks the fiber that runs, hands `step` to whoever resumed it, and returns the reply. Outside of a fiber, and in an
    /// abandoned one, nothing is parked and the answer is a hang-up.
    pub(crate) fn suspend(&self, step: Step) -> Reply {
        if self.abandoned.get() {
            return Reply::HungUp(Cause::NORMAL);
        }
        let Some(way) = self.way.take() else {
            return Reply::HungUp(Cause::NORMAL);
        };
        // SAFETY: `way` is set by the coroutine's own body to its yielder, which lives until that body returns (the body
        // clears it before), and it is taken for as long as the coroutine is parked, so that it is `Some` only while the
        // code of that very coroutine runs, on its own stack: here.
        let reply = unsafe { way.as_ref() }.suspend(step);
        self.way.set(Some(way));
        reply
    }

    /// Whether the fiber that runs is being unwound.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.get()
    }
}

/// Closes the way out of a fiber when its body ends, however it does.
struct Closed<'a>(&'a Slot);

impl Drop for Closed<'_> {
    fn drop(&mut self) {
        self.0.way.set(None);
    }
}

/// What a resumed fiber came back with.
pub(crate) enum Turn {
    /// A step; the fiber is parked.
    Parked(Step),
    /// The last step; the fiber is over.
    Finished(Step),
}

/// One script's coroutine.
pub(crate) struct Fiber {
    routine: Option<Routine>,
    slot: Rc<Slot>,
    fibers: Fibers,
}

impl Fiber {
    /// A fiber that will run `body` on its first resume. `None` if there are too many.
    pub(crate) fn start(
        fibers: &Fibers,
        slot: &Rc<Slot>,
        body: impl FnOnce(Reply) -> Step + 'static,
    ) -> Option<Self> {
        let stack = fibers.take()?;
        let inner = Rc::clone(slot);
        let routine = Routine::with_stack(stack, move |way: &Way, first| {
            inner.way.set(Some(NonNull::from(way)));
            // Also when `body` panics: the yielder is gone with this frame.
            let _closed = Closed(&inner);
            body(first)
        });
        Some(Self { routine: Some(routine), slot: Rc::clone(slot), fibers: fibers.clone() })
    }

    /// Goes on until the next step. A finished fiber answers `None`.
    pub(crate) fn resume(&mut self, reply: Reply) -> Option<Turn> {
        let routine = self.routine.as_mut()?;
        // A fiber may be resumed from within another one of the same engine; that one's way out is put back afterwards.
        let outer = self.slot.way.take();
        let result = routine.resume(reply);
        self.slot.way.set(outer);
        match result {
            CoroutineResult::Yield(step) => Some(Turn::Parked(step)),
            CoroutineResult::Return(step) => {
                if let Some(routine) = self.routine.take() {
                    self.fibers.give(routine.into_stack());
                }
                Some(Turn::Finished(step))
            }
        }
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        self.abandon();
    }
}

impl Fiber {
    /// Ends the fiber now: a parked one unwinds, every step within it being answered by a hang-up.
    pub(crate) fn abandon(&mut self) {
        let Some(mut routine) = self.routine.take() else { return };
        if routine.started() && !routine.done() {
            let outer = self.slot.way.take();
            let nested = self.slot.abandoned.replace(true);
            // A panic on the way out ends here: the slot must not stay abandoned for the fibers that come.
            let _unwound = catch_unwind(AssertUnwindSafe(|| routine.resume(Reply::HungUp(Cause::NORMAL))));
            self.slot.abandoned.set(nested);
            self.slot.way.set(outer);
        }
        if routine.done() {
            self.fibers.give(routine.into_stack());
        } else {
            // Never started: its closure is dropped with it, and the stack returns to the system.
            self.fibers.0.live.set(self.fibers.live().saturating_sub(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(text: &str) -> Step {
        Step::Note(cordboard_app::Note::Mark(text.to_owned()))
    }

    #[test]
    fn a_fiber_hands_out_steps_and_takes_replies() {
        let (fibers, slot) = (Fibers::default(), Rc::new(Slot::default()));
        let inner = Rc::clone(&slot);
        let mut fiber = Fiber::start(&fibers, &slot, move |first| {
            assert_eq!(first, Reply::Start);
            assert_eq!(inner.suspend(note("a")), Reply::Ok);
            note("end")
        })
        .unwrap();
        assert!(matches!(fiber.resume(Reply::Start), Some(Turn::Parked(step)) if step == note("a")));
        assert!(matches!(fiber.resume(Reply::Ok), Some(Turn::Finished(step)) if step == note("end")));
        assert!(fiber.resume(Reply::Ok).is_none());
        assert_eq!(fibers.live(), 0);
    }

    #[test]
    fn a_dropped_fiber_unwinds_and_drops_what_lies_on_its_stack() {
        let (fibers, slot) = (Fibers::default(), Rc::new(Slot::default()));
        let (inner, witness) = (Rc::clone(&slot), Rc::new(()));
        let held = Rc::clone(&witness);
        let mut fiber = Fiber::start(&fibers, &slot, move |_| {
            let _held = held;
            for _ in 0..10 {
                inner.suspend(note("a"));
            }
            note("end")
        })
        .unwrap();
        fiber.resume(Reply::Start);
        assert_eq!(Rc::strong_count(&witness), 2);
        drop(fiber);
        assert_eq!((Rc::strong_count(&witness), fibers.live()), (1, 0));
        assert!(!slot.is_abandoned());
    }

    #[test]
    fn a_fiber_that_never_ran_gives_its_place_back() {
        let (fibers, slot) = (Fibers::with_limit(1), Rc::new(Slot::default()));
        let fiber = Fiber::start(&fibers, &slot, |_| note("end")).unwrap();
        assert!(Fiber::start(&fibers, &slot, |_| note("end")).is_none());
        drop(fiber);
        assert!(Fiber::start(&fibers, &slot, |_| note("end")).is_some());
    }

    #[test]
    fn a_fiber_within_a_fiber_keeps_both_ways_out_apart() {
        let (fibers, slot) = (Fibers::default(), Rc::new(Slot::default()));
        let (deep, slot_in, fibers_in) = (Rc::clone(&slot), Rc::clone(&slot), fibers.clone());
        let mut outer = Fiber::start(&fibers, &slot, move |_| {
            let deeper = Rc::clone(&deep);
            let mut inner = Fiber::start(&fibers_in, &slot_in, move |_| {
                deeper.suspend(note("inner"));
                note("inner end")
            })
            .unwrap();
            assert!(matches!(inner.resume(Reply::Start), Some(Turn::Parked(step)) if step == note("inner")));
            deep.suspend(note("outer"));
            assert!(matches!(inner.resume(Reply::Ok), Some(Turn::Finished(_))));
            note("outer end")
        })
        .unwrap();
        assert!(matches!(outer.resume(Reply::Start), Some(Turn::Parked(step)) if step == note("outer")));
        assert!(matches!(outer.resume(Reply::Ok), Some(Turn::Finished(step)) if step == note("outer end")));
    }

    #[test]
    fn a_panic_in_a_fiber_leaves_no_way_into_it() {
        let (fibers, slot) = (Fibers::default(), Rc::new(Slot::default()));
        let inner = Rc::clone(&slot);
        let mut fiber = Fiber::start(&fibers, &slot, move |_| {
            inner.suspend(note("a"));
            panic!("on purpose")
        })
        .unwrap();
        fiber.resume(Reply::Start);
        assert!(catch_unwind(AssertUnwindSafe(|| fiber.resume(Reply::Ok))).is_err());
        assert_eq!(slot.suspend(note("b")), Reply::HungUp(Cause::NORMAL));
        drop(fiber);
        assert_eq!(fibers.live(), 0);
    }

    #[test]
    fn outside_of_a_fiber_a_step_is_answered_by_a_hang_up() {
        assert_eq!(Slot::default().suspend(note("a")), Reply::HungUp(Cause::NORMAL));
    }
}
