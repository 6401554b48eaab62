//! `Replaces` (RFC 3891 §6.1): the dialog that a new INVITE takes the place of.

use super::Parameterised;
use crate::message::{MessageError, name};
use core::fmt;

const MALFORMED: MessageError = MessageError::Malformed(name::REPLACES);

/// A Replaces header. The tags are as the user agent that receives it sees them: `to_tag` is its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaces {
    /// The dialog's Call-ID.
    pub call_id: String,
    /// The receiver's tag.
    pub to_tag: String,
    /// The other side's tag.
    pub from_tag: String,
    /// Only a dialog that is not yet answered may be replaced.
    pub early_only: bool,
}

impl Replaces {
    /// From the header's value, or from the `Replaces` of a Refer-To URI, unescaped.
    pub fn parse(value: &str) -> Result<Self, MessageError> {
        let Parameterised { value: call_id, params } = Parameterised::parse(value).map_err(|_| MALFORMED)?;
        let tag = |name| params.value(name).filter(|tag| !tag.is_empty()).map(str::to_owned).ok_or(MALFORMED);
        let (to_tag, from_tag) = (tag("to-tag")?, tag("from-tag")?);
        Ok(Self { call_id, to_tag, from_tag, early_only: params.has("early-only") })
    }
}

impl fmt::Display for Replaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{};to-tag={};from-tag={}", self.call_id, self.to_tag, self.from_tag)?;
        if self.early_only { f.write_str(";early-only") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_names_a_dialog() {
        let replaces =
            Replaces::parse("98732@sip.example.com ;from-tag=r33th4x0r; to-tag=ff87ff;early-only").unwrap();
        assert_eq!(replaces.to_string(), "98732@sip.example.com;to-tag=ff87ff;from-tag=r33th4x0r;early-only");
        for value in ["", "a", "a;to-tag=1", "a;to-tag=1;from-tag", ";to-tag=1;from-tag=2"] {
            assert_eq!(Replaces::parse(value), Err(MALFORMED), "{value}");
        }
    }
}
