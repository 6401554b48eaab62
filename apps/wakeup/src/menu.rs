//! `ch.wakeup`: the menu.
//!
//! ```text
//! Start ─▶ Knowing ─▶ Menu ──1──▶ Time ─▶ Half ─▶ Often ─▶ Setting ─▶ Menu
//!                      │ 2 ─▶ Listing ─▶ Menu
//!                      │ 3 ─▶ Listing ─▶ Choosing ─▶ Cancelling ─▶ Menu
//!                      └ # , nothing ─▶ "goodbye"
//! ```
//! What was typed is asked for again some times; `*` leads back to the menu.

use crate::alarm::Repeat;
use crate::manual::WAKEUP;
use crate::talk::{Answer, Entry, Request, answered, ask};
use cordboard_app::say::{WallTime, audio, grammar};
use cordboard_app::{
    CallInfo, Machine, Manual, PlayList, Query, ReadDigits, Reply, RouteError, Step, Value, Verb,
};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A question is asked so often.
const TRIES: u8 = 3;
/// For a key, and between two digits, in ms.
const KEY_MS: u32 = 6_000;
const DIGIT_MS: u32 = 4_000;
const PROMPTS: [&str; 15] = [
    "wakeup-menu",
    "wakeup-enter",
    "wakeup-am-pm",
    "wakeup-day",
    "wakeup-set",
    "wakeup-none",
    "wakeup-cancelled",
    "wakeup-invalid",
    "vm-press",
    "vm-for",
    "beeperr",
    "call-not-allowed",
    "pbx-invalid",
    "an-error-has-occurred",
    "goodbye",
];

/// The application.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wakeup;

impl Verb for Wakeup {
    type Machine = Program;

    fn manual(&self) -> &'static Manual {
        &WAKEUP
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let options = arguments.argument(0);
        let whom = options.entry("for").text().filter(|user| !user.is_empty()).map(str::to_owned);
        let is_english = info.lang.is_empty() || info.lang.starts_with("en");
        Ok(Program {
            whom: whom.filter(|user| Some(user) != info.user.as_ref()),
            is_ours: info.user.is_some(),
            halves: options.entry("clock").int().map_or(is_english, |hours| hours == 12),
            lang: info.lang.clone(),
            tries: 0,
            set: 0,
            cancelled: 0,
            state: State::Start,
        })
    }

    fn prompts(&self) -> Vec<&'static str> {
        PROMPTS.to_vec()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum State {
    Start,
    /// Whether there is such a user is asked.
    Knowing,
    Answering,
    Menu,
    Time,
    /// Before or after noon?
    Half(u8, u8),
    Often(u8, u8),
    Setting,
    /// What is set is asked for; to cancel one of them.
    Listing {
        to_cancel: bool,
    },
    Choosing(Vec<Entry>, WallTime),
    Cancelling,
    /// Something is said, then the menu.
    Saying,
    /// The last words.
    Ending(Status),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Status {
    Done,
    Refused,
    Unknown,
    HungUp,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Unknown => "unknown",
            Self::HungUp => "hungup",
        }
    }
}

/// What runs for a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Another user than the caller.
    whom: Option<String>,
    /// Whether a user of ours calls.
    is_ours: bool,
    /// Whether hours are of twelve.
    halves: bool,
    lang: String,
    /// How often the present question was asked.
    tries: u8,
    set: i64,
    cancelled: i64,
    state: State,
}

impl Machine for Program {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if matches!(reply, Reply::HungUp(_)) {
            return self.done(Status::HungUp);
        }
        match self.state.clone() {
            State::Start if !self.is_ours => self.end(&["call-not-allowed"], Status::Refused),
            State::Start => match &self.whom {
                Some(user) => {
                    self.state = State::Knowing;
                    Step::Ask(Query::UserExists(user.clone()))
                }
                None => self.answer(),
            },
            State::Knowing if reply == Reply::Value(Value::Bool(true)) => self.answer(),
            State::Knowing => self.end(&["pbx-invalid"], Status::Unknown),
            State::Answering | State::Saying => self.menu(),
            State::Menu => self.chosen(typed(&reply)),
            State::Time => self.timed(typed(&reply)),
            State::Half(hour, minute) => self.halved(hour, minute, typed(&reply)),
            State::Often(hour, minute) => self.repeated(hour, minute, typed(&reply)),
            State::Setting => self.has_set(answered(&reply)),
            State::Listing { to_cancel } => self.listed(to_cancel, answered(&reply)),
            State::Choosing(entries, now) => self.picked(&entries, &now, typed(&reply)),
            State::Cancelling => self.has_cancelled(answered(&reply)),
            State::Ending(status) => self.done(status),
        }
    }
}

