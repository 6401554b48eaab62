//! What is said, as lists of prompts: digits, spelling, numbers, times, by a grammar per language.
//!
//! Prompts carry Asterisk's names (`digits/1`, `digits/hundred`, `letters/a`, `digits/day-1`, …), so that a set recorded
//! for it fits. A grammar is a pure function; which calendar day an instant falls on is decided before.

mod english;

pub use english::English;

/// A moment on the wall, in the office's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallTime {
    /// For example 2026.
    pub year: i16,
    /// 1–12.
    pub month: u8,
    /// 1–31.
    pub day: u8,
    /// 0 is Sunday.
    pub weekday: u8,
    /// 0–23.
    pub hour: u8,
    /// 0–59.
    pub minute: u8,
    /// 0–59.
    pub second: u8,
}

/// How a language says things.
pub trait Grammar {
    /// A whole number.
    fn number(&self, number: i64) -> Vec<String>;

    /// A moment, by the letters of `format`: `A` weekday, `B` month, `d` day of the month, `Y` year, `I` hour of 12, `H` hour
    /// of 24, `M` minute, `S` second, `p` before or after noon, `'name'` a prompt by its name. Others are skipped.
    fn moment(&self, moment: &WallTime, format: &str) -> Vec<String>;

    /// Every prompt that this grammar can ask for.
    fn prompts(&self) -> Vec<String>;

    /// Digit by digit; `*`, `#`, `+` and `-` too, other characters are skipped.
    fn digits(&self, digits: &str) -> Vec<String> {
        digits.chars().filter_map(digit).collect()
    }

    /// Letter by letter; what has no name is skipped.
    fn spell(&self, text: &str) -> Vec<String> {
        text.chars().filter_map(letter).collect()
    }
}

/// The grammar of a language; what has none of its own speaks English.
pub fn grammar(_lang: &str) -> &'static dyn Grammar {
    &English
}

fn digit(c: char) -> Option<String> {
    match c {
        '0'..='9' => Some(format!("digits/{c}")),
        '*' => Some("digits/star".to_owned()),
        '#' => Some("digits/pound".to_owned()),
        '-' => Some("digits/minus".to_owned()),
        '+' => Some("letters/plus".to_owned()),
        _ => None,
    }
}

/// Characters with names of their own.
const NAMED: [(char, &str); 10] = [
    (' ', "space"),
    ('.', "dot"),
    ('-', "dash"),
    ('/', "slash"),
    ('@', "at"),
    ('+', "plus"),
    ('=', "equals"),
    ('$', "dollar"),
    ('*', "asterisk"),
    ('!', "exclaimation-point"),
];

fn letter(c: char) -> Option<String> {
    match c {
        '0'..='9' => Some(format!("digits/{c}")),
        'a'..='z' | 'A'..='Z' => Some(format!("letters/{}", c.to_ascii_lowercase())),
        '#' => Some("digits/pound".to_owned()),
        other => NAMED.iter().find(|(named, _)| *named == other).map(|(_, name)| format!("letters/{name}")),
    }
}

/// The prompts of [`Grammar::digits`] and [`Grammar::spell`], which all languages share.
fn shared_prompts() -> Vec<String> {
    let all: String =
        ('a'..='z').chain('0'..='9').chain("*#-+".chars()).chain(NAMED.map(|(c, _)| c)).collect();
    let mut prompts: Vec<String> = all.chars().flat_map(|c| [digit(c), letter(c)]).flatten().collect();
    prompts.sort();
    prompts.dedup();
    prompts
}
