//! The mailboxes of an office: one machine that owns every message and every greeting.
//!
//! ```text
//!  Request ──▶ read ──────────────────────────────▶ Answer
//!          └─▶ change here, Commit ──Written──────▶ Answer, files that nothing names any more are deleted
//!                                  └─failed: undone ▶ Failed
//!  Draft (a file is being recorded) ──Deposit, SetGreeting, Forward──▶ named by a row
//!                                   └─Discard, call gone, restart───▶ deleted
//! ```
//! It never tells a program that something is done before it is on the disk.

mod boxes;
mod deliver;
mod guard;
mod rows;

use crate::message::{BOX, MESSAGE, TRIES};
use crate::request::{Answer, KIND, Request};
use crate::{BoxRow, Folder, Message, Notice, Settings, Uuid};
use cordboard_app::spoken::{DRAFT, Files};
use cordboard_app::{Answered, AskId, Asker, Level, MailboxCounts, Moment, Service, ServiceOutput, Value};
use cordboard_base::{CallId, Time};
use core::time::Duration;
use rows::Then;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How often old messages are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);

/// The state of the whole.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Mailboxes {
    settings: Settings,
    messages: BTreeMap<Uuid, Message>,
    rows: BTreeMap<String, BoxRow>,
    /// Files that no row names yet, and what is being written.
    files: Files<Then>,
    /// Wrong PINs, and who is kept out for them.
    #[serde(default)]
    guard: guard::Guard,
    /// Boxes that are open, and in which calls: several owners may listen at once.
    #[serde(default)]
    open: BTreeSet<(String, CallId)>,
    /// Boxes whose counts are to be told.
    changed: BTreeSet<String>,
    next_sweep: Option<Time>,
    /// Whether what a former life left half done has been put right.
    is_tidy: bool,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

impl Service for Mailboxes {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn configured(&mut self, at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        let settings: Settings = serde_json::from_str(settings)?;
        self.changed.extend(self.settings.boxes.keys().cloned());
        self.settings = settings;
        self.changed.extend(self.settings.boxes.keys().cloned());
        self.next_sweep = Some(at.now);
        Ok(())
    }

    fn kept(&mut self, _at: Moment, key: String, row: &str) {
        self.take_row(&key, row);
    }

    fn asked(&mut self, at: Moment, ask: AskId, asker: &Asker, request: &Value) -> Answered {
        self.requested(at, ask, asker, request.request(KIND)?);
        Ok(None)
    }

    fn gone(&mut self, _at: Moment, call: CallId) {
        self.files.gone(&mut self.out, call);
        self.abandoned(call);
    }

    fn written(&mut self, _at: Moment, number: u64, failed: Option<String>) {
        self.finish(number, failed);
    }

    fn told(&mut self, _at: Moment, message: &Value) {
        if let Some(Notice::Mailed { message }) = message.to() {
            self.mailed(message);
        }
    }

    fn tick(&mut self, at: Moment) {
        self.sweep(at);
    }

    fn next_deadline(&self) -> Option<Time> {
        self.next_sweep
    }

    /// Of many changes the last count is told.
    fn last(&mut self) -> Option<ServiceOutput> {
        self.changed.pop_first().map(|mailbox| self.counted(mailbox))
    }
}

impl Mailboxes {
    fn take_row(&mut self, key: &str, row: &str) {
        if let Some(file) = key.strip_prefix(DRAFT) {
            // Whoever recorded it is gone with the process.
            let (file, key) = (file.to_owned(), key.to_owned());
            self.out.extend([ServiceOutput::Unlink { file }, ServiceOutput::Forget { key }]);
        } else if Files::<Then>::kept(&mut self.out, key) {
        } else if key.starts_with(MESSAGE) {
            match serde_json::from_str::<Message>(row) {
                Ok(message) => {
                    self.changed.insert(message.mailbox.clone());
                    self.messages.insert(message.id, message);
                }
                Err(error) => self.log(format!("{key} not understood: {error}")),
            }
        } else if key.starts_with(TRIES) {
            self.guard.take_row(key, row);
        } else if let Some(mailbox) = key.strip_prefix(BOX) {
            match serde_json::from_str(row) {
                Ok(kept) => drop(self.rows.insert(mailbox.to_owned(), kept)),
                Err(error) => self.log(format!("{key} not understood: {error}")),
            }
        }
    }

