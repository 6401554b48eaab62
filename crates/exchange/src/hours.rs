//! Opening hours and holidays: a pure function of the setup and the wall clock.

use crate::{Hours, HoursRule};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use std::collections::BTreeMap;

/// Whether an office is open, and until when that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Whether it is open.
    pub open: bool,
    /// Unix seconds of the next change within five weeks; `None` if nothing changes by then.
    pub until_unix_s: Option<i64>,
}

/// How far ahead the next change is looked for: past the longest holidays of an office.
const DAYS_AHEAD: i32 = 35;

/// The state of `hours` at `unix_us` in `zone`.
pub fn opening(
    hours: &Hours,
    holidays: &BTreeMap<String, String>,
    zone: &TimeZone,
    unix_us: i64,
) -> Option<Opening> {
    let now = Timestamp::from_microsecond(unix_us).ok()?.to_zoned(zone.clone());
    let open = hours.is_open(holidays, &now);
    let until_unix_s = boundaries(hours, &now)
        .filter(|then| *then > now)
        .find(|then| hours.is_open(holidays, then) != open)
        .map(|then| then.timestamp().as_second());
    Some(Opening { open, until_unix_s })
}

/// The only moments at which anything can change, in order: midnights, and the edges of the rules.
fn boundaries<'a>(hours: &Hours, now: &'a Zoned) -> impl Iterator<Item = Zoned> + 'a {
    let minutes = hours.edges_min();
    (0..=DAYS_AHEAD).flat_map(move |day| {
        let midnight = now.date().checked_add(jiff::Span::new().days(day));
        let zone = now.time_zone().clone();
        minutes.clone().into_iter().filter_map(move |minute| {
            let at = midnight
                .as_ref()
                .ok()?
                .at(0, 0, 0, 0)
                .checked_add(jiff::SignedDuration::from_mins(i64::from(minute)));
            at.ok()?.to_zoned(zone.clone()).ok()
        })
    })
}

impl Hours {
    /// Whether it is open at a moment. `holidays` are names by date, `YYYY-MM-DD`.
    pub fn is_open(&self, holidays: &BTreeMap<String, String>, at: &Zoned) -> bool {
        if self.closed_on_holidays && holidays.contains_key(&at.date().to_string()) {
            return false;
        }
        self.open.iter().any(|rule| rule.covers(at))
    }

    /// The minutes of a day at which that can change, midnight among them, in order.
    pub fn edges_min(&self) -> Vec<u16> {
        let mut minutes: Vec<u16> = self.open.iter().flat_map(|rule| [rule.from_min, rule.to_min]).collect();
        minutes.push(0);
        minutes.retain(|minute| *minute < 24 * 60);
        minutes.sort_unstable();
        minutes.dedup();
        minutes
    }
}

fn minute_of_day(at: &Zoned) -> u16 {
    let (hour, minute) = (at.hour().unsigned_abs(), at.minute().unsigned_abs());
    u16::from(hour) * 60 + u16::from(minute)
}

impl HoursRule {
    fn covers(&self, at: &Zoned) -> bool {
        let weekday = at.weekday().to_monday_zero_offset().unsigned_abs();
        let minute = minute_of_day(at);
        self.weekdays & (1 << weekday) != 0 && (self.from_min..self.to_min).contains(&minute)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEKDAYS: u8 = 0b001_1111;

    fn office() -> Hours {
        Hours {
            open: vec![HoursRule { weekdays: WEEKDAYS, from_min: 9 * 60, to_min: 17 * 60 + 30 }],
            closed_on_holidays: true,
        }
    }

    fn check(local: &str, open: bool, until: &str) {
        let zone = TimeZone::get("Europe/London").unwrap();
        let at = |text: &str| text.parse::<jiff::civil::DateTime>().unwrap().to_zoned(zone.clone()).unwrap();
        let holidays = BTreeMap::from([("2026-12-25".to_owned(), "Christmas Day".to_owned())]);
        let opening = opening(&office(), &holidays, &zone, at(local).timestamp().as_microsecond()).unwrap();
        assert_eq!(
            (opening.open, opening.until_unix_s),
            (open, Some(at(until).timestamp().as_second())),
            "{local}"
        );
    }

    #[test]
    fn an_office_opens_and_closes_to_the_minute() {
        check("2026-11-23T08:59:59", false, "2026-11-23T09:00");
        check("2026-11-23T09:00", true, "2026-11-23T17:30");
        check("2026-11-23T17:30", false, "2026-11-24T09:00");
    }

    #[test]
    fn friday_evening_lasts_until_monday() {
        check("2026-11-27T18:00", false, "2026-11-30T09:00");
    }

    #[test]
    fn a_holiday_is_closed_all_day() {
        check("2026-12-25T10:00", false, "2026-12-28T09:00");
    }
}
