//! Files that the exchange has recorded.

use super::ear;
use super::exchange::Exchange;
use cordboard_sounds::{RATE_HZ, Stream};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// All of them.
pub(crate) fn all(exchange: &Exchange) -> Vec<PathBuf> {
    let mut directories = vec![exchange.folder.file("var/recordings")];
    let mut files = Vec::new();
    while let Some(directory) = directories.pop() {
        let Ok(entries) = fs::read_dir(directory) else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() { directories.push(path) } else { files.push(path) }
        }
    }
    files
}

/// The only one.
pub(crate) fn only(exchange: &Exchange) -> PathBuf {
    let mut files = all(exchange);
    assert_eq!(files.len(), 1, "{files:?}");
    files.remove(0)
}

/// What a player makes of one, all channels in one.
pub(crate) struct Tape(Vec<i16>);

impl Tape {
    /// Plays it to its end.
    pub(crate) fn plays(path: &Path) -> Self {
        let extension = path.extension().unwrap().to_str().unwrap();
        let mut stream = Stream::open(Box::new(File::open(path).unwrap()), extension).unwrap();
        let mut samples = Vec::new();
        while stream.read(8_000, &mut samples).unwrap() > 0 {}
        Self(samples)
    }

    /// How long it plays.
    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs_f64(self.0.len() as f64 / f64::from(RATE_HZ))
    }

    /// Of its moments those that have this frequency, and all.
    pub(crate) fn moments_with(&self, frequency_hz: u16) -> (usize, usize) {
        let moments = self.0.chunks_exact(usize::try_from(RATE_HZ * ear::MOMENT_MS / 1_000).unwrap());
        let all = moments.len();
        (moments.filter(|moment| ear::hears(moment, RATE_HZ, frequency_hz)).count(), all)
    }
}
