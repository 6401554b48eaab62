//! Configuration: `etc/*.toml` read strictly, checked as a whole, and turned into what each part of the house is told.
//!
//! An unknown key, a mistyped value or a name that leads nowhere is an error with file, line, caret and the nearest right word.
//! Nothing here has a default password: those of users are drawn ([`secrets`]), those of trunks are the provider's.

mod changed;
mod dictation;
mod emergency;
mod error;
mod features;
mod holidays;
mod http;
mod ics;
mod known;
mod mail;
mod meant;
mod music;
mod names;
mod office;
mod people;
mod secrets;
mod services;
mod setup;
#[cfg(test)]
mod tests;
mod value;
mod voicemail;

pub use changed::FILES;
pub use emergency::{Country, EmergencyFile};
pub use error::{ConfigError, ConfigErrors, Place, nearest};
pub use features::{FeaturesSection, Profile};
pub use holidays::Holidays;
pub use http::{HttpSection, WebHost};
pub use known::chosen as chosen_secrets;
pub use mail::{AttachName, MailFile, SecurityName, ServerSection, TextSection};
pub use music::{Class, MusicFile};
pub use office::{LogFormat, LogLevel, LogSection, OfficeFile};
pub use people::{HoursFile, OpeningHours, Password, Trunk, TrunksFile, User, UsersFile};
pub use secrets::{Secrets, random};
pub use services::ServiceFiles;
pub use setup::Facts;
pub use value::{Algorithm, CodecName, Date, Domain, Name, Net, ServerName, Span, TransportName, Within};
pub use voicemail::{Address, BoxSection, Pin, VoicemailFile};

use crate::media::KeepRecordings;
use cordboard_media::RecordFormat;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Everything that is configured.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `cordboard.toml`.
    pub office: OfficeFile,
    /// `users.toml`.
    pub users: UsersFile,
    /// `trunks.toml`.
    pub trunks: TrunksFile,
    /// `hours.toml`.
    pub hours: HoursFile,
    /// Every public holiday, `YYYY-MM-DD`, and its name: of `hours.toml` and of the calendars that it names.
    pub holidays: BTreeMap<String, String>,
    /// `music.toml`.
    pub music: MusicFile,
    /// `emergency.toml`.
    pub emergency: EmergencyFile,
    /// `queues.toml`.
    pub queues: cordboard_queue::Settings,
    /// `dictation.toml`.
    pub dictation: dictation::DictationFile,
    /// `voicemail.toml`.
    pub voicemail: VoicemailFile,
    /// `mail.toml`.
    pub mail: MailFile,
    /// `conference.toml` and other files of applications.
    pub services: ServiceFiles,
    /// `secrets.toml` of the data directory.
    pub secrets: Secrets,
    /// What relative paths in `cordboard.toml` are relative to: the directory above `etc`.
    base: PathBuf,
}

impl Config {
    /// Reads all files of `etc` and draws what secrets are missing.
    pub fn load(etc: &Path) -> Result<Self, ConfigErrors> {
        let mut config = Self::check(etc)?;
        let (users, boxes) = (config.users.user.keys(), config.boxes_without_pin());
        config.secrets = Secrets::load_or_create(&config.secrets_path(), users, boxes.iter())
            .map_err(|error| ConfigErrors(vec![error]))?;
        Ok(config)
    }

