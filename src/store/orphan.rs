//! Files of applications that no row names: of a deletion that found the queue full, of a process that died between its row and its
//! file, of a message whose mail has gone since. They are looked for at the start, and once an hour while the store has something
//! to do. The names that people say for a conference are named by no row at all: what is there at the start is of a process that has died.

use rusqlite::{Connection, Result};
use std::collections::BTreeSet;
use std::fs::DirEntry;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The folders that applications record into.
const FOLDERS: [&str; 3] = ["messages", "greetings", "dictations"];
/// The folder of names that callers say, and what those for conferences begin with; the rest is the call.
const NAMES: &str = "names";
const CONFERENCE: &str = "conference-";
/// What was written to more recently may be named soon: nobody speaks for so long.
const OLD: Duration = Duration::from_secs(3_600);
/// How often they are looked for.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(3_600);
/// Files looked at in one folder; those beyond have their turn when others are gone.
const FILES_MAX: usize = 100_000;
/// `3f1c9a52-….`: a UUID is that long.
const UUID_CHARS: usize = 36;

/// Deletes them. How many.
pub(super) fn sweep(connection: &Connection) -> Result<usize> {
    let Some(data) = connection.path().map(Path::new).and_then(Path::parent).map(Path::to_owned) else {
        return Ok(0);
    };
    let old: Vec<(String, DirEntry)> = FOLDERS.iter().flat_map(|folder| old_files(&data, folder)).collect();
    if old.is_empty() {
        return Ok(0);
    }
    // Read after the folders: a file whose row came in between is named.
    let named = named(connection)?;
    let mut swept = 0;
    for (name, entry) in old.into_iter().filter(|(name, _)| !named.contains(name)) {
        match std::fs::remove_file(entry.path()) {
            Ok(()) => swept += 1,
            Err(error) => tracing::error!(name, %error, "a file that nothing names is not deleted"),
        }
    }
    Ok(swept)
}

/// Deletes the names that callers of a former process have said for conferences. At the start, before there is a call. How many.
pub(super) fn sweep_names(connection: &Connection) -> usize {
    let data = connection.path().map(Path::new).and_then(Path::parent);
    let Some(Ok(entries)) = data.map(|data| std::fs::read_dir(data.join(NAMES))) else { return 0 };
    let is_name = |entry: &DirEntry| {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        let name = entry.file_name();
        let ours = name.to_str().and_then(|name| name.strip_prefix(CONFERENCE)?.split_once('.'));
        is_file
            && ours.is_some_and(|(call, kind)| {
                !call.is_empty()
                    && call.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                    && matches!(kind, "wav" | "ogg" | "opus")
            })
    };
    let swept = entries.filter_map(std::result::Result::ok).take(FILES_MAX).filter(is_name);
    swept.filter(|entry| std::fs::remove_file(entry.path()).is_ok()).count()
}

/// Whether a mail that waits has this file with it.
pub(super) fn is_in_a_mail(connection: &Connection, file: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM mail_queue WHERE state = 'waiting' AND instr(data, ?1) > 0)";
    connection.prepare_cached(sql)?.query_row([file], |row| row.get(0))
}

/// `messages/3f1c9a52-…`: the files of a folder that have a UUID for a name and were not written to of late.
fn old_files(data: &Path, folder: &str) -> Vec<(String, DirEntry)> {
    let Ok(entries) = std::fs::read_dir(data.join(folder)) else { return Vec::new() };
    let uuid = |entry: &DirEntry| {
        let name = entry.file_name();
        let (stem, extension) = name.to_str()?.split_once('.')?;
        (is_uuid(stem) && matches!(extension, "wav" | "ogg")).then(|| format!("{folder}/{stem}"))
    };
    let named = entries.filter_map(std::result::Result::ok).take(FILES_MAX).filter(is_old);
    named.filter_map(|entry| Some((uuid(&entry)?, entry))).collect()
}

/// A file, no link, that was not written to of late. A clock that was put back makes none old.
fn is_old(entry: &DirEntry) -> bool {
    let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
    let written = entry.metadata().and_then(|meta| meta.modified()).ok();
    let age = written.and_then(|written| SystemTime::now().duration_since(written).ok());
    is_file && age.is_some_and(|age| age >= OLD)
}

fn is_uuid(text: &str) -> bool {
    let mut chars = text.char_indices();
    text.len() == UUID_CHARS
        && chars.all(|(at, c)| if [8, 13, 18, 23].contains(&at) { c == '-' } else { c.is_ascii_hexdigit() })
}

/// Everything that looks like such a file in the rows of services and in mails that wait.
fn named(connection: &Connection) -> Result<BTreeSet<String>> {
    let sql = "SELECT key || ' ' || row FROM kept WHERE kind LIKE 'service:%' \
               UNION ALL SELECT data FROM mail_queue WHERE state = 'waiting'";
    let mut statement = connection.prepare(sql)?;
    let mut rows = statement.query([])?;
    let mut named = BTreeSet::new();
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        for folder in FOLDERS {
            let start = format!("{folder}/");
            let found =
                text.match_indices(&start).filter_map(|(at, _)| text.get(at..at + start.len() + UUID_CHARS));
            named.extend(found.map(str::to_owned));
        }
    }
    Ok(named)
}
