//! The log: to the terminal, and to a file in the data directory that `cordboard log` reads.

use anyhow::{Context, Result};
use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

/// A file of more bytes is put aside as `.1`, in place of the one before.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Where the log is, in a data directory.
pub fn path(data: &Path) -> PathBuf {
    data.join("cordboard.log")
}

/// How the log is written.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// From which level on.
    pub level: LevelFilter,
    /// JSON lines to the terminal too; the file always has them.
    pub json: bool,
}

/// Whether lines are written without numbers and addresses: the log's own state, as every thread writes to it.
static REDACTS: AtomicBool = AtomicBool::new(false);

/// Leaves numbers and addresses out from now on, or not.
pub fn redact(on: bool) {
    REDACTS.store(on, Ordering::Relaxed);
}

/// Whether numbers and addresses are left out.
pub fn redacts() -> bool {
    REDACTS.load(Ordering::Relaxed)
}

/// Something with an address or a number of a peer in it, as the log may show it.
pub fn peer(shown: impl Display) -> impl Display {
    let text = shown.to_string();
    if redacts() { cordboard_exchange::redacted(&text) } else { text }
}

/// Starts the log of this process.
pub fn start(data: &Path, style: Style) -> Result<()> {
    let file = Rotating::open(path(data)).context("opening the log")?;
    let to_file = fmt::layer().json().flatten_event(true).with_writer(Mutex::new(file)).boxed();
    let to_terminal = if style.json {
        fmt::layer().json().flatten_event(true).with_writer(io::stderr).boxed()
    } else {
        let ansi = io::stderr().is_terminal();
        fmt::layer().with_target(false).with_ansi(ansi).with_writer(io::stderr).boxed()
    };
    tracing_subscriber::registry().with(style.level).with(to_file).with(to_terminal).try_init()?;
    Ok(())
}

/// A file that is put aside when it is full. The lock around it is the log's own: lines of several threads must not mix.
struct Rotating {
    path: PathBuf,
    file: File,
    written: u64,
}

impl Rotating {
    fn open(path: PathBuf) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        let written = file.metadata()?.len();
        Ok(Self { path, file, written })
    }
}

impl Write for Rotating {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.written > FILE_BYTES_MAX {
            fs::rename(&self.path, self.path.with_extension("log.1"))?;
            *self = Self::open(self.path.clone())?;
        }
        let written = self.file.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