    /// Reads and checks all files of `etc` and writes nothing; secrets are those that are there.
    pub fn check(etc: &Path) -> Result<Self, ConfigErrors> {
        let mut errors = Vec::new();
        let office = read(&etc.join("cordboard.toml"), &mut errors);
        let users = read(&etc.join("users.toml"), &mut errors);
        let trunks = read_trunks(&etc.join("trunks.toml"), &mut errors);
        let hours: Option<HoursFile> = read(&etc.join("hours.toml"), &mut errors);
        // These may be absent; where one is wrong, that is among the errors.
        let music = read_if_there(&etc.join("music.toml"), &mut errors);
        let emergency = read_if_there(&etc.join("emergency.toml"), &mut errors);
        let queues = read_if_there(&etc.join("queues.toml"), &mut errors);
        let services = ServiceFiles::read(etc, &mut errors);
        let dictation = read_if_there(&etc.join("dictation.toml"), &mut errors);
        let voicemail = read_if_there(&etc.join("voicemail.toml"), &mut errors);
        let mail = read_if_there(&etc.join("mail.toml"), &mut errors);
        let (Some(office), Some(users), Some(trunks), Some(hours)) = (office, users, trunks, hours) else {
            return Err(ConfigErrors(errors));
        };
        let holidays = hours.holidays.read(etc, &mut errors);
        let base = etc.parent().map(Path::to_owned).unwrap_or_default();
        let mut config = Self {
            office,
            users,
            trunks,
            hours,
            holidays,
            music,
            emergency,
            queues,
            dictation,
            voicemail,
            mail,
            services,
            secrets: Secrets::default(),
            base,
        };
        config.check_parts(etc, &mut errors);
        match Secrets::load(&config.secrets_path()) {
            Ok(secrets) => config.secrets = secrets,
            Err(error) => errors.push(error),
        }
        if errors.is_empty() { Ok(config) } else { Err(ConfigErrors(errors)) }
    }

    /// What no single file shows.
    fn check_parts(&self, etc: &Path, errors: &mut Vec<ConfigError>) {
        let of = |name: &str| etc.join(name);
        errors.extend(self.check_whole(etc).err());
        errors.extend(self.check_features(&of("cordboard.toml")));
        errors.extend(self.check_music(&of("music.toml")).err());
        errors.extend(self.check_voicemail(&of("voicemail.toml")).err());
        errors.extend(self.check_paging(&of("paging.toml")).err());
        errors.extend(self.check_announcements(&of("announcements.toml")).err());
        errors.extend(self.check_disa(&of("disa.toml")).err());
        errors.extend(self.check_mail(&of("mail.toml")).err());
        errors.extend(self.check_emergency(&of("emergency.toml")).err());
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.base.join(&self.office.paths.data)
    }

    /// Where passwords are kept.
    pub fn secrets_path(&self) -> PathBuf {
        self.data().join("secrets.toml")
    }

    /// Where SQLite keeps its file.
    pub fn store_path(&self) -> PathBuf {
        self.data().join("cordboard.sqlite")
    }

    /// Where the command line finds the running exchange.
    pub fn admin_path(&self) -> PathBuf {
        self.data().join("admin.sock")
    }

    /// The dialplan's main script.
    pub fn dialplan_path(&self) -> PathBuf {
        self.base.join(&self.office.paths.dialplan)
    }

    /// Prompts and music.
    pub fn sounds_path(&self) -> PathBuf {
        self.base.join(&self.office.sounds.path)
    }

    /// Whether everything that may be typed while talking can be.
    fn check_features(&self, file: &Path) -> Vec<ConfigError> {
        let text = fs::read_to_string(file).unwrap_or_default();
        self.office.features.check((file, &text), &self.office.recording.code)
    }

    /// What no single value shows.
    fn check_whole(&self, etc: &Path) -> Result<(), ConfigError> {
        let file = etc.join("cordboard.toml");
        let say = |message: &str| Err(ConfigError::of_file(&file, message));
        if let Some(message) = self.hours.same_number() {
            return Err(ConfigError::of_file(&etc.join("hours.toml"), message));
        }
        let registration = &self.office.registration;
        let (min, default, max): (u32, u32, u32) =
            (registration.min_s.get(), registration.default_s.get(), registration.max_s.get());
        if min > default || default > max {
            return say("registration: `min_s`, `default_s` and `max_s` must not fall");
        }
        if self.office.rtp.port_first.get::<u16>() >= self.office.rtp.port_last.get::<u16>() {
            return say("rtp: `port_first` must be below `port_last`");
        }
        let recording = &self.office.recording;
        if !crate::media::is_safe(&recording.name.replace(['{', '}'], "")) {
            return say(
                "recording: `name` is a path within the recordings' directory: letters, digits, `-_.+`",
            );
        }
        let opus = || cordboard_media::codec::named("opus").and_then(|opus| opus.file_encoder(8_000, 1));
        if recording.format == RecordFormat::Opus && opus().is_none() {
            return say("recording: Opus is not built in");
        }
        if self.keep_recordings() != KeepRecordings::default()
            && self.data().starts_with(self.recordings_path())
        {
            return say(
                "paths: where recordings are deleted their directory must not be that of the data or above it",
            );
        }
        let tls = &self.office.tls;
        if tls.certificate.is_some() != tls.key.is_some() {
            return say("tls: `certificate` and `key` come together");
        }
        let expires: u32 = self.office.timers.session_s.get();
        // RFC 4028 §5: 90 s is the least that anyone must take.
        if (1..90).contains(&expires) {
            return say("timers: `session_s` is 0 or at least 90 (RFC 4028 §5)");
        }
        Ok(())
    }
}

