//! English, as Asterisk's `en` prompts say it.

use super::{Currency, Gender, Grammar, Noun, WallTime, say};

/// English.
#[derive(Clone, Copy, Debug, Default)]
pub struct English;

const SCALES: [(u64, &str); 4] =
    [(1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (100, "hundred")];

const fn noun(one: &'static str, many: &'static str) -> Noun {
    Noun { one, many, gender: Gender::Neuter }
}

impl Grammar for English {
    fn cardinal(&self, number: u64, _: Option<Gender>, said: &mut Vec<String>) {
        cardinal(number, said);
    }

    fn ordinal_of(&self, number: u64, said: &mut Vec<String>) {
        for (unit, name) in SCALES {
            if number >= unit {
                cardinal(number / unit, said);
                if number.is_multiple_of(unit) {
                    say(said, format_args!("h-{name}"));
                } else {
                    say(said, name);
                    self.ordinal_of(number % unit, said);
                }
                return;
            }
        }
        match number {
            // There is no zeroth prompt.
            0 => say(said, 0),
            1..=20 => say(said, format_args!("h-{number}")),
            _ if number.is_multiple_of(10) => say(said, format_args!("h-{number}")),
            _ => {
                say(said, number / 10 * 10);
                say(said, format_args!("h-{}", number % 10));
            }
        }
    }

    fn part(&self, moment: &WallTime, letter: char, said: &mut Vec<String>) {
        match letter {
            'A' | 'a' => say(said, format_args!("day-{}", moment.weekday)),
            'B' | 'b' | 'h' => say(said, format_args!("mon-{}", moment.month.saturating_sub(1))),
            'd' | 'e' => self.ordinal_of(u64::from(moment.day), said),
            'Y' => year(moment.year, said),
            'I' | 'l' => cardinal(u64::from((moment.hour + 11) % 12 + 1), said),
            'H' | 'k' => two_digits(moment.hour, said),
            'M' if moment.minute == 0 => say(said, "oclock"),
            'M' => two_digits(moment.minute, said),
            'S' => cardinal(u64::from(moment.second), said),
            'p' | 'P' => say(said, if moment.hour < 12 { "a-m" } else { "p-m" }),
            'R' => hours_of_24(moment, said),
            'r' if (moment.hour, moment.minute) == (0, 0) => say(said, "midnight"),
            'r' if (moment.hour, moment.minute) == (12, 0) => say(said, "noon"),
            'r' => said.extend(self.moment(moment, "IMp")),
            _ => {}
        }
    }

    fn point(&self) -> &'static str {
        "digits/point"
    }

    fn currency(&self, currency: Currency) -> (Noun, Option<Noun>) {
        let cent = noun("money/cent", "money/cents");
        match currency {
            Currency::Euro => (noun("money/euro", "money/euros"), Some(cent)),
            Currency::Dollar => (noun("money/dollar", "money/dollars"), Some(cent)),
            Currency::Pound => {
                (noun("money/pound", "money/pounds"), Some(noun("money/penny", "money/pence")))
            }
            Currency::Franc => {
                (noun("money/franc", "money/francs"), Some(noun("money/centime", "money/centimes")))
            }
            Currency::Yen => (noun("money/yen", "money/yen"), None),
        }
    }

    fn spans(&self) -> [Noun; 4] {
        [noun("day", "days"), noun("hour", "hours"), noun("minute", "minutes"), noun("second", "seconds")]
    }

    fn message(&self) -> Noun {
        noun("vm-message", "vm-messages")
    }

    /// As North America writes them: 555-1234, 212-555-1234, 1-212-555-1234; others by threes.
    fn groups(&self, digits: usize) -> Vec<usize> {
        match digits {
            0..=5 => vec![digits],
            7 => vec![3, 4],
            10 => vec![3, 3, 4],
            11 => vec![1, 3, 3, 4],
            _ if digits % 3 == 1 => [vec![3; digits / 3 - 1], vec![2, 2]].concat(),
            _ => vec![3; digits / 3],
        }
    }

    fn time_format(&self) -> &'static str {
        "IMp"
    }

    fn date_format(&self) -> &'static str {
        "ABdY"
    }
}

fn cardinal(number: u64, said: &mut Vec<String>) {
    for (unit, name) in SCALES {
        if number >= unit {
            cardinal(number / unit, said);
            say(said, name);
            if !number.is_multiple_of(unit) {
                cardinal(number % unit, said);
            }
            return;
        }
    }
    match number {
        0..=20 => say(said, number),
        _ => {
            say(said, number / 10 * 10);
            if !number.is_multiple_of(10) {
                say(said, number % 10);
            }
        }
    }
}

/// "nineteen eighty", "two thousand six", "twenty twenty-six".
fn year(year: i16, said: &mut Vec<String>) {
    let year = u64::from(year.unsigned_abs());
    let in_pairs = (1100..=9999).contains(&year) && !(2000..=2009).contains(&year) && year % 1000 != 0;
    if !in_pairs {
        return cardinal(year, said);
    }
    cardinal(year / 100, said);
    match year % 100 {
        0 => say(said, "hundred"),
        rest @ 1..=9 => {
            say(said, "oh");
            say(said, rest);
        }
        rest => cardinal(rest, said),
    }
}

fn two_digits(number: u8, said: &mut Vec<String>) {
    if number < 10 {
        say(said, "oh");
    }
    cardinal(u64::from(number), said);
}

/// "fifteen hundred hours", "oh nine thirty", "zero oh five".
fn hours_of_24(moment: &WallTime, said: &mut Vec<String>) {
    match moment.hour {
        0 => say(said, 0),
        hour => two_digits(hour, said),
    }
    match moment.minute {
        0 => say(said, "hundred-hours"),
        minute => two_digits(minute, said),
    }
}
