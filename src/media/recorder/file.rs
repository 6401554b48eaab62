//! One recording's file: WAV or Ogg-Opus, made under a name that nobody had, appended to, ended.
//!
//! It can be played at any moment: of WAV up to the last repair of its header, of Opus up to the last whole page, both half a
//! second at most.

use crate::media::prompts::is_safe;
use crate::media::wav;
use cordboard_media::{RecordFile, RecordFormat, Trimmer};
use cordboard_sounds::OpusWriter;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Files of one name: `x`, `x-2`, … The next is refused.
pub(super) const SAME_NAME_MAX: u32 = 100;
/// A WAV file's header is repaired so often in a second of audio.
const REPAIRS_PER_SECOND: u64 = 2;
/// Silence is written in pieces of so many samples.
const SILENCE: [i16; 4_096] = [0; 4_096];

/// What a recording's file is to be.
#[derive(Clone, Debug)]
pub(in crate::media) struct Form {
    /// Within its directory, without extension.
    pub(in crate::media) name: String,
    pub(in crate::media) format: RecordFormat,
    pub(in crate::media) file: RecordFile,
    pub(in crate::media) rate_hz: u32,
    pub(in crate::media) channels: u8,
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct SoundFile {
    /// Within its directory.
    pub(super) name: String,
    root: PathBuf,
    pub(super) file: File,
    rate_hz: u32,
    channels: u16,
    durable: bool,
    trimmer: Option<Trimmer>,
    form: Writing,
    /// Samples of all channels that were given to `form`.
    samples: u64,
    /// What the file is as long as every write succeeded.
    size: u64,
    /// What can be played if there is no more.
    ms: u64,
    bytes: Vec<u8>,
}

#[derive(Debug)]
enum Writing {
    Wav {
        /// The size of the audio that the header knows of.
        repaired_at: u64,
    },
    Opus(Box<OpusWriter>),
    /// Its end is written.
    Ended,
}

impl SoundFile {
    /// `serial` tells an Ogg stream from others.
    pub(super) fn create(root: &Path, form: &Form, serial: u32) -> io::Result<Self> {
        let mut bytes = Vec::new();
        let writing = match form.format {
            RecordFormat::Wav => {
                bytes.extend(wav::header(form.rate_hz, u16::from(form.channels), 0));
                Writing::Wav { repaired_at: 0 }
            }
            RecordFormat::Opus => {
                let writer = OpusWriter::new(form.rate_hz, form.channels, serial, &mut bytes)
                    .ok_or_else(|| io::Error::new(io::ErrorKind::Unsupported, "Opus is not built in"))?;
                Writing::Opus(Box::new(writer))
            }
        };
        let (name, file) = open(root, &form.name, form.format.extension())?;
        let mut file = Self {
            name,
            root: root.to_owned(),
            file,
            rate_hz: form.rate_hz,
            channels: u16::from(form.channels),
            durable: form.file.durable,
            trimmer: form.file.trim.then(|| Trimmer::new(form.rate_hz, form.channels)),
            form: writing,
            samples: 0,
            size: 0,
            ms: 0,
            bytes,
        };
        file.flush()?;
        Ok(file)
    }

    /// Where it is.
    pub(super) fn path(&self) -> PathBuf {
        self.root.join(&self.name)
    }

    /// How much can be played, in ms.
    pub(super) fn ms(&self) -> u64 {
        self.ms
    }

    pub(super) fn append(&mut self, samples: &[i16]) -> io::Result<()> {
        let Some(trimmer) = &mut self.trimmer else { return self.write(samples) };
        let mut released = Vec::new();
        trimmer.push(samples, &mut released);
        if released.is_empty() { Ok(()) } else { self.write(&released) }
    }

    pub(super) fn silence(&mut self, samples: u64) -> io::Result<()> {
        let mut left = samples;
        while left > 0 {
            let count = usize::try_from(left).unwrap_or(usize::MAX).min(SILENCE.len());
            self.append(SILENCE.get(..count).unwrap_or_default())?;
            left -= u64::try_from(count).unwrap_or(left);
        }
        Ok(())
    }

