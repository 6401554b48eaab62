//! Programs that speak, and the files that hold what they said.

use super::manifest::{Program, Voice};
use super::speech::RATE_HZ;
use anyhow::{Context, Result, ensure};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Silence between two sentences of one prompt.
const PAUSE: usize = RATE_HZ * 28 / 100;

/// The prompts' sentences, each spoken by itself: a program's melody falls at the end of each.
pub(super) fn sentences(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    for word in text.split_whitespace() {
        if let Some(sentence) = all.last_mut() {
            if !sentence.is_empty() {
                sentence.push(' ');
            }
            sentence.push_str(word);
        }
        if word.len() > 2 && word.ends_with(['.', '?', '!']) {
            all.push(String::new());
        }
    }
    all.retain(|sentence| !sentence.is_empty());
    all
}

/// Speaks all texts, in one run of the program; yields samples at 16 kHz, one list for each text.
pub(super) fn speak(voice: &Voice, texts: &[&str], folder: &Path) -> Result<Vec<Vec<f64>>> {
    let mut jobs: Vec<(PathBuf, String)> = Vec::new();
    let mut parts = Vec::new();
    for text in texts {
        let first = jobs.len();
        for sentence in sentences(text) {
            jobs.push((folder.join(format!("{}.wav", jobs.len())), sentence));
        }
        parts.push(first..jobs.len());
    }
    match voice.program {
        Program::Festival => festival(voice, &jobs, folder),
        Program::Nanotts => nanotts(voice, &jobs),
    }
    .with_context(|| format!("speaking needs {}", voice.package))?;
    let mut spoken = Vec::new();
    for part in parts {
        let mut samples: Vec<f64> = Vec::new();
        for (file, _) in jobs.get(part).unwrap_or_default() {
            let sentence = read(file)?;
            let (lead, tail) = super::speech::silence(&sentence).unwrap_or((0, 0));
            if !samples.is_empty() {
                samples.resize(samples.len() + PAUSE, 0.0);
            }
            samples.extend_from_slice(sentence.get(lead..sentence.len() - tail).unwrap_or_default());
        }
        spoken.push(samples);
    }
    Ok(spoken)
}

fn festival(voice: &Voice, jobs: &[(PathBuf, String)], folder: &Path) -> Result<()> {
    let mut script = format!("(voice_{})\n", voice.voice);
    for (file, sentence) in jobs {
        let text = sentence.replace(['"', '\\'], "");
        writeln!(
            script,
            "(utt.save.wave (utt.synth (Utterance Text \"{text}\")) \"{}\" 'riff)",
            file.display()
        )?;
    }
    let path = folder.join("speak.scm");
    std::fs::write(&path, script)?;
    run(Command::new("festival").arg("-b").arg(&path))
}

fn nanotts(voice: &Voice, jobs: &[(PathBuf, String)]) -> Result<()> {
    let lines: String =
        jobs.iter().map(|(file, sentence)| format!("{}\t{sentence}\n", file.display())).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("voices/nanotts.py");
    let (speed, pitch) = (voice.speed.to_string(), voice.pitch.to_string());
    python(&script, &[&voice.voice, &speed, &pitch], &lines).map(drop)
}

/// Runs a script by the interpreter in `CORDBOARD_PYTHON` (else `python3`), with `input` on its standard input.
pub(super) fn python(script: &Path, arguments: &[&str], input: &str) -> Result<String> {
    let python = std::env::var("CORDBOARD_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(python);
    command.arg(script).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("{command:?}"))?;
    let mut stdin = child.stdin.take().context("no pipe")?;
    let text = input.to_owned();
    // Written beside the reading, so that neither pipe fills while the other waits.
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output()?;
    writer.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    ensure!(output.status.success(), "{command:?} failed");
    Ok(String::from_utf8(output.stdout)?)
}

/// A file's samples, from −1 to 1, as one channel at 16 kHz.
pub(super) fn read(path: &Path) -> Result<Vec<f64>> {
    let mut command = Command::new("sox");
    command
        .arg("-D")
        .arg(path)
        .args(["-t", "raw", "-e", "signed", "-b", "16", "-c", "1", "-r", "16000", "-"]);
    let output = command.output().context("sox is needed")?;
    ensure!(output.status.success(), "{command:?} failed");
    let pairs = output.stdout.chunks_exact(2);
    Ok(pairs.map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect())
}

/// Writes a FLAC file, 16 bit, one channel, 16 kHz.
#[allow(clippy::cast_possible_truncation, reason = "clamped to the range")]
pub(super) fn write(path: &Path, samples: &[f64]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let to_bytes = |s: &f64| ((s * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).to_le_bytes();
    let raw: Vec<u8> = samples.iter().flat_map(to_bytes).collect();
    let mut command = Command::new("sox");
    command
        .args(["-D", "-t", "raw", "-e", "signed", "-b", "16", "-c", "1", "-r", "16000", "-"])
        .args(["--comment", "", "-C", "8"])
        .arg(path)
        .stdin(Stdio::piped());
    let mut child = command.spawn().context("sox is needed")?;
    child.stdin.take().context("no pipe")?.write_all(&raw)?;
    ensure!(child.wait()?.success(), "{command:?} failed");
    Ok(())
}

fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("{command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_spoken_one_by_one_and_letters_stay_whole() {
        assert_eq!(sentences("Press one. Press A."), ["Press one.", "Press A."]);
        assert_eq!(sentences("A."), ["A."]);
        assert_eq!(sentences("A. M. and on"), ["A. M. and on"]);
        assert!(sentences(" ").is_empty());
    }
}
