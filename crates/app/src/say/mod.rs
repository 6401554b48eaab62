//! What is said, as lists of prompts: digits, spelling, numbers, times, money, by a grammar per language.
//!
//! Prompts carry Asterisk's names (`digits/1`, `digits/hundred`, `letters/a`, `digits/day-1`, …), so that a set recorded
//! for it fits. A grammar is a pure function; which calendar day an instant falls on is decided before.
//!
//! A language is a type with a [`Grammar`]: it says how its numbers, dates and nouns go, all else follows from that. What
//! it can ask for is found by asking ([`Grammar::prompts`]), so a language's manifest can be checked against it.

mod amount;
mod announcement;
mod english;
mod german;
mod moment;
#[cfg(test)]
mod tests;

pub use amount::{Currency, Decimal, Money, Noun};
pub use announcement::{Announcement, Messages, audio, in_groups};
pub use english::English;
pub use german::German;
pub use moment::WallTime;

use std::collections::BTreeSet;

/// Beyond this a number is said digit by digit.
const NUMBER_MAX: u64 = 999_999_999_999;

/// The gender of the noun behind a number; languages without genders don't look at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gender {
    /// der Euro
    Masculine,
    /// die Stunde
    Feminine,
    /// das Pfund
    Neuter,
}

/// How a language says things.
pub trait Grammar: Sync {
    /// Appends a whole number up to 999,999,999,999: as it is counted, or before a noun of a gender.
    fn cardinal(&self, number: u64, noun: Option<Gender>, said: &mut Vec<String>);

    /// Appends first, second, third … up to 999,999,999,999.
    fn ordinal_of(&self, number: u64, said: &mut Vec<String>);

    /// Appends one letter of a format (see [`Grammar::moment`]); a letter without meaning appends nothing.
    fn part(&self, moment: &WallTime, letter: char, said: &mut Vec<String>);

    /// The prompt between a number and its decimals.
    fn point(&self) -> &'static str;

    /// A currency's words, and those of its hundredth part where it has one.
    fn currency(&self, currency: Currency) -> (Noun, Option<Noun>);

    /// Days, hours, minutes and seconds.
    fn spans(&self) -> [Noun; 4];

    /// What is in a mailbox.
    fn message(&self) -> Noun;

    /// Into groups of how many digits a telephone number of so many is taken apart; what is left is one more.
    fn groups(&self, digits: usize) -> Vec<usize>;

    /// How a time is said where nothing else is asked for.
    fn time_format(&self) -> &'static str;

    /// How a date is said where nothing else is asked for.
    fn date_format(&self) -> &'static str;