    fn requested(&mut self, at: Moment, ask: AskId, asker: &Asker, request: Request) {
        let answer = match request {
            Request::Greet { boxes, busy } => self.greet(&boxes, busy),
            Request::Own => self.own(asker),
            Request::Names { mailboxes } => {
                let value = Ok(Value::of(&self.names(&mailboxes)));
                return self.out.push_back(ServiceOutput::Answer { ask, value });
            }
            Request::Knows { mailbox } => self.knows(&mailbox),
            Request::List { mailbox, folder } => Answer::Messages(self.list(&mailbox, folder)),
            Request::Login { mailbox, pin } => self.login(at, asker, mailbox, pin),
            Request::Draft { file, instead_of } => {
                instead_of.into_iter().for_each(|file| self.files.discard(&mut self.out, &file));
                return self.draft(ask, asker.call, file);
            }
            Request::Discard { file } => {
                self.files.discard(&mut self.out, &file);
                Answer::Done
            }
            Request::Deposit { id, boxes, audio, urgent, anonymous, category } => {
                let left = deliver::Left { audio, urgent, anonymous, category };
                return self.deposit(at, (ask, asker), id, &boxes, left);
            }
            Request::Forward { id, new, boxes, comment, from } => {
                return self.forward(at, ask, (id, new), &boxes, (comment, &from));
            }
            Request::Heard { id } => return self.change(ask, id, |message| message.heard = true),
            Request::Delete { id, deleted } => {
                return self.change(ask, id, |message| message.deleted = deleted);
            }
            Request::Move { id, folder } => {
                return self.change(ask, id, |message| {
                    // What is put back among the new ones stays there when the box is left.
                    message.heard &= folder != Folder::New;
                    message.folder = folder;
                });
            }
            Request::SetGreeting { mailbox, which, audio } => {
                return self.set_greeting(ask, mailbox, which, audio);
            }
            Request::SetPin { mailbox, pin } => return self.set_pin(ask, mailbox, pin),
            Request::Close { mailbox } => return self.close(ask, asker.call, mailbox),
        };
        self.answer(ask, &answer);
    }

    fn answer(&mut self, ask: AskId, answer: &Answer) {
        self.out.push_back(ServiceOutput::Answer { ask, value: Ok(Value::of(answer)) });
    }

    fn log(&mut self, text: String) {
        self.out.push_back(ServiceOutput::Log { level: Level::Error, text });
    }

    /// What the lamps of a box are to show.
    fn counted(&self, mailbox: String) -> ServiceOutput {
        let account = self.settings.number.clone();
        let Some(settings) = self.settings.boxes.get(&mailbox) else {
            return ServiceOutput::Mailbox { mailbox, counts: None, lamps: Vec::new(), account };
        };
        let mut counts = MailboxCounts::default();
        for message in self.in_box(&mailbox) {
            let (all, urgent) = if message.folder == Folder::New {
                (&mut counts.new, &mut counts.new_urgent)
            } else {
                (&mut counts.old, &mut counts.old_urgent)
            };
            *all += 1;
            *urgent += u32::from(message.urgent);
        }
        let own = std::iter::once(&mailbox).filter(|mailbox| !settings.users.contains(mailbox));
        let lamps = own.chain(&settings.users).cloned().collect();
        ServiceOutput::Mailbox { counts: Some(counts), lamps, account, mailbox }
    }

    /// The messages of a box that are not deleted.
    fn in_box(&self, mailbox: &str) -> impl Iterator<Item = &Message> {
        self.messages.values().filter(move |message| message.mailbox == mailbox && !message.deleted)
    }

    /// Deletes what is too old, and once after a start what was deleted or heard in a former life.
    fn sweep(&mut self, at: Moment) {
        self.next_sweep = Some(at.now + SWEEP_EVERY);
        let mut work = rows::Work::default();
        if !core::mem::replace(&mut self.is_tidy, true) {
            let boxes: BTreeSet<String> =
                self.messages.values().map(|message| message.mailbox.clone()).collect();
            boxes.iter().for_each(|mailbox| self.leave(&mut work, mailbox));
        }
        let is_old = |message: &&Message| {
            let days = self.settings.boxes.get(&message.mailbox).map_or(0, |settings| settings.keep_days);
            let kept_us = i64::from(days).saturating_mul(86_400_000_000);
            days > 0 && message.received_unix_us.saturating_add(kept_us) < at.unix_us
        };
        let old: Vec<Uuid> = self.messages.values().filter(is_old).map(|message| message.id).collect();
        old.into_iter().for_each(|id| self.drop_message(&mut work, id));
        self.commit(work, None);
    }

    /// Its mail is with the server.
    fn mailed(&mut self, id: Uuid) {
        let deletes = |message: &Message| {
            let settings = self.settings.boxes.get(&message.mailbox);
            settings.is_some_and(|settings| settings.delete_after_mail)
        };
        if self.messages.get(&id).is_some_and(deletes) {
            let mut work = rows::Work::default();
            self.drop_message(&mut work, id);
            self.commit(work, None);
        }
    }
}
