//! Prompts: found, decoded and kept, on a thread of their own, which hands what is asked of music on.
//!
//! A prompt `vm-goodbye` in `de` is the first of `<sounds>/de/vm-goodbye.*`, `<sounds>/<office's language>/vm-goodbye.*` and
//! `<sounds>/vm-goodbye.*`.

use super::music::{Music, MusicClass};
use crate::clock::Clock;
use cordboard_media::{SampleKey, Samples};
use cordboard_sounds::{EXTENSIONS, ReadError, Reader, Stream};
use dashmap::DashMap;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;

/// Wishes that wait for the thread; one more is answered as missing.
const WISHES_MAX: usize = 1_024;
/// The longest prompt, in samples: half an hour at 16 kHz. What is longer is cut.
const SAMPLES_MAX: usize = 30 * 60 * 16_000;
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
    /// Decode this and hand it on. `None`: there is none, or it can't be decoded.
    Load(SampleKey, Box<dyn FnOnce(Option<Arc<Samples>>) + Send>),
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
        cache: Arc<Cache>,
        clock: Clock,
        seed: u64,
    ) -> std::io::Result<Self> {
        let (wishes, receiver) = mpsc::sync_channel(WISHES_MAX);
        let thread = std::thread::Builder::new()
            .name("sounds".to_owned())
            .spawn(move || serve(library, &cache, Music::new(clock, seed), &receiver))?;
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

fn serve(mut library: Library, cache: &Cache, mut music: Music, wishes: &mpsc::Receiver<Wish>) {
    while let Ok(wish) = wishes.recv() {
        match wish {
            Wish::Library(changed) => {
                library = changed;
                cache.clear();
                music.changed(&library);
            }
            Wish::Load(SampleKey::Music { class, block }, answer) => {
                music.ask(&library, &class, block, answer);
            }
            Wish::Load(key @ SampleKey::Prompt { .. }, answer) => {
                // Two workers may have asked for the same.
                let samples = cache.find(&key).or_else(|| {
                    let loaded = Arc::new(library.load(&key)?);
                    cache.keep(key, Arc::clone(&loaded));
                    Some(loaded)
                });
                answer(samples);
            }
        }
    }
    music.stop();
}

impl Library {
    fn load(&self, key: &SampleKey) -> Option<Samples> {
        let SampleKey::Prompt { name, lang } = key else { return None };
        let path = self.prompt(name, lang)?;
        let decoded = decode(&path);
        decoded.inspect_err(|error| tracing::warn!(path = %path.display(), %error, "not decoded")).ok()
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

/// A whole file as mono samples.
fn decode(path: &Path) -> Result<Samples, ReadError> {
    let mut reader = reader(path)?;
    let mut samples = Samples { rate_hz: reader.rate_hz(), data: Vec::new() };
    while samples.data.len() < SAMPLES_MAX && reader.read(&mut samples.data)? {}
    samples.data.truncate(SAMPLES_MAX);
    if samples.data.is_empty() { Err(ReadError::NoAudio) } else { Ok(samples) }
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
        let load = |key: &SampleKey| library.load(key);
        let first = |key: &SampleKey| load(key).map(|s| (s.rate_hz, s.data[0], s.data.len()));
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
        assert_eq!(library.load(&prompt("bad", "en")), None);
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

    #[test]
    fn the_thread_answers_and_forgets_at_a_change() {
        let library = library("thread");
        put(&library, "x.wav", 8_000, 1, &[1]);
        let cache = Arc::new(Cache::new(1_000));
        let sounds = Sounds::start(library.clone(), Arc::clone(&cache), Clock::start(), 1).unwrap();
        let ask = || {
            let (sender, receiver) = mpsc::sync_channel(1);
            let wish = Wish::Load(prompt("x", ""), Box::new(move |found| sender.send(found).unwrap()));
            sounds.wishes().send(wish).unwrap();
            receiver.recv().unwrap().map(|samples| samples.data[0])
        };
        assert_eq!(ask(), Some(1));
        put(&library, "x.wav", 8_000, 1, &[2]);
        assert_eq!(ask(), Some(1), "kept");
        sounds.wishes().send(Wish::Library(library.clone())).unwrap();
        assert_eq!(ask(), Some(2));
        sounds.stop();
    }
}
