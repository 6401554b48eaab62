//! The caller asks to be called back: its number is said, it confirms or types another one.
//!
//! ```text
//!  Leaving the line for a moment ──▶ Confirming ──1──▶ Setting ──▶ Said ──▶ set
//!                                     │   ▲    └─ nothing, three times ──▶ back
//!                                     2   │
//!                                     ▼   │
//!                                    Entering ── nothing ──▶ back
//! ```

use super::{answer, ask, named, prompts};
use crate::request::{Answer, Request};
use cordboard_app::{PlayList, ReadDigits, Reply, Step, say};
use serde::{Deserialize, Serialize};

/// How often it is asked.
const TRIES: u32 = 3;
/// For an answer, in ms.
const PATIENCE_MS: u32 = 6_000;
/// Of a number.
const DIGITS_MAX: u16 = 20;

/// The dialog.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Dialog {
    own: String,
    /// What was typed instead.
    typed: Option<String>,
    another: bool,
    asked: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum State {
    Leaving,
    Confirming,
    Entering,
    Setting,
    Said,
}

/// What comes next.
pub(super) enum Turn {
    Step(Box<Step>),
    /// The caller waits on.
    Back,
    /// It will be called back.
    Set,
}

impl Dialog {
    pub(super) fn new(own: &str, another: bool) -> Self {
        Self { own: own.to_owned(), typed: None, another, asked: 0, state: State::Leaving }
    }

    pub(super) fn resume(&mut self, reply: Reply, lang: &str) -> Turn {
        match (self.state, reply) {
            (State::Leaving, _) => self.ask_for_number(lang),
            (State::Confirming, Reply::Digits { digits, .. }) => match digits.as_str() {
                "1" => {
                    self.state = State::Setting;
                    Turn::Step(Box::new(ask(&Request::Callback { number: self.typed.clone() })))
                }
                "2" if self.another => self.enter(lang),
                _ => self.ask_for_number(lang),
            },
            (State::Entering, Reply::Digits { digits, .. }) if !digits.is_empty() => {
                self.typed = Some(digits);
                self.ask_for_number(lang)
            }
            (State::Setting, reply) => match answer(reply) {
                Answer::Done => {
                    self.state = State::Said;
                    let items = prompts(&named(&["queue-callback-set"]), lang);
                    Turn::Step(Box::new(Step::Play(PlayList { items, interrupt: String::new() })))
                }
                Answer::Refused(_) if self.another && self.asked < TRIES => self.enter(lang),
                Answer::Refused(_) | Answer::Order(_) | Answer::CallBack(_) | Answer::Member { .. } => {
                    Turn::Back
                }
            },
            (State::Said, _) => Turn::Set,
            (State::Confirming | State::Entering, _) => Turn::Back,
        }
    }

    fn number(&self) -> &str {
        self.typed.as_deref().unwrap_or(&self.own)
    }

    fn ask_for_number(&mut self, lang: &str) -> Turn {
        if self.number().is_empty() {
            return if self.another { self.enter(lang) } else { Turn::Back };
        }
        if self.asked >= TRIES {
            return Turn::Back;
        }
        self.asked += 1;
        self.state = State::Confirming;
        let mut said = named(&["queue-callback-confirm"]);
        said.extend(say::grammar(lang).digits(self.number()));
        said.extend(named(&["queue-callback-other"]));
        Turn::Step(Box::new(read(&said, lang, 1, "")))
    }

    fn enter(&mut self, lang: &str) -> Turn {
        self.asked += 1;
        self.state = State::Entering;
        Turn::Step(Box::new(read(&named(&["queue-callback-number"]), lang, DIGITS_MAX, "#")))
    }
}

/// Asks for digits.
pub(super) fn read(names: &[String], lang: &str, max: u16, end: &str) -> Step {
    Step::Read(ReadDigits {
        prompt: prompts(names, lang),
        max,
        timeout_ms: PATIENCE_MS,
        digit_timeout_ms: PATIENCE_MS,
        end: end.to_owned(),
    })
}
