//! The file and its tables: opened, brought up to date by numbered migrations.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// In order; a file that has landed is never changed again.
const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("migrations/0001_first.sql")),
    M::up(include_str!("migrations/0002_mail_queue.sql")),
    M::up(include_str!("migrations/0003_mail_delivery.sql")),
    M::up(include_str!("migrations/0004_parts_of_calls.sql")),
];
/// For a reader beside us, such as a backup, to let go of the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("{0}")]
    Migration(#[from] rusqlite_migration::Error),
}

/// Opens or makes the file; it can be read by its owner alone. A process that dies at any moment leaves it whole: the journal
/// is a write-ahead log, and a commit returns when it is on the disk. Only what goes into a new file does not wait for the
/// disk before [`make_durable`]: there is nothing yet that could be lost, and the first call need not wait either.
pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    let is_new = file.metadata()?.len() == 0;
    drop(file);
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "synchronous", if is_new { "off" } else { "full" })?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    Migrations::from_slice(MIGRATIONS).to_latest(&mut connection)?;
    Ok(connection)
}

/// Brings a new file to the disk, and from now on every commit; an old file is there already. Before the first command.
pub(super) fn make_durable(connection: &Connection) -> rusqlite::Result<()> {
    const OFF: i64 = 0;
    if connection.pragma_query_value(None, "synchronous", |row| row.get::<_, i64>(0))? != OFF {
        return Ok(());
    }
    connection.pragma_update(None, "synchronous", "full")?;
    // Syncs the log, the file that it is written into, and with them the names of both.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_valid() {
        Migrations::from_slice(MIGRATIONS).validate().unwrap();
    }

    #[test]
    fn a_new_file_is_made_durable_and_an_old_one_is_from_the_start() {
        const FULL: i64 = 2;
        let folder = std::env::temp_dir().join(format!("cordboard-schema-{}", std::process::id()));
        let path = folder.join("new.sqlite");
        let synchronous = |connection: &Connection| -> i64 {
            connection.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap()
        };
        let new = open(&path).unwrap();
        make_durable(&new).unwrap();
        assert_eq!(synchronous(&new), FULL);
        // What was written before is in the file itself, not only in the log.
        assert_eq!(std::fs::metadata(path.with_extension("sqlite-wal")).unwrap().len(), 0);
        assert!(std::fs::metadata(&path).unwrap().len() > 0);
        drop(new);
        assert_eq!(synchronous(&open(&path).unwrap()), FULL);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
