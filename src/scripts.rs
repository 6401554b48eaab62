//! The dialplan's files: the main script and every other `.rhai` beside and below it, `tests/` left out.

use crate::config::Config;
use anyhow::{Context, Result, ensure};
use cordboard_dialplan::{Bundle, nearest};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Scripts of one dialplan at most, and bytes of one: far above any office, far below what hurts.
const FILES_MAX: usize = 500;
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Reads the scripts that a configuration names, and puts beside them what it tells them.
pub fn read(config: &Config) -> Result<Bundle> {
    let main = config.dialplan_path();
    let configured = config.configured();
    let folder = main.parent().context("the dialplan's path has no folder")?;
    let name =
        main.file_name().and_then(|name| name.to_str()).context("the dialplan's path has no file name")?;
    let mut files = BTreeMap::new();
    collect(folder, "", &mut files)
        .with_context(|| format!("reading the dialplan in {}", folder.display()))?;
    ensure!(
        files.contains_key(name),
        "{}: there is no such file: `dialplan` of [paths] in etc/cordboard.toml names it{}",
        main.display(),
        nearest(name, files.keys().map(String::as_str))
            .map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
    );
    Ok(Bundle { main: name.to_owned(), files, configured })
}

/// Makes the dialplan's files those of a bundle: scripts that it does not have are deleted, `tests/` and everything that is no script
/// stays. Each file is whole at every moment.
pub fn write(main: &Path, bundle: &Bundle) -> Result<()> {
    let folder = main.parent().context("the dialplan's path has no folder")?;
    let mut present = BTreeMap::new();
    collect(folder, "", &mut present)?;
    for (name, text) in bundle.files.iter().filter(|(name, text)| present.get(*name) != Some(text)) {
        let plain = name.split('/').all(|part| !part.is_empty() && !part.starts_with('.'));
        ensure!(plain && name.ends_with(".rhai"), "`{name}` is no name of a script");
        let path = folder.join(name);
        let inside = path.parent().unwrap_or(folder);
        let new = path.with_extension("rhai.new");
        fs::create_dir_all(inside)
            .and_then(|()| fs::write(&new, text))
            .and_then(|()| fs::rename(&new, &path))
            .with_context(|| format!("writing {}", path.display()))?;
    }
    for name in present.keys().filter(|name| !bundle.files.contains_key(*name)) {
        let path = folder.join(name);
        fs::remove_file(&path).with_context(|| format!("deleting {}", path.display()))?;
    }
    Ok(())
}

fn collect(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
        let is_tests = prefix.is_empty() && name == "tests";
        if kind.is_dir() && !is_tests && !name.starts_with('.') {
            collect(&path, &format!("{prefix}{name}/"), files)?;
        } else if kind.is_file() && name.ends_with(".rhai") {
            ensure!(files.len() < FILES_MAX, "more than {FILES_MAX} scripts");
            ensure!(entry.metadata()?.len() <= FILE_BYTES_MAX, "{} is larger than 1 MiB", path.display());
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            files.insert(format!("{prefix}{name}"), text);
        }
    }
    Ok(())
}
