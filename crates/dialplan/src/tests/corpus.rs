//! Mistakes that admins make in the shipped offices are found where they stand: tests/corpus/faults.txt. The offices as they are
//! have none.

use super::corpus_files::FILES;
use crate::{Bundle, Dialplan, Fibers, Finding, Office};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Of 100 mistakes so many are found at least.
const FOUND_PERCENT: usize = 95;

const OFFICES: [&str; 6] = ["sample", "hotel", "shop", "practice", "callcentre", "twosites"];

/// A file of an office; empty: it has none of this name.
fn text_of(office: &str, path: &str) -> &'static str {
    let path = if office == "sample" { path.to_owned() } else { format!("examples/{office}/{path}") };
    FILES.iter().find(|(name, _)| *name == path).map_or("", |(_, text)| text)
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
    OFFICES.into_iter().map(|office| (office, (bundle(office), names(office)))).collect()
}

fn bundle(office: &str) -> Bundle {
    let folder =
        if office == "sample" { "dialplan/".to_owned() } else { format!("examples/{office}/dialplan/") };
    let scripts = FILES.iter().filter_map(|(path, text)| {
        let name = path.strip_prefix(&folder).filter(|name| name.ends_with(".rhai"))?;
        Some((name.to_owned(), (*text).to_owned()))
    });
    Bundle {
        main: "main.rhai".to_owned(),
        files: scripts.collect(),
        configured: crate::Configured::default(),
    }
}

/// The sections `[kind.name]` of a file, each with its text.
fn sections(office: &str, file: &str, kind: &str) -> Vec<(String, String)> {
    let text: String = text_of(office, &format!("etc/{file}"))
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| format!("{line}\n"))
        .collect();
    let head = format!("[{kind}.");
    let parts = text.split("\n[").map(|part| format!("[{}", part.trim_start_matches('[')));
    let section = |part: String| {
        let (name, rest) = part.strip_prefix(&head)?.split_once(']')?;
        (!name.contains('.')).then(|| (name.to_owned(), rest.to_owned()))
    };
    parts.filter_map(section).collect()
}

/// The value of `key = "value"`.
fn value(text: &str, key: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with(&format!("{key} = \"")))?;
    line.split('"').nth(1).map(str::to_owned)
}

/// The names of an office, as far as its files' headings tell them; the shell reads them in full.
fn names(office: &str) -> Office {
    let all = |file: &str, kind: &str| -> BTreeSet<String> {
        sections(office, file, kind).into_iter().map(|(name, _)| name).collect()
    };
    let users = sections(office, "users.toml", "user");
    let trunks = sections(office, "trunks.toml", "trunk");
    let queues = sections(office, "queues.toml", "queue");
    let context = |(name, text): &(String, String), default: &str| {
        (name.clone(), value(text, "context").unwrap_or_else(|| default.replace("NAME", name)))
    };
    let outside: Vec<(String, String)> = trunks.iter().map(|trunk| context(trunk, "from-NAME")).collect();
    let begins = users.iter().map(|user| context(user, "internal").1);
    let own_boxes = !text_of(office, "etc/voicemail.toml").lines().any(|line| line == "every_user = false");
    let mut mailboxes = all("voicemail.toml", "box");
    if own_boxes {
        mailboxes.extend(users.iter().map(|(name, _)| name.clone()));
    }
    let groups = users.iter().filter_map(|(_, text)| {
        let line = text.lines().find(|line| line.starts_with("group = "))?;
        Some(line.split('"').nth(1)?.to_owned())
    });
    let sets = sections(office, "hours.toml", "hours").into_iter().map(|(name, _)| name);
    Office {
        users: users.iter().map(|(name, _)| name.clone()).collect(),
        trunks: trunks.iter().map(|(name, _)| name.clone()).collect(),
        queues: queues
            .iter()
            .flat_map(|(name, text)| [Some(name.clone()), value(text, "number")])
            .flatten()
            .collect(),
        mailboxes,
        rooms: all("conference.toml", "room"),
        lots: BTreeSet::from(["default".to_owned()]),
        hours: sets.collect(),
        // None of the corpus is about them.
        holidays: BTreeSet::new(),
        music: BTreeSet::from(["default".to_owned()]),
        prompts: prompts(),
        languages: BTreeSet::from(["en", "de"].map(str::to_owned)),
        groups: groups.collect(),
        page_groups: all("paging.toml", "group"),
        lines: all("disa.toml", "line"),
        entered: begins.chain(outside.iter().map(|(_, context)| context.clone())).collect(),
        outside,
    }
}

fn prompts() -> BTreeSet<String> {
    let manifest = text_of("sample", "sounds/manifest.toml");
    let id = |line: &str| Some(line.split_once("id = \"")?.1.split('"').next()?.to_owned());
    manifest.lines().filter_map(id).collect()
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
            (
                *file,
                found
                    .or_else(|| text.find(marked.as_str()))
                    .unwrap_or_else(|| panic!("no mark: {}", fault.line)),
            )
        }
    };
    let line = bundle.files[file][..offset].matches('\n').count() + 1;
    let applications = cordboard_installed::installed().applications;
    let checked = Dialplan::check(&bundle, &Fibers::default(), &applications, Some(names));
    (checked.findings, file.to_owned(), line)
}

#[test]
fn the_shipped_offices_have_no_finding() {
    let applications = cordboard_installed::installed().applications;
    for (office, (bundle, names)) in offices() {
        let checked = Dialplan::check(&bundle, &Fibers::default(), &applications, Some(&names));
        assert!(checked.findings.is_empty(), "{office}:\n{}", super::world::show(&checked.findings));
    }
}

#[test]
fn mistakes_that_admins_make_are_found_where_they_stand() {
    let faults = read(include_str!("../../../../tests/corpus/faults.txt"));
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
    println!("{missed}");
    super::figures::write(
        "Mistakes that admins make, found at load, none told in the six offices as they are",
        "200, 95 %",
        &format!("{found} of {}, {percent} %", faults.len()),
        "cargo test -p cordboard-dialplan corpus",
    );
    assert!(faults.len() >= 200 && percent >= FOUND_PERCENT, "{told}\n{missed}");
    let page = include_str!("../../../../tests/corpus/README.md");
    assert!(page.contains(&told), "tests/corpus/README.md is to say: {told}");
}
