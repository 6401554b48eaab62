//! What each step does. `run`, `enter` and `done` move the stack itself and are the turn's; all others are here.

use super::stack::{Role, StackId, Wait};
use crate::leg::reason_of;
use crate::state::{EndBy, State, Timer};
use crate::world::World;
use cordboard_app::{Cause, Reply, Step};
use cordboard_base::{LegId, Time};
use cordboard_sip::session::LegCommand;
use core::time::Duration;

/// Whether a leg is ready to hear something.
pub(crate) enum Audible {
    /// It is.
    Now,
    /// When the ACK has come: the INVITE had no offer.
    OnAck,
    /// It is gone, or refused our media.
    Never,
}

impl State {
    /// Does a step of the stack `id`.
    pub(crate) fn execute(&mut self, w: &mut World, now: Time, id: StackId, step: Step) {
        let Some(stack) = self.stacks.get_mut(&id) else {
            return;
        };
        if let Some(cause) = stack.hung.filter(|_| needs_leg(&step)) {
            stack.reply(Reply::HungUp(cause));
            return;
        }
        let subject = stack.subject;
        if goes_on(&step) && stack.role == Role::Drives {
            // Whoever hung up before has not ended the call.
            self.end = None;
        }
        if self.is_stand_in(subject) && self.unheard(w, now, id, &step) {
            return;
        }
        match step {
            Step::Answer => self.step_answer(w, now, id, subject),
            Step::Progress => self.step_progress(w, now, id, subject),
            Step::Ringing => {
                self.tell_ringing(w, subject);
                self.reply(id, Reply::Ok);
            }
            Step::Hangup(cause) => self.step_hangup(w, now, id, subject, cause),
            Step::Dial(options) => self.start_dial(w, now, id, *options),
            Step::Play(_)
            | Step::Read(_)
            | Step::Echo { .. }
            | Step::Tone(_)
            | Step::Music(_)
            | Step::SendDigits { .. }
            | Step::Join(_)
            | Step::TakeMessage(_)
            | Step::DetectMachine(_)
            | Step::WaitSilence { .. } => {
                self.step_audible(w, now, id, subject, step);
            }
            Step::Wait { ms } => {
                self.timers.set(Timer::Step(id), now + Duration::from_millis(u64::from(ms)));
                self.park(id, Wait::Pause);
            }
            Step::Record(options) => self.step_record(w, id, subject, *options),
            Step::ControlRecording { number, action } => {
                self.control_recording(w, number, action);
                self.reply(id, Reply::Ok);
            }
            Step::Ask(query) => self.step_ask(w, now, id, query),
            Step::Note(note) => self.step_note(w, now, id, note),
            Step::Await(wanted) => self.start_await(now, id, subject, wanted),
            Step::Connect(whom) => self.start_connect(w, id, whom),
            Step::Transfer(transfer) => self.step_transfer(w, now, id, transfer),
            Step::Yield => {
                self.turn.get_or_insert(now);
                self.park(id, Wait::Yield);
            }
            // The turn has dealt with these.
            Step::Enter { .. } | Step::Run { .. } | Step::Done(_) => {}
        }
    }

    pub(crate) fn reply(&mut self, id: StackId, reply: Reply) {
        if let Some(stack) = self.stacks.get_mut(&id) {
            stack.reply(reply);
        }
    }

    pub(crate) fn park(&mut self, id: StackId, wait: Wait) {
        if let Some(stack) = self.stacks.get_mut(&id) {
            stack.wait = wait;
        }
    }

    fn step_answer(&mut self, w: &mut World, now: Time, id: StackId, subject: LegId) {
        match self.answer_leg(w, now, subject, &[]) {
            Audible::Now => self.reply(id, Reply::Ok),
            Audible::OnAck => self.park(id, Wait::Acknowledged(Box::new(Step::Answer))),
            Audible::Never => self.reply(id, Reply::Failed("no common media".to_owned())),
        }
    }

    fn step_progress(&mut self, w: &mut World, now: Time, id: StackId, subject: LegId) {
        if let Some(stack) = self.stacks.get_mut(&id) {
            stack.early = true;
        }
        // A late offer can't have early media but by PRACK: the step is done, prompts wait for the answer.
        self.early_media(w, now, subject, &[]);
        self.reply(id, Reply::Ok);
    }

