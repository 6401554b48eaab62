//! The office's files, and the thread that reads them again and keeps what was taken: a slow disk must not delay calls.
//!
//! ```text
//!  shard ──Read──▶ thread ──Control::Swap(snapshot)──▶ shard ──taken──▶ Record ──▶ thread ──▶ history
//! ```

use crate::config::{Config, Facts};
use crate::history::{Cause, History};
use crate::http::HttpConfig;
use crate::journey::Keeping;
use crate::mail::MailConfig;
use crate::media::{KeepRecordings, MusicClass};
use crate::net;
use crate::scripts;
use crate::shard::{Control, Swap};
use crate::wake::Sender;
use anyhow::Result;
use cordboard_dialplan::{Bundle, Office};
use cordboard_exchange::Setup;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

/// Wishes that wait for the disk; each reload has two.
const WISHES_MAX: usize = 64;

/// One checked state of the office: everything that a reload can change.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The configuration.
    pub setup: Setup,
    /// Its names, for the check of the scripts.
    pub names: Office,
    /// The scripts.
    pub bundle: Bundle,
    /// Where prompts are.
    pub sounds: PathBuf,
    /// Classes of music.
    pub music: BTreeMap<String, MusicClass>,
    /// How long recordings are kept.
    pub keep: KeepRecordings,
    /// How mails are made and sent.
    pub mail: MailConfig,
    /// Whom scripts may ask.
    pub http: HttpConfig,
    /// Whether the log is without numbers and addresses.
    pub redact: bool,
    /// What is kept of journeys.
    pub journey: Keeping,
}

impl Snapshot {
    /// Of a configuration that was read, with the scripts that it names. What they mean is checked when it is taken.
    pub fn of(config: &Config, facts: Facts) -> Result<Self> {
        let setup = config.setup(facts);
        Ok(Self {
            names: config.names(&setup),
            bundle: scripts::read(config)?,
            setup,
            sounds: config.sounds_path(),
            music: config.music_classes(),
            keep: config.keep_recordings(),
            mail: config.mail(),
            http: config.http(),
            redact: config.office.log.redact,
            journey: config.journey_keeping(),
        })
    }
}

/// Where an office's files are, and what of this process goes into a snapshot of them.
#[derive(Clone, Debug)]
pub struct OfficeFiles {
    /// The folder of the configuration.
    pub etc: PathBuf,
    /// The data directory.
    pub data: PathBuf,
    /// Of this start.
    pub key: cordboard_base::SourceKey,
    /// The clock's.
    pub anchor: cordboard_base::Anchor,
}

impl OfficeFiles {
    fn snapshot(&self) -> Result<Snapshot> {
        let config = Config::load(&self.etc)?;
        Snapshot::of(&config, Facts { key: self.key, anchor: self.anchor, interfaces: net::interfaces()? })
    }
}

enum Wish {
    Read { asked_by: Option<u64>, confirm: Option<Duration> },
    Record { bundle: Box<Bundle>, cause: Cause },
}

/// The shard's end of the thread. It ends when this is dropped, and what was to be recorded is.
#[derive(Debug)]
pub struct Librarian {
    wishes: mpsc::SyncSender<Wish>,
    thread: std::thread::JoinHandle<()>,
}

impl Librarian {
    /// Starts the thread; what it reads goes to `control`.
    pub fn start(files: OfficeFiles, control: Sender<Control>) -> io::Result<Self> {
        let (wishes, wished) = mpsc::sync_channel(WISHES_MAX);
        let history = History::of(&files.data);
        let thread = std::thread::Builder::new().name("files".to_owned()).spawn(move || {
            for wish in wished {
                match wish {
                    Wish::Read { asked_by, confirm } => {
                        let read = files.snapshot().map(Box::new).map_err(|error| format!("{error:#}"));
                        if control.send(Control::Swap(Swap { asked_by, confirm, read })).is_err() {
                            tracing::warn!("reload: the exchange is stopping");
                        }
                    }
                    Wish::Record { bundle, cause } => record(&history, &bundle, cause),
                }
            }
        })?;
        Ok(Self { wishes, thread })
    }

    /// Has the files read. They come as [`Control::Swap`]; `false`: too much waits already.
    #[must_use]
    pub fn read(&self, asked_by: Option<u64>, confirm: Option<Duration>) -> bool {
        self.wishes.try_send(Wish::Read { asked_by, confirm }).is_ok()
    }

    /// Has a dialplan kept that was taken.
    pub fn record(&self, bundle: &Bundle, cause: Cause) {
        if self.wishes.try_send(Wish::Record { bundle: Box::new(bundle.clone()), cause }).is_err() {
            tracing::error!("this dialplan is not kept in the history: the disk does not keep up");
        }
    }

    /// Ends the thread, when it has done what it was asked for.
    pub fn stop(self) {
        drop(self.wishes);
        if self.thread.join().is_err() {
            tracing::error!("the thread of the office's files has failed");
        }
    }
}

/// Without it the office runs all the same.
fn record(history: &History, bundle: &Bundle, cause: Cause) {
    match history.record(bundle, cause) {
        Ok((number, hash)) => tracing::info!(number, hash = %short(&hash), "dialplan: {cause}"),
        Err(error) => tracing::error!(%error, "this dialplan is not kept in the history"),
    }
}

/// As much of a hash as people compare.
pub fn short(hash: &str) -> &str {
    hash.get(..8).unwrap_or(hash)
}
