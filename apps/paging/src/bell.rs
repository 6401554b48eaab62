//! `[bell.NAME]` of `etc/paging.toml`: what rings by itself at times of the week, and when that is.

use jiff::{Span, Timestamp, Zoned, tz::TimeZone};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeSet;

/// Of one bell at most: a line of days, and times of a day in it.
const LINES_MAX: usize = 100;
const TIMES_MAX: usize = 200;
/// Phones of one bell.
const PHONES_MAX: usize = 200;
/// How far ahead the next time is looked for, in days: past the longest holidays.
const DAYS_AHEAD: i64 = 100;

/// A bell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Bell {
    #[serde(deserialize_with = "lines")]
    pub at: Vec<Times>,
    pub on_holidays: bool,
    #[serde(deserialize_with = "phones")]
    pub phones: Vec<String>,
    pub group: String,
    pub prompts: Vec<String>,
    #[serde(deserialize_with = "tone")]
    pub tone_hz: u16,
    #[serde(deserialize_with = "seconds")]
    pub seconds: u32,
}

impl Default for Bell {
    fn default() -> Self {
        Self {
            at: Vec::new(),
            on_holidays: false,
            phones: Vec::new(),
            group: String::new(),
            prompts: Vec::new(),
            tone_hz: 950,
            seconds: 4,
        }
    }
}

impl Bell {
    /// When it rings next after a moment, in Unix seconds.
    pub(crate) fn next(
        &self,
        after_unix_s: i64,
        zone: &TimeZone,
        holidays: &BTreeSet<String>,
    ) -> Option<i64> {
        let after = Timestamp::from_second(after_unix_s).ok()?.to_zoned(zone.clone());
        (0..=DAYS_AHEAD).find_map(|days| {
            let date = after.date().checked_add(Span::new().days(days)).ok()?;
            if !self.on_holidays && holidays.contains(&date.to_string()) {
                return None;
            }
            let weekday = date.weekday().to_monday_zero_offset().unsigned_abs();
            let of_day = self.at.iter().filter(|times| times.weekdays & (1 << weekday) != 0);
            let at = |minute: &u16| -> Option<Zoned> {
                let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
                date.at(hour, minute, 0, 0).to_zoned(zone.clone()).ok()
            };
            let moments = of_day.flat_map(|times| times.minutes.iter().filter_map(at));
            moments.map(|at| at.timestamp().as_second()).filter(|at| *at > after_unix_s).min()
        })
    }
}

/// Times of day, on some days of the week: `mon-fri 08:00 08:45`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Times {
    /// Monday is the lowest bit.
    pub weekdays: u8,
    /// Minutes since midnight.
    pub minutes: Vec<u16>,
}

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl TryFrom<String> for Times {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no time: it is written `mon-fri 08:00 08:45`, `sat,sun 10:00`");
        let mut words = text.split_whitespace();
        let mut weekdays = 0;
        for part in words.next().ok_or_else(wrong)?.split(',') {
            let day = |name: &str| DAYS.iter().position(|day| *day == name);
            let (from, to) = part.split_once('-').unwrap_or((part, part));
            let (from, to) = (day(from).ok_or_else(wrong)?, day(to).ok_or_else(wrong)?);
            // `fri-mon` goes over the week's end.
            let last = if to >= from { to } else { to + DAYS.len() };
            (from..=last).for_each(|day| weekdays |= 1 << (day % DAYS.len()));
        }
        let minutes: Option<Vec<u16>> = words.map(minute).collect();
        let minutes = minutes.filter(|minutes| (1..=TIMES_MAX).contains(&minutes.len())).ok_or_else(wrong)?;
        Ok(Self { weekdays, minutes })
    }
}

impl From<Times> for String {
    fn from(times: Times) -> Self {
        let days = DAYS.iter().enumerate().filter(|(day, _)| times.weekdays & (1 << day) != 0);
        let days: Vec<&str> = days.map(|(_, name)| *name).collect();
        let minutes = times.minutes.iter().map(|minute| format!(" {:02}:{:02}", minute / 60, minute % 60));
        days.join(",") + &minutes.collect::<String>()
    }
}

