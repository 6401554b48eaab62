//! What a message must satisfy besides being one: the checks of RFC 3261 §8.2 and §8.1.3 that need no state, in the terms
//! of RFC 4475. Whether an extension, a body or a method is *supported* is for the upper layers (420, 415, 405).

use super::{CSeq, Headers, MessageError, Method, NameAddr, Request, Response, Scheme, Via, date, lex, name};

/// Why a message is not taken. For a request, [`Request::refuse`] makes the answer; a response is dropped (RFC 3261 §8.1.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header that every message needs is missing.
    #[error("missing {0}")]
    Missing(&'static str),
    /// A header that may be there once is there twice.
    #[error("more than one {0}")]
    Repeated(&'static str),
    /// A header does not parse, or its number is out of range.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// CSeq names another method than the start line (RFC 3261 §8.1.1.5).
    #[error("CSeq of another method")]
    CSeqMethod,
    /// The Request-URI has a scheme we do not know (RFC 3261 §8.2.2.1).
    #[error("unknown scheme")]
    Scheme,
    /// The Request-URI has `?` headers (RFC 3261 §19.1.1; RFC 4475 §3.1.2.11).
    #[error("headers in the Request-URI")]
    HeadersInUri,
}

impl Refusal {
    /// The status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Scheme => 416,
            Self::Missing(_)
            | Self::Repeated(_)
            | Self::Malformed(_)
            | Self::CSeqMethod
            | Self::HeadersInUri => 400,
        }
    }
}

impl From<MessageError> for Refusal {
    fn from(error: MessageError) -> Self {
        match error {
            MessageError::Missing(what) => Self::Missing(what),
            MessageError::Malformed(what) | MessageError::TooLarge(what) => Self::Malformed(what),
            MessageError::Garbage | MessageError::Version => Self::Malformed("message"),
        }
    }
}

/// Headers that every message has exactly once. Max-Forwards is mandatory too, but an RFC 2543 request without it is to be
/// taken (RFC 4475 §3.4.1), as is one without a tag or a branch.
const ONE: [&str; 4] = [name::FROM, name::TO, name::CALL_ID, name::CSEQ];

/// Headers of which two would say different things.
const AT_MOST_ONE: [&str; 14] = [
    name::MAX_FORWARDS,
    name::CONTENT_TYPE,
    name::DATE,
    name::EVENT,
    name::EXPIRES,
    name::MIN_SE,
    name::RACK,
    name::REFERRED_BY,
    name::REFER_TO,
    name::REPLACES,
    name::RSEQ,
    name::SESSION_EXPIRES,
    name::SIP_IF_MATCH,
    name::SUBSCRIPTION_STATE,
];

/// The headers that every message has, read while it is validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandatory {
    /// The topmost Via.
    pub via: Via,
    /// From.
    pub from: NameAddr,
    /// To.
    pub to: NameAddr,
    /// CSeq.
    pub cseq: CSeq,
}

impl Request {
    /// Checks what every request must satisfy.
    pub fn validate(&self) -> Result<(), Refusal> {
        self.mandatory().map(|_| ())
    }

    /// The same, and hands out the headers read on the way: whoever needs them does not read them again.
    pub fn mandatory(&self) -> Result<Mandatory, Refusal> {
        let mandatory = self.read_mandatory()?;
        self.validate_rest()?;
        Ok(mandatory)
    }

    /// The first half of [`Self::mandatory`]: what a request needs to be told from others and answered. It is all that a
    /// repeated one is read for.
    pub(crate) fn read_mandatory(&self) -> Result<Mandatory, Refusal> {
        let mandatory = Mandatory::read(&self.headers)?;
        if mandatory.cseq.method == self.method { Ok(mandatory) } else { Err(Refusal::CSeqMethod) }
    }

