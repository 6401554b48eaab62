//! `codes.on(701..=720, …)`: numbers from one to another as patterns, as few as there can be.

use core::ops::RangeInclusive;

/// Digits of a number in a range at most.
const DIGITS_MAX: u32 = 15;

/// The patterns of all numbers of a range: of 701 to 720 `_70[1-9]`, `_71X` and `720`. None if it is empty, negative or too long.
pub(crate) fn patterns(numbers: &RangeInclusive<i64>) -> Option<Vec<String>> {
    let first = u64::try_from(*numbers.start()).ok()?;
    let last =
        u64::try_from(*numbers.end()).ok().filter(|last| first <= *last && *last < 10_u64.pow(DIGITS_MAX))?;
    let mut patterns: Vec<String> = Vec::new();
    let mut next = first;
    while next <= last {
        let (block, zeros) = block(next, last);
        // Blocks of this size up to the next nine, or to the end.
        let digit = next / block % 10;
        let more = ((last - next + 1) / block).min(10 - digit).max(1);
        let head = next / block / 10;
        let head = if head == 0 { String::new() } else { head.to_string() };
        let set = if more == 1 { digit.to_string() } else { format!("[{digit}-{}]", digit + more - 1) };
        let pattern = format!("{head}{set}{}", "X".repeat(zeros));
        let is_plain = pattern.chars().all(|c| c.is_ascii_digit());
        patterns.push(if is_plain { pattern } else { format!("_{pattern}") });
        next += block * more;
    }
    Some(patterns)
}

/// The largest power of ten that divides a number and, with so many from it on, stays within the range; a first digit is never free.
fn block(next: u64, last: u64) -> (u64, usize) {
    let (mut block, mut zeros) = (1, 0);
    while next > 0 && next.is_multiple_of(block * 10) && next + block * 10 - 1 <= last && next >= block * 10 {
        (block, zeros) = (block * 10, zeros + 1);
    }
    (block, zeros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;
    use proptest::prelude::*;

    #[test]
    fn a_range_is_as_few_patterns_as_it_can_be() {
        for (range, expected) in [
            (701..=720, &["_70[1-9]", "_71X", "720"][..]),
            (700..=799, &["_7XX"]),
            (7..=7, &["7"]),
            (0..=9, &["_[0-9]"]),
            (98..=101, &["_9[8-9]", "_10[0-1]"]),
            (1_000..=2_999, &["_[1-2]XXX"]),
        ] {
            assert_eq!(patterns(&range).unwrap(), expected, "{range:?}");
        }
        for wrong in [RangeInclusive::new(720, 701), -3..=5, 1..=i64::MAX] {
            assert_eq!(patterns(&wrong), None, "{wrong:?}");
        }
        assert!(patterns(&(1..=999_999_999_999_999)).is_some());
        assert_eq!(patterns(&(1..=1_000_000_000_000_000)), None);
    }

    proptest! {
        #[test]
        fn every_number_of_a_range_has_one_pattern_and_no_other_has(first in 0_i64..12_000, more in 0_i64..3_000) {
            let range = first..=first + more;
            let patterns: Vec<Pattern> =
                patterns(&range).unwrap().iter().map(|pattern| Pattern::parse(pattern).unwrap()).collect();
            for number in (first - 50).max(0)..=first + more + 50 {
                let text = number.to_string();
                let taken = patterns.iter().filter(|pattern| pattern.matches(&text).is_ok()).count();
                prop_assert_eq!(taken, usize::from(range.contains(&number)), "{}", number);
            }
        }
    }
}
