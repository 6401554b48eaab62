//! Numbers with decimals, money, and the nouns behind a number.

use super::Gender;

/// A noun's prompts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noun {
    /// One minute.
    pub one: &'static str,
    /// Two minutes.
    pub many: &'static str,
    /// Which form of "one" stands before it.
    pub gender: Gender,
}

/// A decimal number as it is written: nothing is lost to a binary fraction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// Below zero.
    pub negative: bool,
    /// Before the point.
    pub whole: u64,
    /// The digits behind the point, none for a whole number.
    pub fraction: String,
}

/// Digits behind the point that are kept.
const FRACTION_MAX: usize = 12;

impl Decimal {
    /// Reads `-3.14`; `None` where that isn't a number, or one with more than 19 digits before or 12 behind the point.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty()
            || !plain(whole)
            || !plain(fraction)
            || fraction.len() > FRACTION_MAX
            || text.ends_with('.')
        {
            return None;
        }
        let whole = whole.parse().ok().filter(|whole| i64::try_from(*whole).is_ok())?;
        Some(Self { negative, whole, fraction: fraction.to_owned() })
    }
}

/// A currency whose words are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Currency {
    /// EUR
    Euro,
    /// USD, CAD, AUD, NZD: all are called so at home.
    Dollar,
    /// GBP
    Pound,
    /// CHF
    Franc,
    /// JPY, which has no smaller part.
    Yen,
}

impl Currency {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Euro, Self::Dollar, Self::Pound, Self::Franc, Self::Yen];

    /// By its ISO 4217 code, in capitals or not.
    pub fn of_code(code: &str) -> Option<Self> {
        Some(match code.to_ascii_uppercase().as_str() {
            "EUR" => Self::Euro,
            "USD" | "CAD" | "AUD" | "NZD" => Self::Dollar,
            "GBP" => Self::Pound,
            "CHF" => Self::Franc,
            "JPY" => Self::Yen,
            _ => return None,
        })
    }

    /// Parts of the smallest kind in one unit.
    fn parts(self) -> u64 {
        match self {
            Self::Euro | Self::Dollar | Self::Pound | Self::Franc => 100,
            Self::Yen => 1,
        }
    }
}

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// In the currency's smallest part: cents, but whole yen.
    pub amount: i64,
    /// In which money.
    pub currency: Currency,
}

impl Money {
    /// `None` where the number has more decimals than the currency, or is too large.
    pub fn new(number: &Decimal, currency: Currency) -> Option<Self> {
        let digits = number.fraction.trim_end_matches('0');
        let parts = currency.parts();
        let part: u64 = match (digits.len(), parts) {
            (0, _) => 0,
            (1, 100) => digits.parse::<u64>().ok()? * 10,
            (2, 100) => digits.parse().ok()?,
            _ => return None,
        };
        let amount = number.whole.checked_mul(parts)?.checked_add(part)?;
        let amount = i64::try_from(amount).ok()?;
        Some(Self { amount: if number.negative { -amount } else { amount }, currency })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_as_written() {
        let read = |text| Decimal::parse(text).map(|d| (d.negative, d.whole, d.fraction));
        assert_eq!(read("-3.140"), Some((true, 3, "140".to_owned())));
        assert_eq!(read(" 7 "), Some((false, 7, String::new())));
        assert_eq!(read("9223372036854775807").map(|d| d.1), Some(u64::MAX / 2));
        for nonsense in
            ["", "-", ".5", "5.", "1,5", "1e3", "+1", "1.1234567890123", "9223372036854775808", "--1"]
        {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn money_has_no_more_decimals_than_its_currency() {
        let money =
            |text, currency| Money::new(&Decimal::parse(text).unwrap(), currency).map(|money| money.amount);
        assert_eq!(money("1.01", Currency::Euro), Some(101));
        assert_eq!(money("-1.5", Currency::Euro), Some(-150));
        assert_eq!(money("1.500", Currency::Euro), Some(150));
        assert_eq!(money("1.505", Currency::Euro), None);
        assert_eq!(money("500", Currency::Yen), Some(500));
        assert_eq!(money("500.5", Currency::Yen), None);
        assert_eq!(money("9223372036854775807", Currency::Euro), None);
        assert_eq!(Currency::of_code("aud"), Some(Currency::Dollar));
        assert_eq!(Currency::of_code("XXX"), None);
    }
}
