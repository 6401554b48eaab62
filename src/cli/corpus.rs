//! The shipped offices have no finding, and mistakes that admins make in them are found where they stand: tests/corpus/faults.txt.

use super::check::whole;
use crate::config::{Config, Facts};
use crate::scripts;
use cordboard_dialplan::{Bundle, Dialplan, Fibers, Finding, Office};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Of 100 mistakes so many are found at least.
const FOUND_PERCENT: usize = 95;

const OFFICES: [&str; 6] = ["sample", "hotel", "shop", "practice", "callcentre", "twosites"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn etc(office: &str) -> PathBuf {
    match office {
        "sample" => root().join("etc"),
        other => root().join("examples").join(other).join("etc"),
    }
}

/// A mistake.
struct Fault<'t> {
    line: &'t str,
    codes: Vec<&'t str>,
    office: &'t str,
    file: &'t str,
    needle: String,
    made: String,
    /// A text on the line where it is to be found, and the file if it is another one.
    at: Option<(String, &'t str)>,
}

fn read(text: &str) -> Vec<Fault<'_>> {
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (head, change) = line.split_once(" :: ").unwrap();
            let (codes, path) = head.split_once(' ').unwrap();
            let (office, file) = path.split_once('/').unwrap();
            let (change, at) = match change.split_once(" @@ ") {
                Some((change, at)) => (change, Some(at)),
                None => (change, None),
            };
            let (needle, made) = change.split_once(" ~>").unwrap();
            let ends = |text: &str| text.replace('⏎', "\n");
            let at = at.map(|at| match at.split_once(" IN ") {
                Some((text, file)) => (ends(text), file),
                None => (ends(at), file),
            });
            let made = ends(made.strip_prefix(' ').unwrap_or(made));
            Fault { line, codes: codes.split('/').collect(), office, file, needle: ends(needle), made, at }
        })
        .collect()
}

fn offices() -> BTreeMap<&'static str, (Bundle, Office)> {
    let load = |office: &'static str| {
        let config = Config::check(&etc(office)).unwrap();
        let names = config.names(&config.setup(Facts::of_no_process()));
        (office, (scripts::read(&config.dialplan_path()).unwrap(), names))
    };
    OFFICES.into_iter().map(load).collect()
}

/// What is found of a mistake, and the line where it should be.
fn made(fault: &Fault<'_>, bundle: &Bundle, names: &Office) -> (Vec<Finding>, String, usize) {
    let mut bundle = bundle.clone();
    let text = bundle.files.get_mut(fault.file).unwrap_or_else(|| panic!("{}", fault.line));
    let at = text.find(&fault.needle).unwrap_or_else(|| panic!("not there: {}", fault.line));
    *text = text.replacen(&fault.needle, &fault.made, 1);
    let (file, offset) = match &fault.at {
        None => (fault.file, at),
        Some((marked, file)) => {
            let text = bundle.files.get(*file).unwrap();
            let from = if *file == fault.file { text[..at].rfind('\n').unwrap_or(0) } else { 0 };
            let found = text[from..].find(marked.as_str()).map(|found| found + from);
            (*file, found.or_else(|| text.find(marked.as_str())).unwrap_or_else(|| panic!("no mark: {}", fault.line)))
        }
    };
    let line = bundle.files[file][..offset].matches('\n').count() + 1;
    let applications = cordboard_installed::installed().applications;
    let checked = Dialplan::check(&bundle, &Fibers::default(), &applications, Some(names));
    (checked.findings, file.to_owned(), line)
}

#[test]
fn the_shipped_offices_have_no_finding() {
    for office in OFFICES {
        let report = whole(&etc(office)).unwrap();
        // The sample has no provider yet, and is told so.
        let findings: Vec<String> = report
            .findings
            .iter()
            .filter(|finding| !(office == "sample" && finding.code.to_string() == "W0505"))
            .map(ToString::to_string)
            .collect();
        assert!(findings.is_empty(), "{office}:\n{}", findings.join("\n"));
    }
}

#[test]
fn mistakes_that_admins_make_are_found_where_they_stand() {
    let text = std::fs::read_to_string(root().join("tests/corpus/faults.txt")).unwrap();
    let faults = read(&text);
    let offices = offices();
    let (mut missed, mut found) = (String::new(), 0);
    for fault in &faults {
        let (bundle, names) = &offices[fault.office];
        let (findings, file, line) = made(fault, bundle, names);
        let fits = |f: &Finding| {
            f.file == file && f.line == line && fault.codes.contains(&f.code.to_string().as_str())
        };
        if findings.iter().any(fits) {
            found += 1;
        } else {
            let seen: Vec<String> = findings
                .iter()
                .take(4)
                .map(|f| format!("{} {}:{}: {}", f.code, f.file, f.line, f.message))
                .collect();
            writeln!(missed, "- `{}`: line {line} of {file}; seen: {}", fault.line, seen.join("; ")).unwrap();
        }
    }
    let percent = found * 100 / faults.len();
    let told = format!("{found} of {} mistakes are found, {percent} %", faults.len());
    println!("{told}\n{missed}");
    assert!(faults.len() >= 200 && percent >= FOUND_PERCENT, "{told}\n{missed}");
    let page = std::fs::read_to_string(root().join("tests/corpus/README.md")).unwrap_or_default();
    assert!(page.contains(&told), "tests/corpus/README.md is to say: {told}");
}
