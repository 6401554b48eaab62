//! What mailboxes keep, read from the exchange's SQLite file.

use super::exchange::Exchange;
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// What a test looks at of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) id: String,
    pub(crate) mailbox: String,
    pub(crate) caller: String,
    pub(crate) file: PathBuf,
}

fn rows(exchange: &Exchange, key: &str) -> Vec<serde_json::Value> {
    let path = exchange.folder.file("var/cordboard.sqlite");
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    let sql = "SELECT row FROM kept WHERE kind = 'service:voicemail' AND key LIKE ?1 ORDER BY key";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([key], |row| row.get::<_, String>(0)).unwrap();
    rows.map(|row| serde_json::from_str(&row.unwrap()).unwrap()).collect()
}

/// All messages.
pub(crate) fn all(exchange: &Exchange) -> Vec<Kept> {
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let message = |row: serde_json::Value| Kept {
        id: text(&row["id"]),
        mailbox: text(&row["mailbox"]),
        caller: text(&row["caller"]["number"]),
        file: exchange.folder.file(&format!("var/{}", text(&row["audio"][0]["file"]))),
    };
    rows(exchange, "message/%").into_iter().map(message).collect()
}

/// The file of a box's greeting for when nobody answers.
pub(crate) fn greeting(exchange: &Exchange, mailbox: &str) -> Option<PathBuf> {
    let row = rows(exchange, &format!("box/{mailbox}")).pop()?;
    let file = row["unavailable"]["file"].as_str()?;
    Some(exchange.folder.file(&format!("var/{file}")))
}

/// The files in a folder of the data directory.
pub(crate) fn files(exchange: &Exchange, folder: &str) -> BTreeSet<PathBuf> {
    let Ok(entries) = std::fs::read_dir(exchange.folder.file(&format!("var/{folder}"))) else {
        return BTreeSet::new();
    };
    entries.map(|entry| entry.unwrap().path()).collect()
}
