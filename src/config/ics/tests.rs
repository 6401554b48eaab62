use super::*;
use core::ops::RangeInclusive;

fn calendar(events: &[&str]) -> String {
    let events: String =
        events.iter().map(|event| format!("BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n")).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
}

/// The days of one event, of some years.
fn days(event: &str, years: RangeInclusive<i16>) -> Vec<String> {
    let found = holidays(&calendar(&[event])).unwrap_or_else(|error| panic!("{event}: {error:?}"));
    found.into_keys().filter(|day| years.contains(&day.year())).map(|day| day.to_string()).collect()
}

fn fault(event: &str) -> String {
    let error = holidays(&calendar(&[event])).unwrap_err();
    format!("{}: {}", error.line, error.message)
}

#[test]
fn a_day_and_a_span_of_days_have_their_name() {
    let text = calendar(&[
        "UID:1\r\nDTSTART;VALUE=DATE:20261225\r\nSUMMARY:Christmas\\, first\r\n  day",
        "DTSTART;VALUE=DATE:20260803\r\nDTEND;VALUE=DATE:20260806\r\nSUMMARY;LANGUAGE=\"en:GB\":Works\\nholiday",
        "DTSTART;TZID=Europe/Berlin:20261003T000000\r\nDURATION:P1D\r\nSUMMARY:Unity",
        "DTSTART;VALUE=DATE:20261224\r\nSTATUS:CANCELLED\r\nSUMMARY:Not this year",
    ]);
    let found: Vec<_> =
        holidays(&text).unwrap().into_iter().map(|(day, name)| format!("{day} {name}")).collect();
    assert_eq!(
        found,
        [
            "2026-08-03 Works holiday",
            "2026-08-04 Works holiday",
            "2026-08-05 Works holiday",
            "2026-10-03 Unity",
            "2026-12-25 Christmas, first day",
        ]
    );
    // Lines that end with LF, a byte order mark, an alarm and a time zone within.
    let text = format!("\u{feff}{}", text.replace("\r\n", "\n"))
        .replace("UID:1\n", "BEGIN:VALARM\nTRIGGER:-PT15M\nDTSTART:whatever\nEND:VALARM\n");
    let text = text.replace(
        "VERSION:2.0\n",
        "VERSION:2.0\nBEGIN:VTIMEZONE\nBEGIN:STANDARD\nRRULE:FREQ=HOURLY\nEND:STANDARD\nEND:VTIMEZONE\n",
    );
    assert_eq!(holidays(&text).unwrap().len(), 5);
}

#[test]
fn what_comes_back_every_year_does_so_on_its_date_or_its_weekday() {
    for (event, expected) in [
        ("DTSTART;VALUE=DATE:20201225\r\nRRULE:FREQ=YEARLY", "2026-12-25 2027-12-25 2028-12-25"),
        ("DTSTART;VALUE=DATE:20200229\r\nRRULE:FREQ=YEARLY", "2028-02-29"),
        (
            "DTSTART;VALUE=DATE:20200525\r\nRRULE:FREQ=YEARLY;BYMONTH=5;BYDAY=-1MO;WKST=SU",
            "2026-05-25 2027-05-31 2028-05-29",
        ),
        (
            "DTSTART;VALUE=DATE:20201126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH",
            "2026-11-26 2027-11-25 2028-11-23",
        ),
        (
            "DTSTART;VALUE=DATE:20201118\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYMONTHDAY=16,17,18,19,20,21,22;BYDAY=WE",
            "2026-11-18 2027-11-17 2028-11-22",
        ),
        (
            "DTSTART;VALUE=DATE:20201231\r\nRRULE:FREQ=YEARLY;BYMONTHDAY=-1",
            "2026-12-31 2027-12-31 2028-12-31",
        ),
        ("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;INTERVAL=2", "2026-01-01 2028-01-01"),
        ("DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY;COUNT=2", "2026-01-01 2027-01-01"),
        ("DTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=YEARLY;UNTIL=20270101T000000Z", "2026-01-01 2027-01-01"),
        (
            "DTSTART;VALUE=DATE:20260101\r\nRRULE:FREQ=YEARLY\r\nEXDATE;VALUE=DATE:20270101,20290101",
            "2026-01-01 2028-01-01",
        ),
        (
            "DTSTART;VALUE=DATE:20260403\r\nRDATE;VALUE=DATE:20270326,20280414",
            "2026-04-03 2027-03-26 2028-04-14",
        ),
        (
            "DTSTART;VALUE=DATE:20261230\r\nDTEND;VALUE=DATE:20270102\r\nRRULE:FREQ=YEARLY;COUNT=1",
            "2026-12-30 2026-12-31 2027-01-01",
        ),
        ("DTSTART;VALUE=DATE:20300101\r\nRRULE:FREQ=YEARLY", ""),
    ] {
        assert_eq!(days(event, 2026..=2028).join(" "), expected, "{event}");
    }
    assert_eq!(
        days("DTSTART;VALUE=DATE:19500101\r\nRRULE:FREQ=YEARLY", 0..=9999).len(),
        80,
        "those an exchange may ask for"
    );
}

