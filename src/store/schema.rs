//! The file and its tables: opened, brought up to date by numbered migrations.

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// In order; a file that has landed is never changed again.
const MIGRATIONS: &[M<'static>] = &[M::up(include_str!("migrations/0001_first.sql"))];
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
/// is a write-ahead log, and a commit returns when it is on the disk.
pub(super) fn open(path: &Path) -> Result<Connection, Error> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    drop(OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?);
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "full")?;
    Migrations::from_slice(MIGRATIONS).to_latest(&mut connection)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_migrations_are_valid() {
        Migrations::from_slice(MIGRATIONS).validate().unwrap();
    }
}
