//! `res_parking.conf` (and the parking of old `features.conf`): lots; `features.conf`: what is typed while talking.

use super::{Files, Names, bounded, leftovers, line, quoted_key};
use crate::conf::{Conf, Section};
use crate::quoted::{is_name, quoted};
use crate::report::Report;
use std::fmt::Write;

/// Places of a lot at most.
const PLACES_MAX: u32 = 1_000;

/// What is read of a lot.
const KNOWN: [&str; 13] = [
    "parkext",
    "parkpos",
    "context",
    "parkingtime",
    "comebacktoorigin",
    "comebackdialtime",
    "parkedmusicclass",
    "findslot",
    "courtesytone",
    "parkedcalltransfers",
    "parkedcallreparking",
    "parkedcallhangup",
    "parkedcallrecording",
];

/// Reads the lots.
pub(super) fn read(files: &Files, names: &mut Names, report: &mut Report) -> String {
    let mut text = "# Parking lots. Every key is explained in the sample office's file.\n".to_owned();
    let old = files.features.iter().flat_map(Conf::real).filter(|section| {
        section.get("parkext").is_some() && section.name == "general" && files.parking.is_none()
    });
    let new = files.parking.iter().flat_map(Conf::real).filter(|section| section.get("parkpos").is_some());
    for section in new.chain(old) {
        let name = if section.name == "general" { "default" } else { section.name.as_str() };
        lot(section, name, &mut text, names, report);
    }
    if names.lots.is_empty() {
        // Without this there would be a lot with places of its own, whose numbers may be those of users.
        text.push_str("\n# Asterisk has none: calls are not parked.\n[lot]\n");
    }
    text
}

fn lot(section: &Section, name: &str, text: &mut String, names: &mut Names, report: &mut Report) {
    let is_taken = names.lots.values().any(|known| known == name);
    if !is_name(name) || name.contains('.') || is_taken {
        return report.lost(
            &section.place,
            &format!("[{name}]"),
            "a lot can't be called so, or there are two of it",
        );
    }
    if section.name != "general" {
        leftovers(
            section,
            &KNOWN,
            &["parkinghints", "parkedplay", "adsipark", "comebackcontext", "parkext_exclusive"],
            report,
        );
    }
    let places = section.get("parkpos").and_then(|span| span.split_once('-'));
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let places = places.and_then(|(first, last)| number(first).zip(number(last)));
    let Some((first, last)) = places.filter(|(first, last)| first <= last && last - first < PLACES_MAX)
    else {
        return report.lost(
            &section.place,
            &format!("[{name}]"),
            "its places are no span of numbers, or more than 1000",
        );
    };
    names.lots.insert(section.name.clone(), name.to_owned());
    report.count("parking lots", 1);
    let context = section.get("context").unwrap_or("parkedcalls").to_owned();
    let parks = section.get("parkext").unwrap_or_default().to_owned();
    names.parking.insert(context, (first, last, parks));
    let _infallible = write!(text, "\n[lot.{}]\n", quoted_key(name));
    line(text, "first", &first.to_string());
    line(text, "last", &last.to_string());
    for (theirs, ours, bounds) in
        [("parkingtime", "timeout_s", (5, 86_400)), ("comebackdialtime", "comeback_s", (5, 600))]
    {
        if let Some(seconds) = bounded(section, theirs, bounds, report) {
            line(text, ours, &seconds.to_string());
        }
    }
    if let Some(comeback) = section.yes("comebacktoorigin") {
        line(text, "comeback", if comeback { "true" } else { "false" });
    }
    if let Some(class) = section.get("parkedmusicclass") {
        line(text, "music", &quoted(class));
    }
    rights(section, text, report);
    if section.get("findslot") == Some("next") {
        line(text, "find", "\"next\"");
    }
}

/// Who may what by digits after a call was fetched.
fn rights(section: &Section, text: &mut String, report: &mut Report) {
    for (theirs, ours) in [
        ("parkedcalltransfers", "transfer"),
        ("parkedcallreparking", "park"),
        ("parkedcallhangup", "disconnect"),
    ] {
        // Who fetches a call is the caller of that talk.
        match section.get(theirs).map(str::trim) {
            Some("both" | "yes") => line(text, ours, "\"both\""),
            Some("caller") => line(text, ours, "\"fetcher\""),
            Some("callee") => line(text, ours, "\"parked\""),
            Some(_) | None => {}
        }
    }
    if let Some(entry) = section.entry("parkedcallrecording").filter(|entry| entry.value.trim() != "no") {
        report.note(
            &entry.place,
            &format!("parkedcallrecording = {}", entry.value),
            "who may record by digits is said of users: `record` in etc/users.toml",
        );
    }
}

/// The codes of `[featuremap]`, as `[features]` of `cordboard.toml`.
pub(super) fn feature_codes(files: &Files, report: &mut Report) -> String {
    let mut text = "\n[features]\nprofile = \"asterisk\"\n".to_owned();
    let map = files.features.as_ref().and_then(|conf| conf.section("featuremap"));
    for entry in map.into_iter().flat_map(|section| section.entries.iter()) {
        let ours = match entry.key.as_str() {
            "blindxfer" => "blind",
            "atxfer" => "attended",
            "disconnect" => "disconnect",
            "parkcall" => "park",
            _ => "",
        };
        let code = entry.value.trim();
        let is_code = code.len() <= 8 && code.chars().all(|c| "0123456789*#ABCD".contains(c));
        let source = format!("{} = {code}", entry.key);
        match (ours, is_code) {
            ("", _) => report.lost(
                &entry.place,
                &source,
                "recording is started by `code` of [recording]; else there is nothing like it",
            ),
            (_, false) => report.lost(&entry.place, &source, "this can't be typed on a telephone"),
            // Parking by a code wants a number to park at, which the dialplan has to have.
            ("park", true) => report.note(
                &entry.place,
                &source,
                "set `park` and `park_to` in [features] of etc/cordboard.toml",
            ),
            (ours, true) => line(&mut text, ours, &quoted(code)),
        }
    }
    let application_map = files.features.as_ref().and_then(|conf| conf.section("applicationmap"));
    for entry in application_map.into_iter().flat_map(|section| section.entries.iter()) {
        report.lost(
            &entry.place,
            &format!("{} => {}", entry.key, entry.value),
            "codes of one's own are not there while talking",
        );
    }
    text
}
