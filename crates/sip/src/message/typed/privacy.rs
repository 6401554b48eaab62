//! `Privacy` (RFC 3323 §4.2, RFC 3325 §9.3).

use crate::message::{Headers, name};

/// What a caller asks to be withheld.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    /// `id`: the asserted identity stays inside the trust domain.
    pub id: bool,
    /// `user`: the identity in From is to be withheld too.
    pub user: bool,
    /// `header`: Via, Contact and the like are to be hidden.
    pub header: bool,
    /// `session`: session descriptions are to be anonymised.
    pub session: bool,
    /// `none`: explicitly nothing; overrides an anonymous default.
    pub none: bool,
    /// `critical`: better fail than disclose.
    pub critical: bool,
}

impl Privacy {
    /// From a header's value: tokens between semicolons (a comma is taken too). Unknown ones are passed over.
    pub fn parse(value: &str) -> Self {
        let mut privacy = Self::default();
        for token in value.split([';', ',']) {
            match token.trim().to_ascii_lowercase().as_str() {
                "id" => privacy.id = true,
                "user" => privacy.user = true,
                "header" => privacy.header = true,
                "session" => privacy.session = true,
                "none" => privacy.none = true,
                "critical" => privacy.critical = true,
                _ => {}
            }
        }
        privacy
    }

    /// Whether the called party may not be shown who calls.
    pub fn hides_identity(&self) -> bool {
        (self.id || self.user) && !self.none
    }
}

impl Headers {
    /// Privacy; nothing asked for if absent.
    pub fn privacy(&self) -> Privacy {
        self.first(name::PRIVACY).map(Privacy::parse).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_collected() {
        let mut headers = Headers::default();
        assert!(!headers.privacy().hides_identity());
        headers.push("Privacy", "Id; critical;new");
        let privacy = headers.privacy();
        assert!(privacy.id && privacy.critical && privacy.hides_identity() && !privacy.user);
        assert!(!Privacy::parse("none").hides_identity());
    }
}
