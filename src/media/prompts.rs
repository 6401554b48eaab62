//! Prompts: found, decoded and kept, on a thread of their own, which hands on what is asked of music and of long files.
//!
//! A prompt `vm-goodbye` in `de` is the first of `<sounds>/de/vm-goodbye.*`, `<sounds>/<office's language>/vm-goodbye.*` and
//! `<sounds>/vm-goodbye.*`.

use super::files::{Files, Places, Which};
use super::music::{Music, MusicClass};
use crate::clock::Clock;
use cordboard_media::{Found, SampleKey, Samples};
use cordboard_sounds::{EXTENSIONS, ReadError, Reader, Stream};
use dashmap::DashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;

/// Wishes that wait for the thread; one more is answered as missing.
const WISHES_MAX: usize = 1_024;
/// The longest prompt that is kept as a whole, in seconds; of what is longer blocks are read as they are needed.
const WHOLE_MAX_S: usize = 60;
/// Long prompts that are known to be long; beyond it all are looked at again.
const LONG_KNOWN_MAX: usize = 1_000;
/// The longest name: what a path may have, roughly.
const NAME_SIZE_MAX: usize = 200;

/// Where sounds lie.
#[derive(Clone, Debug)]
pub(super) struct Library {
    pub(super) path: PathBuf,
    pub(super) lang: String,
    /// Music, as far as it is configured.
    pub(super) classes: BTreeMap<String, MusicClass>,
}

/// The file of a prompt, for whoever only wants to know of it.
pub(crate) fn find(sounds: &Path, office_lang: &str, name: &str, lang: &str) -> Option<PathBuf> {
    let library = Library { path: sounds.to_owned(), lang: office_lang.to_owned(), classes: BTreeMap::new() };
    library.prompt(name, lang)
}

/// Decoded sounds that every worker shares, within a bound of bytes.
#[derive(Debug)]
pub(super) struct Cache {
    kept: DashMap<SampleKey, Kept>,
    bytes: AtomicU64,
    bytes_max: u64,
    uses: AtomicU64,
}

#[derive(Debug)]
struct Kept {
    samples: Arc<Samples>,
    last_use: AtomicU64,
}

impl Cache {
    pub(super) fn new(bytes_max: u64) -> Self {
        Self { kept: DashMap::new(), bytes: AtomicU64::new(0), bytes_max, uses: AtomicU64::new(0) }
    }

    pub(super) fn find(&self, key: &SampleKey) -> Option<Arc<Samples>> {
        let kept = self.kept.get(key)?;
        kept.last_use.store(self.uses.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(Arc::clone(&kept.samples))
    }

    /// Called by the sounds' thread alone. What has not been used for longest goes, until this fits.
    fn keep(&self, key: SampleKey, samples: Arc<Samples>) {
        let size = size_of(&samples);
        while self.bytes.load(Ordering::Relaxed) + size > self.bytes_max {
            let oldest = self.kept.iter().min_by_key(|entry| entry.last_use.load(Ordering::Relaxed));
            let Some(oldest) = oldest.map(|entry| entry.key().clone()) else { break };
            if let Some((_, gone)) = self.kept.remove(&oldest) {
                self.bytes.fetch_sub(size_of(&gone.samples), Ordering::Relaxed);
            }
        }
        if size <= self.bytes_max {
            self.bytes.fetch_add(size, Ordering::Relaxed);
            let last_use = AtomicU64::new(self.uses.fetch_add(1, Ordering::Relaxed));
            if let Some(before) = self.kept.insert(key, Kept { samples, last_use }) {
                self.bytes.fetch_sub(size_of(&before.samples), Ordering::Relaxed);
            }
        }
    }

    fn clear(&self) {
        self.kept.clear();
        self.bytes.store(0, Ordering::Relaxed);
    }
}

fn size_of(samples: &Samples) -> u64 {
    u64::try_from(samples.data.len().saturating_mul(2)).unwrap_or(u64::MAX)
}

/// What the thread is asked.
pub(super) enum Wish {
    /// Decode this and hand it on.
    Load(SampleKey, Box<dyn FnOnce(Found) + Send>),
    /// The office's sounds may have changed: forget what is kept, look there from now on.
    Library(Library),
}

/// The sounds' thread.
#[derive(Debug)]
pub(super) struct Sounds {
    wishes: mpsc::SyncSender<Wish>,
    thread: JoinHandle<()>,
}

impl Sounds {
    /// The seed draws the order of music.
    pub(super) fn start(
        library: Library,
        places: Places,
        cache: Arc<Cache>,
        (clock, seed): (Clock, u64),
    ) -> std::io::Result<Self> {
        let (wishes, receiver) = mpsc::sync_channel(WISHES_MAX);
        let files = Files::start(places)?;
        let thread = std::thread::Builder::new()
            .name("sounds".to_owned())
            .spawn(move || Serving::new(library, cache, Music::new(clock, seed), files).run(&receiver))?;
        Ok(Self { wishes, thread })
    }

