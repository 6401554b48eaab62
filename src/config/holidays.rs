//! `holidays` of `etc/hours.toml`: days with their names, and calendar files, which are read with it.

use super::value::Date;
use super::{ConfigError, ics, text_of};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use toml::Spanned;

/// Calendar files of an office at most.
const FILES_MAX: usize = 20;

/// Days, and files with days.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Holidays {
    /// Calendars (RFC 5545), relative to the configuration's folder.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Spanned<String>>,
    /// `YYYY-MM-DD` → its name.
    #[serde(flatten)]
    pub days: BTreeMap<Date, String>,
}

/// `holidays = ["uk.ics"]`, or `[holidays]` with days and perhaps `files`.
impl<'de> Deserialize<'de> for Holidays {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Either)
    }
}

/// What stands in the section.
#[derive(Deserialize)]
#[serde(try_from = "String")]
enum Key {
    Files,
    Day(Date),
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(key: String) -> Result<Self, String> {
        if key == "files" { Ok(Self::Files) } else { Date::try_from(key).map(Self::Day) }
    }
}

struct Either;

impl<'de> Visitor<'de> for Either {
    type Value = Holidays;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("calendar files, [\"holidays.ics\"], or days, \"2026-12-25\" = \"Christmas Day\"")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Holidays, A::Error> {
        let mut files = Vec::new();
        while let Some(file) = seq.next_element()? {
            files.push(file);
        }
        Ok(Holidays { files, days: BTreeMap::new() })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Holidays, A::Error> {
        let mut holidays = Holidays::default();
        while let Some(key) = map.next_key()? {
            match key {
                Key::Files => holidays.files = map.next_value()?,
                Key::Day(date) => drop(holidays.days.insert(date, map.next_value()?)),
            }
        }
        Ok(holidays)
    }
}

impl Holidays {
    /// All days by `YYYY-MM-DD`. Of two names for a day that of `hours.toml` holds, then that of the first file.
    pub(super) fn read(&self, etc: &Path, errors: &mut Vec<ConfigError>) -> BTreeMap<String, String> {
        let mut all: BTreeMap<String, String> =
            self.days.iter().map(|(date, name)| (date.as_str().to_owned(), name.clone())).collect();
        let hours = etc.join("hours.toml");
        let mut wrong = |file: &Spanned<String>, message: &str| {
            let text = fs::read_to_string(&hours).unwrap_or_default();
            errors.push(ConfigError::at(&hours, &text, Some(file.span()), message));
        };
        if let Some(file) = self.files.get(FILES_MAX) {
            wrong(file, &format!("there are at most {FILES_MAX} calendars"));
            return all;
        }
        for file in &self.files {
            let path = etc.join(file.get_ref());
            match fs::metadata(&path) {
                Err(error) => wrong(file, &format!("{}: {error}", path.display())),
                Ok(found) if found.len() > ics::FILE_BYTES_MAX => {
                    wrong(file, &format!("a calendar has at most {} bytes", ics::FILE_BYTES_MAX));
                }
                Ok(_) => {}
            }
        }
        // What is missing or too large has been told; the others are read all the same.
        let readable = |path: &Path| fs::metadata(path).is_ok_and(|found| found.len() <= ics::FILE_BYTES_MAX);
        for path in self.files.iter().map(|file| etc.join(file.get_ref())).filter(|path| readable(path)) {
            add(&path, &mut all, errors);
        }
        all
    }
}

fn add(path: &Path, all: &mut BTreeMap<String, String>, errors: &mut Vec<ConfigError>) {
    let Some(text) = text_of(path, errors) else { return };
    match ics::holidays(&text) {
        Ok(days) => days.into_iter().for_each(|(date, name)| {
            all.entry(date.to_string()).or_insert(name);
        }),
        Err(error) => {
            let before: usize =
                text.split_inclusive('\n').take(error.line.saturating_sub(1)).map(str::len).sum();
            let line = text.get(before..).and_then(|rest| rest.lines().next()).unwrap_or_default();
            errors.push(ConfigError::at(path, &text, Some(before..before + line.len()), &error.message));
        }
    }
}
