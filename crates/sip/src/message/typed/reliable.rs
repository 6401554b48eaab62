//! `RAck` (RFC 3262 §7.2).

use crate::message::{CSeq, MessageError, Method, name};
use core::fmt;

/// Which provisional response a PRACK acknowledges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RAck {
    /// The RSeq of the response.
    pub response: u32,
    /// The CSeq number of the response.
    pub request: u32,
    /// The CSeq method of the response.
    pub method: Method,
}

impl RAck {
    /// From the header's value.
    pub fn parse(value: &str) -> Result<Self, MessageError> {
        const MALFORMED: MessageError = MessageError::Malformed(name::RACK);
        let (response, cseq) = value.split_once([' ', '\t']).ok_or(MALFORMED)?;
        if !response.bytes().all(|b| b.is_ascii_digit()) {
            return Err(MALFORMED);
        }
        let response = response.parse().map_err(|_| MALFORMED)?;
        let CSeq { number: request, method } = CSeq::parse(cseq.trim_start()).map_err(|_| MALFORMED)?;
        Ok(Self { response, request, method })
    }
}

impl fmt::Display for RAck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.response, self.request, self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rack_is_two_numbers_and_a_method() {
        let rack = RAck::parse("776656  1 INVITE").unwrap();
        assert_eq!(rack.to_string(), "776656 1 INVITE");
        for value in
            ["", "1", "1 2", "1 INVITE", "x 1 INVITE", "+1 1 INVITE", "4294967296 1 INVITE", "1 2 INVITE x"]
        {
            assert_eq!(RAck::parse(value), Err(MessageError::Malformed("RAck")), "{value}");
        }
    }
}
