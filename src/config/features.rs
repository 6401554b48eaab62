//! `[features]` of `etc/cordboard.toml`: what those who talk may type, by a profile that is that of the dialplan's feature codes, and
//! key by key where the office wants something else.

use super::ConfigError;
use super::value::{Keys, Within};
use cordboard_call::OfficeFeatures;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use toml::Spanned;

/// What those who talk may type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct FeaturesSection {
    pub profile: Profile,
    pub blind: Option<Spanned<Keys>>,
    pub attended: Option<Spanned<Keys>>,
    pub disconnect: Option<Spanned<Keys>>,
    pub hold: Option<Spanned<Keys>>,
    pub park: Option<Spanned<Keys>>,
    pub park_to: Option<Keys>,
    pub gap_ms: Within<100, 10_000>,
    pub abort: Option<Spanned<Keys>>,
    pub complete: Option<Spanned<Keys>>,
    pub three_way: Option<Spanned<Keys>>,
    pub swap: Option<Spanned<Keys>>,
    pub digit_s: Within<1, 60>,
    pub attempts: Within<1, 10>,
    pub answer_s: Within<5, 180>,
    pub get_through: Vec<String>,
    pub codes: BTreeMap<String, Keys>,
}

impl Default for FeaturesSection {
    fn default() -> Self {
        Self {
            profile: Profile::Freepbx,
            blind: None,
            attended: None,
            disconnect: None,
            hold: None,
            park: None,
            park_to: None,
            gap_ms: Within::new(1_000),
            abort: None,
            complete: None,
            three_way: None,
            swap: None,
            digit_s: Within::new(3),
            attempts: Within::new(3),
            answer_s: Within::new(15),
            get_through: Vec::new(),
            codes: BTreeMap::new(),
        }
    }
}

/// Whose codes an office is used to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// FreePBX's.
    #[default]
    Freepbx,
    /// Asterisk's sample `features.conf`.
    Asterisk,
    /// Yeastar's.
    Yeastar,
    /// None but those that the section names.
    Custom,
}

impl Profile {
    /// Its word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Freepbx => "freepbx",
            Self::Asterisk => "asterisk",
            Self::Yeastar => "yeastar",
            Self::Custom => "custom",
        }
    }

    /// Blind transfer, attended transfer, disconnect, park, hold, for which none of them has a code of its own; and while somebody is
    /// consulted: abort, complete, three-way, swap.
    fn keys(self) -> [&'static str; 9] {
        match self {
            Self::Freepbx => ["##", "*2", "**", "#72", "*9", "*3", "*4", "*5", "*6"],
            Self::Asterisk => ["#1", "*2", "*0", "#72", "*9", "*1", "*2", "*3", "*4"],
            Self::Yeastar => ["*03", "*3", "", "*5", "*9", "*3", "*4", "*5", "*6"],
            Self::Custom => [""; 9],
        }
    }

    /// What is dialled to park.
    fn park_to(self) -> &'static str {
        match self {
            Self::Freepbx | Self::Asterisk | Self::Custom => "700",
            Self::Yeastar => "*5",
        }
    }
}

/// A code as a message names it, and where it stands if the file says it itself.
type Code<'a> = (&'a str, String, Option<&'a Spanned<Keys>>);

impl FeaturesSection {
    /// As the call core is told.
    pub(super) fn setup(&self) -> OfficeFeatures {
        let [blind, attended, disconnect, park, hold, abort, complete, three_way, swap] =
            self.codes().map(|(_, keys, _)| keys);
        OfficeFeatures {
            blind,
            attended,
            disconnect,
            hold,
            park,
            park_to: self.park_to.as_ref().map_or(self.profile.park_to(), |keys| &keys.0).to_owned(),
            gap_ms: self.gap_ms.get(),
            abort,
            complete,
            three_way,
            swap,
            digit_timeout_ms: self.digit_s.get::<u32>() * 1_000,
            attempts: self.attempts.get(),
            answer_timeout_ms: self.answer_s.get::<u32>() * 1_000,
        }
    }

