//! How loud each file is, measured once, on a thread of its own, and remembered while the file stays the same.
//!
//! Whoever needs it before that is told what its first seconds say.

use super::super::prompts::open;
use cordboard_sounds::{Meter, RATE_HZ, ReadError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::SystemTime;

/// Files that wait to be measured; a further one is measured when it is played again.
const WAITING_MAX: usize = 256;
/// Files that are remembered; then all are forgotten.
const KEPT_MAX: usize = 20_000;
/// What the first answer is measured of, in seconds.
const FIRST_S: usize = 10;

type Kept = BTreeMap<PathBuf, (Stamp, Option<f64>)>;

/// By which a file is known to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    changed: Option<SystemTime>,
}

/// Asks, and remembers. Copies share what they know.
#[derive(Clone, Debug)]
pub(super) struct Loudness {
    /// A lock, for whoever asks is a thread of a class and whoever answers is that of measuring: held for a look-up.
    kept: Arc<Mutex<Kept>>,
    wanted: mpsc::SyncSender<PathBuf>,
}

impl Loudness {
    /// Starts the thread, which ends once every copy is gone.
    pub(super) fn start() -> std::io::Result<(Self, JoinHandle<()>)> {
        let kept = Arc::new(Mutex::new(Kept::new()));
        let (wanted, files) = mpsc::sync_channel::<PathBuf>(WAITING_MAX);
        let known = Arc::clone(&kept);
        let thread = std::thread::Builder::new().name("loudness".to_owned()).spawn(move || {
            for path in files {
                if find(&known, &path).is_none() {
                    let measured = measure(&path, usize::MAX).unwrap_or_default();
                    tracing::debug!(path = %path.display(), lufs = measured, "measured");
                    remember(&known, path, measured);
                }
            }
        })?;
        Ok((Self { kept, wanted }, thread))
    }

    /// The loudness of a file in LUFS; none where it is silent, or can't be read.
    pub(super) fn of(&self, path: &Path) -> Option<f64> {
        if let Some(known) = find(&self.kept, path) {
            return known;
        }
        if self.wanted.try_send(path.to_owned()).is_err() {
            tracing::debug!(path = %path.display(), "measured later");
        }
        measure(path, FIRST_S).ok().flatten()
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let about = path.metadata().ok()?;
    Some(Stamp { bytes: about.len(), changed: about.modified().ok() })
}

fn find(kept: &Mutex<Kept>, path: &Path) -> Option<Option<f64>> {
    let stamp = stamp(path)?;
    let kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    kept.get(path).filter(|(of, _)| *of == stamp).map(|(_, lufs)| *lufs)
}

fn remember(kept: &Mutex<Kept>, path: PathBuf, lufs: Option<f64>) {
    let Some(stamp) = stamp(&path) else { return };
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= KEPT_MAX {
        kept.clear();
    }
    kept.insert(path, (stamp, lufs));
}

fn measure(path: &Path, seconds: usize) -> Result<Option<f64>, ReadError> {
    let mut stream = open(path)?;
    let (mut meter, mut samples) = (Meter::default(), Vec::new());
    for _ in 0..seconds {
        if stream.read(RATE_HZ as usize, &mut samples)? == 0 {
            break;
        }
        meter.push(&samples);
        samples.clear();
    }
    Ok(meter.lufs())
}