    pub(super) fn wishes(&self) -> mpsc::SyncSender<Wish> {
        self.wishes.clone()
    }

    /// Waits for the thread, which ends when every sender is gone.
    pub(super) fn stop(self) {
        drop(self.wishes);
        if self.thread.join().is_err() {
            tracing::error!("the sounds' thread panicked");
        }
    }
}

/// What the thread has.
struct Serving {
    library: Library,
    cache: Arc<Cache>,
    music: Music,
    files: Files,
    /// Prompts that are known to be long.
    long: BTreeSet<SampleKey>,
}

impl Serving {
    fn new(library: Library, cache: Arc<Cache>, music: Music, files: Files) -> Self {
        Self { library, cache, music, files, long: BTreeSet::new() }
    }

    fn run(mut self, wishes: &mpsc::Receiver<Wish>) {
        while let Ok(wish) = wishes.recv() {
            match wish {
                Wish::Library(changed) => {
                    self.library = changed;
                    self.cache.clear();
                    self.long.clear();
                    self.music.changed(&self.library);
                }
                Wish::Load(SampleKey::Music { class, block }, answer) => {
                    self.music.ask(&self.library, &class, block, |samples| answer(samples.into()));
                }
                Wish::Load(SampleKey::FileBlock { path, block }, answer) => {
                    self.files.ask(Which::Own(path), block, answer);
                }
                Wish::Load(SampleKey::PromptBlock { name, lang, block }, answer) => {
                    match self.library.prompt(&name, &lang) {
                        Some(path) => self.files.ask(Which::Prompt(path), block, answer),
                        None => answer(Found::Missing),
                    }
                }
                Wish::Load(key @ SampleKey::Prompt { .. }, answer) => answer(self.prompt(key)),
            }
        }
        self.music.stop();
        self.files.stop();
    }

    fn prompt(&mut self, key: SampleKey) -> Found {
        if self.long.contains(&key) {
            return Found::Long;
        }
        // Two workers may have asked for the same.
        if let Some(samples) = self.cache.find(&key) {
            return Found::Whole(samples);
        }
        let found = self.library.load(&key);
        match &found {
            Found::Whole(samples) => self.cache.keep(key, Arc::clone(samples)),
            Found::Long => {
                if self.long.len() >= LONG_KNOWN_MAX {
                    self.long.clear();
                }
                self.long.insert(key);
            }
            Found::Missing | Found::Block(_) => {}
        }
        found
    }
}

impl Library {
    fn load(&self, key: &SampleKey) -> Found {
        let SampleKey::Prompt { name, lang } = key else { return Found::Missing };
        let Some(path) = self.prompt(name, lang) else { return Found::Missing };
        decode(&path).unwrap_or_else(|error| {
            tracing::warn!(path = %path.display(), %error, "not decoded");
            Found::Missing
        })
    }

