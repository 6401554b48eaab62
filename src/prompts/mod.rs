//! The prompts that Cordboard comes with, as they were when this program was built: names, lengths and words. An office may be
//! checked and rehearsed before any sound is on the machine.

pub mod flac;

/// The manifests of all languages: each prompt's name and words.
pub const MANIFESTS: [&str; 2] =
    [include_str!("../../sounds/manifest.toml"), include_str!("../../sounds/manifest.de.toml")];

/// Language, name and length in ms; in order.
const ALL: &[(&str, &str, u32)] = include!(concat!(env!("OUT_DIR"), "/prompts.rs"));

/// The length of a prompt in ms; `None`: Cordboard comes with none of that name in that language.
pub fn length_ms(lang: &str, name: &str) -> Option<u32> {
    let found = ALL.binary_search_by_key(&(lang, name), |(lang, name, _)| (lang, name)).ok()?;
    ALL.get(found).map(|(_, _, ms)| *ms)
}

/// The names of all prompts, of all languages.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(_, name, _)| *name)
}

/// The languages of all of them, each once.
pub fn languages() -> impl Iterator<Item = &'static str> {
    let mut before = "";
    ALL.iter().map(|(lang, ..)| *lang).filter(move |lang| std::mem::replace(&mut before, lang) != *lang)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_is_known_with_the_length_of_its_file() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds");
        assert!(ALL.len() > 700, "{}", ALL.len());
        assert!(ALL.is_sorted());
        assert_eq!(languages().collect::<Vec<_>>(), ["de", "en"]);
        for (lang, name, ms) in ALL {
            let path = root.join(lang).join(format!("{name}.flac"));
            assert_eq!(flac::length_ms(&path), Some(*ms), "{lang}/{name}");
        }
        assert!((300..3_000).contains(&length_ms("en", "vm-goodbye").unwrap()));
        assert_eq!(length_ms("en", "no-such-prompt"), None);
    }

    #[test]
    fn the_manifests_name_what_is_there() {
        let english = MANIFESTS[0].matches("{ id = \"").count();
        let known = ALL.iter().filter(|(lang, ..)| *lang == "en").count();
        assert_eq!(english, known);
    }
}
