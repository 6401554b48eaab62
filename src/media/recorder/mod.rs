//! Recordings on their way to the disk: a bounded queue, and a thread that appends to WAV files.
//!
//! A file is complete up to its header's last repair at any moment, so it survives a crash with at most a second lost. When the
//! disk is slower than the calls the queue overflows; what is lost is counted and written as silence of the same length.

use super::prompts::is_safe;
use super::wav;
use cordboard_media::{Event, RecordingId};
use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;

/// Pieces that wait for the disk: more than a second of a hundred recorded legs at 20 ms each.
const QUEUE_MAX: usize = 8_192;
/// Starts and ends that found the queue full; they are never lost but for this bound, which only a dead disk reaches.
const LATE_MAX: usize = 1_024;
/// Recordings at once.
const RECORDINGS_MAX: usize = 1_024;
/// Files of one name: `x`, `x-2`, … The next is refused.
const SAME_NAME_MAX: u32 = 100;
/// The header is repaired after so many bytes of audio: half a second at 16 kHz, one channel, and less than that of anything else
/// but a narrow-band mono file, of which it is a second.
const REPAIR_AFTER: u64 = 16_000;
/// Silence is written in pieces of this size.
const SILENCE: [u8; 4_096] = [0; 4_096];

/// What a recording's file is to be.
#[derive(Clone, Debug)]
pub(super) struct Form {
    /// Within the recordings' directory, without extension.
    pub(super) name: String,
    pub(super) rate_hz: u32,
    pub(super) channels: u8,
}

/// What the thread is told. `lost` is how many samples (of all channels) did not find room before.
#[derive(Debug)]
pub(super) enum Piece {
    Started { id: RecordingId, form: Form },
    More { id: RecordingId, lost: u64, samples: Vec<i16> },
    Ended { id: RecordingId, lost: u64 },
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

    fn surely(&mut self, piece: Piece) {
        if self.late.len() < LATE_MAX {
            self.late.push_back(piece);
        } else {
            tracing::error!("a recording's begin or end was lost: the disk does not keep up");
        }
        self.retry();
    }
}

/// The disk's thread.
#[derive(Debug)]
pub(super) struct Recorder {
    queue: mpsc::SyncSender<Piece>,
    thread: JoinHandle<()>,
}

/// Who is told of recordings that are complete.
pub(super) type Tell = Box<dyn Fn(Event) + Send>;

impl Recorder {
    /// Files go under `directory`, which is made when the first recording is.
    pub(super) fn start(directory: PathBuf, tell: Tell) -> io::Result<Self> {
        let (queue, pieces) = mpsc::sync_channel(QUEUE_MAX);
        let desk = Desk { directory, tell, files: BTreeMap::new() };
        let thread =
            std::thread::Builder::new().name("disk".to_owned()).spawn(move || desk.serve(&pieces))?;
        Ok(Self { queue, thread })
    }

    pub(super) fn tape(&self) -> Tape {
        Tape { queue: self.queue.clone(), late: VecDeque::new(), lost: BTreeMap::new(), lost_ever: 0 }
    }

    /// Writes what is queued; every [`Tape`] must be gone.
    pub(super) fn stop(self) {
        drop(self.queue);
        if self.thread.join().is_err() {
            tracing::error!("the disk's thread panicked");
        }
    }
}

/// What the disk's thread works on.
struct Desk {
    directory: PathBuf,
    tell: Tell,
    files: BTreeMap<RecordingId, WavFile>,
}

impl Desk {
    fn serve(mut self, pieces: &mpsc::Receiver<Piece>) {
        while let Ok(piece) = pieces.recv() {
            self.take(piece);
        }
        for id in self.files.keys().copied().collect::<Vec<_>>() {
            self.take(Piece::Ended { id, lost: 0 });
        }
    }

