//! The scripts of one dialplan, as text.

use crate::configured::Configured;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;

/// All scripts by file name (`office.rhai`, `shop/hours.rhai`), and which of them is the main one. The shell reads them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bundle {
    /// The file whose top level builds the routes.
    pub main: String,
    /// File name → text. Names are relative to the dialplan's directory, with `/`.
    pub files: BTreeMap<String, String>,
    /// What they are told of the configuration.
    #[serde(default)]
    pub configured: Configured,
}

impl Bundle {
    /// A bundle of a single script `main.rhai`.
    pub fn single(text: &str) -> Self {
        Self {
            main: "main.rhai".to_owned(),
            files: BTreeMap::from([("main.rhai".to_owned(), text.to_owned())]),
            configured: Configured::default(),
        }
    }

    /// With a further file.
    #[must_use]
    pub fn with(mut self, name: &str, text: &str) -> Self {
        self.files.insert(name.to_owned(), text.to_owned());
        self
    }

    /// With another configuration.
    #[must_use]
    pub fn configured(mut self, configured: Configured) -> Self {
        self.configured = configured;
        self
    }

    /// SHA-256 over names, texts and what they are told of the configuration, in hex: what tells this dialplan from any other.
    pub fn version(&self) -> String {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            // Length first, so that no two bundles run together to the same bytes.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        part(&self.main);
        part(&self.configured.text());
        for (name, text) in &self.files {
            part(name);
            part(text);
        }
        hash.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
            // Writing to a string can't fail.
            let _infallible = write!(hex, "{byte:02x}");
            hex
        })
    }

    /// The text of a line, counted from 1.
    pub(crate) fn line(&self, file: &str, line: usize) -> &str {
        let text = self.files.get(file).map_or("", String::as_str);
        line.checked_sub(1).and_then(|index| text.lines().nth(index)).unwrap_or("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_depends_on_names_texts_and_main() {
        let one = Bundle::single("a");
        assert_eq!(one.version(), Bundle::single("a").version());
        assert_eq!(one.version().len(), 64);
        assert_ne!(one.version(), Bundle::single("b").version());
        assert_ne!(one.version(), one.clone().with("x", "").version());
        let moved = Bundle { main: "x".into(), ..one.clone().with("x", "") };
        assert_ne!(moved.version(), one.clone().with("x", "").version());
        let other = Configured { profile: "yeastar".to_owned(), ..Configured::default() };
        assert_ne!(one.clone().configured(other).version(), one.version());
    }
}
