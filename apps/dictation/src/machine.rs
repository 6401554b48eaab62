//! `ch.dictate`: the machine. Its keys are those of Asterisk's Dictate, but for the speed of playing.
//!
//! ```text
//!  Number ──digits #──▶ Opening ──▶ Paused(mode) ◀────────────────────────────────┐
//!    ▲ └ none: over                  │ *: hearing: Playing ──end, *, 7 8 wind──────┤
//!    │                               │ *: recording: High Low Drafting Speaking ──key──▶ Appending ┤
//!    └───────────── # ───────────────┤ 8, recording: Erasing ──────────────────────┘
//!                                    └ 1: the other mode, 0: what keys there are
//! ```
//! A hang-up keeps what was said.

use crate::KIND;
use crate::manual::{DICTATE, PROMPTS};
use crate::talk::{Answer, Request};
use cordboard_app::say::audio;
use cordboard_app::spoken::{Part, Uuid, draw, number, pressed};
use cordboard_app::{
    CallInfo, Manual, MessageEnd, PlayList, PlayResult, ReadDigits, Reply, RouteError, Step, TakeMessage,
    Value, Verb,
};
use cordboard_base::Time;
use cordboard_media::{Audio, Playhead};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Somebody who does nothing for so long has gone away, in ms.
const PAUSE_MS: u32 = 600_000;
/// For a number, and between two digits of it, in ms.
const NUMBER_MS: u32 = 10_000;
const DIGIT_MS: u32 = 5_000;
/// Digits of a number.
const NUMBER_MAX: u16 = 16;
/// How far 7 and 8 wind, in ms: 320 × 80 samples at 8 kHz, as Asterisk's users know it.
const WIND_MS: u64 = 3_200;
const KEYS: &str = "0123456789*#";
const RECORDING_KEYS: &str = "*10#8";

/// The verb.
#[derive(Clone, Copy, Debug, Default)]
pub struct Dictate;

impl Verb for Dictate {
    type Machine = Machine;

    fn manual(&self) -> &'static Manual {
        &DICTATE
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        Ok(Machine {
            lang: info.lang.clone(),
            given: arguments.argument(0).text().and_then(number_of),
            number: String::new(),
            parts: Vec::new(),
            max_ms: 0,
            mode: Mode::Hear,
            at_ms: 0,
            state: State::Start,
        })
    }

    fn prompts(&self) -> Vec<&'static str> {
        PROMPTS.to_vec()
    }
}

