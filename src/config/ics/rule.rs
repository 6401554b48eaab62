//! Days that come back every year (RFC 5545 §3.3.10): on a date, on the nth weekday of a month, or on a weekday between two dates.

use super::line::Line;
use super::{IcsError, days, error, shown};
use core::ops::RangeInclusive;
use jiff::civil::{Date, Weekday};

/// `FREQ=YEARLY` and what it is bound by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    interval: i16,
    count: Option<usize>,
    until: Option<Date>,
    months: Vec<i8>,
    /// From 1, or from -1 back from the end of the month.
    month_days: Vec<i8>,
    /// The nth of its kind in the month, from 1 or from -1 back; 0: every one.
    weekdays: Vec<(i8, Weekday)>,
}

impl Rule {
    pub(super) fn parse(line: &Line) -> Result<Self, IcsError> {
        let (mut months, mut month_days, mut weekdays) = (Vec::new(), Vec::new(), Vec::new());
        let (mut interval, mut count, mut until, mut frequency) = (1, None, None, "");
        let at = line.number;
        for part in line.value.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let wrong =
                || IcsError { line: at, message: format!("RRULE: \"{}\" is not understood", shown(part)) };
            match name {
                "FREQ" => frequency = value,
                "INTERVAL" => {
                    interval = bounded(value, 1, 100).and_then(|n| n.try_into().ok()).ok_or_else(wrong)?
                }
                "COUNT" => {
                    count = Some(bounded(value, 1, 1_000).and_then(|n| n.try_into().ok()).ok_or_else(wrong)?)
                }
                "UNTIL" => until = Some(last_day(line, value)?),
                "BYMONTH" => months = list(value, |n| small(n, 1, 12)).ok_or_else(wrong)?,
                "BYMONTHDAY" => month_days = list(value, |n| small(n, -31, 31)).ok_or_else(wrong)?,
                "BYDAY" => weekdays = list(value, weekday).ok_or_else(wrong)?,
                // On which day a week begins matters for weeks alone.
                "WKST" => {}
                _ => return Err(wrong()),
            }
        }
        if frequency != "YEARLY" {
            return error(at, format!("RRULE: a holiday comes back YEARLY, not \"{}\"", shown(frequency)));
        }
        // Without a month, an nth weekday would be that of the year.
        if months.is_empty() && !weekdays.is_empty() {
            return error(at, "RRULE: BYDAY needs a BYMONTH");
        }
        Ok(Self { interval, count, until, months, month_days, weekdays })
    }

    /// Its days within some years, the first one being `start`'s. COUNT is counted from `start` on.
    pub(super) fn days(&self, start: Date, years: RangeInclusive<i16>) -> Result<Vec<Date>, String> {
        let mut days = Vec::new();
        let mut counted = 0;
        let mut year = start.year();
        while year <= *years.end() {
            for day in self.of_year(year, start).into_iter().filter(|day| *day >= start) {
                if self.until.is_some_and(|until| day > until)
                    || self.count.is_some_and(|most| counted >= most)
                {
                    return Ok(days);
                }
                counted += 1;
                if years.contains(&year) {
                    days.push(day);
                }
            }
            year = match year.checked_add(self.interval) {
                Some(next) => next,
                None => break,
            };
        }
        if counted == 0 { Err("RRULE: there is no such day".to_owned()) } else { Ok(days) }
    }

    fn of_year(&self, year: i16, start: Date) -> Vec<Date> {
        let own = [start.month()];
        let months = if self.months.is_empty() { &own[..] } else { &self.months };
        let mut days: Vec<Date> =
            months.iter().flat_map(|month| self.of_month(year, *month, start)).collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    fn of_month(&self, year: i16, month: i8, start: Date) -> Vec<Date> {
        let Ok(first) = Date::new(year, month, 1) else { return Vec::new() };
        let length = first.days_in_month();
        let fits = |day: &Date| {
            let back = day.day() - length - 1;
            let by_day = self.month_days.is_empty()
                || self.month_days.iter().any(|wanted| *wanted == day.day() || *wanted == back);
            let by_weekday = self.weekdays.is_empty()
                || self.weekdays.iter().any(|(nth, weekday)| {
                    let is_nth = match *nth {
                        0 => true,
                        1.. => (day.day() - 1) / 7 + 1 == *nth,
                        _ => -((length - day.day()) / 7 + 1) == *nth,
                    };
                    day.weekday() == *weekday && is_nth
                });
            // Without either the day is that of the beginning.
            let is_plain = self.month_days.is_empty() && self.weekdays.is_empty();
            by_day && by_weekday && (!is_plain || day.day() == start.day())
        };
        (1..=length).filter_map(|day| Date::new(year, month, day).ok()).filter(fits).collect()
    }
}

/// UNTIL is a date, or a moment, of which the date counts.
fn last_day(line: &Line, value: &str) -> Result<Date, IcsError> {
    let date = value.split('T').next().unwrap_or(value);
    let only = Line { value: date.to_owned(), ..line.clone() };
    let mut found = days(&only)?;
    match (found.pop(), found.is_empty()) {
        (Some(day), true) => Ok(day),
        _ => error(line.number, "RRULE: UNTIL is one day"),
    }
}

fn list<T>(value: &str, item: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    // 31 days and their counterparts from the end are all that a list can name.
    let items: Vec<T> = value.split(',').map(|text| item(text.trim())).collect::<Option<_>>()?;
    (items.len() <= 62).then_some(items)
}

fn bounded(value: &str, from: i32, to: i32) -> Option<i32> {
    value.parse().ok().filter(|n| (from..=to).contains(n))
}

fn small(value: &str, from: i32, to: i32) -> Option<i8> {
    bounded(value, from, to).filter(|n| *n != 0).and_then(|n| n.try_into().ok())
}

/// `MO`, `3MO`, `-1MO`
fn weekday(value: &str) -> Option<(i8, Weekday)> {
    let (nth, name) = value.split_at_checked(value.len().checked_sub(2)?)?;
    let weekday = match name {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    };
    let nth = if nth.is_empty() { 0 } else { small(nth, -5, 5)? };
    Some((nth, weekday))
}
