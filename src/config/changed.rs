//! The configuration with other settings in its files: what a rehearsal has for a single test. As strict as the files, and nothing
//! is written.

use super::error::{ConfigError, ConfigErrors};
use super::{Config, parse, parse_trunks};
use std::fs;
use std::path::Path;

/// The files that may be changed, without `.toml`.
pub const FILES: [&str; 18] = [
    "announcements",
    "completion",
    "conference",
    "cordboard",
    "dictation",
    "disa",
    "emergency",
    "hotdesk",
    "hours",
    "mail",
    "music",
    "paging",
    "parking",
    "queues",
    "trunks",
    "users",
    "voicemail",
    "wakeup",
];

impl Config {
    /// The same office with these settings in its files, each by its name without `.toml`. `change` gets what stands in a file and
    /// makes of it what is to stand there.
    pub fn changed<'a>(
        &self,
        etc: &Path,
        files: impl Iterator<Item = &'a str>,
        change: impl Fn(&str, toml::Table) -> toml::Table,
    ) -> Result<Self, ConfigErrors> {
        let mut config = self.clone();
        let mut errors = Vec::new();
        for name in files {
            let path = etc.join(format!("{name}.toml"));
            // A file that may be absent is empty.
            let own = toml::from_str(&fs::read_to_string(&path).unwrap_or_default()).unwrap_or_default();
            match toml::to_string(&change(name, own)) {
                Ok(text) => config.replace(name, &path, &text, &mut errors),
                Err(error) => errors.push(ConfigError::of_file(&path, error)),
            }
        }
        if errors.is_empty() {
            config.holidays = config.hours.holidays.read(etc, &mut errors);
            config.check_parts(etc, &mut errors);
        }
        if errors.is_empty() { Ok(config) } else { Err(ConfigErrors(errors)) }
    }

    /// Reads one file anew, from this text.
    fn replace(&mut self, name: &str, path: &Path, text: &str, errors: &mut Vec<ConfigError>) {
        macro_rules! read {
            ($part:expr) => {
                match parse(path, text) {
                    Ok(part) => $part = part,
                    Err(error) => errors.push(error),
                }
            };
        }
        match name {
            "cordboard" => read!(self.office),
            "users" => read!(self.users),
            "trunks" => {
                if let Some(trunks) = parse_trunks(path, text, errors) {
                    self.trunks = trunks;
                }
            }
            "hours" => read!(self.hours),
            "music" => read!(self.music),
            "emergency" => read!(self.emergency),
            "queues" => read!(self.queues),
            "dictation" => read!(self.dictation),
            "voicemail" => read!(self.voicemail),
            "mail" => read!(self.mail),
            "conference" => read!(self.services.conference),
            "paging" => read!(self.services.paging),
            "parking" => read!(self.services.parking),
            "announcements" => read!(self.services.announcement),
            "completion" => read!(self.services.completion),
            "disa" => read!(self.services.disa),
            "hotdesk" => read!(self.services.hotdesk),
            "wakeup" => read!(self.services.wakeup),
            other => errors.push(ConfigError::of_file(path, format!("there is no file `{other}.toml`"))),
        }
    }
}
