//! `voicemail.conf`: mailboxes with their PINs, addresses and options.

use super::phones::Phones;
use super::{Names, bounded, leftovers, line};
use crate::conf::{Conf, Entry, Section, is_yes};
use crate::quoted::{list, quoted};
use crate::report::Report;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What `etc/voicemail.toml` says, and what it must not say.
pub(super) struct Boxes {
    pub(super) text: String,
    pub(super) pins: BTreeMap<String, String>,
}

const GENERAL: [&str; 17] = [
    "attach",
    "maxsecs",
    "maxmessage",
    "minsecs",
    "minmessage",
    "maxsilence",
    "skipms",
    "maxlogins",
    "maxmsg",
    "review",
    "operator",
    "envelope",
    "maxgreet",
    "minpassword",
    "serveremail",
    "fromstring",
    "volgain",
];
const HANDLED: [&str; 23] = [
    "format",
    "silencethreshold",
    "saycid",
    "sayduration",
    "saydurationm",
    "emailsubject",
    "emailbody",
    "emaildateformat",
    "pagersubject",
    "pagerbody",
    "charset",
    "mailcmd",
    "sendvoicemail",
    "searchcontexts",
    "usedirectory",
    "forcename",
    "forcegreetings",
    "tempgreetwarn",
    "passwordlocation",
    "moveheard",
    "nextaftercmd",
    "userscontext",
    "tz",
];

/// Reads it; without it there are no boxes.
pub(super) fn read(conf: Option<&Conf>, phones: &Phones, names: &mut Names, report: &mut Report) -> Boxes {
    let mut boxes = Boxes {
        text: "# Mailboxes. Their first PINs are in var/secrets.toml. Every key is explained in the sample office's file.\n".to_owned(),
        pins: BTreeMap::new(),
    };
    line(&mut boxes.text, "every_user", "false");
    let Some(conf) = conf else { return boxes };
    let is_zones = |section: &&Section| section.name == "zonemessages";
    if let Some(general) = conf.section("general") {
        read_general(general, &mut boxes.text, report);
    }
    let usual = conf.section("general").and_then(|general| general.get("tz"));
    let zones = read_zones(conf.real().find(is_zones), usual, report);
    for section in conf.real().filter(|section| section.name != "general" && !is_zones(section)) {
        for entry in &section.entries {
            read_box(section, entry, (phones, &zones), (names, &mut boxes), report);
        }
    }
    boxes
}

/// `[zonemessages]`: `eastern = America/New_York|'vm-received' Q 'digits/at' IMp`, by name. How times are said is the language's.
fn read_zones(section: Option<&Section>, usual: Option<&str>, report: &mut Report) -> Zones {
    let mut zones = Zones::default();
    for entry in section.into_iter().flat_map(|section| &section.entries) {
        let (zone, says) = entry.value.split_once('|').unwrap_or((&entry.value, ""));
        zones.named.insert(entry.key.clone(), zone.trim().to_owned());
        if !says.trim().is_empty() {
            let why = "its time zone is taken; how a time is said is the language's";
            report.differs(&entry.place, &format!("{} = {}", entry.key, entry.value), why);
        }
    }
    zones.usual = usual.and_then(|usual| zones.zone(usual)).map(str::to_owned);
    zones
}

/// Time zones by the names that boxes call them by.
#[derive(Debug, Default)]
struct Zones {
    named: BTreeMap<String, String>,
    /// That of a box that says none.
    usual: Option<String>,
}

impl Zones {
    fn zone<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.named.get(name).map(String::as_str).or(name.contains('/').then_some(name))
    }
}

