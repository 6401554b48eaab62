//! PINs that are worth the name.

use core::fmt;
use serde::{Deserialize, Serialize};

/// Digits of a PIN. Six digits and the locks of [`crate::guard`] leave a guesser years; four would leave weeks.
const LEAST: usize = 6;
const MOST: usize = 32;
/// Different digits that it has at least.
const DIFFERENT: usize = 3;

/// A PIN; no log shows it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pin(String);

impl Pin {
    /// Whether somebody typed it. Every digit is looked at, so that the time says nothing.
    pub(crate) fn is(&self, typed: &str) -> bool {
        let (own, typed) = (self.0.as_bytes(), typed.as_bytes());
        let differs = own.iter().zip(typed).fold(0, |differs, (a, b)| differs | (a ^ b));
        own.len() == typed.len() && differs == 0
    }

    /// Whether it has a number in it that everybody knows.
    pub(crate) fn shows(&self, number: &str) -> bool {
        number.len() >= LEAST / 2 && self.0.contains(number)
    }
}

impl TryFrom<String> for Pin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if !(LEAST..=MOST).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("a PIN has {LEAST} to {MOST} digits"));
        }
        if is_easy(text.as_bytes()) {
            return Err("this PIN is too easy to guess".to_owned());
        }
        Ok(Self(text))
    }
}

impl From<Pin> for String {
    fn from(pin: Pin) -> Self {
        pin.0
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(…)")
    }
}

/// Few digits, steps of one (123456, 987654, 890123), one of two after the other (246802), or something said twice (123123).
fn is_easy(digits: &[u8]) -> bool {
    let mut different = digits.to_vec();
    different.sort_unstable();
    different.dedup();
    let step = |pair: &[u8]| if let [a, b] = pair { (b + 10 - a) % 10 } else { 0 };
    let mut steps = digits.windows(2).map(step);
    let first = steps.next();
    let even = steps.all(|step| Some(step) == first);
    let said_again = |length: usize| digits.chunks(length).all(|chunk| digits.starts_with(chunk));
    different.len() < DIFFERENT || even || (1..=digits.len().div_ceil(2)).any(said_again)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(text: &str) -> Result<Pin, String> {
        Pin::try_from(text.to_owned())
    }

    #[test]
    fn what_is_empty_short_or_no_number_is_refused() {
        for text in ["", "1", "7391", "73918", "73918a", "739 182", "７３９１８２", &"7391824650".repeat(4)]
        {
            assert!(pin(text).unwrap_err().contains("6 to 32 digits"), "{text}");
        }
    }

    #[test]
    fn what_everybody_tries_first_is_refused() {
        for text in [
            "000000", "111111", "123456", "234567", "987654", "890123", "121212", "112211", "123123",
            "246802", "135791", "73737373", "739173", "4711471",
        ] {
            let easy = !matches!(text, "739173");
            assert_eq!(pin(text).is_err(), easy, "{text}");
        }
        assert!(pin("739182").is_ok());
    }

    #[test]
    fn only_the_very_same_digits_are_it() {
        let pin = pin("739182").unwrap();
        assert!(pin.is("739182"));
        for typed in ["", "7", "73918", "7391822", "739183", "839182"] {
            assert!(!pin.is(typed), "{typed}");
        }
        assert_eq!(format!("{pin:?}"), "Pin(…)");
    }
}
