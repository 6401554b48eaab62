//! What outlives the process: one SQLite file, one thread that writes it.
//!
//! Commands are done in order, as many as are waiting in one transaction; answers go out after its commit, so what was answered
//! is on the disk. Each table has its file: [`node`] (seed and epoch), [`kept`] (bindings and their like), [`value`] (what
//! scripts keep), [`record`] (call records), [`mail_queue`] (mails to be sent).

mod appended;
mod file;
mod kept;
mod mail_queue;
mod node;
mod orphan;
mod record;
mod retention;
mod schema;
#[cfg(test)]
mod tests;
mod value;

pub use retention::Retention;

use crate::mail::Bell;
use crate::wake::{self, Waker};
use cordboard_app::{Change, Value};
use cordboard_base::SourceKey;
use cordboard_exchange::{StoreCommand, StoreReply, StoreRow};
use retention::SWEEP_EVERY;
use rusqlite::{Connection, OpenFlags};
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Commands that wait for the disk: some seconds of a busy office on a stalled disk. One more is refused and counted, unless
/// it is a call record.
const COMMANDS_MAX: usize = 16_384;
/// Call records that wait behind a full queue: an hour of twenty calls a second, about 70 MB. One more is written into the log.
const RECORDS_MAX: usize = 65_536;
/// Refusals between two lines of the log.
const REFUSALS_A_LINE: u64 = 1_000;
/// Commands in one transaction.
const BATCH_MAX: usize = 512;
/// Replies that wait for the shard; the thread waits for room.
const REPLIES_MAX: usize = 1_024;

/// How long who only reads waits for the thread that writes.
const READ_PATIENCE: Duration = Duration::from_secs(2);

/// Why the store can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file.
    #[error("{path}: {error}")]
    Open {
        /// Which.
        path: PathBuf,
        /// Why.
        error: String,
    },
    /// The thread.
    #[error("store: {0}")]
    Io(#[from] std::io::Error),
}

/// What was there when the store was opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// For [`cordboard_base::Source`]; its epoch is one higher than at the last start.
    pub key: SourceKey,
    /// Rows that have not expired.
    pub rows: Vec<StoreRow>,
}

/// Adds rows to the file of an exchange that does not run, all or none.
pub fn add_rows(path: &Path, rows: &[StoreRow]) -> Result<(), StoreError> {
    let failed = |error: schema::Error| StoreError::Open { path: path.to_owned(), error: error.to_string() };
    let add = || {
        let mut connection = schema::open(path)?;
        schema::make_durable(&connection)?;
        let transaction = connection.transaction()?;
        for row in rows {
            kept::keep(&transaction, &row.kind, &row.key, &row.row, row.expires_unix_s)?;
        }
        Ok(transaction.commit()?)
    };
    add().map_err(failed)
}

/// What scripts keep under a key, read beside an exchange that runs; `Unit` where there is nothing yet.
pub fn read_value(path: &Path, family: &str, key: &str) -> Result<Value, StoreError> {
    if !path.exists() {
        return Ok(Value::Unit);
    }
    let read = || {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(READ_PATIENCE)?;
        value::read(&connection, family, key)
    };
    read().map_err(|error| StoreError::Open { path: path.to_owned(), error: error.to_string() })
}

/// The rows of an exchange that does not run.
#[cfg(test)]
pub(crate) fn read_rows(path: &Path) -> rusqlite::Result<Vec<StoreRow>> {
    kept::load(&Connection::open(path)?, 0)
}

/// The shard's end of the store.
#[derive(Debug)]
pub struct Store {
    commands: mpsc::SyncSender<Box<StoreCommand>>,
    replies: wake::Receiver<StoreReply>,
    /// Answers to what found the queue full.
    refused: VecDeque<StoreReply>,
    refused_ever: u64,
    /// Call records that found the queue full, oldest first.
    waiting: VecDeque<Box<StoreCommand>>,
    lost_records: u64,
    thread: JoinHandle<()>,
}