impl Program {
    fn answer(&mut self) -> Step {
        self.state = State::Answering;
        Step::Answer
    }

    fn menu(&mut self) -> Step {
        self.tries = 0;
        self.ask_key(State::Menu, &["wakeup-menu"])
    }

    fn chosen(&mut self, key: &str) -> Step {
        match key {
            "1" => self.ask_time(&[]),
            "2" | "3" => {
                self.state = State::Listing { to_cancel: key == "3" };
                ask(&Request::List { user: self.whom.clone() })
            }
            "#" => self.end(&["goodbye"], Status::Done),
            _ if self.tries >= TRIES => self.end(&["goodbye"], Status::Done),
            "" => self.ask_key(State::Menu, &["wakeup-menu"]),
            _ => self.ask_key(State::Menu, &["beeperr", "wakeup-menu"]),
        }
    }

    fn ask_time(&mut self, first: &[&str]) -> Step {
        if first.is_empty() {
            self.tries = 0;
        }
        let prompts: Vec<&str> = first.iter().copied().chain(["wakeup-enter"]).collect();
        self.ask_digits(State::Time, &prompts, 4)
    }

    fn timed(&mut self, digits: &str) -> Step {
        if digits.is_empty() || digits.contains('*') {
            return self.menu();
        }
        match time_of(digits) {
            Some((hour, minute)) if self.halves && (1..=12).contains(&hour) => {
                self.tries = 0;
                self.ask_key(State::Half(hour, minute), &["wakeup-am-pm"])
            }
            Some((hour, minute)) => self.ask_often(hour, minute),
            None if self.tries >= TRIES => self.say(names(&["wakeup-invalid"])),
            None => self.ask_time(&["wakeup-invalid"]),
        }
    }

    fn halved(&mut self, hour: u8, minute: u8, key: &str) -> Step {
        match key {
            "1" => self.ask_often(hour % 12, minute),
            "2" => self.ask_often(hour % 12 + 12, minute),
            "*" => self.menu(),
            _ if self.tries >= TRIES => self.menu(),
            _ => self.ask_key(State::Half(hour, minute), &["wakeup-am-pm"]),
        }
    }

    fn ask_often(&mut self, hour: u8, minute: u8) -> Step {
        self.tries = 0;
        self.ask_key(State::Often(hour, minute), &["wakeup-day"])
    }

    fn repeated(&mut self, hour: u8, minute: u8, key: &str) -> Step {
        let repeat = match key {
            "1" => Repeat::Daily,
            "2" | "" => Repeat::Once,
            "3" => Repeat::Weekdays,
            "*" => return self.menu(),
            _ if self.tries >= TRIES => return self.menu(),
            _ => return self.ask_key(State::Often(hour, minute), &["beeperr", "wakeup-day"]),
        };
        self.state = State::Setting;
        ask(&Request::Set { user: self.whom.clone(), hour, minute, repeat })
    }

    fn has_set(&mut self, answer: Answer) -> Step {
        let Answer::Set { now, entry } = answer else { return self.refused(&answer) };
        self.set += 1;
        self.say(self.told(&entry, &now))
    }

    fn listed(&mut self, to_cancel: bool, answer: Answer) -> Step {
        let Answer::All { now, entries } = answer else { return self.refused(&answer) };
        match entries.as_slice() {
            [] => self.say(names(&["wakeup-none"])),
            all if !to_cancel => {
                let said = all.iter().flat_map(|entry| self.told(entry, &now)).collect();
                self.say(said)
            }
            [only] => self.cancel(only.id),
            _ => {
                self.tries = 0;
                self.ask_which(entries, now)
            }
        }
    }

