//! Which prompts there are, which there should be, and what uses them: reads names and sources, no samples.

use super::manifest::{MANIFESTS, Manifest};
use anyhow::{Context, Result};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What a group may be `for`, beside `say`, `scripts` and an application's folder under `apps/`: what the dialplan does.
const FEATURES: [&str; 19] = [
    "calls",
    "agent",
    "forwarding",
    "do-not-disturb",
    "call-waiting",
    "features",
    "block-list",
    "speed-dial",
    "privacy",
    "follow-me",
    "wake-up",
    "hot-desk",
    "call-flow",
    "speaking-clock",
    "recording",
    "ivr",
    "conference-status",
    "time-conditions",
    OFFICES,
];
/// What nothing here plays: sentences for the scripts that offices write, and for those that come from Asterisk.
const OFFICES: &str = "offices";
/// A quoted name that begins so, in an application or a script, is a prompt's.
const PREFIXES: [&str; 12] = [
    "vm-",
    "conf-",
    "queue-",
    "agent-",
    "dir-",
    "digits/",
    "letters/",
    "phonetic/",
    "followme/",
    "dictate/",
    "money/",
    "wakeup-",
];

/// What begins like a prompt in an application and is none: events that are told, and kinds of rows.
const NO_PROMPTS: [&str; 8] = [
    "queue-join",
    "queue-connect",
    "queue-complete",
    "queue-transfer",
    "queue-leave",
    "queue-callback",
    "queue-callback-failed",
    "agent-day",
];

/// What is wrong.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Manifest and files don't fit.
    pub(crate) errors: Vec<String>,
    /// A prompt that neither an application nor the dialplan names, or that a language lacks.
    pub(crate) warnings: Vec<String>,
}

/// Compares the manifests with the files, the grammars, the scripts and the applications.
pub(crate) fn check(root: &Path) -> Result<Findings> {
    let mut findings = Findings::default();
    let mut first: BTreeSet<String> = BTreeSet::new();
    let mut sayings: BTreeSet<String> = BTreeSet::new();
    let (scripts, apps) = (sources(&root.join("dialplan"))?, sources(&root.join("apps"))?);
    for name in MANIFESTS {
        let manifest = Manifest::read(root, name)?;
        let mut ids = BTreeSet::new();
        for prompt in manifest.prompts() {
            if NO_PROMPTS.contains(&prompt.id) {
                findings.errors.push(format!("{name}: {} is the name of something else", prompt.id));
            }
            if !ids.insert(prompt.id.to_owned()) {
                findings.errors.push(format!("{name}: {} stands there twice", prompt.id));
            }
        }
        let said: BTreeSet<String> =
            cordboard_app::say::grammar(&manifest.voice.lang).prompts().into_iter().collect();
        files(root, &manifest, &ids, &mut findings)?;
        for id in said.difference(&ids) {
            findings.errors.push(format!("{name}: {id} is missing, the grammar asks for it"));
        }
        for prompt in manifest.prompts() {
            let id = prompt.id;
            match prompt.user {
                "say" if said.contains(id) => {}
                "say" => {
                    findings.errors.push(format!("{name}: {id} is for `say`, but no grammar asks for it"))
                }
                _ if !first.is_empty() && !first.contains(id) => {
                    findings.errors.push(format!("{name}: {id} is not in {}", MANIFESTS[0]));
                }
                "scripts" if !quoted(&scripts, id) => {
                    findings.errors.push(format!("{name}: {id} is for `scripts`, but none plays it"));
                }
                "scripts" => {}
                user if !FEATURES.contains(&user) && !root.join("apps").join(user).is_dir() => {
                    findings.errors.push(format!("{name}: {id} is for `{user}`, which is no application"));
                }
                OFFICES => {}
                user if !said.contains(id) && !quoted(&apps, id) && !quoted(&scripts, id) => {
                    findings.warnings.push(format!("{name}: {id} is for `{user}`, which does not name it"));
                }
                _ => {}
            }
        }
        // Numbers are the grammar's: each language has its own.
        for id in first.difference(&ids).filter(|id| !sayings.contains(*id)) {
            findings.warnings.push(format!("{name}: {id} is missing, it is said in the office's language"));
        }
        if first.is_empty() {
            sayings =
                manifest.prompts().filter(|prompt| prompt.user == "say").map(|p| p.id.to_owned()).collect();
            first = ids;
        }
    }
    for (file, text) in apps.iter().chain(&scripts) {
        for id in named(text).filter(|id| !first.contains(*id)) {
            findings.errors.push(format!("{file}: the prompt {id} is not in {}", MANIFESTS[0]));
        }
    }
    Ok(findings)
}

/// Every prompt has its file, every file its prompt.
fn files(root: &Path, manifest: &Manifest, ids: &BTreeSet<String>, findings: &mut Findings) -> Result<()> {
    let lang = &manifest.voice.lang;
    let mut found = BTreeSet::new();
    list(&root.join("sounds").join(lang), "", &mut found)?;
    for id in ids.difference(&found) {
        findings.errors.push(format!("sounds/{lang}/{id}.flac is missing: `cargo xtask sounds` makes it"));
    }
    for id in found.difference(ids) {
        findings.errors.push(format!("sounds/{lang}/{id}.flac is in no manifest"));
    }
    Ok(())
}

fn list(folder: &Path, prefix: &str, found: &mut BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{prefix}{name}/"), found)?;
        } else {
            found.insert(format!("{prefix}{}", name.strip_suffix(".flac").unwrap_or(&name)));
        }
    }
    Ok(())
}

/// Every Rust and Rhai file below a folder: its name and its text.
fn sources(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return Ok(found) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "rhai") {
            found.push((path.display().to_string(), fs::read_to_string(&path)?));
        }
    }
    found.sort();
    Ok(found)
}

fn quoted(sources: &[(String, String)], id: &str) -> bool {
    let id = format!("\"{id}\"");
    sources.iter().any(|(_, text)| text.contains(&id))
}

/// What looks like a prompt's name among the quoted texts of a source.
fn named(text: &str) -> impl Iterator<Item = &str> {
    let literals = text.lines().flat_map(|line| line.split('"').skip(1).step_by(2));
    literals.filter(|literal| !NO_PROMPTS.contains(literal)).filter(|literal| {
        let rest = PREFIXES.iter().find_map(|prefix| literal.strip_prefix(prefix));
        rest.is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_prompts_are_found_in_sources() {
        let text =
            "ch.play([\"vm-goodbye\", \"digits/1\"]); f(\"vm-{n}\"); g(\"other\", \"vm-\")\n\"conf-full\"";
        assert_eq!(named(text).collect::<Vec<_>>(), ["vm-goodbye", "digits/1", "conf-full"]);
    }

    #[test]
    fn manifests_files_grammars_scripts_and_applications_fit() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let findings = check(root).unwrap();
        assert!(findings.errors.is_empty(), "{:#?}", findings.errors);
    }
}
