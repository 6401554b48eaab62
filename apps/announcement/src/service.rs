//! The office's part: who may, and which recording is played in place of which prompt.
//!
//! ```text
//!  Draft ─▶ Commit (a draft's row) ─written─▶ Done              call gone ─▶ its drafts are deleted
//!  Save  ─▶ Commit (the prompt's row; draft and old file go) ─written─▶ Prompt to the exchange, Done, the old file is deleted
//!  Reset ─▶ Commit (no row) ─written─▶ Prompt: the original, Done, the file is deleted
//! ```
//! What could not be written has not happened.

use crate::KIND;
use crate::settings::{PromptName, Settings};
use crate::talk::{Answer, Request};
use cordboard_app::spoken::Part;
use cordboard_app::{Answered, AskId, Asker, Change, Level, Moment, Service, ServiceOutput, Value};
use cordboard_base::CallId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Rows: `prompt/<name>`; `draft/<file>` while it is recorded; `gone/<file>` until it is deleted.
const PROMPT: &str = "prompt/";
const DRAFT: &str = "draft/";
const GONE: &str = "gone/";
/// Where recordings lie.
pub(crate) const FOLDER: &str = "announcements";
/// So many wrong PINs of one user keep it out …
const WRONG_MAX: u32 = 6;
/// … for so long, in s.
const LOCKED_S: i64 = 900;

/// All announcements.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Announcements {
    settings: Settings,
    /// What was recorded, by the name of the prompt.
    recorded: BTreeMap<String, Part>,
    /// Files that are being recorded, and in which calls.
    drafts: BTreeMap<String, CallId>,
    /// Wrong PINs of a user's, and when the last one was typed.
    wrong: BTreeMap<String, (u32, i64)>,
    commits: BTreeMap<u64, Commit>,
    next_commit: u64,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

/// What is being written, and what follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Commit {
    /// `None`: nobody waits for it.
    ask: Option<AskId>,
    /// A prompt has this recording then, or none.
    prompt: Option<(String, Option<Part>)>,
    /// Files that go.
    unlink: Vec<String>,
    /// A line of the log.
    says: String,
}

impl Service for Announcements {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn configured(&mut self, _at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        self.settings = serde_json::from_str(settings)?;
        let names: Vec<String> = self.recorded.keys().cloned().collect();
        names.into_iter().for_each(|name| self.tell(name));
        Ok(())
    }

    fn kept(&mut self, _at: Moment, key: String, row: &str) {
        if let Some(name) = key.strip_prefix(PROMPT) {
            match serde_json::from_str(row) {
                Ok(part) => {
                    self.recorded.insert(name.to_owned(), part);
                    self.tell(name.to_owned());
                }
                Err(error) => self.log(Level::Error, format!("{key} not understood: {error}")),
            }
        } else if let Some(file) = key.strip_prefix(GONE).or(key.strip_prefix(DRAFT)) {
            // Whoever recorded is gone with the process: nothing was accepted.
            self.out.push_back(ServiceOutput::Unlink { file: file.to_owned() });
            self.out.push_back(ServiceOutput::Forget { key });
        }
    }

    fn asked(&mut self, at: Moment, ask: AskId, asker: &Asker, request: &Value) -> Answered {
        let answer = match request.request(KIND)? {
            Request::Open { number, pin } => self.open(at, asker, &number, pin.as_deref()),
            Request::Draft { file, instead_of } => {
                self.draft(ask, asker.call, file, instead_of);
                return Ok(None);
            }
            Request::Save { number, audio } => match self.prompt_of(&number) {
                Some(name) => {
                    self.save(ask, asker, name, audio);
                    return Ok(None);
                }
                None => Answer::Failed,
            },
            Request::Reset { number } => {
                let name = self.prompt_of(&number).filter(|name| self.recorded.contains_key(name));
                match name {
                    Some(name) => {
                        self.reset(ask, asker, name);
                        return Ok(None);
                    }
                    None => Answer::Nothing,
                }
            }
        };
        Ok(Some(Value::of(&answer)))
    }

    fn gone(&mut self, _at: Moment, call: CallId) {
        let left: Vec<String> =
            self.drafts.iter().filter(|(_, of)| **of == call).map(|(file, _)| file.clone()).collect();
        for file in left {
            let changes = self.forget_draft(&file).into_iter().collect();
            self.commit(changes, Commit { ask: None, prompt: None, unlink: vec![file], says: String::new() });
        }
    }