fn read_general(general: &Section, text: &mut String, report: &mut Report) {
    leftovers(general, &GENERAL, &HANDLED, report);
    for key in ["attach", "review", "operator", "envelope"] {
        if let Some(yes) = general.yes(key) {
            line(text, key, if yes { "true" } else { "false" });
        }
    }
    let numbers = [
        ("maxsecs", "max_s", (1, 3_600)),
        ("maxmessage", "max_s", (1, 3_600)),
        ("minsecs", "min_s", (0, 60)),
        ("minmessage", "min_s", (0, 60)),
        ("maxgreet", "greeting_s", (1, 600)),
        ("maxsilence", "silence_s", (0, 60)),
        ("maxlogins", "tries", (1, 20)),
        ("maxmsg", "messages_max", (1, 10_000)),
        ("minpassword", "pin_min", (1, 32)),
    ];
    for (theirs, ours, bounds) in numbers {
        if let Some(number) = bounded(general, theirs, bounds, report) {
            line(text, ours, &number.to_string());
        }
    }
    if let Some(ms) = bounded(general, "skipms", (1_000, 60_000), report) {
        line(text, "skip_s", &(ms / 1_000).to_string());
    }
    if let Some(entry) = general.entry("volgain")
        && gain_db(&entry.value) != Some(0)
    {
        let why = match gain_db(&entry.value) {
            Some(db) => format!("set `gain_db = {db}` in etc/mail.toml"),
            None => "this is no factor: mails are as loud as the messages".to_owned(),
        };
        report.note(&entry.place, &format!("volgain = {}", entry.value), &why);
    }
    for key in
        ["serveremail", "fromstring", "emailsubject", "emailbody", "pagersubject", "pagerbody", "mailcmd"]
    {
        if let Some(entry) = general.entry(key) {
            let source = format!("{key} = {}", entry.value);
            report.note(
                &entry.place,
                &source,
                "mails are set up in etc/mail.toml: the same ${VM_…} fields can stand there",
            );
        }
    }
}

/// `101 => 1234,Anna Archer,anna@example.com,pager@example.com,attach=yes|delete=no`
fn read_box(
    section: &Section,
    entry: &Entry,
    (phones, zones): (&Phones, &Zones),
    (names, boxes): (&mut Names, &mut Boxes),
    report: &mut Report,
) {
    let number = &entry.key;
    let source = format!("{number}@{}", section.name);
    if !number.chars().all(|c| c.is_ascii_digit()) || number.len() > 32 {
        return report.lost(&entry.place, &source, "a box's number is digits here");
    }
    if names.mailboxes.values().any(|known| known == number) {
        return report.lost(
            &entry.place,
            &source,
            "another context has a box of this number; there is one set of boxes here",
        );
    }
    names.mailboxes.insert(format!("{}/{number}", section.name), number.clone());
    report.count("mailboxes", 1);
    let mut fields = entry.value.splitn(5, ',').map(str::trim);
    let mut next = || fields.next().unwrap_or_default().to_owned();
    let (pin, name, email, pager, options) = (next(), next(), next(), next(), next());
    let pin_digits = pin.trim_start_matches('-');
    if pin.starts_with('-') {
        report.differs(&entry.place, &source, "its owner may change the PIN here");
    }
    if pin_digits.chars().all(|c| c.is_ascii_digit()) && (1..=32).contains(&pin_digits.len()) {
        boxes.pins.insert(number.clone(), pin_digits.to_owned());
    } else {
        report.note(&entry.place, &source, "it has no PIN of digits: one is made at the first start");
    }
    let text = &mut boxes.text;
    let _infallible = write!(text, "\n[box.{number}]\n");
    if !name.is_empty() {
        line(text, "name", &quoted(&name));
    }
    let of_box = |user: &&super::User| {
        user.mailboxes.iter().any(|named| {
            let (own, context) = named.split_once('@').unwrap_or((named, "default"));
            own == number && context == section.name
        })
    };
    let owners: Vec<&String> =
        phones.users.iter().filter(|(_, user)| of_box(user)).map(|(name, _)| name).collect();
    let own = names.numbers.get(number);
    let is_own = |owners: &[&String]| matches!(owners, [one] if own == Some(*one));
    if !owners.is_empty() && !is_own(&owners) {
        line(text, "users", &list(&owners));
    }
    for (key, addresses) in [("email", &email), ("pager", &pager)] {
        let addresses: Vec<&str> =
            addresses.split(['|', ';']).map(str::trim).filter(|address| !address.is_empty()).collect();
        let (fit, unfit): (Vec<&str>, Vec<&str>) =
            addresses.into_iter().partition(|address| is_address(address));
        if !fit.is_empty() {
            line(text, key, &list(fit));
        }
        if !unfit.is_empty() {
            report.lost(&entry.place, &unfit.join(", "), "this is no mail address");
        }
    }
    read_options(entry, (&options, zones), text, report);
}