/// Of `HH:MM`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str| {
        let is_two = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<u16>().ok().filter(|_| is_two)
    };
    let (hour, minute) = (two(hour)?, two(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

fn lines<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Times>, D::Error> {
    let lines = Vec::<Times>::deserialize(from)?;
    if lines.len() > LINES_MAX {
        return Err(D::Error::custom(format!("a bell has at most {LINES_MAX} lines of times")));
    }
    Ok(lines)
}

fn phones<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let phones = Vec::<String>::deserialize(from)?;
    if phones.len() > PHONES_MAX {
        return Err(D::Error::custom(format!("a bell is for {PHONES_MAX} phones at most")));
    }
    Ok(phones)
}

fn tone<'de, D: Deserializer<'de>>(from: D) -> Result<u16, D::Error> {
    let hz = u16::deserialize(from)?;
    if (100..=3_400).contains(&hz) { Ok(hz) } else { Err(D::Error::custom("must be 100 to 3400")) }
}

fn seconds<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let seconds = u32::deserialize(from)?;
    if (1..=60).contains(&seconds) { Ok(seconds) } else { Err(D::Error::custom("must be 1 to 60")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bell(at: &[&str]) -> Bell {
        let at = at.iter().map(|line| Times::try_from((*line).to_owned()).unwrap()).collect();
        Bell { at, ..Bell::default() }
    }

    /// The next three times after a moment in Berlin.
    fn next(bell: &Bell, after: &str) -> Vec<String> {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let after: jiff::civil::DateTime = after.parse().unwrap();
        let holidays = BTreeSet::from(["2026-12-25".to_owned()]);
        let mut at = after.to_zoned(zone.clone()).unwrap().timestamp().as_second();
        (0..3)
            .filter_map(|_| {
                at = bell.next(at, &zone, &holidays)?;
                Some(Timestamp::from_second(at).unwrap().to_zoned(zone.clone()).datetime().to_string())
            })
            .collect()
    }

    #[test]
    fn the_next_time_is_the_next_of_the_week_and_on_no_holiday() {
        let school = bell(&["mon-fri 08:00 08:45", "sat 10:00"]);
        assert_eq!(
            next(&school, "2026-12-24T08:00:00"),
            ["2026-12-24T08:45:00", "2026-12-26T10:00:00", "2026-12-28T08:00:00"]
        );
        let always = Bell { on_holidays: true, ..bell(&["mon-sun 08:00"]) };
        assert_eq!(
            next(&always, "2026-12-24T09:00:00"),
            ["2026-12-25T08:00:00", "2026-12-26T08:00:00", "2026-12-27T08:00:00"]
        );
        assert!(next(&bell(&[]), "2026-12-24T09:00:00").is_empty());
    }

    #[test]
    fn where_clocks_change_a_bell_keeps_to_the_clock_on_the_wall() {
        let bell = bell(&["sun 08:00"]);
        assert_eq!(next(&bell, "2026-03-28T12:00:00")[0], "2026-03-29T08:00:00");
        assert_eq!(next(&bell, "2026-10-24T12:00:00")[0], "2026-10-25T08:00:00");
    }

    #[test]
    fn what_is_no_time_is_refused_with_its_text() {
        for text in [
            "",
            "08:00",
            "mon",
            "mon 8:00",
            "mon 24:00",
            "mon 08:60",
            "Mon 08:00",
            "mon 08:00,09:00",
            "mo 08:00",
        ] {
            assert!(Times::try_from(text.to_owned()).unwrap_err().contains(&format!("`{text}`")), "{text}");
        }
        assert_eq!(Times::try_from("sat-mon 08:00".to_owned()).unwrap().weekdays, 0b110_0001);
        for text in ["mon,tue,wed,thu,fri 08:00 08:45", "sun 23:59"] {
            assert_eq!(String::from(Times::try_from(text.to_owned()).unwrap()), text);
        }
        let many = |count: usize| Times::try_from(format!("mon{}", " 08:00".repeat(count)));
        assert!(many(TIMES_MAX).is_ok() && many(TIMES_MAX + 1).is_err());
    }

    #[test]
    fn bounds_of_a_bell_hold_one_past_them() {
        for (right, wrong) in [
            (r#"{"tone_hz":3400}"#, r#"{"tone_hz":3401}"#),
            (r#"{"tone_hz":100}"#, r#"{"tone_hz":99}"#),
            (r#"{"seconds":60}"#, r#"{"seconds":61}"#),
            (r#"{"seconds":1}"#, r#"{"seconds":0}"#),
        ] {
            assert!(
                serde_json::from_str::<Bell>(right).is_ok() && serde_json::from_str::<Bell>(wrong).is_err()
            );
        }
        let phones =
            |count: usize| serde_json::from_str::<Bell>(&format!(r#"{{"phones":{:?}}}"#, vec!["101"; count]));
        assert!(phones(PHONES_MAX).is_ok() && phones(PHONES_MAX + 1).is_err());
        let lines = |count: usize| {
            serde_json::from_str::<Bell>(&format!(r#"{{"at":{:?}}}"#, vec!["mon 08:00"; count]))
        };
        assert!(lines(LINES_MAX).is_ok() && lines(LINES_MAX + 1).is_err());
    }
}
