//! A message's audio as it is attached: a file for each of its parts.

use super::{Attach, MailConfig};
use cordboard_app::VoicemailMail;
use cordboard_media::level::amplify;
use cordboard_sounds::{OpusWriter, Reader};
use std::path::{Component, Path};

/// Parts of a message: a comment before each of a chain of forwards.
const PARTS_MAX: usize = 16;
/// Parts of a dictation: as many as there may be.
const DICTATED_MAX: usize = 200;
/// Bytes of one file; what is larger no mail server takes.
const BYTES_MAX: u64 = 64 << 20;

/// A file of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Attached {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// The files of a message. One that can't be read is left out, with a line in the log: the mail goes all the same.
pub(super) fn attached(config: &MailConfig, mail: &VoicemailMail) -> Vec<Attached> {
    if config.audio == Attach::Nothing {
        return Vec::new();
    }
    let numbered = |n: usize| match mail.audio.len() {
        1 => format!("msg{:04}", mail.number.saturating_sub(1)),
        _ => format!("msg{:04}-{}", mail.number.saturating_sub(1), n + 1),
    };
    let parts = mail.audio.iter().take(PARTS_MAX).enumerate();
    parts.filter_map(|(n, file)| one(config, file, &numbered(n))).collect()
}

/// A dictation, as one file where its parts sound alike, in the office's form; who types it wants it whatever the office attaches to
/// mails of messages.
pub(super) fn dictated(config: &MailConfig, mail: &VoicemailMail) -> Vec<Attached> {
    let form = MailConfig {
        gain_db: 0,
        audio: if config.audio == Attach::Nothing { Attach::Wav } else { config.audio },
        ..config.clone()
    };
    let plain = MailConfig { audio: Attach::Wav, gain_db: 0, ..config.clone() };
    let name = format!("dictation-{}", mail.category);
    let numbered = |n: usize| format!("{name}-{}", n + 1);
    let parts = || mail.audio.iter().take(DICTATED_MAX).enumerate();
    let read = |(n, file): (usize, &String)| one(&plain, file, &numbered(n));
    let whole: Vec<Vec<u8>> = parts().filter_map(read).map(|part| part.bytes).collect();
    match joined(&whole) {
        Some(bytes) if form.audio == Attach::Opus => match opus(&bytes) {
            Some(bytes) => vec![Attached { name: format!("{name}.ogg"), kind: "audio/ogg", bytes }],
            None => vec![Attached { name: format!("{name}.wav"), kind: "audio/wav", bytes }],
        },
        Some(bytes) => vec![Attached { name: format!("{name}.wav"), kind: "audio/wav", bytes }],
        None => parts().filter_map(|(n, file)| one(&form, file, &numbered(n))).collect(),
    }
}

/// WAV files one behind the other; `None`: they are of several rates, can't be read, or are too many bytes for a mail.
fn joined(files: &[Vec<u8>]) -> Option<Vec<u8>> {
    let (mut samples, mut rate_hz) = (Vec::new(), None);
    for file in files {
        let mut reader = Reader::open(Box::new(std::io::Cursor::new(file.clone())), "wav").ok()?;
        if *rate_hz.get_or_insert(reader.rate_hz()) != reader.rate_hz() {
            return None;
        }
        while reader.read(&mut samples).ok()? {}
    }
    wav(&samples, rate_hz?)
}

/// A WAV file of 16 bits and one channel; `None`: it is too large for a mail.
fn wav(samples: &[i16], rate_hz: u32) -> Option<Vec<u8>> {
    let size = u32::try_from(samples.len() * 2).ok().filter(|size| u64::from(*size) <= BYTES_MAX)?;
    let mut wav = Vec::with_capacity(samples.len() * 2 + 44);
    wav.extend(b"RIFF");
    wav.extend((size + 36).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16u32.to_le_bytes());
    // PCM, one channel, 16 bits.
    wav.extend([1, 0, 1, 0]);
    wav.extend(rate_hz.to_le_bytes());
    wav.extend((rate_hz * 2).to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend(size.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    Some(wav)
}

fn one(config: &MailConfig, file: &str, name: &str) -> Option<Attached> {
    let path = Path::new(file);
    if !path.components().all(|component| matches!(component, Component::Normal(_))) {
        tracing::error!(file, "not a file of an application's");
        return None;
    }
    let path = config.data.join(path);
    let size = std::fs::metadata(&path).map(|meta| meta.len());
    let bytes = match size {
        Ok(size) if size > BYTES_MAX => Err(format!("{size} bytes are too many for a mail")),
        Ok(_) => std::fs::read(&path).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    let bytes = bytes.map_err(|error| tracing::error!(file, error, "not attached")).ok()?;
    let is_wav = path.extension().is_some_and(|extension| extension == "wav");
    let louder = (is_wav && config.gain_db != 0).then(|| louder(&bytes, config.gain_db)).flatten();
    let bytes = louder.unwrap_or(bytes);
    if config.audio == Attach::Opus
        && is_wav
        && let Some(bytes) = opus(&bytes)
    {
        return Some(Attached { name: format!("{name}.ogg"), kind: "audio/ogg", bytes });
    }
    let (extension, kind) = if is_wav { ("wav", "audio/wav") } else { ("ogg", "audio/ogg") };
    Some(Attached { name: format!("{name}.{extension}"), kind, bytes })
}

/// The same by so many dB louder; `None`: it can't be read.
fn louder(file: &[u8], gain_db: i8) -> Option<Vec<u8>> {
    let mut reader = Reader::open(Box::new(std::io::Cursor::new(file.to_vec())), "wav").ok()?;
    let mut samples = Vec::new();
    while reader.read(&mut samples).ok()? {}
    amplify(&mut samples, gain_db);
    wav(&samples, reader.rate_hz())
}

/// The same in Ogg-Opus; `None`: it can't be read, or Opus is not built in.
fn opus(wav: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader::open(Box::new(std::io::Cursor::new(wav.to_vec())), "wav").ok()?;
    let (mut samples, mut bytes) = (Vec::new(), Vec::new());
    let mut more = reader.read(&mut samples).ok()?;
    let mut writer = OpusWriter::new(reader.rate_hz(), 1, 1, &mut bytes)?;
    loop {
        writer.write(&samples, &mut bytes);
        samples.clear();
        if !more {
            break;
        }
        more = reader.read(&mut samples).ok()?;
    }
    writer.finish(&mut bytes);
    Some(bytes)
}