impl Store {
    /// Opens or makes the file, brings its tables up to date, counts this start, and reads what is kept. `seed` is used if the
    /// node has none yet. `waker` wakes whoever calls [`Store::replies`], `mails` whoever sends mails.
    pub fn open(
        path: &Path,
        seed: [u8; 16],
        now_unix_s: i64,
        keep: Retention,
        waker: &Waker,
        mails: Bell,
    ) -> Result<(Self, Found), StoreError> {
        let failed =
            |error: schema::Error| StoreError::Open { path: path.to_owned(), error: error.to_string() };
        let connection = schema::open(path).map_err(failed)?;
        let key = node::start(&connection, seed).map_err(|error| failed(error.into()))?;
        let rows = kept::load(&connection, now_unix_s).map_err(|error| failed(error.into()))?;
        let swept = retention::sweep(&connection, keep, now_unix_s.saturating_mul(1_000_000))
            .map_err(|error| failed(error.into()))?;
        tracing::debug!(swept, "call records beyond their bounds");
        let (commands, from_shard) = mpsc::sync_channel(COMMANDS_MAX);
        let (to_shard, replies) = wake::channel(waker, REPLIES_MAX);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || serve(connection, keep, &mails, &from_shard, &to_shard))?;
        let store = Self {
            commands,
            replies,
            refused: VecDeque::new(),
            refused_ever: 0,
            waiting: VecDeque::new(),
            lost_records: 0,
            thread,
        };
        Ok((store, Found { key, rows }))
    }

    /// Queues a command; never waits for the disk.
    pub fn command(&mut self, command: StoreCommand) {
        self.send_waiting();
        let command = match self.commands.try_send(Box::new(command)) {
            Ok(()) => return,
            Err(mpsc::TrySendError::Full(command) | mpsc::TrySendError::Disconnected(command)) => command,
        };
        if let StoreCommand::Record { .. } = *command {
            return self.wait_with(command);
        }
        if self.refused_ever.is_multiple_of(REFUSALS_A_LINE) {
            tracing::error!(refused = self.refused_ever + 1, "not stored: the disk does not keep up");
        }
        self.refused_ever += 1;
        if let Some(id) = asked_by(&command) {
            self.refused
                .push_back(StoreReply::Value { id, value: Err("the store is overloaded".to_owned()) });
        }
    }

    /// A call record is kept until there is room for it, and if there is none even here it is written into the log: bills
    /// are made of them.
    fn wait_with(&mut self, command: Box<StoreCommand>) {
        if self.waiting.is_empty() {
            tracing::error!("call records wait: the disk does not keep up");
        }
        self.waiting.push_back(command);
        if self.waiting.len() <= RECORDS_MAX {
            return;
        }
        let Some(oldest) = self.waiting.pop_front() else { return };
        self.lost_records += 1;
        if let StoreCommand::Record { record, began_unix_us } = *oldest {
            let text = serde_json::to_string(&record).unwrap_or_else(|error| error.to_string());
            tracing::error!(lost = self.lost_records, began_unix_us, record = text, "call record not stored");
        }
    }

    fn send_waiting(&mut self) {
        while let Some(command) = self.waiting.pop_front() {
            if let Err(mpsc::TrySendError::Full(command) | mpsc::TrySendError::Disconnected(command)) =
                self.commands.try_send(command)
            {
                self.waiting.push_front(command);
                return;
            }
        }
    }

    /// The next answer, if there is one.
    pub fn reply(&mut self) -> Option<StoreReply> {
        self.send_waiting();
        self.refused.pop_front().or_else(|| self.replies.try_recv())
    }

    /// Commands that were refused since the start; for a metric.
    pub fn refused_ever(&self) -> u64 {
        self.refused_ever
    }

    /// Call records that are in the log alone, because the disk did not keep up; for a metric.
    pub fn lost_records(&self) -> u64 {
        self.lost_records
    }

    /// Writes what is queued and closes the file.
    pub fn stop(self) {
        let Self { commands, replies, thread, waiting, .. } = self;
        // Without its end the thread waits for no room for replies, so that there will be room for commands.
        drop(replies);
        for command in waiting {
            // Waits for room; if the thread is gone, it has said so.
            if commands.send(command).is_err() {
                tracing::error!("call record not stored: the store's thread is gone");
            }
        }
        drop(commands);
        if thread.join().is_err() {
            tracing::error!("the store's thread panicked");
        }
    }
}

fn asked_by(command: &StoreCommand) -> Option<u64> {
    match command {
        StoreCommand::Read { id, .. }
        | StoreCommand::Write { id, .. }
        | StoreCommand::List { id, .. }
        | StoreCommand::Commit { id, .. } => Some(*id),
        StoreCommand::Keep { .. }
        | StoreCommand::Forget { .. }
        | StoreCommand::Record { .. }
        | StoreCommand::Append { .. }
        | StoreCommand::Unlink { .. } => None,
    }
}

/// Whether a command has put a mail into the queue.
fn orders_mail(command: &StoreCommand) -> bool {
    let is_mail = |change: &Change| matches!(change, Change::Mail(_));
    matches!(command, StoreCommand::Commit { changes, .. } if changes.iter().any(is_mail))
}

