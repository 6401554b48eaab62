//! Messages → bytes.

use super::name::{self, Layout};
use super::{Headers, Request, Response, lex};
use bytes::Bytes;
use core::fmt::{self, Write};

/// Room for the start line, Content-Length and the empty line.
const FRAME_USUAL: usize = 128;

struct Wire(Vec<u8>);

impl Wire {
    /// With room for most messages of this content, and little more: transactions keep what they have sent.
    fn with_room_for(headers: &Headers, body: &[u8]) -> Self {
        const SEPARATORS: usize = "\r\n: ".len();
        let fields: usize = headers.iter().map(|(name, value)| name.len() + value.len() + SEPARATORS).sum();
        Self(Vec::with_capacity(FRAME_USUAL + fields + body.len()))
    }
}

impl Write for Wire {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        lex::encode(text, &mut self.0);
        Ok(())
    }
}

pub(super) fn request(request: &Request) -> Bytes {
    let mut wire = Wire::with_room_for(&request.headers, &request.body);
    // Writing to memory does not fail.
    let _infallible = write!(wire, "{} {} SIP/2.0", request.method, request.uri);
    finish(wire, &request.headers, &request.body)
}

pub(super) fn response(response: &Response) -> Bytes {
    let mut wire = Wire::with_room_for(&response.headers, &response.body);
    let _infallible = write!(wire, "SIP/2.0 {} {}", response.status, response.reason);
    finish(wire, &response.headers, &response.body)
}

fn finish(mut wire: Wire, headers: &Headers, body: &[u8]) -> Bytes {
    let mut before = "";
    // A quote or bracket that a peer left open would swallow the comma behind it: such a value has a line of its own.
    let may_share = |value: &str| !value.contains(['"', '<']);
    for (name, value) in headers.iter().filter(|(name, _)| *name != name::CONTENT_LENGTH) {
        let is_list = || name::lookup(name).is_some_and(|known| known.layout == Layout::Tokens);
        if name == before && may_share(value) && is_list() {
            wire.0.extend_from_slice(b", ");
        } else {
            wire.0.extend_from_slice(b"\r\n");
            lex::encode(name, &mut wire.0);
            wire.0.extend_from_slice(b": ");
        }
        lex::encode(value, &mut wire.0);
        before = if may_share(value) { name } else { "" };
    }
    wire.0.extend_from_slice(b"\r\nContent-Length: ");
    let _infallible = write!(wire, "{}", body.len());
    wire.0.extend_from_slice(b"\r\n\r\n");
    wire.0.extend_from_slice(body);
    Bytes::from(wire.0)
}

#[cfg(test)]
mod tests {
    use crate::message::*;

    #[test]
    fn a_quote_left_open_does_not_swallow_the_next_value() {
        let mut request = Request::new(Method::Options, Uri::parse("sip:b@h").unwrap());
        for value in ["a", "b\"", "c", "d"] {
            request.headers.push("Accept", value);
        }
        let expected = "OPTIONS sip:b@h SIP/2.0\r\nAccept: a\r\nAccept: b\"\r\nAccept: c, d\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(request.to_bytes(), expected);
        assert_eq!(parse_datagram(&request.to_bytes()), Ok(Message::Request(request)));
    }

    #[test]
    fn length_is_counted_and_token_lists_share_a_line() {
        let mut request = Request::new(Method::Options, Uri::parse("sip:b@h").unwrap());
        request.headers.push("v", "SIP/2.0/UDP h");
        request.headers.push("content-length", "99");
        request.headers.push("Allow", "INVITE");
        request.headers.push("Allow", "BYE");
        request.headers.push("Contact", "<sip:a>\r\nEvil: 1");
        request.headers.push("Contact", "<sip:b>");
        request.body = "abc".into();
        let expected = "OPTIONS sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nAllow: INVITE, BYE\r\n\
            Contact: <sip:a>  Evil: 1\r\nContact: <sip:b>\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(request.to_bytes(), expected);
        let response =
            Response { status: 200, reason: "OK".into(), headers: Headers::default(), body: Bytes::new() };
        assert_eq!(response.to_bytes(), "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
}