    /// "Press one for tomorrow at half past six, press two for …"
    fn ask_which(&mut self, entries: Vec<Entry>, now: WallTime) -> Step {
        let grammar = grammar(&self.lang);
        let mut said = Vec::new();
        for (key, entry) in (1..).zip(&entries) {
            said.push("vm-press".to_owned());
            said.extend(grammar.number(key));
            said.push("vm-for".to_owned());
            said.extend(grammar.when(&entry.at, &now));
        }
        self.read(State::Choosing(entries, now), said, 1)
    }

    fn picked(&mut self, entries: &[Entry], now: &WallTime, key: &str) -> Step {
        let place = key.parse::<usize>().ok().and_then(|key| key.checked_sub(1));
        match place.and_then(|place| entries.get(place)) {
            Some(entry) => self.cancel(entry.id),
            None if key == "*" || self.tries >= TRIES => self.menu(),
            None => self.ask_which(entries.to_vec(), *now),
        }
    }

    fn cancel(&mut self, id: u64) -> Step {
        self.state = State::Cancelling;
        ask(&Request::Cancel { id })
    }

    fn has_cancelled(&mut self, answer: Answer) -> Step {
        if answer == Answer::Done {
            self.cancelled += 1;
            return self.say(names(&["wakeup-cancelled"]));
        }
        self.refused(&answer)
    }

    fn refused(&mut self, answer: &Answer) -> Step {
        if *answer == Answer::NotAllowed {
            return self.end(&["call-not-allowed"], Status::Refused);
        }
        self.say(names(&["an-error-has-occurred"]))
    }

    /// "Your wake up call is set for tomorrow at …"
    fn told(&self, entry: &Entry, now: &WallTime) -> Vec<String> {
        let mut said = names(&["wakeup-set"]);
        said.extend(grammar(&self.lang).when(&entry.at, now));
        said
    }

    fn ask_key(&mut self, state: State, prompts: &[&str]) -> Step {
        self.read(state, names(prompts), 1)
    }

    fn ask_digits(&mut self, state: State, prompts: &[&str], max: u16) -> Step {
        self.read(state, names(prompts), max)
    }

    fn read(&mut self, state: State, said: Vec<String>, max: u16) -> Step {
        self.state = state;
        self.tries = self.tries.saturating_add(1);
        let end = if max == 1 { String::new() } else { "#".to_owned() };
        let prompt = audio(said, &self.lang);
        Step::Read(ReadDigits {
            prompt,
            max,
            timeout_ms: KEY_MS,
            digit_timeout_ms: DIGIT_MS,
            end,
            secret: false,
        })
    }

    fn say(&mut self, said: Vec<String>) -> Step {
        self.state = State::Saying;
        Step::Play(PlayList { items: audio(said, &self.lang), interrupt: "123#".to_owned() })
    }

    fn end(&mut self, prompts: &[&str], status: Status) -> Step {
        self.state = State::Ending(status);
        Step::Play(PlayList { items: audio(names(prompts), &self.lang), interrupt: String::new() })
    }

    fn done(&self, status: Status) -> Step {
        Step::Done(Value::Map(BTreeMap::from([
            ("status".to_owned(), Value::Text(status.word().to_owned())),
            ("set".to_owned(), Value::Int(self.set)),
            ("cancelled".to_owned(), Value::Int(self.cancelled)),
        ])))
    }
}

fn names(prompts: &[&str]) -> Vec<String> {
    prompts.iter().map(|name| (*name).to_owned()).collect()
}

fn typed(reply: &Reply) -> &str {
    if let Reply::Digits { digits, .. } = reply { digits } else { "" }
}

/// `0630`, `630`, `2245`: hour and minute.
fn time_of(digits: &str) -> Option<(u8, u8)> {
    if !(3..=4).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: u16 = digits.parse().ok()?;
    let (hour, minute) = (u8::try_from(number / 100).ok()?, u8::try_from(number % 100).ok()?);
    (hour < 24 && minute < 60).then_some((hour, minute))
}