    /// What the prompts of a character are called, `letters/…` and `phonetic/…_p`.
    fn letter(&self, c: char) -> Option<&'static str> {
        ALPHABET.iter().position(|letter| *letter == c.to_ascii_lowercase()).map(|at| ALPHABET_NAMES[at])
    }

    /// A whole number.
    fn number(&self, number: i64) -> Vec<String> {
        self.signed(number, None)
    }

    /// A whole number before a noun: "eine" Nachricht.
    fn counted(&self, number: i64, noun: Gender) -> Vec<String> {
        self.signed(number, Some(noun))
    }

    #[doc(hidden)]
    fn signed(&self, number: i64, noun: Option<Gender>) -> Vec<String> {
        let mut said = Vec::new();
        if number < 0 {
            said.push("digits/minus".to_owned());
        }
        let magnitude = number.unsigned_abs();
        if magnitude > NUMBER_MAX {
            said.extend(self.digits(&magnitude.to_string()));
        } else {
            self.cardinal(magnitude, noun, &mut said);
        }
        said
    }

    /// First, second, third …; what is too large is said as a number.
    fn ordinal(&self, number: u64) -> Vec<String> {
        let mut said = Vec::new();
        if number > NUMBER_MAX {
            said.extend(self.digits(&number.to_string()));
        } else {
            self.ordinal_of(number, &mut said);
        }
        said
    }

    /// A number with decimals, each of them said by itself.
    fn decimal(&self, number: &Decimal) -> Vec<String> {
        let mut said = Vec::new();
        if number.negative {
            said.push("digits/minus".to_owned());
        }
        said.extend(self.number(i64::try_from(number.whole).unwrap_or(i64::MAX)));
        if !number.fraction.is_empty() {
            said.push(self.point().to_owned());
            said.extend(self.digits(&number.fraction));
        }
        said
    }

    /// An amount of money; whole units, hundredths, or both.
    fn money(&self, money: &Money) -> Vec<String> {
        let (unit, part) = self.currency(money.currency);
        let mut said = Vec::new();
        if money.amount < 0 {
            said.push("digits/minus".to_owned());
        }
        let amount = money.amount.unsigned_abs();
        let (whole, rest) = part.map_or((amount, 0), |_| (amount / 100, amount % 100));
        if whole > 0 || rest == 0 {
            self.of(whole, unit, &mut said);
        }
        if let Some(part) = part.filter(|_| rest > 0) {
            if whole > 0 {
                said.push("digits/and".to_owned());
            }
            self.of(rest, part, &mut said);
        }
        said
    }

    /// A length of time, in days, hours, minutes and seconds, "and" before the last; those of which there are none are left out.
    fn duration(&self, seconds: u64) -> Vec<String> {
        let [days, hours, minutes, rest] = self.spans();
        let parts = [
            (seconds / 86_400, days),
            (seconds / 3_600 % 24, hours),
            (seconds / 60 % 60, minutes),
            (seconds % 60, rest),
        ];
        let there = |(number, noun): &(u64, Noun)| *number > 0 || (seconds == 0 && *noun == rest);
        let parts: Vec<(u64, Noun)> = parts.into_iter().filter(there).collect();
        let mut said = Vec::new();
        for (at, (number, noun)) in parts.iter().enumerate() {
            if at > 0 && at + 1 == parts.len() {
                said.push("digits/and".to_owned());
            }
            self.of(*number, *noun, &mut said);
        }
        said
    }

    #[doc(hidden)]
    fn of(&self, number: u64, noun: Noun, said: &mut Vec<String>) {
        said.extend(self.counted(i64::try_from(number).unwrap_or(i64::MAX), noun.gender));
        said.push(if number == 1 { noun.one } else { noun.many }.to_owned());
    }

    /// A moment, by the letters of `format`: `A` weekday, `B` month, `d` day of the month, `Y` year, `I` hour of 12, `H` hour
    /// of 24, `M` minute, `S` second, `p` before or after noon, `R` the time by 24 hours, `r` by 12 with noon and midnight,
    /// `'name'` a prompt by its name. Others are skipped.
    fn moment(&self, moment: &WallTime, format: &str) -> Vec<String> {
        let mut said = Vec::new();
        let mut letters = format.chars();
        while let Some(letter) = letters.next() {
            if letter == '\'' {
                let (name, rest) = letters.as_str().split_once('\'').unwrap_or((letters.as_str(), ""));
                said.push(name.to_owned());
                letters = rest.chars();
            } else {
                self.part(moment, letter, &mut said);
            }
        }
        said
    }

    /// The day of a moment as seen from another: today, yesterday, tomorrow, a weekday of the last week, else the date.
    fn day(&self, moment: &WallTime, now: &WallTime) -> Vec<String> {
        match moment.days() - now.days() {
            0 => vec!["digits/today".to_owned()],
            -1 => vec!["digits/yesterday".to_owned()],
            1 => vec!["digits/tomorrow".to_owned()],
            -6..=-2 => self.moment(moment, "A"),
            _ => self.moment(moment, self.date_format()),
        }
    }

    /// The day, and at what time: for a message's envelope.
    fn when(&self, moment: &WallTime, now: &WallTime) -> Vec<String> {
        let mut said = self.day(moment, now);
        said.push("digits/at".to_owned());
        said.extend(self.moment(moment, self.time_format()));
        said
    }

    /// Digit by digit; `*`, `#`, `+` and `-` too, other characters are skipped.
    fn digits(&self, digits: &str) -> Vec<String> {
        digits.chars().filter_map(digit).collect()
    }

    /// Letter by letter; what has no name is skipped.
    fn spell(&self, text: &str) -> Vec<String> {
        text.chars()
            .filter_map(|c| self.letter(c).map(|name| format!("letters/{name}")).or_else(|| sign(c)))
            .collect()
    }

    /// Letter by letter in words, as over a bad line: Alpha, Bravo.
    fn phonetic(&self, text: &str) -> Vec<String> {
        text.chars()
            .filter_map(|c| self.letter(c).map(|name| format!("phonetic/{name}_p")).or_else(|| sign(c)))
            .collect()
    }

    /// Every prompt that this grammar can ask for, sorted.
    fn prompts(&self) -> Vec<String> {
        let mut asked = BTreeSet::new();
        let text: String = ALPHABET
            .iter()
            .copied()
            .chain("äöüß0123456789*#+-".chars())
            .chain(NAMED.map(|(c, _)| c))
            .collect();
        asked.extend(self.digits(&text).into_iter().chain(self.spell(&text)).chain(self.phonetic(&text)));
        for number in (0..=200).chain([1_000, 2_000, 1_000_000, 2_000_000, 1_000_000_000, 2_000_000_000]) {
            asked.extend(self.number(-number));
            asked.extend(self.ordinal(number.unsigned_abs()));
            for gender in [Gender::Masculine, Gender::Feminine, Gender::Neuter] {
                asked.extend(self.counted(number, gender));
            }
        }
        for currency in Currency::ALL {
            for amount in [0, 1, 2, 101, 202] {
                asked.extend(self.money(&Money { amount, currency }));
            }
        }
        asked.extend([0, 90_061, 180_122].into_iter().flat_map(|seconds| self.duration(seconds)));
        asked.insert(self.point().to_owned());
        asked.extend(announcement::prompts(self));
        let now = WallTime { year: 2026, month: 6, day: 15, weekday: 1, hour: 0, minute: 0, second: 0 };
        for (day, month) in (1..=31).zip((1..=12).cycle()) {
            for hour in 0..24 {
                let moment = WallTime {
                    month,
                    day,
                    weekday: day % 7,
                    hour,
                    minute: hour % 3 * day,
                    year: 1_905,
                    ..now
                };
                asked.extend(self.moment(&moment, "ABdYIHMSpRr"));
            }
            asked.extend(self.when(&WallTime { day, ..now }, &now));
        }
        asked.into_iter().collect()
    }
}