fn serve(
    mut connection: Connection,
    keep: Retention,
    mails: &Bell,
    commands: &mpsc::Receiver<Box<StoreCommand>>,
    replies: &wake::Sender<StoreReply>,
) {
    if let Err(error) = schema::make_durable(&connection) {
        tracing::error!(%error, "the new store is not on the disk");
    }
    let mut written = 0;
    let names = orphan::sweep_names(&connection);
    tracing::debug!(names, "names for conferences of a former process");
    let mut looked = sweep_orphans(&connection);
    while let Ok(first) = commands.recv() {
        let batch: Vec<StoreCommand> = std::iter::once(first)
            .chain(commands.try_iter())
            .take(BATCH_MAX)
            .map(|command| *command)
            .collect();
        let answers = match together(&mut connection, &batch) {
            Ok(answers) => answers,
            // One bad command must not take the others with it.
            Err(error) => {
                tracing::warn!(%error, commands = batch.len(), "transaction failed; its commands are done one by one");
                batch.iter().filter_map(|command| alone(&mut connection, command)).collect()
            }
        };
        written += batch.iter().filter(|command| matches!(command, StoreCommand::Record { .. })).count();
        if written >= SWEEP_EVERY {
            written = 0;
            sweep(&connection, keep, &batch);
        }
        if batch.iter().any(orders_mail) {
            mails.ring();
        }
        if looked.elapsed() >= orphan::LOOK_EVERY {
            looked = sweep_orphans(&connection);
        }
        for answer in answers {
            if replies.send(answer).is_err() {
                tracing::debug!("an answer came after the end of the shard");
            }
        }
    }
    if let Err((_, error)) = connection.close() {
        tracing::error!(%error, "closing the store");
    }
}

/// Deletes files that nothing names. When that was.
fn sweep_orphans(connection: &Connection) -> Instant {
    match orphan::sweep(connection) {
        Ok(0) => {}
        Ok(swept) => tracing::info!(swept, "files that nothing names deleted"),
        Err(error) => tracing::error!(%error, "files that nothing names not looked for"),
    }
    Instant::now()
}

/// Deletes old call records; `batch` has one that says what time it is.
fn sweep(connection: &Connection, keep: Retention, batch: &[StoreCommand]) {
    let began = |command: &StoreCommand| match command {
        StoreCommand::Record { began_unix_us, .. } => Some(*began_unix_us),
        StoreCommand::Keep { .. }
        | StoreCommand::Forget { .. }
        | StoreCommand::Append { .. }
        | StoreCommand::Commit { .. }
        | StoreCommand::Unlink { .. }
        | StoreCommand::Read { .. }
        | StoreCommand::Write { .. }
        | StoreCommand::List { .. } => None,
    };
    let Some(now_unix_us) = batch.iter().filter_map(began).max() else { return };
    match retention::sweep(connection, keep, now_unix_us) {
        Ok(0) => {}
        Ok(swept) => tracing::info!(swept, "old call records deleted"),
        Err(error) => tracing::error!(%error, "old call records not deleted"),
    }
}

fn together(connection: &mut Connection, batch: &[StoreCommand]) -> rusqlite::Result<Vec<StoreReply>> {
    let transaction = connection.transaction()?;
    let mut answers = Vec::new();
    for command in batch {
        answers.extend(perform(&transaction, command)?);
    }
    transaction.commit()?;
    Ok(answers)
}

fn alone(connection: &mut Connection, command: &StoreCommand) -> Option<StoreReply> {
    match together(connection, std::slice::from_ref(command)) {
        Ok(mut answers) => answers.pop(),
        Err(error) => {
            // The command itself stays out of the log: a value may be a PIN.
            tracing::error!(%error, "not stored");
            let id = asked_by(command)?;
            Some(StoreReply::Value { id, value: Err(error.to_string()) })
        }
    }
}

fn perform(connection: &Connection, command: &StoreCommand) -> rusqlite::Result<Option<StoreReply>> {
    let answer = |id: u64, value| Some(StoreReply::Value { id, value: Ok(value) });
    Ok(match command {
        StoreCommand::Keep { kind, key, row, expires_unix_s } => {
            kept::keep(connection, kind, key, row, *expires_unix_s)?;
            None
        }
        StoreCommand::Forget { kind, key } => {
            kept::forget(connection, kind, key)?;
            None
        }
        StoreCommand::Append { log, line } => {
            appended::append(connection, log, line);
            None
        }
        StoreCommand::Commit { id, kind, changes } => {
            for change in changes {
                commit(connection, kind, change)?;
            }
            answer(*id, cordboard_app::Value::Unit)
        }
        StoreCommand::Unlink { file } => {
            // The mail of a message that was deleted meanwhile has its sound all the same; the file is an orphan then.
            if !orphan::is_in_a_mail(connection, file)? {
                file::unlink(connection, file);
            }
            None
        }
        StoreCommand::Record { record, began_unix_us } => {
            record::write(connection, record, *began_unix_us)?;
            None
        }
        StoreCommand::Read { id, family, key } => answer(*id, value::read(connection, family, key)?),
        StoreCommand::Write { id, family, key, value } => {
            value::write(connection, family, key, value.as_ref())?;
            answer(*id, cordboard_app::Value::Unit)
        }
        StoreCommand::List { id, family } => answer(*id, value::list(connection, family)?),
    })
}

fn commit(connection: &Connection, kind: &str, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Keep { key, row, expires_unix_s } => kept::keep(connection, kind, key, row, *expires_unix_s),
        Change::Forget { key } => kept::forget(connection, kind, key),
        Change::Mail(order) => mail_queue::order(connection, order),
    }
}

/// What SQLite is told when a value can't be written as JSON or read from it.
fn not_json(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}
