//! `etc/*.toml` out of everything but the dialplan.

mod codecs;
mod music;
mod parking;
mod phones;
mod pjsip;
mod queues;
mod rooms;
mod sip;
mod voicemail;

use crate::conf::{Conf, Section};
use crate::dialplan::parse::Plan;
use crate::quoted::{list, quoted};
use crate::report::Report;
use phones::{Phones, User};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Asterisk's files, those that are there.
pub(crate) struct Files {
    pub(crate) pjsip: Option<Conf>,
    pub(crate) sip: Option<Conf>,
    pub(crate) voicemail: Option<Conf>,
    pub(crate) queues: Option<Conf>,
    pub(crate) agents: Option<Conf>,
    pub(crate) music: Option<Conf>,
    pub(crate) features: Option<Conf>,
    pub(crate) parking: Option<Conf>,
    pub(crate) rooms: Option<Conf>,
    pub(crate) meetme: Option<Conf>,
}

/// What a device of Asterisk's is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Device {
    /// A user.
    User(String),
    /// A trunk.
    Trunk(String),
}

/// Names that the dialplan refers to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Endpoints and peers.
    pub(crate) devices: BTreeMap<String, Device>,
    /// Users by their numbers.
    pub(crate) numbers: BTreeMap<String, String>,
    /// `context/number` of a box → its number here.
    pub(crate) mailboxes: BTreeMap<String, String>,
    pub(crate) queues: BTreeSet<String>,
    pub(crate) music: BTreeSet<String>,
    /// Asterisk's parking lot → ours.
    pub(crate) lots: BTreeMap<String, String>,
    /// Contexts in which parked calls are fetched → first place, last place, the number that parks.
    pub(crate) parking: BTreeMap<String, (u32, u32, String)>,
    /// MeetMe's rooms and their PINs.
    pub(crate) rooms: BTreeMap<String, String>,
    /// ConfBridge's profiles, and their keys.
    pub(crate) profiles: BTreeMap<String, Vec<(String, String)>>,
    /// Contexts of the keys that leave queues.
    pub(crate) exits: BTreeSet<String>,
    /// Contexts in which calls of phones and trunks begin.
    pub(crate) contexts: BTreeSet<String>,
}

/// The office.
pub(crate) struct Office {
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) names: Names,
}

/// Translates all of it.
pub(crate) fn translate(files: &Files, plan: &Plan, report: &mut Report) -> Office {
    let mut names = Names::default();
    let mut phones = Phones::default();
    if let Some(conf) = &files.pjsip {
        pjsip::read(conf, &mut phones, report);
    }
    if let Some(conf) = &files.sip {
        sip::read(conf, &mut phones, report);
    }
    phones.settle(&mut names, plan, report);
    let mut out = BTreeMap::new();
    let boxes = voicemail::read(files.voicemail.as_ref(), &phones, &mut names, report);
    out.insert("etc/voicemail.toml".to_owned(), boxes.text.clone());
    out.insert("etc/music.toml".to_owned(), music::read(files.music.as_ref(), &mut names, report));
    out.insert("etc/parking.toml".to_owned(), parking::read(files, &mut names, report));
    out.insert("etc/queues.toml".to_owned(), queues::read(files, plan, &mut names, report));
    out.insert("etc/conference.toml".to_owned(), rooms::read(files, &mut names, report));
    out.insert("etc/users.toml".to_owned(), phones.users_toml());
    out.insert("etc/trunks.toml".to_owned(), phones.trunks_toml());
    out.insert("etc/hours.toml".to_owned(), HOURS.to_owned());
    out.insert("etc/cordboard.toml".to_owned(), cordboard_toml(&phones, files, report));
    out.insert("var/secrets.toml".to_owned(), secrets(&phones.users, &boxes.pins));
    report.count("users", phones.users.len());
    report.count("trunks", phones.trunks.len());
    Office { files: out, names }
}

const HOURS: &str = "# Opening hours, for `hours(\"office\").open`. Those of Asterisk stand in the dialplan, as in_time(…).\n\
    [hours.office]\nopen = [\"mon-fri 09:00-17:30\"]\n";

fn secrets(users: &BTreeMap<String, User>, pins: &BTreeMap<String, String>) -> String {
    let mut text = "# Passwords of phones and PINs of mailboxes, as they were in Asterisk. Keep this file to yourself.\n\n[users]\n"
        .to_owned();
    for (name, user) in users.iter().filter(|(_, user)| !user.password.is_empty()) {
        line(&mut text, &quoted_key(name), &quoted(&user.password));
    }
    text.push_str("\n[pins]\n");
    for (number, pin) in pins {
        line(&mut text, &quoted_key(number), &quoted(pin));
    }
    text
}

/// `key = value`
fn line(text: &mut String, key: &str, value: &str) {
    // Writing to a string can't fail.
    let _infallible = writeln!(text, "{key} = {value}");
}

/// A key of a section's name or a line: TOML wants a dot in quotation marks.
fn quoted_key(name: &str) -> String {
    if name.contains('.') { quoted(name) } else { name.to_owned() }
}

fn cordboard_toml(phones: &Phones, files: &Files, report: &mut Report) -> String {
    let mut text = "# The exchange itself: what Asterisk's configuration says of it. All other keys have their defaults.\n\n\
        [office]\n"
        .to_owned();
    if !phones.lang.is_empty() {
        line(&mut text, "lang", &quoted(&phones.lang));
    }
    let codecs = phones.common_codecs();
    if !codecs.is_empty() {
        line(&mut text, "codecs", &list(&codecs));
    }
    text.push_str("\n[sip]\n");
    for (transport, addresses) in &phones.listen {
        line(&mut text, transport, &list(addresses));
    }
    let network = &phones.network;
    if !network.external.is_empty() || !network.local.is_empty() {
        text.push_str("\n[network]\n");
        if !network.external.is_empty() {
            let key = if network.external.contains(':') { "external_ipv6" } else { "external_ipv4" };
            line(&mut text, key, &quoted(&network.external));
        }
        if !network.local.is_empty() {
            line(&mut text, "local", &list(&network.local));
        }
    }
    text.push_str(&parking::feature_codes(files, report));
    text
}

/// A number of a section within bounds; else it is reported and left out.
fn bounded(section: &Section, key: &str, (from, to): (u32, u32), report: &mut Report) -> Option<u32> {
    let entry = section.entry(key)?;
    let number: Option<u32> = entry.value.parse().ok();
    let within = number.filter(|number| (from..=to).contains(number));
    if within.is_none() {
        let (key, value) = (&entry.key, &entry.value);
        report.differs(
            &entry.place,
            &format!("{key} = {value}"),
            &format!("not from {from} to {to}: left at its default"),
        );
    }
    within
}

/// Reports the keys of a section that are neither translated nor without meaning here.
fn leftovers(section: &Section, known: &[&str], handled: &[&str], report: &mut Report) {
    for entry in &section.entries {
        let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(&entry.key));
        if !is(known) && !is(handled) && !entry.key.starts_with("queue-") {
            let source = format!("[{}] {} = {}", section.name, entry.key, entry.value);
            report.lost(&entry.place, &source, "there is nothing like it");
        }
    }
}
