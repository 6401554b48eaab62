//! Logs that other programs read, such as `queue_log`: lines at the end of files in the data directory.

use rusqlite::Connection;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Appends a line to the log of that name, beside the database. What can't be written is in our own log.
pub(super) fn append(connection: &Connection, log: &str, line: &str) {
    let is_name = !log.is_empty() && log.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    let folder = connection.path().map(Path::new).and_then(Path::parent).filter(|_| is_name);
    let Some(folder) = folder else {
        tracing::error!(log, "not a log's name");
        return;
    };
    let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).chain(['\n']).collect();
    let file = OpenOptions::new().append(true).create(true).open(folder.join(log));
    if let Err(error) = file.and_then(|mut file| file.write_all(line.as_bytes())) {
        tracing::error!(log, line, %error, "not written");
    }
}
