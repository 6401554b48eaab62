//! A message's audio as it is attached: a file for each of its parts.

use super::{Attach, MailConfig};
use cordboard_app::VoicemailMail;
use cordboard_sounds::{OpusWriter, Reader};
use std::path::{Component, Path};

/// Parts of a message: a comment before each of a chain of forwards.
const PARTS_MAX: usize = 16;
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
    if config.audio == Attach::Opus
        && is_wav
        && let Some(bytes) = opus(&bytes)
    {
        return Some(Attached { name: format!("{name}.ogg"), kind: "audio/ogg", bytes });
    }
    let (extension, kind) = if is_wav { ("wav", "audio/wav") } else { ("ogg", "audio/ogg") };
    Some(Attached { name: format!("{name}.{extension}"), kind, bytes })
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