fn read<T: DeserializeOwned>(path: &Path, errors: &mut Vec<ConfigError>) -> Option<T> {
    let text = text_of(path, errors)?;
    parse(path, &text).map_err(|error| errors.push(error)).ok()
}

/// A file that may be absent: then, or where it is wrong, everything in it has its default.
fn read_if_there<T: DeserializeOwned + Default>(path: &Path, errors: &mut Vec<ConfigError>) -> T {
    if path.exists() { read(path, errors).unwrap_or_default() } else { T::default() }
}

fn text_of(path: &Path, errors: &mut Vec<ConfigError>) -> Option<String> {
    fs::read_to_string(path)
        .map_err(|error| {
            let message = if error.kind() == std::io::ErrorKind::NotFound {
                "there is no such file; `cordboard init` makes an office with all of them, in an empty folder"
                    .to_owned()
            } else {
                error.to_string()
            };
            errors.push(ConfigError::of_file(path, message));
        })
        .ok()
}

fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::at(path, text, error.span(), error.message()))
}

fn read_trunks(path: &Path, errors: &mut Vec<ConfigError>) -> Option<TrunksFile> {
    let text = text_of(path, errors)?;
    parse_trunks(path, &text, errors)
}

fn parse_trunks(path: &Path, text: &str, errors: &mut Vec<ConfigError>) -> Option<TrunksFile> {
    let file: TrunksFile = parse(path, text).map_err(|error| errors.push(error)).ok()?;
    for (name, trunk) in &file.trunk {
        let wrong = [unknown_fallback(&file, name, trunk), half_account(trunk), half_inbound_account(trunk)];
        for (span, message) in wrong.into_iter().flatten() {
            errors.push(ConfigError::at(path, text, Some(span), &message));
        }
    }
    Some(file)
}

/// What is wrong, and where.
type Wrong = Option<(Range<usize>, String)>;

/// Trunks name each other: a fallback must be there.
fn unknown_fallback(file: &TrunksFile, name: &Name, trunk: &Trunk) -> Wrong {
    let fallback = trunk.fallback.as_ref()?;
    let word = fallback.as_ref();
    let others: Vec<&str> = file.trunk.keys().filter(|other| *other != name).map(Name::as_str).collect();
    if others.contains(&word.as_str()) {
        return None;
    }
    let message = format!("no other trunk `{}`, expected one of `{}`", word.as_str(), others.join("`, `"));
    Some((fallback.span(), message))
}

/// A user name alone would be no account at all.
fn half_account(trunk: &Trunk) -> Wrong {
    together(&trunk.username, &trunk.password, "`username` and `password` come together")
}

/// With one of the two alone, calls would be taken from the trunk's addresses without any proof.
fn half_inbound_account(trunk: &Trunk) -> Wrong {
    let message = "`inbound_username` and `inbound_password` come together";
    together(&trunk.inbound_username, &trunk.inbound_password, message)
}

fn together(name: &Option<Spanned<String>>, password: &Option<Spanned<Password>>, message: &str) -> Wrong {
    let span = match (name, password) {
        (Some(name), None) => name.span(),
        (None, Some(password)) => password.span(),
        (Some(_), Some(_)) | (None, None) => return None,
    };
    Some((span, message.to_owned()))
}
