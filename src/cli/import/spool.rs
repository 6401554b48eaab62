//! Voicemail's messages and greetings: `<spool>/<context>/<box>/<folder>/msgNNNN.txt` with its audio becomes rows of the store and
//! files of the data directory. Only for an office that is not running: nobody else writes its store meanwhile.

use crate::config::random;
use crate::media::wav_file;
use crate::store;
use anyhow::{Context, Result, bail, ensure};
use cordboard_app::Identity;
use cordboard_exchange::StoreRow;
use cordboard_import::{Fate, Item, Place};
use cordboard_sounds::Reader;
use cordboard_voicemail::{BoxRow, Folder, Greeting, KIND, Message, Part, Uuid};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// Messages of one box: as many as a box can have.
const MESSAGES_MAX: usize = 10_000;
/// Samples of one message: an hour of 48 kHz.
const SAMPLES_MAX: usize = 48_000 * 3_600;
/// Asterisk's folders, and ours.
const FOLDERS: [(&str, Folder); 11] = [
    ("INBOX", Folder::New),
    ("Urgent", Folder::New),
    ("Old", Folder::Old),
    ("Work", Folder::Work),
    ("Family", Folder::Family),
    ("Friends", Folder::Friends),
    ("Cust1", Folder::Five),
    ("Cust2", Folder::Six),
    ("Cust3", Folder::Seven),
    ("Cust4", Folder::Eight),
    ("Cust5", Folder::Nine),
];
const GREETINGS: [(&str, Greeting); 4] = [
    ("unavail", Greeting::Unavailable),
    ("busy", Greeting::Busy),
    ("greet", Greeting::Name),
    ("temp", Greeting::Temporary),
];
/// Asterisk's endings of files that can be read here, the best first.
const ENDINGS: [&str; 3] = ["wav", "WAV", "gsm"];
/// Bytes and samples of a frame of GSM.
const GSM_FRAME: (usize, u32) = (33, 8_000);

/// What was taken.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) messages: usize,
    pub(super) greetings: usize,
    pub(super) lost: Vec<Item>,
}

struct Taking<'a> {
    data: &'a Path,
    rows: Vec<StoreRow>,
    taken: Taken,
}

/// Takes all messages and greetings of these boxes: Asterisk's `context/number` → the number here.
pub(super) fn take(spool: &Path, office: &Path, boxes: &BTreeMap<String, String>) -> Result<Taken> {
    ensure!(spool.is_dir(), "{} is no folder", spool.display());
    let data = office.join("var");
    if UnixStream::connect(data.join("admin.sock")).is_ok() {
        bail!("the exchange of {} is running: stop it first", office.display());
    }
    let mut taking = Taking { data: &data, rows: Vec::new(), taken: Taken::default() };
    for (theirs, number) in boxes {
        let folder = spool.join(theirs);
        if folder.is_dir() {
            taking.mailbox(&folder, number).with_context(|| format!("reading {}", folder.display()))?;
        }
    }
    let rows = core::mem::take(&mut taking.rows);
    if !rows.is_empty() {
        store::add_rows(&data.join("cordboard.sqlite"), &rows)?;
    }
    Ok(taking.taken)
}