    /// The second half.
    pub(crate) fn validate_rest(&self) -> Result<(), Refusal> {
        validate_common(&self.headers)?;
        if matches!(&self.uri.scheme, Scheme::Other(scheme) if scheme != "urn") {
            return Err(Refusal::Scheme);
        }
        if !self.uri.headers.is_empty() {
            return Err(Refusal::HeadersInUri);
        }
        if self.headers.first(name::MAX_FORWARDS).is_some() && self.headers.max_forwards().is_none() {
            return Err(Refusal::Malformed(name::MAX_FORWARDS));
        }
        validate_contacts(&self.headers, self.method == Method::Register)
    }

    /// The answer that a refusal asks for. Not for an ACK, which has none. If the topmost Via is what does not parse, the
    /// source address is all there is to send it to.
    pub fn refuse(&self, refusal: &Refusal) -> Response {
        let mut response = self.response(refusal.status());
        // RFC 3261 §21.4.1: the phrase should identify the problem.
        response.reason = format!("{} ({refusal})", response.reason);
        response
    }
}

impl Response {
    /// Checks what every response must satisfy; one that does not is dropped.
    pub fn validate(&self) -> Result<(), Refusal> {
        self.mandatory().map(|_| ())
    }

    /// The same, and hands out the headers read on the way.
    pub fn mandatory(&self) -> Result<Mandatory, Refusal> {
        let mandatory = Mandatory::read(&self.headers)?;
        validate_common(&self.headers)?;
        validate_contacts(&self.headers, false)?;
        Ok(mandatory)
    }
}

impl Mandatory {
    fn read(headers: &Headers) -> Result<Self, Refusal> {
        let address = |name| {
            let value = headers.first(name).ok_or(Refusal::Missing(name))?;
            NameAddr::parse(value).map_err(|_| Refusal::Malformed(name))
        };
        let (via, cseq) = (headers.via()?, headers.cseq()?);
        Ok(Self { via, from: address(name::FROM)?, to: address(name::TO)?, cseq })
    }
}

/// Everything but what [`Mandatory::read`] has found to be there and right.
fn validate_common(headers: &Headers) -> Result<(), Refusal> {
    validate_counts(headers)?;
    let call_id = headers.call_id()?;
    if call_id.is_empty() || call_id.contains(lex::is_space) {
        return Err(Refusal::Malformed(name::CALL_ID));
    }
    headers.all(name::VIA).skip(1).try_for_each(|value| Via::parse(value).map(|_| ()))?;
    validate_addresses(headers, name::ROUTE)?;
    validate_addresses(headers, name::RECORD_ROUTE)?;
    match headers.first(name::DATE).is_none_or(|value| date::parse(value).is_some()) {
        true => Ok(()),
        false => Err(Refusal::Malformed(name::DATE)),
    }
}

/// Counts in one pass over the fields.
fn validate_counts(headers: &Headers) -> Result<(), Refusal> {
    let mut seen = 0u32;
    for (field, _) in headers.iter() {
        let known = ONE.iter().chain(&AT_MOST_ONE).enumerate();
        let Some((bit, name)) =
            known.filter(|(_, name)| name.len() == field.len()).find(|(_, name)| **name == field)
        else {
            continue;
        };
        if seen & (1 << bit) != 0 {
            return Err(Refusal::Repeated(name));
        }
        seen |= 1 << bit;
    }
    match ONE.iter().enumerate().find(|(bit, _)| seen & (1 << bit) == 0) {
        Some((_, missing)) => Err(Refusal::Missing(missing)),
        None => Ok(()),
    }
}

fn validate_addresses(headers: &Headers, name: &'static str) -> Result<(), Refusal> {
    match headers.all(name).all(|value| NameAddr::parse(value).is_ok()) {
        true => Ok(()),
        false => Err(Refusal::Malformed(name)),
    }
}

