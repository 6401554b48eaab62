//! Times as people write them: `2026-12-24 18:05`, `Mon 09:30`, `18:05`, `tomorrow`, `now`; on the office's walls.

use cordboard_dialplan::nearest;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// What a time can look like, for messages.
const SHAPES: &str = "\"2026-12-24 18:05\", \"Mon 09:30\", \"18:05\", \"tomorrow 09:00\" or \"now\"";
const DAYS: [(&str, &str, Weekday); 7] = [
    ("mon", "monday", Weekday::Monday),
    ("tue", "tuesday", Weekday::Tuesday),
    ("wed", "wednesday", Weekday::Wednesday),
    ("thu", "thursday", Weekday::Thursday),
    ("fri", "friday", Weekday::Friday),
    ("sat", "saturday", Weekday::Saturday),
    ("sun", "sunday", Weekday::Sunday),
];

/// The office's zone, by its name.
pub(crate) fn zone_of(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

/// A moment as clocks on the office's walls show it.
pub(crate) fn local(unix_us: i64, zone: &TimeZone) -> DateTime {
    let stamp = Timestamp::from_microsecond(unix_us).unwrap_or(Timestamp::UNIX_EPOCH);
    stamp.to_zoned(zone.clone()).datetime()
}

/// Microseconds since the Unix epoch. Of two moments that a wall clock shows alike it is the first; one that it skips is an hour later.
pub(crate) fn unix_us(at: DateTime, zone: &TimeZone) -> Option<i64> {
    at.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp().as_microsecond())
}

/// A time as somebody has written it. A day of the week and a time of day are the next such, from now on.
pub(crate) fn parse(text: &str, now: DateTime) -> Result<DateTime, String> {
    let text = text.trim();
    let unclear = || format!("\"{text}\" is no time: write {SHAPES}");
    if text.is_empty() {
        return Err(unclear());
    }
    if text.eq_ignore_ascii_case("now") {
        return Ok(now);
    }
    if let Ok(at) = text.parse::<DateTime>() {
        return Ok(at);
    }
    let (day, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (day, Some(time.trim())),
        None if text.contains(':') => ("", Some(text)),
        None => (text, None),
    };
    let time = match time {
        Some(time) => Some(clock(time).ok_or_else(unclear)?),
        None => None,
    };
    let midnight = Time::midnight();
    if day.is_empty() {
        let today = now.date().to_datetime(time.unwrap_or(midnight));
        return if today >= now { Ok(today) } else { today.checked_add(1.day()).map_err(|_| unclear()) };
    }
    if let Ok(date) = day.parse::<Date>() {
        return Ok(date.to_datetime(time.unwrap_or(midnight)));
    }
    let date = match day.to_ascii_lowercase().as_str() {
        "today" => now.date(),
        "tomorrow" => now.date().tomorrow().map_err(|_| unclear())?,
        name => {
            let day = DAYS.iter().find(|(short, long, _)| *short == name || *long == name);
            let Some((_, _, day)) = day else { return Err(no_day(name, unclear())) };
            let ahead = now.date().weekday().until(*day);
            let date = now.date().checked_add(i64::from(ahead).days()).map_err(|_| unclear())?;
            let at = date.to_datetime(time.unwrap_or(midnight));
            // Today, and past already: in a week. A day alone is today all day long.
            let is_past = time.is_some() && at < now;
            return if is_past { at.checked_add(1.week()).map_err(|_| unclear()) } else { Ok(at) };
        }
    };
    Ok(date.to_datetime(time.unwrap_or(midnight)))
}

/// `9:30`, `09:30`, `09:30:15`.
fn clock(text: &str) -> Option<Time> {
    let mut parts = text.split(':').map(|part| {
        let is_number = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<i8>().ok().filter(|_| is_number)
    });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    if parts.next().is_some() {
        return None;
    }
    Time::new(hour, minute, second, 0).ok()
}

fn no_day(name: &str, unclear: String) -> String {
    let known = DAYS.iter().flat_map(|(short, long, _)| [*short, *long]).chain(["today", "tomorrow", "now"]);
    match nearest(name, known) {
        Some(near) => format!("there is no day \"{name}\", did you mean \"{near}\"?"),
        None => unclear,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, wanted: &str) {
        // A Wednesday.
        let now: DateTime = "2026-11-25T10:00".parse().unwrap();
        assert_eq!(parse(text, now).unwrap().to_string(), wanted, "{text}");
    }

    #[test]
    fn a_time_is_a_date_a_day_of_the_week_or_the_next_time_that_clocks_show_so() {
        check("now", "2026-11-25T10:00:00");
        check("2026-12-24 18:05", "2026-12-24T18:05:00");
        check("2026-12-24T18:05:30", "2026-12-24T18:05:30");
        check("2026-12-24", "2026-12-24T00:00:00");
        check("2026-12-24 9:05", "2026-12-24T09:05:00");
        check("Mon 09:30", "2026-11-30T09:30:00");
        check("wednesday 10:00", "2026-11-25T10:00:00");
        check("Wed 9:59", "2026-12-02T09:59:00");
        check("Wed", "2026-11-25T00:00:00");
        check("18:05", "2026-11-25T18:05:00");
        check("09:00", "2026-11-26T09:00:00");
        check("tomorrow 09:00", "2026-11-26T09:00:00");
    }

    #[test]
    fn what_is_no_time_is_told_with_what_one_looks_like() {
        let now: DateTime = "2026-11-25T10:00".parse().unwrap();
        for text in ["", "soon", "25:00", "2026-13-01", "Mon 9", "9:5:6:7", "Mon -1:00", "2026-02-30 10:00"] {
            assert!(parse(text, now).unwrap_err().contains("2026-12-24 18:05"), "{text}");
        }
        assert!(parse("mondy 9:00", now).unwrap_err().contains("\"monday\""));
    }
}
