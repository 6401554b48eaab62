//! Bytes → messages.
//!
//! What is refused here is what can't be held as a [`Request`] or [`Response`]: a start line that does not parse, lines that
//! are no header fields, a length that leaves the end of the message in doubt, more than the limits. Everything else
//! (missing headers, a wrong CSeq method, unknown schemes, …) is found by [`Request::validate`] and
//! [`Response::validate`], which say what to answer. [`refusal`] builds the answer to a request that was refused here.

use super::normalise::{self, Head, Strictness};
use super::{Message, Method, Request, Response, Uri, lex, name};
use bytes::Bytes;
use rsip::common::{status_code, version};

/// The largest message taken, in bytes: what fits into one UDP datagram, and enough for any stream.
pub const MESSAGE_SIZE_MAX: usize = 64 * 1024;

/// Why bytes are not a message. A request that fails with anything but `Garbage` can be answered, see [`refusal`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessageError {
    /// Not SIP at all.
    #[error("not a SIP message")]
    Garbage,
    /// A header that every message needs is missing.
    #[error("missing {0}")]
    Missing(&'static str),
    /// A header or the start line does not parse.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// Longer, or more of something, than we take.
    #[error("too large: {0}")]
    TooLarge(&'static str),
    /// SIP of another version than 2.0 (RFC 3261 §21.5.6).
    #[error("unknown SIP version")]
    Version,
}

impl MessageError {
    /// The status that tells a peer.
    pub fn status(&self) -> u16 {
        match self {
            Self::Garbage | Self::Missing(_) | Self::Malformed(_) => 400,
            Self::TooLarge(_) => 513,
            Self::Version => 505,
        }
    }
}

/// Parses one datagram. Bytes past Content-Length are dropped; too few are an error (RFC 3261 §18.3).
pub fn parse_datagram(bytes: &[u8]) -> Result<Message, MessageError> {
    if bytes.len() > MESSAGE_SIZE_MAX {
        return Err(MessageError::TooLarge("message"));
    }
    let bytes = skip_empty_lines(bytes);
    let head_length = normalise::head_length(bytes, 0).ok_or_else(|| without_end(bytes))?;
    let (head, rest) = bytes.split_at_checked(head_length).ok_or(MessageError::Garbage)?;
    let head = normalise::head(head, Strictness::Strict)?;
    let body = match head.content_length {
        Some(length) => rest.get(..length).ok_or(MessageError::Malformed(name::CONTENT_LENGTH))?,
        None => rest,
    };
    assemble(head, Bytes::copy_from_slice(body))
}

/// RFC 3261 §7.5: empty lines before the start line are ignored.
pub(super) fn skip_empty_lines(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|b| !matches!(b, b'\r' | b'\n')).unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or_default()
}

/// No empty line ends the head: a message cut short, or no message.
fn without_end(bytes: &[u8]) -> MessageError {
    let first_line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    match first_line.windows(4).any(|w| w == b"SIP/") {
        true => MessageError::Malformed("end of the header fields"),
        false => MessageError::Garbage,
    }
}

/// A message of its normalised head and its body.
pub(super) fn assemble(head: Head, body: Bytes) -> Result<Message, MessageError> {
    let Head { start_line, headers, .. } = head;
    let start_line = start_line.as_str();
    if start_line.get(..4).is_some_and(|s| s.eq_ignore_ascii_case("SIP/")) {
        let (status, reason) = status_line(start_line)?;
        return Ok(Message::Response(Response { status, reason, headers, body }));
    }
    let (method, uri) = request_line(start_line)?;
    Ok(Message::Request(Request { method, uri, headers, body }))
}

/// `Method SP Request-URI SP SIP-Version`, with exactly these spaces (RFC 3261 §7.1).
fn request_line(line: &str) -> Result<(Method, Uri), MessageError> {
    const MALFORMED: MessageError = MessageError::Malformed("Request-Line");
    let (method, rest) = line.split_once(' ').ok_or(MessageError::Garbage)?;
    if !lex::is_token(method) {
        return Err(MessageError::Garbage);
    }
    let (uri, version) = rest.rsplit_once(' ').ok_or(MALFORMED)?;
    known_version(version, MALFORMED)?;
    let uri = Uri::parse(uri).map_err(|_| MessageError::Malformed("Request-URI"))?;
    Ok((Method::from_token(method), uri))
}

/// `SIP-Version SP Status-Code SP Reason-Phrase` (RFC 3261 §7.2); a missing phrase may take its space with it.
fn status_line(line: &str) -> Result<(u16, String), MessageError> {
    const MALFORMED: MessageError = MessageError::Malformed("Status-Line");
    let (version, rest) = line.split_once(' ').ok_or(MALFORMED)?;
    known_version(version, MALFORMED)?;
    let (code, reason) = match status_code::Tokenizer::tokenize(rest) {
        Ok((_, tokens)) => (tokens.code, tokens.reason),
        Err(_) => (rest, ""),
    };
    if code.len() != 3 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(MALFORMED);
    }
    let status = code.parse().ok().filter(|status| (100..700).contains(status)).ok_or(MALFORMED)?;
    // A bare CR ends no line and belongs into none.
    Ok((status, reason.replace('\r', " ")))
}

