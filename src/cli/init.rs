//! `init`: the sample office into an empty folder. What is there already is never written over.

use super::table;
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Name → text of the sample office's files, `etc/…` and `dialplan/…`.
const SAMPLE: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/sample_office.rs"));
/// Where a package puts prompts and music.
const SOUNDS: [&str; 2] = ["/usr/share/cordboard/sounds", "/usr/local/share/cordboard/sounds"];
/// What a folder of sounds has.
const MANIFEST: &str = "manifest.toml";

/// `init`.
pub(super) fn init(office: &Path) -> Result<()> {
    let mut files: BTreeMap<String, String> =
        SAMPLE.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    let sounds = sounds(office);
    if let (Some(sounds), Some(text)) = (&sounds, files.get_mut("etc/cordboard.toml")) {
        let found = format!("path = {:?}", sounds.display().to_string());
        *text = text.replacen("path = \"sounds\"", &found, 1);
    }
    let count = files.len();
    write_new(office, &files, &[])?;
    let at = office.display();
    table::say(&format!(
        "An office is in {at}: {count} files, all explained in themselves. What to do next, there:\n"
    ));
    table::say(
        "  cordboard check            looks for mistakes, and says what is wrong with what you have changed",
    );
    table::say(
        "  cordboard test             calls the office in a simulation, and says whether it does what it should",
    );
    table::say("  cordboard run              starts the exchange");
    table::say("  cordboard phones           names, passwords: set up a telephone with each");
    table::say("  cordboard dialplan init    has your editor know the verbs of the dialplan");
    table::say(
        "\nUsers are in etc/users.toml, a provider goes into etc/trunks.toml, who may dial what is in dialplan/main.rhai.",
    );
    if sounds.is_none() {
        table::say(
            "There are no prompts here: put the folder `sounds` of Cordboard beside etc/, or name it in [sounds] of etc/cordboard.toml.",
        );
    }
    Ok(())
}

/// Prompts and music, where the office has none of its own: a package's, or those beside the program or above it.
fn sounds(office: &Path) -> Option<PathBuf> {
    if office.join("sounds").join(MANIFEST).is_file() {
        return None;
    }
    let program = std::env::current_exe().ok()?;
    let beside = program.ancestors().skip(1).map(|folder| folder.join("sounds"));
    let all = beside.chain(SOUNDS.iter().map(PathBuf::from));
    all.into_iter().find(|folder| folder.join(MANIFEST).is_file())
}

/// Writes files that are not there yet; if one of them is, none is written. Those of `secret` only their owner can read.
pub(super) fn write_new(folder: &Path, files: &BTreeMap<String, String>, secret: &[&str]) -> Result<()> {
    let there: Vec<&str> = files
        .keys()
        .filter(|name| folder.join(name).symlink_metadata().is_ok())
        .map(String::as_str)
        .collect();
    if !there.is_empty() {
        bail!("{} is there already in {}: nothing was written", there.join(", "), folder.display());
    }
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().context("a file has a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        let mode = if secret.contains(&name.as_str()) { 0o600 } else { 0o644 };
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&path)
            .with_context(|| format!("writing {}", path.display()))?;
        file.write_all(text.as_bytes()).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::scripts;
    use cordboard_dialplan::{Dialplan, Fibers};

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("cordboard-init-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn an_empty_folder_becomes_an_office_that_is_right() {
        let office = folder("empty");
        init(&office).unwrap();
        let config = Config::check(&office.join("etc")).unwrap();
        let bundle = scripts::read(&config).unwrap();
        let applications = cordboard_installed::installed().applications;
        let dialplan = Dialplan::load_in(&bundle, &Fibers::default(), &applications).unwrap();
        assert!(dialplan.routes().len() > 50, "{}", dialplan.routes().len());
        fs::remove_dir_all(&office).unwrap();
    }

    #[test]
    fn what_is_there_is_not_written_over_and_nothing_else_is_written() {
        let office = folder("taken");
        fs::create_dir_all(office.join("etc")).unwrap();
        fs::write(office.join("etc/users.toml"), "mine").unwrap();
        let error = init(&office).unwrap_err().to_string();
        assert!(error.contains("etc/users.toml is there already"), "{error}");
        assert_eq!(fs::read_to_string(office.join("etc/users.toml")).unwrap(), "mine");
        assert!(!office.join("dialplan").exists());
        fs::remove_dir_all(&office).unwrap();
    }
}
