//! All dictations of the office: what is kept of them, and the mails of those that are finished.
//!
//! ```text
//!  Draft ─▶ row, Commit ─written─▶ Done: the file is named before it is there
//!  Append, Erase, Send ─▶ changed here, Commit ─written─▶ Done, files of what was erased are deleted
//!                                             └─failed──▶ undone, Failed
//!  a draft of a former life ─▶ a part of its dictation, of unknown length
//! ```

use crate::KIND;
use crate::talk::{Answer, Author, Dictation, Request, Settings};
use cordboard_app::spoken::Part;
use cordboard_app::{
    Answered, AskId, Asker, Change, Identity, Level, MailOrder, Moment, Service, ServiceOutput, Value,
    VoicemailMail,
};
use cordboard_base::CallId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Rows: `dictation/<user>/<number>`, and `draft/<user>/<number>/<file>` while a part is spoken, `gone/<file>` until it is deleted.
const DICTATION: &str = "dictation/";
const DRAFT: &str = "draft/";
/// A file that is to be deleted: should the process die before, the next one does it.
const GONE: &str = "gone/";
/// Parts of one dictation.
pub(crate) const PARTS_MAX: usize = 200;
/// Where files lie.
const FOLDER: &str = "dictations/";
const NEVER_UNIX_S: i64 = i64::MAX;

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dictations {
    settings: Settings,
    /// By `<user>/<number>`.
    all: BTreeMap<String, Dictation>,
    /// Files that are being spoken: of which dictation, and in which call.
    drafts: BTreeMap<String, (String, CallId)>,
    commits: BTreeMap<u64, Commit>,
    next_commit: u64,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

/// What is being written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Commit {
    /// `None`: nobody waits for it.
    ask: Option<AskId>,
    undo: Undo,
    unlink: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Undo {
    Nothing,
    /// A part that was not kept.
    Part {
        key: String,
        file: String,
    },
    /// What was not erased after all; what was spoken since stays behind it.
    Erased {
        key: String,
        dictation: Dictation,
    },
    /// A file that was not named.
    Draft(String),
}

impl Service for Dictations {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn configured(&mut self, _at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        self.settings = serde_json::from_str(settings)?;
        Ok(())
    }

    fn kept(&mut self, _at: Moment, key: String, row: &str) {
        self.take_row(&key, row);
    }

    fn asked(&mut self, at: Moment, ask: AskId, asker: &Asker, request: &Value) -> Answered {
        self.requested(at.unix_us, ask, asker, request.request(KIND)?);
        Ok(None)
    }

    fn written(&mut self, _at: Moment, number: u64, failed: Option<String>) {
        self.finish(number, failed.is_none());
    }

    /// A file that the call was to speak and did not is named no longer.
    fn gone(&mut self, _at: Moment, call: CallId) {
        let left: Vec<String> =
            self.drafts.iter().filter(|(_, (_, of))| *of == call).map(|(file, _)| file.clone()).collect();
        for file in left {
            let changes = self.forget_draft(&file);
            self.commit(None, changes, Undo::Nothing, vec![file]);
        }
    }
}

impl Dictations {
    fn log(&mut self, text: String) {
        self.out.push_back(ServiceOutput::Log { level: Level::Error, text });
    }

    fn answer(&mut self, ask: AskId, answer: &Answer) {
        self.out.push_back(ServiceOutput::Answer { ask, value: Ok(Value::of(answer)) });
    }

    /// Rows come in the order of their keys: dictations before drafts.
    fn take_row(&mut self, key: &str, row: &str) {
        if let Some(of) = key.strip_prefix(DICTATION) {
            match serde_json::from_str::<Dictation>(row) {
                Ok(kept) => drop(self.all.insert(of.to_owned(), kept)),
                Err(error) => self.log(format!("{key} not understood: {error}")),
            }
        } else if let Some(file) = key.strip_prefix(GONE) {
            self.unlink(file.to_owned());
        } else if let Some((of, name)) = key.strip_prefix(DRAFT).and_then(|rest| rest.rsplit_once('/')) {
            // Whoever spoke is gone with the process; what was said up to then stays.
            let file = format!("{FOLDER}{name}");
            let part = Part { file: file.clone(), ms: 0 };
            let dictation = self.all.entry(of.to_owned()).or_default();
            if dictation.parts.iter().all(|known| known.file != file) {
                dictation.parts.push(part);
            }
            let row = json(dictation);
            let changes = vec![keep(of, row), Change::Forget { key: key.to_owned() }];
            self.commit(None, changes, Undo::Nothing, Vec::new());
        }
    }

    fn requested(&mut self, unix_us: i64, ask: AskId, asker: &Asker, request: Request) {
        let author =
            asker.user.as_ref().and_then(|user| Some((user, self.settings.authors.get(user)?.clone())));
        let Some((user, author)) = author else { return self.answer(ask, &Answer::Denied) };
        let key = |number: &str| format!("{user}/{number}");
        match request {
            Request::Open { number } => {
                let answer = self.open(user, &key(&number));
                self.answer(ask, &answer);
            }
            Request::Draft { number, file } => self.draft(ask, asker.call, key(&number), file),
            Request::Append { number, part } => self.append(ask, &key(&number), part),
            Request::Erase { number } => self.erase(ask, key(&number)),
            Request::Send { number, id } => {
                self.send(unix_us, ask, &author, (&key(&number), number.clone()), id)
            }
        }
    }

    fn open(&self, user: &str, key: &str) -> Answer {
        let max_ms = self.settings.max_s.saturating_mul(1_000);
        if let Some(dictation) = self.all.get(key) {
            return Answer::Opened { parts: dictation.parts.clone(), max_ms };
        }
        let own = self.all.keys().filter(|key| key.split_once('/').is_some_and(|(of, _)| of == user)).count();
        let most = usize::try_from(self.settings.dictations_max).unwrap_or(usize::MAX);
        if own >= most { Answer::Full } else { Answer::Opened { parts: Vec::new(), max_ms } }
    }

    fn draft(&mut self, ask: AskId, call: CallId, key: String, file: String) {
        let Some(name) = file.strip_prefix(FOLDER) else { return self.answer(ask, &Answer::Failed) };
        if self.all.get(&key).is_some_and(|dictation| dictation.parts.len() >= PARTS_MAX) {
            return self.answer(ask, &Answer::Full);
        }
        let row = Change::Keep {
            key: format!("{DRAFT}{key}/{name}"),
            row: "{}".to_owned(),
            expires_unix_s: NEVER_UNIX_S,
        };
        self.drafts.insert(file.clone(), (key, call));
        self.commit(Some(ask), vec![row], Undo::Draft(file), Vec::new());
    }

    fn append(&mut self, ask: AskId, key: &str, part: Part) {
        let forget = self.forget_draft(&part.file);
        if part.ms == 0 {
            return self.commit(Some(ask), forget, Undo::Nothing, vec![part.file]);
        }
        let undo = Undo::Part { key: key.to_owned(), file: part.file.clone() };
        let dictation = self.all.entry(key.to_owned()).or_default();
        dictation.parts.push(part);
        let mut changes = vec![keep(key, json(dictation))];
        changes.extend(forget);
        self.commit(Some(ask), changes, undo, Vec::new());
    }

    fn erase(&mut self, ask: AskId, key: String) {
        let Some(dictation) = self.all.remove(&key) else { return self.answer(ask, &Answer::Done) };
        let files = dictation.parts.iter().map(|part| part.file.clone()).collect();
        let changes = vec![Change::Forget { key: format!("{DICTATION}{key}") }];
        self.commit(Some(ask), changes, Undo::Erased { key, dictation }, files);
    }

    fn send(&mut self, unix_us: i64, ask: AskId, author: &Author, (key, number): (&str, String), id: String) {
        let Some(dictation) = self.all.get(key).filter(|dictation| !dictation.parts.is_empty()) else {
            return self.answer(ask, &Answer::Nothing);
        };
        let mut to: Vec<String> = author.email.clone();
        to.extend(self.settings.email.iter().filter(|other| !author.email.contains(other)).cloned());
        if to.is_empty() {
            return self.answer(ask, &Answer::NoAddress);
        }
        let mail = VoicemailMail {
            to,
            name: author.name.clone(),
            mailbox: author.number.clone(),
            number: 1,
            ms: dictation.parts.iter().map(|part| part.ms).sum(),
            audio: dictation.parts.iter().map(|part| part.file.clone()).collect(),
            attach: true,
            caller: Identity { number: author.number.clone(), name: author.name.clone() },
            received_unix_us: unix_us,
            category: number,
            lang: author.lang.clone(),
            ..VoicemailMail::default()
        };
        let order = MailOrder {
            mailbox: author.number.clone(),
            message: id,
            kind: KIND.to_owned(),
            call: None,
            data: serde_json::to_string(&mail).unwrap_or_default(),
        };
        self.commit(Some(ask), vec![Change::Mail(Box::new(order))], Undo::Nothing, Vec::new());
    }

    /// A file is spoken to its end: its draft is forgotten with what is made of it.
    fn forget_draft(&mut self, file: &str) -> Vec<Change> {
        let Some((key, _)) = self.drafts.remove(file) else { return Vec::new() };
        let name = file.strip_prefix(FOLDER).unwrap_or(file);
        vec![Change::Forget { key: format!("{DRAFT}{key}/{name}") }]
    }

    /// Without changes the answer comes at once, and files go.
    fn commit(&mut self, ask: Option<AskId>, mut changes: Vec<Change>, undo: Undo, unlink: Vec<String>) {
        let number = self.next_commit;
        self.next_commit += 1;
        changes.extend(unlink.iter().map(|file| Change::Keep {
            key: format!("{GONE}{file}"),
            row: "{}".to_owned(),
            expires_unix_s: NEVER_UNIX_S,
        }));
        let is_empty = changes.is_empty();
        self.commits.insert(number, Commit { ask, undo, unlink });
        if is_empty {
            return self.finish(number, true);
        }
        self.out.push_back(ServiceOutput::Commit { number, changes });
    }

    fn finish(&mut self, number: u64, is_written: bool) {
        let Some(Commit { ask, undo, unlink }) = self.commits.remove(&number) else { return };
        if is_written {
            unlink.into_iter().for_each(|file| self.unlink(file));
        } else {
            self.undo(undo);
        }
        if let Some(ask) = ask {
            self.answer(ask, if is_written { &Answer::Done } else { &Answer::Failed });
        }
    }

    fn unlink(&mut self, file: String) {
        let key = format!("{GONE}{file}");
        self.out.extend([ServiceOutput::Unlink { file }, ServiceOutput::Forget { key }]);
    }

    fn undo(&mut self, undo: Undo) {
        match undo {
            Undo::Nothing => {}
            Undo::Part { key, file } => {
                if let Some(dictation) = self.all.get_mut(&key) {
                    dictation.parts.retain(|part| part.file != file);
                }
                if self.all.get(&key).is_some_and(|dictation| dictation.parts.is_empty()) {
                    self.all.remove(&key);
                }
                // The row of its draft stands still: the next start makes it a part.
            }
            Undo::Erased { key, mut dictation } => {
                let since = self.all.remove(&key).unwrap_or_default();
                dictation.parts.extend(since.parts);
                self.all.insert(key, dictation);
            }
            Undo::Draft(file) => drop(self.drafts.remove(&file)),
        }
    }
}

fn keep(key: &str, row: String) -> Change {
    Change::Keep { key: format!("{DICTATION}{key}"), row, expires_unix_s: NEVER_UNIX_S }
}

fn json(dictation: &Dictation) -> String {
    serde_json::to_string(dictation).unwrap_or_default()
}
