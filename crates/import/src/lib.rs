//! Asterisk's configuration as an office of ours: texts in, texts and a report out.
//!
//! ```text
//!  *.conf ─▶ Conf (sections, templates, includes) ─▶ office/*  ─▶ etc/*.toml, var/secrets.toml
//!                                               └──▶ dialplan/* ─▶ dialplan/main.rhai, dialplan/asterisk.rhai
//!                          Report ◀── whatever has no counterpart, or another one, with file and line
//! ```
//! Nothing is guessed silently: what can't be translated stands as a comment in its place, with a statement that is safe, and in
//! the report. Never here: a file, a clock, chance. The shell reads the files and writes them.
#![forbid(unsafe_code)]

mod conf;
mod dialplan;
mod office;
mod quoted;
mod report;

pub use conf::{FILES_MAX, INCLUDES_MAX, LINES_MAX};
pub use report::{Fate, Item, Place, Report};

use std::collections::BTreeMap;

/// Asterisk's files, by their names below the configuration's folder: `pjsip.conf`, `conf.d/phones.conf`.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Name → text.
    pub files: BTreeMap<String, String>,
}

impl Sources {
    /// With a further file.
    #[must_use]
    pub fn with(mut self, name: &str, text: &str) -> Self {
        self.files.insert(name.to_owned(), text.to_owned());
        self
    }
}

/// What comes of it.
#[derive(Clone, Debug, Default)]
pub struct Imported {
    /// Files of the office, by their names below its folder: `etc/users.toml`, `dialplan/main.rhai`, `var/secrets.toml`.
    pub files: BTreeMap<String, String>,
    /// What was found, and what was lost.
    pub report: Report,
    /// The boxes of voicemail: Asterisk's `context/number` → our number.
    pub mailboxes: BTreeMap<String, String>,
}

/// Files that hold secrets: for their owner's eyes alone.
pub const SECRETS: [&str; 2] = ["var/secrets.toml", "etc/trunks.toml"];

/// Translates a whole configuration.
pub fn import(sources: &Sources) -> Imported {
    let mut report = Report::default();
    let mut conf = |name: &str| conf::read(sources, name, &mut report);
    let files = office::Files {
        pjsip: conf("pjsip.conf"),
        sip: conf("sip.conf"),
        voicemail: conf("voicemail.conf"),
        queues: conf("queues.conf"),
        agents: conf("agents.conf"),
        music: conf("musiconhold.conf"),
        features: conf("features.conf"),
        parking: conf("res_parking.conf"),
        rooms: conf("confbridge.conf"),
        meetme: conf("meetme.conf"),
    };
    let extensions = conf("extensions.conf");
    for unread in ["extensions.ael", "extensions.lua"] {
        if sources.files.contains_key(unread) {
            let place = Place { file: unread.to_owned(), line: 1 };
            report.lost(&place, unread, "this language is not read: only extensions.conf is");
        }
    }
    let plan = dialplan::parse::parse(extensions.as_ref(), &mut report);
    let office = office::translate(&files, &plan, &mut report);
    let mut imported = Imported::default();
    imported.files.extend(office.files.clone());
    imported.files.extend(dialplan::translate(&plan, &office.names, &mut report));
    imported.mailboxes = office.names.mailboxes.clone();
    report.finish();
    imported.files.insert("import-report.txt".to_owned(), report.to_string());
    imported.report = report;
    imported
}
