//! Files of any length, as the blocks that plays ask for: applications' messages, greetings and recordings, and prompts that are too
//! long to be kept as a whole. On a thread of their own, so that a slow disk holds up no prompt.
//!
//! An application's file lies in the data directory and nowhere else, whatever its name or a link says. It may change or grow while
//! it is played: a block that is kept is given only of the file that it was read from.

use super::prompts::is_safe;
use cordboard_media::{Block, Found};
use cordboard_sounds::{EXTENSIONS, Index, Long, ReadError, Reader, Stream};
use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError, SyncSender, TrySendError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Blocks that wait to be read; one more is answered as missing.
const WISHES_MAX: usize = 1_024;
/// Files open at once, each at the place of one listener; the one that was read longest ago is closed.
const OPEN_MAX: usize = 64;
/// Blocks that are kept for others who listen to the same, 64 KB each.
const KEPT_MAX: usize = 256;
/// What nobody has asked for so long is closed and forgotten: a deleted message frees its room on the disk.
const KEPT_FOR: Duration = Duration::from_secs(30);
/// The folder of the data directory that can be configured to lie elsewhere.
const RECORDINGS: &str = "recordings";

/// Where applications' files lie.
#[derive(Clone, Debug)]
pub(super) struct Places {
    pub(super) data: PathBuf,
    pub(super) recordings: PathBuf,
}

impl Places {
    /// The file behind a name: within the data directory, links resolved, and of a kind that is read.
    fn find(&self, name: &str) -> Option<PathBuf> {
        let path = Path::new(name);
        let extension = path.extension().and_then(|extension| extension.to_str())?;
        if !is_safe(name) || !EXTENSIONS.contains(&extension) {
            return None;
        }
        let (root, path) = match path.strip_prefix(RECORDINGS) {
            Ok(rest) => (&self.recordings, rest),
            Err(_) => (&self.data, path),
        };
        let root = root.canonicalize().ok()?;
        let found = root.join(path).canonicalize().ok()?;
        (found.starts_with(&root) && found.is_file()).then_some(found)
    }
}

/// Which sound a block is of.
#[derive(Debug)]
pub(super) enum Which {
    /// An application's file.
    Own(String),
    /// A prompt, already looked up.
    Prompt(PathBuf),
}

/// How a block is answered.
pub(super) type Answer = Box<dyn FnOnce(Found) + Send>;

struct Wish {
    which: Which,
    block: u64,
    answer: Answer,
}

/// The thread's end for whoever asks.
#[derive(Debug)]
pub(super) struct Files {
    wishes: SyncSender<Wish>,
    thread: JoinHandle<()>,
}

impl Files {
    pub(super) fn start(places: Places) -> std::io::Result<Self> {
        let (wishes, receiver) = mpsc::sync_channel(WISHES_MAX);
        let thread = std::thread::Builder::new()
            .name("files".to_owned())
            .spawn(move || Reading::new(places).run(&receiver))?;
        Ok(Self { wishes, thread })
    }

    pub(super) fn ask(&self, which: Which, block: u64, answer: Answer) {
        if let Err(TrySendError::Full(wish) | TrySendError::Disconnected(wish)) =
            self.wishes.try_send(Wish { which, block, answer })
        {
            tracing::error!("the files' thread does not keep up");
            (wish.answer)(Found::Missing);
        }
    }

    pub(super) fn stop(self) {
        drop(self.wishes);
        if self.thread.join().is_err() {
            tracing::error!("the files' thread panicked");
        }
    }
}

/// What the thread has.
#[derive(Debug)]
struct Reading {
    places: Places,
    open: Vec<Open>,
    kept: BTreeMap<(PathBuf, u64), Kept>,
}

#[derive(Debug)]
struct Open {
    path: PathBuf,
    stamp: Stamp,
    long: Long,
    used: Instant,
}

#[derive(Debug)]
struct Kept {
    stamp: Stamp,
    block: Block,
    used: Instant,
}

/// Tells a file from another one, or from itself when it was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            changed: (metadata.mtime(), metadata.mtime_nsec()),
        }
    }
}

impl Reading {
    fn new(places: Places) -> Self {
        Self { places, open: Vec::new(), kept: BTreeMap::new() }
    }

