//! `etc/voicemail.toml`: mailboxes. Every key is documented in that file, which may be absent: then every user has a box.

use super::mail::{BoxMailSection, is_date};
use super::people::User;
use super::value::{Name, TimeZoneName, Within};
use super::{Config, ConfigError, nearest};
use cordboard_voicemail::{BoxSettings, Own, Settings};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct VoicemailFile {
    pub number: String,
    pub every_user: bool,
    pub min_s: Within<0, 60>,
    pub max_s: Within<1, 3_600>,
    pub greeting_s: Within<1, 600>,
    pub silence_s: Within<0, 60>,
    pub skip_s: Within<1, 60>,
    pub review: bool,
    pub operator: bool,
    pub own_pin: bool,
    pub pin_min: Within<1, 32>,
    pub tries: Within<1, 20>,
    pub lock_minutes: Within<0, 1_440>,
    pub envelope: bool,
    pub outside_prefix: Dialled,
    pub messages_max: Within<1, 10_000>,
    pub minutes_max: Within<0, 10_000>,
    pub keep_days: Within<0, 3_650>,
    pub attach: bool,
    pub delete_after_mail: bool,
    pub instructions: bool,
    #[serde(rename = "box")]
    pub boxes: BTreeMap<Name, BoxSection>,
}

impl Default for VoicemailFile {
    fn default() -> Self {
        Self {
            number: "*97".to_owned(),
            every_user: true,
            min_s: Within::new(2),
            max_s: Within::new(300),
            greeting_s: Within::new(60),
            silence_s: Within::new(10),
            skip_s: Within::new(3),
            review: false,
            operator: false,
            own_pin: true,
            pin_min: Within::new(4),
            tries: Within::new(3),
            lock_minutes: Within::new(5),
            envelope: true,
            outside_prefix: Dialled::default(),
            messages_max: Within::new(100),
            minutes_max: Within::new(0),
            keep_days: Within::new(0),
            attach: true,
            delete_after_mail: false,
            instructions: true,
            boxes: BTreeMap::new(),
        }
    }
}

/// One box; what it does not say is as in the whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct BoxSection {
    pub name: Option<String>,
    pub users: Option<Vec<Name>>,
    pub pin: Option<Pin>,
    pub email: Vec<Address>,
    pub pager: Vec<Address>,
    pub attach: Option<bool>,
    pub delete_after_mail: Option<bool>,
    pub messages_max: Option<Within<1, 10_000>>,
    pub minutes_max: Option<Within<0, 10_000>>,
    pub keep_days: Option<Within<0, 3_650>>,
    pub instructions: Option<bool>,
    pub min_s: Option<Within<0, 60>>,
    pub max_s: Option<Within<1, 3_600>>,
    pub review: Option<bool>,
    pub operator: Option<bool>,
    pub envelope: Option<bool>,
    pub time_zone: Option<TimeZoneName>,
    pub lang: String,
    pub mail: BoxMailSection,
}

/// Digits that no log shows.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pin(String);

impl Pin {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

impl TryFrom<String> for Pin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_pin = (1..=32).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit());
        if is_pin { Ok(Self(text)) } else { Err("a PIN is 1 to 32 digits".to_owned()) }
    }
}

impl From<Pin> for String {
    fn from(pin: Pin) -> Self {
        pin.0
    }
}

/// What is dialled before a number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Dialled(String);

impl TryFrom<String> for Dialled {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_dialled = text.len() <= 16 && text.chars().all(|c| c.is_ascii_digit() || "*#+".contains(c));
        if is_dialled { Ok(Self(text)) } else { Err("a prefix is at most 16 of 0-9 * # +".to_owned()) }
    }
}

impl From<Dialled> for String {
    fn from(dialled: Dialled) -> Self {
        dialled.0
    }
}

/// An e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address(String);

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c);
        match text.split_once('@') {
            Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !text.contains(is_odd) => {
                Ok(Self(text))
            }
            _ => Err(format!("`{text}` is no mail address: it is written `ann@example.com`")),
        }
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.0
    }
}

impl Config {
    /// The numbers of all boxes that draw a PIN.
    pub(super) fn boxes_without_pin(&self) -> Vec<Name> {
        let has_pin = |number: &str| {
            let section = self.voicemail.boxes.iter().find(|(name, _)| name.as_str() == number);
            section.is_some_and(|(_, section)| section.pin.is_some())
        };
        let boxes = self.mailboxes();
        let drawn = boxes.keys().filter(|number| !has_pin(number));
        drawn.filter_map(|number| Name::try_from(number.clone()).ok()).collect()
    }

