//! Languages of the configuration that there are no prompts of.

use super::of;
use cordboard_dialplan::codes::NO_PROMPTS;
use cordboard_dialplan::{Finding, nearest};
use cordboard_exchange::Setup;
use std::collections::BTreeSet;

/// Those of the office and of users. `known`: what there are prompts of; empty: that is not known.
pub fn languages(setup: &Setup, known: &BTreeSet<String>) -> Vec<Finding> {
    let office = (&setup.office.lang, "cordboard.toml", "[office]".to_owned(), "the office".to_owned());
    let users = setup
        .users
        .iter()
        .map(|(name, user)| (&user.lang, "users.toml", format!("[user.{name}]"), format!("user {name}")));
    let missing = core::iter::once(office)
        .chain(users)
        .filter(|(lang, ..)| !known.is_empty() && !lang.is_empty() && !known.contains(*lang));
    let finding = |(lang, file, section, whose): (&String, &str, String, String)| {
        let text = format!("{whose}: there are no prompts of the language `{lang}`");
        let mut finding = of(NO_PROMPTS, file, format!("{section}\nlang"), text);
        let near = nearest(lang, known.iter().map(String::as_str));
        let all: Vec<&str> = known.iter().map(String::as_str).collect();
        finding.hint = Some(match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the folder of sounds has {}", all.join(", ")),
        });
        finding
    };
    missing.map(finding).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agree::tests::{setup, texts};

    #[test]
    fn a_language_without_prompts_is_told_of_the_office_and_of_users() {
        let mut setup = setup("languages", "");
        let known = BTreeSet::from(["de", "en"].map(str::to_owned));
        assert_eq!(languages(&setup, &known), []);
        setup.users.get_mut("102").unwrap().lang = "fr".to_owned();
        setup.users.get_mut("103").unwrap().lang = "de".to_owned();
        setup.office.lang = "it".to_owned();
        let findings = languages(&setup, &known);
        assert_eq!(
            texts(&findings),
            [
                "W0514 cordboard.toml [office]\nlang the office: there are no prompts of the language `it`",
                "W0514 users.toml [user.102]\nlang user 102: there are no prompts of the language `fr`"
            ]
        );
        assert!(findings[1].hint.is_some());
        assert_eq!(languages(&setup, &BTreeSet::new()), [], "nobody knows what there is");
    }
}
