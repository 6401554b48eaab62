//! Bytes ↔ messages.

use super::{Message, Request, Response};
use bytes::Bytes;

/// Why bytes are not a message. A request that fails with anything but `Garbage` and `TooLarge` can be answered 400.
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
}

/// Parses one datagram. Bytes past Content-Length are dropped; too few are an error (RFC 3261 §18.3).
pub fn parse_datagram(_bytes: &[u8]) -> Result<Message, MessageError> {
    todo!()
}

/// What a stream yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framing {
    /// A whole message.
    Message(Box<Message>),
    /// A double CRLF: answer it with a single one (RFC 5626 §4.4.1).
    Ping,
    /// A single CRLF: the answer to ours.
    Pong,
}

/// Cuts a byte stream into messages by Content-Length. Bounded: a stream that exceeds the limits ends in an error and is to
/// be closed.
#[derive(Debug, Default)]
pub struct StreamParser {}

impl StreamParser {
    /// Adds bytes.
    pub fn push(&mut self, _bytes: &[u8]) {
        todo!()
    }

    /// Takes the next message. `Ok(None)`: more bytes are needed.
    pub fn next_message(&mut self) -> Result<Option<Framing>, MessageError> {
        todo!()
    }
}

pub(super) fn print_request(_request: &Request) -> Bytes {
    todo!()
}

pub(super) fn print_response(_response: &Response) -> Bytes {
    todo!()
}