    /// Writes what is left and the end.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        if let Some(trimmer) = self.trimmer.take() {
            let rest = trimmer.end();
            self.write(&rest)?;
        }
        match std::mem::replace(&mut self.form, Writing::Ended) {
            Writing::Wav { .. } => self.write_header()?,
            Writing::Opus(writer) => {
                writer.finish(&mut self.bytes);
                self.flush()?;
                self.ms = self.ms_of(self.samples);
            }
            Writing::Ended => {}
        }
        if self.durable { self.sync() } else { self.file.sync_data() }
    }

    /// After a failure: makes of what is there a file that can be played.
    pub(super) fn mend(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.form, Writing::Ended) {
            Writing::Wav { .. } => self.write_header(),
            // What stands behind the last whole page is a part of one.
            Writing::Opus(_) | Writing::Ended => self.file.set_len(self.size),
        }
    }

    fn write(&mut self, samples: &[i16]) -> io::Result<()> {
        match &mut self.form {
            Writing::Wav { .. } => {
                self.bytes.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
                let data = self.size.saturating_add(count(self.bytes.len())).saturating_sub(wav::HEADER_LEN);
                if data > wav::DATA_SIZE_MAX {
                    self.bytes.clear();
                    return Err(io::Error::new(io::ErrorKind::FileTooLarge, "a WAV file ends at 4 GiB"));
                }
            }
            Writing::Opus(writer) => writer.write(samples, &mut self.bytes),
            Writing::Ended => return Ok(()),
        }
        self.flush()?;
        self.samples = self.samples.saturating_add(count(samples.len()));
        self.told()
    }

    /// What can be played now; a WAV file's header is made to say so now and then.
    fn told(&mut self) -> io::Result<()> {
        match &self.form {
            Writing::Wav { repaired_at } => {
                let every = u64::from(self.rate_hz) * 2 * u64::from(self.channels) / REPAIRS_PER_SECOND;
                let is_due = self.samples.saturating_mul(2).saturating_sub(*repaired_at) >= every;
                self.ms = self.ms_of(self.samples);
                if is_due { self.repair() } else { Ok(()) }
            }
            Writing::Opus(writer) => {
                self.ms = writer.paged_ms();
                Ok(())
            }
            Writing::Ended => Ok(()),
        }
    }

    fn repair(&mut self) -> io::Result<()> {
        self.write_header()?;
        self.form = Writing::Wav { repaired_at: self.samples.saturating_mul(2) };
        Ok(())
    }

    fn write_header(&mut self) -> io::Result<()> {
        let size = u32::try_from(self.samples.saturating_mul(2)).unwrap_or(u32::MAX);
        self.file.write_all_at(&wav::header(self.rate_hz, self.channels, size), 0)
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut bytes = std::mem::take(&mut self.bytes);
        let written = self.file.write_all(&bytes);
        if written.is_ok() {
            self.size = self.size.saturating_add(count(bytes.len()));
        }
        bytes.clear();
        self.bytes = bytes;
        written
    }

    fn ms_of(&self, samples: u64) -> u64 {
        let per_second = u64::from(self.rate_hz).saturating_mul(u64::from(self.channels)).max(1);
        samples.saturating_mul(1_000) / per_second
    }

    /// The file, then the entries that lead to it: its own, those of directories that were made for it, and the first one's.
    fn sync(&self) -> io::Result<()> {
        self.file.sync_all()?;
        let path = self.path();
        let inside = path.ancestors().skip(1).take_while(|above| above.starts_with(&self.root));
        inside
            .chain(self.root.parent())
            .filter(|above| !above.as_os_str().is_empty())
            .try_for_each(|above| File::open(above)?.sync_all())
    }
}

/// A new file, by the first name that is not taken. A link of that name is a name that is taken.
fn open(root: &Path, name: &str, extension: &str) -> io::Result<(String, File)> {
    if !is_safe(name) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{name:?} is no name for a recording"),
        ));
    }
    if let Some(parent) = root.join(name).parent() {
        fs::create_dir_all(parent)?;
    }
    let candidates = (1..=SAME_NAME_MAX).map(|n| match n {
        1 => format!("{name}.{extension}"),
        n => format!("{name}-{n}.{extension}"),
    });
    let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
    for name in candidates {
        // What people said is their owner's alone.
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(root.join(&name)) {
            Ok(file) => return Ok((name, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
