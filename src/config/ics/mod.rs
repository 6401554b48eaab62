//! Holidays out of calendar files (RFC 5545): the whole days of their VEVENTs, each with its SUMMARY.
//!
//! Strict where it matters: what would make an office open on a day off is an error with its line, so a rule that is not understood is
//! not passed over. Read are DTSTART, DTEND, DURATION, RRULE (yearly: see `rule.rs`), RDATE, EXDATE, SUMMARY and STATUS; other
//! properties and components (UID, VALARM, VTIMEZONE …) say nothing about which days are off, and are passed over. What moves with
//! Easter has no rule in RFC 5545: such days are listed.

mod line;
mod rule;
#[cfg(test)]
mod tests;

use jiff::civil::Date;
use line::{Line, lines};
use rule::Rule;
use std::collections::BTreeMap;

/// Bytes of a file at most: a holiday takes about 200, so this is thousands of them.
pub(super) const FILE_BYTES_MAX: u64 = 1 << 20;
/// Events of a file at most.
const EVENTS_MAX: usize = 2_000;
/// Days that one event lasts at most: school holidays are some weeks.
const DAYS_MAX: i64 = 366;
/// Holidays of a file at most, each day counted, with those of rules up to the year [`YEAR_LAST`].
const HOLIDAYS_MAX: usize = 20_000;
/// Characters of a name that are kept.
const NAME_MAX: usize = 100;
/// The years for which rules are worked out: none before an exchange could ask for, and as far as one could run.
const YEAR_FIRST: i16 = 2_020;
/// See [`YEAR_FIRST`].
const YEAR_LAST: i16 = 2_099;

/// What is wrong with a calendar, and in which line, from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct IcsError {
    /// From 1.
    pub(super) line: usize,
    /// What.
    pub(super) message: String,
}

fn error<T>(line: usize, message: impl Into<String>) -> Result<T, IcsError> {
    Err(IcsError { line, message: message.into() })
}

/// The holidays of a calendar: date and name. Of two on one day the first has it.
pub(super) fn holidays(text: &str) -> Result<BTreeMap<Date, String>, IcsError> {
    let mut holidays = BTreeMap::new();
    let mut events = 0;
    let mut within: Vec<(String, usize)> = Vec::new();
    let mut event: Option<Event> = None;
    let mut is_over = false;
    for line in lines(text)? {
        let at = line.number;
        if is_over {
            return error(at, "nothing can follow END:VCALENDAR but another calendar's file");
        }
        match line.name.as_str() {
            "BEGIN" => {
                let component = line.value.to_ascii_uppercase();
                if within.is_empty() && component != "VCALENDAR" {
                    return error(at, "a calendar begins with BEGIN:VCALENDAR");
                }
                if component == "VEVENT" && within.len() == 1 {
                    events += 1;
                    if events > EVENTS_MAX {
                        return error(at, format!("a calendar has at most {EVENTS_MAX} events"));
                    }
                    event = Some(Event::default());
                }
                within.push((component, at));
            }
            "END" => {
                let component = line.value.to_ascii_uppercase();
                match within.pop() {
                    Some((open, _)) if open == component => {}
                    Some((open, began)) => {
                        return error(
                            at,
                            format!("END:{component}, but BEGIN:{open} of line {began} is open"),
                        );
                    }
                    None => return error(at, "a calendar begins with BEGIN:VCALENDAR"),
                }
                if within.len() == 1
                    && let Some(event) = event.take()
                {
                    event.put_into(&mut holidays, at)?;
                }
                is_over = within.is_empty();
            }
            _ if within.is_empty() => return error(at, "a calendar begins with BEGIN:VCALENDAR"),
            // An alarm within an event has properties of its own.
            _ if within.len() == 2 => {
                if let Some(event) = &mut event {
                    event.take(&line)?;
                }
            }
            _ => {}
        }
    }
    match within.pop() {
        Some((open, began)) => error(began, format!("BEGIN:{open} has no END")),
        None if !is_over => error(1, "a calendar begins with BEGIN:VCALENDAR"),
        None => Ok(holidays),
    }
}

/// An event while it is read.
#[derive(Default)]
struct Event {
    start: Option<Date>,
    end: Option<(usize, Date)>,
    days: Option<i64>,
    rule: Option<(usize, Rule)>,
    more: Vec<Date>,
    not: Vec<Date>,
    name: String,
    is_cancelled: bool,
}

