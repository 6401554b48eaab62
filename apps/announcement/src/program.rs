//! The per-call part.
//!
//! ```text
//!  Opening ─WantsPin─▶ Pin ─▶ Proving ──▶ Menu ──1──▶ Recording ──accepted──▶ Saving ─┐
//!     └───────────────────────────────────▶ ▲ ──2──▶ Hearing ────────────────────────┤
//!                                           │ ──3──▶ Resetting ──────────────────────┤
//!                                           └─────────────────────────────────────────┘
//! ```
//! What was not accepted is not played: a hang-up before that changes nothing.

use crate::KIND;
use crate::manual::{MANUAL, PROMPTS};
use crate::service::FOLDER;
use crate::talk::{Answer, Request};
use cordboard_app::say::audio;
use cordboard_app::spoken::{Leave, Part, Progress, Recorder, Wish, pressed};
use cordboard_app::{
    CallInfo, Machine, Manual, PlayList, PlayResult, ReadDigits, Reply, RouteError, Step, Value, Verb,
};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// For a key, and for a PIN, in ms.
const KEY_MS: u32 = 8_000;
const DIGIT_MS: u32 = 4_000;
/// Tries for the PIN, and so often the menu is said to somebody who does nothing.
const TRIES: u8 = 3;
/// So long a silence ends a recording, in ms.
const SILENCE_MS: u32 = 10_000;
/// What is shorter is a mistake, in ms.
const LEAST_MS: u32 = 500;
const KEYS: &str = "0123456789*#";

/// The verb.
#[derive(Clone, Copy, Debug, Default)]
pub struct Announcement;

impl Verb for Announcement {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let number = arguments.argument(0);
        let number = match number.int() {
            Some(number) => number.to_string(),
            None => number.text().unwrap_or_default().to_owned(),
        };
        Ok(Program {
            lang: info.lang.clone(),
            number,
            prompt: String::new(),
            max_ms: 0,
            tries: 0,
            outcome: "unchanged".to_owned(),
            state: State::Start,
        })
    }

    fn prompts(&self) -> Vec<&'static str> {
        PROMPTS.to_vec()
    }
}

/// Where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Start,
    /// The service is asked; with a PIN, if one was typed.
    Opening,
    Pin,
    Menu,
    Hearing,
    Recording(Box<Recorder>),
    Saving,
    Resetting,
    /// What is said is the last.
    Leaving,
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    lang: String,
    number: String,
    /// Its name.
    prompt: String,
    max_ms: u32,
    tries: u8,
    /// What has come of it.
    outcome: String,
    state: State,
}

impl Machine for Program {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        let state = core::mem::replace(&mut self.state, State::Leaving);
        match (state, &reply) {
            (State::Saving, Reply::Value(_)) => self.saved(&reply),
            (State::Resetting, Reply::Value(_)) => self.reset(&reply),
            (_, Reply::HungUp(_)) | (State::Leaving, _) => self.done(),
            (State::Start, _) => self.open(None),
            (State::Opening, _) => self.opened(&reply),
            (State::Pin, Reply::Digits { digits, .. }) if !digits.is_empty() => {
                self.open(Some(digits.clone()))
            }
            (State::Pin, _) => self.leave("goodbye", "denied"),
            (State::Menu, _) => self.key(&reply),
            (State::Hearing, Reply::Played(PlayResult::Interrupted(key), _)) => self.press(*key),
            (State::Hearing, Reply::Played(PlayResult::Missing(_), _)) => self.menu(&["dictate/nothing"]),
            (State::Hearing, _) => self.menu(&[]),
            (State::Recording(recorder), _) => self.recording(recorder, &reply),
            (State::Saving, _) => self.menu(&["record-failed"]),
            (State::Resetting, _) => self.menu(&["record-failed"]),
        }
    }
}

impl Program {
    fn done(&self) -> Step {
        let status = Value::Text(self.outcome.clone());
        Step::Done(Value::Map(BTreeMap::from([("status".to_owned(), status)])))
    }

    fn leave(&mut self, prompt: &str, outcome: &str) -> Step {
        outcome.clone_into(&mut self.outcome);
        self.state = State::Leaving;
        Step::Play(PlayList { items: audio([prompt.to_owned()], &self.lang), interrupt: String::new() })
    }

    fn open(&mut self, pin: Option<String>) -> Step {
        self.state = State::Opening;
        ask(&Request::Open { number: self.number.clone(), pin })
    }

