//! What the disk's thread works on: the files of the recordings that run, and the deletion of old ones.

use super::file::{Form, SoundFile};
use super::retention::{KeepRecordings, Sweep};
use super::{Piece, Roots, Tell};
use cordboard_media::{Event, RecordPlace, RecordingId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant, SystemTime};

/// Recordings at once.
const RECORDINGS_MAX: usize = 1_024;
/// How often old recordings are looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// Ends of recordings that wait while the shard's queue is full; beyond it the oldest is lost, which only a dead shard reaches.
const UNTOLD_MAX: usize = 4_096;
/// How soon a full queue is tried again.
const RETRY: Duration = Duration::from_millis(20);

/// See the module's documentation.
pub(super) struct Desk {
    roots: Roots,
    keep: KeepRecordings,
    tell: Tell,
    pub(super) files: BTreeMap<RecordingId, SoundFile>,
    sweeping: Sweeping,
    /// What the shard had no room for, oldest first.
    untold: VecDeque<Event>,
}

enum Sweeping {
    /// Until then.
    Rests(Instant),
    Runs(Box<Sweep>),
}

/// What came, if anything did.
enum Taken {
    Piece(Piece),
    Nothing,
    End,
}

impl Desk {
    pub(super) fn new(roots: Roots, keep: KeepRecordings, tell: Tell) -> Self {
        let sweeping = Sweeping::Rests(Instant::now());
        Self { roots, keep, tell, files: BTreeMap::new(), sweeping, untold: VecDeque::new() }
    }

    pub(super) fn serve(mut self, pieces: &Receiver<Piece>) {
        loop {
            match self.wait(pieces) {
                Taken::Piece(piece) => self.take(piece),
                Taken::Nothing => {}
                Taken::End => break,
            }
            self.retell();
            self.sweep();
        }
        for id in self.files.keys().copied().collect::<Vec<_>>() {
            self.take(Piece::Ended { id, lost: 0 });
        }
    }

    fn wait(&self, pieces: &Receiver<Piece>) -> Taken {
        let due = match &self.sweeping {
            Sweeping::Runs(_) => {
                return match pieces.try_recv() {
                    Ok(piece) => Taken::Piece(piece),
                    Err(TryRecvError::Empty) => Taken::Nothing,
                    Err(TryRecvError::Disconnected) => Taken::End,
                };
            }
            Sweeping::Rests(due) => due.saturating_duration_since(Instant::now()),
        };
        let due = if self.untold.is_empty() { due } else { due.min(RETRY) };
        match pieces.recv_timeout(due) {
            Ok(piece) => Taken::Piece(piece),
            Err(RecvTimeoutError::Timeout) => Taken::Nothing,
            Err(RecvTimeoutError::Disconnected) => Taken::End,
        }
    }

    pub(super) fn take(&mut self, piece: Piece) {
        match piece {
            Piece::Started { id, form } => match self.create(id, &form) {
                Ok(file) => drop(self.files.insert(id, file)),
                Err(error) => self.ended(id, None, Err(error)),
            },
            Piece::More { id, lost, samples } => {
                let Some(file) = self.files.get_mut(&id) else { return };
                if let Err(error) = file.silence(lost).and_then(|()| file.append(&samples)) {
                    let file = self.files.remove(&id);
                    self.ended(id, file, Err(error));
                }
            }
            Piece::Ended { id, lost } => {
                let Some(mut file) = self.files.remove(&id) else { return };
                let result = file.silence(lost).and_then(|()| file.finish());
                self.ended(id, Some(file), result);
            }
            Piece::Keep(keep) => {
                self.keep = keep;
                self.sweeping = Sweeping::Rests(Instant::now());
            }
        }
    }

    fn create(&self, id: RecordingId, form: &Form) -> io::Result<SoundFile> {
        if self.files.len() >= RECORDINGS_MAX {
            return Err(io::Error::other("too many recordings"));
        }
        let root = match form.file.place {
            RecordPlace::Recordings => &self.roots.recordings,
            RecordPlace::Data => &self.roots.data,
        };
        SoundFile::create(root, form, id.number)
    }

    /// A recording ends with its file, the call does not: what was written stays, and can be played.
    fn ended(&mut self, id: RecordingId, mut file: Option<SoundFile>, result: io::Result<()>) {
        let failure = result.err().map(|error| error.to_string());
        if let Some(error) = &failure {
            tracing::error!(?id, %error, "recording ended");
            if let Some(Err(error)) = file.as_mut().map(SoundFile::mend) {
                tracing::error!(?id, %error, "its end is that of the half second before");
            }
        }
        let ms = file.as_ref().map_or(0, SoundFile::ms);
        let file = file.map(|file| file.name).unwrap_or_default();
        if self.untold.len() >= UNTOLD_MAX {
            tracing::error!("the shard does not take the ends of recordings");
            self.untold.pop_front();
        }
        self.untold.push_back(Event::RecordingEnded { id, file, ms, failure });
        self.retell();
    }

    /// Somebody waits for the end of a message: it is told until it is taken.
    pub(super) fn retell(&mut self) {
        while let Some(event) = self.untold.pop_front() {
            if let Err(event) = (self.tell)(event) {
                self.untold.push_front(event);
                return;
            }
        }
    }

    /// Begins to look for old recordings, or goes on with it a little.
    fn sweep(&mut self) {
        let rests = |after: Duration| Sweeping::Rests(Instant::now() + after);
        match &mut self.sweeping {
            Sweeping::Rests(due) if *due > Instant::now() => {}
            Sweeping::Rests(_) if !self.keep.is_bounded() => self.sweeping = rests(SWEEP_EVERY),
            Sweeping::Rests(_) => {
                let begun = Sweep::start(&self.roots.recordings, self.keep, SystemTime::now());
                self.sweeping = match begun {
                    Ok(sweep) => Sweeping::Runs(Box::new(sweep)),
                    Err(error) => {
                        tracing::error!(%error, "old recordings can't be looked for");
                        rests(SWEEP_EVERY)
                    }
                };
            }
            Sweeping::Runs(sweep) => {
                let open: BTreeSet<PathBuf> = self.files.values().map(SoundFile::path).collect();
                if sweep.step(&open) {
                    if sweep.deleted > 0 {
                        tracing::info!(count = sweep.deleted, bytes = sweep.freed, "old recordings deleted");
                    }
                    self.sweeping = rests(SWEEP_EVERY);
                }
            }
        }
    }
}
