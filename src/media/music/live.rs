//! Music that comes when it comes: a thread that fetches it as long as somebody listens, and again when it breaks off.
//!
//! ```text
//!  connecting ──▶ coming ──breaks off, or can't be read──▶ waiting 1, 2, 4 … 60 s ──▶ connecting      dropped: over at once
//! ```

use super::class::LiveSource;
use super::{http, program};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Pieces of 100 ms that wait to be played: what comes faster is left in the pipe or the socket.
const CHUNKS_MAX: usize = 40;
/// Samples of such a piece.
pub(super) const CHUNK: usize = cordboard_sounds::RATE_HZ as usize / 10;
const AGAIN_FIRST: Duration = Duration::from_secs(1);
const AGAIN_MOST: Duration = Duration::from_secs(60);

/// Why a source gives nothing more.
#[derive(Debug, thiserror::Error)]
pub(super) enum LiveError {
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0}")]
    Read(#[from] cordboard_sounds::ReadError),
    #[error("{0}")]
    Http(String),
    #[error("{0}")]
    Tls(#[from] rustls::Error),
    #[error("it ended")]
    Ended,
    /// Nobody wants it any more.
    #[error("stopped")]
    Stopped,
}

/// What ends a source that is waiting for its next byte.
pub(super) trait Kill: Send + core::fmt::Debug {
    fn kill(&mut self);
}

/// Where a source's samples go, and where it says how it can be ended.
#[derive(Clone, Debug)]
pub(super) struct Sink {
    chunks: SyncSender<Vec<i16>>,
    /// A lock, since whoever drops the source is another thread than the one that waits for its bytes.
    kill: Arc<Mutex<Killing>>,
}

#[derive(Debug, Default)]
struct Killing {
    is_over: bool,
    running: Option<Box<dyn Kill>>,
}

impl Sink {
    /// How what is now begun is ended. An error if it is to end already.
    pub(super) fn killed_by(&self, mut kill: Box<dyn Kill>) -> Result<(), LiveError> {
        let mut killing = self.kill.lock().unwrap_or_else(PoisonError::into_inner);
        if killing.is_over {
            kill.kill();
            return Err(LiveError::Stopped);
        }
        killing.running = Some(kill);
        Ok(())
    }

    /// Hands on samples at 16 kHz; waits while there are many.
    pub(super) fn put(&self, samples: Vec<i16>) -> Result<(), LiveError> {
        self.chunks.send(samples).map_err(|_| LiveError::Stopped)
    }

    fn end_running(&self, is_over: bool) {
        let mut killing = self.kill.lock().unwrap_or_else(PoisonError::into_inner);
        killing.is_over |= is_over;
        if let Some(mut running) = killing.running.take() {
            running.kill();
        }
    }
}

/// A source that is being fetched.
#[derive(Debug)]
pub(super) struct Live {
    chunks: Option<Receiver<Vec<i16>>>,
    sink: Sink,
    stop: SyncSender<()>,
    thread: Option<JoinHandle<()>>,
}

impl Live {
    pub(super) fn start(class: &str, source: &LiveSource) -> std::io::Result<Self> {
        let (to_class, chunks) = sync_channel(CHUNKS_MAX);
        let (stop, stopped) = sync_channel(1);
        let sink = Sink { chunks: to_class, kill: Arc::default() };
        let (name, source, own) = (class.to_owned(), source.clone(), sink.clone());
        let thread = std::thread::Builder::new()
            .name(format!("live-{class}"))
            .spawn(move || fetch(&name, &source, &own, &stopped))?;
        Ok(Self { chunks: Some(chunks), sink, stop, thread: Some(thread) })
    }

    /// The next samples, if there are any.
    pub(super) fn take(&self) -> Option<Vec<i16>> {
        self.chunks.as_ref()?.try_recv().ok()
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        // Whatever the thread waits for ends: its next try, its bytes, room for its samples.
        if let Err(TrySendError::Disconnected(())) = self.stop.try_send(()) {
            tracing::debug!("a source had ended already");
        }
        self.sink.end_running(true);
        self.chunks = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread of a music source panicked");
        }
    }
}

fn fetch(class: &str, source: &LiveSource, sink: &Sink, stopped: &Receiver<()>) {
    let mut again = AGAIN_FIRST;
    loop {
        let begun = Instant::now();
        let outcome = match source {
            LiveSource::Http(url) => http::play(url, None, sink),
            LiveSource::Https { url, roots } => http::play(url, Some(roots), sink),
            LiveSource::Program { command, rate_hz } => program::play(class, command, *rate_hz, sink),
        };
        sink.end_running(false);
        let Err(error) = outcome else { return };
        if matches!(error, LiveError::Stopped) {
            return;
        }
        if begun.elapsed() >= AGAIN_MOST {
            again = AGAIN_FIRST;
        }
        let shown = match source {
            LiveSource::Http(url) | LiveSource::Https { url, .. } => url.as_str(),
            LiveSource::Program { command, .. } => command.first().map_or("", String::as_str),
        };
        tracing::warn!(class, source = shown, %error, again_s = again.as_secs(), "a music source gives nothing");
        match stopped.recv_timeout(again) {
            Err(RecvTimeoutError::Timeout) => again = (again * 2).min(AGAIN_MOST),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}
