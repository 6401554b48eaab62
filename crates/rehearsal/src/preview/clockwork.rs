//! What of the office and its scripts goes by the clock: sets of opening hours, holidays, `in_time` with its times written out; and
//! where scripts ask for the time in a way that can't be foreseen.

use crate::house::House;
use cordboard_dialplan::{InTime, Token, TokenKind, tokens};
use cordboard_exchange::Hours;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{ToSpan, Zoned};
use std::collections::{BTreeMap, BTreeSet};

/// A place in a script: file, line and column.
pub(super) type At = (String, usize, usize);

/// How a script uses the clock at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Use {
    /// Known beforehand: `in_time("mon-fri", "9:00-17:00")`, `holiday(today())`; or only written down.
    Foreseen,
    /// The date: it may matter anew every day.
    Date,
    /// The time: it may matter anew at any moment.
    Time,
}

/// Everything that goes by the clock.
pub(super) struct Clockwork {
    zone: TimeZone,
    hours: BTreeMap<String, Hours>,
    holidays: BTreeMap<String, String>,
    in_time: BTreeMap<(String, String), InTime>,
    uses: BTreeMap<At, Use>,
}

/// The answers of all that goes by the clock, by what is asked.
pub(super) type Answers = BTreeMap<String, String>;

impl Clockwork {
    pub(super) fn of(house: &House, zone: TimeZone) -> Self {
        let (mut in_time, mut uses) = (BTreeMap::new(), BTreeMap::new());
        for (file, text) in &house.bundle.files {
            scan(file, &tokens(text), &mut in_time, &mut uses);
        }
        let (hours, holidays) = (house.setup.hours.clone(), house.setup.holidays.clone());
        Self { zone, hours, holidays, in_time, uses }
    }

    /// How the script uses the clock there; `None`: it does not by itself, such as a time that is said.
    pub(super) fn used_at(&self, place: &At) -> Option<Use> {
        self.uses.get(place).copied()
    }

    /// What would be answered at a moment.
    pub(super) fn answers(&self, at: &Zoned) -> Answers {
        let hours = self.hours.iter().map(|(name, hours)| {
            let open = if hours.is_open(&self.holidays, at) { "open" } else { "closed" };
            (format!("hours {name}"), open.to_owned())
        });
        let today = self.holidays.get(&at.date().to_string());
        let holiday = today.map_or_else(|| "none".to_owned(), Clone::clone);
        let weekday = at.weekday().to_sunday_zero_offset().unsigned_abs();
        let minute = u16::from(at.hour().unsigned_abs()) * 60 + u16::from(at.minute().unsigned_abs());
        let in_time = self.in_time.iter().map(|((days, times), it)| {
            let answer = if it.holds(weekday, minute) { "yes" } else { "no" };
            (format!("in_time {days} {times}"), answer.to_owned())
        });
        hours.chain([("holiday".to_owned(), holiday)]).chain(in_time).collect()
    }

    /// The moments in a span at which an answer can change, in order; every full hour where `hourly`.
    pub(super) fn boundaries(&self, from: &Zoned, days: i64, hourly: bool) -> Vec<Zoned> {
        let mut minutes: BTreeSet<u16> = BTreeSet::from([0]);
        minutes.extend(self.hours.values().flat_map(Hours::edges_min));
        minutes.extend(self.in_time.values().flat_map(InTime::edges_min));
        if hourly {
            minutes.extend((0..24).map(|hour| hour * 60));
        }
        let Ok(until) = from.checked_add(days.days()) else { return Vec::new() };
        let on = |day: i64, minute: u16| -> Option<Zoned> {
            let midnight: DateTime = from.date().checked_add(day.days()).ok()?.at(0, 0, 0, 0);
            let at = midnight.checked_add(i64::from(minute).minutes()).ok()?;
            at.to_zoned(self.zone.clone()).ok()
        };
        let all = (0..=days).flat_map(|day| minutes.iter().filter_map(move |minute| on(day, *minute)));
        let mut within: Vec<Zoned> = all.filter(|at| at > from && *at < until).collect();
        within.sort();
        within.dedup();
        within
    }

