//! Changes of rows: done here at once, written together, undone if they could not be written.

use super::Mailboxes;
use crate::message::{BOX, DRAFT};
use crate::request::Answer;
use crate::{BoxRow, Message, Part, Uuid};
use cordboard_app::{AskId, Change, MailOrder, ServiceOutput};
use cordboard_base::CallId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Rows are kept until they are forgotten.
const NEVER_UNIX_S: i64 = i64::MAX;

/// Changes that are being put together.
#[derive(Debug, Default)]
pub(super) struct Work {
    changes: Vec<Change>,
    undo: Vec<Undo>,
    files: BTreeSet<String>,
    boxes: BTreeSet<String>,
}

/// Changes that are being written.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Commit {
    /// Who is answered, and what.
    answer: Option<(AskId, Answer)>,
    undo: Vec<Undo>,
    /// Files that lose their last name.
    files: BTreeSet<String>,
    /// Boxes whose counts may have changed.
    boxes: BTreeSet<String>,
}

/// What was there before.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Undo {
    Message(Uuid, Option<Box<Message>>),
    Box(String, Option<Box<BoxRow>>),
    Draft(String, CallId),
}

impl Mailboxes {
    pub(super) fn put_message(&mut self, work: &mut Work, message: Message) {
        let (key, row) = (message.key(), json(&message));
        work.changes.push(Change::Keep { key, row, expires_unix_s: NEVER_UNIX_S });
        work.boxes.insert(message.mailbox.clone());
        let id = message.id;
        let before = self.messages.insert(id, message);
        work.undo.push(Undo::Message(id, before.map(Box::new)));
    }

    pub(super) fn drop_message(&mut self, work: &mut Work, id: Uuid) {
        let Some(message) = self.messages.remove(&id) else { return };
        work.changes.push(Change::Forget { key: message.key() });
        work.boxes.insert(message.mailbox.clone());
        work.files.extend(message.audio.iter().map(|part| part.file.clone()));
        work.undo.push(Undo::Message(id, Some(Box::new(message))));
    }

    pub(super) fn put_box(&mut self, work: &mut Work, mailbox: String, row: BoxRow) {
        let (key, text) = (format!("{BOX}{mailbox}"), json(&row));
        work.changes.push(Change::Keep { key, row: text, expires_unix_s: NEVER_UNIX_S });
        let before = self.rows.insert(mailbox.clone(), row);
        work.files.extend(before.iter().flat_map(files).map(str::to_owned));
        work.undo.push(Undo::Box(mailbox, before.map(Box::new)));
    }

    /// A file that was being recorded is named by a row from now on.
    pub(super) fn name_draft(&mut self, work: &mut Work, file: &str) {
        if let Some(call) = self.drafts.remove(file) {
            work.changes.push(Change::Forget { key: format!("{DRAFT}{file}") });
            work.undo.push(Undo::Draft(file.to_owned(), call));
        }
    }

    pub(super) fn order_mail(work: &mut Work, order: MailOrder) {
        work.changes.push(Change::Mail(Box::new(order)));
    }

    /// Writes the changes; who asked is answered when they are written. Without any the answer comes at once.
    ///
    /// A file that loses its last name has a row of its own in the same transaction: should the process die before it is deleted,
    /// the next one deletes it.
    pub(super) fn commit(&mut self, mut work: Work, answer: Option<(AskId, Answer)>) {
        work.files.retain(|file| !self.is_named(file));
        work.changes.extend(work.files.iter().map(|file| Change::Keep {
            key: format!("{DRAFT}{file}"),
            row: "{}".to_owned(),
            expires_unix_s: NEVER_UNIX_S,
        }));
        if work.changes.is_empty() {
            if let Some((ask, answer)) = answer {
                self.answer(ask, &answer);
            }
            return;
        }
        let number = self.next_commit;
        self.next_commit += 1;
        self.out.push_back(ServiceOutput::Commit { number, changes: work.changes });
        let Work { undo, files, boxes, .. } = work;
        self.commits.insert(number, Commit { answer, undo, files, boxes });
    }

    pub(super) fn finish(&mut self, number: u64, failed: Option<String>) {
        let Some(Commit { answer, undo, files, boxes }) = self.commits.remove(&number) else { return };
        self.changed.extend(boxes);
        let is_written = failed.is_none();
        if is_written {
            for file in files {
                let key = format!("{DRAFT}{file}");
                self.out.extend([ServiceOutput::Unlink { file }, ServiceOutput::Forget { key }]);
            }
        } else {
            undo.into_iter().rev().for_each(|undo| self.undo(undo));
        }
        if let Some((ask, answer)) = answer {
            self.answer(ask, if is_written { &answer } else { &Answer::Failed });
        }
    }

    fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::Message(id, Some(message)) => drop(self.messages.insert(id, *message)),
            Undo::Message(id, None) => drop(self.messages.remove(&id)),
            Undo::Box(mailbox, Some(row)) => drop(self.rows.insert(mailbox, *row)),
            Undo::Box(mailbox, None) => drop(self.rows.remove(&mailbox)),
            Undo::Draft(file, call) => drop(self.drafts.insert(file, call)),
        }
    }

    fn is_named(&self, file: &str) -> bool {
        let in_messages =
            self.messages.values().flat_map(|message| &message.audio).any(|part| part.file == file);
        in_messages
            || self.drafts.contains_key(file)
            || self.rows.values().flat_map(files).any(|own| own == file)
    }

    /// A file is about to be recorded: it is named before it is there.
    pub(super) fn draft(&mut self, ask: AskId, call: CallId, file: String) {
        let mut work = Work::default();
        work.changes.push(Change::Keep {
            key: format!("{DRAFT}{file}"),
            row: "{}".to_owned(),
            expires_unix_s: NEVER_UNIX_S,
        });
        self.drafts.insert(file, call);
        self.commit(work, Some((ask, Answer::Done)));
    }

    /// Nothing came of it.
    pub(super) fn discard(&mut self, file: &str) {
        if self.drafts.remove(file).is_some() {
            self.out.push_back(ServiceOutput::Unlink { file: file.to_owned() });
            self.out.push_back(ServiceOutput::Forget { key: format!("{DRAFT}{file}") });
        }
    }

    pub(super) fn call_gone(&mut self, call: CallId) {
        let left: Vec<String> =
            self.drafts.iter().filter(|(_, of)| **of == call).map(|(file, _)| file.clone()).collect();
        left.iter().for_each(|file| self.discard(file));
    }
}

fn files(row: &BoxRow) -> impl Iterator<Item = &str> {
    let parts: [&Option<Part>; 4] = [&row.unavailable, &row.busy, &row.name, &row.temporary];
    parts.into_iter().flatten().map(|part| part.file.as_str())
}

fn json<T: Serialize>(row: &T) -> String {
    serde_json::to_string(row).unwrap_or_default()
}
