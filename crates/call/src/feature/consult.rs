//! Attended transfer by digits: the transferer calls somebody by a route of the dialplan, while its partner waits.
//!
//! ```text
//!                       ┌─ nobody in time, or refused ─▶ Failed ─┐
//!  Consult ─▶ rings ────┼─ answered ─▶ with the consulted ◀─ Swap ─▶ with the partner
//!                       │                   │  └─ ThreeWay ─▶ all in one mix
//!                       │                   ├─ the consulted hangs up ─▶ Over ─▶ talk with the partner
//!                       └───────────────────┴─ Complete, or the transferer hangs up ─▶ the partner is connected
//! ```
//! If the transferer hangs up while it still rings and nobody answers in time, it is called back.

use super::typing::Pressed;
use crate::Fact;
use crate::leg::reason_of;
use crate::program::stack::{Role, StackId, Wait};
use crate::state::{Beside, EndBy, Run, State, Timer};
use crate::world::World;
use cordboard_app::{Cause, Consulted, JoinMix, Reply, Step, Value};
use cordboard_base::{LegId, Time};
use cordboard_media::MixInput;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// The application that calls the transferer back.
pub(crate) const RECALL: &str = "call_back_transferer";

/// A consultation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Consult {
    /// The stack that drives the transferer on its way to the consulted one, once it has begun.
    stack: Option<StackId>,
    number: String,
    pub(super) codes: Vec<String>,
    with: With,
}

/// Whom the transferer talks with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum With {
    Consulted,
    Partner,
    Both,
}

/// Who is called back if a consultation that was handed over while it rang reaches nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Recall {
    pub(crate) stack: StackId,
    user: String,
}

impl State {
    pub(super) fn start_consult(
        &mut self,
        now: Time,
        id: StackId,
        number: String,
        timeout_ms: u32,
        codes: Vec<String>,
    ) {
        let Some(aside) = self.aside.as_mut().filter(|aside| aside.consult.is_none()) else {
            return self.reply(id, Reply::Failed("somebody is being consulted".to_owned()));
        };
        let transferer = aside.transferer;
        aside.consult = Some(Consult { stack: None, number: number.clone(), codes, with: With::Consulted });
        let context = self.legs.get(&transferer).map(|leg| leg.owner.context.clone()).unwrap_or_default();
        let run = Run::Route { context, number, entered: false };
        self.beside.push(Beside { subject: transferer, role: Role::Consults(id), run });
        self.timers.set(Timer::Step(id), now + Duration::from_millis(u64::from(timeout_ms)));
        self.park(id, Wait::Consult);
    }

    /// The program that leads to the consulted one has begun, or has entered another route.
    pub(crate) fn consult_begun(&mut self, id: StackId) {
        if let Some(consult) = self.aside.as_mut().and_then(|aside| aside.consult.as_mut()) {
            consult.stack = Some(id);
        }
    }

    /// Somebody has answered, be it a program: there is time.
    pub(crate) fn consult_reached(&mut self, id: StackId) {
        if self.recall.take_if(|recall| recall.stack == id).is_some() {
            self.timers.cancel(&Timer::Step(id));
        }
        if let Some(Role::Consults(of)) = self.stacks.get(&id).map(|stack| stack.role) {
            self.timers.cancel(&Timer::Step(of));
        }
    }

    /// A program that lets the transferer hear something has answered, unless it only says why nobody has.
    pub(crate) fn consult_reached_by(&mut self, id: StackId, step: &Step) {
        let hears = matches!(
            step,
            Step::Play(_) | Step::Read(_) | Step::Echo { .. } | Step::Join(_) | Step::TakeMessage(_)
        );
        if hears && (self.aside.is_some() || self.recall.is_some()) {
            self.consult_reached(id);
        }
    }

    /// Nobody has answered in time.
    pub(crate) fn consult_timer(&mut self, w: &mut World, now: Time) {
        let stack = self.aside.as_ref().and_then(|aside| aside.consult.as_ref()).and_then(|it| it.stack);
        match stack {
            Some(stack) => {
                if let Some(stack) = self.stacks.get_mut(&stack) {
                    stack.last_cause = Some(Cause::NO_ANSWER);
                }
                self.hang(w, now, stack, Cause::NO_ANSWER);
            }
            None => self.consult_over(w, None, (false, Cause::NO_ANSWER)),
        }
    }

    /// The program that led to the consulted one has ended.
    pub(crate) fn consult_over(
        &mut self,
        w: &mut World,
        id: Option<StackId>,
        (talked, cause): (bool, Cause),
    ) {
        let Some(aside) = self.aside.as_mut() else { return };
        let Some(consult) = aside.consult.take_if(|consult| consult.stack == id) else { return };
        let (feature, transferer, partner) = (aside.stack, aside.transferer, aside.partner);
        if consult.with == With::Both {
            self.leave_mix(w, transferer);
            self.leave_mix(w, partner);
            self.hold(w, partner);
        }
        let outcome = if talked { Consulted::Over } else { Consulted::Failed(cause) };
        if let Some(feature) = feature {
            self.tell_consulted(feature, &outcome);
        }
    }