impl Event {
    fn take(&mut self, line: &Line) -> Result<(), IcsError> {
        let at = line.number;
        let once = |is_there: bool| match is_there {
            true => error(at, format!("{} is there twice", line.name)),
            false => Ok(()),
        };
        match line.name.as_str() {
            "DTSTART" => {
                once(self.start.is_some())?;
                self.start = Some(day(line, &line.value)?);
            }
            "DTEND" => {
                once(self.end.is_some() || self.days.is_some())?;
                self.end = Some((at, day(line, &line.value)?));
            }
            "DURATION" => {
                once(self.end.is_some() || self.days.is_some())?;
                self.days = Some(duration(line)?);
            }
            "RRULE" => {
                once(self.rule.is_some())?;
                self.rule = Some((at, Rule::parse(line)?));
            }
            "RDATE" => self.more.extend(days(line)?),
            "EXDATE" => self.not.extend(days(line)?),
            "SUMMARY" => self.name = text(&line.value),
            "STATUS" => self.is_cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
            "RECURRENCE-ID" => {
                return error(
                    at,
                    "a changed day of a series is not understood: use EXDATE and an event of its own",
                );
            }
            "EXRULE" => return error(at, "EXRULE is not understood: list the days in EXDATE"),
            _ => {}
        }
        Ok(())
    }

    /// All its days; `at` is the line of its END.
    fn put_into(self, holidays: &mut BTreeMap<Date, String>, at: usize) -> Result<(), IcsError> {
        let Some(start) = self.start else { return error(at, "an event needs a DTSTART (RFC 5545 §3.6.1)") };
        let days = match (self.end, self.days) {
            (Some((line, end)), _) => match (end - start).get_days() {
                days @ 1.. => (line, i64::from(days)),
                _ => {
                    return error(line, "DTEND is the day after the last one: it must be later than DTSTART");
                }
            },
            (None, days) => (at, days.unwrap_or(1)),
        };
        let (line, days) = days;
        if days > DAYS_MAX {
            return error(line, format!("a holiday lasts at most {DAYS_MAX} days"));
        }
        if self.is_cancelled {
            return Ok(());
        }
        let mut starts = vec![start];
        if let Some((line, rule)) = &self.rule {
            starts = rule
                .days(start, YEAR_FIRST..=YEAR_LAST)
                .map_err(|message| IcsError { line: *line, message })?;
        }
        starts.extend(self.more);
        starts.retain(|start| !self.not.contains(start));
        for start in starts {
            for more in 0..days {
                let Ok(day) = start.checked_add(jiff::Span::new().days(more)) else { continue };
                holidays.entry(day).or_insert_with(|| self.name.clone());
            }
            if holidays.len() > HOLIDAYS_MAX {
                return error(at, format!("a calendar has at most {HOLIDAYS_MAX} holidays"));
            }
        }
        Ok(())
    }
}

/// A whole day: `20261225`, or midnight of the place's own time, as some write it (`20261225T000000`).
fn day(line: &Line, value: &str) -> Result<Date, IcsError> {
    let date = value.strip_suffix("T000000").unwrap_or(value);
    let is_date = date.len() == 8 && date.bytes().all(|b| b.is_ascii_digit());
    if !is_date {
        let message =
            format!("{}: a holiday is a whole day, VALUE=DATE:20261225, not \"{}\"", line.name, shown(value));
        return error(line.number, message);
    }
    let part = |from: usize, to: usize| date.get(from..to).and_then(|digits| digits.parse::<i16>().ok());
    let small = |from: usize, to: usize| part(from, to).and_then(|n| i8::try_from(n).ok());
    let date = match (part(0, 4), small(4, 6), small(6, 8)) {
        (Some(year), Some(month), Some(day)) => Date::new(year, month, day).ok(),
        _ => None,
    };
    date.map_or_else(|| error(line.number, format!("{}: there is no day {}", line.name, shown(value))), Ok)
}

fn days(line: &Line) -> Result<Vec<Date>, IcsError> {
    line.value.split(',').map(|value| day(line, value.trim())).collect()
}

/// `P3D`, `P2W` (RFC 5545 §3.3.6); a holiday has no hours.
fn duration(line: &Line) -> Result<i64, IcsError> {
    let count = |unit: char| line.value.strip_prefix('P')?.strip_suffix(unit)?.parse::<i64>().ok();
    let days = count('D').or_else(|| count('W').and_then(|weeks| weeks.checked_mul(7)));
    match days.filter(|days| *days > 0) {
        Some(days) => Ok(days),
        None => {
            error(line.number, format!("DURATION: a holiday lasts days, P1D, not \"{}\"", shown(&line.value)))
        }
    }
}

/// TEXT (RFC 5545 §3.3.11) as one line.
fn text(value: &str) -> String {
    let mut text = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        text.push(match c {
            '\\' => match chars.next() {
                Some('n' | 'N') | None => ' ',
                Some(other) => other,
            },
            c if c.is_control() => ' ',
            c => c,
        });
    }
    text.trim().chars().take(NAME_MAX).collect()
}

/// A value in a message.
fn shown(value: &str) -> String {
    value.chars().take(40).flat_map(char::escape_debug).collect()
}
