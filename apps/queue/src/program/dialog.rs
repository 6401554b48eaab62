//! The caller asks to be called back: its number is said, it confirms or types another one.
//!
//! ```text
//!  Leaving the line for a moment ──▶ Confirming ──1──▶ Setting ──▶ Said ──▶ set
//!                                     │   ▲    └─ nothing, three times ──▶ back
//!                                     2   │           └─ refused ──▶ Entering, or Regretting ──▶ back
//!                                     ▼   │
//!                                    Entering ── nothing ──▶ back
//! ```

use super::{answer, ask, named, prompts};
use crate::request::{Answer, Offer, Request};
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
    offer: Offer,
    /// How often it was asked about the number that it has now.
    asked: u32,
    /// How often it was asked for another one.
    entered: u32,
    state: State,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum State {
    Leaving,
    Confirming,
    Entering,
    Setting,
    Regretting,
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
    pub(super) fn new(own: &str, offer: Offer) -> Self {
        Self { own: own.to_owned(), typed: None, offer, asked: 0, entered: 0, state: State::Leaving }
    }

    pub(super) fn resume(&mut self, reply: Reply, lang: &str) -> Turn {
        match (self.state, reply) {
            (State::Leaving, _) if self.offer.own => self.ask_for_number(lang),
            (State::Leaving, _) => self.enter(lang, &[]),
            (State::Confirming, Reply::Digits { digits, .. }) => match digits.as_str() {
                "1" => {
                    self.state = State::Setting;
                    Turn::Step(Box::new(ask(&Request::Callback { number: self.typed.clone() })))
                }
                "2" if self.offer.another => self.enter(lang, &[]),
                _ => self.ask_for_number(lang),
            },
            (State::Entering, Reply::Digits { digits, .. }) if !digits.is_empty() => {
                self.typed = Some(digits);
                self.ask_for_number(lang)
            }
            (State::Setting, reply) => match answer(reply) {
                Answer::Done => {
                    self.state = State::Said;
                    play(&["queue-callback-set"], lang)
                }
                Answer::Refused(_) if self.offer.another && self.entered < TRIES => {
                    self.enter(lang, &["queue-callback-invalid"])
                }
                Answer::Refused(_) | Answer::Order(_) | Answer::CallBack(_) | Answer::Member { .. } => {
                    self.give_up(lang, &["queue-callback-invalid"])
                }
            },
            (State::Said, _) => Turn::Set,
            (State::Confirming | State::Entering, _) => self.give_up(lang, &[]),
            (State::Regretting, _) => Turn::Back,
        }
    }

    fn number(&self) -> &str {
        self.typed.as_deref().unwrap_or(&self.own)
    }

    fn ask_for_number(&mut self, lang: &str) -> Turn {
        if self.number().is_empty() {
            return if self.offer.another { self.enter(lang, &[]) } else { self.give_up(lang, &[]) };
        }
        if self.asked >= TRIES {
            return self.give_up(lang, &[]);
        }
        self.asked += 1;
        self.state = State::Confirming;
        let mut said = named(&["queue-callback-confirm"]);
        said.extend(say::grammar(lang).digits(self.number()));
        said.extend(named(&[if self.offer.another { "queue-callback-other" } else { "press-1" }]));
        Turn::Step(Box::new(read(&said, lang, 1, "")))
    }

    fn enter(&mut self, lang: &str, first: &[&str]) -> Turn {
        if self.entered >= TRIES {
            return self.give_up(lang, &[]);
        }
        self.entered += 1;
        self.asked = 0;
        self.state = State::Entering;
        let said = named(&[first, &["queue-callback-number"]].concat());
        Turn::Step(Box::new(read(&said, lang, DIGITS_MAX, "#")))
    }

    /// The caller waits on.
    fn give_up(&mut self, lang: &str, first: &[&str]) -> Turn {
        self.state = State::Regretting;
        play(&[first, &["queue-position-kept"]].concat(), lang)
    }
}

fn play(names: &[&str], lang: &str) -> Turn {
    let items = prompts(&named(names), lang);
    Turn::Step(Box::new(Step::Play(PlayList { items, interrupt: String::new() })))
}

/// Asks for digits.
pub(super) fn read(names: &[String], lang: &str, max: u16, end: &str) -> Step {
    Step::Read(ReadDigits {
        prompt: prompts(names, lang),
        max,
        timeout_ms: PATIENCE_MS,
        digit_timeout_ms: PATIENCE_MS,
        end: end.to_owned(),
        secret: false,
    })
}
