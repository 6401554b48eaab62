//! A moment as a calendar and a clock show it.

use serde::{Deserialize, Serialize};

/// A moment on the wall, in the office's time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WallTime {
    /// For example 2026.
    pub year: i16,
    /// 1–12.
    pub month: u8,
    /// 1–31.
    pub day: u8,
    /// 0 is Sunday.
    pub weekday: u8,
    /// 0–23.
    pub hour: u8,
    /// 0–59.
    pub minute: u8,
    /// 0–59.
    pub second: u8,
}

impl WallTime {
    /// Days since a day of the proleptic Gregorian calendar: two moments of one day have the same number.
    pub(super) fn days(&self) -> i64 {
        // Years begin in March, so that the leap day is the last one.
        let (month, year) = (i64::from(self.month), i64::from(self.year));
        let (month, year) = if month > 2 { (month - 3, year) } else { (month + 9, year - 1) };
        year * 365 + year.div_euclid(4) - year.div_euclid(100)
            + year.div_euclid(400)
            + (153 * month + 2) / 5
            + i64::from(self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(year: i16, month: u8, day: u8) -> i64 {
        WallTime { year, month, day, weekday: 0, hour: 0, minute: 0, second: 0 }.days()
    }

    #[test]
    fn days_follow_each_other_over_months_and_leap_years() {
        assert_eq!(days(2026, 3, 1) - days(2026, 2, 28), 1);
        assert_eq!(days(2024, 3, 1) - days(2024, 2, 28), 2);
        assert_eq!(days(2027, 1, 1) - days(2026, 12, 31), 1);
        assert_eq!(days(2026, 11, 23) - days(1970, 1, 1), 20_780);
        assert_eq!(days(1900, 3, 1) - days(1900, 2, 28), 1);
    }
}