    fn step_hangup(&mut self, w: &mut World, now: Time, id: StackId, subject: LegId, cause: Cause) {
        if let Some(Role::Consults(_)) = self.stacks.get(&id).map(|stack| stack.role) {
            // Its leg has somebody else to talk with.
            if let Some(stack) = self.stacks.get_mut(&id) {
                stack.last_cause = Some(cause);
            }
            return self.hang(w, now, id, cause);
        }
        // A program that gives up on a transferred leg gives it back to the one who transferred it.
        let gives_back = self.main == Some(id)
            && (self.has_return(subject)
                || self.transfer.as_ref().is_some_and(|transfer| transfer.subject == subject))
            && self.transfer_failed(w, now, cause);
        if !gives_back {
            if self.main == Some(id) {
                self.note_end(cause, EndBy::System);
            }
            self.end_legs(w, now, &[subject], cause, reason_of(cause));
        }
        self.hang(w, now, id, cause);
    }

    /// Steps that the leg is to hear: answers it first, as Asterisk does, unless early media was asked for.
    fn step_audible(&mut self, w: &mut World, now: Time, id: StackId, subject: LegId, step: Step) {
        let early = self.stacks.get(&id).is_some_and(|stack| stack.early);
        match self.make_audible(w, now, subject, early) {
            Audible::Now => {}
            Audible::OnAck => return self.park(id, Wait::Acknowledged(Box::new(step))),
            Audible::Never => return self.reply(id, Reply::Failed("no common media".to_owned())),
        }
        self.returns_no_more(id, subject, &step);
        self.transfer_reached(w, now, subject);
        self.consult_reached_by(id, &step);
        match step {
            Step::Play(list) => self.start_play(w, id, subject, list),
            Step::Read(read) => self.start_read(w, now, id, subject, read),
            Step::Tone(tone) => self.start_tone(w, id, subject, tone),
            Step::Echo { timeout_ms } => self.start_echo(now, id, timeout_ms),
            Step::WaitSilence { ms, timeout_ms } => self.start_silence(w, now, id, subject, (ms, timeout_ms)),
            Step::DetectMachine(detection) => self.start_detection(w, now, id, subject, *detection),
            Step::SendDigits { digits, duration_ms } => {
                self.start_digits(w, now, id, subject, (digits, duration_ms));
            }
            Step::Join(wanted) => self.step_join(w, id, subject, wanted),
            Step::TakeMessage(wanted) => self.start_message(w, now, id, subject, wanted),
            Step::Music(named) => {
                let class = named.and_then(|named| self.music_for(w, named));
                if let Some(leg) = self.legs.get_mut(&subject) {
                    leg.music = class;
                }
                self.reply(id, Reply::Ok);
            }
            Step::Answer
            | Step::Progress
            | Step::Ringing
            | Step::Hangup(_)
            | Step::Dial(_)
            | Step::Enter { .. }
            | Step::Run { .. }
            | Step::Wait { .. }
            | Step::Record(_)
            | Step::ControlRecording { .. }
            | Step::Ask(_)
            | Step::Note(_)
            | Step::Await(_)
            | Step::Connect(_)
            | Step::Transfer(_)
            | Step::Yield
            | Step::Done(_) => {}
        }
    }

    /// 180 to an unanswered caller.
    pub(crate) fn tell_ringing(&mut self, w: &mut World, subject: LegId) {
        let headers = self.connected_headers(w, subject);
        let Some(leg) = self.legs.get_mut(&subject) else {
            return;
        };
        if leg.is_incoming() && matches!(leg.stage, crate::leg::Stage::Trying | crate::leg::Stage::Early) {
            leg.stage = crate::leg::Stage::Early;
            w.leg(subject, LegCommand::Provisional { status: 180, sdp: None, headers });
        }
    }
}

fn needs_leg(step: &Step) -> bool {
    match step {
        Step::Answer
        | Step::Progress
        | Step::Ringing
        | Step::Hangup(_)
        | Step::Dial(_)
        | Step::Enter { .. }
        | Step::Run { .. }
        | Step::Play(_)
        | Step::Read(_)
        | Step::Wait { .. }
        | Step::WaitSilence { .. }
        | Step::DetectMachine(_)
        | Step::Echo { .. }
        | Step::Tone(_)
        | Step::Music(_)
        | Step::Record(_)
        | Step::Await(_)
        | Step::TakeMessage(_)
        | Step::Connect(_)
        | Step::Transfer(_)
        | Step::SendDigits { .. } => true,
        // Leaving a mix needs nobody.
        Step::Join(wanted) => wanted.is_some(),
        Step::ControlRecording { .. } | Step::Ask(_) | Step::Note(_) | Step::Yield | Step::Done(_) => false,
    }
}

/// Whether the call goes on with this step, after a talk.
fn goes_on(step: &Step) -> bool {
    matches!(
        step,
        Step::Dial(_)
            | Step::Play(_)
            | Step::Read(_)
            | Step::Wait { .. }
            | Step::Echo { .. }
            | Step::Tone(_)
            | Step::Await(_)
            | Step::TakeMessage(_)
            | Step::Connect(_)
    )
}
