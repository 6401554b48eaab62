//! Users and trunks, whichever of Asterisk's channel drivers they come from, and the files that they become.

use super::{Device, Names, line, quoted_key};
use crate::dialplan::parse::Plan;
use crate::quoted::{is_name, list, name, quoted};
use crate::report::{Place, Report};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// A user.
#[derive(Clone, Debug, Default)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) number: String,
    pub(super) password: String,
    pub(super) context: String,
    pub(super) codecs: Vec<String>,
    pub(super) lang: String,
    pub(super) groups: BTreeSet<String>,
    pub(super) calls_max: Option<u32>,
    pub(super) place: Place,
    /// `number@context` of its mailboxes.
    pub(super) mailboxes: Vec<String>,
}

/// A trunk.
#[derive(Clone, Debug, Default)]
pub(super) struct Trunk {
    pub(super) servers: Vec<String>,
    pub(super) transport: String,
    pub(super) domain: String,
    pub(super) username: String,
    pub(super) password: String,
    pub(super) register: bool,
    pub(super) register_s: Option<u32>,
    pub(super) accept_from: Vec<String>,
    pub(super) inbound: Option<(String, String)>,
    pub(super) context: String,
    pub(super) channels: Option<u32>,
    pub(super) number: String,
    pub(super) show_caller: bool,
    pub(super) codecs: Vec<String>,
    pub(super) place: Place,
}

/// Addresses as peers outside see them.
#[derive(Clone, Debug, Default)]
pub(super) struct Network {
    pub(super) external: String,
    pub(super) local: Vec<String>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub(super) struct Phones {
    pub(super) users: BTreeMap<String, User>,
    pub(super) trunks: BTreeMap<String, Trunk>,
    /// Transport → addresses.
    pub(super) listen: BTreeMap<String, Vec<String>>,
    pub(super) network: Network,
    pub(super) lang: String,
}

/// `"Anna Archer" <101>` → name, number.
pub(super) fn caller_id(text: &str) -> (String, String) {
    match text.split_once('<') {
        Some((name, number)) => {
            (name.trim().trim_matches('"').trim().to_owned(), number.trim_end_matches('>').trim().to_owned())
        }
        None if text.chars().all(|c| c.is_ascii_digit() || c == '+') => (String::new(), text.to_owned()),
        None => (text.trim().trim_matches('"').to_owned(), String::new()),
    }
}

/// `1,3-5` → names of groups.
pub(super) fn groups(text: &str) -> BTreeSet<String> {
    text.split(',').map(str::trim).filter(|word| !word.is_empty()).map(name).collect()
}

impl Phones {
    /// Takes a user; of two with one name the first stays.
    pub(super) fn user(&mut self, device: &str, user: User, report: &mut Report) {
        let name = name(device);
        if name != device {
            report.differs(&user.place, device, &format!("a user can't be called so: it is `{name}` here"));
        }
        if self.users.contains_key(&name) || self.trunks.contains_key(&name) {
            return report.lost(
                &user.place,
                device,
                "there is another one of this name; this one is left out",
            );
        }
        self.users.insert(name, user);
    }

    /// The same with a trunk.
    pub(super) fn trunk(&mut self, device: &str, trunk: Trunk, report: &mut Report) {
        let name = name(device);
        if self.users.contains_key(&name) || self.trunks.contains_key(&name) {
            return report.lost(
                &trunk.place,
                device,
                "there is another one of this name; this one is left out",
            );
        }
        self.trunks.insert(name, trunk);
    }

