//! A program between the answer and the talk: an announcement for who answers, "press 1 to take the call". The caller goes on
//! hearing what it heard, other phones go on ringing and may be asked as well; the first to accept gets the call, and who is asked
//! still hears that it is taken.
//!
//! ```text
//! answered ──▶ screening ──┬─ outcome true, or none ──▶ connected
//!                          └─ anything else, hang-up, time ──▶ as if it had declined
//! ```

use super::Response;
use crate::leg::{reason_elsewhere, reason_of};
use crate::program::stack::{Role, StackId};
use crate::state::{Beside, Run, State, Timer};
use crate::world::World;
use cordboard_app::{Cause, Screen, Value};
use cordboard_base::{LegId, Time};
use core::time::Duration;

/// So long a screen may take: a program that never ends keeps nobody.
pub(crate) const SCREEN_TIME: Duration = Duration::from_secs(120);

/// How the dial counts who does not want the call.
const DECLINED: Response = Response::Status { status: 603, q850: None, rang: true };

impl State {
    /// Who has answered is asked.
    pub(crate) fn start_screen(&mut self, now: Time, id: StackId, leg: LegId, screen: Screen) {
        if let Some(dial) = self.dial(id) {
            dial.screening.push(leg);
        }
        self.timers.set(Timer::RingLeg(leg), now + SCREEN_TIME);
        let Screen { app, args } = screen;
        let run = Run::App { app, args };
        self.beside.push(Beside { subject: leg, role: Role::Screens(id), run });
    }

    /// The screen of a leg has ended.
    pub(crate) fn screened(&mut self, w: &mut World, now: Time, id: StackId, leg: LegId, outcome: &Value) {
        let asked = self.dial(id).is_some_and(|dial| dial.screening.contains(&leg));
        if !self.is_live(leg) {
            return;
        }
        if !asked {
            // It has heard that another one was faster.
            return self.end_legs(w, now, &[leg], Cause::ELSEWHERE, reason_elsewhere());
        }
        if matches!(outcome, Value::Unit | Value::Bool(true)) {
            self.stop_sounds(w, leg);
            self.connect(w, now, id, leg);
        } else {
            self.end_legs(w, now, &[leg], Cause::NORMAL, reason_of(Cause::NORMAL));
        }
    }

    /// A leg that was asked is gone: that is a refusal.
    pub(crate) fn screen_left(&mut self, w: &mut World, now: Time, leg: LegId) {
        let asks = |stack: &crate::program::stack::Stack| {
            stack.dials().is_some_and(|dial| dial.screening.contains(&leg))
        };
        let Some(id) = self.stacks.iter().find(|(_, stack)| asks(stack)).map(|(id, _)| *id) else {
            return;
        };
        if let Some(dial) = self.dial(id) {
            dial.screening.retain(|asked| *asked != leg);
        }
        self.timers.cancel(&Timer::RingLeg(leg));
        self.note_response(id, DECLINED);
        self.check_stage(w, now, id);
    }

    /// What a program has begun on a leg and that is not to go on under a talk.
    fn stop_sounds(&mut self, w: &mut World, leg: LegId) {
        self.stop_prompt(w, leg);
        self.leave_mix(w, leg);
        if let Some(leg) = self.legs.get_mut(&leg) {
            leg.music = None;
            leg.typed.clear();
        }
    }
}
