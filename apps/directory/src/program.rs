//! `ch.directory`: the call's part.
//!
//! ```text
//!  Any ─nobody─▶ "there is nobody" ─▶ none
//!   └▶ Letters ──digits──▶ Finding ─▶ Naming ─▶ Offering ──1──▶ chosen
//!        ▲  │ *, # : exit    │nobody, too many    │  ▲│ *, nothing: the next one
//!        │  └ 0 : operator   ▼                    │  └┘
//!        └──────── tries ◀───┴──── no more ◀──────┘
//! ```

use crate::manual::{MANUAL, PROMPTS};
use crate::service::{By, Entry, Found, Request};
use crate::{KIND, keypad};
use cordboard_app::say::{audio, grammar};
use cordboard_app::{
    CallInfo, DigitsEnd, Machine, Manual, PlayList, Query, ReadDigits, Reply, RouteError, Step, Value, Verb,
};
use cordboard_base::Time;
use cordboard_media::Audio;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// For the first letter, and between two, in ms.
const LETTERS_MS: u32 = 6_000;
const LETTER_MS: u32 = 3_000;
/// For an answer to a name, in ms.
const ANSWER_MS: u32 = 3_000;
/// A name is said so often to somebody who does nothing.
const NAME_TRIES: u8 = 3;
/// When too many fit, so many letters are taken.
const LETTERS_MAX: u16 = 8;
/// Names of a list.
const LIST_MAX: usize = 8;
/// Who has recorded names, and what is asked of it.
const VOICEMAIL: &str = "voicemail";

/// The verb.
#[derive(Clone, Copy, Debug, Default)]
pub struct DirectoryVerb;

impl Verb for DirectoryVerb {
    type Machine = Finder;

    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn begin(&self, info: &CallInfo, arguments: &Value) -> Result<Self::Machine, RouteError> {
        let options = arguments.argument(0);
        let is = |key: &str| options.entry(key).truth().unwrap_or(false);
        let number = |key: &str| options.entry(key).int().and_then(|n| u8::try_from(n).ok());
        Ok(Finder {
            lang: info.lang.clone(),
            by: match options.entry("by").text() {
                Some("first") => By::First,
                Some("both") => By::Both,
                Some(_) | None => By::Last,
            },
            letters: u16::from(number("letters").unwrap_or(3)),
            says_number: is("say_number"),
            lists: is("menu"),
            has_operator: is("operator"),
            tries: number("tries").unwrap_or(3),
            found: Vec::new(),
            state: State::Start,
        })
    }

    fn prompts(&self) -> Vec<&'static str> {
        PROMPTS.to_vec()
    }
}

/// A call that looks for somebody.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finder {
    lang: String,
    by: By,
    letters: u16,
    says_number: bool,
    lists: bool,
    has_operator: bool,
    /// How often letters are asked for still.
    tries: u8,
    /// Who fits, and what is played for each.
    found: Vec<(Entry, Vec<Audio>)>,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum State {
    Start,
    Any,
    Letters,
    Finding,
    Naming(Vec<Entry>),
    /// Which one, and how often it was said in vain.
    Offering(usize, u8),
    /// From which one on.
    Listing(usize),
    /// The last words.
    Leaving,
}

/// A name of the mailboxes': a file within the data directory.
#[derive(Deserialize)]
struct Recorded {
    file: String,
}

impl Machine for Finder {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        if let Reply::HungUp(_) = reply {
            return done("hungup", None);
        }
        match core::mem::replace(&mut self.state, State::Start) {
            State::Start => {
                self.state = State::Any;
                ask(&Request::Any)
            }
            State::Any if found(&reply).entries.is_empty() => {
                self.state = State::Leaving;
                let items = self.prompts(&["dir-nobody"]);
                Step::Play(PlayList { items, interrupt: String::new() })
            }
            State::Any => self.ask_letters(&["dir-welcome", "dir-usingkeypad", "dir-exit"]),
            State::Letters => self.typed(&reply),
            State::Finding => self.fitting(found(&reply)),
            State::Naming(entries) => self.named(entries, &reply),
            State::Offering(at, said) => self.answered(at, said, &reply),
            State::Listing(from) => self.listed(from, &reply),
            State::Leaving => done("none", None),
        }
    }
}

impl Finder {
    fn prompts(&self, names: &[&str]) -> Vec<Audio> {
        audio(names.iter().map(|name| (*name).to_owned()), &self.lang)
    }

    fn ask_letters(&mut self, says: &[&str]) -> Step {
        if self.tries == 0 {
            return done("none", None);
        }
        self.tries -= 1;
        self.state = State::Letters;
        Step::Read(ReadDigits {
            prompt: self.prompts(says),
            max: self.letters,
            timeout_ms: LETTERS_MS,
            digit_timeout_ms: LETTER_MS,
            end: if self.has_operator { "#*0" } else { "#*" }.to_owned(),
            secret: false,
        })
    }

    fn typed(&mut self, reply: &Reply) -> Step {
        let Reply::Digits { digits, end } = reply else { return done("none", None) };
        match end {
            DigitsEnd::Ended('0') => done("operator", None),
            DigitsEnd::Ended('*') => done("exit", None),
            DigitsEnd::Ended(_) if digits.is_empty() => done("exit", None),
            DigitsEnd::TimedOut | DigitsEnd::Full if digits.is_empty() => {
                self.ask_letters(&["dir-usingkeypad", "dir-exit"])
            }
            DigitsEnd::Ended(_) | DigitsEnd::TimedOut | DigitsEnd::Full => {
                self.state = State::Finding;
                ask(&Request::Find { by: self.by, digits: digits.clone() })
            }
        }
    }

