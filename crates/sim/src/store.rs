//! The store in memory: kept rows, values, call records.

use cordboard_app::{Change, MailOrder, Value};
use cordboard_call::CallRecord;
use cordboard_exchange::{StoreCommand, StoreReply, StoreRow};
use std::collections::BTreeMap;

/// What the exchange has kept.
#[derive(Clone, Debug, Default)]
pub struct Store {
    /// By kind and key: the row and when it is worthless, in Unix seconds.
    pub rows: BTreeMap<(String, String), (String, i64)>,
    /// Values by family and key.
    pub values: BTreeMap<(String, String), Value>,
    /// Call records in the order in which calls ended.
    pub records: Vec<CallRecord>,
    /// Mails that were ordered.
    pub mails: Vec<MailOrder>,
    /// Files that were deleted.
    pub unlinked: Vec<String>,
    /// Why nothing can be committed: a full disk.
    pub fails: Option<String>,
    /// Whether values can neither be read nor written.
    pub broken: bool,
    /// Lines of logs by name.
    pub logs: BTreeMap<String, Vec<String>>,
}

impl Store {
    pub(crate) fn handle(&mut self, command: StoreCommand) -> Option<StoreReply> {
        match command {
            StoreCommand::Keep { kind, key, row, expires_unix_s } => {
                self.rows.insert((kind, key), (row, expires_unix_s));
                None
            }
            StoreCommand::Forget { kind, key } => {
                self.rows.remove(&(kind, key));
                None
            }
            StoreCommand::Commit { id, kind, changes } => {
                let value = self.fails.clone().map_or(Ok(Value::Unit), Err);
                if value.is_ok() {
                    changes.into_iter().for_each(|change| self.commit(&kind, change));
                }
                Some(StoreReply::Value { id, value })
            }
            StoreCommand::Unlink { file } => {
                self.unlinked.push(file);
                None
            }
            StoreCommand::Append { log, line } => {
                self.logs.entry(log).or_default().push(line);
                None
            }
            StoreCommand::Record { record, .. } => {
                self.records.push(*record);
                None
            }
            StoreCommand::Read { id, .. }
            | StoreCommand::Write { id, .. }
            | StoreCommand::List { id, .. }
                if self.broken =>
            {
                Some(StoreReply::Value { id, value: Err("the database does not answer".to_owned()) })
            }
            StoreCommand::Read { id, family, key } => {
                let value = self.values.get(&(family, key)).cloned().unwrap_or(Value::Unit);
                Some(StoreReply::Value { id, value: Ok(value) })
            }
            StoreCommand::Write { id, family, key, value } => {
                match value {
                    Some(value) => self.values.insert((family, key), value),
                    None => self.values.remove(&(family, key)),
                };
                Some(StoreReply::Value { id, value: Ok(Value::Unit) })
            }
            StoreCommand::List { id, family } => {
                let keys = self.values.keys().filter(|(of, _)| *of == family);
                let keys = keys.map(|(_, key)| Value::Text(key.clone())).collect();
                Some(StoreReply::Value { id, value: Ok(Value::List(keys)) })
            }
        }
    }

    fn commit(&mut self, kind: &str, change: Change) {
        match change {
            Change::Keep { key, row, expires_unix_s } => {
                self.rows.insert((kind.to_owned(), key), (row, expires_unix_s));
            }
            Change::Forget { key } => drop(self.rows.remove(&(kind.to_owned(), key))),
            Change::Mail(order) => {
                let is_same =
                    |other: &MailOrder| (&other.message, &other.kind) == (&order.message, &order.kind);
                if !self.mails.iter().any(is_same) {
                    self.mails.push(*order);
                }
            }
        }
    }

    /// The rows as a starting exchange is given them.
    pub(crate) fn kept(&self, now_unix_s: i64) -> Vec<StoreRow> {
        let fresh = self.rows.iter().filter(|(_, (_, expires))| *expires > now_unix_s);
        fresh
            .map(|((kind, key), (row, expires))| StoreRow {
                kind: kind.clone(),
                key: key.clone(),
                row: row.clone(),
                expires_unix_s: *expires,
            })
            .collect()
    }
}
