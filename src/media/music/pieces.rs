//! The files of a class as one stream without end: piece after piece at one loudness, with announcements in between. No more of
//! a file is held than is being played.

use super::super::prompts::open;
use super::class::{Every, MusicClass};
use super::loudness::Loudness;
use cordboard_sounds::{Limiter, Queue, RATE_HZ, ReadError, Stream};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Read at a time: 100 ms.
const CHUNK: usize = RATE_HZ as usize / 10;
/// A piece fades out before an announcement and in behind it: 30 ms.
const FADE: usize = RATE_HZ as usize * 30 / 1_000;
/// A piece is made louder or softer by so much at most, in dB: what is quieter is meant to be, or is noise.
const GAIN_DB_MAX: f64 = 20.0;
/// Pieces that are passed over in one go, when nobody has listened for long.
const PASSED_MAX: usize = 10_000;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Pieces {
    class: MusicClass,
    files: Vec<PathBuf>,
    queue: Queue,
    announcements: Vec<PathBuf>,
    loudness: Loudness,
    state: State,
    /// Samples or pieces since the last announcement, as the class counts.
    since: u64,
    announced: usize,
    /// Of pieces that were opened, at our rate.
    lengths: BTreeMap<PathBuf, u64>,
    /// What can't be played is said once.
    bad: BTreeSet<PathBuf>,
}

#[derive(Debug)]
enum State {
    Between,
    Piece(Box<Playing>),
    /// An announcement, and the piece that goes on behind it.
    Announcement(Box<Playing>, Option<Box<Playing>>),
    /// Nobody listens: no file is open.
    Resting(PathBuf, u64),
}

#[derive(Debug)]
struct Playing {
    path: PathBuf,
    stream: Stream,
    limiter: Limiter,
    /// What the limiter is late by is cut off in front, and comes at the end.
    late: usize,
    /// Samples still to be faded in.
    fading_in: usize,
}

impl Pieces {
    /// Announcements are files, the class's own names of them already looked up.
    pub(super) fn new(class: MusicClass, announcements: Vec<PathBuf>, seed: u64, loudness: Loudness) -> Self {
        let files = class.pieces();
        let queue = Queue::new(class.order, files.len(), seed);
        Self {
            class,
            files,
            queue,
            announcements,
            loudness,
            state: State::Between,
            since: 0,
            announced: 0,
            lengths: BTreeMap::new(),
            bad: BTreeSet::new(),
        }
    }

    /// Whether it is of these files.
    pub(super) fn is_of(&self, class: &MusicClass, announcements: &[PathBuf]) -> bool {
        self.class == *class && self.files == class.pieces() && self.announcements == announcements
    }

    /// What could not be played is tried again.
    pub(super) fn forgive(&mut self) {
        self.bad.clear();
    }

    /// Appends so many samples. False: nothing can be played, they are silence.
    pub(super) fn fill(&mut self, count: usize, samples: &mut Vec<i16>) -> bool {
        let end = samples.len() + count;
        let mut vain = 0;
        while samples.len() < end {
            let before = samples.len();
            match self.more((end - before).min(CHUNK), samples) {
                Ok(()) if samples.len() > before => vain = 0,
                Ok(()) => vain += 1,
                Err(NothingToPlay) => vain = usize::MAX,
            }
            if vain > self.files.len() + self.announcements.len() + 2 {
                samples.resize(end, 0);
                return false;
            }
        }
        true
    }

