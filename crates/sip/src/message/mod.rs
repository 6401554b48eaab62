//! The message façade: bytes in, typed requests and responses out, and back. rsip 0.4 is used inside this module and
//! never appears in a public signature; what it lacks (folding, compact names, comma lists, IPv6 and `tel:` URIs, limits,
//! Content-Length) is done here. A message is parsed once; header values stay text until somebody asks for them typed.
//!
//! ```text
//! bytes ─ stream ─▶ normalise ─▶ parse ─▶ Request │ Response ─ validate ─▶ Mandatory, or a Refusal with its status
//!   ▲     (framing)  (bounds,     (start line,         │
//!   │                unfolding,    body)                └ headers, typed on demand: via, name_addr, uri, params, typed/
//!   └───── print ◀── names, lists) ◀────────────────────┘
//! ```
//!
//! rsip tokenises start lines and warnings, and is what the tests compare with (`tests/against_rsip.rs`). Its typed
//! headers cost two to four times ours (`benches/message.rs`) and refuse what RFC 4475 and RFC 5118 want accepted.

pub mod date;
mod escape;
mod headers;
mod host;
mod lex;
mod method;
mod multipart;
mod name_addr;
mod normalise;
mod params;
mod parse;
mod print;
mod stream;
mod text;
mod typed;
mod uri;
mod validate;
mod via;

pub use headers::{CSeq, Headers};
pub use host::Host;
pub use lex::{is_token, quote, readable, unquote};
pub use method::Method;
pub use multipart::{BodyError, NESTING_MAX, PART_FIELDS_MAX, PARTS_MAX, session_description};
pub use name_addr::NameAddr;
pub use normalise::{FIELD_COUNT_MAX, FIELD_SIZE_MAX, HEAD_SIZE_MAX};
pub use params::Params;
pub use parse::{MESSAGE_SIZE_MAX, MessageError, parse_datagram, refusal};
pub use stream::{Framing, StreamParser};
pub use typed::{
    Event, MediaType, Parameterised, Privacy, RAck, ReferTo, Refresher, Replaces, SessionExpires,
    SubscriptionState, Substate, Warning,
};
pub use uri::{Scheme, Uri};
pub use validate::{Mandatory, Refusal};
pub use via::Via;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The names of header fields as this code writes them. Lookups ignore case and know the compact forms (RFC 3261 §7.3.3).
pub mod name;

/// A SIP request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The Request-URI.
    pub uri: Uri,
    /// All header fields but Content-Length, in order.
    pub headers: Headers,
    /// The body; its length is written as Content-Length, whatever the headers say.
    pub body: Bytes,
}

/// A SIP response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// 100–699.
    pub status: u16,
    /// The reason phrase.
    pub reason: String,
    /// All header fields but Content-Length, in order.
    pub headers: Headers,
    /// The body.
    pub body: Bytes,
}

/// Either.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// Fields of a usual response of ours.
const FIELDS_USUAL: usize = 12;

impl Request {
    /// A request with no headers and no body.
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: Headers::default(), body: Bytes::new() }
    }

    /// The wire form.
    pub fn to_bytes(&self) -> Bytes {
        print::request(self)
    }

    /// A response to this request: Via, From, To, Call-ID and CSeq copied (RFC 3261 §8.2.6.2), Record-Route too where it
    /// makes a dialog, the standard reason phrase, no To tag added.
    pub fn response(&self, status: u16) -> Response {
        let makes_dialog = (101..300).contains(&status);
        let copied = [name::VIA, name::RECORD_ROUTE, name::FROM, name::TO, name::CALL_ID, name::CSEQ];
        let headers = self.headers.copied(
            copied.into_iter().filter(|name| makes_dialog || *name != name::RECORD_ROUTE),
            FIELDS_USUAL,
        );
        Response { status, reason: reason_phrase(status).to_owned(), headers, body: Bytes::new() }
    }
}

impl Response {
    /// The wire form.
    pub fn to_bytes(&self) -> Bytes {
        print::response(self)
    }

    /// 1xx.
    pub fn is_provisional(&self) -> bool {
        self.status < 200
    }

    /// 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Message {
    /// The headers of either.
    pub fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// The wire form.
    pub fn to_bytes(&self) -> Bytes {
        match self {
            Self::Request(request) => request.to_bytes(),
            Self::Response(response) => response.to_bytes(),
        }
    }
}

/// The standard phrase of a status (RFC 3261 §21 and successors), `Unknown` for others.
pub fn reason_phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        181 => "Call Is Being Forwarded",
        182 => "Queued",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        204 => "No Notification",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Moved Temporarily",
        305 => "Use Proxy",
        380 => "Alternative Service",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        410 => "Gone",
        412 => "Conditional Request Failed",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        421 => "Extension Required",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        439 => "First Hop Lacks Outbound Support",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        484 => "Address Incomplete",
        485 => "Ambiguous",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        493 => "Undecipherable",
        494 => "Security Agreement Required",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        606 => "Not Acceptable",
        _ => "Unknown",
    }
}
