//! One file or byte stream, decoded piece by piece to one channel at its own rate.
//!
//! WAV (linear, float, A-law, µ-law, ADPCM), FLAC, MP3 and Ogg with Vorbis are read by symphonia; Ogg with Opus by symphonia's
//! container and our codec; WAV with GSM (format tag 0x31) by [`wav_gsm`]; of MP3 files symphonia decodes the frames that [`mp3`] finds,
//! so that going to a place in hours of it costs as little as in seconds. A file is whoever's: what is wrong with it is an
//! error, never a panic, and no more of it is held than one packet.

mod coded;
mod mp3;
mod wav_gsm;

use coded::Coded;
pub use mp3::Index;
use mp3::Mp3;
use std::panic::{AssertUnwindSafe, catch_unwind};
use symphonia::core::errors::Error;
use symphonia::core::io::MediaSource;
use wav_gsm::WavGsm;

/// Extensions of the files that are read, in the order in which prompts are looked for.
pub const EXTENSIONS: [&str; 6] = ["flac", "wav", "ogg", "oga", "opus", "mp3"];
/// Rates that are played: below is no speech, above no file of an office's.
const RATES_HZ: core::ops::RangeInclusive<u32> = 4_000..=96_000;
/// Decoders with memory are run up from so much before a place that is sought, in ms: Opus wants 80 (RFC 7845 §4.6).
const RUN_UP_MS: u64 = 100;
/// Packets in a row that may be damaged.
const BAD_MAX: u32 = 100;

/// Why a file is no sound.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It could not be read.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// It is no sound file, or a damaged one.
    #[error("{0}")]
    Format(String),
    /// It is a sound file of another kind than those that are read.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// There is no audio track in it.
    #[error("no audio in it")]
    NoAudio,
    /// Its rate, in Hz, is none that is played.
    #[error("its rate of {0} Hz is not 4000 to 96000")]
    Rate(u32),
    /// Its rate changes in the middle.
    #[error("its rate changes in the middle")]
    RateChanges,
    /// Too many packets in a row could not be decoded.
    #[error("too much of it is damaged")]
    Damaged,
    /// The decoder failed in a way that it must not.
    #[error("its decoder gave up")]
    Decoder,
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        if let Error::IoError(error) = error {
            Self::Io(error)
        } else if let Error::Unsupported(what) = error {
            Self::Unsupported(what)
        } else {
            Self::Format(error.to_string())
        }
    }
}

/// See the module's documentation.
pub struct Reader {
    inner: Inner,
    rate_hz: u32,
    /// Samples still to be dropped: the decoder's run-up before a place that was sought.
    dropping: u64,
    /// After a panic of a decoder nothing more is asked of it.
    is_broken: bool,
}

enum Inner {
    Coded(Box<Coded>),
    Mp3(Box<Mp3>),
    WavGsm(Box<WavGsm>),
}

impl core::fmt::Debug for Reader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reader").field("rate_hz", &self.rate_hz).finish_non_exhaustive()
    }
}

impl Reader {
    /// Looks at the beginning of a source. The extension is a hint, and may be empty.
    pub fn open(source: Box<dyn MediaSource>, extension: &str) -> Result<Self, ReadError> {
        let inner = guarded(|| {
            let mut source = source;
            if let Some(found) = wav_gsm::find(&mut *source)? {
                return Ok(Inner::WavGsm(Box::new(WavGsm::new(source, found)?)));
            }
            if source.is_seekable() {
                source = match Mp3::open(source, extension == "mp3")? {
                    Ok(mp3) => return Ok(Inner::Mp3(Box::new(mp3))),
                    Err(source) => source,
                };
            }
            Ok(Inner::Coded(Box::new(Coded::open(source, extension)?)))
        })?;
        let rate_hz = match &inner {
            Inner::Coded(coded) => coded.rate_hz(),
            Inner::Mp3(mp3) => mp3.rate_hz(),
            Inner::WavGsm(gsm) => gsm.rate_hz(),
        };
        if !RATES_HZ.contains(&rate_hz) {
            return Err(ReadError::Rate(rate_hz));
        }
        Ok(Self { inner, rate_hz, dropping: 0, is_broken: false })
    }

    /// Samples per second.
    pub fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    /// How many samples there are, where the file says so. It may be wrong.
    pub fn length(&self) -> Option<u64> {
        match &self.inner {
            Inner::Coded(coded) => coded.length(),
            Inner::Mp3(mp3) => mp3.length(),
            Inner::WavGsm(gsm) => gsm.length(),
        }
    }

    /// What was learnt of where things are in the file, where that is not written in it.
    pub fn index(&self) -> Option<Index> {
        if let Inner::Mp3(mp3) = &self.inner { Some(mp3.index()) } else { None }
    }

    /// Takes what another reader of the same file has learnt.
    pub fn learn(&mut self, index: Index) {
        if let Inner::Mp3(mp3) = &mut self.inner {
            mp3.learn(index);
        }
    }

    /// Appends the samples of the next packet, all channels averaged into one; false at the end.
    pub fn read(&mut self, samples: &mut Vec<i16>) -> Result<bool, ReadError> {
        if self.is_broken {
            return Err(ReadError::Decoder);
        }
        let before = samples.len();
        let inner = &mut self.inner;
        let more = guarded(|| match inner {
            Inner::Coded(coded) => coded.read(samples),
            Inner::Mp3(mp3) => mp3.read(samples),
            Inner::WavGsm(gsm) => gsm.read(samples),
        });
        self.is_broken = matches!(more, Err(ReadError::Decoder));
        let made = samples.len().saturating_sub(before);
        let dropped = usize::try_from(self.dropping).unwrap_or(usize::MAX).min(made);
        if dropped > 0 {
            samples.drain(before..before + dropped);
            self.dropping -= dropped as u64;
        }
        more
    }

    /// Goes to a sample: the next one that is read. Past the end nothing more is read.
    pub fn seek(&mut self, sample: u64) -> Result<(), ReadError> {
        let run_up = u64::from(self.rate_hz) * RUN_UP_MS / 1_000;
        let inner = &mut self.inner;
        let wanted = sample.saturating_sub(run_up);
        let reached = guarded(|| match inner {
            Inner::Coded(coded) => coded.seek(wanted),
            Inner::Mp3(mp3) => mp3.seek(wanted),
            Inner::WavGsm(gsm) => gsm.seek(wanted),
        })?;
        self.dropping = sample.saturating_sub(reached);
        Ok(())
    }
}

/// Foreign decoders are not all free of arithmetic that a hostile file can overflow: what panics there is a bad file, no more.
fn guarded<T>(work: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(ReadError::Decoder))
}

/// The mean of a sample's channels.
fn mean(channels: &[i16]) -> i16 {
    let sum: i64 = channels.iter().map(|sample| i64::from(*sample)).sum();
    let count = i64::try_from(channels.len()).unwrap_or(1).max(1);
    i16::try_from(sum / count).unwrap_or(0)
}

#[cfg(test)]
mod tests;