    /// Names for the dialplan, when all are known.
    pub(super) fn settle(&mut self, names: &mut Names, plan: &Plan, report: &mut Report) {
        for (name, user) in &mut self.users {
            names.devices.insert(name.clone(), Device::User(name.clone()));
            let number = if user.number.is_empty() { name } else { &user.number };
            names.numbers.entry(number.clone()).or_insert_with(|| name.clone());
            if user.context.is_empty() {
                user.context = "default".to_owned();
            }
            names.contexts.insert(user.context.clone());
        }
        for (name, trunk) in &mut self.trunks {
            names.devices.insert(name.clone(), Device::Trunk(name.clone()));
            if trunk.context.is_empty() {
                trunk.context = "default".to_owned();
            }
            names.contexts.insert(trunk.context.clone());
        }
        let places = self.users.values().map(|user| (&user.context, &user.place));
        for (context, place) in places.chain(self.trunks.values().map(|trunk| (&trunk.context, &trunk.place)))
        {
            if !plan.contexts.iter().any(|known| known.name == *context) {
                report.differs(
                    place,
                    &format!("context = {context}"),
                    "the dialplan has no such context: its calls are refused",
                );
            }
            if !is_name(context) {
                report.differs(place, &format!("context = {context}"), "a context can't be called so here");
            }
        }
    }

    /// The codecs of most users, for the office.
    pub(super) fn common_codecs(&self) -> Vec<String> {
        let mut counts: BTreeMap<&[String], usize> = BTreeMap::new();
        for user in self.users.values().filter(|user| !user.codecs.is_empty()) {
            *counts.entry(&user.codecs).or_default() += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, count)| *count);
        most.map(|(codecs, _)| codecs.to_vec()).unwrap_or_default()
    }

    /// `etc/users.toml`
    pub(super) fn users_toml(&self) -> String {
        let mut text = "# The users. Their passwords are in var/secrets.toml. Every key is explained in the sample office's file.\n".to_owned();
        let common = self.common_codecs();
        for (name, user) in &self.users {
            let _infallible = write!(text, "\n[user.{}]\n", quoted_key(name));
            if !user.name.is_empty() {
                line(&mut text, "name", &quoted(&user.name));
            }
            if !user.number.is_empty() && user.number != *name {
                line(&mut text, "number", &quoted(&user.number));
            }
            line(&mut text, "context", &quoted(&user.context));
            if !user.codecs.is_empty() && user.codecs != common {
                line(&mut text, "codecs", &list(&user.codecs));
            }
            if !user.lang.is_empty() && user.lang != self.lang {
                line(&mut text, "lang", &quoted(&user.lang));
            }
            if !user.groups.is_empty() {
                line(&mut text, "group", &list(&user.groups));
            }
            if let Some(most) = user.calls_max {
                line(&mut text, "calls_max", &most.to_string());
            }
        }
        text
    }

    /// `etc/trunks.toml`
    pub(super) fn trunks_toml(&self) -> String {
        let mut text = "# The trunks. This file holds passwords: keep it to yourself. Every key is explained in the sample office's file.\n".to_owned();
        for (name, trunk) in &self.trunks {
            let _infallible = write!(text, "\n[trunk.{}]\n", quoted_key(name));
            trunk.write(&mut text);
        }
        text
    }
}

impl Trunk {
    fn write(&self, text: &mut String) {
        if !self.servers.is_empty() {
            line(text, "servers", &list(&self.servers));
        }
        for (key, value) in [("transport", &self.transport), ("domain", &self.domain)] {
            if !value.is_empty() {
                line(text, key, &quoted(value));
            }
        }
        if !self.username.is_empty() && !self.password.is_empty() {
            line(text, "username", &quoted(&self.username));
            line(text, "password", &quoted(&self.password));
        }
        if self.register {
            line(text, "register", "true");
        }
        if let Some(seconds) = self.register_s {
            line(text, "register_s", &seconds.clamp(30, 86_400).to_string());
        }
        if !self.accept_from.is_empty() {
            line(text, "accept_from", &list(&self.accept_from));
        }
        if let Some((user, password)) = &self.inbound {
            line(text, "inbound_username", &quoted(user));
            line(text, "inbound_password", &quoted(password));
        }
        line(text, "context", &quoted(&self.context));
        if let Some(channels) = self.channels {
            line(text, "channels", &channels.min(10_000).to_string());
        }
        if !self.number.is_empty() {
            line(text, "number", &quoted(&self.number));
        }
        if self.show_caller {
            line(text, "show_caller", "true");
        }
        if !self.codecs.is_empty() {
            line(text, "codecs", &list(&self.codecs));
        }
    }
}
