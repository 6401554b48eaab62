//! Numbers as a provider wants them, and back.

use serde::{Deserialize, Serialize};

/// Longest number that is taken, in characters; further ones are left out. E.164 has 15 digits; access codes come on top.
pub const NUMBER_MAX: usize = 40;

/// A number that begins with `strip` has that taken off and `add` put in front. An empty `strip` fits every number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The prefix that goes.
    pub strip: String,
    /// The prefix that comes.
    pub add: String,
}

impl Rule {
    /// `strip` → `add`.
    pub fn new(strip: &str, add: &str) -> Self {
        Self { strip: strip.to_owned(), add: add.to_owned() }
    }
}

/// How a country dials; the rules of the usual formats follow from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The country code, without `+`: `44`.
    pub country: String,
    /// What stands before a country code: `00`, `011`.
    pub international: String,
    /// What stands before an area code: `0`, `1`; empty where nothing does.
    pub national: String,
}

/// A way of writing numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberFormat {
    /// As dialled.
    #[default]
    AsDialled,
    /// `+442079460000`
    E164,
    /// `442079460000`
    Digits,
    /// `00442079460000`
    International,
    /// `02079460000` within the country, `0049…` beyond.
    National,
}

impl Plan {
    /// The rules that make E.164 with `+` of what people dial.
    pub fn to_e164(&self) -> Vec<Rule> {
        let mut rules = vec![Rule::new("+", "+"), Rule::new(&self.international, "+")];
        rules.push(Rule::new(&self.national, &format!("+{}", self.country)));
        rules
    }

    /// The rules that make a format of E.164 with `+`.
    pub fn from_e164(&self, format: NumberFormat) -> Vec<Rule> {
        match format {
            NumberFormat::AsDialled | NumberFormat::E164 => Vec::new(),
            NumberFormat::Digits => vec![Rule::new("+", "")],
            NumberFormat::International => vec![Rule::new("+", &self.international)],
            NumberFormat::National => vec![
                Rule::new(&format!("+{}", self.country), &self.national),
                Rule::new("+", &self.international),
            ],
        }
    }
}

/// A number with its visual separators gone (RFC 3966 §5.1.1): digits, `+` in front, `*`, `#`, and letters stay.
pub fn plain(number: &str) -> String {
    number.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/')).take(NUMBER_MAX).collect()
}

/// The first rule that fits is used; none: the number stays.
pub fn apply(rules: &[Rule], number: &str) -> String {
    let number = plain(number);
    for rule in rules {
        if let Some(rest) = number.strip_prefix(rule.strip.as_str()) {
            return plain(&format!("{}{rest}", rule.add));
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn britain() -> Plan {
        Plan { country: "44".into(), international: "00".into(), national: "0".into() }
    }

    #[test]
    fn what_people_dial_becomes_e164() {
        for (dialled, number) in [
            ("020 7946-0000", "+442079460000"),
            ("0049 (30) 1234", "+49301234"),
            ("+1 555.0100", "+15550100"),
            ("999", "999"),
            ("*97", "*97"),
        ] {
            assert_eq!(apply(&britain().to_e164(), dialled), number);
        }
    }

    #[test]
    fn e164_becomes_what_a_provider_wants() {
        for (format, home, abroad) in [
            (NumberFormat::E164, "+442079460000", "+49301234"),
            (NumberFormat::AsDialled, "+442079460000", "+49301234"),
            (NumberFormat::Digits, "442079460000", "49301234"),
            (NumberFormat::International, "00442079460000", "0049301234"),
            (NumberFormat::National, "02079460000", "0049301234"),
        ] {
            let rules = britain().from_e164(format);
            assert_eq!(
                (apply(&rules, "+442079460000").as_str(), apply(&rules, "+49301234").as_str()),
                (home, abroad)
            );
        }
    }

    #[test]
    fn the_first_rule_that_fits_is_used() {
        let rules = [Rule::new("9", ""), Rule::new("", "0")];
        assert_eq!((apply(&rules, "9123"), apply(&rules, "123")), ("123".into(), "0123".into()));
    }

    #[test]
    fn a_number_ends_at_its_limit() {
        assert_eq!(plain(&"1".repeat(NUMBER_MAX)).len(), NUMBER_MAX);
        assert_eq!(apply(&[Rule::new("", "0")], &"1".repeat(NUMBER_MAX + 1)).len(), NUMBER_MAX);
    }
}
