//! Recordings on their way to the disk: a bounded queue, and a thread that appends to their files, encodes what is to be Opus and
//! deletes what is too old.
//!
//! ```text
//!  workers ──Tape──▶ queue ──▶ Desk ─┬─▶ SoundFile: WAV, or OpusWriter ─▶ Ogg pages; silence at the end held back by a Trimmer
//!                                    └─▶ Sweep, in small steps between the pieces
//! ```
//! A file can be played up to its last half second at any moment, so it survives a crash. When the disk, or the encoding, is
//! slower than the calls the queue overflows; what is lost is counted and written as silence of the same length.

mod desk;
mod file;
mod retention;
#[cfg(test)]
mod tests;

use cordboard_media::{Event, RecordingId};
use desk::Desk;
pub(super) use file::Form;
pub use retention::KeepRecordings;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;

/// Pieces that wait for the disk: more than a second of a hundred recorded legs at 20 ms each.
const QUEUE_MAX: usize = 8_192;
/// Starts and ends that found the queue full; they are never lost but for this bound, which only a dead disk reaches.
const LATE_MAX: usize = 1_024;
/// What the thread is told. `lost` is how many samples (of all channels) did not find room before.
#[derive(Debug)]
pub(super) enum Piece {
    Started {
        id: RecordingId,
        form: Form,
    },
    More {
        id: RecordingId,
        lost: u64,
        samples: Vec<i16>,
    },
    Ended {
        id: RecordingId,
        lost: u64,
    },
    /// Recordings are kept so long from now on.
    Keep(KeepRecordings),
}

/// Where files lie.
#[derive(Clone, Debug)]
pub(super) struct Roots {
    /// Of recordings.
    pub(super) recordings: PathBuf,
    /// Of what applications record for themselves.
    pub(super) data: PathBuf,
}

/// A worker's end of the queue.
#[derive(Debug)]
pub(super) struct Tape {
    queue: mpsc::SyncSender<Piece>,
    /// Starts and ends that wait; while there are any, samples are counted as lost.
    late: VecDeque<Piece>,
    lost: BTreeMap<RecordingId, u64>,
    /// Of all recordings since the start; for a metric.
    pub(super) lost_ever: u64,
}

impl Tape {
    pub(super) fn started(&mut self, id: RecordingId, form: Form) {
        self.surely(Piece::Started { id, form });
    }

    pub(super) fn more(&mut self, id: RecordingId, samples: Vec<i16>) {
        self.retry();
        let lost = self.lost.remove(&id).unwrap_or(0);
        let count = u64::try_from(samples.len()).unwrap_or(0);
        let sent = self.late.is_empty() && self.queue.try_send(Piece::More { id, lost, samples }).is_ok();
        if !sent {
            self.lost.insert(id, lost.saturating_add(count));
            self.lost_ever = self.lost_ever.saturating_add(count);
        }
    }

    pub(super) fn ended(&mut self, id: RecordingId) {
        let lost = self.lost.remove(&id).unwrap_or(0);
        self.surely(Piece::Ended { id, lost });
    }

    /// Tries again what found no room.
    pub(super) fn retry(&mut self) {
        while let Some(piece) = self.late.pop_front() {
            if let Err(mpsc::TrySendError::Full(piece)) = self.queue.try_send(piece) {
                self.late.push_front(piece);
                return;
            }
        }
    }

    /// Takes what is kept here of some recordings, which go on from another worker.
    pub(super) fn take(&mut self, is_one: impl Fn(&RecordingId) -> bool) -> Unwritten {
        let lost: Vec<RecordingId> = self.lost.keys().filter(|id| is_one(id)).copied().collect();
        let lost = lost.into_iter().filter_map(|id| self.lost.remove_entry(&id)).collect();
        let of_them = |piece: &Piece| match piece {
            Piece::Started { id, .. } | Piece::More { id, .. } | Piece::Ended { id, .. } => is_one(id),
            Piece::Keep(_) => false,
        };
        let (late, rest) = std::mem::take(&mut self.late).into_iter().partition(of_them);
        self.late = rest;
        Unwritten { late, lost }
    }

    /// Takes in what another worker had not handed on.
    pub(super) fn put(&mut self, unwritten: Unwritten) {
        self.late.extend(unwritten.late);
        self.lost.extend(unwritten.lost);
        self.retry();
    }

    fn surely(&mut self, piece: Piece) {
        if self.late.len() < LATE_MAX {
            self.late.push_back(piece);
        } else {
            tracing::error!("a recording's begin or end was lost: the disk does not keep up");
        }
        self.retry();
    }
}

/// What a tape has not handed on of some recordings.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    late: VecDeque<Piece>,
    lost: BTreeMap<RecordingId, u64>,
}

/// The disk's thread.
#[derive(Debug)]
pub(super) struct Recorder {
    queue: mpsc::SyncSender<Piece>,
    thread: JoinHandle<()>,
}

/// Who is told of recordings that are complete; gives back what it has no room for.
pub(super) type Tell = Box<dyn Fn(Event) -> Result<(), Event> + Send>;

impl Recorder {
    /// Files go under `roots`, which are made when the first recording is.
    pub(super) fn start(roots: Roots, keep: KeepRecordings, tell: Tell) -> io::Result<Self> {
        let (queue, pieces) = mpsc::sync_channel(QUEUE_MAX);
        let desk = Desk::new(roots, keep, tell);
        let thread =
            std::thread::Builder::new().name("disk".to_owned()).spawn(move || desk.serve(&pieces))?;
        Ok(Self { queue, thread })
    }

    pub(super) fn tape(&self) -> Tape {
        Tape { queue: self.queue.clone(), late: VecDeque::new(), lost: BTreeMap::new(), lost_ever: 0 }
    }

    /// Recordings are kept so long from now on.
    pub(super) fn keep(&self, keep: KeepRecordings) {
        // A queue that is full has more urgent things in it: the next reload says it again.
        if self.queue.try_send(Piece::Keep(keep)).is_err() {
            tracing::error!("how long recordings are kept was not changed: the disk does not keep up");
        }
    }

    /// Writes what is queued; every [`Tape`] must be gone.
    pub(super) fn stop(self) {
        drop(self.queue);
        if self.thread.join().is_err() {
            tracing::error!("the disk's thread panicked");
        }
    }
}
