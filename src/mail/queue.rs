//! The queue of mails, a table of the store's file. The store writes orders, this connection what becomes of them; SQLite lets one
//! write at a time, each for less than a millisecond.

use cordboard_app::VoicemailMail;
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::Path;
use std::time::Duration;

/// For the store to let go of the file.
const BUSY: Duration = Duration::from_secs(10);
/// Of what the server says, as much is kept.
const DETAIL_CHARS_MAX: usize = 500;
/// Kinds of mails: what is not the one is the other.
const VOICEMAIL: &str = "voicemail";
const DICTATION: &str = "dictation";
const EMERGENCY: &str = "emergency";

/// The queue.
#[derive(Debug)]
pub struct Queue(Connection);

/// Why the queue can't be used.
pub type QueueError = rusqlite::Error;

/// A mail in the queue.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[allow(missing_docs, reason = "as the columns of the table, which say it")]
pub struct Waiting {
    pub id: i64,
    pub mailbox: String,
    pub message: String,
    pub kind: String,
    #[serde(skip)]
    data: String,
    pub state: String,
    pub done: i64,
    pub attempts: u32,
    pub next_unix_s: i64,
    pub begun_unix_s: i64,
    pub changed_unix_s: i64,
    pub detail: String,
}

const COLUMNS: &str = "id, mailbox, message, kind, data, state, done, attempts, next_unix_s, begun_unix_s, changed_unix_s, detail";

impl Queue {
    /// Opens the store's file, whose tables are there.
    pub fn open(path: &Path) -> Result<Self, QueueError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "synchronous", "full")?;
        Ok(Self(connection))
    }

    /// Those to be tried now, oldest first.
    pub fn due(&self, now_unix_s: i64, most: usize) -> Result<Vec<Waiting>, QueueError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM mail_queue WHERE state = 'waiting' AND next_unix_s <= ?1 ORDER BY id LIMIT ?2"
        );
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.0.prepare_cached(&sql)?.query_map([now_unix_s, most], read)?.collect()
    }

    /// When the next one is to be tried.
    pub fn next_s(&self) -> Result<Option<i64>, QueueError> {
        let sql = "SELECT min(next_unix_s) FROM mail_queue WHERE state = 'waiting'";
        Ok(self.0.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?.flatten())
    }

    /// Notes what became of one.
    pub fn note(&self, waiting: &Waiting, now_unix_s: i64) -> Result<(), QueueError> {
        let sql = "UPDATE mail_queue SET state = ?2, done = ?3, attempts = ?4, next_unix_s = ?5, begun_unix_s = ?6, \
                   changed_unix_s = ?7, detail = ?8 WHERE id = ?1";
        let detail: String = waiting.detail.chars().take(DETAIL_CHARS_MAX).collect();
        self.0.prepare_cached(sql)?.execute(params![
            waiting.id,
            waiting.state,
            waiting.done,
            waiting.attempts,
            waiting.next_unix_s,
            waiting.begun_unix_s,
            now_unix_s,
            detail
        ])?;
        Ok(())
    }

    /// Forgets those that were done with before.
    pub fn sweep(&self, before_unix_s: i64) -> Result<usize, QueueError> {
        let sql = "DELETE FROM mail_queue WHERE state <> 'waiting' AND changed_unix_s < ?1";
        self.0.prepare_cached(sql)?.execute([before_unix_s])
    }

    /// The mail about a message, if its row is still there.
    pub fn about(&self, kind: &str, message: &str) -> Result<Option<Waiting>, QueueError> {
        let sql = format!("SELECT {COLUMNS} FROM mail_queue WHERE kind = ?1 AND message = ?2");
        self.0.prepare_cached(&sql)?.query_row([kind, message], read).optional()
    }

    /// The newest, for an operator.
    pub fn list(&self, most: u32) -> Result<Vec<Waiting>, QueueError> {
        let sql = format!("SELECT {COLUMNS} FROM mail_queue ORDER BY id DESC LIMIT ?1");
        self.0.prepare(&sql)?.query_map([most], read)?.collect()
    }

    /// Has one tried again at once, or all that were given up or wait. How many those are.
    pub fn retry(&self, id: Option<i64>) -> Result<usize, QueueError> {
        // Who has it already does not get it twice: `done` stays.
        let sql = "UPDATE mail_queue SET state = 'waiting', next_unix_s = 0, begun_unix_s = 0 \
                   WHERE state <> 'sent' AND (?1 IS NULL OR id = ?1)";
        self.0.execute(sql, [id])
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    Ok(Waiting {
        id: row.get(0)?,
        mailbox: row.get(1)?,
        message: row.get(2)?,
        kind: row.get(3)?,
        data: row.get(4)?,
        state: row.get(5)?,
        done: row.get(6)?,
        attempts: row.get(7)?,
        next_unix_s: row.get(8)?,
        begun_unix_s: row.get(9)?,
        changed_unix_s: row.get(10)?,
        detail: row.get(11)?,
    })
}

impl Waiting {
    /// What it is made of.
    pub(super) fn data(&self) -> Option<VoicemailMail> {
        let is_known = [VOICEMAIL, DICTATION, EMERGENCY].contains(&self.kind.as_str());
        is_known.then(|| serde_json::from_str(&self.data).ok()).flatten()
    }

    /// Whether it tells of an emergency call.
    pub(super) fn is_emergency(&self) -> bool {
        self.kind == EMERGENCY
    }

    /// Whether it is a finished dictation, not a message that was left.
    pub(super) fn is_dictation(&self) -> bool {
        self.kind == DICTATION
    }

    pub(super) fn is_done(&self, recipient: usize) -> bool {
        self.done & (1 << recipient) != 0
    }

    pub(super) fn done_with(&mut self, recipient: usize, answer: &str) {
        self.done |= 1 << recipient;
        answer.clone_into(&mut self.detail);
    }

    pub(super) fn fail(&mut self, why: &str) {
        self.state = "failed".to_owned();
        why.clone_into(&mut self.detail);
    }
}
