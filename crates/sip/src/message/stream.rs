//! Streams (TCP, TLS) cut into messages by Content-Length (RFC 3261 §18.3), with the keep-alives of RFC 5626 §4.4.1.
//!
//! ```text
//!            CRLF                      CRLF
//!   idle ───────────▶ half a ping ───────────▶ Ping, idle     (if nothing follows the first CRLF: Pong at once)
//!    │ other                │ other
//!    └──────────────────────┴──▶ head … empty line ──▶ body … Content-Length ──▶ Message, idle
//! ```

use super::MessageError;
use super::normalise::{self, HEAD_SIZE_MAX};
use super::parse::MESSAGE_SIZE_MAX;
use bytes::Bytes;

/// Bytes kept unread: a whole message, and one read of the transport behind it. A peer that exceeds it is cut off.
const BACKLOG_SIZE_MAX: usize = 2 * MESSAGE_SIZE_MAX;

/// What a stream yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framing {
    /// A whole message as it came, for [`super::parse_datagram`]. Only its length has been looked at.
    Message(Bytes),
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
        let head = self.buffer.get(..head_length).unwrap_or_default();
        let length = match normalise::body_length(head) {
            Ok(body) => head_length.saturating_add(body.unwrap_or(0)),
            Err(error) => return Err(self.refuse(head_length, error)),
        };
        if length > MESSAGE_SIZE_MAX {
            return Err(self.refuse(head_length, MessageError::TooLarge("message")));
        }
        let Some(message) = self.buffer.get(..length).map(Bytes::copy_from_slice) else {
            return Ok(None);
        };
        self.consume(length);
        Ok(Some(Framing::Message(message)))
    }

    /// Whether no byte of an unfinished message is held: the peer owes nothing.
    pub fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }

    /// The bytes of the message that the last error was about.
    pub fn refused(&self) -> Option<&[u8]> {
        self.refused.as_deref()
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
                    assert_eq!(message, MESSAGE);
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
    fn whatever_is_wrong_with_a_message_whose_end_is_known_is_its_readers_business() {
        let mut parser = StreamParser::default();
        let broken = MESSAGE.replace("sip:b@h", "<sip:b@h>").replace("CSeq", "C Seq");
        parser.push(format!("{broken}{MESSAGE}").as_bytes());
        assert_eq!(parser.next_message(), Ok(Some(Framing::Message(broken.into()))));
        assert_eq!(drain(&mut parser), ["message"]);
    }

    #[test]
    fn a_message_whose_end_is_in_doubt_is_shown_for_an_answer() {
        for lengths in [
            "l: 3\r\nContent-Length: 4",
            "l: x",
            "Content-Length: +3",
            "l:3\r\n 4",
            "l : 99999999999999999999",
        ] {
            let mut parser = StreamParser::default();
            parser.push(MESSAGE.replace("l: 3", lengths).as_bytes());
            assert_eq!(parser.next_message(), Err(MessageError::Malformed("Content-Length")), "{lengths}");
            assert!(parser.refused().unwrap().ends_with(b"\r\n\r\n"));
        }
        let mut parser = StreamParser::default();
        parser.push(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        assert_eq!(parser.next_message(), Err(MessageError::Garbage));
    }

    #[test]
    fn a_length_is_found_however_it_is_written() {
        for length in [
            "Content-Length: 3",
            "CONTENT-LENGTH\t:\t3 ",
            "L:3",
            "l:\r\n 3",
            "l: 3\r\n\t\r\nContent-Length:3",
        ] {
            let mut parser = StreamParser::default();
            let text = MESSAGE.replace("l: 3", length);
            parser.push(format!("{text}\r\n\r\n").as_bytes());
            assert_eq!(parser.next_message(), Ok(Some(Framing::Message(text.into()))), "{length}");
        }
        // A continuation of another field is none.
        let mut parser = StreamParser::default();
        parser.push(b"OPTIONS sip:h SIP/2.0\r\nSubject: a\r\n l: 3\r\n\r\n");
        assert!(matches!(parser.next_message(), Ok(Some(Framing::Message(_)))));
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
