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
use cordboard_app::spoken::{DRAFT, Files, Part, keep};
use cordboard_app::{
    Answered, AskId, Asker, Change, Identity, Level, MailOrder, Moment, Service, ServiceOutput, Value,
    VoicemailMail,
};
use cordboard_base::CallId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Rows: `dictation/<user>/<number>`, and those of [`Files`]: `draft/<user>/<number>/<file>` while a part is spoken.
const DICTATION: &str = "dictation/";
/// Parts of one dictation.
pub(crate) const PARTS_MAX: usize = 200;
/// Where files lie.
const FOLDER: &str = "dictations/";

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dictations {
    settings: Settings,
    /// By `<user>/<number>`.
    all: BTreeMap<String, Dictation>,
    files: Files<Then>,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

/// What follows when it is written, or could not be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Then {
    /// `None`: nobody waits for it.
    ask: Option<AskId>,
    undo: Undo,
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
        if let Some(then) = self.files.written(&mut self.out, number, failed.is_none()) {
            self.then(then, failed.is_none());
        }
    }

    /// A file that the call was to speak and did not is named no longer.
    fn gone(&mut self, _at: Moment, call: CallId) {
        self.files.gone(&mut self.out, call);
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
        } else if Files::<Then>::kept(&mut self.out, key) {
        } else if let Some((of, name)) = key.strip_prefix(DRAFT).and_then(|rest| rest.rsplit_once('/')) {
            // Whoever spoke is gone with the process; what was said up to then stays.
            let file = format!("{FOLDER}{name}");
            let part = Part { file: file.clone(), ms: 0 };
            let dictation = self.all.entry(of.to_owned()).or_default();
            if dictation.parts.iter().all(|known| known.file != file) {
                dictation.parts.push(part);
            }
            let row = json(dictation);
            let changes = vec![keep_dictation(of, row), Change::Forget { key: key.to_owned() }];
            self.write(None, changes, Undo::Nothing, Vec::new());
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
        let row = self.files.begin(call, file.clone(), &format!("{key}/{name}"));
        self.write(Some(ask), vec![row], Undo::Draft(file), Vec::new());
    }

    fn append(&mut self, ask: AskId, key: &str, part: Part) {
        let forget = self.files.end(&part.file).map(|(change, _)| change);
        if part.ms == 0 {
            return self.write(Some(ask), forget.into_iter().collect(), Undo::Nothing, vec![part.file]);
        }
        let undo = Undo::Part { key: key.to_owned(), file: part.file.clone() };
        let dictation = self.all.entry(key.to_owned()).or_default();
        dictation.parts.push(part);
        let mut changes = vec![keep_dictation(key, json(dictation))];
        changes.extend(forget);
        self.write(Some(ask), changes, undo, Vec::new());
    }

    fn erase(&mut self, ask: AskId, key: String) {
        let Some(dictation) = self.all.remove(&key) else { return self.answer(ask, &Answer::Done) };
        let files = dictation.parts.iter().map(|part| part.file.clone()).collect();
        let changes = vec![Change::Forget { key: format!("{DICTATION}{key}") }];
        self.write(Some(ask), changes, Undo::Erased { key, dictation }, files);
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
        self.write(Some(ask), vec![Change::Mail(Box::new(order))], Undo::Nothing, Vec::new());
    }

    /// Without changes the answer comes at once.
    fn write(&mut self, ask: Option<AskId>, changes: Vec<Change>, undo: Undo, gone: Vec<String>) {
        if let Some(then) = self.files.write(&mut self.out, changes, gone, Then { ask, undo }) {
            self.then(then, true);
        }
    }

    fn then(&mut self, Then { ask, undo }: Then, is_written: bool) {
        if !is_written {
            self.undo(undo);
        }
        if let Some(ask) = ask {
            self.answer(ask, if is_written { &Answer::Done } else { &Answer::Failed });
        }
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
            Undo::Draft(file) => drop(self.files.end(&file)),
        }
    }
}

fn keep_dictation(key: &str, row: String) -> Change {
    keep(format!("{DICTATION}{key}"), row)
}

fn json(dictation: &Dictation) -> String {
    serde_json::to_string(dictation).unwrap_or_default()
}
