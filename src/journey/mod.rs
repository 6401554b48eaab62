//! The journeys of calls on the disk: a database file and a thread of their own, so that neither their size nor their loss touches
//! anything else.
//!
//! ```text
//!  shard ──Seen (some at once)──▶ thread: Collector ──Entry──▶ journey.sqlite ◀── cordboard show, ladder, explain, trace
//! ```
//! The shard never waits: what finds the queue full is left out, counted, and said in the timeline.

mod file;
mod read;
#[cfg(test)]
mod tests;

pub use file::Bounds;
pub use read::{Journey, ReadError, Reader, Row};

use cordboard_base::{CallId, Time};
use cordboard_exchange::Setup;
use cordboard_journey::{Collector, Entry, Event, Origin, Seen, What};
use file::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

/// So many are handed over at once: a message between threads costs as much as making ten of them.
const BATCH_MAX: usize = 128;
/// The first of them waits so long at most.
const BATCH_AGE: Duration = Duration::from_millis(300);
/// Batches that wait for the thread: some seconds of a busy office, about 10 MB. What comes then is left out.
const BATCHES_MAX: usize = 64;
/// Batches in one transaction.
const TOGETHER_MAX: usize = 32;

/// What is done when everything before it is in the file.
type Written = Box<dyn FnOnce() + Send>;

enum Told {
    Seen(Vec<Seen>),
    Configure(Box<(Origin, Bounds)>),
    Write(Written),
}

/// The shard's end.
#[derive(Debug)]
pub struct Journeys {
    to_thread: mpsc::SyncSender<Told>,
    batch: Vec<Seen>,
    due: Option<Time>,
    /// What the thread has still to be told.
    news: Option<Box<(Origin, Bounds)>>,
    /// Left out since the last batch that was taken.
    missing: u64,
    lost: u64,
    thread: JoinHandle<()>,
}

impl Journeys {
    /// Starts the thread. A file that can't be opened is told in the log, and journeys are not kept: calls go on.
    pub fn start(path: PathBuf, origin: Origin, bounds: Bounds, now_unix_us: i64) -> std::io::Result<Self> {
        let (to_thread, told) = mpsc::sync_channel(BATCHES_MAX);
        let thread = std::thread::Builder::new().name("journey".to_owned()).spawn(move || {
            let file = match File::open(&path, bounds, now_unix_us) {
                Ok(file) => Some(file),
                Err(error) => {
                    tracing::error!(path = %path.display(), %error, "journeys are not kept");
                    None
                }
            };
            serve(file, Collector::new(origin), &told);
        })?;
        Ok(Self { to_thread, batch: Vec::new(), due: None, news: None, missing: 0, lost: 0, thread })
    }

    /// Takes what the exchange has seen.
    pub fn take(&mut self, seen: Seen) {
        if self.batch.is_empty() {
            self.due = Some(seen.at + BATCH_AGE);
            self.batch.reserve_exact(BATCH_MAX);
        }
        self.batch.push(seen);
        if self.batch.len() >= BATCH_MAX {
            self.hand_over();
        }
    }

    /// When [`Journeys::hand_over_due`] is wanted.
    pub fn due(&self) -> Option<Time> {
        self.due
    }

    /// Hands over what has waited long enough.
    pub fn hand_over_due(&mut self, now: Time) {
        if self.due.is_some_and(|due| due <= now) {
            self.hand_over();
        }
    }

    fn hand_over(&mut self) {
        self.due = None;
        self.tell_news();
        let mut batch = std::mem::take(&mut self.batch);
        let Some(first) = batch.first() else { return };
        let count = batch.len() as u64;
        if self.missing > 0 {
            let lost = Seen { at: first.at, what: What::Lost(self.missing) };
            batch.insert(0, lost);
        }
        match self.to_thread.try_send(Told::Seen(batch)) {
            Ok(()) => self.missing = 0,
            Err(mpsc::TrySendError::Full(_) | mpsc::TrySendError::Disconnected(_)) => {
                if self.missing == 0 {
                    tracing::warn!("journeys have gaps: the disk does not keep up");
                }
                self.missing += count;
                self.lost += count;
            }
        }
    }

    /// Has everything until now written, and `written` done then. `false`: too much waits for the disk.
    #[must_use]
    pub fn write_now(&mut self, written: Box<dyn FnOnce() + Send>) -> bool {
        self.hand_over();
        self.to_thread.try_send(Told::Write(written)).is_ok()
    }

    /// What was left out since the start; for a metric.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Other bounds and addresses from now on.
    pub fn configure(&mut self, origin: Origin, bounds: Bounds) {
        self.hand_over();
        self.news = Some(Box::new((origin, bounds)));
        self.tell_news();
    }

    /// Where the queue is full, the next batch tries again.
    fn tell_news(&mut self) {
        let Some(news) = self.news.take() else { return };
        if let Err(mpsc::TrySendError::Full(Told::Configure(news))) =
            self.to_thread.try_send(Told::Configure(news))
        {
            self.news = Some(news);
        }
    }

    /// Writes what is left and closes the file.
    pub fn stop(mut self) {
        self.hand_over();
        let Self { to_thread, thread, .. } = self;
        drop(to_thread);
        if thread.join().is_err() {
            tracing::error!("the thread of journeys panicked");
        }
    }
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Seen(batch) => f.debug_tuple("Seen").field(&batch.len()).finish(),
            Self::Configure(_) => f.write_str("Configure"),
            Self::Write(_) => f.write_str("Write"),
        }
    }
}

/// What ties journeys to the world, of a setup.
pub fn origin(setup: &Setup) -> Origin {
    let listeners = setup.listeners;
    Origin {
        anchor: setup.anchor,
        networks: setup.networks.clone(),
        ports: [listeners.udp, listeners.tcp, listeners.tls],
    }
}

fn serve(mut file: Option<File>, mut collector: Collector, told: &mpsc::Receiver<Told>) {
    let (mut entries, mut asked) = (Vec::new(), Vec::new());
    while let Ok(first) = told.recv() {
        for one in std::iter::once(first).chain(told.try_iter()).take(TOGETHER_MAX) {
            match one {
                Told::Write(written) => asked.push(written),
                Told::Seen(batch) => batch.into_iter().for_each(|seen| collector.handle(seen)),
                Told::Configure(both) => {
                    let (origin, bounds) = *both;
                    collector.set_origin(origin);
                    if let Some(file) = &mut file {
                        file.set_bounds(bounds);
                    }
                }
            }
            entries.extend(std::iter::from_fn(|| collector.poll()));
        }
        if let Some(file) = &mut file {
            file.write(&entries);
        }
        entries.clear();
        asked.drain(..).for_each(|written: Written| written());
    }
    if let Some(file) = file {
        file.close();
    }
}

/// The database, in the data directory.
pub fn path(data: &Path) -> PathBuf {
    data.join("journey.sqlite")
}

/// Whose rows are gaps in all journeys.
const NOBODY: CallId = CallId(0);

fn is_refused(entry: &Entry) -> bool {
    matches!(entry.event, Event::Refused(_))
}