/// `Contact: *` stands alone, and in REGISTER only (RFC 3261 §10.2.2).
fn validate_contacts(headers: &Headers, star_allowed: bool) -> Result<(), Refusal> {
    let mut contacts = headers.all(name::CONTACT);
    if star_allowed && contacts.next() == Some("*") && contacts.next().is_none() {
        return Ok(());
    }
    validate_addresses(headers, name::CONTACT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Message, parse_datagram};

    const GOOD: &str = "REGISTER sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:a@h>;tag=1\r\n\
        To: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\nMax-Forwards: 70\r\nContact: *\r\n\r\n";

    fn check(change: &str, to: &str) -> Result<(), Refusal> {
        match parse_datagram(GOOD.replace(change, to).as_bytes()).unwrap() {
            Message::Request(request) => request.validate(),
            Message::Response(response) => response.validate(),
        }
    }

    #[test]
    fn each_fault_has_its_refusal() {
        assert_eq!(check("", ""), Ok(()));
        assert_eq!(check("From: <sip:a@h>;tag=1\r\n", ""), Err(Refusal::Missing("From")));
        assert_eq!(check("Via: SIP/2.0/UDP h;branch=z9hG4bKa\r\n", ""), Err(Refusal::Missing("Via")));
        assert_eq!(check("To:", "To: <sip:x@h>\r\nt:"), Err(Refusal::Repeated("To")));
        assert_eq!(check("Max", "max-forwards: 3\r\nMax"), Err(Refusal::Repeated("Max-Forwards")));
        assert_eq!(check("1 REGISTER", "1 INVITE"), Err(Refusal::CSeqMethod));
        assert_eq!(check("1 REGISTER", "4294967296 REGISTER"), Err(Refusal::Malformed("CSeq")));
        assert_eq!(check("SIP/2.0/UDP h;", "SIP/2.0/UDP h;;"), Err(Refusal::Malformed("Via")));
        assert_eq!(check("Call-ID: c", "Call-ID: c d"), Err(Refusal::Malformed("Call-ID")));
        assert_eq!(check("Call-ID: c", "Call-ID:"), Err(Refusal::Malformed("Call-ID")));
        assert_eq!(check("sip:h SIP", "mailto:h SIP").map_err(|r| r.status()), Err(416));
        assert_eq!(check("sip:h SIP", "tel:+49 SIP"), Ok(()));
        assert_eq!(check("sip:h SIP", "sip:h?a=b SIP"), Err(Refusal::HeadersInUri));
        assert_eq!(
            check("Contact: *", "Contact: *\r\nContact: <sip:a@b>"),
            Err(Refusal::Malformed("Contact"))
        );
        assert_eq!(check("Contact: *", "Date: yesterday"), Err(Refusal::Malformed("Date")));
        assert_eq!(check("Contact: *", "Route: <sip:h"), Err(Refusal::Malformed("Route")));
    }

    #[test]
    fn max_forwards_ends_at_255() {
        assert_eq!(check("70", "0255"), Ok(()));
        for value in ["256", "-1", "+7", "7x", "", "99999999999"] {
            assert_eq!(check("70", value), Err(Refusal::Malformed("Max-Forwards")), "{value}");
        }
    }

    #[test]
    fn a_refusal_becomes_an_answer() {
        let Message::Request(request) = parse_datagram(GOOD.as_bytes()).unwrap() else { unreachable!() };
        let response = request.refuse(&Refusal::CSeqMethod);
        assert_eq!(
            (response.status, response.reason.as_str()),
            (400, "Bad Request (CSeq of another method)")
        );
        assert_eq!(response.headers.call_id(), Ok("c"));
    }

    #[test]
    fn a_response_is_held_to_the_same_rules() {
        assert_eq!(check("REGISTER sip:h SIP/2.0", "SIP/2.0 200 OK"), Err(Refusal::Malformed("Contact")));
        assert_eq!(check("REGISTER sip:h SIP/2.0\r\n", "SIP/2.0 200 OK\r\nX-"), Err(Refusal::Missing("Via")));
    }
}
