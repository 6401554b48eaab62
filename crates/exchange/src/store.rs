//! What the exchange wants kept, and what it gets back. The store is a thread of the shell's; nothing here waits for it but
//! what says so.

use cordboard_app::{Change, Value};
use cordboard_call::CallRecord;
use serde::{Deserialize, Serialize};

/// To the store. Writes are done in order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StoreCommand {
    /// Keeps a row: a binding, a subscription, a publication. `row` is JSON, opaque to the store.
    Keep {
        /// `binding`, `subscription`, `publication`, `trunk`.
        kind: String,
        /// Unique within the kind.
        key: String,
        /// JSON.
        row: String,
        /// When it is worthless, in Unix seconds.
        expires_unix_s: i64,
    },
    /// Forgets it.
    Forget {
        /// As above.
        kind: String,
        /// As above.
        key: String,
    },
    /// Writes all of these changes or none; answered by [`StoreReply::Value`] with `Unit` when they are durable.
    Commit {
        /// To answer by.
        id: u64,
        /// Of the rows that are kept and forgotten.
        kind: String,
        /// What.
        changes: Vec<Change>,
    },
    /// Deletes a file, when everything before is durable.
    Unlink {
        /// Within the data directory, in a folder of it.
        file: String,
    },
    /// Writes a call record. Times in it are turned to the wall clock by `began_unix_us`.
    Record {
        /// The record.
        record: Box<CallRecord>,
        /// The wall clock when it began, in microseconds.
        began_unix_us: i64,
    },
    /// Appends a line to a log that other programs read.
    Append {
        /// The file's name within the data directory: `queue_log`.
        log: String,
        /// The line, without its end.
        line: String,
    },
    /// Reads a value; answered by [`StoreReply::Value`].
    Read {
        /// To answer by.
        id: u64,
        /// Family.
        family: String,
        /// Key.
        key: String,
    },
    /// Writes or, with `None`, deletes a value; answered by [`StoreReply::Value`] with `Unit` when it is durable.
    Write {
        /// To answer by.
        id: u64,
        /// Family.
        family: String,
        /// Key.
        key: String,
        /// The value.
        value: Option<Value>,
    },
    /// The keys of a family, sorted; answered by [`StoreReply::Value`] with a list of texts.
    List {
        /// To answer by.
        id: u64,
        /// Family.
        family: String,
    },
}

/// From the store.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum StoreReply {
    /// To `Read`, `Write`, `List`, `Commit`.
    Value {
        /// Of which command.
        id: u64,
        /// The value, or why there is none.
        value: Result<Value, String>,
    },
}

/// A row as it was kept; all that have not expired are handed in when the exchange starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreRow {
    /// `binding`, `subscription`, `publication`, `trunk`.
    pub kind: String,
    /// Unique within the kind.
    pub key: String,
    /// JSON.
    pub row: String,
    /// When it is worthless, in Unix seconds.
    pub expires_unix_s: i64,
}
