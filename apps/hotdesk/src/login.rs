//! `ch.hotdesk_login`.
//!
//! ```text
//! Number ─▶ Pin ─▶ Proving (voicemail) ─▶ Sitting (hotdesk) ─▶ Saying ─▶ done
//!            ▲ wrong, twice ──┘ └─ locked, no owner, a PIN that is the number ─▶ Saying
//! ```

use crate::manual::LOGIN;
use crate::talk::{Answer, Opened, Proof, Prove, Request, answered, ask, prove};
use cordboard_app::say::audio;
use cordboard_app::{CallInfo, Machine, Manual, PlayList, ReadDigits, Reply, RouteError, Step, Value, Verb};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

const NUMBER: &str = "hotdesk-enter";
const PIN: &str = "vm-password";
const WRONG: &str = "auth-incorrect";
const LOCKED: &str = "auth-locked";
const DENIED: &str = "hotdesk-denied";
const DONE: &str = "hotdesk-loggedin";
const MOVED: &str = "hotdesk-elsewhere";
const FAILED: &str = "an-error-has-occurred";

/// Asked for the PIN so often.
const TRIES: u8 = 3;
const DIGITS_MAX: u16 = 32;
const TIMEOUT_MS: u32 = 10_000;

/// `ch.hotdesk_login`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Login;

impl Verb for Login {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &LOGIN
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let number = arguments.argument(0).text().unwrap_or_default();
        let number: String = number.chars().take(usize::from(DIGITS_MAX)).collect();
        Ok(Program {
            lang: info.lang.clone(),
            phone: info.phone.clone(),
            number,
            wrong: 0,
            state: State::Start,
        })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec![NUMBER, PIN, WRONG, LOCKED, DENIED, DONE, MOVED, FAILED]
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    lang: String,
    /// The phone that calls, if it is one of ours.
    phone: Option<String>,
    number: String,
    wrong: u8,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    Number,
    Pin,
    Proving,
    Sitting,
    /// The outcome.
    Saying(bool),
}

impl Program {
    fn read(&mut self, prompt: &str, state: State) -> Step {
        let secret = matches!(state, State::Pin);
        self.state = state;
        Step::Read(ReadDigits {
            prompt: audio([prompt.to_owned()], &self.lang),
            max: DIGITS_MAX,
            timeout_ms: TIMEOUT_MS,
            digit_timeout_ms: TIMEOUT_MS,
            end: "#".to_owned(),
            secret,
        })
    }

    fn say(&mut self, prompts: &[&str], outcome: bool) -> Step {
        self.state = State::Saying(outcome);
        let items = audio(prompts.iter().map(|prompt| (*prompt).to_owned()), &self.lang);
        Step::Play(PlayList { items, interrupt: String::new() })
    }

    fn prove(&mut self, pin: String) -> Step {
        self.state = State::Proving;
        prove(&Prove::Login { mailbox: Some(self.number.clone()), pin: Some(pin) })
    }

    fn proven(&mut self, reply: &Reply) -> Step {
        let proof: Option<Proof> = reply.answer();
        match proof {
            Some(Proof::Opened(opened)) => match (owner(&opened, &self.number), self.phone.clone()) {
                (Some(user), Some(phone)) => {
                    self.state = State::Sitting;
                    ask(&Request::Sit { phone, user })
                }
                (Some(_) | None, Some(_) | None) => self.say(&[DENIED], false),
            },
            Some(Proof::Wrong) => {
                self.wrong = self.wrong.saturating_add(1);
                if self.wrong >= TRIES { self.say(&[LOCKED], false) } else { self.read(WRONG, State::Pin) }
            }
            Some(Proof::Locked) => self.say(&[LOCKED], false),
            None => self.say(&[DENIED], false),
        }
    }
}

/// Whose phone it will be: the user of that number, or the only one whose box it is. Nobody, where the PIN was never chosen.
fn owner(opened: &Opened, number: &str) -> Option<String> {
    if opened.fresh {
        return None;
    }
    match opened.owners.as_slice() {
        [only] => Some(only.clone()),
        several => several.iter().find(|owner| *owner == number).cloned(),
    }
}

impl Machine for Program {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match (self.state, reply) {
            (State::Saying(outcome), _) => Step::Done(Value::Bool(outcome)),
            (_, Reply::HungUp(_)) => Step::Done(Value::Bool(false)),
            (State::Start, _) if self.phone.is_none() => self.say(&[DENIED], false),
            (State::Start, _) if self.number.is_empty() => self.read(NUMBER, State::Number),
            (State::Start, _) => self.read(PIN, State::Pin),
            (State::Number, Reply::Digits { digits, .. }) if !digits.is_empty() => {
                self.number = digits;
                self.read(PIN, State::Pin)
            }
            (State::Pin, Reply::Digits { digits, .. }) if !digits.is_empty() => self.prove(digits),
            (State::Number | State::Pin, _) => self.say(&[DENIED], false),
            (State::Proving, reply) => self.proven(&reply),
            (State::Sitting, reply) => match answered(&reply) {
                Answer::Done { moved: false } => self.say(&[DONE], true),
                Answer::Done { moved: true } => self.say(&[DONE, MOVED], true),
                Answer::Refused => self.say(&[DENIED], false),
                Answer::Failed => self.say(&[FAILED], false),
            },
        }
    }
}
