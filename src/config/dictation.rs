//! `etc/dictation.toml`: dictations. Every key is documented in that file, which may be absent.

use super::Config;
use super::people::User;
use super::value::{Name, Within};
use super::voicemail::Address;
use cordboard_dictation::{Author, Settings};
use serde::{Deserialize, Serialize};

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct DictationFile {
    pub max_s: Within<1, 14_400>,
    pub dictations_max: Within<1, 10_000>,
    pub email: Vec<Address>,
}

impl Default for DictationFile {
    fn default() -> Self {
        Self { max_s: Within::new(3_600), dictations_max: Within::new(100), email: Vec::new() }
    }
}

impl Config {
    /// What the dictations are told, JSON. Who dictates gets mails where those of its mailbox go.
    pub(super) fn dictation(&self) -> String {
        let boxes = self.voicemail_settings().boxes;
        let author = |(name, user): (&Name, &User)| {
            let number = user.number.clone().unwrap_or_else(|| name.as_str().to_owned());
            let email = boxes.get(&number).map(|own| own.email.clone()).unwrap_or_default();
            let author = Author { name: user.name.clone(), number, email, lang: user.lang.clone() };
            (name.as_str().to_owned(), author)
        };
        let settings = Settings {
            max_s: self.dictation.max_s.get(),
            dictations_max: self.dictation.dictations_max.get(),
            email: self.dictation.email.iter().cloned().map(String::from).collect(),
            authors: self.users.user.iter().map(author).collect(),
        };
        serde_json::to_string(&settings).unwrap_or_default()
    }
}
