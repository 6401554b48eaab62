//! Names of messages and of their audio (RFC 9562, version 4). The randomness is the exchange's: a program asks for it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// 128 bits, 122 of them random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uuid(u128);

impl Uuid {
    /// From two numbers drawn by [`crate::Query::Random`] over all of `i64`.
    pub fn drawn(high: i64, low: i64) -> Self {
        let bits = (u128::from(high.cast_unsigned()) << 64) | u128::from(low.cast_unsigned());
        let version = 0x0000_0000_0000_4000_8000_0000_0000_0000;
        let mask = 0xffff_ffff_ffff_0fff_3fff_ffff_ffff_ffff;
        Self(bits & mask | version)
    }

    /// The name of the `n`th of several that one was drawn for: of the copies that go to several boxes.
    #[must_use]
    pub fn nth(self, n: usize) -> Self {
        let low = 0xffff_ffff;
        let counted = (self.0 & low).wrapping_add(n as u128) & low;
        Self(self.0 & !low | counted)
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        let part = |range| hex.get(range).unwrap_or_default();
        write!(f, "{}-{}-{}-{}-{}", part(0..8), part(8..12), part(12..16), part(16..20), part(20..32))
    }
}

impl From<Uuid> for String {
    fn from(uuid: Uuid) -> Self {
        uuid.to_string()
    }
}

impl TryFrom<String> for Uuid {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let hex: String = text.chars().filter(|c| *c != '-').collect();
        let is_hex = hex.len() == 32 && text.len() == 36 && hex.chars().all(|c| c.is_ascii_hexdigit());
        if !is_hex {
            return Err("no UUID");
        }
        u128::from_str_radix(&hex, 16).map(Self).map_err(|_| "no UUID")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_has_its_version_and_variant_and_is_read_again() {
        for (high, low) in [(0, 0), (-1, -1), (i64::MIN, i64::MAX)] {
            let uuid = Uuid::drawn(high, low);
            let text = uuid.to_string();
            assert_eq!((text.len(), &text[14..15]), (36, "4"));
            assert!("89ab".contains(&text[19..20]), "{text}");
            assert_eq!(Uuid::try_from(text), Ok(uuid));
        }
        assert_eq!(Uuid::drawn(0, 0).to_string(), "00000000-0000-4000-8000-000000000000");
        assert!(Uuid::try_from("../../../../etc/passwd".to_owned()).is_err());
    }

    #[test]
    fn copies_have_names_of_their_own() {
        let uuid = Uuid::drawn(5, -1);
        assert_eq!(uuid.nth(0), uuid);
        assert_ne!(uuid.nth(1), uuid.nth(2));
        assert_eq!(uuid.nth(1).to_string().get(..23), uuid.to_string().get(..23));
    }
}
