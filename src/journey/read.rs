//! Reading, by the command line, beside the process that writes: by a call's name, with all calls that it is one journey with.

use super::file::nobody;
use cordboard_base::CallId;
use cordboard_journey::{Entry, Event};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Result as SqlResult, named_params};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// For the writer to let go of the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Calls of one journey that are followed: a conference of fifty, each with its own past, ends somewhere.
const CALLS_MAX: usize = 16;
/// Rows in which the latest call is looked for.
const LATEST_ROWS: u32 = 20_000;
/// Calls that an ambiguous prefix is told to mean.
const MEANT_MAX: u32 = 5;

/// Why a journey can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// There is no file.
    #[error("{0}: no journey has been kept yet")]
    None(PathBuf),
    /// No such call.
    #[error(
        "`{0}` is no call whose journey is kept; `cordboard calls --since today` lists calls, `last` is the latest"
    )]
    NoCall(String),
    /// Several.
    #[error("`{name}` is the beginning of several calls: {calls}")]
    Several {
        /// What was asked.
        name: String,
        /// Some of them.
        calls: String,
    },
    /// The database.
    #[error("journeys: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

/// A journey: all of its calls' entries in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Journey {
    /// The calls, the one that was asked for first.
    pub calls: Vec<CallId>,
    /// Calls that it led to and that are left out, because there are too many.
    pub left_out: usize,
    /// What befell them.
    pub entries: Vec<Entry>,
}

/// A row, for those who follow.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its number.
    pub seq: i64,
    /// What it holds.
    pub entries: Vec<Entry>,
}

/// Reads journeys.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

impl Reader {
    /// Opens the file of a data directory.
    pub fn open(data: &Path) -> Result<Self, ReadError> {
        let path = super::path(data);
        if !path.exists() {
            return Err(ReadError::None(path));
        }
        // Not read-only: what a killed process has left in the log is to be seen, for which the log's index is made anew.
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok(Self { connection })
    }

    /// The call that is meant: by its id, by a beginning of it that no other call has, or `last`.
    pub fn find(&self, name: &str) -> Result<CallId, ReadError> {
        if name == "last" {
            let sql = "SELECT call FROM (SELECT call FROM journey WHERE call <> :nobody ORDER BY seq DESC LIMIT :rows) \
                       ORDER BY length(call) DESC, call DESC LIMIT 1";
            let bounds = named_params! { ":nobody": nobody(), ":rows": LATEST_ROWS };
            let found: Option<String> =
                self.connection.query_row(sql, bounds, |row| row.get(0)).optional()?;
            return found.as_deref().and_then(id).ok_or_else(|| ReadError::NoCall(name.to_owned()));
        }
        let wanted = name.to_ascii_lowercase();
        let none = || ReadError::NoCall(name.to_owned());
        let exact = id(&wanted).ok_or_else(none)?;
        // All that begin like this lie between it and it with the letter after `f` behind it.
        let sql = "SELECT DISTINCT call FROM journey WHERE call >= :from AND call < :to LIMIT :most";
        let mut statement = self.connection.prepare_cached(sql)?;
        let bounds = named_params! { ":from": &wanted, ":to": format!("{wanted}g"), ":most": MEANT_MAX };
        let found: Vec<String> = statement.query_map(bounds, |row| row.get(0))?.collect::<SqlResult<_>>()?;
        match found.as_slice() {
            [] => Err(none()),
            _ if found.contains(&wanted) => Ok(exact),
            [only] => id(only).ok_or_else(none),
            several => Err(ReadError::Several { name: name.to_owned(), calls: several.join(", ") }),
        }
    }

