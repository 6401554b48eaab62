//! Which numbers outside a queue calls back. Whoever calls chooses the number: the caller's own can be forged as well as one that is
//! typed, and the office pays for the call. So nothing is called that the office has not allowed: [`CallbackSettings::allow`] says
//! how numbers begin that may be, `refuse` what of them may not; and numbers at a premium, which earn those who have themselves
//! called there, only if `allow` names them themselves.
//!
//! Numbers are compared as they are dialled, so that no way of writing one slips through: spaces and the like removed, a `+` as `00`.

use crate::settings::CallbackSettings;

/// Digits of a number that is called back, at least: emergency numbers, services and codes are shorter.
pub(crate) const DIGITS_MIN: usize = 6;
/// Digits of one at most: E.164 has 15, and there may be `00` and a digit for the outside line before them.
pub(crate) const DIGITS_MAX: usize = 18;
/// Callers that one queue owes a call, at most; further ones are not offered it.
pub(crate) const WISHES_MAX: usize = 100;

/// Numbers at a premium and ways around the office's own provider, as they are dialled within a country and from anywhere. No such
/// list is complete: it is the second lock, `allow` is the first.
const PREMIUM: &[&str] = &[
    // Within a country: the 900s, information, televoting, a carrier of one's own choice.
    "0900", "0901", "0906", "0930", "0931", "0939", "0190", "0137", "0118", "118", "010", "101", "900", "976",
    "1900", "1976",
    // Worldwide (ITU-T E.164.1): ships, satellites, networks without a country, personal numbers, premium rate.
    "00870", "00878", "00881", "00882", "00883", "00888", "00979", // Countries', beside their 900s.
    "001976", "0033899", "00358600", "00358700", "0039892", "0039899", "0041901", "0041906", "0043930",
    "0043931", "0043939", "00449", "0049118", "0049137", "00491900",
];

/// Countries whose code has two digits (ITU-T E.164.1); `1` and `7` are codes by themselves, all others have three.
const TWO_DIGITS: &[&str] = &[
    "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48",
    "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81",
    "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
];

/// A number as it is compared: digits alone, `00` for a `+`. `None`: it has something else in it.
pub(crate) fn normalised(number: &str) -> Option<String> {
    let kept: String = number.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '/' | '(' | ')')).collect();
    let digits = kept.strip_prefix('+');
    let digits = digits.map_or_else(|| kept.clone(), |digits| format!("00{digits}"));
    digits.chars().all(|c| c.is_ascii_digit()).then_some(digits)
}

/// The number to dial, as it was given but for spaces and the like; `None`: it must not be called.
pub(crate) fn may_be_called(settings: &CallbackSettings, given: &str) -> Option<String> {
    let number = normalised(given)?;
    let digits = if given.contains('+') { number.len() - 2 } else { number.len() };
    // No country's code begins with 0: that is nothing but a way past a list of beginnings.
    let is_odd = number.starts_with("000");
    if !(DIGITS_MIN..=DIGITS_MAX).contains(&digits) || is_odd || settings.trunk.is_empty() {
        return None;
    }
    let begins = |beginning: &String| normalised(beginning).filter(|beginning| number.starts_with(beginning));
    let allowed = settings.allow.iter().filter_map(begins).map(|beginning| beginning.len()).max()?;
    let is_refused = settings.refuse.iter().filter_map(begins).next().is_some();
    let is_premium = premium(&number).is_some_and(|beginning| allowed < beginning);
    let plus =
        if given.contains('+') { number.strip_prefix("00").map(|digits| format!("+{digits}")) } else { None };
    (!is_refused && !is_premium).then(|| plus.unwrap_or(number))
}

/// How long the beginning is by which a number is one at a premium.
fn premium(number: &str) -> Option<usize> {
    let known = PREMIUM
        .iter()
        .filter(|beginning| number.starts_with(**beginning))
        .map(|beginning| beginning.len())
        .max();
    known.or_else(|| {
        let code = country(number.strip_prefix("00")?);
        number.get(2 + code..)?.starts_with("900").then_some(2 + code + 3)
    })
}

