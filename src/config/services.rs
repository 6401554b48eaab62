//! Files of the applications' services: each is read into its application's own settings, and may be absent.

use super::people::User;
use super::value::Name;
use super::{Config, ConfigError, nearest, parse, text_of};
use cordboard_conference::{KIND as CONFERENCE, Settings as Conference};
use cordboard_paging::Settings as Paging;
use cordboard_parking::{KIND as PARKING, Settings as Parking};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What services are told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceFiles {
    /// `conference.toml`.
    pub conference: Conference,
    /// `paging.toml`.
    pub paging: Paging,
    /// `parking.toml`.
    pub parking: Parking,
    /// `announcements.toml`.
    pub announcement: cordboard_announcement::Settings,
    /// `completion.toml`.
    pub completion: cordboard_completion::Settings,
    /// `disa.toml`.
    pub disa: cordboard_disa::Settings,
    /// `hotdesk.toml`.
    pub hotdesk: cordboard_hotdesk::Settings,
    /// `wakeup.toml`.
    pub wakeup: cordboard_wakeup::Settings,
}

impl ServiceFiles {
    /// Reads those that there are.
    pub(super) fn read(etc: &Path, errors: &mut Vec<ConfigError>) -> Self {
        Self {
            conference: optional(&etc.join("conference.toml"), errors),
            paging: optional(&etc.join("paging.toml"), errors),
            parking: optional(&etc.join("parking.toml"), errors),
            announcement: optional(&etc.join("announcements.toml"), errors),
            completion: optional(&etc.join("completion.toml"), errors),
            disa: optional(&etc.join("disa.toml"), errors),
            hotdesk: optional(&etc.join("hotdesk.toml"), errors),
            wakeup: optional(&etc.join("wakeup.toml"), errors),
        }
    }

    /// JSON of each, by the service's kind.
    pub(super) fn settings(&self) -> BTreeMap<String, String> {
        [
            (CONFERENCE, json(&self.conference)),
            (PARKING, json(&self.parking)),
            (cordboard_announcement::KIND, json(&self.announcement)),
            (cordboard_completion::KIND, json(&self.completion)),
        ]
        .into_iter()
        .map(|(kind, settings)| (kind.to_owned(), settings))
        .collect()
    }
}

impl Config {
    /// What no single value of `announcements.toml` shows.
    pub(super) fn check_announcements(&self, file: &Path) -> Result<(), ConfigError> {
        let known = |user: &String| self.users.user.keys().any(|name| name.as_str() == user);
        match self.services.announcement.users.iter().find(|user| !known(user)) {
            Some(user) => {
                Err(ConfigError::of_file(file, format!("users: there is no user `{user}` in users.toml")))
            }
            None => Ok(()),
        }
    }

    /// What no single value of `paging.toml` shows: whom its bells ring, and with what.
    pub(super) fn check_paging(&self, file: &Path) -> Result<(), ConfigError> {
        let paging = &self.services.paging;
        let user = |user: &str| self.users.user.keys().any(|name| name.as_str() == user);
        let known = if paging.bell.is_empty() { BTreeSet::new() } else { self.prompts() };
        for (name, bell) in &paging.bell {
            let unknown_user = bell.phones.iter().find(|phone| !user(phone));
            let unknown_prompt = bell.prompts.iter().find(|prompt| !known.contains(*prompt));
            let wrong = if let Some(phone) = unknown_user {
                format!("there is no user `{phone}` in users.toml")
            } else if !bell.group.is_empty() && !paging.group.contains_key(&bell.group) {
                format!("there is no group `{}` here", bell.group)
            } else if let Some(prompt) = unknown_prompt {
                let nearest = nearest(prompt, known.iter().map(String::as_str));
                let hint = nearest.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
                format!("there is no prompt `{prompt}`{hint}")
            } else if bell.phones.is_empty() && bell.group.is_empty() {
                "it rings nowhere: it has neither `phones` nor a `group`".to_owned()
            } else if bell.at.is_empty() {
                "it never rings: it has no times in `at`".to_owned()
            } else {
                continue;
            };
            return Err(ConfigError::of_file(file, format!("bell `{name}`: {wrong}")));
        }
        Ok(())
    }

    /// What no single value of `disa.toml` shows.
    pub(super) fn check_disa(&self, file: &Path) -> Result<(), ConfigError> {
        let known = |user: &str| self.users.user.keys().any(|name| name.as_str() == user);
        for (name, line) in &self.services.disa.line {
            if let Some(user) = line.user.keys().find(|user| !known(user)) {
                let text = format!("line `{name}`: there is no user `{user}` in users.toml");
                return Err(ConfigError::of_file(file, text));
            }
        }
        Ok(())
    }

    /// What the service is told: the lines, and where users dial.
    pub(super) fn disa_settings(&self, context_of: impl Fn(&Name, &User) -> String) -> String {
        let contexts =
            self.users.user.iter().map(|(name, user)| (name.as_str().to_owned(), context_of(name, user)));
        json(&cordboard_disa::Office { settings: self.services.disa.clone(), contexts: contexts.collect() })
    }
}

fn optional<T: DeserializeOwned + Default>(path: &Path, errors: &mut Vec<ConfigError>) -> T {
    if !path.exists() {
        return T::default();
    }
    let Some(text) = text_of(path, errors) else { return T::default() };
    parse(path, &text).map_err(|error| errors.push(error)).unwrap_or_default()
}

/// Settings are plain data: they serialise.
fn json(settings: &impl Serialize) -> String {
    serde_json::to_string(settings).unwrap_or_default()
}
