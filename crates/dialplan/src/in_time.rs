//! What `in_time("mon-fri", "09:00-17:30")` means: days of the week, and spans of a day whose last minute is within.

use crate::nearest::did_you_mean;

/// Minutes of a day.
const DAY_MIN: u16 = 24 * 60;

/// Times of the week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InTime {
    /// Bit 0 is Sunday.
    days: u8,
    /// Minutes of the day, from and to, both within.
    times: Vec<(u16, u16)>,
}

impl InTime {
    /// As a script writes it. The error says what is wrong.
    pub fn parse(days: &str, times: &str) -> Result<Self, String> {
        Ok(Self { days: parse_days(days)?, times: parse_times(times)? })
    }

    /// Whether it is so, on a day of the week (0 is Sunday) at a minute of the day.
    pub fn holds(&self, weekday: u8, minute: u16) -> bool {
        is_in(weekday, minute, self.days, &self.times)
    }

    /// The minutes of a day at which that can change, midnight among them, in order.
    pub fn edges_min(&self) -> Vec<u16> {
        let mut minutes: Vec<u16> = self.times.iter().flat_map(|(from, to)| [*from, *to + 1]).collect();
        minutes.push(0);
        minutes.retain(|minute| *minute < DAY_MIN);
        minutes.sort_unstable();
        minutes.dedup();
        minutes
    }
}

const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A set of weekdays, bit 0 is Sunday: `mon-fri`, `sat,sun`, `*`; a range may go past Saturday.
fn parse_days(text: &str) -> Result<u8, String> {
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

fn day(name: &str) -> Result<usize, String> {
    let name = name.trim().to_ascii_lowercase();
    DAYS.iter().position(|day| *day == name).ok_or_else(|| {
        let hint = did_you_mean(&name, DAYS).unwrap_or_else(|| DAYS.join(", "));
        format!("in_time: there is no day \"{name}\" ({hint})")
    })
}

/// Minutes of the day, from and to; the end itself is within, as in Asterisk.
fn parse_times(text: &str) -> Result<Vec<(u16, u16)>, String> {
    if text.trim() == "*" {
        return Ok(vec![(0, 24 * 60 - 1)]);
    }
    text.split([',', '&'])
        .map(|part| part.split_once('-').and_then(|(a, b)| Some((minute(a)?, minute(b)?))))
        .collect::<Option<_>>()
        .ok_or_else(|| format!("in_time: \"{text}\" is not like \"09:00-17:30\""))
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
        assert!(parse_days("mon-fry").is_err_and(|text| text.contains("`fri`")));
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