    /// What the mailboxes are told.
    pub fn voicemail_settings(&self) -> Settings {
        let file = &self.voicemail;
        Settings {
            boxes: self.mailboxes(),
            number: file.number.clone(),
            min_s: file.min_s.get(),
            max_s: file.max_s.get(),
            greeting_s: file.greeting_s.get(),
            silence_s: file.silence_s.get(),
            skip_s: file.skip_s.get(),
            review: file.review,
            operator: file.operator,
            own_pin: file.own_pin,
            pin_min: file.pin_min.get(),
            tries: file.tries.get(),
            lock_minutes: file.lock_minutes.get(),
            envelope: file.envelope,
            outside_prefix: file.outside_prefix.0.clone(),
        }
    }

    /// Every box by its number: those of users, and those of the file.
    fn mailboxes(&self) -> BTreeMap<String, BoxSettings> {
        let number_of = |(name, user): (&Name, &User)| {
            (user.number.clone().unwrap_or_else(|| name.as_str().to_owned()), name.as_str().to_owned())
        };
        let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (number, user) in self.users.user.iter().map(number_of) {
            owners.entry(number).or_default().push(user);
        }
        let own = owners.keys().filter(|_| self.voicemail.every_user);
        let named = self.voicemail.boxes.keys().map(Name::as_str);
        let numbers: std::collections::BTreeSet<&str> = own.map(String::as_str).chain(named).collect();
        let settings = |number: &str| {
            let users = owners.get(number).cloned().unwrap_or_default();
            (number.to_owned(), self.mailbox(number, users))
        };
        numbers.into_iter().map(settings).collect()
    }

    fn mailbox(&self, number: &str, owners: Vec<String>) -> BoxSettings {
        let file = &self.voicemail;
        let section = file.boxes.iter().find(|(name, _)| name.as_str() == number);
        let section = section.map(|(_, section)| section.clone()).unwrap_or_default();
        let users =
            section.users.map_or(owners, |users| users.iter().map(|user| user.as_str().to_owned()).collect());
        let owner = users.first().and_then(|user| Name::try_from(user.clone()).ok());
        let owner = owner.and_then(|owner| self.users.user.get(&owner));
        let name = owner.map(|user| user.name.clone());
        let context = owner.map(|user| user.context.as_ref().map_or("internal", Name::as_str).to_owned());
        let pin = section.pin.map(String::from).or_else(|| self.secrets.pin(number).map(str::to_owned));
        let texts = |addresses: Vec<Address>| addresses.into_iter().map(String::from).collect();
        BoxSettings {
            name: section.name.or(name).unwrap_or_default(),
            users,
            context: context.unwrap_or_default(),
            pin: pin.unwrap_or_default(),
            email: texts(section.email),
            pager: texts(section.pager),
            attach: section.attach.unwrap_or(file.attach),
            delete_after_mail: section.delete_after_mail.unwrap_or(file.delete_after_mail),
            messages_max: section.messages_max.unwrap_or(file.messages_max).get(),
            minutes_max: section.minutes_max.unwrap_or(file.minutes_max).get(),
            keep_days: section.keep_days.unwrap_or(file.keep_days).get(),
            instructions: section.instructions.unwrap_or(file.instructions),
            lang: section.lang,
            time_zone: section.time_zone.map(String::from).unwrap_or_default(),
            own: Own {
                min_s: section.min_s.map(Within::get),
                max_s: section.max_s.map(Within::get),
                review: section.review,
                operator: section.operator,
                envelope: section.envelope,
            },
        }
    }

    /// What no single value of a box shows.
    pub(super) fn check_voicemail(&self, file: &Path) -> Result<(), ConfigError> {
        if self.voicemail.min_s.get::<u32>() >= self.voicemail.max_s.get::<u32>() {
            return Err(ConfigError::of_file(file, "`min_s` must be below `max_s`"));
        }
        for (number, section) in &self.voicemail.boxes {
            for user in section.users.iter().flatten() {
                if !self.users.user.contains_key(user) {
                    let known = self.users.user.keys().map(Name::as_str);
                    let hint = nearest(user.as_str(), known).map(|near| format!(", did you mean `{near}`?"));
                    let (number, user) = (number.as_str(), user.as_str());
                    let hint = hint.unwrap_or_default();
                    return Err(ConfigError::of_file(file, format!("box {number}: no user `{user}`{hint}")));
                }
            }
            let of_box =
                |what: &str| Err(ConfigError::of_file(file, format!("box {}: {what}", number.as_str())));
            let min_s: u32 = section.min_s.unwrap_or(self.voicemail.min_s).get();
            if min_s >= section.max_s.unwrap_or(self.voicemail.max_s).get() {
                return of_box("`min_s` must be below `max_s`");
            }
            if section.mail.date.as_deref().is_some_and(|date| !is_date(date)) {
                return of_box("`date` is no date in strftime's letters, such as \"%d.%m.%Y %H:%M\"");
            }
            if !number.as_str().bytes().all(|b| b.is_ascii_digit()) {
                let number = number.as_str();
                return Err(ConfigError::of_file(file, format!("box {number}: a box's number is digits")));
            }
        }
        Ok(())
    }
}
