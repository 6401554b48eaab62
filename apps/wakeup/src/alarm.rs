//! When a wake-up call is due: times of the office's walls as instants.

use cordboard_app::say::WallTime;
use jiff::{Span, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// The next working day is at most so many days away, and so is any day.
const DAYS_AHEAD: i32 = 8;

/// How often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repeat {
    /// Once.
    #[default]
    Once,
    /// Every day.
    Daily,
    /// From Monday to Friday.
    Weekdays,
}

impl Repeat {
    /// As the command line shows it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Daily => "daily",
            Self::Weekdays => "weekdays",
        }
    }
}

/// A wake-up call, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Alarm {
    /// Whose phone is called.
    pub(crate) user: String,
    pub(crate) hour: u8,
    pub(crate) minute: u8,
    pub(crate) repeat: Repeat,
    /// When it is called next; after a snooze that is not the hour and minute above.
    pub(crate) due_unix_s: i64,
    /// Who set it.
    pub(crate) set_by: String,
    /// What is done about it; a row says nothing of that, a process that has just started waits.
    #[serde(default)]
    pub(crate) stage: Stage,
}

/// What is done about a wake-up call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Its time has not come.
    #[default]
    Waiting,
    /// Nobody answered so many times; called again then.
    Retry { tries: u32, at_unix_s: i64 },
    /// The phone rings, after so many calls in vain.
    Ringing { tries: u32 },
    /// Somebody hears it.
    Answered { call: cordboard_base::CallId },
}

impl Alarm {
    /// When something is to be done.
    pub(crate) fn due(&self) -> Option<i64> {
        match self.stage {
            Stage::Waiting => Some(self.due_unix_s),
            Stage::Retry { at_unix_s, .. } => Some(at_unix_s),
            Stage::Ringing { .. } | Stage::Answered { .. } => None,
        }
    }
}

/// The first such time after a moment; `None`: there is none, the calendar ends before.
pub(crate) fn next(
    (hour, minute): (u8, u8),
    repeat: Repeat,
    after_unix_s: i64,
    zone: &TimeZone,
) -> Option<i64> {
    let today = Timestamp::from_second(after_unix_s).ok()?.to_zoned(zone.clone()).date();
    let (hour, minute) = (i8::try_from(hour).ok()?, i8::try_from(minute).ok()?);
    let time = jiff::civil::Time::new(hour, minute, 0, 0).ok()?;
    (0..=DAYS_AHEAD).find_map(|days| {
        let date = today.checked_add(Span::new().days(days)).ok()?;
        if repeat == Repeat::Weekdays && date.weekday().to_monday_zero_offset() >= 5 {
            return None;
        }
        // What a clock change leaves out is as much later, what it repeats is the first of the two (RFC 5545 §3.3.5).
        let at = date.to_datetime(time).to_zoned(zone.clone()).ok()?.timestamp().as_second();
        (at > after_unix_s).then_some(at)
    })
}

/// What the walls show then.
pub(crate) fn wall(unix_s: i64, zone: &TimeZone) -> WallTime {
    let at = Timestamp::from_second(unix_s).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone.clone());
    let number = |of: i8| u8::try_from(of).unwrap_or(0);
    WallTime {
        year: at.year(),
        month: number(at.month()),
        day: number(at.day()),
        weekday: number(at.weekday().to_sunday_zero_offset()),
        hour: number(at.hour()),
        minute: number(at.minute()),
        second: number(at.second()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(zone: &str, after: &str, time: (u8, u8), repeat: Repeat, expected: &str) {
        let zone = TimeZone::get(zone).unwrap();
        let after: jiff::civil::DateTime = after.parse().unwrap();
        let after = after.to_zoned(zone.clone()).unwrap().timestamp().as_second();
        let at = next(time, repeat, after, &zone).unwrap();
        let shown = Timestamp::from_second(at).unwrap().to_zoned(zone).strftime("%F %H:%M %z").to_string();
        assert_eq!(shown, expected);
    }

    #[test]
    fn it_is_today_if_the_time_is_to_come_and_tomorrow_if_it_has_passed() {
        check("UTC", "2026-11-23T06:29:59", (6, 30), Repeat::Once, "2026-11-23 06:30 +0000");
        check("UTC", "2026-11-23T06:30:00", (6, 30), Repeat::Once, "2026-11-24 06:30 +0000");
    }

    #[test]
    fn on_weekdays_friday_is_followed_by_monday() {
        check("UTC", "2026-11-27T07:00", (6, 30), Repeat::Weekdays, "2026-11-30 06:30 +0000");
        check("UTC", "2026-11-27T07:00", (6, 30), Repeat::Daily, "2026-11-28 06:30 +0000");
    }

    #[test]
    fn it_is_the_same_time_on_the_wall_before_and_after_a_clock_change() {
        check("Europe/Berlin", "2026-03-28T07:00", (6, 30), Repeat::Daily, "2026-03-29 06:30 +0200");
        check("Europe/Berlin", "2026-10-24T07:00", (6, 30), Repeat::Daily, "2026-10-25 06:30 +0100");
    }

    #[test]
    fn a_time_that_is_left_out_comes_an_hour_later_and_one_that_happens_twice_comes_first() {
        check("Europe/Berlin", "2026-03-28T20:00", (2, 30), Repeat::Once, "2026-03-29 03:30 +0200");
        check("Europe/Berlin", "2026-10-24T20:00", (2, 30), Repeat::Once, "2026-10-25 02:30 +0200");
    }
}
