//! How well the prompts can be understood: a speech recogniser listens to them over a telephone line.

use super::manifest::{Content, MANIFESTS, Manifest};
use super::{file_of, speech, voice};
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::path::Path;

/// Listens to every English prompt of two words or more, and writes `sounds/report.md`.
pub(super) fn write(root: &Path) -> Result<()> {
    let manifest = Manifest::read(root, MANIFESTS[0])?;
    let spoken: Vec<(&str, &str)> = manifest
        .prompts()
        .filter_map(|prompt| match prompt.content {
            Content::Words(text) => Some((prompt.id, text)),
            Content::Tones(_) => None,
        })
        .collect();
    let paths: Vec<String> =
        spoken.iter().map(|(id, _)| file_of(root, &manifest.voice.lang, id).display().to_string()).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("voices/hear.py");
    let heard = voice::python(&script, &[], &(paths.join("\n") + "\n"))
        .context("listening needs the PyPI package moonshine-voice 0.0.55")?;
    let mut rows = Vec::new();
    let (mut sentences, mut words) = (Score::default(), Score::default());
    for ((id, text), line) in spoken.iter().zip(heard.lines()) {
        let heard = line.split('\t').nth(1).unwrap_or_default().trim();
        let score = Score::of(text, heard);
        if score.words > 2 { &mut sentences } else { &mut words }.add(score);
        if score.wrong > 0 {
            rows.push(format!("| {id} | {}/{} | {text} | {heard} |", score.wrong, score.words));
        }
    }
    let mut report = format!(
        "# What a recogniser hears\n\nWritten by `cargo xtask sounds --hear`. Each English prompt goes through 8 kHz A-law to \
         Moonshine tiny-en (27 M parameters, MIT; PyPI moonshine-voice 0.0.55), which knows nothing of what to expect. Its own errors \
         count as the voice's: single words out of any context are hard for it (\"oh\", \"h.\"), so they are counted apart. No recogniser \
         for German could be installed.\n\n\
         Active speech level {:.0} ± {:.0} dBov (ITU-T P.56).\n\n| | prompts | words | wrong | word error rate |\n|---|---|---|---|---|\n",
        speech::LEVEL_DBOV,
        speech::LEVEL_TOLERANCE_DB
    );
    for (name, score) in [("three words and more", sentences), ("one or two words", words)] {
        let rate = 100 * score.wrong / score.words.max(1);
        writeln!(report, "| {name} | {} | {} | {} | {rate} % |", score.prompts, score.words, score.wrong)?;
    }
    report.push_str("\n| prompt | wrong | said | heard |\n|---|---|---|---|\n");
    rows.iter().try_for_each(|row| writeln!(report, "{row}"))?;
    std::fs::write(root.join("sounds/report.md"), report).context("sounds/report.md")
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Score {
    prompts: usize,
    words: usize,
    wrong: usize,
}

impl Score {
    fn add(&mut self, other: Self) {
        self.prompts += other.prompts;
        self.words += other.words;
        self.wrong += other.wrong;
    }

    /// Words inserted, lost or changed (Levenshtein), at most as many as were said.
    fn of(said: &str, heard: &str) -> Self {
        let (said, heard) = (words(said), words(heard));
        let mut row: Vec<usize> = (0..=heard.len()).collect();
        for (i, word) in said.iter().enumerate() {
            let mut diagonal = std::mem::replace(&mut row[0], i + 1);
            for (j, other) in heard.iter().enumerate() {
                let changed = diagonal + usize::from(word != other);
                diagonal = row[j + 1];
                row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
            }
        }
        let wrong = row.last().copied().unwrap_or(0).min(said.len());
        Self { prompts: 1, words: said.len(), wrong }
    }
}

/// Lower case without punctuation; numbers as words, since a recogniser may write either; spellings that sound alike are one.
fn words(text: &str) -> Vec<String> {
    const NUMBERS: [&str; 13] = [
        "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
        "twelve",
    ];
    const ALIKE: [(&str, &str); 12] = [
        ("to", "two"),
        ("too", "two"),
        ("for", "four"),
        ("dialled", "dialed"),
        ("ok", "okay"),
        ("de", "d"),
        ("caught", "court"),
        ("their", "there"),
        ("won", "one"),
        ("know", "no"),
        ("new", "knew"),
        ("i'm", "im"),
    ];
    let plain = text
        .to_lowercase()
        .replace(['-', '/'], " ")
        .replace("o'clock", "oclock")
        .replace("voicemail", "voice mail");
    plain
        .split_whitespace()
        .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let number = word.parse::<usize>().ok().and_then(|n| NUMBERS.get(n)).copied();
            let word = number.map_or(word, str::to_owned);
            ALIKE.iter().find(|(from, _)| *from == word).map_or(word, |(_, to)| (*to).to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_not_how_they_are_written() {
        assert_eq!(
            Score::of("Press one, then pound.", "press 1 then pound"),
            Score { prompts: 1, words: 4, wrong: 0 }
        );
        assert_eq!(Score::of("Press one to listen.", "Press one two listen now").wrong, 1);
        assert_eq!(Score::of("Goodbye.", "good bye and more").wrong, 1);
        assert_eq!(Score::of("You have", "").wrong, 2);
    }
}
