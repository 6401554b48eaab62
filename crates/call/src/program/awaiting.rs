//! Waiting for whatever comes first: a digit, a word of a service's, the end of the time. What a service says meanwhile, or while
//! the program does something else, is kept for its next await.

use super::stack::{StackId, Wait};
use crate::state::{State, Timer};
use crate::world::World;
use cordboard_app::{Await, Happening, Reply, Value};
use cordboard_base::{LegId, Time};
use core::time::Duration;

/// Words of services that a program has not taken yet. A queue tells a waiting caller a handful a minute; of more the oldest are
/// forgotten.
pub(crate) const TOLD_MAX: usize = 64;

impl State {
    pub(crate) fn start_await(&mut self, now: Time, id: StackId, subject: LegId, wanted: Await) {
        let digits = wanted.digits;
        let typed =
            self.legs.get_mut(&subject).map(|leg| core::mem::take(&mut leg.typed)).unwrap_or_default();
        let mut typed = typed.chars().skip_while(|digit| !digits.contains(*digit));
        if let Some(digit) = typed.next() {
            let rest = typed.collect();
            if let Some(leg) = self.legs.get_mut(&subject) {
                leg.typed = rest;
            }
            return self.reply(id, Reply::Happened(Happening::Digit(digit)));
        }
        let Some(stack) = self.stacks.get_mut(&id) else { return };
        if let Some(message) = stack.told.pop_front() {
            return stack.reply(Reply::Happened(Happening::Told(message)));
        }
        stack.wait = Wait::Await(digits);
        if wanted.timeout_ms > 0 {
            self.timers.set(Timer::Step(id), now + Duration::from_millis(u64::from(wanted.timeout_ms)));
        }
    }

    /// A digit while the program awaits; one that it does not want is dropped.
    pub(crate) fn await_digit(&mut self, id: StackId, digit: char) {
        let Some(stack) = self.stacks.get_mut(&id) else { return };
        if matches!(&stack.wait, Wait::Await(digits) if digits.contains(digit)) {
            stack.reply(Reply::Happened(Happening::Digit(digit)));
            self.timers.cancel(&Timer::Step(id));
        }
    }

    /// A service says something to whatever drives the call.
    pub(crate) fn told(&mut self, w: &mut World, now: Time, message: Value) {
        self.dial_told(w, now, &message);
        let Some(id) = self.main else { return };
        let Some(stack) = self.stacks.get_mut(&id) else { return };
        if matches!(stack.wait, Wait::Await(_)) {
            stack.reply(Reply::Happened(Happening::Told(message)));
            self.timers.cancel(&Timer::Step(id));
            return;
        }
        if stack.told.len() >= TOLD_MAX {
            stack.told.pop_front();
        }
        stack.told.push_back(message);
    }
}
