//! The names that this configuration has, for the check of the dialplan.

use super::Config;
use cordboard_dialplan::{Configured, NumberedHours, Office, ParkingLot};
use cordboard_exchange::Setup;
use cordboard_sounds::EXTENSIONS;
use std::collections::BTreeSet;
use std::path::Path;

/// Folders of the sounds that hold no language.
const NO_LANGUAGE: &str = "music";
/// Folders within folders of prompts.
const DEPTH_MAX: usize = 4;

impl Config {
    /// What the scripts are told while they are loaded.
    pub fn configured(&self) -> Configured {
        let features = &self.office.features;
        let codes = features.codes.iter().map(|(name, keys)| (name.clone(), keys.0.clone()));
        let lots = self.services.parking.lot.iter().map(|(name, lot)| ParkingLot {
            name: name.as_str().to_owned(),
            first: lot.first,
            last: lot.last,
        });
        let profile = features.profile.name().to_owned();
        let hours = self.hours.hours.iter().filter_map(|(name, hours)| {
            let number = hours.number?.get();
            Some(NumberedHours { name: name.as_str().to_owned(), number })
        });
        let get_through = features.get_through.clone();
        Configured {
            profile,
            codes: codes.collect(),
            lots: lots.collect(),
            hours: hours.collect(),
            get_through,
        }
    }

    /// All names that a dialplan may use. `setup` is made of this configuration.
    pub fn names(&self, setup: &Setup) -> Office {
        let keys = |name: &str| name.to_owned();
        let services = &self.services;
        let queues = self.queues.queue.iter();
        let numbers =
            queues.clone().map(|(_, queue)| queue.number.clone()).filter(|number| !number.is_empty());
        let mut office = Office {
            users: setup.users.keys().cloned().collect(),
            trunks: setup.trunks.keys().cloned().collect(),
            queues: queues.clone().map(|(name, _)| name.to_string()).chain(numbers).collect(),
            mailboxes: self.voicemail_settings().boxes.into_keys().collect(),
            rooms: services.conference.room.keys().map(|name| keys(name.as_str())).collect(),
            lots: services.parking.lot.keys().map(|name| keys(name.as_str())).collect(),
            hours: setup.hours.keys().cloned().collect(),
            holidays: setup.holidays.values().cloned().collect(),
            music: self.music.class.keys().map(|name| keys(name.as_str())).collect(),
            prompts: self.prompts(),
            languages: self.languages(),
            groups: setup.users.values().flat_map(|user| user.groups.iter().cloned()).collect(),
            page_groups: services.paging.group.keys().cloned().collect(),
            lines: services.disa.line.keys().cloned().collect(),
            outside: setup.trunks.iter().map(|(name, trunk)| (name.clone(), trunk.context.clone())).collect(),
            entered: BTreeSet::new(),
        };
        // What is recorded from a phone need not have an original.
        let announcements = services.announcement.announcements.values();
        office.prompts.extend(announcements.map(|name| name.as_str().to_owned()));
        // A folder of music is a class by its name.
        if let Ok(folder) = std::fs::read_dir(self.sounds_path().join("music")) {
            office.music.extend(folder.flatten().filter_map(|entry| entry.file_name().into_string().ok()));
        }
        let of_queues = queues.flat_map(|(_, queue)| {
            let callback = queue.callback.as_ref().map(|callback| callback.context.clone());
            core::iter::once(queue.exit_context.clone()).chain(callback)
        });
        office.entered = setup
            .users
            .values()
            .map(|user| user.context.clone())
            .chain(setup.trunks.values().map(|trunk| trunk.context.clone()))
            .chain(services.disa.line.values().map(|line| line.context.clone()))
            .chain(of_queues)
            .collect();
        office
    }

    /// The prompts of all languages: a script may choose among them. Where the sounds are still to come, those that Cordboard comes
    /// with.
    pub(super) fn prompts(&self) -> BTreeSet<String> {
        let mut prompts = BTreeSet::new();
        let languages = std::fs::read_dir(self.sounds_path()).into_iter().flatten();
        for language in languages.flatten().filter(|entry| entry.file_name() != NO_LANGUAGE) {
            collect(&language.path(), "", DEPTH_MAX, &mut prompts);
        }
        if prompts.is_empty() {
            prompts.extend(crate::prompts::names().map(str::to_owned));
        }
        prompts
    }

    /// Languages that there are prompts of: folders of the sounds with any in them. Where prompts stand beside these folders, each
    /// language has them, and none is told.
    pub fn languages(&self) -> BTreeSet<String> {
        let mut languages = BTreeSet::new();
        for entry in std::fs::read_dir(self.sounds_path()).into_iter().flatten().flatten() {
            let (path, Ok(name)) = (entry.path(), entry.file_name().into_string()) else { continue };
            if is_sound(&path) {
                return BTreeSet::new();
            }
            if name != NO_LANGUAGE && has_sounds(&path, DEPTH_MAX) {
                languages.insert(name);
            }
        }
        if languages.is_empty() {
            languages.extend(crate::prompts::languages().map(str::to_owned));
        }
        languages
    }
}

fn is_sound(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    EXTENSIONS.contains(&extension) && path.is_file()
}

fn has_sounds(folder: &Path, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| is_sound(&entry.path()) || has_sounds(&entry.path(), depth))
}

fn collect(folder: &Path, prefix: &str, depth: usize, prompts: &mut BTreeSet<String>) {
    let Some(depth) = depth.checked_sub(1) else { return };
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Some(name) = name.to_str() else { continue };
        if path.is_dir() {
            collect(&path, &format!("{prefix}{name}/"), depth, prompts);
        } else if let Some((stem, _)) = name.rsplit_once('.') {
            prompts.insert(format!("{prefix}{stem}"));
        }
    }
}
