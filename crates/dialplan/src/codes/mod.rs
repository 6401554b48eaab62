//! Every kind of finding: its code, what it means, an example that is wrong and the same one mended. `cordboard help E0201`
//! and docs/findings.md are made of these tables; a test holds each example to its code.
//!
//! Numbers stay: a code that is no longer found leaves a gap. E refuses to load, W may be meant.

mod config;
mod flow;
mod load;
mod office;
mod routes;
mod verbs;

use core::fmt;
use core::str::FromStr;
use serde::{Deserialize, Serialize};

pub(crate) use flow::*;
pub(crate) use load::*;
pub(crate) use office::*;
pub(crate) use routes::*;
pub(crate) use verbs::*;

pub use config::*;

/// Whether a finding stops a dialplan from being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does: nothing is loaded.
    Error,
    /// It may be meant: it is shown and logged.
    Warning,
}

/// A kind of finding: `E0201`, `W0601`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Code {
    severity: Severity,
    number: u16,
}

impl Code {
    const fn error(number: u16) -> Self {
        Self { severity: Severity::Error, number }
    }

    const fn warning(number: u16) -> Self {
        Self { severity: Severity::Warning, number }
    }

    /// Whether it refuses to load.
    pub const fn severity(self) -> Severity {
        self.severity
    }

    /// What there is to say of it.
    pub fn explanation(self) -> Option<&'static Explanation> {
        Explanation::all().find(|page| page.code == self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = match self.severity {
            Severity::Error => 'E',
            Severity::Warning => 'W',
        };
        write!(f, "{letter}{:04}", self.number)
    }
}

/// This is no code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no code of a finding: codes are like E0201 or W0601")]
pub struct NoCode(String);

impl FromStr for Code {
    type Err = NoCode;

    fn from_str(text: &str) -> Result<Self, NoCode> {
        let wrong = || NoCode(text.to_owned());
        let (letter, digits) = text.split_at_checked(1).ok_or_else(wrong)?;
        let number = digits
            .parse()
            .ok()
            .filter(|_| digits.len() == 4 && !digits.starts_with('+'))
            .ok_or_else(wrong)?;
        match letter {
            "E" | "e" => Ok(Self::error(number)),
            "W" | "w" => Ok(Self::warning(number)),
            _ => Err(wrong()),
        }
    }
}

impl From<Code> for String {
    fn from(code: Code) -> Self {
        code.to_string()
    }
}

impl TryFrom<String> for Code {
    type Error = NoCode;

    fn try_from(text: String) -> Result<Self, NoCode> {
        text.parse()
    }
}

/// Where the lines of an example stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// In a handler, for a call `ch`.
    Handler,
    /// At the top level of main.rhai.
    TopLevel,
    /// In this file of the configuration, beside a dialplan.
    Config(&'static str),
}

/// What a code means.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// Which.
    pub code: Code,
    /// In a few words.
    pub title: &'static str,
    /// What it means and what to do.
    pub text: &'static str,
    /// Where the examples stand.
    pub within: Within,
    /// Lines in which it is found.
    pub bad: &'static str,
    /// The same lines, mended.
    pub good: &'static str,
}

impl Explanation {
    /// All of them, by their numbers.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        [load::PAGES, verbs::PAGES, routes::PAGES, office::PAGES, config::PAGES, flow::PAGES]
            .into_iter()
            .flatten()
    }
}

/// A table of codes: name, code, title, place of the examples, meaning, bad, good.
macro_rules! codes {
    ([$vis:vis] $($name:ident = $code:expr, $title:literal, $within:expr, $text:literal, $bad:literal => $good:literal;)*) => {
        $(
            #[doc = $title]
            $vis const $name: $crate::codes::Code = $code;
        )*
        pub(super) const PAGES: &[$crate::codes::Explanation] = &[$($crate::codes::Explanation {
            code: $name, title: $title, text: $text, within: $within, bad: $bad, good: $good,
        }),*];
    };
}
use codes;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_written_and_read_alike() {
        assert_eq!(Code::error(201).to_string(), "E0201");
        assert_eq!("w0601".parse(), Ok(Code::warning(601)));
        for wrong in ["", "E", "E201", "X0201", "E02011", "é201", "E+201"] {
            assert!(wrong.parse::<Code>().is_err(), "{wrong}");
        }
        let json = serde_json::to_string(&Code::error(7)).unwrap();
        assert_eq!((json.as_str(), serde_json::from_str(&json).unwrap()), ("\"E0007\"", Code::error(7)));
    }

    #[test]
    fn no_number_is_given_twice_and_all_stand_in_order() {
        let numbers: Vec<u16> = Explanation::all().map(|page| page.code.number).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        for page in Explanation::all() {
            assert!(page.text.ends_with('.') && !page.title.ends_with('.'), "{}", page.code);
            assert_ne!(page.bad, page.good, "{}", page.code);
        }
    }
}
