//! Music on hold: classes, each an endless stream on one clock, whoever listens and wherever it comes from.
//!
//! A class is what the configuration says, else the folder of its name in the sounds' `music`; what is neither is `default`.
//! A station, a thread of its own, plays each class that somebody listens to; it holds some 20 s of it, however long the files.

mod class;
mod http;
mod live;
mod loudness;
mod pieces;
mod program;
mod station;
#[cfg(test)]
mod tests;

pub use class::{Every, LOUDNESS_LUFS, LiveSource, MusicClass};

use super::prompts::{Library, is_safe, open};
use crate::clock::Clock;
use cordboard_media::Samples;
use loudness::Loudness;
use station::{Ask, Station};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::thread::JoinHandle;

/// The class that stands in for one that is not known.
const DEFAULT: &str = "default";
/// Classes that are played at once, a thread each; of a further one nothing is heard.
const STATIONS_MAX: usize = 64;
/// Asks that wait for one.
const ASKS_MAX: usize = 64;
/// Unknown classes that are told of; scripts can make up any number of them.
const UNKNOWN_TOLD_MAX: usize = 100;

/// Whether this is the address of a stream that can be fetched.
pub fn is_stream(url: &str) -> bool {
    crate::http::Url::parse(url).is_some()
}

/// Whether it is fetched over TLS, for which there have to be trusted roots.
pub fn is_secure_stream(url: &str) -> bool {
    crate::http::Url::parse(url).is_some_and(|url| url.is_secure)
}

/// All classes that somebody has listened to.
#[derive(Debug)]
pub(super) struct Music {
    clock: Clock,
    seed: u64,
    stations: BTreeMap<String, Handle>,
    loudness: Option<(Loudness, JoinHandle<()>)>,
    unknown: BTreeSet<String>,
}

#[derive(Debug)]
struct Handle {
    asks: SyncSender<Ask>,
    thread: JoinHandle<()>,
}

impl Music {
    pub(super) fn new(clock: Clock, seed: u64) -> Self {
        Self { clock, seed, stations: BTreeMap::new(), loudness: None, unknown: BTreeSet::new() }
    }

    /// Asks for a block of a class.
    pub(super) fn ask(
        &mut self,
        library: &Library,
        class: &str,
        block: u64,
        answer: impl FnOnce(Option<Arc<Samples>>) + Send + 'static,
    ) {
        let name = self.known(library, class);
        if self.stations.get(&name).is_none_or(|handle| handle.thread.is_finished()) {
            self.start(library, &name);
        }
        let Some(handle) = self.stations.get(&name) else {
            answer(None);
            return;
        };
        match handle.asks.try_send(Ask::Block(block, Box::new(answer))) {
            Ok(()) => {}
            Err(TrySendError::Full(ask) | TrySendError::Disconnected(ask)) => {
                tracing::error!(class = name, "music does not keep up");
                if let Ask::Block(_, answer) = ask {
                    answer(None);
                }
            }
        }
    }

    /// The class itself, or the one that stands in for it.
    fn known(&mut self, library: &Library, class: &str) -> String {
        if library.class(class).is_some() {
            return class.to_owned();
        }
        if class != DEFAULT && self.unknown.len() < UNKNOWN_TOLD_MAX && self.unknown.insert(class.to_owned())
        {
            tracing::warn!(class, "no such class of music: `{DEFAULT}` stands in");
        }
        DEFAULT.to_owned()
    }

    fn start(&mut self, library: &Library, name: &str) {
        let Some(class) = library.class(name) else { return };
        if self.stations.len() >= STATIONS_MAX && !self.stations.contains_key(name) {
            tracing::error!(class = name, "too many classes of music are played");
            return;
        }
        let started = self.loudness().and_then(|loudness| {
            // Each class has an order of its own, another at every start.
            let seed = name.bytes().fold(self.seed, |seed, byte| seed.rotate_left(7) ^ u64::from(byte));
            let announcements = library.announcements(&class);
            let station = Station::new(name.to_owned(), class, announcements, self.clock, seed, loudness);
            let (asks, receiver) = mpsc::sync_channel(ASKS_MAX);
            let thread = std::thread::Builder::new()
                .name(format!("music-{name}"))
                .spawn(move || station.run(&receiver))?;
            Ok(Handle { asks, thread })
        });
        match started {
            Ok(handle) => {
                self.stations.insert(name.to_owned(), handle);
            }
            Err(error) => tracing::error!(class = name, %error, "no thread for music"),
        }
    }