    /// Until nobody can ask any more.
    fn run(mut self, wishes: &mpsc::Receiver<Wish>) {
        loop {
            let wish = match self.open.is_empty() && self.kept.is_empty() {
                true => wishes.recv().map_err(|_| RecvTimeoutError::Disconnected),
                false => wishes.recv_timeout(KEPT_FOR),
            };
            match wish {
                Ok(Wish { which, block, answer }) => answer(self.find(&which, block, Instant::now())),
                Err(RecvTimeoutError::Timeout) => self.forget(Instant::now()),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn find(&mut self, which: &Which, block: u64, now: Instant) -> Found {
        self.forget(now);
        let path = match which {
            Which::Own(name) => self.places.find(name),
            Which::Prompt(path) => Some(path.clone()),
        };
        let Some(path) = path else {
            tracing::debug!(?which, "no such sound file");
            return Found::Missing;
        };
        match self.block(&path, block, now) {
            Ok(block) => Found::Block(block),
            Err(error) => {
                tracing::warn!(path = %path.display(), block, %error, "not read");
                Found::Missing
            }
        }
    }

    fn block(&mut self, path: &Path, number: u64, now: Instant) -> Result<Block, ReadError> {
        let stamp = Stamp::of(&std::fs::metadata(path)?);
        let key = (path.to_owned(), number);
        if let Some(kept) = self.kept.get_mut(&key).filter(|kept| kept.stamp == stamp) {
            kept.used = now;
            return Ok(kept.block.clone());
        }
        let of_file = |open: &Open| open.path == path && open.stamp == stamp;
        let at_place = self.open.iter().position(|open| of_file(open) && open.long.next() == number);
        let mut open = match at_place {
            Some(place) => self.open.swap_remove(place),
            None => {
                // What others have learnt of the same file: where they have been need not be looked for again.
                let index = self.open.iter().filter(|open| of_file(open)).find_map(|open| open.long.index());
                Open { path: path.to_owned(), stamp, long: open(path, index)?, used: now }
            }
        };
        let block = open.long.block(number)?;
        open.used = now;
        if !block.is_last {
            self.make_room();
            self.open.push(open);
        }
        self.kept.insert(key, Kept { stamp, block: block.clone(), used: now });
        Ok(block)
    }

    fn make_room(&mut self) {
        if self.open.len() >= OPEN_MAX {
            let oldest = self.open.iter().enumerate().min_by_key(|(_, open)| open.used).map(|(at, _)| at);
            oldest.map(|oldest| self.open.swap_remove(oldest));
        }
        if self.kept.len() >= KEPT_MAX {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.used).map(|(key, _)| key.clone());
            oldest.and_then(|oldest| self.kept.remove(&oldest));
        }
    }

    fn forget(&mut self, now: Instant) {
        self.open.retain(|open| now.saturating_duration_since(open.used) < KEPT_FOR);
        self.kept.retain(|_, kept| now.saturating_duration_since(kept.used) < KEPT_FOR);
    }
}

fn open(path: &Path, index: Option<Index>) -> Result<Long, ReadError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let mut reader = Reader::open(Box::new(File::open(path)?), extension)?;
    if let Some(index) = index {
        reader.learn(index);
    }
    Ok(Long::new(Stream::new(reader)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::wav;
    use cordboard_sounds::{BLOCK, MARGIN};
    use std::fs;
    use std::sync::Arc;

    struct Place {
        root: PathBuf,
        reading: Reading,
        now: Instant,
    }

    impl Place {
        fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("cordboard-files-{}-{name}", std::process::id()));
            let _absent = fs::remove_dir_all(&root);
            fs::create_dir_all(root.join("data/messages")).unwrap();
            fs::create_dir_all(root.join("tapes")).unwrap();
            let places = Places { data: root.join("data"), recordings: root.join("tapes") };
            Self { root, reading: Reading::new(places), now: Instant::now() }
        }

        fn put(&self, name: &str, samples: &[i16]) {
            let size = u32::try_from(samples.len() * 2).unwrap();
            let mut bytes = wav::header(16_000, 1, size).to_vec();
            bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
            fs::write(self.root.join(name), bytes).unwrap();
        }

        fn ask(&mut self, name: &str, block: u64) -> Option<Block> {
            match self.reading.find(&Which::Own(name.to_owned()), block, self.now) {
                Found::Block(block) => Some(block),
                Found::Missing => None,
                other @ (Found::Whole(_) | Found::Long) => panic!("{other:?}"),
            }
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _removed = fs::remove_dir_all(&self.root);
        }
    }

    fn sound(count: usize) -> Vec<i16> {
        (0..count).map(|n| i16::try_from(n % 30_000).unwrap()).collect()
    }

    #[test]
    fn an_applications_file_is_in_the_data_directory_and_nowhere_else() {
        let mut place = Place::new("where");
        place.put("data/messages/a.wav", &sound(100));
        place.put("data/.hidden.wav", &sound(100));
        place.put("outside.wav", &sound(100));
        place.put("tapes/talk.wav", &sound(50));
        fs::write(place.root.join("data/secrets.toml"), b"x").unwrap();
        let (root, link) = (place.root.clone(), std::os::unix::fs::symlink::<PathBuf, PathBuf>);
        link(root.join("outside.wav"), root.join("data/out.wav")).unwrap();
        link(root.clone(), root.join("data/up")).unwrap();
        link(root.join("data/messages/a.wav"), root.join("data/same.wav")).unwrap();
        let absolute = root.join("data/messages/a.wav").display().to_string();
        for bad in [
            "../outside.wav",
            "messages/../../outside.wav",
            &absolute,
            "out.wav",
            "up/outside.wav",
            ".hidden.wav",
            "secrets.toml",
            "messages",
            "messages/b.wav",
            "",
            "recordings/../outside.wav",
        ] {
            assert!(place.ask(bad, 0).is_none(), "{bad}");
        }
        assert!(place.ask("messages/a.wav", 0).is_some() && place.ask("same.wav", 0).is_some());
        let talk = place.ask("recordings/talk.wav", 0).expect("wherever recordings are kept");
        assert_eq!(talk.samples.data.len(), 50 + 2 * MARGIN);
    }

    #[test]
    fn blocks_are_read_on_with_one_open_file_and_shared() {
        let mut place = Place::new("shared");
        place.put("data/messages/a.wav", &sound(5 * BLOCK + 7));
        let one = place.ask("messages/a.wav", 0).unwrap();
        assert!(Arc::ptr_eq(&one.samples, &place.ask("messages/a.wav", 0).unwrap().samples));
        for number in 1..5 {
            assert!(!place.ask("messages/a.wav", number).unwrap().is_last);
            assert_eq!(place.reading.open.len(), 1);
        }
        assert_eq!(one.length_ms, Some(10_000));
        assert!(place.ask("messages/a.wav", 5).unwrap().is_last);
        assert!(place.reading.open.is_empty(), "read to its end: closed");
        assert!(place.ask("messages/a.wav", 9).unwrap().is_last, "behind the end");
        place.now += KEPT_FOR;
        place.reading.forget(place.now);
        assert!(place.reading.kept.is_empty());
    }

    #[test]
    fn a_file_that_has_changed_is_read_anew() {
        let mut place = Place::new("changed");
        place.put("data/greeting.wav", &[1; 40_000]);
        assert_eq!(place.ask("greeting.wav", 0).unwrap().samples.data[MARGIN], 1);
        place.put("data/new.wav", &[2; 40_001]);
        fs::rename(place.root.join("data/new.wav"), place.root.join("data/greeting.wav")).unwrap();
        assert_eq!(place.ask("greeting.wav", 0).unwrap().samples.data[MARGIN], 2);
        let cut = File::options().write(true).open(place.root.join("data/greeting.wav")).unwrap();
        cut.set_len(44 + 2 * 10_000).unwrap();
        let block = place.ask("greeting.wav", 0).unwrap();
        assert_eq!((block.samples.data.len(), block.is_last), (10_000 + 2 * MARGIN, true), "what it has");
        fs::write(place.root.join("data/greeting.wav"), b"RIFF").unwrap();
        assert!(place.ask("greeting.wav", 0).is_none());
        fs::remove_file(place.root.join("data/greeting.wav")).unwrap();
        assert!(place.ask("greeting.wav", 0).is_none());
    }

    #[test]
    fn a_recording_that_is_still_being_written_is_played_as_far_as_its_header_says() {
        let mut place = Place::new("growing");
        let samples = sound(3 * BLOCK);
        let grow = |place: &Place, told: usize, there: usize| {
            let mut bytes = wav::header(16_000, 1, u32::try_from(told * 2).unwrap()).to_vec();
            bytes.extend(samples[..there].iter().flat_map(|sample| sample.to_le_bytes()));
            fs::write(place.root.join("data/m.wav"), bytes).unwrap();
        };
        grow(&place, BLOCK + 500, BLOCK + 900);
        assert!(!place.ask("m.wav", 0).unwrap().is_last);
        grow(&place, 2 * BLOCK + 500, 2 * BLOCK + 900);
        assert!(!place.ask("m.wav", 1).unwrap().is_last, "it has grown meanwhile");
        let last = place.ask("m.wav", 2).unwrap();
        assert_eq!((last.samples.data.len(), last.is_last), (500 + 2 * MARGIN, true));
    }

    #[test]
    fn no_more_files_are_open_and_blocks_kept_than_the_bounds_say() {
        let mut place = Place::new("bounds");
        place.put("data/a.wav", &sound((KEPT_MAX + 3) * BLOCK));
        // Each listener begins somewhere else: no reader is at the place of the next.
        for number in (0..KEPT_MAX as u64 + 2).step_by(2).chain((1..KEPT_MAX as u64).step_by(2)) {
            place.now += Duration::from_millis(1);
            assert!(place.ask("a.wav", number).is_some());
            assert!(place.reading.open.len() <= OPEN_MAX && place.reading.kept.len() <= KEPT_MAX);
        }
        assert_eq!((place.reading.open.len(), place.reading.kept.len()), (OPEN_MAX, KEPT_MAX));
    }

    #[test]
    fn the_thread_answers_and_ends() {
        let place = Place::new("thread");
        place.put("data/a.wav", &sound(10));
        let files = Files::start(place.reading.places.clone()).unwrap();
        let (sender, receiver) = mpsc::sync_channel(2);
        for name in ["a.wav", "b.wav"] {
            let sender = sender.clone();
            files.ask(
                Which::Own(name.to_owned()),
                0,
                Box::new(move |found| sender.send(matches!(found, Found::Block(_))).unwrap()),
            );
        }
        assert_eq!([receiver.recv().unwrap(), receiver.recv().unwrap()], [true, false]);
        files.stop();
    }
}
