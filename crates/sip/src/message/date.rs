//! `Date` (RFC 3261 §20.17): RFC 1123's form, always GMT.

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// 1 January 1970 was a Thursday.
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const DAY_S: u64 = 86_400;

/// Seconds since 1 January 1970 of `Sat, 13 Nov 2010 23:29:00 GMT`. `None`: not such a date, or before 1970. The weekday
/// must be one, but not the right one.
pub fn parse(value: &str) -> Option<u64> {
    let (weekday, rest) = value.split_once(", ")?;
    let mut words = rest.split_ascii_whitespace();
    let (day, month, year, time, zone) =
        (words.next()?, words.next()?, words.next()?, words.next()?, words.next()?);
    if !DAYS.contains(&weekday) || zone != "GMT" || words.next().is_some() {
        return None;
    }
    let month = MONTHS.iter().position(|name| *name == month)?;
    let (day, year) = (digits(day, 2)?, digits(year, 4).filter(|year| *year >= 1970)?);
    if day == 0 || day > month_days(year, month) {
        return None;
    }
    let mut parts = time.split(':').map(|part| digits(part, 2));
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    // A leap second is legal.
    if hour > 23 || minute > 59 || second > 60 || parts.next().is_some() {
        return None;
    }
    let days =
        (1970..year).map(year_days).sum::<u64>() + (0..month).map(|m| month_days(year, m)).sum::<u64>() + day
            - 1;
    Some(days * DAY_S + hour * 3600 + minute * 60 + second)
}

/// The value for a time in seconds since 1 January 1970; times past the year 9999 are shown as its end.
pub fn format(unix_s: u64) -> String {
    const LAST: u64 = 253_402_300_799;
    let unix_s = unix_s.min(LAST);
    let (mut days, second) = (unix_s / DAY_S, unix_s % DAY_S);
    let weekday = usize::try_from(days % 7).ok().and_then(|day| DAYS.get(day)).unwrap_or(&"");
    let mut year = 1970;
    while days >= year_days(year) {
        days -= year_days(year);
        year += 1;
    }
    let mut month = 0;
    while days >= month_days(year, month) {
        days -= month_days(year, month);
        month += 1;
    }
    let name = MONTHS.get(month).unwrap_or(&"");
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{weekday}, {:02} {name} {year:04} {hour:02}:{minute:02}:{second:02} GMT", days + 1)
}

fn digits(text: &str, count: usize) -> Option<u64> {
    (text.len() == count && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn year_days(year: u64) -> u64 {
    if is_leap(year) { 366 } else { 365 }
}

/// `month` counts from 0.
fn month_days(year: u64, month: usize) -> u64 {
    match month {
        1 if is_leap(year) => 29,
        1 => 28,
        3 | 5 | 8 | 10 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        assert_eq!(parse("Sat, 13 Nov 2010 23:29:00 GMT"), Some(1_289_690_940));
        assert_eq!(format(1_289_690_940), "Sat, 13 Nov 2010 23:29:00 GMT");
    }

    #[test]
    fn printing_and_reading_agree() {
        for unix_s in (0..4_000_000_000).step_by(7_654_321).chain([0, 951_782_400, 253_402_300_799]) {
            assert_eq!(parse(&format(unix_s)), Some(unix_s));
        }
        assert_eq!(format(u64::MAX), "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    #[test]
    fn other_forms_are_refused() {
        for value in [
            "Fri, 01 Jan 2010 16:00:00 EST",
            "Sat, 13 Nov 2010 23:29 GMT",
            "13 Nov 2010 23:29:00 GMT",
            "",
            "Sat, 31 Feb 2010 23:29:00 GMT",
            "Sat, 13 Nov 10 23:29:00 GMT",
            "Sat, 00 Nov 2010 23:29:00 GMT",
            "Sat, 13 Nov 2010 24:29:00 GMT",
            "Sat, 13 Nov 2010 23:29:00 GMT x",
        ] {
            assert_eq!(parse(value), None, "{value}");
        }
    }
}