/// A call that dictates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    lang: String,
    /// The number that the dialplan says; taken once.
    given: Option<String>,
    number: String,
    parts: Vec<Part>,
    max_ms: u32,
    mode: Mode,
    /// How far in it playing stands.
    at_ms: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Mode {
    Hear,
    Record,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    Number,
    Opening,
    Paused,
    /// From which of its parts on.
    Playing(usize),
    High,
    Low(i64),
    /// A file is named, then spoken.
    Drafting(String),
    Speaking(String),
    /// What was said is kept; what ended it comes then.
    Appending(Next),
    Erasing,
    Leaving(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Next {
    Key(char),
    Pause,
    HungUp,
}

impl cordboard_app::Machine for Machine {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        let state = core::mem::replace(&mut self.state, State::Start);
        match (state, &reply) {
            (State::Appending(_), Reply::HungUp(_)) => status("hungup"),
            (State::Speaking(file), Reply::Taken { file: taken, ms, end }) => {
                self.spoken(&file, taken, *ms, end)
            }
            (_, Reply::HungUp(_)) => status("hungup"),
            (State::Start, _) => match self.given.take() {
                Some(number) => self.open(number),
                None => self.ask_number(&[]),
            },
            (State::Number, _) => self.number_typed(&reply),
            (State::Opening, _) => self.opened(&reply),
            (State::Paused, _) => match pressed(&reply) {
                Some(key) => self.press(key),
                None => status("over"),
            },
            (State::Playing(first), _) => self.played(first, &reply),
            (State::High, _) => {
                self.state = State::Low(number(&reply));
                draw()
            }
            (State::Low(high), _) => {
                let file = format!("dictations/{}", Uuid::drawn(high, number(&reply)));
                self.state = State::Drafting(file.clone());
                ask(&Request::Draft { number: self.number.clone(), file: format!("{file}.wav") })
            }
            (State::Drafting(file), _) => self.speak(file, &reply),
            (State::Speaking(_), _) => self.pause(&["vm-nomail"]),
            (State::Appending(next), _) => self.kept(next, &reply),
            (State::Erasing, _) => self.erased(&reply),
            (State::Leaving(outcome), _) => status(&outcome),
        }
    }
}

impl Machine {
    fn ask_number(&mut self, says: &[&str]) -> Step {
        self.state = State::Number;
        ask_number(&self.lang, says)
    }

    fn number_typed(&mut self, reply: &Reply) -> Step {
        let typed = if let Reply::Digits { digits, .. } = reply { number_of(digits) } else { None };
        typed.map_or_else(|| status("over"), |number| self.open(number))
    }

    fn open(&mut self, number: String) -> Step {
        self.number = number.clone();
        self.state = State::Opening;
        ask(&Request::Open { number })
    }

    fn opened(&mut self, reply: &Reply) -> Step {
        match answer(reply) {
            Answer::Opened { parts, max_ms } => {
                // What there is is heard first, as Asterisk has it; a new one has nothing to be heard, but the keys are the same.
                (self.parts, self.max_ms, self.mode, self.at_ms) = (parts, max_ms, Mode::Hear, 0);
                self.pause(&["dictate/playback_mode", "dictate/pause"])
            }
            Answer::Full => self.leave("full"),
            Answer::Denied => self.leave("denied"),
            Answer::Done | Answer::Nothing | Answer::NoAddress | Answer::Failed => self.leave("failed"),
        }
    }

    fn leave(&mut self, outcome: &str) -> Step {
        self.state = State::Leaving(outcome.to_owned());
        let items = self.prompts(&["vm-nomail"]);
        Step::Play(PlayList { items, interrupt: String::new() })
    }

    fn prompts(&self, names: &[&str]) -> Vec<Audio> {
        audio(names.iter().map(|name| (*name).to_owned()), &self.lang)
    }

    /// Says something and waits for a key.
    fn pause(&mut self, says: &[&str]) -> Step {
        self.state = State::Paused;
        let (prompt, end) = (self.prompts(says), String::new());
        Step::Read(ReadDigits {
            prompt,
            max: 1,
            timeout_ms: PAUSE_MS,
            digit_timeout_ms: PAUSE_MS,
            end,
            secret: false,
        })
    }

    fn press(&mut self, key: char) -> Step {
        match (self.mode, key) {
            (_, '#') => self.ask_number(&[]),
            (Mode::Hear, '*') => self.play(),
            (Mode::Record, '*') => {
                self.state = State::High;
                draw()
            }
            (Mode::Hear, '1') => {
                self.mode = Mode::Record;
                self.pause(&["dictate/record_mode", "dictate/pause"])
            }
            (Mode::Record, '1') => {
                self.mode = Mode::Hear;
                self.pause(&["dictate/playback_mode", "dictate/pause"])
            }
            (Mode::Hear, '7' | '8') => {
                self.wind(key);
                self.pause(&[])
            }
            (Mode::Record, '8') => {
                self.state = State::Erasing;
                ask(&Request::Erase { number: self.number.clone() })
            }
            (Mode::Hear, '0') => self.pause(&["dictate/pause", "dictate/play_help"]),
            (Mode::Record, '0') => self.pause(&["dictate/pause", "dictate/record_help"]),
            (Mode::Hear | Mode::Record, _) => self.pause(&[]),
        }
    }

    fn wind(&mut self, key: char) {
        let whole: u64 = self.parts.iter().map(|part| part.ms).sum();
        self.at_ms = match key {
            '7' => self.at_ms.saturating_sub(WIND_MS),
            _ => self.at_ms.saturating_add(WIND_MS).min(whole),
        };
    }

    fn play(&mut self) -> Step {
        let (first, items) = items_from(&self.parts, self.at_ms);
        if items.is_empty() {
            return self.pause(&["dictate/nothing"]);
        }
        self.state = State::Playing(first);
        Step::Play(PlayList { items, interrupt: KEYS.to_owned() })
    }

    fn played(&mut self, first: usize, reply: &Reply) -> Step {
        let Reply::Played(result, head) = reply else { return self.pause(&["vm-nomail"]) };
        let at = first.saturating_add(usize::try_from(head.item).unwrap_or(usize::MAX));
        self.at_ms = position(&self.parts, at, *head);
        match result {
            PlayResult::Interrupted(key @ ('7' | '8')) => {
                self.wind(*key);
                self.play()
            }
            PlayResult::Interrupted('*') => self.pause(&["dictate/pause"]),
            PlayResult::Interrupted(key) => self.press(*key),
            PlayResult::Finished => {
                self.at_ms = 0;
                self.pause(&["dictate/pause"])
            }
            // Nothing was said into it before the process died, or somebody has taken it away: the rest is heard all the same.
            PlayResult::Missing(_) if at < self.parts.len() => {
                self.parts.remove(at);
                self.at_ms = self.parts.iter().take(at).map(|part| part.ms).sum();
                self.play()
            }
            PlayResult::Missing(_) => self.pause(&["vm-nomail"]),
        }
    }

    fn speak(&mut self, file: String, reply: &Reply) -> Step {
        match answer(reply) {
            Answer::Done => {
                self.state = State::Speaking(format!("{file}.wav"));
                let (max_ms, ends) = (self.max_ms, RECORDING_KEYS.to_owned());
                Step::TakeMessage(TakeMessage { file, beep: true, max_ms, silence_ms: 0, ends, gain_db: 0 })
            }
            Answer::Opened { .. }
            | Answer::Full
            | Answer::Denied
            | Answer::Nothing
            | Answer::NoAddress
            | Answer::Failed => self.pause(&["vm-nomail"]),
        }
    }

    fn spoken(&mut self, named: &str, taken: &str, ms: u32, end: &MessageEnd) -> Step {
        let next = match end {
            MessageEnd::Digit(key) => Next::Key(*key),
            MessageEnd::HungUp => Next::HungUp,
            MessageEnd::Silence | MessageEnd::Full | MessageEnd::Failed(_) => Next::Pause,
        };
        let is_empty = taken.is_empty();
        let file = if is_empty { named } else { taken }.to_owned();
        let part = Part { file, ms: if is_empty { 0 } else { u64::from(ms) } };
        if part.ms > 0 {
            self.parts.push(part.clone());
        }
        self.state = State::Appending(next);
        ask(&Request::Append { number: self.number.clone(), part })
    }

    fn kept(&mut self, next: Next, reply: &Reply) -> Step {
        if answer(reply) != Answer::Done {
            self.parts.pop();
            return if next == Next::HungUp { status("failed") } else { self.pause(&["vm-nomail"]) };
        }
        match next {
            Next::HungUp => status("hungup"),
            Next::Key('*') | Next::Pause => self.pause(&["dictate/pause"]),
            Next::Key(key) => self.press(key),
        }
    }

    fn erased(&mut self, reply: &Reply) -> Step {
        if answer(reply) != Answer::Done {
            return self.pause(&["vm-nomail"]);
        }
        self.parts.clear();
        self.at_ms = 0;
        self.pause(&["dictate/truncating_audio"])
    }
}

pub(crate) fn ask(request: &Request) -> Step {
    Step::asks(KIND, request)
}

fn answer(reply: &Reply) -> Answer {
    let answer = reply.answer();
    answer.unwrap_or(Answer::Failed)
}

/// Asks for a dictation's number, after some words.
pub(crate) fn ask_number(lang: &str, says: &[&str]) -> Step {
    let names = says.iter().copied().chain(["dictate/enter_filename"]);
    Step::Read(ReadDigits {
        prompt: audio(names.map(str::to_owned), lang),
        max: NUMBER_MAX,
        timeout_ms: NUMBER_MS,
        digit_timeout_ms: DIGIT_MS,
        end: "#".to_owned(),
        secret: false,
    })
}

/// A dictation's number: digits.
pub(crate) fn number_of(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).take(usize::from(NUMBER_MAX)).collect();
    (!digits.is_empty()).then_some(digits)
}

/// The program has ended.
pub(crate) fn status(status: &str) -> Step {
    Step::Done(Value::Map(BTreeMap::from([("status".to_owned(), Value::Text(status.to_owned()))])))
}

/// What is left from so far in it on, and which part comes first. A part of unknown length is heard from its beginning.
fn items_from(parts: &[Part], mut from_ms: u64) -> (usize, Vec<Audio>) {
    let mut first = 0;
    for part in parts.iter().take(parts.len().saturating_sub(1)) {
        if from_ms == 0 || from_ms < part.ms {
            break;
        }
        from_ms -= part.ms;
        first += 1;
    }
    let audio = |(n, part): (usize, &Part)| Audio::File {
        path: part.file.clone(),
        from_ms: if n == 0 && part.ms > 0 { from_ms } else { 0 },
    };
    (first, parts.iter().skip(first).enumerate().map(audio).collect())
}

/// How far in it a play stands that is in its part `at`.
fn position(parts: &[Part], at: usize, head: Playhead) -> u64 {
    let in_part = parts.get(at).map_or(0, |part| head.position_ms.min(part.ms));
    parts.iter().take(at).map(|part| part.ms).sum::<u64>().saturating_add(in_part)
}
