//! What reads the clock and the calendar: `now()`, `today()`, `strftime(…)`, `hours(name)`, `in_time(days, times)`,
//! `holiday(date)`. All of it asks; nothing here has a clock.

use crate::convert::from_value;
use crate::nearest::did_you_mean;
use crate::registry::{Kind, Param, Receiver, Run, Verb, any};
use crate::running::{Call, Fault};
use cordboard_app::say::WallTime;
use cordboard_app::{Query, Value};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rhai::{Dynamic, ImmutableString};

const fn step(name: &'static str, params: &'static [Param], required: usize, run: Run) -> Verb {
    Verb { on: Receiver::Free, name, kind: Kind::Step, params, required, run }
}

pub(super) const VERBS: &[Verb] = &[
    step("now", &[], 0, |call, _| now(call).map(Dynamic::from)),
    step("today", &[], 0, |call, _| {
        let today = here(call)?;
        Ok(today.strftime("%Y-%m-%d").to_string().into())
    }),
    step("strftime", const { &[any("format"), any("time")] }, 1, |call, arguments| {
        let format = plain(arguments.first(), "strftime takes a format, \"%H:%M\"")?;
        let at = match arguments.get(1) {
            Some(at) => {
                instant(at.as_int().map_err(|_| "strftime takes a time in seconds, as now() yields it")?)?
            }
            None => instant(now(call)?)?,
        };
        let zoned = at.to_zoned(zone(call)?);
        let text = jiff::fmt::strtime::format(format.as_str(), &zoned);
        text.map(Dynamic::from).map_err(|error| Fault::Error(format!("strftime: {error}")))
    }),
    step("hours", const { &[any("name")] }, 1, |call, arguments| {
        let name = plain(arguments.first(), "hours takes a name")?;
        let hours = call.ask(Query::Hours(name.to_string()))?;
        if hours == Value::Unit {
            return Err(Fault::Error(format!("there are no opening hours \"{name}\"")));
        }
        Ok(from_value(&hours))
    }),
    step("holiday", const { &[any("date")] }, 1, |call, arguments| {
        let date = plain(arguments.first(), "holiday takes a date, \"2026-12-25\" or today()")?;
        let date: jiff::civil::Date = date.parse().map_err(|_| format!("holiday: \"{date}\" is no date"))?;
        call.ask(Query::Holiday(date.to_string())).map(|name| from_value(&name))
    }),
    step("in_time", const { &[any("days"), any("times")] }, 2, |call, arguments| {
        let days = plain(arguments.first(), "in_time takes days, \"mon-fri\"")?;
        let times = plain(arguments.get(1), "in_time takes times, \"09:00-17:30\"")?;
        let (days, times) = (parse_days(&days)?, parse_times(&times)?);
        let here = here(call)?;
        let minute = u16::try_from(here.hour()).unwrap_or(0) * 60 + u16::try_from(here.minute()).unwrap_or(0);
        Ok(Dynamic::from(is_in(wall(&here).weekday, minute, days, &times)))
    }),
];

fn plain(value: Option<&Dynamic>, wanted: &'static str) -> Result<ImmutableString, Fault> {
    value.and_then(|value| value.clone().into_immutable_string().ok()).ok_or_else(|| Fault::from(wanted))
}

/// Seconds since the Unix epoch.
pub(super) fn now(call: &Call<'_>) -> Result<i64, Fault> {
    let answer = call.ask(Query::Now)?;
    let Value::Int(us) = answer else {
        return Err(Fault::Error(format!("the exchange says the time is {answer:?}")));
    };
    Ok(us.div_euclid(1_000_000))
}

/// The office's time zone.
pub(super) fn zone(call: &Call<'_>) -> Result<TimeZone, Fault> {
    let answer = call.ask(Query::TimeZone)?;
    let Value::Text(name) = answer else {
        return Err(Fault::Error(format!("the exchange says the time zone is {answer:?}")));
    };
    TimeZone::get(&name).map_err(|_| Fault::Error(format!("there is no time zone \"{name}\"")))
}

pub(super) fn instant(secs: i64) -> Result<Timestamp, Fault> {
    Timestamp::from_second(secs).map_err(|_| Fault::Error(format!("{secs} is no time in seconds")))
}

