//! Number patterns: what each matches, and which of two is the more specific.

use super::*;
use proptest::prelude::*;

fn pattern(text: &str) -> Pattern {
    Pattern::parse(text).unwrap()
}

fn matches(text: &str, number: &str) -> bool {
    pattern(text).matches(number).is_ok()
}

#[test]
fn letters_sets_and_wildcards_match_as_in_asterisk() {
    for (text, yes, no) in [
        ("600", vec!["600", "6-00"], vec!["60", "6000", "601", ""]),
        ("_1XX", vec!["100", "199", "1-23"], vec!["10", "1000", "200", "1a0", ""]),
        ("_ZN", vec!["12", "99"], vec!["02", "11", "10"]),
        ("_zxn", vec!["102"], vec!["002", "101"]),
        ("_[13-5]", vec!["1", "3", "4", "5"], vec!["2", "6", "-"]),
        ("_[1-]", vec!["1"], vec!["-", "2"]),
        ("_9.", vec!["91", "9123", "9abc"], vec!["9", "8", ""]),
        ("_9!", vec!["9", "91", "9123"], vec!["8", ""]),
        ("_!", vec!["", "anything"], vec![]),
        ("_.", vec!["1", "anything"], vec![""]),
        ("_+X.", vec!["+49"], vec!["+", "49"]),
        ("_*X", vec!["*4"], vec!["*", "44"]),
        ("_1-X-X", vec!["123"], vec!["1-"]),
        ("alice", vec!["alice"], vec!["Alice", "alic"]),
        ("1XX", vec!["1XX"], vec!["100"]),
    ] {
        for number in yes {
            assert!(matches(text, number), "{text} should match {number:?}");
        }
        for number in no {
            assert!(!matches(text, number), "{text} should not match {number:?}");
        }
    }
}

/// The order of `ext_cmp` in Asterisk's main/pbx.c: each line's left comes before its right.
#[test]
fn the_more_specific_pattern_comes_first_as_in_asterisk() {
    for (first, then) in [
        ("9999", "_1"),
        ("100", "101"),
        ("_1", "_2"),
        ("_1XX", "_XXX"),
        ("_NXX", "_ZXX"),
        ("_ZXX", "_XXX"),
        ("_[12]X", "_[1-3]X"),
        ("_[12]X", "_[13]X"),
        ("_[13]X", "_[23]X"),
        ("_XX", "_X."),
        ("_X.", "_X!"),
        ("_X.", "_."),
        ("_.", "_!"),
        ("_9X.", "_9."),
        ("_9.", "_X."),
        ("_1XX", "_1X."),
        ("_XXX", "_XX"),
        ("_XXXX", "_XXX"),
        ("_X!", "_X"),
        ("_X.", "_X"),
        ("_9NXXXXXX.", "_9."),
    ] {
        assert_eq!(pattern(first).cmp(&pattern(then)), Ordering::Less, "{first} before {then}");
        assert_eq!(pattern(then).cmp(&pattern(first)), Ordering::Greater, "{then} after {first}");
    }
}

#[test]
fn the_same_set_written_differently_is_the_same_pattern() {
    for (a, b) in [
        ("_X", "_[0-9]"),
        ("_N", "_[2345-9]"),
        ("_x", "_X"),
        ("_1-2", "_12"),
        ("1-2", "12"),
        ("_[112]", "_[12]"),
    ] {
        assert_eq!(pattern(a), pattern(b));
    }
    assert_ne!(pattern("12"), pattern("_12"));
}

#[test]
fn nonsense_is_refused_with_its_reason() {
    for (text, error) in [
        ("", PatternError::Empty),
        ("_", PatternError::Empty),
        ("_-", PatternError::Empty),
        ("_[1", PatternError::OpenSet),
        ("_[]", PatternError::EmptySet(String::new())),
        ("_[9-1]", PatternError::EmptySet("9-1".into())),
        ("_9.X", PatternError::AfterWildcard('.')),
        ("_9!1", PatternError::AfterWildcard('!')),
        ("1 2", PatternError::Foreign(' ')),
        ("_é", PatternError::Foreign('é')),
    ] {
        assert_eq!(Pattern::parse(text).unwrap_err(), error, "{text}");
    }
    assert!(Pattern::parse(&"1".repeat(NUMBER_MAX)).is_ok());
    assert_eq!(Pattern::parse(&"1".repeat(NUMBER_MAX + 1)).unwrap_err(), PatternError::TooLong);
}

#[test]
fn a_mismatch_says_where_and_why() {
    let why = |text: &str, number: &str| pattern(text).matches(number).unwrap_err().to_string();
    assert_eq!(why("_1ZX", "105"), "at 2, `0` is not 1-9 (Z)");
    assert_eq!(why("_1XX", "10"), "too short: 0-9 (X) is still to come");
    assert_eq!(why("_1X", "100"), "too long");
    assert_eq!(why("600", "601"), "another number");
    assert_eq!(why("_9.", "9"), "too short: at least one more is still to come");
}

proptest! {
    #[test]
    fn parsing_and_matching_never_panic(text in "\\PC{0,90}", number in "\\PC{0,90}") {
        if let Ok(pattern) = Pattern::parse(&text) {
            let _either = pattern.matches(&number);
        }
    }

    #[test]
    fn the_order_is_total(texts in prop::collection::vec("_[XZN19.!\\[\\]-]{1,5}", 3)) {
        let patterns: Vec<Pattern> = texts.iter().filter_map(|t| Pattern::parse(t).ok()).collect();
        if let [a, b, c] = patterns.as_slice() {
            prop_assert_eq!(a.cmp(b), b.cmp(a).reverse());
            if a <= b && b <= c {
                prop_assert!(a <= c);
            }
        }
    }
}
