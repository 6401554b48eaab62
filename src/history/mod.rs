//! Every dialplan that has been taken, a file each in the data directory: what ran when, what changed, and the way back.
//!
//! ```text
//!  start, reload ──▶ record ──▶ history/000012.json      list, read ──▶ cordboard dialplan history | diff | rollback
//! ```
//! A file is there whole or not at all, and never changed; its number is its place in the order.

mod difference;
#[cfg(test)]
mod tests;

pub use difference::Difference;

use cordboard_dialplan::Bundle;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The folder within the data directory.
const FOLDER: &str = "history";
/// Versions that are kept; the oldest goes. Of the sample office (60 KB of scripts) these are 12 MB.
const VERSIONS_MAX: usize = 200;
/// The largest file that is read again: as many scripts as a dialplan may have are far below.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// How a dialplan came to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The exchange has started with it.
    Start,
    /// It was reloaded.
    Reload,
    /// It was reloaded, and goes again unless somebody confirms it.
    Unconfirmed,
    /// Somebody has confirmed it.
    Confirmed,
    /// Nobody has confirmed the one after it.
    Reverted,
    /// An older one was put into its place; before that it was on the disk, whether it ever ran or not.
    Replaced,
    /// An older one was put back.
    Rollback {
        /// Which.
        to: u32,
    },
}

impl core::fmt::Display for Cause {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Start => write!(f, "start"),
            Self::Reload => write!(f, "reload"),
            Self::Unconfirmed => write!(f, "reload, to be confirmed"),
            Self::Confirmed => write!(f, "confirmed"),
            Self::Reverted => write!(f, "back: nobody confirmed"),
            Self::Replaced => write!(f, "files before a rollback"),
            Self::Rollback { to } => write!(f, "rollback to {to}"),
        }
    }
}

/// A dialplan as it was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// From 1.
    pub number: u32,
    /// When, in Unix seconds.
    pub at_unix_s: u64,
    /// How.
    pub cause: Cause,
    /// SHA-256 over it, in hex.
    pub hash: String,
    /// The scripts.
    pub bundle: Bundle,
}

/// The versions of one office.
#[derive(Clone, Debug)]
pub struct History {
    folder: PathBuf,
}

impl History {
    /// Of the office with this data directory. Nothing is made before the first version is recorded.
    pub fn of(data: &Path) -> Self {
        Self { folder: data.join(FOLDER) }
    }

    /// The numbers of all versions, the oldest first.
    pub fn numbers(&self) -> io::Result<Vec<u32>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry?.file_name();
            let number: Option<u32> = name.to_str().and_then(|name| name.strip_suffix(".json")?.parse().ok());
            numbers.extend(number);
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// A version, whole.
    pub fn read(&self, number: u32) -> io::Result<Version> {
        let path = self.path(number);
        let about = |error: &dyn core::fmt::Display| format!("{}: {error}", path.display());
        let file = File::open(&path).map_err(|error| io::Error::new(error.kind(), about(&error)))?;
        if file.metadata()?.len() > FILE_BYTES_MAX {
            return Err(io::Error::new(ErrorKind::InvalidData, about(&"far too large")));
        }
        serde_json::from_reader(io::BufReader::new(file))
            .map_err(|error| io::Error::new(ErrorKind::InvalidData, about(&error)))
    }

    /// Keeps what was taken just now, and says its number and its hash. What a start or a reload finds unchanged is no version of its own. It is
    /// on the disk when this returns.
    pub fn record(&self, bundle: &Bundle, cause: Cause) -> io::Result<(u32, String)> {
        let hash = bundle.version();
        let mut number = self.numbers()?.last().copied().unwrap_or(0);
        // One that can't be read any more is another one.
        let is_known = self.read(number).is_ok_and(|newest| newest.hash == hash);
        if is_known && matches!(cause, Cause::Start | Cause::Reload | Cause::Replaced) {
            return Ok((number, hash));
        }
        fs::create_dir_all(&self.folder)?;
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        loop {
            number += 1;
            let version = Version {
                number,
                at_unix_s: since_epoch.as_secs(),
                cause,
                hash: hash.clone(),
                bundle: bundle.clone(),
            };
            match self.write(&version) {
                // The command line and the exchange may do so at the same time.
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                written => {
                    written?;
                    self.forget_old();
                    return Ok((number, hash));
                }
            }
        }
    }

    /// Whole or not at all, and never over another one.
    fn write(&self, version: &Version) -> io::Result<()> {
        // Nobody else's: neither another process's nor another thread's.
        let (process, thread) = (std::process::id(), std::thread::current().id());
        let new = self.folder.join(format!(".{:06}.{process}.{thread:?}", version.number));
        let written = (|| {
            let mut file = File::create(&new)?;
            serde_json::to_writer(io::BufWriter::new(&file), version)?;
            file.flush()?;
            file.sync_all()?;
            fs::hard_link(&new, self.path(version.number))?;
            File::open(&self.folder)?.sync_all()
        })();
        let removed = fs::remove_file(&new);
        written.and(removed)
    }

    /// What can't be deleted now is when the next version comes.
    fn forget_old(&self) {
        let numbers = self.numbers().unwrap_or_default();
        for number in numbers.iter().rev().skip(VERSIONS_MAX) {
            if let Err(error) = fs::remove_file(self.path(*number)) {
                tracing::warn!(%error, number, "an old dialplan could not be deleted");
            }
        }
    }

    fn path(&self, number: u32) -> PathBuf {
        self.folder.join(format!("{number:06}.json"))
    }
}