impl Taking<'_> {
    fn lost(&mut self, path: &Path, why: &str) {
        let place = Place { file: path.display().to_string(), line: 1 };
        let source = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        self.taken.lost.push(Item { fate: Fate::Lost, place, source, why: why.to_owned() });
    }

    fn mailbox(&mut self, folder: &Path, number: &str) -> Result<()> {
        let mut row = BoxRow::default();
        let before = self.taken.greetings;
        for (name, which) in GREETINGS {
            if let Some(part) = self.audio(&folder.join(name), "greetings")? {
                *row.greeting_mut(which) = Some(part);
                self.taken.greetings += 1;
            }
        }
        if self.taken.greetings > before {
            self.keep(format!("box/{number}"), &row)?;
        }
        for (name, ours) in FOLDERS {
            let inside = folder.join(name);
            if !inside.is_dir() {
                continue;
            }
            let mut texts: Vec<PathBuf> = Vec::new();
            for entry in fs::read_dir(&inside)? {
                let path = entry?.path();
                if path.extension().is_some_and(|ending| ending == "txt") && texts.len() < MESSAGES_MAX {
                    texts.push(path);
                }
            }
            texts.sort();
            for text in texts {
                self.message(&text, number, ours, name == "Urgent")?;
            }
        }
        Ok(())
    }

    fn message(&mut self, text: &Path, mailbox: &str, folder: Folder, urgent: bool) -> Result<()> {
        let said = String::from_utf8_lossy(&fs::read(text)?).into_owned();
        let field = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_default().trim().to_owned()
        };
        let Some(part) = self.audio(&text.with_extension(""), "messages")? else {
            self.lost(text, "it has no audio that can be read: .wav, .WAV or .gsm");
            return Ok(());
        };
        let (name, number) = caller(&field("callerid"));
        let seconds: i64 = field("origtime").parse().unwrap_or(0);
        let message = Message {
            id: drawn()?,
            mailbox: mailbox.to_owned(),
            folder,
            audio: vec![part],
            caller: Identity { number, name },
            sender: None,
            received_unix_us: seconds.saturating_mul(1_000_000),
            urgent: urgent || field("flag") == "Urgent",
            heard: folder != Folder::New,
            deleted: false,
            outside: false,
            category: field("category").chars().take(64).collect(),
            original: None,
        };
        self.taken.messages += 1;
        self.keep(format!("message/{}", message.id), &message)
    }

    fn keep(&mut self, key: String, row: &impl serde::Serialize) -> Result<()> {
        let row = serde_json::to_string(row)?;
        self.rows.push(StoreRow { kind: format!("service:{KIND}"), key, row, expires_unix_s: i64::MAX });
        Ok(())
    }

    /// The audio beside a name without its ending, as a file of ours.
    fn audio(&mut self, base: &Path, folder: &str) -> Result<Option<Part>> {
        let with = |ending: &str| base.with_extension(ending);
        let found = ENDINGS.iter().map(|ending| (with(ending), *ending)).find(|(path, _)| path.is_file());
        let Some((path, ending)) = found else { return Ok(None) };
        let (samples, rate_hz) = match samples(&path, ending) {
            Ok(read) => read,
            Err(error) => {
                self.lost(&path, &format!("{error:#}"));
                return Ok(None);
            }
        };
        let file = format!("{folder}/{}.wav", drawn()?);
        let there = self.data.join(&file);
        fs::create_dir_all(self.data.join(folder))?;
        fs::write(&there, wav_file(rate_hz, &samples)).with_context(|| there.display().to_string())?;
        let ms = (samples.len() as u64).saturating_mul(1_000) / u64::from(rate_hz.max(1));
        Ok(Some(Part { file, ms }))
    }
}

fn samples(path: &Path, ending: &str) -> Result<(Vec<i16>, u32)> {
    let mut samples = Vec::new();
    if ending == "gsm" {
        let codec = cordboard_media::codec::named("GSM").context("GSM is not built in")?;
        let mut decoder = codec.decoder("", GSM_FRAME.1).context("GSM is not built in")?;
        for frame in fs::read(path)?.chunks_exact(GSM_FRAME.0) {
            ensure!(samples.len() < SAMPLES_MAX, "it is longer than an hour");
            decoder.decode(frame, &mut samples).ok().context("this is no GSM")?;
        }
        return Ok((samples, GSM_FRAME.1));
    }
    let mut reader = Reader::open(Box::new(File::open(path)?), "wav")?;
    while reader.read(&mut samples)? {
        ensure!(samples.len() < SAMPLES_MAX, "it is longer than an hour");
    }
    Ok((samples, reader.rate_hz()))
}

fn drawn() -> Result<Uuid> {
    Ok(Uuid::drawn(i64::from_be_bytes(random()?), i64::from_be_bytes(random()?)))
}

/// `"Anna" <101>` → name, number.
fn caller(text: &str) -> (String, String) {
    match text.split_once('<') {
        Some((name, number)) => {
            (name.trim().trim_matches('"').to_owned(), number.trim_end_matches('>').trim().to_owned())
        }
        None if text.chars().all(|c| c.is_ascii_digit() || c == '+') => (String::new(), text.to_owned()),
        None => (text.trim_matches('"').to_owned(), String::new()),
    }
}
