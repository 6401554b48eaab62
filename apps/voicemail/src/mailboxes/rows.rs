//! Changes of rows: done here at once, written together, undone if they could not be written.

use super::Mailboxes;
use crate::message::BOX;
use crate::request::Answer;
use crate::{BoxRow, Message, Part, Uuid};
use cordboard_app::spoken::keep;
use cordboard_app::{AskId, Change, MailOrder};
use cordboard_base::CallId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Changes that are being put together.
#[derive(Debug, Default)]
pub(super) struct Work {
    changes: Vec<Change>,
    undo: Vec<Undo>,
    files: BTreeSet<String>,
    boxes: BTreeSet<String>,
}

/// What follows when changes are written, or could not be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Then {
    /// Who is answered, and what.
    answer: Option<(AskId, Answer)>,
    undo: Vec<Undo>,
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
        work.changes.push(keep(key, row));
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
        work.changes.push(keep(key, text));
        let before = self.rows.insert(mailbox.clone(), row);
        work.files.extend(before.iter().flat_map(files).map(str::to_owned));
        work.undo.push(Undo::Box(mailbox, before.map(Box::new)));
    }

    /// A file that was being recorded is named by a row from now on.
    pub(super) fn name_draft(&mut self, work: &mut Work, file: &str) {
        if let Some((change, call)) = self.files.end(file) {
            work.changes.push(change);
            work.undo.push(Undo::Draft(file.to_owned(), call));
        }
    }

    pub(super) fn order_mail(work: &mut Work, order: MailOrder) {
        work.changes.push(Change::Mail(Box::new(order)));
    }

    /// Writes the changes; who asked is answered when they are written. Without any the answer comes at once. A file that loses its
    /// last name is deleted then.
    pub(super) fn commit(&mut self, work: Work, answer: Option<(AskId, Answer)>) {
        let Work { changes, undo, mut files, boxes } = work;
        files.retain(|file| !self.is_named(file));
        let then = Then { answer, undo, boxes };
        if let Some(then) = self.files.write(&mut self.out, changes, files, then) {
            self.then(then, true);
        }
    }

    pub(super) fn finish(&mut self, number: u64, failed: Option<String>) {
        let is_written = failed.is_none();
        if let Some(then) = self.files.written(&mut self.out, number, is_written) {
            self.then(then, is_written);
        }
    }

    fn then(&mut self, Then { answer, undo, boxes }: Then, is_written: bool) {
        self.changed.extend(boxes);
        if !is_written {
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
            Undo::Draft(file, call) => drop(self.files.begin(call, file.clone(), &file)),
        }
    }

    fn is_named(&self, file: &str) -> bool {
        let in_messages =
            self.messages.values().flat_map(|message| &message.audio).any(|part| part.file == file);
        in_messages || self.files.is_draft(file) || self.rows.values().flat_map(files).any(|own| own == file)
    }

    /// A file is about to be recorded: it is named before it is there.
    pub(super) fn draft(&mut self, ask: AskId, call: CallId, file: String) {
        let changes = vec![self.files.begin(call, file.clone(), &file)];
        self.commit(Work { changes, ..Work::default() }, Some((ask, Answer::Done)));
    }
}

fn files(row: &BoxRow) -> impl Iterator<Item = &str> {
    let parts: [&Option<Part>; 4] = [&row.unavailable, &row.busy, &row.name, &row.temporary];
    parts.into_iter().flatten().map(|part| part.file.as_str())
}

fn json<T: Serialize>(row: &T) -> String {
    serde_json::to_string(row).unwrap_or_default()
}