fn read_options(entry: &Entry, (options, zones): (&str, &Zones), text: &mut String, report: &mut Report) {
    let mut mail = OwnMail::default();
    let mut time_zone = zones.usual.clone();
    for option in options.split('|').map(str::trim).filter(|option| !option.is_empty()) {
        let (key, value) = option.split_once('=').unwrap_or((option, "yes"));
        let truth = if is_yes(value) { "true" } else { "false" };
        let within =
            |most: u32, least: u32| value.parse::<u32>().is_ok_and(|it| (least..=most).contains(&it));
        let source = format!("{}: {option}", entry.key);
        match key {
            "attach" | "review" | "operator" | "envelope" => line(text, key, truth),
            "delete" | "deletevoicemail" => line(text, "delete_after_mail", truth),
            "maxmsg" if within(10_000, 1) => line(text, "messages_max", value),
            "maxsecs" | "maxmessage" if within(3_600, 1) => line(text, "max_s", value),
            "minsecs" | "minmessage" if within(60, 0) => line(text, "min_s", value),
            "language" => line(text, "lang", &quoted(value)),
            "tz" => match zones.zone(value) {
                Some(zone) => time_zone = Some(zone.to_owned()),
                None => report.lost(&entry.place, &source, "[zonemessages] has no time zone of this name"),
            },
            "serveremail" => mail.address = value.to_owned(),
            "fromstring" => mail.name = value.to_owned(),
            "emailsubject" => mail.put("subject", value),
            "emailbody" => mail.put("body", value),
            "pagersubject" => mail.put("pager_subject", value),
            "pagerbody" => mail.put("pager_body", value),
            "emaildateformat" if is_date(value) => mail.put("date", value),
            "volgain" => match gain_db(value) {
                Some(db) => mail.lines.push(("gain_db", db.to_string())),
                None => report.lost(&entry.place, &source, "this is no factor"),
            },
            "attachfmt" => match value {
                "wav" | "wav49" | "WAV" => {}
                "opus" | "ogg" => mail.put("attach", "opus"),
                _ => report.differs(&entry.place, &source, "messages are attached as WAV or as Opus"),
            },
            // What is said is the language's, and these are for all boxes.
            "saycid" | "sayduration" | "sendvoicemail" => {
                report.differs(&entry.place, &source, "this is set for all boxes together here");
            }
            _ => report.lost(&entry.place, &source, "there is nothing like it"),
        }
    }
    time_zone.into_iter().for_each(|zone| line(text, "time_zone", &quoted(&zone)));
    mail.write(entry, text, report);
}

/// What mails of a box have of their own.
#[derive(Debug, Default)]
struct OwnMail {
    address: String,
    name: String,
    lines: Vec<(&'static str, String)>,
}

impl OwnMail {
    /// Asterisk has its line breaks and tabs written out.
    fn put(&mut self, key: &'static str, value: &str) {
        let value = value.replace("\\n", "\n").replace("\\t", "\t");
        self.lines.push((key, quoted(&value)));
    }

    fn write(mut self, entry: &Entry, text: &mut String, report: &mut Report) {
        match (self.address.as_str(), self.name.as_str()) {
            ("", "") => {}
            ("", name) => {
                let why = "a sender is an address here: set `from` in its [box.NUMBER.mail]";
                report.note(&entry.place, &format!("{}: fromstring={name}", entry.key), why);
            }
            (address, _) if !is_address(address) => {
                let why = "this is no mail address: its mails come from the office's";
                report.lost(&entry.place, &format!("{}: serveremail={address}", entry.key), why);
            }
            (address, "") => self.lines.push(("from", quoted(address))),
            (address, name) => {
                let name: String = name.chars().filter(|c| !"\"<>\\".contains(*c)).collect();
                self.lines.push(("from", quoted(&format!("\"{name}\" <{address}>"))));
            }
        }
        if self.lines.is_empty() {
            return;
        }
        let _infallible = write!(text, "\n[box.{}.mail]\n", entry.key);
        self.lines.iter().for_each(|(key, value)| line(text, key, value));
    }
}

/// Whether a date is written in letters that mean the same here.
fn is_date(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|rest| rest.is_empty() || rest.starts_with(|c| "aAbBdDeFHIjklmMpPRSTuyYZ".contains(c)))
}

/// A factor of Asterisk's `volgain` in dB, at most 24 either way; `None`: it is none. 0 is none, too, there.
fn gain_db(factor: &str) -> Option<i8> {
    let factor: f64 = factor.trim().parse().ok()?;
    if factor == 0.0 {
        return Some(0);
    }
    let db = (factor > 0.0).then(|| (20.0 * factor.log10()).round().clamp(-24.0, 24.0))?;
    #[allow(clippy::cast_possible_truncation, reason = "within its range")]
    Some(db as i8)
}

fn is_address(text: &str) -> bool {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c);
    text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
        && !text.contains(is_odd)
}
