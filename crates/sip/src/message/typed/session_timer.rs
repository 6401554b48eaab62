//! `Session-Expires` and `Min-SE` (RFC 4028 §4, §5).

use super::Parameterised;
use crate::message::{MessageError, name};
use core::fmt;
use serde::{Deserialize, Serialize};

/// Who refreshes the session: the user agent client or server of the transaction that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refresher {
    /// `uac`
    Uac,
    /// `uas`
    Uas,
}

/// A Session-Expires header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionExpires {
    /// The session interval in seconds.
    pub interval_s: u32,
    /// Who refreshes, if decided.
    pub refresher: Option<Refresher>,
}

impl SessionExpires {
    /// From the header's value. An unknown refresher is as good as none.
    pub fn parse(value: &str) -> Result<Self, MessageError> {
        const MALFORMED: MessageError = MessageError::Malformed(name::SESSION_EXPIRES);
        let Parameterised { value, params } = Parameterised::parse(value).map_err(|_| MALFORMED)?;
        let digits = value.bytes().all(|b| b.is_ascii_digit());
        let interval_s = digits.then(|| value.parse().ok()).flatten().ok_or(MALFORMED)?;
        let refresher = match params.value("refresher").map(str::to_ascii_lowercase).as_deref() {
            Some("uac") => Some(Refresher::Uac),
            Some("uas") => Some(Refresher::Uas),
            Some(_) | None => None,
        };
        Ok(Self { interval_s, refresher })
    }
}

impl fmt::Display for SessionExpires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.interval_s)?;
        match self.refresher {
            Some(Refresher::Uac) => f.write_str(";refresher=uac"),
            Some(Refresher::Uas) => f.write_str(";refresher=uas"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interval_and_refresher() {
        for text in ["1800", "1800;refresher=uac", "90;refresher=uas"] {
            assert_eq!(SessionExpires::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(SessionExpires::parse("90 ; Refresher=UAS").unwrap().refresher, Some(Refresher::Uas));
        assert!(SessionExpires::parse("").is_err() && SessionExpires::parse("-1").is_err());
        assert!(SessionExpires::parse("99999999999").is_err());
    }
}