    /// The holidays of a span: date and name.
    pub(super) fn holidays(&self, from: &Zoned, days: i64) -> Vec<(String, String)> {
        let until = from.checked_add(days.days()).map(|at| at.date().to_string()).unwrap_or_default();
        let first = from.date().to_string();
        self.holidays.range(first..=until).map(|(date, name)| (date.clone(), name.clone())).collect()
    }
}

fn scan(
    file: &str,
    tokens: &[Token<'_>],
    in_time: &mut BTreeMap<(String, String), InTime>,
    uses: &mut BTreeMap<At, Use>,
) {
    for (place, token) in tokens.iter().enumerate() {
        let is_call = tokens.get(place + 1).is_some_and(|next| next.text == "(");
        let is_method = place > 0 && tokens.get(place - 1).is_some_and(|before| before.text == ".");
        if token.kind != TokenKind::Word || !is_call || is_method {
            continue;
        }
        let use_of_it = match token.text {
            "in_time" => match literals(tokens.get(place + 2..).unwrap_or_default()) {
                Some((days, times, parsed)) => {
                    in_time.insert((days, times), parsed);
                    Use::Foreseen
                }
                None => Use::Time,
            },
            "today" if is_within(tokens, place, "holiday") => Use::Foreseen,
            "today" => Use::Date,
            "now" | "strftime" if is_written_down(tokens, place) => Use::Foreseen,
            "now" | "strftime" => Use::Time,
            _ => continue,
        };
        uses.insert((file.to_owned(), token.line, token.column), use_of_it);
    }
}

/// `"mon-fri", "09:00-17:30")`, both written out.
fn literals(tokens: &[Token<'_>]) -> Option<(String, String, InTime)> {
    let [days, comma, times, close, ..] = tokens else { return None };
    let plain = |token: &Token<'_>| {
        let text = token.text.strip_prefix('"')?.strip_suffix('"')?;
        (token.kind == TokenKind::Text && !text.contains('\\')).then(|| text.to_owned())
    };
    let (days, times) = (plain(days).filter(|_| comma.text == ",")?, plain(times)?);
    let parsed = InTime::parse(&days, &times).ok().filter(|_| close.text == ")")?;
    Some((days, times, parsed))
}

/// Whether a call stands directly in the parentheses of this function.
fn is_within(tokens: &[Token<'_>], place: usize, function: &str) -> bool {
    let text = |back: usize| place.checked_sub(back).and_then(|at| tokens.get(at)).map(|token| token.text);
    text(1) == Some("(") && text(2) == Some(function)
}

/// Whether the time is an argument of what writes it down: a value of the database, a tag, the log.
fn is_written_down(tokens: &[Token<'_>], place: usize) -> bool {
    let before = tokens.get(..place).unwrap_or_default().iter().rev();
    let statement: Vec<&str> =
        before.map(|token| token.text).take_while(|text| ![";", "{", "}"].contains(text)).collect();
    statement.windows(3).any(|three| {
        matches!(three, ["set", "::", "db"] | ["info" | "warn" | "error" | "debug", "::", "log"])
            || matches!(three, ["tag", ".", "cdr"])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_of_the_clock_are_foreseen_where_they_can_be() {
        let text = r#"
            if in_time("mon-fri", "09:00-17:30") { a(); }
            if in_time(days, "*") { }
            if holiday(today()) != () { }
            let day = today();
            db::set("a", "b", now());
            if now() > 5 { }
            ch.cdr.tag("x", strftime("%H"));
        "#;
        let (mut in_time, mut uses) = (BTreeMap::new(), BTreeMap::new());
        scan("a", &tokens(text), &mut in_time, &mut uses);
        let kinds: Vec<(usize, Use)> = uses.iter().map(|((_, line, _), kind)| (*line, *kind)).collect();
        assert_eq!(
            kinds,
            [
                (2, Use::Foreseen),
                (3, Use::Time),
                (4, Use::Foreseen),
                (5, Use::Date),
                (6, Use::Foreseen),
                (7, Use::Time),
                (8, Use::Foreseen)
            ]
        );
        assert_eq!(in_time.len(), 1);
    }
}