/// The grammar of a language (`de`, `de-AT`, `en_GB`); what has none of its own speaks English.
pub fn grammar(lang: &str) -> &'static dyn Grammar {
    let language = lang.split(['-', '_']).next().unwrap_or_default();
    if language.eq_ignore_ascii_case("de") { &German } else { &English }
}

fn say(said: &mut Vec<String>, name: impl core::fmt::Display) {
    said.push(format!("digits/{name}"));
}

const ALPHABET: [char; 26] = [
    'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u',
    'v', 'w', 'x', 'y', 'z',
];
const ALPHABET_NAMES: [&str; 26] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u",
    "v", "w", "x", "y", "z",
];

/// Characters with names of their own.
const NAMED: [(char, &str); 11] = [
    (' ', "space"),
    ('.', "dot"),
    ('-', "dash"),
    ('_', "underscore"),
    ('/', "slash"),
    ('@', "at"),
    ('+', "plus"),
    ('=', "equals"),
    ('$', "dollar"),
    ('*', "asterisk"),
    ('!', "exclaimation-point"),
];

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

/// What is spelt and is no letter.
fn sign(c: char) -> Option<String> {
    match c {
        '0'..='9' => Some(format!("digits/{c}")),
        '#' => Some("digits/pound".to_owned()),
        other => NAMED.iter().find(|(named, _)| *named == other).map(|(_, name)| format!("letters/{name}")),
    }
}
