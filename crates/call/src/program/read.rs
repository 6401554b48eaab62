//! Digits: collecting them, and keeping those that are typed ahead of the question.

use super::play::ALL_DIGITS;
use super::stack::{Reading, StackId, Wait};
use crate::Fact;
use crate::feature::typing::Pressed;
use crate::leg::TYPED_MAX;
use crate::state::{State, Timer};
use crate::world::World;
use cordboard_app::{DigitsEnd, Happening, MessageEnd, PlayResult, ReadDigits, Reply};
use cordboard_base::{LegId, Time};
use cordboard_media::Playhead;
use core::time::Duration;

impl State {
    pub(crate) fn start_read(
        &mut self,
        w: &mut World,
        now: Time,
        id: StackId,
        subject: LegId,
        read: ReadDigits,
    ) {
        let reading = Reading {
            prompt: None,
            digits: String::new(),
            max: usize::from(read.max).clamp(1, TYPED_MAX),
            end: read.end,
            timeout_ms: read.timeout_ms,
            digit_timeout_ms: read.digit_timeout_ms,
            secret: read.secret,
        };
        let ahead =
            self.legs.get_mut(&subject).map(|leg| core::mem::take(&mut leg.typed)).unwrap_or_default();
        let prompt = (ahead.is_empty() && !read.prompt.is_empty())
            .then(|| self.play(w, subject, read.prompt, ALL_DIGITS.to_owned()));
        let waits = prompt.is_none();
        self.park(id, Wait::Read(Reading { prompt, ..reading }));
        if waits {
            self.read_timer(now, id);
        }
        // Those who know the menu type ahead: the prompt is skipped, what is too much stays for the next question.
        for (at, digit) in ahead.char_indices() {
            if !matches!(self.stacks.get(&id).map(|stack| &stack.wait), Some(Wait::Read(_))) {
                if let Some(leg) = self.legs.get_mut(&subject) {
                    leg.typed = ahead.get(at..).unwrap_or_default().to_owned();
                }
                break;
            }
            self.read_digit(w, now, id, subject, digit);
        }
    }

    /// A digit from a leg, however it came.
    pub(crate) fn digit(&mut self, w: &mut World, now: Time, from: LegId, pressed: Pressed) {
        let Pressed { digit, .. } = pressed;
        if !ALL_DIGITS.contains(digit) || !self.is_live(from) {
            return;
        }
        let shown = Some(digit).filter(|_| self.may_show_digits(from));
        w.fact(self.id, Fact::Digit { leg: from, digit: shown });
        self.code_digit(w, now, from, pressed);
        if self.consult_digit(w, now, from, pressed) {
            return;
        }
        let Some(id) = self.driver(from) else {
            return;
        };
        if let Some(leg) = self.legs.get_mut(&from)
            && leg.swallow.take() == Some(digit)
        {
            return;
        }
        match self.stacks.get(&id).map(|stack| &stack.wait) {
            Some(Wait::Read(_)) => self.read_digit(w, now, id, from, digit),
            Some(Wait::Echo) if digit == '#' => {
                self.timers.cancel(&Timer::Step(id));
                self.reply(id, Reply::Ok);
            }
            Some(Wait::Await(_)) => self.await_digit(id, digit),
            Some(Wait::Dial(dial)) if dial.options.keys.contains(digit) => self.dial_key(w, now, id, digit),
            Some(Wait::Message(_)) => self.message_digit(w, id, digit),
            // Digits of people who talk are for whoever they talk to.
            Some(Wait::Talk(_) | Wait::Consult) | None => {}
            Some(
                Wait::Ready(_)
                | Wait::Running
                | Wait::Acknowledged(_)
                | Wait::Play(_)
                | Wait::Pause
                | Wait::Silence
                | Wait::Machine
                | Wait::Echo
                | Wait::Ask(_)
                | Wait::Dial(_)
                | Wait::Connect
                | Wait::Yield,
            ) => self.type_ahead(from, digit),
        }
    }

    /// Whether what a leg types now may be seen by those who follow its call: it is asked for, and no secret. What is typed ahead
    /// may be one, and what is typed in a talk is for the other end alone (RFC 4733 §9).
    fn may_show_digits(&self, from: LegId) -> bool {
        match self.driver(from).and_then(|id| self.stacks.get(&id)).map(|stack| &stack.wait) {
            Some(Wait::Read(reading)) => !reading.secret,
            Some(Wait::Await(_) | Wait::Dial(_) | Wait::Message(_)) => true,
            Some(
                Wait::Talk(_)
                | Wait::Consult
                | Wait::Echo
                | Wait::Ready(_)
                | Wait::Running
                | Wait::Acknowledged(_)
                | Wait::Play(_)
                | Wait::Pause
                | Wait::Silence
                | Wait::Machine
                | Wait::Ask(_)
                | Wait::Connect
                | Wait::Yield,
            )
            | None => false,
        }
    }