    fn written(&mut self, _at: Moment, number: u64, failed: Option<String>) {
        let Some(Commit { ask, prompt, mut unlink, says }) = self.commits.remove(&number) else { return };
        if failed.is_none() {
            if let Some((name, part)) = prompt {
                let old = match part {
                    Some(part) => self.recorded.insert(name.clone(), part),
                    None => self.recorded.remove(&name),
                };
                // Two who record the same at once: the later one counts.
                unlink.extend(old.map(|old| old.file).filter(|file| !unlink.contains(file)));
                self.tell(name);
                self.log(Level::Info, says);
            }
            for file in unlink {
                let key = format!("{GONE}{file}");
                self.out.extend([ServiceOutput::Unlink { file }, ServiceOutput::Forget { key }]);
            }
        }
        if let Some(ask) = ask {
            let answer = if failed.is_none() { Answer::Done } else { Answer::Failed };
            self.out.push_back(ServiceOutput::Answer { ask, value: Ok(Value::of(&answer)) });
        }
    }
}

impl Announcements {
    fn log(&mut self, level: Level, text: String) {
        self.out.push_back(ServiceOutput::Log { level, text });
    }

    fn prompt_of(&self, number: &str) -> Option<String> {
        self.settings.announcements.get(number).map(|name| name.as_str().to_owned())
    }

    /// What is played by the name of a prompt: what was recorded, as long as its announcement is in the settings.
    fn tell(&mut self, name: String) {
        let is_listed =
            self.settings.announcements.values().map(PromptName::as_str).any(|known| known == name);
        let part = self.recorded.get(&name).filter(|_| is_listed);
        let file = part.map(|part| part.file.clone());
        self.out.push_back(ServiceOutput::Prompt { name, file });
    }

    /// Who is listed may; of others who knows the PIN, if there is one. Nobody from outside.
    fn open(&mut self, at: Moment, asker: &Asker, number: &str, pin: Option<&str>) -> Answer {
        let Some(user) = asker.user.clone() else { return Answer::Denied };
        let Some(prompt) = self.prompt_of(number) else { return Answer::Nothing };
        let max_ms = self.settings.max_s.saturating_mul(1_000);
        let opened = Answer::Opened { prompt, max_ms };
        if self.settings.users.contains(&user) {
            return opened;
        }
        if self.settings.pin.is_empty() {
            return Answer::Denied;
        }
        let (wrong, last_s) = self.wrong.get(&user).copied().unwrap_or_default();
        let over = at.unix_s().saturating_sub(last_s) >= LOCKED_S;
        if wrong >= WRONG_MAX && !over {
            return Answer::Locked;
        }
        match pin {
            None => Answer::WantsPin,
            Some(pin) if pin == self.settings.pin => {
                self.wrong.remove(&user);
                opened
            }
            Some(_) => {
                let wrong = if over { 1 } else { wrong.saturating_add(1) };
                self.log(Level::Warn, format!("a wrong PIN of {user}'s"));
                self.wrong.insert(user, (wrong, at.unix_s()));
                Answer::Wrong
            }
        }
    }

    fn draft(&mut self, ask: AskId, call: CallId, file: String, instead_of: Option<String>) {
        let mut changes = vec![keep(format!("{DRAFT}{file}"), "{}".to_owned())];
        self.drafts.insert(file, call);
        let unlink: Vec<String> = instead_of.into_iter().collect();
        changes.extend(unlink.iter().filter_map(|file| self.forget_draft(file)));
        self.commit(changes, Commit { ask: Some(ask), prompt: None, unlink, says: String::new() });
    }

    fn save(&mut self, ask: AskId, asker: &Asker, name: String, audio: Part) {
        let row = serde_json::to_string(&audio).unwrap_or_default();
        let mut changes = vec![keep(format!("{PROMPT}{name}"), row)];
        changes.extend(self.forget_draft(&audio.file));
        let unlink = self.recorded.get(&name).map(|old| old.file.clone()).into_iter().collect();
        let says = format!("{} has recorded {name}", asker.user.as_deref().unwrap_or_default());
        self.commit(changes, Commit { ask: Some(ask), prompt: Some((name, Some(audio))), unlink, says });
    }

    fn reset(&mut self, ask: AskId, asker: &Asker, name: String) {
        let changes = vec![Change::Forget { key: format!("{PROMPT}{name}") }];
        let unlink = self.recorded.get(&name).map(|old| old.file.clone()).into_iter().collect();
        let says = format!("{} takes the original of {name}", asker.user.as_deref().unwrap_or_default());
        self.commit(changes, Commit { ask: Some(ask), prompt: Some((name, None)), unlink, says });
    }

    fn forget_draft(&mut self, file: &str) -> Option<Change> {
        self.drafts.remove(file).map(|_| Change::Forget { key: format!("{DRAFT}{file}") })
    }

    fn commit(&mut self, mut changes: Vec<Change>, commit: Commit) {
        let number = self.next_commit;
        self.next_commit = self.next_commit.wrapping_add(1);
        changes.extend(commit.unlink.iter().map(|file| keep(format!("{GONE}{file}"), "{}".to_owned())));
        self.commits.insert(number, commit);
        self.out.push_back(ServiceOutput::Commit { number, changes });
    }
}

fn keep(key: String, row: String) -> Change {
    Change::Keep { key, row, expires_unix_s: i64::MAX }
}
