//! Keys of the caller while it rings: those that the program named end the ringing, whoever was about to answer.

use crate::leg::reason_elsewhere;
use crate::program::stack::{Role, StackId, Wait};
use crate::state::{State, Timer};
use crate::world::World;
use cordboard_app::{Cause, DialEnd, DialResult, Reply, Value};
use cordboard_base::{LegId, Time};
use cordboard_sip::session::Reason;
use core::time::Duration;

/// So long a screen may go on to tell somebody that the call is taken.
const LATE_TIME: Duration = Duration::from_secs(10);

/// What its program is told.
const TAKEN: &str = "somebody else has taken the call";

fn pressed(key: char) -> DialResult {
    DialResult { end: DialEnd::Key(key), by: None, cause: Cause::NORMAL, secs: 0, hangup_by_callee: false }
}

impl State {
    /// A key that was pressed before it began to ring: nobody is rung.
    pub(super) fn key_ahead(&mut self, id: StackId, subject: LegId, keys: &str) -> bool {
        let Some(leg) = self.legs.get_mut(&subject).filter(|_| !keys.is_empty()) else {
            return false;
        };
        let Some(at) = leg.typed.find(|digit| keys.contains(digit)) else {
            return false;
        };
        let rest = leg.typed.split_off(at);
        let mut rest = rest.chars();
        let key = rest.next();
        leg.typed = rest.collect();
        if let Some(key) = key {
            self.reply(id, Reply::Dialed(Box::new(pressed(key))));
        }
        key.is_some()
    }

    /// A digit of the caller's while it rings, one that ends the ringing.
    pub(crate) fn dial_key(&mut self, w: &mut World, now: Time, id: StackId, key: char) {
        self.end_dial(w, now, id, pressed(key));
    }

    /// A service's word while it rings, one that ends the ringing.
    pub(crate) fn dial_told(&mut self, w: &mut World, now: Time, message: &Value) {
        let Some(id) = self.main else { return };
        if self.dial(id).is_some_and(|dial| dial.options.until.as_ref() == Some(message)) {
            let end = DialEnd::NoAnswer;
            let ended = DialResult { end, by: None, cause: Cause::NORMAL, secs: 0, hangup_by_callee: false };
            self.end_dial(w, now, id, ended);
        }
    }

    /// Ends the ringing with this result.
    fn end_dial(&mut self, w: &mut World, now: Time, id: StackId, result: DialResult) {
        let Some(stack) = self.stacks.get_mut(&id).filter(|stack| stack.dials().is_some()) else {
            return;
        };
        let subject = stack.subject;
        let reply = Wait::Ready(Box::new(Reply::Dialed(Box::new(result))));
        let Wait::Dial(dial) = core::mem::replace(&mut stack.wait, reply) else {
            return;
        };
        self.timers.cancel(&Timer::RingStage(id));
        // The caller has given up: no Reason, so that phones show a missed call.
        let legs: Vec<LegId> = dial.ringing.into_iter().chain(dial.screening).collect();
        for leg in &legs {
            self.timers.cancel(&Timer::RingLeg(*leg));
        }
        self.end_legs(w, now, &legs, Cause::NORMAL, Reason::default());
        if let Some(leg) = self.legs.get_mut(&subject) {
            leg.music = None;
        }
    }

    /// Somebody is asked whether it takes a call that another one has taken meanwhile: its screen may say so, then its leg is ended.
    pub(super) fn too_late(&mut self, w: &mut World, now: Time, leg: LegId) {
        let asks = |role: Role| matches!(role, Role::Screens(_));
        let before = self.beside.len();
        self.beside.retain(|beside| beside.subject != leg || !asks(beside.role));
        let stacks = self.stacks.iter().filter(|(_, stack)| stack.hung.is_none() && stack.subject == leg);
        let screen = stacks.filter(|(_, stack)| asks(stack.role)).find(|(_, stack)| can_be_told(&stack.wait));
        let screen = screen.map(|(id, _)| *id).filter(|_| before == self.beside.len());
        let Some(screen) = screen else {
            return self.end_legs(w, now, &[leg], Cause::ELSEWHERE, reason_elsewhere());
        };
        self.stop_prompt(w, leg);
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.typed.clear();
        }
        self.timers.cancel(&Timer::Step(screen));
        self.timers.set(Timer::RingLeg(leg), now + LATE_TIME);
        self.reply(screen, Reply::Failed(TAKEN.to_owned()));
    }
}

/// Whether a step that is under way can be answered that it failed.
fn can_be_told(wait: &Wait) -> bool {
    match wait {
        Wait::Ready(_)
        | Wait::Play(_)
        | Wait::Read(_)
        | Wait::Pause
        | Wait::Silence
        | Wait::Machine
        | Wait::Echo
        | Wait::Ask(_)
        | Wait::Await(_)
        | Wait::Yield => true,
        Wait::Running
        | Wait::Acknowledged(_)
        | Wait::Dial(_)
        | Wait::Talk(_)
        | Wait::Consult
        | Wait::Connect
        | Wait::Message(_) => false,
    }
}
