//! German: the unit before the ten, one noun with three genders, the clock by 24 hours.

use super::{Currency, Gender, Grammar, Noun, WallTime, say};

/// German.
#[derive(Clone, Copy, Debug, Default)]
pub struct German;

/// A power of ten that is a noun: its value, its prompts for one and for many.
const NOUNS: [(u64, &str, &str); 2] =
    [(1_000_000_000, "milliard", "milliards"), (1_000_000, "million", "millions")];

const fn noun(one: &'static str, many: &'static str, gender: Gender) -> Noun {
    Noun { one, many, gender }
}

impl Grammar for German {
    fn cardinal(&self, number: u64, noun: Option<Gender>, said: &mut Vec<String>) {
        for (unit, one, many) in NOUNS {
            if number >= unit {
                below_million(number / unit, Some(Gender::Feminine), said);
                say(said, if number / unit == 1 { one } else { many });
                if !number.is_multiple_of(unit) {
                    self.cardinal(number % unit, noun, said);
                }
                return;
            }
        }
        below_million(number, noun, said);
    }

    fn ordinal_of(&self, number: u64, said: &mut Vec<String>) {
        let scales = NOUNS
            .map(|(unit, one, _)| (unit, one))
            .into_iter()
            .chain([(1_000, "thousand"), (100, "hundred")]);
        for (unit, name) in scales {
            if number >= unit {
                let rest = number % unit;
                if rest == 0 {
                    // One word: "einmillionste".
                    below_million(number / unit, Some(Gender::Neuter), said);
                    say(said, format_args!("h-{name}"));
                } else {
                    self.cardinal(number - rest, None, said);
                    self.ordinal_of(rest, said);
                }
                return;
            }
        }
        match number {
            // There is no zeroth prompt.
            0 => say(said, 0),
            1..=20 => say(said, format_args!("h-{number}")),
            _ => {
                if !number.is_multiple_of(10) {
                    say(said, format_args!("{}-and", number % 10));
                }
                say(said, format_args!("h-{}", number / 10 * 10));
            }
        }
    }

    fn part(&self, moment: &WallTime, letter: char, said: &mut Vec<String>) {
        match letter {
            'A' | 'a' => say(said, format_args!("day-{}", moment.weekday)),
            'B' | 'b' | 'h' => say(said, format_args!("mon-{}", moment.month.saturating_sub(1))),
            'd' | 'e' => {
                say(said, "the");
                self.ordinal_of(u64::from(moment.day), said);
            }
            'Y' => year(moment.year, said),
            'I' | 'l' => hour((moment.hour + 11) % 12 + 1, said),
            'H' | 'k' => hour(moment.hour, said),
            'M' if moment.minute == 0 => {}
            'M' => below_million(u64::from(moment.minute), None, said),
            'S' => below_million(u64::from(moment.second), None, said),
            'p' | 'P' => say(said, if moment.hour < 12 { "a-m" } else { "p-m" }),
            'R' => said.extend(self.moment(moment, "HM")),
            'r' if (moment.hour, moment.minute) == (0, 0) => say(said, "midnight"),
            'r' if (moment.hour, moment.minute) == (12, 0) => say(said, "noon"),
            'r' => said.extend(self.moment(moment, "IMp")),
            _ => {}
        }
    }

    fn point(&self) -> &'static str {
        "digits/comma"
    }

    fn currency(&self, currency: Currency) -> (Noun, Option<Noun>) {
        use Gender::{Masculine, Neuter};
        let cent = noun("money/cent", "money/cent", Masculine);
        match currency {
            Currency::Euro => (noun("money/euro", "money/euro", Masculine), Some(cent)),
            Currency::Dollar => (noun("money/dollar", "money/dollar", Masculine), Some(cent)),
            Currency::Pound => (
                noun("money/pound", "money/pound", Neuter),
                Some(noun("money/penny", "money/pence", Masculine)),
            ),
            Currency::Franc => (
                noun("money/franc", "money/franc", Masculine),
                Some(noun("money/centime", "money/centime", Masculine)),
            ),
            Currency::Yen => (noun("money/yen", "money/yen", Masculine), None),
        }
    }

    fn spans(&self) -> [Noun; 4] {
        use Gender::{Feminine, Masculine};
        [
            noun("day", "days", Masculine),
            noun("hour", "hours", Feminine),
            noun("minute", "minutes", Feminine),
            noun("second", "seconds", Feminine),
        ]
    }

    fn message(&self) -> Noun {
        noun("vm-message", "vm-messages", Gender::Feminine)
    }

    /// In pairs, three where one would be left over.
    fn groups(&self, digits: usize) -> Vec<usize> {
        match digits {
            0..=3 => vec![digits],
            _ if digits.is_multiple_of(2) => vec![2; digits / 2],
            _ => [vec![2; digits / 2 - 1], vec![3]].concat(),
        }
    }

    fn time_format(&self) -> &'static str {
        "R"
    }

    fn date_format(&self) -> &'static str {
        "AdBY"
    }

    fn letter(&self, c: char) -> Option<&'static str> {
        match c {
            'ä' | 'Ä' => Some("ae"),
            'ö' | 'Ö' => Some("oe"),
            'ü' | 'Ü' => Some("ue"),
            'ß' | 'ẞ' => Some("ss"),
            other => super::English.letter(other),
        }
    }
}

/// "eintausendzweihunderteinundzwanzig"; the last "eins" bends to its noun.
fn below_million(number: u64, noun: Option<Gender>, said: &mut Vec<String>) {
    if number >= 1_000 {
        below_million(number / 1_000, Some(Gender::Neuter), said);
        say(said, "thousand");
    }
    let (hundreds, rest) = (number % 1_000 / 100, number % 100);
    if hundreds > 0 {
        below_million(hundreds, Some(Gender::Neuter), said);
        say(said, "hundred");
    }
    match (rest, noun) {
        (0, _) if number > 0 => {}
        (1, Some(Gender::Masculine | Gender::Neuter)) => say(said, "1N"),
        (1, Some(Gender::Feminine)) => say(said, "1F"),
        (0..=20, _) => say(said, rest),
        _ => {
            if !rest.is_multiple_of(10) {
                say(said, format_args!("{}-and", rest % 10));
            }
            say(said, rest / 10 * 10);
        }
    }
}

/// "ein Uhr".
fn hour(hour: u8, said: &mut Vec<String>) {
    below_million(u64::from(hour), Some(Gender::Neuter), said);
    say(said, "oclock");
}

/// "neunzehnhundertachtzig", "zweitausendsechsundzwanzig".
fn year(year: i16, said: &mut Vec<String>) {
    let year = u64::from(year.unsigned_abs());
    if !(1_100..=1_999).contains(&year) {
        return below_million(year, None, said);
    }
    below_million(year / 100, None, said);
    say(said, "hundred");
    if !year.is_multiple_of(100) {
        below_million(year % 100, None, said);
    }
}
