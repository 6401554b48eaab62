//! What outlives the process: one SQLite file, one thread that writes it.
//!
//! Commands are done in order, as many as are waiting in one transaction; answers go out after its commit, so what was answered
//! is on the disk. Each table has its file: [`node`] (seed and epoch), [`kept`] (bindings and their like), [`value`] (what
//! scripts keep), [`record`] (call records).

mod kept;
mod node;
mod record;
mod schema;
#[cfg(test)]
mod tests;
mod value;

use crate::wake::{self, Waker};
use cordboard_base::SourceKey;
use cordboard_exchange::{StoreCommand, StoreReply, StoreRow};
use rusqlite::Connection;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

/// Commands that wait for the disk: some seconds of a busy office on a stalled disk. One more is refused and counted.
const COMMANDS_MAX: usize = 16_384;
/// Commands in one transaction.
const BATCH_MAX: usize = 512;
/// Replies that wait for the shard; the thread waits for room.
const REPLIES_MAX: usize = 1_024;

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

/// The shard's end of the store.
#[derive(Debug)]
pub struct Store {
    commands: mpsc::SyncSender<Box<StoreCommand>>,
    replies: wake::Receiver<StoreReply>,
    /// Answers to what found the queue full.
    refused: VecDeque<StoreReply>,
    refused_ever: u64,
    thread: JoinHandle<()>,
}

impl Store {
    /// Opens or makes the file, brings its tables up to date, counts this start, and reads what is kept. `seed` is used if the
    /// node has none yet. `waker` wakes whoever calls [`Store::replies`].
    pub fn open(
        path: &Path,
        seed: [u8; 16],
        now_unix_s: i64,
        waker: &Waker,
    ) -> Result<(Self, Found), StoreError> {
        let failed =
            |error: schema::Error| StoreError::Open { path: path.to_owned(), error: error.to_string() };
        let connection = schema::open(path).map_err(failed)?;
        let key = node::start(&connection, seed).map_err(|error| failed(error.into()))?;
        let rows = kept::load(&connection, now_unix_s).map_err(|error| failed(error.into()))?;
        let (commands, from_shard) = mpsc::sync_channel(COMMANDS_MAX);
        let (to_shard, replies) = wake::channel(waker, REPLIES_MAX);
        let thread = std::thread::Builder::new()
            .name("store".to_owned())
            .spawn(move || serve(connection, &from_shard, &to_shard))?;
        let store = Self { commands, replies, refused: VecDeque::new(), refused_ever: 0, thread };
        Ok((store, Found { key, rows }))
    }

    /// Queues a command; never waits for the disk.
    pub fn command(&mut self, command: StoreCommand) {
        let command = match self.commands.try_send(Box::new(command)) {
            Ok(()) => return,
            Err(mpsc::TrySendError::Full(command) | mpsc::TrySendError::Disconnected(command)) => command,
        };
        self.refused_ever += 1;
        tracing::error!("not stored: the disk does not keep up");
        if let Some(id) = asked_by(&command) {
            self.refused
                .push_back(StoreReply::Value { id, value: Err("the store is overloaded".to_owned()) });
        }
    }

    /// The next answer, if there is one.
    pub fn reply(&mut self) -> Option<StoreReply> {
        self.refused.pop_front().or_else(|| self.replies.try_recv())
    }

    /// Commands that were refused since the start; for a metric.
    pub fn refused_ever(&self) -> u64 {
        self.refused_ever
    }

    /// Writes what is queued and closes the file.
    pub fn stop(self) {
        let Self { commands, replies, thread, .. } = self;
        // With both ends gone the thread neither waits for commands nor for room for replies.
        drop((commands, replies));
        if thread.join().is_err() {
            tracing::error!("the store's thread panicked");
        }
    }
}

fn asked_by(command: &StoreCommand) -> Option<u64> {
    match command {
        StoreCommand::Read { id, .. } | StoreCommand::Write { id, .. } | StoreCommand::List { id, .. } => {
            Some(*id)
        }
        StoreCommand::Keep { .. } | StoreCommand::Forget { .. } | StoreCommand::Record { .. } => None,
    }
}

fn serve(
    mut connection: Connection,
    commands: &mpsc::Receiver<Box<StoreCommand>>,
    replies: &wake::Sender<StoreReply>,
) {
    if let Err(error) = schema::make_durable(&connection) {
        tracing::error!(%error, "the new store is not on the disk");
    }
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

/// What SQLite is told when a value can't be written as JSON or read from it.
fn not_json(error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::ToSqlConversionFailure(Box::new(error))
}