#[test]
fn what_is_not_understood_is_named_with_its_line() {
    for (event, expected) in [
        ("SUMMARY:no day", "5: an event needs a DTSTART"),
        ("DTSTART:20261225T090000Z", "4: DTSTART: a holiday is a whole day"),
        ("DTSTART;VALUE=DATE:20261301", "4: DTSTART: there is no day 20261301"),
        ("DTSTART;VALUE=DATE:2026-12-25", "4: DTSTART: a holiday is a whole day"),
        ("DTSTART;VALUE=DATE:20261225\r\nDTSTART;VALUE=DATE:20261226", "5: DTSTART is there twice"),
        (
            "DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261225",
            "5: DTEND is the day after the last one",
        ),
        ("DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20291225", "5: a holiday lasts at most 366 days"),
        ("DTSTART;VALUE=DATE:20261225\r\nDURATION:PT8H", "5: DURATION: a holiday lasts days"),
        (
            "DTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=WEEKLY",
            "5: RRULE: a holiday comes back YEARLY, not \"WEEKLY\"",
        ),
        ("DTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=YEARLY;BYDAY=1MO", "5: RRULE: BYDAY needs a BYMONTH"),
        (
            "DTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=YEARLY;BYEASTER=-2",
            "5: RRULE: \"BYEASTER=-2\" is not understood",
        ),
        ("DTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=YEARLY;BYMONTH=13", "5: RRULE: \"BYMONTH=13\" is not"),
        (
            "DTSTART;VALUE=DATE:20261225\r\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
            "5: RRULE: there is no such day",
        ),
        ("DTSTART;VALUE=DATE:20261225\r\nRECURRENCE-ID:20261225", "5: a changed day of a series"),
        ("DTSTART;VALUE=DATE:20261225\r\nno colon", "5: this is no line of a calendar"),
        ("DTSTART;VALUE=DATE:20261225\r\nSUM MARY:x", "5: \"SUM MARY\" is no property's name"),
    ] {
        assert!(fault(event).starts_with(expected), "{event}: {}", fault(event));
    }
    for (text, expected) in [
        ("", "a calendar begins with BEGIN:VCALENDAR"),
        ("<html></html>", "this is no line of a calendar"),
        ("VERSION:2.0", "a calendar begins with"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR", "END:VCALENDAR, but BEGIN:VEVENT of line 2 is open"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", "BEGIN:VEVENT has no END"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\nBEGIN:VCALENDAR", "nothing can follow"),
        (" VERSION", "nothing is there that this line could go on with"),
    ] {
        let error = holidays(text).unwrap_err();
        assert!(error.message.starts_with(expected), "{text}: {error}");
    }
}

#[test]
fn sizes_and_counts_are_bounded() {
    let event = "DTSTART;VALUE=DATE:20261225";
    assert!(holidays(&calendar(&vec![event; EVENTS_MAX])).is_ok());
    let error = holidays(&calendar(&vec![event; EVENTS_MAX + 1])).unwrap_err();
    assert!(error.message.contains("at most 2000 events"), "{error}");
    // A week and more of each of 80 years, a hundred times: no more days than a calendar has.
    let long = "DTSTART;VALUE=DATE:20200101\r\nDURATION:P365D\r\nRRULE:FREQ=YEARLY";
    let error = holidays(&calendar(&[long])).unwrap_err();
    assert!(error.message.contains("at most 20000 holidays"), "{error}");
    let wide = format!("{event}\r\nSUMMARY:{}", "\r\n x".repeat(70_000));
    assert!(fault(&wide).contains("a line has at most 65536 bytes"));
    let name = format!("{event}\r\nSUMMARY:{}", "é".repeat(1_000));
    let found = holidays(&calendar(&[&name])).unwrap();
    assert_eq!(found.into_values().next().unwrap().chars().count(), NAME_MAX);
}

#[test]
fn the_sample_s_bank_holidays_are_those_of_england_and_wales() {
    let found = holidays(include_str!("../../../etc/holidays.ics")).unwrap();
    let of = |year: i16| {
        found
            .keys()
            .filter(|day| day.year() == year)
            .map(|day| day.strftime("%m-%d").to_string())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(of(2026), "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-26 12-28");
    assert_eq!(of(2027), "01-01 03-26 03-29 05-03 05-31 08-30 12-25 12-26 12-27 12-28");
    assert_eq!(of(2028), "01-01 01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26");
}

/// Whatever is cut out, doubled or changed in a calendar: an error or days, and never more.
#[test]
fn no_calendar_breaks_the_reader() {
    let sample = include_str!("../../../etc/holidays.ics").as_bytes();
    let mut source =
        cordboard_base::Source::new(cordboard_base::SourceKey { seed: [1; 16], node: 1, epoch: 1 }, 1);
    let mut draw = |most: usize| usize::try_from(source.below(most as u64)).unwrap();
    let mut refused = 0;
    for _ in 0..2_000 {
        let mut text = sample.to_vec();
        for _ in 0..=draw(4) {
            let at = draw(text.len());
            match draw(4) {
                0 => text[at] = u8::try_from(draw(256)).unwrap(),
                1 => text.truncate(at),
                2 => drop(text.drain(at..(at + draw(40)).min(text.len()))),
                _ => text.insert(at, b":;=,\r\n\"09"[draw(9)]),
            }
            if text.is_empty() {
                break;
            }
        }
        refused += usize::from(holidays(&String::from_utf8_lossy(&text)).is_err());
    }
    assert!(refused > 500, "{refused}");
}
