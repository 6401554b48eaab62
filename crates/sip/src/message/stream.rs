//! Streams (TCP, TLS) cut into messages by Content-Length (RFC 3261 §18.3), with the keep-alives of RFC 5626 §4.4.1.
//!
//! ```text
//!            CRLF                      CRLF
//!   idle ───────────▶ half a ping ───────────▶ Ping, idle     (if nothing follows the first CRLF: Pong at once)
//!    │ other                │ other
//!    └──────────────────────┴──▶ head … empty line ──▶ body … Content-Length ──▶ Message, idle
//! ```

use super::normalise::{self, HEAD_SIZE_MAX, Head, Strictness};
use super::parse::{self, MESSAGE_SIZE_MAX};
use super::{Message, MessageError};
use bytes::Bytes;

/// Bytes kept unread: a whole message, and one read of the transport behind it. A peer that exceeds it is cut off.
const BACKLOG_SIZE_MAX: usize = 2 * MESSAGE_SIZE_MAX;

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
/// be closed. Drain `next_message` after every `push`; a push is at most 64 KiB.
///
/// A message without Content-Length has no body. A double CRLF that arrives in two parts shows as a `Pong`, then a `Ping`.
#[derive(Debug, Default)]
pub struct StreamParser {
    buffer: Vec<u8>,
    /// How much of the buffer has been searched for the end of a head.
    searched: usize,
    /// A lone CRLF was the last thing seen.
    half_ping: bool,
    overrun: bool,
    refused: Option<Bytes>,
}