    fn more(&mut self, count: usize, samples: &mut Vec<i16>) -> Result<(), NothingToPlay> {
        match core::mem::replace(&mut self.state, State::Between) {
            State::Between => self.state = self.begin()?,
            State::Resting(path, position) => self.state = self.resume(path, position),
            State::Piece(mut piece) => {
                if self.is_announcement_due() {
                    let before = samples.len();
                    self.read(&mut piece, FADE, samples);
                    fade_out(samples.get_mut(before..).unwrap_or_default());
                    piece.fading_in = FADE;
                    self.state = self.announce(Some(piece));
                } else if self.read(&mut piece, count, samples) {
                    self.state = State::Piece(piece);
                } else if let Every::Pieces(_) = self.class.announce {
                    self.since += 1;
                }
            }
            State::Announcement(mut announcement, piece) => {
                self.state = if self.read(&mut announcement, count, samples) {
                    State::Announcement(announcement, piece)
                } else {
                    piece.map_or(State::Between, State::Piece)
                };
            }
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<State, NothingToPlay> {
        if self.is_announcement_due() {
            return Ok(self.announce(None));
        }
        for _ in 0..2 * self.files.len() {
            let Some(path) = self.queue.next().and_then(|n| self.files.get(n)).cloned() else { break };
            if let Some(piece) = self.open(path) {
                return Ok(State::Piece(piece));
            }
        }
        Err(NothingToPlay)
    }

    fn is_announcement_due(&self) -> bool {
        let due = match self.class.announce {
            Every::Pieces(pieces) => u64::from(pieces.max(1)),
            Every::Seconds(seconds) => u64::from(seconds.max(1)) * u64::from(RATE_HZ),
        };
        !self.announcements.is_empty() && self.since >= due
    }

    /// The next announcement, before a piece that goes on; that piece where it can't be played.
    fn announce(&mut self, piece: Option<Box<Playing>>) -> State {
        self.since = 0;
        let path = self.announcements.get(self.announced % self.announcements.len().max(1)).cloned();
        self.announced += 1;
        match path.and_then(|path| self.open(path)) {
            Some(announcement) => State::Announcement(announcement, piece),
            None => piece.map_or(State::Between, State::Piece),
        }
    }

    fn open(&mut self, path: PathBuf) -> Option<Box<Playing>> {
        if self.bad.contains(&path) {
            return None;
        }
        let stream = match open(&path) {
            Ok(stream) => stream,
            Err(error) => {
                self.complain(&path, &error);
                return None;
            }
        };
        if let Some(length) = stream.length() {
            self.lengths.insert(path.clone(), length);
        }
        let lufs = self.loudness.of(&path);
        let target = f64::from(self.class.loudness_lufs);
        let levelled = lufs.map_or(0.0, |lufs| (target - lufs).clamp(-GAIN_DB_MAX, GAIN_DB_MAX));
        let limiter = Limiter::new(levelled + f64::from(self.class.volume_db));
        Some(Box::new(Playing { path, stream, limiter, late: Limiter::LATE, fading_in: 0 }))
    }

    /// Reads on. False: it is over, all of it is there.
    fn read(&mut self, playing: &mut Playing, count: usize, samples: &mut Vec<i16>) -> bool {
        let before = samples.len();
        let read = playing.stream.read(count, samples).unwrap_or_else(|error| {
            self.complain(&playing.path, &error);
            0
        });
        if read == 0 {
            samples.resize(before + Limiter::LATE, 0);
        }
        playing.limiter.run(samples.get_mut(before..).unwrap_or_default());
        let early = playing.late.min(samples.len() - before);
        samples.drain(before..before + early);
        playing.late -= early;
        for sample in samples.get_mut(before..).unwrap_or_default().iter_mut().take(playing.fading_in) {
            *sample = faded(*sample, FADE - playing.fading_in);
            playing.fading_in -= 1;
        }
        if let Every::Seconds(_) = self.class.announce {
            self.since += (samples.len() - before) as u64;
        }
        read > 0
    }

    fn complain(&mut self, path: &Path, error: &ReadError) {
        if self.bad.insert(path.to_owned()) {
            tracing::warn!(path = %path.display(), %error, "this music can't be played");
        }
    }

    /// Closes the files until somebody listens again.
    pub(super) fn rest(&mut self) {
        self.state = match core::mem::replace(&mut self.state, State::Between) {
            State::Piece(piece) | State::Announcement(_, Some(piece)) => {
                let position = piece.stream.position();
                State::Resting(piece.path, position)
            }
            State::Announcement(_, None) => State::Between,
            state @ (State::Between | State::Resting(..)) => state,
        };
    }

    fn resume(&mut self, path: PathBuf, position: u64) -> State {
        let Some(mut piece) = self.open(path) else { return State::Between };
        if let Err(error) = piece.stream.seek(position) {
            self.complain(&piece.path, &error);
            return State::Between;
        }
        State::Piece(piece)
    }

    /// Goes on as if so many samples had been played. Announcements don't count: nobody would have heard them.
    pub(super) fn pass(&mut self, samples: u64) {
        self.rest();
        let mut left = samples;
        for _ in 0..PASSED_MAX {
            let (path, position) = match core::mem::replace(&mut self.state, State::Between) {
                State::Resting(path, position) => (path, position),
                State::Between | State::Piece(_) | State::Announcement(..) => {
                    let Some(path) = self.queue.next().and_then(|n| self.files.get(n)) else { return };
                    (path.clone(), 0)
                }
            };
            if self.bad.contains(&path) {
                continue;
            }
            let Some(length) = self.length(&path) else {
                // Nobody knows how long it is: from its beginning.
                self.state = State::Resting(path, position);
                return;
            };
            if position + left < length {
                self.state = State::Resting(path, position + left);
                return;
            }
            left -= length.saturating_sub(position);
        }
    }

    fn length(&mut self, path: &Path) -> Option<u64> {
        if let Some(length) = self.lengths.get(path) {
            return Some(*length);
        }
        let length = match open(path) {
            Ok(stream) => stream.length()?,
            Err(error) => {
                self.complain(path, &error);
                0
            }
        };
        self.lengths.insert(path.to_owned(), length);
        Some(length)
    }
}

/// No file of the class can be played.
struct NothingToPlay;

fn fade_out(samples: &mut [i16]) {
    let count = samples.len();
    for (n, sample) in samples.iter_mut().enumerate() {
        *sample = faded(*sample, (count - n) * FADE / count.max(1));
    }
}

/// A sample at `place` of [`FADE`] on the way up.
fn faded(sample: i16, place: usize) -> i16 {
    let (place, all) = (i32::try_from(place).unwrap_or(0), i32::try_from(FADE).unwrap_or(1));
    i16::try_from(i32::from(sample) * place / all).unwrap_or(sample)
}