    fn codes(&self) -> [Code<'_>; 9] {
        let [blind, attended, disconnect, park, hold, abort, complete, three_way, swap] = self.profile.keys();
        [
            of("blind", &self.blind, blind),
            of("attended", &self.attended, attended),
            of("disconnect", &self.disconnect, disconnect),
            of("park", &self.park, park),
            of("hold", &self.hold, hold),
            of("abort", &self.abort, abort),
            of("complete", &self.complete, complete),
            of("three_way", &self.three_way, three_way),
            of("swap", &self.swap, swap),
        ]
    }

    /// Codes that could never be typed, because another one is complete before them. `record` is the code of recording.
    pub(super) fn check(&self, (file, text): (&Path, &str), record: &str) -> Vec<ConfigError> {
        let [blind, attended, disconnect, park, hold, abort, complete, three_way, swap] = self.codes();
        let talking = [blind, attended, disconnect, park, hold, ("recording.code", record.to_owned(), None)];
        let consulting = [abort, complete, three_way, swap];
        let clashes = clashes(&talking).into_iter().chain(clashes(&consulting));
        clashes.map(|(span, message)| ConfigError::at(file, text, span, &message)).collect()
    }
}

fn of<'a>(name: &'a str, own: &'a Option<Spanned<Keys>>, of_profile: &str) -> Code<'a> {
    let keys = own.as_ref().map_or_else(|| of_profile.to_owned(), |keys| keys.get_ref().0.clone());
    (name, keys, own.as_ref())
}

fn clashes(codes: &[Code<'_>]) -> Vec<(Option<core::ops::Range<usize>>, String)> {
    let mut found = Vec::new();
    for (at, (name, keys, place)) in codes.iter().enumerate() {
        for (other, others, its_place) in codes.iter().skip(at + 1) {
            let short = if keys.len() <= others.len() { keys } else { others };
            if short.is_empty() || !(keys.starts_with(short.as_str()) && others.starts_with(short.as_str())) {
                continue;
            }
            let message = if keys == others {
                format!("`{name}` and `{other}` are both \"{keys}\"")
            } else {
                let (first, late) = if short == keys { (name, other) } else { (other, name) };
                format!("`{late}` can never be typed: `{first}` is complete with \"{short}\"")
            };
            found.push((its_place.or(*place).map(Spanned::span), message));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<String> {
        let section: FeaturesSection = toml::from_str(text).unwrap();
        section.check((Path::new("cordboard.toml"), text), "*1").iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_profile_has_its_codes_and_none_of_them_clash() {
        let codes = |text: &str| toml::from_str::<FeaturesSection>(text).unwrap().setup();
        assert_eq!(codes(""), OfficeFeatures::default());
        let asterisk = codes("profile = \"asterisk\"");
        assert_eq!((&*asterisk.blind, &*asterisk.disconnect, &*asterisk.abort), ("#1", "*0", "*1"));
        let yeastar = codes("profile = \"yeastar\"\nswap = \"*9\"");
        assert_eq!((&*yeastar.blind, &*yeastar.attended, &*yeastar.disconnect), ("*03", "*3", ""));
        assert_eq!((&*yeastar.swap, &*yeastar.complete), ("*9", "*4"));
        assert_eq!((&*yeastar.park, &*yeastar.park_to, &*asterisk.park_to), ("*5", "*5", "700"));
        let custom = codes("profile = \"custom\"\nblind = \"#\"");
        assert_eq!((&*custom.blind, &*custom.attended, &*custom.abort), ("#", "", ""));
        for profile in ["freepbx", "asterisk", "yeastar", "custom"] {
            assert_eq!(findings(&format!("profile = \"{profile}\"")), [""; 0], "{profile}");
        }
    }

    #[test]
    fn a_code_that_another_one_hides_is_shown_where_it_stands() {
        let found = findings("gap_ms = 1000\nblind = \"*\"");
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(
            found[0].starts_with(
                "cordboard.toml:2:9: `attended` can never be typed: `blind` is complete with \"*\""
            ),
            "{found:?}"
        );
        assert!(found[2].contains("`hold`") && found[3].contains("`recording.code`"), "{found:?}");
        let found = findings("abort = \"*4\"");
        assert!(
            found[0].starts_with("cordboard.toml:1:9: `abort` and `complete` are both \"*4\""),
            "{found:?}"
        );
        // While talking and while consulting are two times.
        assert_eq!(findings("abort = \"*2\""), [""; 0]);
        assert_eq!(findings("blind = \"\"\nattended = \"\""), [""; 0], "none is none");
    }
}