impl StreamParser {
    /// Adds bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.buffer.len() + bytes.len() > BACKLOG_SIZE_MAX {
            self.overrun = true;
            self.buffer = Vec::new();
        }
        if !self.overrun {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// Takes the next message. `Ok(None)`: more bytes are needed. After an error the stream is to be closed; [`Self::refused`]
    /// has the message, if its bounds were known, to answer it with [`super::refusal`] first.
    pub fn next_message(&mut self) -> Result<Option<Framing>, MessageError> {
        self.refused = None;
        if self.overrun {
            return Err(MessageError::TooLarge("backlog"));
        }
        if let Some(keep_alive) = self.keep_alive() {
            return Ok(Some(keep_alive));
        }
        let Some(head_length) = normalise::head_length(&self.buffer, self.searched) else {
            return self.incomplete_head();
        };
        let head = match self.buffer.get(..head_length).map(|head| normalise::head(head, Strictness::Strict))
        {
            Some(Ok(head)) => head,
            Some(Err(error)) => return Err(self.refuse(head_length, error)),
            None => return Ok(None),
        };
        let length = head_length.saturating_add(head.content_length.unwrap_or(0));
        if length > MESSAGE_SIZE_MAX {
            return Err(self.refuse(head_length, MessageError::TooLarge("message")));
        }
        if self.buffer.len() < length {
            return Ok(None);
        }
        self.complete(head, head_length, length)
    }

    /// Whether no byte of an unfinished message is held: the peer owes nothing.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The bytes of the message that the last error was about.
    pub fn refused(&self) -> Option<&[u8]> {
        self.refused.as_deref()
    }

    fn complete(
        &mut self,
        head: Head,
        head_length: usize,
        length: usize,
    ) -> Result<Option<Framing>, MessageError> {
        let body = Bytes::copy_from_slice(self.buffer.get(head_length..length).unwrap_or_default());
        match parse::assemble(head, body) {
            Ok(message) => {
                self.consume(length);
                Ok(Some(Framing::Message(Box::new(message))))
            }
            Err(error) => Err(self.refuse(length, error)),
        }
    }

    fn refuse(&mut self, length: usize, error: MessageError) -> MessageError {
        self.refused = self.buffer.get(..length).map(Bytes::copy_from_slice);
        self.consume(length);
        error
    }

    fn consume(&mut self, length: usize) {
        self.buffer.drain(..length.min(self.buffer.len()));
        self.searched = 0;
    }

    fn incomplete_head(&mut self) -> Result<Option<Framing>, MessageError> {
        if self.buffer.len() > HEAD_SIZE_MAX {
            return Err(MessageError::TooLarge("head"));
        }
        // The end may have begun: look at the last line's end again.
        self.searched = self.buffer.len().saturating_sub(3);
        Ok(None)
    }

    fn keep_alive(&mut self) -> Option<Framing> {
        match self.buffer.as_slice() {
            [b'\r', b'\n', b'\r', b'\n', ..] if !self.half_ping => {
                self.consume(4);
                Some(Framing::Ping)
            }
            [b'\r', b'\n', ..] => {
                self.consume(2);
                let completes = self.half_ping;
                self.half_ping = !completes;
                Some(if completes { Framing::Ping } else { Framing::Pong })
            }
            [] | [b'\r'] => None,
            _ => {
                self.half_ping = false;
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "OPTIONS sip:b@h SIP/2.0\r\nCSeq: 1 OPTIONS\r\nl: 3\r\n\r\nabc";

    fn drain(parser: &mut StreamParser) -> Vec<&'static str> {
        let mut seen = Vec::new();
        while let Some(framing) = parser.next_message().unwrap() {
            seen.push(match framing {
                Framing::Message(message) => {
                    assert!(matches!(*message, Message::Request(request) if request.body == "abc"));
                    "message"
                }
                Framing::Ping => "ping",
                Framing::Pong => "pong",
            });
        }
        seen
    }

    #[test]
    fn messages_and_keep_alives_are_cut_apart() {
        let mut parser = StreamParser::default();
        parser.push(format!("\r\n\r\n{MESSAGE}{MESSAGE}\r\n\r\n{MESSAGE}\r\n").as_bytes());
        assert_eq!(drain(&mut parser), ["ping", "message", "message", "ping", "message", "pong"]);
    }

    #[test]
    fn bytes_may_come_one_by_one() {
        let mut parser = StreamParser::default();
        let mut seen = Vec::new();
        for byte in format!("{MESSAGE}\r\n\r\n{MESSAGE}").bytes() {
            parser.push(&[byte]);
            seen.extend(drain(&mut parser));
        }
        assert_eq!(seen, ["message", "pong", "ping", "message"]);
    }

    #[test]
    fn a_broken_message_is_shown_for_an_answer() {
        let mut parser = StreamParser::default();
        parser.push(MESSAGE.replace("sip:b@h", "<sip:b@h>").as_bytes());
        assert_eq!(parser.next_message(), Err(MessageError::Malformed("Request-URI")));
        assert!(parser.refused().unwrap().ends_with(b"abc"));
    }

    #[test]
    fn limits_end_the_stream() {
        let mut parser = StreamParser::default();
        parser.push(&[b'x'; HEAD_SIZE_MAX]);
        assert_eq!(parser.next_message(), Ok(None));
        parser.push(b"x");
        assert_eq!(parser.next_message(), Err(MessageError::TooLarge("head")));

        let sized = |total: usize| {
            let head = "OPTIONS sip:b@h SIP/2.0\r\nl: 65000\r\n\r\n".len();
            let mut parser = StreamParser::default();
            parser.push(format!("OPTIONS sip:b@h SIP/2.0\r\nl: {}\r\n\r\n", total - head).as_bytes());
            parser.next_message()
        };
        assert_eq!(sized(MESSAGE_SIZE_MAX), Ok(None));
        assert_eq!(sized(MESSAGE_SIZE_MAX + 1), Err(MessageError::TooLarge("message")));

        let mut parser = StreamParser::default();
        parser.push(&[b'x'; BACKLOG_SIZE_MAX]);
        parser.push(b"x");
        assert_eq!(parser.next_message(), Err(MessageError::TooLarge("backlog")));
    }
}