/// How many digits a country's code has.
fn country(number: &str) -> usize {
    match number {
        _ if number.starts_with(['1', '7']) => 1,
        _ if TWO_DIGITS.iter().any(|code| number.starts_with(code)) => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn settings(allow: &[&str], refuse: &[&str]) -> CallbackSettings {
        let list = |list: &[&str]| list.iter().map(|beginning| (*beginning).to_owned()).collect();
        CallbackSettings {
            trunk: "itsp".to_owned(),
            allow: list(allow),
            refuse: list(refuse),
            ..CallbackSettings::default()
        }
    }

    fn dials(allow: &[&str], refuse: &[&str], number: &str) -> Option<String> {
        may_be_called(&settings(allow, refuse), number)
    }

    #[test]
    fn nothing_is_called_that_is_not_allowed() {
        for number in ["0301234567", "+49301234567", "5550100", "1234567", "00301234567"] {
            assert_eq!(dials(&[], &[], number), None, "{number}");
            assert_eq!(dials(&["0041"], &[], number), None, "{number}");
        }
        let no_trunk = CallbackSettings { trunk: String::new(), ..settings(&["0"], &[]) };
        assert_eq!(may_be_called(&no_trunk, "0301234567"), None);
    }

    #[test]
    fn a_plus_is_two_zeros_and_spaces_are_nothing() {
        for number in ["+49 30 123-4567", "0049301234567", "00 49 (30) 1234567", "+49/30.1234567"] {
            for allow in ["+49", "0049", "+4 9", "00"] {
                assert!(dials(&[allow], &[], number).is_some(), "{number} by {allow}");
                assert_eq!(dials(&[allow], &["+4930"], number), None, "{number} by {allow}");
                assert_eq!(dials(&[allow], &["004930"], number), None, "{number} by {allow}");
            }
        }
        assert_eq!(dials(&["+49"], &[], "+49 30 1234567").unwrap(), "+49301234567");
        assert_eq!(dials(&["+49"], &[], "0049 30 1234567").unwrap(), "0049301234567");
        assert_eq!(dials(&["0"], &[], "030/1234567").unwrap(), "0301234567");
    }

    #[test]
    fn what_is_refused_is_refused_however_long_the_allowed_beginning_is() {
        assert_eq!(dials(&["+4930"], &["+49"], "+49301234567"), None);
        assert!(dials(&["+49"], &["+4940"], "+49301234567").is_some());
    }

    #[test]
    fn a_number_at_a_premium_is_called_only_if_it_is_allowed_by_itself() {
        for (number, allow) in [
            ("0900123456", "0"),
            ("+49900123456", "+49"),
            ("0049900123456", "00"),
            ("+19005550100", "+1"),
            ("19005550100", "1"),
            ("9005550100", "9"),
            ("+449111234567", "+44"),
            ("+88213123456", "+"),
            ("+979123456789", "+9"),
            ("+380900123456", "+380"),
            ("0103349301234", "0"),
            ("1010288123456", "1"),
            ("01371234567", "0"),
            ("118331", "1"),
        ] {
            assert_eq!(dials(&[allow], &[], number), None, "{number} by {allow}");
        }
        for (number, allow) in
            [("0900123456", "0900"), ("+49900123456", "+49900"), ("+19005550100", "001900555")]
        {
            assert!(dials(&[allow], &[], number).is_some(), "{number} by {allow}");
        }
        // 900 elsewhere in a number is nothing.
        for number in ["+12129005550", "+49309001234", "+4930900123", "+380449001234"] {
            assert!(dials(&["+"], &[], number).is_some(), "{number}");
        }
    }

    #[test]
    fn zeros_in_front_are_no_way_past_the_list() {
        for number in ["000900123456", "+0900123456", "+00493012345", "000493012345"] {
            assert_eq!(dials(&["00", "+", "0"], &[], number), None, "{number}");
        }
    }

    #[test]
    fn a_number_is_neither_too_short_nor_too_long() {
        for number in ["112", "911", "11011", "+11011"] {
            assert_eq!(dials(&["1", "9", "+"], &[], number), None, "{number}");
        }
        assert!(dials(&["2"], &[], "234567").is_some());
        assert_eq!(dials(&["2"], &[], "23456"), None);
        let longest = "2".repeat(DIGITS_MAX);
        assert!(dials(&["2", "+2"], &[], &longest).is_some());
        assert!(dials(&["2", "+2"], &[], &format!("+{longest}")).is_some());
        assert_eq!(dials(&["2", "+2"], &[], &format!("{longest}2")), None);
        assert_eq!(dials(&["2", "+2"], &[], &format!("+{longest}2")), None);
    }

    #[test]
    fn what_is_no_number_is_not_called() {
        for number in [
            "",
            "+",
            "anonymous",
            "0+900123456",
            "++49301234",
            "*49301234",
            "0301234#5",
            "٠٣٠١٢٣٤٥",
            "030123;x",
        ] {
            assert_eq!(dials(&["0", "+", "*", "4"], &[], number), None, "{number}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_given_only_digits_that_are_allowed_are_dialled(given in ".{0,30}", digits in "[+0-9 ./()-]{0,24}") {
            for given in [given, digits] {
                if let Some(dialled) = dials(&["0049", "0"], &["00", "0049900"], &given) {
                    let number = normalised(&dialled).unwrap();
                    prop_assert!(number.starts_with('0') && !number.starts_with("00"), "{given:?} {dialled}");
                    prop_assert!(premium(&number).is_none(), "{given:?} {dialled}");
                }
            }
        }
    }
}