    pub(super) fn prompt(&self, name: &str, lang: &str) -> Option<PathBuf> {
        if !is_safe(name) || !(lang.is_empty() || is_safe(lang)) {
            return None;
        }
        let folders = [self.path.join(lang), self.path.join(&self.lang), self.path.clone()];
        let candidates = folders.iter().flat_map(|folder| {
            EXTENSIONS.iter().map(move |extension| folder.join(format!("{name}.{extension}")))
        });
        candidates.into_iter().find(|path| path.is_file())
    }
}

/// Whether a name from a script stays within its directory.
pub(crate) fn is_safe(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | ' ' | '#' | '*'))
    };
    name.len() <= NAME_SIZE_MAX && name.split('/').all(part)
}

/// A file as a stream at 16 kHz.
pub(super) fn open(path: &Path) -> Result<Stream, ReadError> {
    reader(path).map(Stream::new)
}

fn reader(path: &Path) -> Result<Reader, ReadError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    Reader::open(Box::new(File::open(path)?), extension)
}

/// A whole file as mono samples, unless it is long.
fn decode(path: &Path) -> Result<Found, ReadError> {
    let mut reader = reader(path)?;
    let mut samples = Samples { rate_hz: reader.rate_hz(), data: Vec::new() };
    let longest = WHOLE_MAX_S * usize::try_from(samples.rate_hz).unwrap_or(usize::MAX);
    // What a file says of its length may be wrong: it is believed where that costs nothing.
    if reader.length().is_some_and(|length| length > longest as u64) {
        return Ok(Found::Long);
    }
    while samples.data.len() <= longest && reader.read(&mut samples.data)? {}
    if samples.data.len() > longest {
        return Ok(Found::Long);
    }
    if samples.data.is_empty() { Err(ReadError::NoAudio) } else { Ok(Found::Whole(Arc::new(samples))) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::wav;
    use std::fs;

    fn library(name: &str) -> Library {
        let path = std::env::temp_dir().join(format!("cordboard-sounds-{}-{name}", std::process::id()));
        let _absent = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Library { path, lang: "en".to_owned(), classes: BTreeMap::new() }
    }

    fn put(library: &Library, name: &str, rate_hz: u32, channels: u16, samples: &[i16]) {
        let path = library.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut bytes = wav::header(rate_hz, channels, u32::try_from(samples.len() * 2).unwrap()).to_vec();
        bytes.extend(samples.iter().flat_map(|s| s.to_le_bytes()));
        fs::write(path, bytes).unwrap();
    }

    fn prompt(name: &str, lang: &str) -> SampleKey {
        SampleKey::Prompt { name: name.to_owned(), lang: lang.to_owned() }
    }

    #[test]
    fn a_prompt_is_looked_up_in_its_language_then_the_offices_then_none() {
        let library = library("lookup");
        put(&library, "de/hello.wav", 8_000, 1, &[1; 10]);
        put(&library, "en/hello.wav", 16_000, 2, &[1, 3, 1, 3]);
        put(&library, "beep.wav", 8_000, 1, &[3; 10]);
        let first = |key: &SampleKey| {
            let Found::Whole(samples) = library.load(key) else { return None };
            Some((samples.rate_hz, samples.data[0], samples.data.len()))
        };
        assert_eq!(first(&prompt("hello", "de")), Some((8_000, 1, 10)));
        assert_eq!(first(&prompt("hello", "fr")), Some((16_000, 2, 2)));
        assert_eq!(first(&prompt("beep", "de")), Some((8_000, 3, 10)));
        assert_eq!(first(&prompt("nothing", "de")), None);
    }

    #[test]
    fn a_name_never_leaves_the_directory() {
        for bad in ["../x", "/etc/passwd", "a/../../x", "", "a//b", ".hidden", "a\0b", "a\\b"] {
            assert!(!is_safe(bad), "{bad:?}");
        }
        assert!(is_safe("digits/1") && is_safe("vm-goodbye"));
        assert!(is_safe(&"x".repeat(NAME_SIZE_MAX)) && !is_safe(&"x".repeat(NAME_SIZE_MAX + 1)));
    }

    #[test]
    fn what_is_no_sound_is_missing() {
        let library = library("garbage");
        fs::write(library.path.join("bad.wav"), b"RIFF....WAVEfmt nonsense").unwrap();
        fs::write(library.path.join("bad.mp3"), [0u8; 5_000]).unwrap();
        assert_eq!(library.load(&prompt("bad", "en")), Found::Missing);
    }

    #[test]
    fn a_minute_is_kept_as_a_whole_and_what_is_longer_comes_in_blocks() {
        let library = library("long");
        put(&library, "minute.wav", 8_000, 1, &vec![1; WHOLE_MAX_S * 8_000]);
        put(&library, "more.wav", 8_000, 1, &vec![1; WHOLE_MAX_S * 8_000 + 1]);
        let (sounds, _cache) = start(&library);
        assert!(matches!(ask(&sounds, prompt("minute", "")), Found::Whole(_)));
        for _ in 0..2 {
            assert_eq!(ask(&sounds, prompt("more", "")), Found::Long);
        }
        let block = |name: &str, block| {
            ask(&sounds, SampleKey::PromptBlock { name: name.to_owned(), lang: "de".to_owned(), block })
        };
        let Found::Block(last) = block("more", 30) else { panic!("the last one") };
        assert_eq!((last.is_last, last.length_ms), (true, Some(60_000)));
        assert_eq!(block("nothing", 0), Found::Missing);
        let file = SampleKey::FileBlock { path: "more.wav".to_owned(), block: 0 };
        assert!(matches!(ask(&sounds, file), Found::Block(_)), "in the data directory");
        sounds.stop();
    }

    #[test]
    fn the_cache_keeps_within_its_bytes_and_drops_what_was_used_longest_ago() {
        let cache = Cache::new(40);
        let samples = |n| Arc::new(Samples { rate_hz: 8_000, data: vec![0; n] });
        cache.keep(prompt("a", ""), samples(10));
        cache.keep(prompt("b", ""), samples(10));
        assert!(cache.find(&prompt("a", "")).is_some(), "just within the bound");
        cache.keep(prompt("c", ""), samples(1));
        let there = |name| cache.find(&prompt(name, "")).is_some();
        assert_eq!([there("a"), there("b"), there("c")], [true, false, true]);
        cache.keep(prompt("huge", ""), samples(21));
        assert!(!there("huge"), "larger than the whole cache: played, not kept");
    }

    /// The library's directory is the data directory too.
    fn start(library: &Library) -> (Sounds, Arc<Cache>) {
        let cache = Arc::new(Cache::new(10_000_000));
        let places = Places { data: library.path.clone(), recordings: library.path.join("recordings") };
        let clock = (Clock::start(), 1);
        (Sounds::start(library.clone(), places, Arc::clone(&cache), clock).unwrap(), cache)
    }

    fn ask(sounds: &Sounds, key: SampleKey) -> Found {
        let (sender, receiver) = mpsc::sync_channel(1);
        let wish = Wish::Load(key, Box::new(move |found| sender.send(found).unwrap()));
        sounds.wishes().send(wish).unwrap();
        receiver.recv().unwrap()
    }

    #[test]
    fn the_thread_answers_and_forgets_at_a_change() {
        let library = library("thread");
        put(&library, "x.wav", 8_000, 1, &[1]);
        let (sounds, _cache) = start(&library);
        let first = || match ask(&sounds, prompt("x", "")) {
            Found::Whole(samples) => samples.data[0],
            other @ (Found::Missing | Found::Long | Found::Block(_)) => panic!("{other:?}"),
        };
        assert_eq!(first(), 1);
        put(&library, "x.wav", 8_000, 1, &[2]);
        assert_eq!(first(), 1, "kept");
        sounds.wishes().send(Wish::Library(library.clone())).unwrap();
        assert_eq!(first(), 2);
        sounds.stop();
    }
}