fn known_version(version: &str, malformed: MessageError) -> Result<(), MessageError> {
    match version::Tokenizer::tokenize(version) {
        Ok(("", tokens)) if tokens.major == "2" && tokens.minor == "0" => Ok(()),
        Ok(("", _)) => Err(MessageError::Version),
        // The name is compared without case (RFC 3261 §7.1); rsip knows upper case only.
        Ok(_) | Err(_) if version.eq_ignore_ascii_case("SIP/2.0") => Ok(()),
        Ok(_) | Err(_) => Err(malformed),
    }
}

/// The answer to a request that [`parse_datagram`] or [`super::StreamParser`] refused with `error`, made of the headers
/// that can be read. `None`: not a request, an ACK, or nothing to match a response with; drop it. Its topmost Via may be
/// one that does not parse: then the source address is all there is to send it to.
pub fn refusal(bytes: &[u8], error: &MessageError) -> Option<Response> {
    let bytes = skip_empty_lines(bytes.get(..bytes.len().min(MESSAGE_SIZE_MAX))?);
    let head_length = normalise::head_length(bytes, 0).unwrap_or(bytes.len()).min(normalise::HEAD_SIZE_MAX);
    let head = normalise::head(bytes.get(..head_length)?, Strictness::Salvage).ok()?;
    let (method, _) = head.start_line.as_str().split_once(' ')?;
    let is_request = lex::is_token(method) && !method.starts_with("SIP/") && method != "ACK";
    if *error == MessageError::Garbage || !is_request {
        return None;
    }
    head.headers.first(name::VIA)?;
    head.headers.first(name::CSEQ)?;
    let request = Request {
        method: Method::from_token(method),
        uri: Uri::sip(None, super::Host::Name(String::new()), None),
        headers: head.headers,
        body: Bytes::new(),
    };
    let mut response = request.response(error.status());
    // RFC 3261 §21.4.1: the phrase should identify the problem.
    response.reason = format!("{} ({error})", response.reason);
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: &str = "OPTIONS sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:a@h>;tag=1\r\n\
        To: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n";

    fn parse(text: &str) -> Result<Message, MessageError> {
        parse_datagram(text.as_bytes())
    }

    #[test]
    fn content_length_bounds_the_body_of_a_datagram() {
        let body = |text: &str| {
            parse(&format!("{OPTIONS}{text}")).map(|m| match m {
                Message::Request(request) => request.body,
                Message::Response(response) => response.body,
            })
        };
        assert_eq!(body("l: 2\r\n\r\nabcd").unwrap(), "ab");
        assert_eq!(body("\r\nabcd").unwrap(), "abcd");
        assert_eq!(body("l: 5\r\n\r\nabcd"), Err(MessageError::Malformed("Content-Length")));
    }

    #[test]
    fn a_bare_carriage_return_in_a_phrase_reads_as_a_space() {
        let Ok(Message::Response(response)) = parse("SIP/2.0 200 O\rK\r\n\r\n") else {
            panic!("no response")
        };
        assert_eq!(response.reason, "O K");
    }

    #[test]
    fn start_lines_are_strict() {
        for line in [
            "OPTIONS  sip:b@h SIP/2.0",
            "OPTIONS sip:b@h SIP/2.0 ",
            "OPTIONS sip:b@h  SIP/2.0",
            "OPTIONS sip:b@h",
        ] {
            assert!(matches!(parse(&format!("{line}\r\n\r\n")), Err(MessageError::Malformed(_))), "{line}");
        }
        assert_eq!(parse("OPTIONS sip:b@h SIP/7.0\r\n\r\n"), Err(MessageError::Version));
        assert!(parse("OPTIONS sip:b@h sip/2.0\r\n\r\n").is_ok());
        for line in [
            "SIP/2.0 99 x",
            "SIP/2.0 700 x",
            "SIP/2.0 4294967301 x",
            "SIP/2.0 +20 x",
            "SIP/2.0  200 x",
            "SIP/2.0",
        ] {
            assert!(matches!(parse(&format!("{line}\r\n\r\n")), Err(MessageError::Malformed(_))), "{line}");
        }
        assert!(parse("SIP/2.0 200\r\n\r\n").is_ok());
        for text in ["", "\r\n\r\n", "hello", "\0\0\0\0", "GET / HTTP/1.1", "\u{1}\u{2} x SIP/2.0\r\n\r\n"] {
            assert!(parse(text).is_err(), "{text:?}");
        }
        assert_eq!(parse("hello\r\n\r\n"), Err(MessageError::Garbage));
    }

    #[test]
    fn a_broken_request_is_answered_from_what_can_be_read() {
        let text = OPTIONS.replace("sip:b@h SIP", "sip:b@h SIP/2.0 SIP") + "nonsense\r\n\r\n";
        let response = refusal(text.as_bytes(), &parse(&text).unwrap_err()).unwrap();
        assert_eq!(response.status, 400);
        assert_eq!(response.headers.via().unwrap().branch(), "z9hG4bKa");
        assert_eq!(refusal(OPTIONS.replace("OPTIONS", "ACK").as_bytes(), &MessageError::Version), None);
        assert_eq!(refusal(b"SIP/2.0 999 x\r\n\r\n", &MessageError::Malformed("x")), None);
        assert_eq!(refusal(OPTIONS.as_bytes(), &MessageError::Version).unwrap().status, 505);
    }

    #[test]
    fn size_is_limited() {
        let text = |size: usize| format!("{OPTIONS}\r\n{}", "x".repeat(size - OPTIONS.len() - 2));
        assert!(parse(&text(MESSAGE_SIZE_MAX)).is_ok());
        assert_eq!(parse(&text(MESSAGE_SIZE_MAX + 1)), Err(MessageError::TooLarge("message")));
    }
}