    fn loudness(&mut self) -> std::io::Result<Loudness> {
        if self.loudness.is_none() {
            self.loudness = Some(Loudness::start()?);
        }
        self.loudness.as_ref().map(|(loudness, _)| loudness.clone()).ok_or(std::io::ErrorKind::Other.into())
    }

    /// Classes or files may have changed: who plays them is told, and goes on with what is the same.
    pub(super) fn changed(&mut self, library: &Library) {
        self.unknown.clear();
        let mut gone = Vec::new();
        for (name, handle) in &self.stations {
            let told = library.class(name).is_some_and(|class| {
                let announcements = library.announcements(&class);
                handle.asks.try_send(Ask::Class(Box::new(class), announcements)).is_ok()
            });
            if !told {
                gone.push(name.clone());
            }
        }
        for name in gone {
            self.stations.remove(&name).into_iter().for_each(Handle::stop);
        }
    }

    /// Ends all threads; programs are killed and streams closed.
    pub(super) fn stop(self) {
        // Each ends by itself once nobody can ask it: first all are told, then all are waited for.
        let threads: Vec<JoinHandle<()>> = self.stations.into_values().map(|handle| handle.thread).collect();
        let measuring = self.loudness.map(|(_, thread)| thread);
        for thread in threads.into_iter().chain(measuring) {
            if thread.join().is_err() {
                tracing::error!("a thread of music panicked");
            }
        }
    }
}

impl Handle {
    fn stop(self) {
        drop(self.asks);
        if self.thread.join().is_err() {
            tracing::error!("a thread of music panicked");
        }
    }
}

impl Library {
    /// A class as it is configured, else as its folder is.
    pub(super) fn class(&self, name: &str) -> Option<MusicClass> {
        if let Some(class) = self.classes.get(name) {
            return Some(class.clone());
        }
        let folder = self.path.join("music").join(name);
        (is_safe(name) && folder.is_dir()).then(|| MusicClass::of_folder(folder))
    }

    fn announcements(&self, class: &MusicClass) -> Vec<PathBuf> {
        let path = |name: &String| {
            let path = self.prompt(name, "");
            if path.is_none() {
                tracing::warn!(name, "no such announcement");
            }
            path
        };
        class.announcements.iter().filter_map(path).collect()
    }
}

/// What is wrong with the music of an office, for its operator: classes without any file that can be played, and each file that
/// can't be. `office` is the class of callers on hold. Nothing is fetched and no program is run.
pub fn check(
    sounds: &std::path::Path,
    lang: &str,
    classes: &BTreeMap<String, MusicClass>,
    office: &str,
) -> Vec<String> {
    let library = Library { path: sounds.to_owned(), lang: lang.to_owned(), classes: classes.clone() };
    let folders = std::fs::read_dir(sounds.join("music")).into_iter().flatten();
    let folders = folders.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let names: BTreeSet<String> = folders.chain(classes.keys().cloned()).collect();
    let mut findings = Vec::new();
    if !office.is_empty() && library.class(office).is_none() {
        let hint = crate::config::nearest(office, names.iter().map(String::as_str));
        let hint = hint.map(|name| format!(": did you mean `{name}`?")).unwrap_or_default();
        findings.push(format!("office.music: there is no class of music `{office}`{hint}"));
    }
    for name in names {
        let Some(class) = library.class(&name) else { continue };
        let pieces = class.pieces();
        let mut playable = 0;
        for path in &pieces {
            let mut samples = Vec::new();
            match open(path).and_then(|mut stream| stream.read(1, &mut samples)) {
                Ok(1..) => playable += 1,
                Ok(0) => findings.push(format!("music class `{name}`: {}: no audio in it", path.display())),
                Err(error) => findings.push(format!("music class `{name}`: {}: {error}", path.display())),
            }
        }
        if playable == 0 && class.source.is_none() {
            findings.push(format!("music class `{name}` has no file that can be played"));
        }
        for announcement in &class.announcements {
            if library.prompt(announcement, "").is_none() {
                findings.push(format!("music class `{name}`: there is no prompt `{announcement}`"));
            }
        }
    }
    findings
}
