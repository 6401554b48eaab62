//! Files of applications that nothing names any more: messages that were deleted, greetings that were replaced.

use rusqlite::Connection;
use std::io::ErrorKind;
use std::path::{Component, Path};

/// Deletes a file below the database's folder; a file that is not there is none to delete. What names it is gone for good
/// already: a service asks for this when its change is on the disk.
pub(super) fn unlink(connection: &Connection, file: &str) {
    let path = Path::new(file);
    let is_inside = path.components().count() >= 2
        && path.components().all(|component| matches!(component, Component::Normal(_)));
    let folder = connection.path().map(Path::new).and_then(Path::parent).filter(|_| is_inside);
    let Some(folder) = folder else {
        tracing::error!(file, "not a file of an application's");
        return;
    };
    match std::fs::remove_file(folder.join(path)) {
        Ok(()) => tracing::debug!(file, "deleted"),
        Err(error) if error.kind() == ErrorKind::NotFound => tracing::debug!(file, "was not there"),
        Err(error) => tracing::error!(file, %error, "not deleted"),
    }
}
