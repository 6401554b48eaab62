//! `cargo xtask sounds`: makes the prompts and the music again from their manifests, and checks every file.

mod manifest;
mod report;
mod speech;
mod usage;
mod voice;
mod words;

use anyhow::{Result, ensure};
use manifest::{Content, MANIFESTS, Manifest, Prompt};
pub(crate) use speech::RATE_HZ;
use std::path::{Path, PathBuf};
pub(crate) use usage::check as usage;

/// What all sounds together may take, in bytes: they come with every clone.
const SIZE_MAX: u64 = 25_000_000;
/// And the music alone.
const MUSIC_SIZE_MAX: u64 = 6_500_000;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Make {
    Missing,
    All,
    /// Nothing is made; what is there is checked.
    Nothing,
    /// As `Nothing`, and a recogniser listens.
    Report,
}

/// Makes what is asked for, then checks all.
pub(crate) fn run(root: &Path, make: Make) -> Result<bool> {
    if matches!(make, Make::Missing | Make::All) {
        for name in MANIFESTS {
            speak(root, &Manifest::read(root, name)?, make)?;
        }
        music(root, make)?;
    }
    let mut wrong = usage(root)?;
    wrong.errors.append(&mut wrong.warnings);
    for name in MANIFESTS {
        let manifest = Manifest::read(root, name)?;
        let manifest::Voice { lang, voice, licence, .. } = &manifest.voice;
        println!("{lang}: {} prompts by {voice}, {licence}", manifest.prompts().count());
        for prompt in manifest.prompts() {
            let file = file_of(root, &manifest.voice.lang, prompt.id);
            if let Err(error) = measure(&file, &prompt, &manifest) {
                wrong
                    .errors
                    .push(format!("{}: {error:#}", file.strip_prefix(root).unwrap_or(&file).display()));
            }
        }
    }
    for piece in crate::music::PIECES {
        if let Err(error) = crate::music::check(&voice::read(&music_file(root, piece.name))?) {
            wrong.errors.push(format!("{}: {error:#}", piece.name));
        }
    }
    let (all, music) = (size(&root.join("sounds"))?, size(&root.join("sounds/music"))?);
    if all > SIZE_MAX || music > MUSIC_SIZE_MAX {
        wrong.errors.push(format!("sounds: {all} bytes, {music} of them music, are too many"));
    }
    if make == Make::Report {
        report::write(root)?;
    }
    wrong.errors.iter().for_each(|error| println!("error: {error}"));
    println!("sounds: {all} bytes, {} errors", wrong.errors.len());
    Ok(wrong.errors.is_empty())
}

fn file_of(root: &Path, lang: &str, id: &str) -> PathBuf {
    root.join(format!("sounds/{lang}/{id}.flac"))
}

fn music_file(root: &Path, piece: &str) -> PathBuf {
    root.join(format!("sounds/music/default/{piece}.flac"))
}

fn speak(root: &Path, manifest: &Manifest, make: Make) -> Result<()> {
    let wanted: Vec<(PathBuf, Content<'_>)> = manifest
        .prompts()
        .map(|prompt| (file_of(root, &manifest.voice.lang, prompt.id), prompt.content))
        .filter(|(file, _)| make == Make::All || !file.exists())
        .collect();
    let folder = root.join("target/sounds");
    std::fs::create_dir_all(&folder)?;
    let mut words = Vec::new();
    for (file, content) in wanted {
        match content {
            Content::Words(text) => words.push((file, text)),
            Content::Tones(list) => {
                voice::write(&file, &speech::finished(&speech::tones(list), manifest.voice.bits))?
            }
        }
    }
    // In parts, so that what is made stays made when a later part fails.
    for part in words.chunks(50) {
        let texts: Vec<&str> = part.iter().map(|(_, text)| *text).collect();
        for ((file, text), samples) in part.iter().zip(voice::speak(&manifest.voice, &texts, &folder)?) {
            let samples = speech::finished(&samples, manifest.voice.bits);
            ensure!(!samples.is_empty(), "nothing is heard of \"{text}\"");
            voice::write(file, &samples)?;
            println!("{}", file.strip_prefix(root).unwrap_or(file).display());
        }
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn music(root: &Path, make: Make) -> Result<()> {
    for piece in crate::music::PIECES {
        let file = music_file(root, piece.name);
        if make == Make::All || !file.exists() {
            voice::write(&file, &piece.played())?;
            println!("{}", file.strip_prefix(root).unwrap_or(&file).display());
        }
    }
    Ok(())
}

/// Format, level, peak and silence of one prompt's file.
fn measure(file: &Path, prompt: &Prompt<'_>, manifest: &Manifest) -> Result<()> {
    let header = std::fs::read(file)?;
    // RFC 9639 §8.2: behind "fLaC" and a block header of 4 bytes, 20 bits of rate, 3 of channels − 1, 5 of bits − 1.
    let format = header.get(18..22).unwrap_or_default();
    let [a, b, c, d] = *format else { anyhow::bail!("is no FLAC file") };
    let (rate, channels) = (u32::from_be_bytes([0, a, b, c]) >> 4, (c >> 1 & 7) + 1);
    let bits = ((c & 1) << 4 | d >> 4) + 1;
    ensure!(header.starts_with(b"fLaC"), "is no FLAC file");
    ensure!(
        (rate, channels, bits) == (manifest.voice.rate_hz, 1, 16),
        "has {rate} Hz, {channels} channels, {bits} bits"
    );
    let samples = voice::read(file)?;
    let step = f64::from(1u32 << (speech::BITS - manifest.voice.bits.clamp(1, speech::BITS))) / 32_768.0;
    ensure!(
        samples.iter().all(|sample| sample % step == 0.0),
        "has more than {} bits in use",
        manifest.voice.bits
    );
    let Some((lead, tail)) = speech::silence(&samples) else { anyhow::bail!("is silent") };
    ensure!(speech::peak(&samples) <= speech::PEAK_MAX + 0.001, "is too near to clipping");
    ensure!(lead <= speech::LEAD_MAX, "begins with {lead} samples of silence");
    ensure!((speech::TAIL_MIN..=speech::TAIL_MAX).contains(&tail), "ends with {tail} samples of silence");
    let level = speech::active_level_dbov(&samples);
    ensure!(
        (level - speech::LEVEL_DBOV).abs() <= speech::LEVEL_TOLERANCE_DB,
        "stands at {level:.1} dBov ({})",
        prompt.id
    );
    Ok(())
}

fn size(path: &Path) -> Result<u64> {
    let mut sum = 0;
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        sum += if entry.file_type()?.is_dir() { size(&entry.path())? } else { entry.metadata()?.len() };
    }
    Ok(sum)
}
