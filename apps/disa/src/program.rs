//! The per-call part.
//!
//! ```text
//! Opening ─▶ Answering ─▶ Asking ─▶ Trying ─┬ right ─▶ Naming ─▶ Limiting ─▶ Dialing ─▶ Noting ─▶ the number's route
//!               locked ─▶ Ending            ├ wrong ─▶ Waiting ─▶ Asking
//!                                           └ enough, locked ─▶ Ending
//! ```

use crate::manual::DISA;
use crate::talk::{Answer, Granted, Request, Typed, answered, ask};
use cordboard_app::say::audio;
use cordboard_app::{
    CallInfo, Identity, Machine, Manual, Note, PlayList, Privacy, Query, ReadDigits, Reply, RouteError, Step,
    Value, Verb,
};
use cordboard_base::Time;
use cordboard_media::{Audio, Tone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Digits of a PIN and of a number.
const DIGITS_MAX: u16 = 32;
/// For the first digit of a PIN, and between two, in ms.
const PIN_MS: u32 = 10_000;
const PIN_DIGIT_MS: u32 = 5_000;
/// How often somebody who dials nothing hears the dial tone.
const TONES: u8 = 3;
/// The dial tone of most countries' exchanges (ITU-T E.180, supplement 2).
const DIAL_TONE: Tone =
    Tone { frequencies_hz: [350, 440], level_dbm0: -13, cadence_ms: Vec::new(), duration_ms: 15_000 };

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct Disa;

impl Verb for Disa {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &DISA
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let line = arguments.argument(0).text().unwrap_or_default().to_owned();
        Ok(Program { line, lang: info.lang.clone(), granted: Granted::default(), state: State::Start })
    }

    fn prompts(&self) -> Vec<&'static str> {
        vec!["enter-password", "auth-incorrect", "auth-thankyou", "auth-locked", "ss-noservice", "goodbye"]
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Start,
    Opening,
    Answering,
    Asking,
    Trying,
    /// Until the next try; `false`: there is none.
    Waiting(bool),
    /// How the user is shown is asked.
    Naming,
    Showing,
    Limiting,
    /// The dial tone for the so many'th time.
    Dialing(u8),
    /// The log has the number.
    Noting(String),
    Ending(Status),
    Over,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Status {
    Denied,
    Locked,
    Unknown,
    Nothing,
    HungUp,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Locked => "locked",
            Self::Unknown => "unknown",
            Self::Nothing => "nothing",
            Self::HungUp => "hungup",
        }
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    line: String,
    lang: String,
    granted: Granted,
    state: State,
}

impl Machine for Program {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_)) {
            return self.done(Status::HungUp);
        }
        match core::mem::replace(&mut self.state, State::Over) {
            State::Start => {
                self.state = State::Opening;
                ask(&Request::Open { line: self.line.clone() })
            }
            State::Opening => match answered(&reply) {
                Answer::Open => {
                    self.state = State::Answering;
                    Step::Answer
                }
                Answer::Locked => self.end("auth-locked", Status::Locked),
                Answer::NoLine
                | Answer::Granted(_)
                | Answer::Wrong { .. }
                | Answer::Enough { .. }
                | Answer::Done => self.end("ss-noservice", Status::Unknown),
            },
            State::Answering => self.ask_pin("enter-password"),
            State::Asking => {
                let pin = if let Reply::Digits { digits, .. } = reply { digits } else { String::new() };
                self.state = State::Trying;
                ask(&Request::Try { line: self.line.clone(), pin: Typed(pin) })
            }
            State::Trying => self.tried(answered(&reply)),
            State::Waiting(true) => self.ask_pin("auth-incorrect"),
            State::Waiting(false) => self.end("goodbye", Status::Denied),
            State::Naming => self.show(&reply),
            State::Showing => self.limit(),
            State::Limiting => self.tone(1),
            State::Dialing(times) => self.dialed(times, reply),
            State::Noting(number) => Step::Enter { context: self.granted.context.clone(), number },
            State::Ending(status) => self.done(status),
            State::Over => Step::Done(Value::Unit),
        }
    }
}

impl Program {
    fn ask_pin(&mut self, prompt: &str) -> Step {
        self.state = State::Asking;
        Step::Read(ReadDigits {
            prompt: audio([prompt.to_owned()], &self.lang),
            max: DIGITS_MAX,
            timeout_ms: PIN_MS,
            digit_timeout_ms: PIN_DIGIT_MS,
            end: "#".to_owned(),
            secret: true,
        })
    }

    fn tried(&mut self, answer: Answer) -> Step {
        match answer {
            Answer::Granted(granted) => {
                let user = granted.user.clone();
                self.granted = granted;
                match user {
                    Some(user) => {
                        self.state = State::Naming;
                        Step::Ask(Query::Identity(user))
                    }
                    None => self.limit(),
                }
            }
            Answer::Wrong { wait_ms } => {
                self.state = State::Waiting(true);
                Step::Wait { ms: wait_ms }
            }
            Answer::Enough { wait_ms } => {
                self.state = State::Waiting(false);
                Step::Wait { ms: wait_ms }
            }
            Answer::Locked => self.end("auth-locked", Status::Locked),
            Answer::Open | Answer::NoLine | Answer::Done => self.end("ss-noservice", Status::Unknown),
        }
    }

    /// The call is that user's from now on.
    fn show(&mut self, reply: &Reply) -> Step {
        let shown: Option<Identity> = reply.answer();
        let Some(shown) = shown else { return self.end("ss-noservice", Status::Unknown) };
        self.state = State::Showing;
        Step::Note(Note::SetCaller(shown, Privacy::Allowed))
    }

    fn limit(&mut self) -> Step {
        self.state = State::Limiting;
        Step::Note(Note::SetMaxDuration(self.granted.limit_ms))
    }

    fn tone(&mut self, times: u8) -> Step {
        self.state = State::Dialing(times);
        let mut prompt = Vec::new();
        if times == 1 {
            prompt.extend(audio(["auth-thankyou".to_owned()], &self.lang));
        }
        prompt.push(Audio::Tone(DIAL_TONE));
        let pause_ms = self.granted.pause_ms;
        Step::Read(ReadDigits {
            prompt,
            max: DIGITS_MAX,
            timeout_ms: pause_ms,
            digit_timeout_ms: pause_ms,
            end: "#".to_owned(),
            secret: false,
        })
    }

    fn dialed(&mut self, times: u8, reply: Reply) -> Step {
        let number = if let Reply::Digits { digits, .. } = reply { digits } else { String::new() };
        if number.is_empty() {
            return if times < TONES {
                self.tone(times.saturating_add(1))
            } else {
                self.end("goodbye", Status::Nothing)
            };
        }
        self.state = State::Noting(number.clone());
        ask(&Request::Dialed { number })
    }

    fn end(&mut self, prompt: &str, status: Status) -> Step {
        self.state = State::Ending(status);
        Step::Play(PlayList { items: audio([prompt.to_owned()], &self.lang), interrupt: String::new() })
    }

    fn done(&mut self, status: Status) -> Step {
        self.state = State::Over;
        let status = ("status".to_owned(), Value::Text(status.word().to_owned()));
        Step::Done(Value::Map(BTreeMap::from([status])))
    }
}
