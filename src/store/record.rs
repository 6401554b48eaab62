//! Call records: a row per call, its legs and tags as JSON.

use super::not_json;
use cordboard_app::Destination;
use cordboard_call::{CallRecord, Disposition};
use rusqlite::{Connection, Result, named_params};
use serde::Serialize;

/// Writes a record; `began_unix_us` ties its clock to the wall's.
pub(super) fn write(connection: &Connection, record: &CallRecord, began_unix_us: i64) -> Result<()> {
    let wall = |us: u64| {
        let since = i64::try_from(us.saturating_sub(record.began_us)).unwrap_or(i64::MAX);
        began_unix_us.saturating_add(since)
    };
    let talked_us = record.answered_us.map_or(0, |answered| record.ended_us.saturating_sub(answered));
    let sql = "INSERT OR REPLACE INTO call_record (call, began_us, answered_us, ended_us, context, caller_number, \
        caller_name, user, trunk, dialed, disposition, cause, hangup_by, answered_by, billsec, error, tags, legs, part_of) \
        VALUES (:call, :began_us, :answered_us, :ended_us, :context, :caller_number, :caller_name, :user, :trunk, \
        :dialed, :disposition, :cause, :hangup_by, :answered_by, :billsec, :error, :tags, :legs, :part_of)";
    connection.prepare_cached(sql)?.execute(named_params! {
        ":call": record.call.to_string(),
        ":began_us": began_unix_us,
        ":answered_us": record.answered_us.map(wall),
        ":ended_us": wall(record.ended_us),
        ":context": record.context,
        ":caller_number": record.caller.number,
        ":caller_name": record.caller.name,
        ":user": record.user,
        ":trunk": record.trunk,
        ":dialed": record.dialed,
        ":disposition": disposition(record.disposition),
        ":cause": record.cause.0,
        ":hangup_by": record.hangup_by,
        ":answered_by": record.answered_by.as_ref().map(destination),
        ":billsec": i64::try_from(talked_us / 1_000_000).unwrap_or(i64::MAX),
        ":error": record.error,
        ":tags": json(&record.tags)?,
        ":legs": json(&record.legs)?,
        ":part_of": record.part_of.map(|whole| whole.to_string()),
    })?;
    Ok(())
}

fn json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(not_json)
}

/// As `ch.cdr.disposition` says it.
fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Answered => "answered",
        Disposition::Busy => "busy",
        Disposition::NoAnswer => "no-answer",
        Disposition::Failed => "failed",
        Disposition::Cancelled => "cancelled",
    }
}

fn destination(destination: &Destination) -> String {
    match destination {
        Destination::User(user) => user.clone(),
        Destination::Trunk { trunk, number } => format!("{trunk}/{number}"),
        Destination::Extension { context, number } => format!("{number}@{context}"),
    }
}
