//! Files of the applications' services: each is read into its application's own settings, and may be absent.

use super::people::User;
use super::value::Name;
use super::{Config, ConfigError, parse, text_of};
use cordboard_conference::{KIND as CONFERENCE, Settings as Conference};
use cordboard_paging::{KIND as PAGING, Settings as Paging};
use cordboard_parking::{KIND as PARKING, Settings as Parking};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
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
            (PAGING, json(&self.paging)),
            (PARKING, json(&self.parking)),
            (cordboard_completion::KIND, json(&self.completion)),
        ]
        .into_iter()
        .map(|(kind, settings)| (kind.to_owned(), settings))
        .collect()
    }
}

impl Config {
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
