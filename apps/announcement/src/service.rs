//! The office's part: who may, and which recording is played in place of which prompt.
//!
//! ```text
//!  Draft ─▶ Commit (a draft's row) ─written─▶ Done              call gone, another draft ─▶ it is deleted
//!  Save  ─▶ Commit (the prompt's row; draft and old file go) ─written─▶ Prompt to the exchange, Done, the old file is deleted
//!  Reset ─▶ Commit (no row) ─written─▶ Prompt: the original, Done, the file is deleted
//! ```
//! What could not be written has not happened.

use crate::KIND;
use crate::settings::{PromptName, Settings};
use crate::talk::{Answer, Request};
use cordboard_app::spoken::{DRAFT, Files, Part, keep};
use cordboard_app::{Answered, AskId, Asker, Change, Level, Moment, Service, ServiceOutput, Value};
use cordboard_base::CallId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Rows: `prompt/<name>`, and those of [`Files`].
const PROMPT: &str = "prompt/";
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
    /// Wrong PINs of a user's, and when the last one was typed.
    wrong: BTreeMap<String, (u32, i64)>,
    files: Files<Then>,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

/// What follows when it is written.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Then {
    /// `None`: nobody waits for it.
    ask: Option<AskId>,
    /// A prompt has this recording then, or none.
    prompt: Option<(String, Option<Part>)>,
    /// The file that it had, and that goes.
    old: Option<String>,
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
        } else if let Some(file) = key.strip_prefix(DRAFT) {
            // Whoever recorded is gone with the process: nothing was accepted.
            self.out.extend([ServiceOutput::Unlink { file: file.to_owned() }, ServiceOutput::Forget { key }]);
        } else {
            let _is_one = Files::<Then>::kept(&mut self.out, &key);
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
        self.files.gone(&mut self.out, call);
    }

    fn written(&mut self, _at: Moment, number: u64, failed: Option<String>) {
        if let Some(then) = self.files.written(&mut self.out, number, failed.is_none()) {
            self.then(then, failed.is_none());
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
        instead_of.into_iter().for_each(|file| self.files.discard(&mut self.out, &file));
        let changes = vec![self.files.begin(call, file.clone(), &file)];
        self.write(changes, None, Then { ask: Some(ask), ..Then::default() });
    }

    fn save(&mut self, ask: AskId, asker: &Asker, name: String, audio: Part) {
        let row = serde_json::to_string(&audio).unwrap_or_default();
        let mut changes = vec![keep(format!("{PROMPT}{name}"), row)];
        changes.extend(self.files.end(&audio.file).map(|(change, _)| change));
        let old = self.recorded.get(&name).map(|old| old.file.clone());
        let says = format!("{} has recorded {name}", asker.user.as_deref().unwrap_or_default());
        let prompt = Some((name, Some(audio)));
        self.write(changes, old.clone(), Then { ask: Some(ask), prompt, old, says });
    }

    fn reset(&mut self, ask: AskId, asker: &Asker, name: String) {
        let changes = vec![Change::Forget { key: format!("{PROMPT}{name}") }];
        let old = self.recorded.get(&name).map(|old| old.file.clone());
        let says = format!("{} takes the original of {name}", asker.user.as_deref().unwrap_or_default());
        let prompt = Some((name, None));
        self.write(changes, old.clone(), Then { ask: Some(ask), prompt, old, says });
    }

    fn write(&mut self, changes: Vec<Change>, gone: Option<String>, then: Then) {
        if let Some(then) = self.files.write(&mut self.out, changes, gone, then) {
            self.then(then, true);
        }
    }

    /// It is written, or could not be.
    fn then(&mut self, Then { ask, prompt, old, says }: Then, is_written: bool) {
        if let Some((name, part)) = prompt.filter(|_| is_written) {
            let before = match part {
                Some(part) => self.recorded.insert(name.clone(), part),
                None => self.recorded.remove(&name),
            };
            // Two who record the same at once: the later one counts.
            let before = before.map(|before| before.file).filter(|file| old.as_ref() != Some(file));
            before.into_iter().for_each(|file| Files::<Then>::delete(&mut self.out, file));
            self.tell(name);
            self.log(Level::Info, says);
        }
        if let Some(ask) = ask {
            let answer = if is_written { Answer::Done } else { Answer::Failed };
            self.out.push_back(ServiceOutput::Answer { ask, value: Ok(Value::of(&answer)) });
        }
    }
}
