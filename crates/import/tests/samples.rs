//! Realistic configurations of Asterisk's: what comes of each stands beside it, is checked as an office's own, and does in the
//! simulation what it did. `CORDBOARD_BLESS=1 cargo test -p cordboard-import` writes the outputs anew.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests may")]

use cordboard_dialplan::{Bundle, Dialplan, Fibers};
use cordboard_import::{Imported, Sources, import};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn folder(sample: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(sample)
}

fn sources(sample: &str) -> Sources {
    let mut sources = Sources::default();
    for entry in fs::read_dir(folder(sample)).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "conf") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            sources.files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    sources
}

fn bundle(imported: &Imported) -> Bundle {
    let script = |name: &str| imported.files.get(&format!("dialplan/{name}"));
    let mut bundle = Bundle::single(script("main.rhai").unwrap());
    if let Some(text) = script("asterisk.rhai") {
        bundle = bundle.with("asterisk.rhai", text);
    }
    bundle
}

/// What comes of a sample is what stands beside it, and loads.
fn golden(sample: &str) -> Imported {
    let imported = import(&sources(sample));
    let expected = folder(sample).join("expected");
    if std::env::var_os("CORDBOARD_BLESS").is_some() {
        for (name, text) in &imported.files {
            let path = expected.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
    let applications = cordboard_installed::installed().applications;
    if let Err(findings) = Dialplan::load_in(&bundle(&imported), &Fibers::default(), &applications) {
        let text: Vec<String> = findings.iter().map(ToString::to_string).collect();
        panic!("{sample}:\n{}", text.join("\n"));
    }
    let mut known = BTreeMap::new();
    collect(&expected, &expected, &mut known);
    for (name, text) in &imported.files {
        assert_eq!(Some(text), known.get(name), "{sample}/expected/{name} is not what comes of it");
    }
    assert_eq!(known.len(), imported.files.len(), "{sample}: {:?}", known.keys());
    imported
}

fn collect(root: &Path, folder: &Path, into: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, into);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            into.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn a_small_office() {
    golden("small-office");
}

#[test]
fn a_menu_by_day_and_a_message_by_night() {
    golden("ivr-night");
}

#[test]
fn queues_with_agents() {
    golden("queues");
}

#[test]
fn macros_of_old() {
    golden("stdexten");
}

#[test]
fn generated_by_freepbx() {
    golden("freepbx");
}

#[test]
fn trunks_by_prefix() {
    golden("trunks-lcr");
}

#[test]
fn hot_desks_by_the_database() {
    golden("hotdesk");
}

#[test]
fn much_voicemail() {
    golden("voicemail");
}

#[test]
fn a_small_business_by_templates_and_subroutines() {
    golden("basic-pbx");
}

#[test]
fn an_appliance_by_globals_and_macros() {
    golden("astlinux");
}

/// Whatever the report says is not translated of the dialplan stands in it as a comment too, and the other way round.
#[test]
fn what_is_left_out_is_in_the_report_and_a_comment() {
    for sample in ["basic-pbx", "astlinux", "freepbx", "hotdesk", "queues", "voicemail"] {
        let imported = golden(sample);
        let script = imported.files.get("dialplan/main.rhai").unwrap();
        let is_of_dialplan = |item: &&cordboard_import::Item| {
            item.fate == cordboard_import::Fate::Lost
                && item.place.file.starts_with("extensions")
                && !item.source.contains("hint")
        };
        for item in imported.report.items.iter().filter(is_of_dialplan) {
            assert!(script.contains(&format!("NOT TRANSLATED: {}", item.source)), "{sample}: {item:?}");
        }
    }
}
