//! `test --watch`: runs the tests again whenever a script, a test or the configuration changes, until it is interrupted. What is wrong
//! with a file is said, and the next change waited for.

use crate::cli::table::say;
use crate::rehearsal;
use anyhow::Result;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Between two looks at the files that are watched.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// Folders within folders that are looked into.
const DEPTH_MAX: usize = 8;

/// When each file that counts was last changed.
type Stamps = BTreeMap<PathBuf, Option<SystemTime>>;

/// Runs, waits for a change, runs again.
pub(super) fn forever(etc: &Path, paths: &[PathBuf], run: impl Fn() -> Result<bool>) -> Result<()> {
    loop {
        let before = stamps(etc, paths);
        if let Err(error) = run() {
            eprintln!("cordboard: {error:#}");
        }
        say("\nwaiting for a change; Ctrl-C ends");
        let look = || {
            std::thread::sleep(LOOK_EVERY);
            stamps(etc, paths)
        };
        let changed = change(&before, look);
        say(&format!("\n{} has changed", changed.join(", ")));
    }
}

/// The names of the files that have changed, once they are left alone again: editors write a file in several steps, and many files
/// change at once when another version is checked out.
fn change(before: &Stamps, mut look: impl FnMut() -> Stamps) -> Vec<String> {
    let mut now = look();
    loop {
        let next = look();
        if next == now && now != *before {
            break;
        }
        now = next;
    }
    let name = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let gone = before.keys().filter(|path| !now.contains_key(*path));
    let other = now.iter().filter(|(path, at)| before.get(*path) != Some(at)).map(|(path, _)| path);
    other.chain(gone).map(name).collect()
}

fn stamps(etc: &Path, paths: &[PathBuf]) -> Stamps {
    let mut stamps = BTreeMap::new();
    let mut folders = vec![etc.to_owned()];
    folders.extend(paths.iter().cloned());
    if let Ok(tests) = rehearsal::folder(etc) {
        folders.extend(tests.parent().map(Path::to_owned));
    }
    for folder in folders {
        stamp(&folder, DEPTH_MAX, &mut stamps);
    }
    stamps
}

fn stamp(path: &Path, depth: usize, stamps: &mut Stamps) {
    let Some(depth) = depth.checked_sub(1) else { return };
    if let Ok(entries) = std::fs::read_dir(path) {
        return entries.flatten().for_each(|entry| stamp(&entry.path(), depth, stamps));
    }
    // What editors keep beside a file is none of ours.
    let counts =
        path.extension().is_some_and(|kind| ["rhai", "toml", "ics"].iter().any(|known| kind == *known));
    if let Some(found) = path.metadata().ok().filter(|_| counts) {
        stamps.insert(path.to_owned(), found.modified().ok());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(files: &[(&str, u64)]) -> Stamps {
        let stamp = |(path, s): &(&str, u64)| {
            (
                PathBuf::from(format!("dialplan/{path}")),
                Some(SystemTime::UNIX_EPOCH + Duration::from_secs(*s)),
            )
        };
        files.iter().map(stamp).collect()
    }

    #[test]
    fn one_change_in_several_steps_is_one() {
        let before = at(&[("a.rhai", 1), ("b.rhai", 1)]);
        // Nothing for a while; then a file is written anew, under another name first, and nothing more.
        let mut looks = [
            before.clone(),
            before.clone(),
            at(&[("b.rhai", 1)]),
            at(&[("a.rhai", 2), ("b.rhai", 1)]),
            at(&[("a.rhai", 3), ("b.rhai", 1)]),
            at(&[("a.rhai", 3), ("b.rhai", 1)]),
        ]
        .into_iter();
        assert_eq!(change(&before, || looks.next().unwrap()), ["a.rhai"]);
        assert_eq!(looks.next(), None);
    }

    #[test]
    fn what_is_new_and_what_is_gone_is_a_change() {
        let before = at(&[("a.rhai", 1)]);
        assert_eq!(change(&before, || at(&[("c.rhai", 1)])), ["c.rhai", "a.rhai"]);
    }
}