    fn tell_consulted(&mut self, feature: StackId, outcome: &Consulted) {
        if self.stacks.get(&feature).is_some_and(|stack| stack.wait == Wait::Consult) {
            self.timers.cancel(&Timer::Step(feature));
            self.reply(feature, Reply::Value(Value::of(outcome)));
        }
    }

    /// A digit of the transferer's during a consultation; whether it was the last of a code.
    pub(crate) fn consult_digit(&mut self, w: &mut World, now: Time, from: LegId, pressed: Pressed) -> bool {
        let Some(aside) = self.aside.as_ref().filter(|aside| aside.transferer == from) else { return false };
        let (Some(consult), Some(feature)) = (&aside.consult, aside.stack) else { return false };
        let codes: Vec<String> = consult.codes.iter().filter(|code| !code.is_empty()).cloned().collect();
        let gap_ms = w.office.features.gap_ms;
        let Some(code) = self.typed_code(w, now, (from, pressed), (&codes, gap_ms)) else {
            return false;
        };
        self.tell_consulted(feature, &Consulted::Code(code));
        true
    }

    /// The consulted leg, if somebody has answered.
    fn consulted(&self) -> Option<LegId> {
        let stack = self.aside.as_ref()?.consult.as_ref()?.stack?;
        self.stacks.get(&stack)?.talk().map(|talk| talk.leg)
    }

    /// Ends the consultation.
    pub(super) fn abort_consult(&mut self, w: &mut World, now: Time) {
        let consulted = self.consulted();
        let Some(aside) = self.aside.as_mut() else { return };
        let Some(consult) = aside.consult.take() else { return };
        let (transferer, partner) = (aside.transferer, aside.partner);
        self.bridge = None;
        if consult.with == With::Both {
            self.leave_mix(w, transferer);
            self.leave_mix(w, partner);
        }
        self.hold(w, partner);
        self.beside.retain(|beside| !matches!(beside.role, Role::Consults(_)));
        if let Some(stack) = consult.stack {
            self.hang(w, now, stack, Cause::NORMAL);
        }
        if let Some(leg) = consulted {
            self.end_legs(w, now, &[leg], Cause::NORMAL, reason_of(Cause::NORMAL));
        }
    }

    /// The transferer talks with the other of the two, who waits now.
    pub(super) fn swap(&mut self, w: &mut World, now: Time, id: StackId) {
        let Some(consulted) = self.consulted() else { return self.park(id, Wait::Consult) };
        let Some(aside) = self.aside.as_mut() else { return };
        let (transferer, partner) = (aside.transferer, aside.partner);
        let Some(consult) = &mut aside.consult else { return };
        let (next, waits, with) = match consult.with {
            With::Consulted | With::Both => (partner, consulted, With::Partner),
            With::Partner => (consulted, partner, With::Consulted),
        };
        consult.with = with;
        self.unhold(w, waits);
        self.hold(w, waits);
        self.talk_again(w, now, transferer, next);
        self.park(id, Wait::Consult);
    }

    /// All three hear each other.
    pub(super) fn three_way(&mut self, w: &mut World, id: StackId) {
        let Some(consulted) = self.consulted() else { return self.park(id, Wait::Consult) };
        let Some(aside) = self.aside.as_mut() else { return };
        let legs = [aside.transferer, aside.partner, consulted];
        if let Some(consult) = &mut aside.consult {
            consult.with = With::Both;
        }
        self.bridge = None;
        let mix = format!("three-way/{}", self.id);
        for leg in legs {
            self.unhold(w, leg);
            let says = Some(MixInput::default());
            self.take_part(w, leg, JoinMix { mix: mix.clone(), says, hears: true, hearing_db: 0 });
        }
        self.park(id, Wait::Consult);
    }

    /// The program wants the transfer completed.
    pub(super) fn complete_asked(&mut self, w: &mut World, now: Time, id: StackId) {
        let Some(aside) = self.aside.as_ref().filter(|aside| aside.consult.is_some()) else {
            return self.reply(id, Reply::Failed("nobody is consulted".to_owned()));
        };
        let transferer = aside.transferer;
        self.complete(w, now);
        self.end_legs(w, now, &[transferer], Cause::NORMAL, reason_of(Cause::NORMAL));
    }

