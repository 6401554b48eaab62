//! `Warning` (RFC 3261 §20.43): why a peer refused, in its own words.

use crate::message::{MessageError, lex, name, readable};
use rsip::headers::typed::{Tokenize, tokenizers::WarningTokenizer};

/// One warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// 300–399.
    pub code: u16,
    /// Who warns: a host or a pseudonym.
    pub agent: String,
    /// The text, unquoted, for people.
    pub text: String,
}

impl Warning {
    /// From one header value.
    pub fn parse(value: &str) -> Result<Self, MessageError> {
        const MALFORMED: MessageError = MessageError::Malformed(name::WARNING);
        // The tokenizer's own text ends at the first quote it trims, escaped or not; the quoted string is read by us.
        let WarningTokenizer { code, host, .. } = WarningTokenizer::tokenize(value).map_err(|_| MALFORMED)?;
        let text = value.find('"').and_then(|at| value.get(at..)).and_then(lex::quoted_prefix);
        let (text, _) = text.ok_or(MALFORMED)?;
        let code = code.parse().ok().filter(|code| (300..400).contains(code)).ok_or(MALFORMED)?;
        Ok(Self { code, agent: host.to_owned(), text: readable(&text).into_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_agent_and_text() {
        let warning = Warning::parse(r#"304 isi.edu:5060 "Media \"type\" not available""#).unwrap();
        assert_eq!((warning.code, warning.agent.as_str()), (304, "isi.edu:5060"));
        assert_eq!(warning.text, "Media \"type\" not available");
        for value in ["", "304", "304 x", "1812 overture \"In Progress\"", "304 x y", "304 x \"open"] {
            assert!(Warning::parse(value).is_err(), "{value}");
        }
    }
}
