//! Who is in the directory, and who fits what was typed.

use crate::{KIND, keypad};
use cordboard_app::{Answered, AskId, Asker, Level, Moment, Service, ServiceOutput, Value};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Whoever fits beside these is not named: one more letter is asked for.
pub(crate) const FOUND_MAX: usize = 20;

/// The office's names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Everybody who is in it.
    pub entries: Vec<Entry>,
}

/// Somebody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Entry {
    /// The extension, which is the number of the mailbox too.
    pub number: String,
    /// First name and last name, in the order in which they are said.
    pub name: String,
}

/// Which of somebody's names are typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum By {
    /// The last one, or any of several.
    #[default]
    Last,
    First,
    Both,
}

/// What a program asks. → [`Found`]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Who is named so.
    Find { by: By, digits: String },
    /// Whether there is anybody.
    Any,
}

/// Who fits, in the order of the names; `more`: others do as well.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Found {
    pub(crate) entries: Vec<Entry>,
    pub(crate) more: bool,
}

/// The directory.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Directory {
    settings: Settings,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

impl Service for Directory {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn configured(&mut self, _at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        self.settings = serde_json::from_str(settings)?;
        let unheard = |entry: &&Entry| words(&entry.name).all(|word| keypad::typed(word).is_empty());
        let unheard: Vec<String> = self
            .settings
            .entries
            .iter()
            .filter(unheard)
            .map(|one| format!("{} ({})", one.name, one.number))
            .collect();
        for who in unheard {
            self.log(
                Level::Warn,
                format!("{who} can't be found in the directory: the name has no letters of the keypad"),
            );
        }
        // In the order in which they are read out.
        self.settings.entries.sort_by_cached_key(|entry| {
            let (first, last) = first_and_last(&entry.name);
            (last.to_lowercase(), first.to_lowercase(), entry.number.clone())
        });
        Ok(())
    }

    fn asked(&mut self, _at: Moment, _ask: AskId, _asker: &Asker, request: &Value) -> Answered {
        let request = request.request(KIND)?;
        Ok(Some(Value::of(&self.answer(&request))))
    }
}

impl Directory {
    fn log(&mut self, level: Level, text: String) {
        self.out.push_back(ServiceOutput::Log { level, text });
    }

    fn answer(&self, request: &Request) -> Found {
        let fits = |entry: &&Entry| match request {
            Request::Find { by, digits } => is_named(&entry.name, *by, digits),
            Request::Any => true,
        };
        let mut fitting = self.settings.entries.iter().filter(fits);
        let entries = fitting.by_ref().take(FOUND_MAX).cloned().collect();
        Found { entries, more: fitting.next().is_some() }
    }
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split_whitespace()
}

/// `Ludwig van Beethoven`: Ludwig, van Beethoven. Who has one name has it for both.
fn first_and_last(name: &str) -> (&str, &str) {
    let name = name.trim();
    name.split_once(char::is_whitespace).map_or((name, name), |(first, last)| (first, last.trim_start()))
}

/// Whether one of the names that count begins with these keys.
fn is_named(name: &str, by: By, digits: &str) -> bool {
    let begins = |word: &str| keypad::typed(word).iter().any(|keys| keys.starts_with(digits));
    let (first, last) = first_and_last(name);
    match by {
        By::First => begins(first),
        By::Last => words(last).any(begins),
        By::Both => words(name).any(begins),
    }
}
