//! Writing: a row holds what one call's journey had at once. The file is bounded by age and by size; the oldest rows go first.

use super::{NOBODY, is_refused};
use cordboard_base::CallId;
use cordboard_journey::{Entry, Event};
use rusqlite::{Connection, Result, named_params};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// For readers to let go of the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Transactions between two looks at the bounds.
const SWEEP_EVERY: u32 = 64;
/// Rows that one look deletes for their age: more than come between two.
const SWEPT_MAX: u32 = 8_192;
/// What SQLite keeps of the file in memory; negative: in KiB.
const CACHE_KIB: i64 = -256;
const DAY_US: i64 = 86_400_000_000;
const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS journey (
    seq INTEGER PRIMARY KEY,
    call TEXT NOT NULL,
    at_us INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    entries TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS journey_by_call ON journey (call);
CREATE INDEX IF NOT EXISTS journey_refused ON journey (at_us) WHERE refused = 1;
";

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Days; 0: no bound.
    pub days: u32,
    /// Bytes of the file; 0: no bound.
    pub bytes: u64,
}

pub(super) struct File {
    connection: Connection,
    bounds: Bounds,
    written: u32,
    failing: bool,
}

impl File {
    pub(super) fn open(path: &Path, bounds: Bounds, now_unix_us: i64) -> anyhow::Result<Self> {
        // It is its owner's alone.
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // A power cut may cost the last seconds; a process that dies costs nothing that was written.
        connection.pragma_update(None, "synchronous", "normal")?;
        // It is written once and hardly ever read: by itself SQLite would keep 2 MB of it.
        connection.pragma_update(None, "cache_size", CACHE_KIB)?;
        connection.execute_batch(SCHEMA)?;
        let file = Self { connection, bounds, written: 0, failing: false };
        file.sweep(now_unix_us)?;
        Ok(file)
    }

    pub(super) fn set_bounds(&mut self, bounds: Bounds) {
        self.bounds = bounds;
        // The next transaction looks at them.
        self.written = SWEEP_EVERY;
    }

    /// Writes all of them in one transaction. A full disk is told once, and what could not be written is gone.
    pub(super) fn write(&mut self, entries: &[Entry]) {
        let Some(newest) = entries.iter().map(|entry| entry.at_us).max() else { return };
        let done = self.insert(entries).and_then(|()| {
            self.written += 1;
            if self.written < SWEEP_EVERY {
                return Ok(());
            }
            self.written = 0;
            self.sweep(newest)
        });
        match done {
            Ok(()) => self.failing = false,
            Err(error) if !std::mem::replace(&mut self.failing, true) => {
                tracing::error!(%error, "journeys can't be written");
            }
            Err(_) => {}
        }
    }

    fn insert(&mut self, entries: &[Entry]) -> Result<()> {
        let mut by_call: BTreeMap<CallId, Vec<&Entry>> = BTreeMap::new();
        for entry in entries {
            by_call.entry(entry.call).or_default().push(entry);
        }
        let transaction = self.connection.transaction()?;
        {
            let sql = "INSERT INTO journey (call, at_us, refused, entries) VALUES (:call, :at_us, :refused, :entries)";
            let mut insert = transaction.prepare_cached(sql)?;
            for (call, entries) in by_call {
                let pairs: Vec<(i64, &Event)> =
                    entries.iter().map(|entry| (entry.at_us, &entry.event)).collect();
                let text = serde_json::to_string(&pairs)
                    .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
                insert.execute(named_params! {
                    ":call": call.to_string(),
                    ":at_us": entries.first().map_or(0, |entry| entry.at_us),
                    ":refused": entries.iter().any(|entry| is_refused(entry)),
                    ":entries": text,
                })?;
            }
        }
        transaction.commit()
    }

    /// Deletes what is too old or too much.
    fn sweep(&self, now_unix_us: i64) -> Result<()> {
        let Bounds { days, bytes } = self.bounds;
        if days > 0 {
            let oldest = now_unix_us.saturating_sub(i64::from(days).saturating_mul(DAY_US));
            let sql = "DELETE FROM journey WHERE seq <= (SELECT max(seq) FROM \
                       (SELECT seq, at_us FROM journey ORDER BY seq LIMIT :most) WHERE at_us < :oldest)";
            let bound = named_params! { ":oldest": oldest, ":most": SWEPT_MAX };
            self.connection.prepare_cached(sql)?.execute(bound)?;
        }
        let used = self.bytes_used()?;
        if bytes == 0 || used <= bytes {
            return Ok(());
        }
        // As large a part of the rows as is too much of the bytes; what that does not reach the next look does.
        let sql = "DELETE FROM journey WHERE seq <= (SELECT min(seq) + (max(seq) - min(seq) + 1) * :over / :used FROM journey)";
        let part = named_params! { ":over": signed(used - bytes), ":used": signed(used) };
        let swept = self.connection.prepare_cached(sql)?.execute(part)?;
        tracing::debug!(swept, used, "the oldest journeys made room");
        Ok(())
    }

    /// Bytes of the pages in use; those that are free are filled before the file grows.
    pub(super) fn bytes_used(&self) -> Result<u64> {
        let pragma = |name: &str| self.connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let pages = pragma("page_count")?.saturating_sub(pragma("freelist_count")?);
        Ok(pages.saturating_mul(pragma("page_size")?).unsigned_abs())
    }

    /// The newest rows, oldest first; none where they can't be read, which is told when they are written.
    pub(super) fn newest(&self, most: u32) -> Vec<Vec<Entry>> {
        let sql = "SELECT seq, call, entries FROM journey ORDER BY seq DESC LIMIT :most";
        let read = || -> Result<Vec<Vec<Entry>>> {
            let mut statement = self.connection.prepare_cached(sql)?;
            let rows = statement.query_map(named_params! { ":most": most }, super::read::row)?;
            rows.map(|row| row.map(|row| row.entries)).collect()
        };
        let mut rows = read().unwrap_or_default();
        rows.reverse();
        rows
    }

    pub(super) fn close(self) {
        if let Err((_, error)) = self.connection.close() {
            tracing::error!(%error, "closing journeys");
        }
    }
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// As rows name it.
pub(super) fn nobody() -> String {
    NOBODY.to_string()
}