    /// The partner takes the transferer's place.
    pub(super) fn complete(&mut self, w: &mut World, now: Time) {
        let consulted = self.consulted();
        let Some(aside) = self.aside.take() else { return };
        let (transferer, partner) = (aside.transferer, aside.partner);
        let Some(consult) = aside.consult else { return };
        let number = consult.number.clone();
        w.fact(
            self.id,
            Fact::Transferred { by: transferer, subject: partner, to: number, context: String::new() },
        );
        self.bridge = None;
        let left = aside.stack.and_then(|stack| self.timers.at(&Timer::Step(stack)));
        if let Some(stack) = aside.stack {
            self.hang(w, now, stack, Cause::NORMAL);
        }
        self.unhold(w, transferer);
        let Some(stack) = consult.stack else {
            // The program that was to lead there had no time to begin.
            return self.end_legs(w, now, &[partner], Cause::NORMAL, reason_of(Cause::NORMAL));
        };
        if let (Some(consulted), true) = (consulted, self.subject() == Some(partner)) {
            self.retarget(w, now, (partner, consulted), stack);
        } else {
            self.hand_over(w, now, (transferer, partner), stack);
            if consulted.is_none() {
                self.prepare_recall(transferer, stack, left);
            }
        }
        if let Some(consulted) = consulted {
            self.talk_again(w, now, partner, consulted);
        } else {
            self.unhold(w, partner);
        }
    }

    /// The partner's program goes on talking, now with the consulted one.
    fn retarget(&mut self, w: &mut World, now: Time, (_partner, consulted): (LegId, LegId), stack: StackId) {
        let by = self.legs.get(&consulted).and_then(Self::owner_of);
        let main = self.main.and_then(|main| self.stacks.get_mut(&main));
        if let Some(Wait::Talk(talk)) = main.map(|stack| &mut stack.wait) {
            talk.leg = consulted;
            talk.by = by;
        }
        self.hang(w, now, stack, Cause::NORMAL);
    }

    /// The program of the consultation drives the partner from now on.
    fn hand_over(&mut self, w: &mut World, now: Time, (transferer, partner): (LegId, LegId), stack: StackId) {
        if let Some(main) = self.main {
            self.hang(w, now, main, Cause::NORMAL);
        }
        if let Some(stack) = self.stacks.get_mut(&stack) {
            stack.subject = partner;
            stack.role = Role::Drives;
        }
        self.main = Some(stack);
        self.connected = None;
        if let Some(leg) = self.legs.get(&transferer) {
            self.info.redirecting = Some(leg.party.clone());
        }
        if let Some(leg) = self.legs.get(&partner) {
            self.info.caller = leg.party.clone();
            self.info.privacy = leg.privacy;
            self.info.user = leg.owner.user().cloned();
            self.info.phone = leg.owner.phone.clone();
            self.info.trunk = leg.owner.trunk().cloned();
        }
        self.prompt_lost(w, now, stack);
    }

    /// The partner is gone: the transferer talks on with whom it has called.
    pub(super) fn consult_drives(&mut self, w: &mut World, now: Time) {
        let consulted = self.consulted();
        let Some(aside) = self.aside.take() else { return };
        if let Some(stack) = aside.stack {
            self.hang(w, now, stack, Cause::NORMAL);
        }
        if let Some(main) = self.main {
            self.hang(w, now, main, Cause::NORMAL);
        }
        self.bridge = None;
        let Some(stack) = aside.consult.and_then(|consult| consult.stack) else {
            return self.end_legs(w, now, &[aside.transferer], Cause::NORMAL, reason_of(Cause::NORMAL));
        };
        if let Some(stack) = self.stacks.get_mut(&stack) {
            stack.role = Role::Drives;
        }
        self.main = Some(stack);
        if let Some(consulted) = consulted {
            self.talk_again(w, now, aside.transferer, consulted);
        }
    }

    fn prepare_recall(&mut self, transferer: LegId, stack: StackId, at: Option<Time>) {
        let dials = self.stacks.get(&stack).is_some_and(|stack| stack.dials().is_some());
        let user = self.legs.get(&transferer).and_then(|leg| leg.owner.user()).cloned();
        if let (Some(user), Some(at), true) = (user, at, dials) {
            self.recall = Some(Box::new(Recall { stack, user }));
            self.timers.set(Timer::Step(stack), at);
        }
    }

    /// Who was consulted does not answer, and the transferer is gone: it is called back. Whether there is one to be called.
    pub(crate) fn call_back(&mut self, w: &mut World, now: Time, id: StackId) -> bool {
        let Some(recall) = self.recall.take_if(|recall| recall.stack == id) else { return false };
        let Some(subject) = self.stacks.get(&id).map(|stack| stack.subject) else { return false };
        self.note_end(Cause::NO_ANSWER, EndBy::System);
        self.end = None;
        self.hang(w, now, id, Cause::NO_ANSWER);
        self.hold(w, subject);
        let music = self.hold_music(w).map_or(Value::Unit, Value::Text);
        let run =
            Run::App { app: RECALL.to_owned(), args: Value::List(vec![Value::Text(recall.user), music]) };
        self.beside.push(Beside { subject, role: Role::Drives, run });
        true
    }
}
