//! What runs on the phone that is called, when it was answered.
//!
//! ```text
//! Knowing ─▶ Saying(1…3) ──1──▶ Snoozing ─▶ "is set for" ─▶ done
//!               └─ 2 # , nothing, hang-up ─▶ Confirming ─▶ done
//! ```

use crate::manual::WAKEUP_CALL;
use crate::talk::{Answer, Request, answered, ask};
use cordboard_app::say::{WallTime, audio, grammar};
use cordboard_app::{CallInfo, Machine, Manual, PlayList, ReadDigits, Reply, RouteError, Step, Value, Verb};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

/// How often it is said to somebody who presses nothing, and how long is waited for a key, in ms.
const TIMES: u8 = 3;
const KEY_MS: u32 = 5_000;
const PROMPTS: [&str; 6] = [
    "this-is-yr-wakeup-call",
    "the-time-is",
    "wakeup-snooze",
    "wakeup-set",
    "an-error-has-occurred",
    "goodbye",
];

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct WakeupCall;

impl Verb for WakeupCall {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &WAKEUP_CALL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let id = arguments.argument(0).int().and_then(|id| u64::try_from(id).ok()).unwrap_or(0);
        Ok(Program { id, lang: info.lang.clone(), state: State::Start })
    }

    fn prompts(&self) -> Vec<&'static str> {
        PROMPTS.to_vec()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Start,
    Knowing,
    /// Said so often.
    Saying(u8, WallTime),
    Snoozing,
    Confirming,
    Ending,
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    id: u64,
    lang: String,
    state: State,
}

impl Machine for Program {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_)) {
            return self.hung_up();
        }
        match self.state.clone() {
            State::Start => {
                self.state = State::Knowing;
                ask(&Request::Ring { id: self.id })
            }
            State::Knowing => match answered(&reply) {
                Answer::Now(now) => self.say(1, now),
                Answer::Done
                | Answer::Set { .. }
                | Answer::All { .. }
                | Answer::Full
                | Answer::NotAllowed
                | Answer::Failed
                | Answer::Summaries(_) => self.end(Vec::new()),
            },
            State::Saying(times, now) => self.pressed(times, now, &reply),
            State::Snoozing => match answered(&reply) {
                Answer::Set { now, entry } => {
                    let mut said = vec!["wakeup-set".to_owned()];
                    said.extend(grammar(&self.lang).when(&entry.at, &now));
                    self.end(said)
                }
                Answer::Done
                | Answer::Now(_)
                | Answer::All { .. }
                | Answer::Full
                | Answer::NotAllowed
                | Answer::Failed
                | Answer::Summaries(_) => self.end(vec!["an-error-has-occurred".to_owned()]),
            },
            State::Confirming => self.end(vec!["goodbye".to_owned()]),
            State::Ending => Step::Done(Value::Unit),
        }
    }
}

impl Program {
    fn say(&mut self, times: u8, now: WallTime) -> Step {
        self.state = State::Saying(times, now);
        let grammar = grammar(&self.lang);
        let mut said = vec!["this-is-yr-wakeup-call".to_owned(), "the-time-is".to_owned()];
        said.extend(grammar.moment(&now, grammar.time_format()));
        said.push("wakeup-snooze".to_owned());
        Step::Read(ReadDigits {
            prompt: audio(said, &self.lang),
            max: 1,
            timeout_ms: KEY_MS,
            digit_timeout_ms: KEY_MS,
            end: String::new(),
            secret: false,
        })
    }

    fn pressed(&mut self, times: u8, now: WallTime, reply: &Reply) -> Step {
        let key = if let Reply::Digits { digits, .. } = reply { digits.chars().next() } else { None };
        match key {
            Some('1') => {
                self.state = State::Snoozing;
                ask(&Request::Snooze { id: self.id })
            }
            Some('2' | '#') => self.confirm(),
            Some(_) | None if times < TIMES => self.say(times.saturating_add(1), now),
            Some(_) | None => self.confirm(),
        }
    }

    fn confirm(&mut self) -> Step {
        self.state = State::Confirming;
        ask(&Request::Confirm { id: self.id })
    }

    fn end(&mut self, said: Vec<String>) -> Step {
        self.state = State::Ending;
        Step::Play(PlayList { items: audio(said, &self.lang), interrupt: String::new() })
    }

    /// Whoever hangs up is awake.
    fn hung_up(&mut self) -> Step {
        match self.state {
            State::Start | State::Knowing | State::Saying(..) => {
                self.state = State::Ending;
                ask(&Request::Confirm { id: self.id })
            }
            State::Snoozing | State::Confirming | State::Ending => Step::Done(Value::Unit),
        }
    }
}
