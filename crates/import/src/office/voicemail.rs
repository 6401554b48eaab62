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

const GENERAL: [&str; 16] = [
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
    let zones = |section: &&Section| section.name == "zonemessages";
    if let Some(general) = conf.section("general") {
        read_general(general, &mut boxes.text, report);
    }
    for section in conf.real().filter(|section| section.name != "general" && !zones(section)) {
        for entry in &section.entries {
            read_box(section, entry, phones, (names, &mut boxes), report);
        }
    }
    if let Some(zones) = conf.real().find(zones) {
        let why = "times of messages are said in the office's time zone: `time_zone` in etc/cordboard.toml";
        report.note(&zones.place, "[zonemessages]", why);
    }
    boxes
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
    phones: &Phones,
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
    read_options(entry, &options, text, report);
}

fn read_options(entry: &Entry, options: &str, text: &mut String, report: &mut Report) {
    for option in options.split('|').map(str::trim).filter(|option| !option.is_empty()) {
        let (key, value) = option.split_once('=').unwrap_or((option, "yes"));
        let truth = if is_yes(value) { "true" } else { "false" };
        match key {
            "attach" => line(text, "attach", truth),
            "delete" | "deletevoicemail" => line(text, "delete_after_mail", truth),
            "maxmsg" if value.parse::<u32>().is_ok_and(|most| (1..=10_000).contains(&most)) => {
                line(text, "messages_max", value);
            }
            "language" => line(text, "lang", &quoted(value)),
            // What is said is in the office's time zone, and these are for all boxes.
            "tz" | "saycid" | "sayduration" | "envelope" | "review" | "operator" | "sendvoicemail"
            | "attachfmt" => {
                report.differs(
                    &entry.place,
                    &format!("{}: {option}", entry.key),
                    "this is set for all boxes together here",
                );
            }
            _ => report.lost(&entry.place, &format!("{}: {option}", entry.key), "there is nothing like it"),
        }
    }
}

fn is_address(text: &str) -> bool {
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || "<>,;\"".contains(c);
    text.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && !domain.is_empty())
        && !text.contains(is_odd)
}