    /// The journey that a call is part of.
    pub fn journey(&self, call: CallId) -> Result<Journey, ReadError> {
        let mut journey = Journey { calls: vec![call], ..Journey::default() };
        let mut left_out = BTreeSet::new();
        let mut at = 0;
        while let Some(&next) = journey.calls.get(at) {
            at += 1;
            let entries = self.entries(next)?;
            for linked in entries.iter().filter_map(|entry| entry.event.link()) {
                if journey.calls.contains(&linked) {
                    continue;
                }
                if journey.calls.len() < CALLS_MAX {
                    journey.calls.push(linked);
                } else {
                    left_out.insert(linked);
                }
            }
            journey.entries.extend(entries);
        }
        journey.left_out = left_out.len();
        let times = journey.entries.iter().map(|entry| entry.at_us);
        if let (Some(from), Some(to)) = (times.clone().min(), times.max()) {
            journey.entries.extend(self.gaps(from, to)?);
        }
        // A stable sort: what came at once stays in its order.
        journey.entries.sort_by_key(|entry| entry.at_us);
        Ok(journey)
    }

    /// Calls that began since then, oldest first; of more than so many the newest.
    pub fn calls_since(&self, since_us: i64, most: u32) -> SqlResult<Vec<CallId>> {
        let sql = "SELECT call, min(at_us) AS began FROM journey WHERE at_us >= :since AND call <> :nobody AND refused = 0 \
                   GROUP BY call ORDER BY began DESC LIMIT :most";
        let mut statement = self.connection.prepare_cached(sql)?;
        let bounds = named_params! { ":since": since_us, ":nobody": nobody(), ":most": most };
        let calls: Vec<String> = statement.query_map(bounds, |row| row.get(0))?.collect::<SqlResult<_>>()?;
        Ok(calls.iter().rev().filter_map(|call| id(call)).collect())
    }

    fn entries(&self, call: CallId) -> SqlResult<Vec<Entry>> {
        let sql = "SELECT seq, call, entries FROM journey WHERE call = :call ORDER BY seq";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(named_params! { ":call": call.to_string() }, row)?;
        Ok(rows.collect::<SqlResult<Vec<Row>>>()?.into_iter().flat_map(|row| row.entries).collect())
    }

    /// Where entries of any calls are missing.
    fn gaps(&self, from_us: i64, to_us: i64) -> SqlResult<Vec<Entry>> {
        let all = self.entries(super::NOBODY)?;
        Ok(all.into_iter().filter(|entry| (from_us..=to_us).contains(&entry.at_us)).collect())
    }

    /// INVITEs since then that no call came of.
    pub fn refused(&self, since_us: i64) -> SqlResult<Vec<Entry>> {
        let sql =
            "SELECT seq, call, entries FROM journey WHERE refused = 1 AND at_us >= :since ORDER BY at_us";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_map(named_params! { ":since": since_us }, row)?;
        let rows: Vec<Row> = rows.collect::<SqlResult<_>>()?;
        Ok(rows.into_iter().flat_map(|row| row.entries).filter(super::is_refused).collect())
    }

    /// The number of the newest row; 0: there is none.
    pub fn newest(&self) -> SqlResult<i64> {
        self.connection.query_row("SELECT coalesce(max(seq), 0) FROM journey", [], |row| row.get(0))
    }

    /// Rows after that one, in order, so many at most.
    pub fn after(&self, seq: i64, most: u32) -> SqlResult<Vec<Row>> {
        let sql = "SELECT seq, call, entries FROM journey WHERE seq > :seq ORDER BY seq LIMIT :most";
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_map(named_params! { ":seq": seq, ":most": most }, row)?.collect()
    }
}

pub(super) fn row(row: &rusqlite::Row<'_>) -> SqlResult<Row> {
    let (seq, call, text): (i64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let call = id(&call).unwrap_or(super::NOBODY);
    // Of another version: an entry that is not understood is left out, the others are shown.
    let pairs: Vec<(i64, serde_json::Value)> = serde_json::from_str(&text).unwrap_or_default();
    let entries = pairs.into_iter().filter_map(|(at_us, value)| {
        let event: Event = serde_json::from_value(value).ok()?;
        Some(Entry { at_us, call, event })
    });
    Ok(Row { seq, entries: entries.collect() })
}

fn id(text: &str) -> Option<CallId> {
    u64::from_str_radix(text, 16).ok().map(CallId)
}
