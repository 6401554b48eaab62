//! What reads the clock and the calendar: `now()`, `today()`, `strftime(…)`, `hours(name)`, `in_time(days, times)`,
//! `holiday(date)`. All of it asks; nothing here has a clock.

use crate::convert::from_value;
use crate::in_time::InTime;
use crate::registry::{Kind, Literal, Param, Receiver, Run, Verb, any};
use crate::running::{Call, Fault};
use cordboard_app::say::WallTime;
use cordboard_app::{Query, Value};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rhai::{Dynamic, ImmutableString};

const fn step(name: &'static str, params: &'static [Param], required: usize, run: Run) -> Verb {
    Verb { on: Receiver::Free, name, kind: Kind::Step, params, required, run }
}

// What stands in quotes is read before any call.
const FORMAT: Param = Param { name: "format", literal: Literal::Text(|text| said(parse_format(text))) };
const DATE: Param = Param { name: "date", literal: Literal::Text(|text| said(parse_date(text).map(|_| ()))) };
const DAYS_IN: Param =
    Param { name: "days", literal: Literal::Text(|days| InTime::parse(days, "*").map(|_| ())) };
const TIMES_IN: Param =
    Param { name: "times", literal: Literal::Text(|times| InTime::parse("*", times).map(|_| ())) };

fn said(result: Result<(), Fault>) -> Result<(), String> {
    match result {
        Ok(()) | Err(Fault::Ended) => Ok(()),
        Err(Fault::Error(message)) => Err(message),
    }
}

pub(super) const VERBS: &[Verb] = &[
    step("now", &[], 0, |call, _| now(call).map(Dynamic::from)),
    step("today", &[], 0, |call, _| {
        let today = here(call)?;
        Ok(today.strftime("%Y-%m-%d").to_string().into())
    }),
    step("strftime", const { &[FORMAT, any("time")] }, 1, |call, arguments| {
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
    step("holiday", const { &[DATE] }, 1, |call, arguments| {
        let date = plain(arguments.first(), "holiday takes a date, \"2026-12-25\" or today()")?;
        let date = parse_date(&date)?;
        call.ask(Query::Holiday(date.to_string())).map(|name| from_value(&name))
    }),
    step("in_time", const { &[DAYS_IN, TIMES_IN] }, 2, |call, arguments| {
        let days = plain(arguments.first(), "in_time takes days, \"mon-fri\"")?;
        let times = plain(arguments.get(1), "in_time takes times, \"09:00-17:30\"")?;
        let times = InTime::parse(&days, &times)?;
        let here = here(call)?;
        let minute = u16::try_from(here.hour()).unwrap_or(0) * 60 + u16::try_from(here.minute()).unwrap_or(0);
        Ok(Dynamic::from(times.holds(wall(&here).weekday, minute)))
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

fn parse_date(text: &str) -> Result<jiff::civil::Date, Fault> {
    text.parse().map_err(|_| {
        Fault::Error(format!("holiday: \"{text}\" is no date: write \"2026-12-25\", or today()"))
    })
}

/// Whether any time can be written so.
fn parse_format(text: &str) -> Result<(), Fault> {
    let any = Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC);
    jiff::fmt::strtime::format(text, &any)
        .map(|_text| ())
        .map_err(|error| Fault::Error(format!("strftime: \"{text}\": {error}")))
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
