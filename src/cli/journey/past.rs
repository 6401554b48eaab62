//! `calls`: those that are live, or with `--since` those that are over.

use super::{date_and_time, zone};
use crate::cli::{client, table};
use crate::config::Config;
use crate::journey::Reader;
use anyhow::{Context, Result, bail};
use clap::Args;
use cordboard_base::CallId;
use cordboard_journey::Event;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use rusqlite::{Connection, OpenFlags, named_params};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// Calls that are listed at most; the newest.
const LISTED_MAX: u32 = 10_000;

/// Arguments of `calls`.
#[derive(Debug, Args)]
pub struct CallsArgs {
    /// Calls that are over, since then: `90m`, `1h`, `2d`, `today`, `yesterday`, or a date, 2026-11-23. Without it: those that are live.
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Only those from or to this number or user.
    #[arg(long, value_name = "NUMBER", requires = "since")]
    number: Option<String>,
    /// Only those that were not answered, or ended by an error; refused ones among them.
    #[arg(long, requires = "since")]
    failed: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// A call that is over.
#[derive(Debug, Serialize)]
struct Past {
    call: String,
    began_us: i64,
    from: String,
    dialed: String,
    answered_by: String,
    /// `answered`, `busy`, `no-answer`, `failed`, `cancelled`, `refused`.
    disposition: String,
    cause: String,
    hangup_by: String,
    talked_s: i64,
    error: String,
}

/// `calls`.
pub(in crate::cli) fn calls(etc: &Path, args: &CallsArgs) -> Result<()> {
    let Some(since) = &args.since else { return client::calls(etc, args.json) };
    let config = Config::check(etc)?;
    let zone = zone(&config);
    let since_us = moment(since, &Timestamp::now().to_zoned(zone.clone()))?;
    let mut past = ended(&config.store_path(), since_us)?;
    if let Ok(reader) = Reader::open(&config.data()) {
        past.extend(refused(&reader, since_us)?);
    }
    past.sort_by_key(|call| call.began_us);
    past.retain(|call| !args.failed || call.disposition != "answered" || !call.error.is_empty());
    if let Some(number) = &args.number {
        past.retain(|call| {
            let by = call.answered_by.split('/').any(|part| part == number);
            by || [&call.from, &call.dialed].contains(&number)
        });
    }
    if args.json {
        table::say(&serde_json::to_string_pretty(&past)?);
        return Ok(());
    }
    let rows: Vec<Vec<String>> = past.into_iter().map(|call| row(&zone, call)).collect();
    table::print(
        &["CALL", "BEGAN", "FROM", "DIALED", "ANSWERED BY", "HOW", "CAUSE", "BY", "TALKED", "ERROR"],
        &rows,
    );
    Ok(())
}

fn row(zone: &TimeZone, call: Past) -> Vec<String> {
    let talked = format!("{}:{:02}", call.talked_s / 60, call.talked_s % 60);
    vec![
        call.call,
        date_and_time(zone, call.began_us),
        call.from,
        call.dialed,
        call.answered_by,
        call.disposition,
        call.cause,
        call.hangup_by,
        talked,
        call.error,
    ]
}

/// A moment in words, in microseconds since the Unix epoch.
pub(super) fn moment(text: &str, now: &Zoned) -> Result<i64> {
    let wrong =
        || format!("`{text}` is no time: 90m, 1h, 2d, today, yesterday, or a date such as 2026-11-23");
    let midnight = |date: Date| -> Result<i64> {
        Ok(date.to_zoned(now.time_zone().clone())?.timestamp().as_microsecond())
    };
    match text {
        "today" => return midnight(now.date()),
        "yesterday" => return midnight(now.date().yesterday()?),
        _ => {}
    }
    if let Ok(date) = text.parse::<Date>() {
        return midnight(date);
    }
    let Some((at, unit)) = text.char_indices().next_back() else { bail!(wrong()) };
    let count: i64 = text.get(..at).unwrap_or("").parse().with_context(wrong)?;
    let span = match unit {
        's' => Span::new().try_seconds(count),
        'm' => Span::new().try_minutes(count),
        'h' => Span::new().try_hours(count),
        'd' => Span::new().try_days(count),
        _ => bail!(wrong()),
    };
    let then = now.checked_sub(span.with_context(wrong)?).with_context(wrong)?;
    Ok(then.timestamp().as_microsecond())
}

fn ended(store: &Path, since_us: i64) -> Result<Vec<Past>> {
    if !store.exists() {
        return Ok(Vec::new());
    }
    let connection = Connection::open_with_flags(store, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let sql = "SELECT call, began_us, caller_number, dialed, coalesce(answered_by, ''), disposition, cause, hangup_by, \
               billsec, coalesce(error, '') FROM call_record WHERE began_us >= :since AND part_of IS NULL ORDER BY began_us DESC LIMIT :most";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map(named_params! { ":since": since_us, ":most": LISTED_MAX }, |row| {
        Ok(Past {
            call: row.get(0)?,
            began_us: row.get(1)?,
            from: row.get(2)?,
            dialed: row.get(3)?,
            answered_by: row.get(4)?,
            disposition: row.get(5)?,
            cause: cordboard_app::Cause(row.get(6)?).to_string(),
            hangup_by: row.get(7)?,
            talked_s: row.get(8)?,
            error: row.get(9)?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// INVITEs that no call came of.
fn refused(reader: &Reader, since_us: i64) -> Result<Vec<Past>> {
    let entries = reader.refused(since_us)?.into_iter();
    let past = entries.filter_map(|entry| {
        let Event::Refused(refused) = entry.event else { return None };
        Some(Past {
            call: CallId(refused.call).to_string(),
            began_us: entry.at_us,
            from: refused.from,
            dialed: refused.dialed,
            answered_by: String::new(),
            disposition: "refused".to_owned(),
            cause: refused.status.to_string(),
            hangup_by: "system".to_owned(),
            talked_s: 0,
            error: refused.why,
        })
    });
    Ok(past.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_said_in_words() {
        let now: Zoned = "2026-11-23T09:30:00+01:00[Europe/Berlin]".parse().unwrap();
        let at = |text: &str| moment(text, &now).ok().map(|us| date_and_time(now.time_zone(), us));
        for (text, moment) in [
            ("today", Some("2026-11-23 00:00:00")),
            ("yesterday", Some("2026-11-22 00:00:00")),
            ("1h", Some("2026-11-23 08:30:00")),
            ("90m", Some("2026-11-23 08:00:00")),
            ("30s", Some("2026-11-23 09:29:30")),
            ("2d", Some("2026-11-21 09:30:00")),
            ("2026-11-01", Some("2026-11-01 00:00:00")),
            ("", None),
            ("h", None),
            ("1w", None),
            ("99999999999d", None),
            ("é", None),
        ] {
            assert_eq!(at(text).as_deref(), moment, "{text}");
        }
    }
}