    fn opened(&mut self, reply: &Reply) -> Step {
        match answer(reply) {
            Answer::Opened { prompt, max_ms } => {
                (self.prompt, self.max_ms, self.tries) = (prompt, max_ms, 0);
                self.menu(&[])
            }
            Answer::WantsPin => self.ask_pin("enter-password"),
            Answer::Wrong => {
                self.tries += 1;
                if self.tries >= TRIES {
                    return self.leave("auth-incorrect", "denied");
                }
                self.ask_pin("auth-incorrect")
            }
            Answer::Locked => self.leave("auth-locked", "denied"),
            Answer::Denied => self.leave("call-not-allowed", "denied"),
            Answer::Nothing => self.leave("record-none", "nothing"),
            Answer::Done | Answer::Failed => self.leave("record-failed", "failed"),
        }
    }

    fn ask_pin(&mut self, says: &str) -> Step {
        self.state = State::Pin;
        Step::Read(ReadDigits {
            prompt: self.says(&[says]),
            max: 16,
            timeout_ms: KEY_MS,
            digit_timeout_ms: DIGIT_MS,
            end: "#".to_owned(),
            secret: true,
        })
    }

    fn says(&self, names: &[&str]) -> Vec<cordboard_media::Audio> {
        audio(names.iter().map(|name| (*name).to_owned()), &self.lang)
    }

    /// Says what has happened, and what can be done.
    fn menu(&mut self, says: &[&str]) -> Step {
        self.state = State::Menu;
        let mut prompt = self.says(says);
        prompt.extend(self.says(&["announcement-menu"]));
        let (max, end) = (1, String::new());
        Step::Read(ReadDigits {
            prompt,
            max,
            timeout_ms: KEY_MS,
            digit_timeout_ms: KEY_MS,
            end,
            secret: false,
        })
    }

    fn key(&mut self, reply: &Reply) -> Step {
        let Some(key) = pressed(reply) else {
            self.tries += 1;
            return if self.tries < TRIES { self.menu(&[]) } else { self.done() };
        };
        self.press(key)
    }

    fn press(&mut self, key: char) -> Step {
        self.tries = 0;
        match key {
            '1' => self.record(),
            '2' => {
                self.state = State::Hearing;
                let prompt = self.prompt.clone();
                Step::Play(PlayList { items: self.says(&[&prompt]), interrupt: KEYS.to_owned() })
            }
            '3' => {
                self.state = State::Resetting;
                ask(&Request::Reset { number: self.number.clone() })
            }
            '#' => {
                self.state = State::Leaving;
                self.done()
            }
            _ => self.menu(&["vm-sorry"]),
        }
    }

    fn record(&mut self) -> Step {
        let (recorder, step) = Recorder::start(Wish {
            service: KIND.to_owned(),
            lang: self.lang.clone(),
            folder: FOLDER.to_owned(),
            says: vec!["record-prompt".to_owned()],
            min_ms: LEAST_MS,
            max_ms: self.max_ms,
            silence_ms: SILENCE_MS,
            review: true,
            urgent: false,
            operator: false,
            unjudged: false,
            gives_up: true,
            ..Wish::default()
        });
        self.state = State::Recording(Box::new(recorder));
        step
    }

    fn recording(&mut self, mut recorder: Box<Recorder>, reply: &Reply) -> Step {
        match recorder.resume(reply) {
            Progress::Step(step) => {
                self.state = State::Recording(recorder);
                step
            }
            Progress::Recorded { leave: Leave::HungUp, .. } | Progress::Nothing(Leave::HungUp) => self.done(),
            Progress::Recorded { audio, .. } => self.save(audio),
            Progress::Nothing(Leave::Failed) => self.menu(&["record-failed"]),
            Progress::Nothing(Leave::Stays | Leave::Operator) => self.menu(&["record-unchanged"]),
        }
    }

    fn save(&mut self, audio: Part) -> Step {
        self.state = State::Saving;
        ask(&Request::Save { number: self.number.clone(), audio })
    }

    fn saved(&mut self, reply: &Reply) -> Step {
        if answer(reply) != Answer::Done {
            return self.menu(&["record-failed"]);
        }
        "saved".clone_into(&mut self.outcome);
        self.menu(&["record-saved"])
    }

    fn reset(&mut self, reply: &Reply) -> Step {
        match answer(reply) {
            Answer::Done => {
                "original".clone_into(&mut self.outcome);
                self.menu(&["dictate/truncating_audio"])
            }
            Answer::Nothing => self.menu(&["dictate/nothing"]),
            Answer::Opened { .. }
            | Answer::WantsPin
            | Answer::Wrong
            | Answer::Locked
            | Answer::Denied
            | Answer::Failed => self.menu(&["record-failed"]),
        }
    }
}

fn ask(request: &Request) -> Step {
    Step::asks(KIND, request)
}

fn answer(reply: &Reply) -> Answer {
    let answer = reply.answer();
    answer.unwrap_or(Answer::Failed)
}
