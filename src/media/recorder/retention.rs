//! How long recordings are kept: those that are too old, or too many bytes together, are deleted, the oldest first.
//!
//! ```text
//!  Walk ──every directory was read──▶ Delete ──none is beyond the bounds──▶ done
//! ```
//! Both go on in small steps, between which the disk's thread writes what calls say. Deleted are regular files below the
//! recordings' directory that end in `.wav` or `.opus` and are not being written, with the directories that become empty; no link
//! is followed.

use cordboard_media::RecordFormat;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, ReadDir};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Entries looked at or files deleted in one step: what a slow disk needs for them must not matter.
const STEP: usize = 16;
/// Directories within each other; what is deeper is left alone.
const DEPTH_MAX: usize = 16;
/// Files that one walk may find to delete; if there are more, they are the next one's.
const FOUND_MAX: usize = 4_096;
const DAY: Duration = Duration::from_secs(86_400);

/// Bounds for recordings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeepRecordings {
    /// Days after its end that a recording is kept; 0: no bound.
    pub days: u32,
    /// Bytes that all recordings may have together; 0: no bound.
    pub bytes: u64,
}

impl KeepRecordings {
    pub(super) fn is_bounded(self) -> bool {
        self != Self::default()
    }
}

/// One look at all recordings.
#[derive(Debug)]
pub(super) struct Sweep {
    root: PathBuf,
    keep: KeepRecordings,
    now: SystemTime,
    directories: Vec<ReadDir>,
    /// Of all recordings.
    bytes: u64,
    /// The oldest ones with their sizes, by when they ended.
    found: BTreeMap<(SystemTime, PathBuf), u64>,
    pub(super) deleted: u64,
    pub(super) freed: u64,
}

impl Sweep {
    /// Begins one. There may be no recordings yet.
    pub(super) fn start(root: &Path, keep: KeepRecordings, now: SystemTime) -> io::Result<Self> {
        let directories = match fs::read_dir(root) {
            Ok(entries) => vec![entries],
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error),
        };
        let (root, found) = (root.to_owned(), BTreeMap::new());
        Ok(Self { root, keep, now, directories, bytes: 0, found, deleted: 0, freed: 0 })
    }

    /// Does a little; true when it is over. Files that are being written are not touched. What can't be read or deleted is
    /// told, and left.
    pub(super) fn step(&mut self, open: &BTreeSet<PathBuf>) -> bool {
        for _ in 0..STEP {
            let done = match self.directories.last_mut().map(Iterator::next) {
                Some(Some(Ok(entry))) => self.look(&entry, open),
                Some(Some(Err(error))) => {
                    self.directories.pop();
                    Err(error)
                }
                Some(None) => {
                    self.directories.pop();
                    Ok(())
                }
                None => match self.delete_next() {
                    Ok(true) => Ok(()),
                    Ok(false) => return true,
                    Err(error) => Err(error),
                },
            };
            if let Err(error) = done {
                tracing::warn!(%error, "while looking for old recordings");
            }
        }
        false
    }

    fn look(&mut self, entry: &fs::DirEntry, open: &BTreeSet<PathBuf>) -> io::Result<()> {
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() && self.directories.len() < DEPTH_MAX {
            self.directories.extend(gone_is_none(fs::read_dir(&path))?);
        }
        let is_ours = [RecordFormat::Wav, RecordFormat::Opus]
            .iter()
            .any(|format| path.extension().is_some_and(|extension| extension == format.extension()));
        if !kind.is_file() || !is_ours {
            return Ok(());
        }
        let Some(data) = gone_is_none(entry.metadata())? else { return Ok(()) };
        self.bytes = self.bytes.saturating_add(data.len());
        if open.contains(&path) {
            return Ok(());
        }
        self.found.insert((data.modified()?, path), data.len());
        if self.found.len() > FOUND_MAX {
            self.found.pop_last();
        }
        Ok(())
    }

    /// Deletes the oldest recording if it is beyond a bound.
    fn delete_next(&mut self) -> io::Result<bool> {
        let Some(((ended, path), size)) = self.found.pop_first() else { return Ok(false) };
        let age = self.now.duration_since(ended).unwrap_or_default();
        let is_old = self.keep.days > 0 && age > DAY.saturating_mul(self.keep.days);
        let is_beyond = self.keep.bytes > 0 && self.bytes > self.keep.bytes;
        if !is_old && !is_beyond {
            return Ok(false);
        }
        gone_is_none(fs::remove_file(&path))?;
        let shown = path.strip_prefix(&self.root).unwrap_or(&path);
        let why = if is_old { "age" } else { "size" };
        tracing::info!(recording = %crate::logging::peer(shown.display()), why, "recording deleted");
        self.bytes = self.bytes.saturating_sub(size);
        self.freed = self.freed.saturating_add(size);
        self.deleted += 1;
        // No further than to the first that is not empty.
        let within = path.ancestors().skip(1).take_while(|above| *above != self.root);
        let _first_in_use = within.map(fs::remove_dir).find(Result::is_err);
        Ok(true)
    }
}

