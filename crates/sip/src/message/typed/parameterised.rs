//! `value *( ; name = value )`: the shape of most headers that are no address.

use crate::message::{MessageError, Params, lex};
use core::fmt;

/// A value with parameters. The value is text up to the first `;` outside quotes and angle brackets, trimmed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameterised {
    /// What stands before the parameters; never empty when parsed.
    pub value: String,
    /// The parameters.
    pub params: Params,
}

impl Parameterised {
    /// A value without parameters.
    pub fn new(value: &str) -> Self {
        Self { value: value.to_owned(), params: Params::default() }
    }

    /// The same with a parameter more.
    pub fn with(mut self, name: &str, value: Option<&str>) -> Self {
        self.params.set(name, value);
        self
    }

    /// From one header value.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        let at = lex::find_outside(text, |b| b == b';').unwrap_or(text.len());
        let (value, params) = text.split_at(at);
        match value.trim_matches(lex::is_space) {
            "" => Err(MessageError::Malformed("header value")),
            value => Ok(Self { value: value.to_owned(), params: Params::parse(params)? }),
        }
    }
}

impl fmt::Display for Parameterised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.value, self.params)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn value_and_parameters_are_told_apart() {
        let parsed = Parameterised::parse(" Q.850 ; cause=16;text=\"a;b\" ").unwrap();
        assert_eq!((parsed.value.as_str(), parsed.params.value("cause")), ("Q.850", Some("16")));
        assert_eq!(parsed.params.text("text").as_deref(), Some("a;b"));
        assert_eq!(parsed.to_string(), "Q.850;cause=16;text=\"a;b\"");
        assert_eq!(Parameterised::parse("<http://x/a;b>;purpose=icon").unwrap().value, "<http://x/a;b>");
        assert!(Parameterised::parse("").is_err() && Parameterised::parse(";a").is_err());
        assert_eq!(Parameterised::new("SIP").with("cause", Some("200")).to_string(), "SIP;cause=200");
    }
}
