//! `cargo xtask sounds`: makes the prompts and the music again from their manifest, or checks that none is missing.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

#[derive(Deserialize)]
struct Manifest {
    voice: BTreeMap<String, Voice>,
    prompt: Vec<Prompt>,
}

#[derive(Deserialize)]
struct Voice {
    voice: String,
    package: String,
    rate_hz: u32,
}

#[derive(Deserialize)]
struct Prompt {
    id: String,
    text: String,
}

const LANG: &str = "en";

/// Silence is cut at both ends below this level; the words then stand at a level that telephones like.
const TRIM: &[&str] = &["silence", "1", "0.01", "0.5%", "reverse", "silence", "1", "0.01", "0.5%", "reverse"];
const LEVEL: &[&str] = &["gain", "-n", "-6", "pad", "0.02", "0.06"];

/// Makes what is missing (everything with `all`).
pub(crate) fn make(root: &Path, all: bool) -> Result<()> {
    let manifest = read(root)?;
    let voice = manifest.voice.get(LANG).context("the manifest has no [voice.en]")?;
    let made = tempdir(root)?;
    for prompt in &manifest.prompt {
        let target = root.join(format!("sounds/{LANG}/{}.flac", prompt.id));
        if target.exists() && !all {
            continue;
        }
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let (text, speech) = (made.join("prompt.txt"), made.join("prompt.wav"));
        std::fs::write(&text, &prompt.text)?;
        run(Command::new("text2wave")
            .arg("-eval")
            .arg(format!("(voice_{})", voice.voice))
            .arg(&text)
            .arg("-o")
            .arg(&speech))
        .with_context(|| format!("synthesis needs festival and {}", voice.package))?;
        let rate = voice.rate_hz.to_string();
        run(Command::new("sox")
            .arg(&speech)
            .args(["-c", "1", "-b", "16", "-r", &rate])
            .arg(&target)
            .args(TRIM)
            .args(LEVEL))?;
        println!("{}", target.strip_prefix(root).unwrap_or(&target).display());
    }
    let music = root.join("sounds/music/default/morning.flac");
    if all || !music.exists() {
        let raw = made.join("music.raw");
        std::fs::write(&raw, crate::music::morning())?;
        std::fs::create_dir_all(music.parent().context("sounds/music")?)?;
        run(Command::new("sox")
            .args(["-t", "raw", "-e", "signed", "-b", "16", "-c", "1", "-r", "16000"])
            .arg(&raw)
            .arg(&music))?;
    }
    std::fs::remove_dir_all(&made)?;
    verify(root)
}

/// Every prompt of the manifest has its file, and every file stands in the manifest.
pub(crate) fn verify(root: &Path) -> Result<()> {
    let manifest = read(root)?;
    let mut files = Vec::new();
    list(&root.join("sounds").join(LANG), "", &mut files)?;
    for prompt in &manifest.prompt {
        ensure!(
            files.contains(&prompt.id),
            "sounds/{LANG}/{}.flac is missing: `cargo xtask sounds` makes it",
            prompt.id
        );
    }
    for file in &files {
        ensure!(
            manifest.prompt.iter().any(|p| p.id == *file),
            "sounds/{LANG}/{file}.flac is not in sounds/manifest.toml"
        );
    }
    Ok(())
}

fn read(root: &Path) -> Result<Manifest> {
    let text = std::fs::read_to_string(root.join("sounds/manifest.toml")).context("sounds/manifest.toml")?;
    toml::from_str(&text).context("sounds/manifest.toml")
}

fn list(folder: &Path, prefix: &str, files: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{prefix}{name}/"), files)?;
        } else if let Some(stem) = name.strip_suffix(".flac") {
            files.push(format!("{prefix}{stem}"));
        }
    }
    Ok(())
}

fn tempdir(root: &Path) -> Result<std::path::PathBuf> {
    let folder = root.join("target/sounds");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
