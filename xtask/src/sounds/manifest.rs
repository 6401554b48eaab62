//! The manifests: what is said in each language, and by which voice.

use anyhow::{Context, Result};
use serde::Deserialize;
use std::path::Path;

/// Every manifest, from the workspace's folder. The first language has all prompts, the others what they have.
pub(super) const MANIFESTS: [&str; 2] = ["sounds/manifest.toml", "sounds/manifest.de.toml"];

/// What one language says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) voice: Voice,
    #[serde(rename = "group")]
    groups: Vec<Group>,
}

/// Who says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Voice {
    /// Also the folder under `sounds/`.
    pub(super) lang: String,
    pub(super) program: Program,
    /// As the program calls it.
    pub(super) voice: String,
    /// What to install.
    pub(super) package: String,
    /// Under which the voice, and what it says, may be given on.
    pub(super) licence: String,
    pub(super) rate_hz: u32,
    /// How fast and how high it speaks, 1 being as it does by itself; for `nanotts`.
    #[serde(default = "one")]
    pub(super) speed: f64,
    #[serde(default = "one")]
    pub(super) pitch: f64,
    /// Bits of a sample that carry something; the rest of the 16 are 0, which FLAC does not store.
    pub(super) bits: u32,
}

fn one() -> f64 {
    1.0
}

/// A program that speaks.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Program {
    Festival,
    /// SVOX Pico behind the Python module `py_nanotts`.
    Nanotts,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    #[serde(rename = "for")]
    user: String,
    prompts: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    text: Option<String>,
    tones: Option<Vec<(f64, u32)>>,
}

/// One prompt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prompt<'a> {
    /// Its name below the language's folder, without extension.
    pub(super) id: &'a str,
    /// What uses it: the `for` of its group.
    pub(super) user: &'a str,
    pub(super) content: Content<'a>,
}

/// What is heard.
#[derive(Clone, Copy, Debug)]
pub(super) enum Content<'a> {
    Words(&'a str),
    /// Hz (0 is silence) and milliseconds, one after the other.
    Tones(&'a [(f64, u32)]),
}

impl Manifest {
    /// Reads the one at `name`, relative to the workspace's folder.
    pub(super) fn read(root: &Path, name: &str) -> Result<Self> {
        let text = std::fs::read_to_string(root.join(name)).with_context(|| name.to_owned())?;
        Self::parse(&text).with_context(|| name.to_owned())
    }

    pub(super) fn parse(text: &str) -> Result<Self> {
        let manifest: Self = toml::from_str(text)?;
        for entry in manifest.groups.iter().flat_map(|group| &group.prompts) {
            anyhow::ensure!(
                entry.text.is_some() != entry.tones.is_some(),
                "{} has to have a text or tones, and not both",
                entry.id
            );
        }
        Ok(manifest)
    }

    /// All prompts, in the order in which they stand.
    pub(super) fn prompts(&self) -> impl Iterator<Item = Prompt<'_>> {
        self.groups.iter().flat_map(|group| {
            group.prompts.iter().map(|entry| Prompt {
                id: &entry.id,
                user: &group.user,
                content: match (&entry.text, &entry.tones) {
                    (Some(text), _) => Content::Words(text),
                    (None, tones) => Content::Tones(tones.as_deref().unwrap_or_default()),
                },
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "[voice]\nlang = 'en'\nprogram = 'festival'\nvoice = 'v'\npackage = 'p'\nlicence = 'l'\nrate_hz = 16000\nbits = 12\n";

    #[test]
    fn a_prompt_is_words_or_tones() {
        let text = format!(
            "{HEAD}[[group]]\nfor = 'say'\nprompts = [{{ id = 'a', text = 'A.' }}, {{ id = 'b', tones = [[440, 100]] }}]"
        );
        let manifest = Manifest::parse(&text).unwrap();
        let prompts: Vec<_> = manifest.prompts().collect();
        assert!(matches!(prompts[0].content, Content::Words("A.")) && prompts[0].user == "say");
        assert!(matches!(prompts[1].content, Content::Tones([(_, 100)])));
        let neither = format!("{HEAD}[[group]]\nfor = 'say'\nprompts = [{{ id = 'a' }}]");
        assert!(Manifest::parse(&neither).is_err());
    }
}
