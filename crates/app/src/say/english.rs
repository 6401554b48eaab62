//! English, as Asterisk's `en` prompts say it.

use super::{Grammar, WallTime, shared_prompts};

/// English.
#[derive(Clone, Copy, Debug, Default)]
pub struct English;

/// Beyond this a number is said digit by digit.
const NUMBER_MAX: u64 = 999_999_999_999;

impl Grammar for English {
    fn number(&self, number: i64) -> Vec<String> {
        let mut said = Vec::new();
        if number < 0 {
            said.push("digits/minus".to_owned());
        }
        let magnitude = number.unsigned_abs();
        if magnitude > NUMBER_MAX {
            said.extend(self.digits(&magnitude.to_string()));
        } else {
            cardinal(magnitude, &mut said);
        }
        said
    }

    fn moment(&self, moment: &WallTime, format: &str) -> Vec<String> {
        let mut said = Vec::new();
        let mut letters = format.chars();
        while let Some(letter) = letters.next() {
            if letter == '\'' {
                let (name, rest) = letters.as_str().split_once('\'').unwrap_or((letters.as_str(), ""));
                said.push(name.to_owned());
                letters = rest.chars();
            } else {
                part(moment, letter, &mut said);
            }
        }
        said
    }

    fn prompts(&self) -> Vec<String> {
        let mut prompts = shared_prompts();
        let tens = (2..=9).map(|n| format!("digits/{n}0"));
        let teens = (10..=19).map(|n| format!("digits/{n}"));
        let words = ["hundred", "thousand", "million", "billion", "minus", "oh", "oclock", "a-m", "p-m"];
        prompts.extend(tens.chain(teens).chain(words.map(|word| format!("digits/{word}"))));
        prompts.extend((0..7).map(|n| format!("digits/day-{n}")));
        prompts.extend((0..12).map(|n| format!("digits/mon-{n}")));
        prompts.extend((1..=20).chain([30]).map(|n| format!("digits/h-{n}")));
        prompts.sort();
        prompts.dedup();
        prompts
    }
}

fn say(said: &mut Vec<String>, name: impl core::fmt::Display) {
    said.push(format!("digits/{name}"));
}

fn cardinal(number: u64, said: &mut Vec<String>) {
    for (unit, name) in
        [(1_000_000_000, "billion"), (1_000_000, "million"), (1_000, "thousand"), (100, "hundred")]
    {
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

fn ordinal(day: u8, said: &mut Vec<String>) {
    match day {
        0..=20 | 30 => say(said, format_args!("h-{day}")),
        _ => {
            say(said, day / 10 * 10);
            say(said, format_args!("h-{}", day % 10));
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

fn part(moment: &WallTime, letter: char, said: &mut Vec<String>) {
    match letter {
        'A' | 'a' => say(said, format_args!("day-{}", moment.weekday)),
        'B' | 'b' | 'h' => say(said, format_args!("mon-{}", moment.month.saturating_sub(1))),
        'd' | 'e' => ordinal(moment.day, said),
        'Y' => year(moment.year, said),
        'I' | 'l' => cardinal(u64::from((moment.hour + 11) % 12 + 1), said),
        'H' | 'k' => two_digits(moment.hour, said),
        'M' if moment.minute == 0 => say(said, "oclock"),
        'M' => two_digits(moment.minute, said),
        'S' => cardinal(u64::from(moment.second), said),
        'p' | 'P' => say(said, if moment.hour < 12 { "a-m" } else { "p-m" }),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(prompts: Vec<String>) -> String {
        let short: Vec<&str> =
            prompts.iter().map(|name| name.strip_prefix("digits/").unwrap_or(name)).collect();
        short.join(" ")
    }

    #[test]
    fn numbers_are_said_as_one_says_them() {
        for (number, words) in [
            (0, "0"),
            (13, "13"),
            (20, "20"),
            (21, "20 1"),
            (100, "1 hundred"),
            (101, "1 hundred 1"),
            (999, "9 hundred 90 9"),
            (1000, "1 thousand"),
            (12_345, "12 thousand 3 hundred 40 5"),
            (1_000_000, "1 million"),
            (2_000_017, "2 million 17"),
            (3_000_000_000, "3 billion"),
            (-7, "minus 7"),
        ] {
            assert_eq!(said(English.number(number)), words, "{number}");
        }
        assert_eq!(English.number(i64::MIN).len(), 20, "digit by digit, with its sign");
    }

    fn at(hour: u8, minute: u8) -> WallTime {
        WallTime { year: 2026, month: 11, day: 23, weekday: 1, hour, minute, second: 5 }
    }

    #[test]
    fn times_and_dates_follow_their_format() {
        for (hour, minute, format, words) in [
            (0, 0, "IMp", "12 oclock a-m"),
            (12, 5, "IMp", "12 oh 5 p-m"),
            (15, 42, "IMp", "3 40 2 p-m"),
            (9, 30, "HM", "oh 9 30"),
            (9, 30, "ABdY", "day-1 mon-10 20 h-3 20 20 6"),
            (9, 30, "'at-tone' S?", "at-tone 5"),
            (9, 30, "'open", "open"),
        ] {
            assert_eq!(said(English.moment(&at(hour, minute), format)), words, "{hour}:{minute} {format}");
        }
    }

    #[test]
    fn years_are_said_in_pairs_but_for_the_first_of_the_millennium() {
        for (number, words) in [
            (1980, "19 80"),
            (1900, "19 hundred"),
            (1905, "19 oh 5"),
            (2000, "2 thousand"),
            (2006, "2 thousand 6"),
            (2026, "20 20 6"),
        ] {
            let mut prompts = Vec::new();
            year(number, &mut prompts);
            assert_eq!(said(prompts), words, "{number}");
        }
    }

    #[test]
    fn digits_and_letters_skip_what_has_no_name() {
        assert_eq!(said(English.digits("+49-1 2#*")), "letters/plus 4 9 minus 1 2 pound star");
        assert_eq!(English.spell("Az9.ü"), ["letters/a", "letters/z", "digits/9", "letters/dot"]);
    }

    #[test]
    fn every_prompt_that_can_be_asked_for_is_listed() {
        let listed = English.prompts();
        let mut asked = English.spell("the quick brown fox jumps over the lazy dog 0123456789 .-/@+=$*#!");
        asked.extend(English.digits("0123456789*#+-"));
        for number in (0..2_000).chain([1_234_567, 3_000_000_000, -1]) {
            asked.extend(English.number(number));
        }
        for day in 1..=31 {
            let moment = WallTime {
                year: 1905,
                month: day % 12 + 1,
                day,
                weekday: day % 7,
                hour: day % 24,
                minute: day - 1,
                second: 0,
            };
            asked.extend(English.moment(&moment, "ABdYIHMSp"));
        }
        for name in asked {
            assert!(listed.contains(&name), "{name}");
        }
    }
}