fn here(call: &Call<'_>) -> Result<Zoned, Fault> {
    Ok(instant(now(call)?)?.to_zoned(zone(call)?))
}

/// As grammars take it.
pub(super) fn wall(zoned: &Zoned) -> WallTime {
    let small = |number: i8| u8::try_from(number).unwrap_or(0);
    WallTime {
        year: zoned.year(),
        month: small(zoned.month()),
        day: small(zoned.day()),
        weekday: small(zoned.weekday().to_sunday_zero_offset()),
        hour: small(zoned.hour()),
        minute: small(zoned.minute()),
        second: small(zoned.second()),
    }
}

const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A set of weekdays, bit 0 is Sunday: `mon-fri`, `sat,sun`, `*`; a range may go past Saturday.
fn parse_days(text: &str) -> Result<u8, Fault> {
    if text.trim() == "*" {
        return Ok(0x7f);
    }
    let mut set = 0;
    for part in text.split([',', '&']) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (mut day, to) = (day(from)?, day(to)?);
        set |= 1 << day;
        while day != to {
            day = (day + 1) % 7;
            set |= 1 << day;
        }
    }
    Ok(set)
}

fn day(name: &str) -> Result<usize, Fault> {
    let name = name.trim().to_ascii_lowercase();
    DAYS.iter().position(|day| *day == name).ok_or_else(|| {
        let hint = did_you_mean(&name, DAYS).unwrap_or_else(|| DAYS.join(", "));
        Fault::Error(format!("in_time: there is no day \"{name}\" ({hint})"))
    })
}

/// Minutes of the day, from and to; the end itself is within, as in Asterisk.
fn parse_times(text: &str) -> Result<Vec<(u16, u16)>, Fault> {
    if text.trim() == "*" {
        return Ok(vec![(0, 24 * 60 - 1)]);
    }
    text.split([',', '&'])
        .map(|part| part.split_once('-').and_then(|(a, b)| Some((minute(a)?, minute(b)?))))
        .collect::<Option<_>>()
        .ok_or_else(|| Fault::Error(format!("in_time: \"{text}\" is not like \"09:00-17:30\"")))
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

/// A span that goes past midnight belongs to the day on which it began.
fn is_in(weekday: u8, minute: u16, days: u8, times: &[(u16, u16)]) -> bool {
    let on = |day: u8| days & (1 << (day % 7)) != 0;
    times.iter().any(|&(from, to)| {
        if from <= to {
            on(weekday) && (from..=to).contains(&minute)
        } else {
            (on(weekday) && minute >= from) || (on(weekday + 6) && minute <= to)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_lists_and_ranges_that_may_wrap() {
        assert_eq!(parse_days("mon-fri"), Ok(0b011_1110));
        assert_eq!(parse_days("sat, SUN"), Ok(0b100_0001));
        assert_eq!(parse_days("fri-mon"), Ok(0b110_0011));
        assert!(
            parse_days("mon-fry")
                .is_err_and(|fault| matches!(fault, Fault::Error(text) if text.contains("`fri`")))
        );
    }

    #[test]
    fn a_span_past_midnight_belongs_to_the_day_it_began_on() {
        let times = parse_times("22:00-06:00").unwrap();
        let friday = parse_days("fri").unwrap();
        assert!(is_in(5, 23 * 60, friday, &times));
        assert!(is_in(6, 5 * 60, friday, &times));
        assert!(!is_in(5, 5 * 60, friday, &times));
        assert!(!is_in(6, 23 * 60, friday, &times));
        assert!(is_in(0, 5 * 60, parse_days("sat").unwrap(), &times));
    }

    #[test]
    fn the_last_minute_of_a_span_is_within() {
        let times = parse_times("09:00-17:30").unwrap();
        assert!(is_in(1, 17 * 60 + 30, 0x7f, &times) && !is_in(1, 17 * 60 + 31, 0x7f, &times));
        for nonsense in ["9-17", "24:00-25:00", "09:00", ""] {
            assert!(parse_times(nonsense).is_err(), "{nonsense}");
        }
    }
}
