//! Requests over HTTP that a program asks for: `http::get(…)`, for screen-pop and routing by a CRM.

use crate::Value;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bytes of an answer's body at most: what a text of a script can hold.
pub const HTTP_BODY_MAX: usize = 64 * 1024;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HttpMethod {
    /// GET: redirects are followed.
    Get,
    /// POST.
    Post,
}

/// A request. Who carries it out decides whether its host may be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// What is done.
    pub method: HttpMethod,
    /// `https://host[:port]/path?query`, percent-encoded.
    pub url: String,
    /// Header fields: tokens, and one line of text each.
    pub headers: Vec<(String, String)>,
    /// What is sent along.
    pub body: String,
    /// For all of it, redirects too.
    pub timeout_ms: u32,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HttpStatus {
    /// With an answer of this code, whatever it says.
    Code(u16),
    /// The time was over.
    Timeout,
    /// Nobody takes connections there, or the connection broke.
    Refused,
    /// The name has no address.
    UnknownHost,
    /// The certificate is not trusted, or the office trusts none.
    Tls,
    /// The body is longer than [`HTTP_BODY_MAX`].
    TooLarge,
    /// What came is no HTTP.
    Malformed,
    /// The office does not allow this host, or its address.
    NotAllowed,
    /// Too many requests are under way.
    Overloaded,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpReply {
    /// How it ended.
    pub status: HttpStatus,
    /// The body, as text.
    pub body: String,
    /// Header fields by their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// How long it took.
    pub ms: u32,
}

impl HttpReply {
    /// Without an answer.
    pub fn failed(status: HttpStatus, ms: u32) -> Self {
        Self { status, body: String::new(), headers: BTreeMap::new(), ms }
    }

    /// As the program gets it: `Map` {status: Int or Text, body, headers: Map, ms: Int}; all that came from outside is untrusted.
    pub fn value(self) -> Value {
        let status = match self.status {
            HttpStatus::Code(code) => Value::Int(i64::from(code)),
            HttpStatus::Timeout => Value::Text("timeout".to_owned()),
            HttpStatus::Refused => Value::Text("refused".to_owned()),
            HttpStatus::UnknownHost => Value::Text("unknown-host".to_owned()),
            HttpStatus::Tls => Value::Text("tls".to_owned()),
            HttpStatus::TooLarge => Value::Text("too-large".to_owned()),
            HttpStatus::Malformed => Value::Text("malformed".to_owned()),
            HttpStatus::NotAllowed => Value::Text("not-allowed".to_owned()),
            HttpStatus::Overloaded => Value::Text("overloaded".to_owned()),
        };
        let headers = self.headers.into_iter().map(|(name, value)| (name, Value::Untrusted(value)));
        Value::Map(BTreeMap::from([
            ("status".to_owned(), status),
            ("body".to_owned(), Value::Untrusted(self.body)),
            ("headers".to_owned(), Value::Map(headers.collect())),
            ("ms".to_owned(), Value::Int(i64::from(self.ms))),
        ]))
    }
}