/// Somebody else may have deleted it meanwhile.
fn gone_is_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::os::unix::fs::symlink;

    fn root(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("cordboard-keep-{}-{name}", std::process::id()));
        let _absent = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        path
    }

    /// A file of so many bytes that ended so many hours ago.
    fn put(root: &Path, name: &str, bytes: usize, hours: u32) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, vec![0; bytes]).unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(now() - Duration::from_secs(3_600) * hours).unwrap();
    }

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + DAY * 20_000
    }

    fn sweep(root: &Path, days: u32, bytes: u64, open: &[&str]) -> Sweep {
        let open = open.iter().map(|name| root.join(name)).collect();
        let mut sweep = Sweep::start(root, KeepRecordings { days, bytes }, now()).unwrap();
        while !sweep.step(&open) {}
        sweep
    }

    fn left(root: &Path) -> Vec<String> {
        let mut names = Vec::new();
        let mut directories = vec![root.to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let entry = entry.unwrap();
                if entry.file_type().unwrap().is_dir() {
                    directories.push(entry.path());
                }
                names.push(entry.path().strip_prefix(root).unwrap().to_string_lossy().into_owned());
            }
        }
        names.sort();
        names
    }

    #[test]
    fn what_is_too_old_goes_with_its_directory_and_what_is_just_old_enough_stays() {
        let root = root("age");
        put(&root, "a/1.wav", 10, 49);
        put(&root, "a/2.opus", 10, 50);
        put(&root, "b/c/3.wav", 10, 48);
        put(&root, "b/d/4.wav", 10, 49);
        let swept = sweep(&root, 2, 0, &[]);
        assert_eq!((swept.deleted, swept.freed), (3, 30));
        assert_eq!(left(&root), ["b", "b/c", "b/c/3.wav"]);
    }

    #[test]
    fn what_is_too_much_goes_the_oldest_first() {
        let root = root("size");
        for n in 1..=9 {
            put(&root, &format!("{n}.wav"), 100, 9 - n);
        }
        assert_eq!(sweep(&root, 0, 900, &[]).deleted, 0);
        assert_eq!(sweep(&root, 0, 899, &[]).deleted, 1);
        assert_eq!(sweep(&root, 0, 350, &[]).deleted, 5);
        assert_eq!(left(&root), ["7.wav", "8.wav", "9.wav"]);
    }

    #[test]
    fn nothing_is_touched_that_is_being_written_or_is_not_ours() {
        let root = root("foreign");
        let outside = self::root("outside");
        put(&outside, "x.wav", 10, 99);
        put(&outside, "y/z.wav", 10, 99);
        for name in ["notes.txt", "wav", "x.wav.bak", "x.mp3", "now.wav", "now.opus"] {
            put(&root, name, 10, 99);
        }
        fs::create_dir_all(root.join("folder.wav")).unwrap();
        symlink(outside.join("x.wav"), root.join("link.wav")).unwrap();
        symlink(outside.join("y"), root.join("linked")).unwrap();
        let before = left(&root);
        assert_eq!(sweep(&root, 1, 1, &["now.wav", "now.opus"]).deleted, 0);
        assert_eq!(
            (left(&root), left(&outside)),
            (before, vec!["x.wav".into(), "y".into(), "y/z.wav".into()])
        );
    }

    #[test]
    fn more_than_one_walk_may_find_are_the_next_ones() {
        let root = root("many");
        for n in 0..=FOUND_MAX {
            put(&root, &format!("{n}.wav"), 0, 99);
        }
        assert_eq!(sweep(&root, 1, 0, &[]).deleted, FOUND_MAX as u64);
        assert_eq!(sweep(&root, 1, 0, &[]).deleted, 1);
    }

    #[test]
    fn where_nothing_was_recorded_there_is_nothing_to_do() {
        assert_eq!(sweep(&root("none").join("recordings"), 1, 1, &[]).deleted, 0);
    }
}
