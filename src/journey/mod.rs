//! The journeys of calls on the disk: a database file and a thread of their own, so that neither their size nor their loss touches
//! anything else.
//!
//! ```text
//!  shard ──Seen (some at once)──▶ thread: Collector ──Entry──▶ journey.sqlite ◀── cordboard show, ladder, explain, trace
//! ```
//! The shard never waits: what finds the queue full is left out, counted, and said in the timeline.

mod file;
mod follow;
mod read;
#[cfg(test)]
mod tests;
mod tracer;

pub use file::Bounds;
pub use read::{Journey, ReadError, Reader, Row};
pub use tracer::Tracer;

use crate::admin::Response;

use cordboard_base::{CallId, Time};
use cordboard_exchange::Setup;
use cordboard_journey::{Collector, Entry, Event, Keeps, Origin, Secrets, Seen, What};
use file::File;
use follow::Followers;
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

/// Rows of the past by which it is known which calls that go on are a number's.
const PAST_ROWS: u32 = 2_000;
/// While somebody follows, the thread looks so often whether that one is still there.
const FOLLOWED_EVERY: Duration = Duration::from_secs(5);

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// How much.
    pub bounds: Bounds,
    /// Of the answers that scripts get.
    pub answers: Keeps,
    /// And what not, wherever it stands.
    pub secrets: Secrets,
}

/// What is done when everything before it is in the file.
type Written = Box<dyn FnOnce() + Send>;

enum Told {
    Seen(Vec<Seen>),
    Configure(Box<(Origin, Keeping)>),
    Write(Written),
    Follow { to: mpsc::SyncSender<Response>, number: Option<String> },
}

/// The shard's end.
#[derive(Debug)]
pub struct Journeys {
    to_thread: mpsc::SyncSender<Told>,
    batch: Vec<Seen>,
    due: Option<Time>,
    /// What the thread has still to be told.
    news: Option<Box<(Origin, Keeping)>>,
    /// Left out since the last batch that was taken.
    missing: u64,
    lost: u64,
    thread: JoinHandle<()>,
}

impl Journeys {
    /// Starts the thread. A file that can't be opened is told in the log, and journeys are not kept: calls go on.
    pub fn start(path: PathBuf, origin: Origin, keeping: Keeping, now_unix_us: i64) -> std::io::Result<Self> {
        let (to_thread, told) = mpsc::sync_channel(BATCHES_MAX);
        let thread = std::thread::Builder::new().name("journey".to_owned()).spawn(move || {
            let file = match File::open(&path, keeping.bounds, now_unix_us) {
                Ok(file) => Some(file),
                Err(error) => {
                    tracing::error!(path = %path.display(), %error, "journeys are not kept");
                    None
                }
            };
            let mut collector = Collector::new(origin);
            collector.set_secrets(keeping.secrets, keeping.answers);
            serve(file, collector, &told);
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

    /// Somebody follows what comes, of all calls or those of a number. `Err`: too much waits for the disk; the sender back.
    pub fn follow(
        &mut self,
        to: mpsc::SyncSender<Response>,
        number: Option<String>,
    ) -> Result<(), mpsc::SyncSender<Response>> {
        // What is past is in the file.
        self.hand_over();
        match self.to_thread.try_send(Told::Follow { to, number }) {
            Err(mpsc::TrySendError::Full(Told::Follow { to, .. })) => Err(to),
            Ok(()) | Err(mpsc::TrySendError::Full(_) | mpsc::TrySendError::Disconnected(_)) => Ok(()),
        }
    }

    /// What was left out since the start; for a metric.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Other addresses, bounds and secrets from now on.
    pub fn configure(&mut self, origin: Origin, keeping: Keeping) {
        self.hand_over();
        self.news = Some(Box::new((origin, keeping)));
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
            Self::Follow { number, .. } => f.debug_tuple("Follow").field(number).finish(),
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
    let (mut entries, mut asked, mut followers) = (Vec::new(), Vec::new(), Followers::default());
    while let Some(first) = next(told, &mut followers) {
        for one in std::iter::once(first).chain(told.try_iter()).take(TOGETHER_MAX) {
            match one {
                Told::Write(written) => asked.push(written),
                Told::Seen(batch) => batch.into_iter().for_each(|seen| collector.handle(seen)),
                Told::Follow { to, number } => {
                    let rows = number.as_ref().zip(file.as_ref()).map(|(_, file)| file.newest(PAST_ROWS));
                    let unwritten = entries.chunk_by(|a: &Entry, b| a.call == b.call).map(<[Entry]>::to_vec);
                    followers.add(to, number, rows.unwrap_or_default().into_iter().chain(unwritten));
                }
                Told::Configure(both) => {
                    let (origin, Keeping { bounds, answers, secrets }) = *both;
                    collector.set_origin(origin);
                    collector.set_secrets(secrets, answers);
                    if let Some(file) = &mut file {
                        file.set_bounds(bounds);
                    }
                }
            }
            let from = entries.len();
            entries.extend(std::iter::from_fn(|| collector.poll()));
            followers.tell(entries.get(from..).unwrap_or_default());
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

/// The next that is told; `None`: the shard is gone.
fn next(told: &mpsc::Receiver<Told>, followers: &mut Followers) -> Option<Told> {
    while !followers.is_empty() {
        match told.recv_timeout(FOLLOWED_EVERY) {
            Ok(one) => return Some(one),
            Err(mpsc::RecvTimeoutError::Timeout) => followers.look(),
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
        }
    }
    told.recv().ok()
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