    fn tell_read(&mut self, w: &mut World, leg: LegId, digits: &str, secret: bool, end: DigitsEnd) {
        if let Some(hidden) = secret.then(|| self.typed.learn(digits)).flatten() {
            w.fact(self.id, Fact::Typed(hidden));
        }
        let count = u16::try_from(digits.len()).unwrap_or(u16::MAX);
        let digits = (!secret).then(|| digits.to_owned());
        let timed_out = end == DigitsEnd::TimedOut;
        w.fact(self.id, Fact::Read { leg, digits, count, timed_out });
    }

    fn type_ahead(&mut self, from: LegId, digit: char) {
        if let Some(leg) = self.legs.get_mut(&from)
            && leg.typed.len() < TYPED_MAX
        {
            leg.typed.push(digit);
        }
    }

    /// A digit typed ahead that ends a play before it begins.
    pub(crate) fn typed_ahead(&mut self, from: LegId, interrupt: &str) -> Option<char> {
        let leg = self.legs.get_mut(&from)?;
        let digit = leg.typed.chars().next().filter(|digit| interrupt.contains(*digit))?;
        leg.typed.remove(0);
        Some(digit)
    }

    /// The digit that ended a play is in the play's reply: its own report, before or after, is not a new digit.
    pub(crate) fn take_interrupt(&mut self, from: LegId, digit: char) {
        if let Some(leg) = self.legs.get_mut(&from) {
            if leg.typed.ends_with(digit) {
                leg.typed.pop();
            } else if leg.typed.len() < TYPED_MAX {
                leg.swallow = Some(digit);
            }
        }
    }

    fn read_digit(&mut self, w: &mut World, now: Time, id: StackId, subject: LegId, digit: char) {
        let Some(Wait::Read(reading)) = self.stacks.get_mut(&id).map(|stack| &mut stack.wait) else {
            return;
        };
        let playing = reading.prompt.take().is_some();
        let end = if reading.end.contains(digit) {
            Some(DigitsEnd::Ended(digit))
        } else {
            reading.digits.push(digit);
            (reading.digits.len() >= reading.max).then_some(DigitsEnd::Full)
        };
        let (digits, secret) = (reading.digits.clone(), reading.secret);
        if playing {
            self.stop_prompt(w, subject);
        }
        match end {
            Some(end) => {
                self.tell_read(w, subject, &digits, secret, end);
                self.timers.cancel(&Timer::Step(id));
                self.reply(id, Reply::Digits { digits, end });
            }
            None => self.read_timer(now, id),
        }
    }

    /// The prompt has ended: the time for the first digit runs.
    pub(crate) fn prompt_over(&mut self, now: Time, id: StackId) {
        if let Some(Wait::Read(reading)) = self.stacks.get_mut(&id).map(|stack| &mut stack.wait) {
            reading.prompt = None;
        }
        self.read_timer(now, id);
    }

    fn read_timer(&mut self, now: Time, id: StackId) {
        if let Some(Wait::Read(reading)) = self.stacks.get(&id).map(|stack| &stack.wait) {
            let ms = if reading.digits.is_empty() { reading.timeout_ms } else { reading.digit_timeout_ms };
            self.timers.set(Timer::Step(id), now + Duration::from_millis(u64::from(ms)));
        }
    }

    /// [`Timer::Step`] has run out.
    pub(crate) fn step_timer(&mut self, w: &mut World, now: Time, id: StackId) {
        let Some(stack) = self.stacks.get(&id) else {
            return;
        };
        let subject = stack.subject;
        match Some(&stack.wait) {
            Some(Wait::Pause | Wait::Echo) => self.reply(id, Reply::Ok),
            Some(Wait::Silence) => self.end_silence(w, id, subject, false),
            Some(Wait::Machine) => self.detection_lost(w, id, subject),
            Some(Wait::Read(reading)) => {
                let (digits, secret) = (reading.digits.clone(), reading.secret);
                self.tell_read(w, subject, &digits, secret, DigitsEnd::TimedOut);
                self.reply(id, Reply::Digits { digits, end: DigitsEnd::TimedOut });
            }
            Some(Wait::Consult) => self.consult_timer(w, now),
            // It was handed over while it rang.
            Some(Wait::Dial(_)) => {
                self.call_back(w, now, id);
            }
            Some(Wait::Await(_)) => self.reply(id, Reply::Happened(Happening::TimedOut)),
            Some(Wait::Message(_)) => self.end_message(w, id, MessageEnd::Full),
            Some(Wait::Play(_)) => self.reply(id, Reply::Played(PlayResult::Finished, Playhead::default())),
            Some(
                Wait::Ready(_)
                | Wait::Running
                | Wait::Acknowledged(_)
                | Wait::Ask(_)
                | Wait::Talk(_)
                | Wait::Connect
                | Wait::Yield,
            )
            | None => {}
        }
    }
}
