//! `musiconhold.conf`: classes of music.

use super::{Names, leftovers, line, quoted_key};
use crate::conf::Conf;
use crate::quoted::{is_name, list, quoted};
use crate::report::Report;
use std::fmt::Write;

/// Where Asterisk keeps its music, which is a folder of the sounds here.
const FOLDERS: [&str; 3] = ["/var/lib/asterisk/", "/usr/share/asterisk/", "/var/lib/asterisk/sounds/"];

/// Reads it; there is always a class `default`.
pub(super) fn read(conf: Option<&Conf>, names: &mut Names, report: &mut Report) -> String {
    let mut text = "# Music on hold. Every key is explained in the sample office's file.\n".to_owned();
    let sections = conf.into_iter().flat_map(Conf::real).filter(|section| section.name != "general");
    for section in sections {
        if !is_name(&section.name) {
            report.lost(&section.place, &format!("[{}]", section.name), "a class can't be called so");
            continue;
        }
        leftovers(
            section,
            &["mode", "directory", "application", "sort", "random", "announcement", "entry"],
            &["format", "digit", "kill_escalation_delay", "kill_method", "loop_last"],
            report,
        );
        names.music.insert(section.name.clone());
        report.count("music classes", 1);
        let _infallible = write!(text, "\n[class.{}]\n", quoted_key(&section.name));
        let entries: Vec<&str> = section.all("entry").map(|entry| entry.value.as_str()).collect();
        match (section.get("mode").unwrap_or("files"), section.get("application")) {
            ("custom", Some(program)) => {
                line(&mut text, "program", &list(program.split_whitespace()));
                report.note(
                    &section.place,
                    &format!("[{}]", section.name),
                    "the program must write 16-bit samples, 8000 a second",
                );
            }
            ("files", _) => {
                let folder = section.get("directory").unwrap_or("moh");
                line(&mut text, "files", &list([folder_of(folder)]));
                let why = format!("copy the files of {folder} to sounds/{}", folder_of(folder));
                report.note(&section.place, &format!("[{}]", section.name), &why);
            }
            ("playlist", _) => line(&mut text, "files", &list(entries)),
            (mode, _) => report.lost(
                &section.place,
                &format!("mode = {mode}"),
                "there is nothing like it: the class is silent",
            ),
        }
        if section.get("sort") == Some("random") || section.yes("random") == Some(true) {
            line(&mut text, "order", &quoted("random"));
        }
        if let Some(announcement) = section.get("announcement") {
            line(&mut text, "announcements", &list([announcement]));
        }
    }
    if names.music.insert("default".to_owned()) {
        text.push_str("\n[class.default]\nfiles = [\"music/default\"]\n");
    }
    text
}

/// A folder of Asterisk's as one below the sounds.
fn folder_of(folder: &str) -> String {
    let inside = FOLDERS.iter().find_map(|before| folder.strip_prefix(before)).unwrap_or(folder);
    let name = inside.trim_matches('/').rsplit('/').next().unwrap_or("default");
    let name = if name == "moh" || name.is_empty() { "default" } else { name };
    format!("music/{name}")
}