    fn take(&mut self, piece: Piece) {
        match piece {
            Piece::Started { id, form } => match self.create(&form) {
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
        }
    }

    fn create(&self, form: &Form) -> io::Result<WavFile> {
        if self.files.len() >= RECORDINGS_MAX {
            return Err(io::Error::other("too many recordings"));
        }
        WavFile::create(&self.directory, &form.name, form.rate_hz, form.channels)
    }

    /// A recording ends with its file, the call does not: what was written stays, with a header that says how much it is.
    fn ended(&self, id: RecordingId, mut file: Option<WavFile>, result: io::Result<()>) {
        let failure = result.err().map(|error| error.to_string());
        if let Some(error) = &failure {
            tracing::error!(?id, %error, "recording ended");
            if let Some(Err(error)) = file.as_mut().map(WavFile::repair) {
                tracing::error!(?id, %error, "its header is that of the second before");
            }
        }
        let ms = file.as_ref().map_or(0, WavFile::ms);
        let file = file.map(|file| file.name).unwrap_or_default();
        (self.tell)(Event::RecordingEnded { id, file, ms, failure });
    }
}

/// A file that grows at its end and whose header is repaired now and then.
#[derive(Debug)]
struct WavFile {
    /// Within the recordings' directory.
    name: String,
    file: File,
    rate_hz: u32,
    channels: u16,
    size: u64,
    repaired_at: u64,
    bytes: Vec<u8>,
}

impl WavFile {
    fn create(directory: &Path, name: &str, rate_hz: u32, channels: u8) -> io::Result<Self> {
        if !is_safe(name) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{name:?} is no name for a recording"),
            ));
        }
        if let Some(parent) = directory.join(name).parent() {
            fs::create_dir_all(parent)?;
        }
        let candidates = (1..=SAME_NAME_MAX).map(|n| match n {
            1 => format!("{name}.wav"),
            n => format!("{name}-{n}.wav"),
        });
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for name in candidates {
            let path = directory.join(&name);
            // What people said is their owner's alone.
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
                Ok(mut file) => {
                    file.write_all(&wav::header(rate_hz, u16::from(channels), 0))?;
                    let (channels, bytes) = (u16::from(channels), Vec::new());
                    return Ok(Self { name, file, rate_hz, channels, size: 0, repaired_at: 0, bytes });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn append(&mut self, samples: &[i16]) -> io::Result<()> {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        let written = self.write(&bytes);
        self.bytes = bytes;
        written
    }

    fn silence(&mut self, samples: u64) -> io::Result<()> {
        let mut left = samples.saturating_mul(2);
        while left > 0 {
            let size = usize::try_from(left).unwrap_or(usize::MAX).min(SILENCE.len());
            self.write(SILENCE.get(..size).unwrap_or_default())?;
            left -= u64::try_from(size).unwrap_or(left);
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let size = self.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if size > wav::DATA_SIZE_MAX {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a WAV file ends at 4 GiB"));
        }
        self.file.write_all(bytes)?;
        self.size = size;
        if size - self.repaired_at >= REPAIR_AFTER { self.repair() } else { Ok(()) }
    }

    fn repair(&mut self) -> io::Result<()> {
        let size = u32::try_from(self.size).unwrap_or(u32::MAX);
        self.file.write_all_at(&wav::header(self.rate_hz, self.channels, size), 0)?;
        self.repaired_at = self.size;
        Ok(())
    }

    /// How much it holds.
    fn ms(&self) -> u64 {
        let per_second = u64::from(self.rate_hz).saturating_mul(2 * u64::from(self.channels)).max(1);
        self.size.saturating_mul(1_000) / per_second
    }

    fn finish(&mut self) -> io::Result<()> {
        self.repair()?;
        self.file.sync_data()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_base::{CallId, LegId};
    use cordboard_media::RecordingOf;

    const ID: RecordingId =
        RecordingId { of: RecordingOf::Leg(LegId { call: CallId(7), index: 0 }), number: 1 };

    fn form(name: &str, channels: u8) -> Form {
        Form { name: name.to_owned(), rate_hz: 8_000, channels }
    }

    fn directory(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("cordboard-rec-{}-{name}", std::process::id()));
        let _absent = fs::remove_dir_all(&path);
        path
    }

    fn data_size(path: &Path) -> (u32, usize) {
        let bytes = fs::read(path).unwrap();
        (u32::from_le_bytes(bytes[40..44].try_into().unwrap()), bytes.len() - 44)
    }

    fn told() -> (Tell, mpsc::Receiver<Event>) {
        let (tell, told) = mpsc::sync_channel(64);
        (Box::new(move |event| tell.send(event).unwrap()), told)
    }

    #[test]
    fn a_full_disk_ends_the_recording_with_an_event_and_keeps_what_is_there() {
        let directory = directory("full");
        let (tell, told) = told();
        let mut desk = Desk { directory: directory.clone(), tell, files: BTreeMap::new() };
        desk.take(Piece::Started { id: ID, form: form("x", 1) });
        desk.take(Piece::More { id: ID, lost: 0, samples: vec![1; 8_000] });
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        desk.files.get_mut(&ID).unwrap().file = full;
        desk.take(Piece::More { id: ID, lost: 0, samples: vec![1; 8_000] });
        let Event::RecordingEnded { file, ms, failure, .. } = told.recv().unwrap() else { panic!() };
        assert_eq!((file.as_str(), ms), ("x.wav", 1_000));
        assert!(failure.unwrap().contains("space"));
        desk.take(Piece::More { id: ID, lost: 0, samples: vec![1; 8_000] });
        desk.take(Piece::Ended { id: ID, lost: 0 });
        assert!(told.try_recv().is_err(), "it is told once");
        assert_eq!(data_size(&directory.join("x.wav")), (16_000, 16_000));
    }

    #[test]
    fn a_recording_that_can_not_begin_is_told_too() {
        let (tell, told) = told();
        let mut desk = Desk { directory: "/dev/null/x".into(), tell, files: BTreeMap::new() };
        desk.take(Piece::Started { id: ID, form: form("x", 1) });
        let Event::RecordingEnded { file, ms: 0, failure: Some(_), .. } = told.recv().unwrap() else {
            panic!()
        };
        assert_eq!(file, "");
    }

    #[test]
    fn a_recording_is_a_whole_file_at_its_end() {
        let directory = directory("whole");
        let recorder = Recorder::start(directory.clone(), Box::new(|_| ())).unwrap();
        let mut tape = recorder.tape();
        tape.started(ID, form("2026/call-7", 2));
        tape.more(ID, vec![1, 2, 3, 4]);
        tape.more(ID, vec![5, 6]);
        tape.ended(ID);
        tape.more(ID, vec![7; 100]);
        drop(tape);
        recorder.stop();
        let bytes = fs::read(directory.join("2026/call-7.wav")).unwrap();
        assert_eq!(bytes.len(), 44 + 12);
        assert_eq!(bytes[44..], [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]);
        assert_eq!(data_size(&directory.join("2026/call-7.wav")), (12, 12));
    }

    #[test]
    fn a_file_that_is_never_finished_can_be_played_up_to_the_last_repair() {
        let directory = directory("crash");
        let mut file = WavFile::create(&directory, "x", 16_000, 1).unwrap();
        for _ in 0..110 {
            file.append(&[9; 320]).unwrap();
        }
        std::mem::forget(file);
        let (said, there) = data_size(&directory.join("x.wav"));
        assert_eq!((said, there), (64_000, 70_400));
    }

    #[test]
    fn an_overflow_becomes_silence_of_the_same_length() {
        let directory = directory("overflow");
        let (queue, pieces) = mpsc::sync_channel(2);
        let mut tape = Tape { queue, late: VecDeque::new(), lost: BTreeMap::new(), lost_ever: 0 };
        tape.started(ID, form("x", 1));
        tape.more(ID, vec![1; 3]);
        tape.more(ID, vec![2; 3]);
        tape.more(ID, vec![2; 4]);
        assert_eq!(tape.lost_ever, 7);
        tape.ended(ID);
        let thread = std::thread::spawn({
            let directory = directory.clone();
            move || Desk { directory, tell: Box::new(|_| ()), files: BTreeMap::new() }.serve(&pieces)
        });
        while !tape.late.is_empty() {
            tape.retry();
            std::thread::yield_now();
        }
        drop(tape);
        thread.join().unwrap();
        let bytes = fs::read(directory.join("x.wav")).unwrap();
        assert_eq!(bytes.len(), 44 + 20);
        assert_eq!(bytes[44..50], [1, 0, 1, 0, 1, 0]);
        assert!(bytes[50..].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number_and_a_bad_one_is_refused() {
        let directory = directory("names");
        for _ in 0..SAME_NAME_MAX {
            WavFile::create(&directory, "x", 8_000, 1).unwrap();
        }
        assert!(directory.join("x-100.wav").exists());
        assert!(WavFile::create(&directory, "x", 8_000, 1).is_err(), "one past the bound");
        assert!(WavFile::create(&directory, "../x", 8_000, 1).is_err());
    }
}
