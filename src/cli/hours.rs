//! `cordboard hours`: whether opening hours are open by their times, and what somebody holds otherwise.

use super::table;
use crate::clock::Clock;
use crate::config::Config;
use crate::store;
use anyhow::{Context, Result};
use cordboard_app::Value;
use cordboard_exchange::opening;
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use std::path::Path;

/// Where dialplan/times.rhai keeps what is held: the state alone, or `#{ state, ends, by }`.
const FAMILY: &str = "hours";

/// Opening hours now.
#[derive(Debug, Serialize)]
struct Now {
    hours: String,
    number: Option<u8>,
    /// By their times.
    open: bool,
    /// When that changes next, in Unix seconds.
    until_unix_s: Option<i64>,
    /// `open` or `closed`, if somebody holds them so.
    held: Option<String>,
    /// Until then; not said: until somebody ends it.
    held_until_unix_s: Option<i64>,
    held_by: String,
}

/// `hours`: works without a running exchange too.
pub(super) fn hours(etc: &Path, json: bool) -> Result<()> {
    let config = Config::check(etc)?;
    let zone_name: String = config.office.office.time_zone.clone().into();
    let zone = TimeZone::get(&zone_name).with_context(|| format!("there is no time zone {zone_name}"))?;
    let unix_us = Clock::start().anchor().unix_us;
    let mut all = Vec::new();
    for (name, rules) in config.opening_hours() {
        let now = opening(&rules, &config.holidays, &zone, unix_us).context("the clock is wrong")?;
        let held = store::read_value(&config.store_path(), FAMILY, &name)?;
        let (held, held_until_unix_s, held_by) = held_now(&held, unix_us.div_euclid(1_000_000));
        all.push(Now {
            number: config.number_of_hours(&name),
            hours: name,
            open: now.open,
            until_unix_s: now.until_unix_s,
            held,
            held_until_unix_s,
            held_by,
        });
    }
    if json {
        table::say(&serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let rows: Vec<Vec<String>> = all.iter().map(|now| row(now, &zone)).collect();
    table::print(&["HOURS", "NUMBER", "BY THEIR TIMES", "UNTIL", "HELD", "UNTIL", "BY"], &rows);
    Ok(())
}

/// What is held still: how, until when, and by whom.
fn held_now(kept: &Value, now_unix_s: i64) -> (Option<String>, Option<i64>, String) {
    if let Some(state) = kept.text() {
        return (Some(state.to_owned()), None, String::new());
    }
    let until = kept.entry("ends").int();
    let state = kept.entry("state").text().filter(|_| until.is_none_or(|until| now_unix_s < until));
    match state {
        Some(state) => {
            let by = kept.entry("by").text().unwrap_or_default();
            (Some(state.to_owned()), until, by.to_owned())
        }
        None => (None, None, String::new()),
    }
}

fn row(now: &Now, zone: &TimeZone) -> Vec<String> {
    let shown = |unix_s: Option<i64>| {
        let at = unix_s.and_then(|unix_s| Timestamp::from_second(unix_s).ok());
        at.map(|at| at.to_zoned(zone.clone()).strftime("%a %Y-%m-%d %H:%M").to_string())
    };
    let until = match (&now.held, now.held_until_unix_s) {
        (None, _) => String::new(),
        (Some(_), None) => "somebody ends it".to_owned(),
        (Some(_), until) => shown(until).unwrap_or_default(),
    };
    vec![
        now.hours.clone(),
        now.number.map(|number| number.to_string()).unwrap_or_default(),
        if now.open { "open" } else { "closed" }.to_owned(),
        shown(now.until_unix_s).unwrap_or_default(),
        now.held.clone().unwrap_or_default(),
        until,
        now.held_by.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn held(until: Value) -> Value {
        let text = |text: &str| Value::Text(text.to_owned());
        let entries = [("state", text("closed")), ("ends", until), ("by", text("105"))];
        Value::Map(
            entries.map(|(key, value)| (key.to_owned(), value)).into_iter().collect::<BTreeMap<_, _>>(),
        )
    }

    #[test]
    fn what_is_held_is_shown_until_its_end_and_for_good_where_it_has_none() {
        let closed = |until| (Some("closed".to_owned()), until, "105".to_owned());
        assert_eq!(held_now(&held(Value::Int(100)), 99), closed(Some(100)));
        assert_eq!(held_now(&held(Value::Int(100)), 100), (None, None, String::new()));
        assert_eq!(held_now(&held(Value::Unit), 100), closed(None));
        assert_eq!(held_now(&Value::Unit, 100), (None, None, String::new()));
        assert_eq!(
            held_now(&Value::Text("open".to_owned()), 9),
            (Some("open".to_owned()), None, String::new())
        );
    }
}