    fn fitting(&mut self, Found { entries, more }: Found) -> Step {
        if entries.is_empty() {
            return self.ask_letters(&["dir-nomatch", "dir-usingkeypad", "dir-exit"]);
        }
        if more && self.letters < LETTERS_MAX {
            self.letters = LETTERS_MAX;
            return self.ask_letters(&["dir-toomany"]);
        }
        let mailboxes: Vec<&str> = entries.iter().map(|entry| entry.number.as_str()).collect();
        let request = Value::of(&serde_json::json!({ "Names": { "mailboxes": mailboxes } }));
        self.state = State::Naming(entries);
        Step::Ask(Query::Service { kind: VOICEMAIL.to_owned(), request })
    }

    /// The mailboxes have said who has recorded a name; without any of them names are spelt.
    fn named(&mut self, entries: Vec<Entry>, reply: &Reply) -> Step {
        let recorded: Option<Vec<Option<Recorded>>> = reply.answer();
        let mut recorded = recorded.unwrap_or_default().into_iter();
        let with_names = entries.into_iter().map(|entry| {
            let said = self.said(&entry, recorded.next().flatten());
            (entry, said)
        });
        self.found = with_names.collect();
        if self.lists { self.list(0) } else { self.offer(0, 0) }
    }

    /// As the owner says it, else letter by letter; a name that can't be spelt is its extension.
    fn said(&self, entry: &Entry, recorded: Option<Recorded>) -> Vec<Audio> {
        let grammar = grammar(&self.lang);
        let number = || {
            let mut said = vec!["extension".to_owned()];
            said.extend(grammar.digits(&entry.number));
            audio(said, &self.lang)
        };
        let is_spelt = entry.name.split_whitespace().any(|word| !keypad::typed(word).is_empty());
        let mut said = match recorded {
            Some(Recorded { file }) => vec![Audio::File { path: file, from_ms: 0 }],
            None if is_spelt => audio(grammar.spell(&entry.name), &self.lang),
            None => return number(),
        };
        if self.says_number {
            said.extend(number());
        }
        said
    }

    /// One after the other.
    fn offer(&mut self, at: usize, said: u8) -> Step {
        let Some((_, name)) = self.found.get(at) else {
            return self.ask_letters(&["dir-nomore", "dir-usingkeypad", "dir-exit"]);
        };
        let mut prompt = name.clone();
        prompt.extend(self.prompts(&["dir-instr"]));
        self.state = State::Offering(at, said);
        key(prompt)
    }

    fn answered(&mut self, at: usize, said: u8, reply: &Reply) -> Step {
        match pressed(reply) {
            Some('1') => done("chosen", self.found.get(at).map(|(entry, _)| entry)),
            Some('*') => self.offer(at + 1, 0),
            Some('#') => done("exit", None),
            Some('0') if self.has_operator => done("operator", None),
            Some(_) | None if said + 1 < NAME_TRIES => self.offer(at, said + 1),
            Some(_) | None => self.offer(at + 1, 0),
        }
    }

    /// Eight at once, a key for each.
    fn list(&mut self, from: usize) -> Step {
        let block: Vec<_> = self.found.iter().skip(from).take(LIST_MAX).collect();
        if block.is_empty() {
            return self.ask_letters(&["dir-nomore", "dir-usingkeypad", "dir-exit"]);
        }
        let mut prompt = Vec::new();
        for (n, (_, name)) in block.into_iter().enumerate() {
            prompt.extend(self.prompts(&["dir-multi1"]));
            prompt.extend(audio(grammar(&self.lang).digits(&(n + 1).to_string()), &self.lang));
            prompt.extend(self.prompts(&["dir-multi2"]));
            prompt.extend(name.clone());
        }
        if from + LIST_MAX < self.found.len() {
            prompt.extend(self.prompts(&["dir-multi9"]));
        }
        self.state = State::Listing(from);
        key(prompt)
    }

    fn listed(&mut self, from: usize, reply: &Reply) -> Step {
        let chosen = |key: char| {
            let n = usize::try_from(key.to_digit(10)?).ok().filter(|n| (1..=LIST_MAX).contains(n))?;
            self.found.get(from + n - 1).map(|(entry, _)| entry)
        };
        match pressed(reply) {
            Some('#') => done("exit", None),
            Some('0') if self.has_operator => done("operator", None),
            Some('*') => self.ask_letters(&["dir-usingkeypad", "dir-exit"]),
            Some(key) if chosen(key).is_some() => done("chosen", chosen(key)),
            Some(_) | None => self.list(from + LIST_MAX),
        }
    }
}

fn ask(request: &Request) -> Step {
    Step::asks(KIND, request)
}

fn found(reply: &Reply) -> Found {
    let found: Option<Found> = reply.answer();
    found.unwrap_or_default()
}

fn key(prompt: Vec<Audio>) -> Step {
    let (max, timeout_ms, digit_timeout_ms) = (1, ANSWER_MS, ANSWER_MS);
    Step::Read(ReadDigits { prompt, max, timeout_ms, digit_timeout_ms, end: String::new(), secret: false })
}

fn pressed(reply: &Reply) -> Option<char> {
    if let Reply::Digits { digits, .. } = reply { digits.chars().next() } else { None }
}

fn done(status: &str, who: Option<&Entry>) -> Step {
    let text = |text: &str| Value::Text(text.to_owned());
    let (number, name) = who.map_or(("", ""), |entry| (entry.number.as_str(), entry.name.as_str()));
    Step::Done(Value::Map(BTreeMap::from([
        ("status".to_owned(), text(status)),
        ("number".to_owned(), text(number)),
        ("name".to_owned(), text(name)),
    ])))
}
