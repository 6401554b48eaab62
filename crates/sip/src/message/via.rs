//! `Via` (RFC 3261 §20.42, RFC 3581).

use super::{Host, MessageError, Params};
use core::fmt;
use serde::{Deserialize, Serialize};

/// One Via.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Via {
    /// `UDP`, `TCP`, `TLS`, … in upper case.
    pub transport: String,
    /// The sent-by host.
    pub host: Host,
    /// The sent-by port.
    pub port: Option<u16>,
    /// `branch`, `received`, `rport`, …
    pub params: Params,
}

impl Via {
    /// The magic cookie of an RFC 3261 branch.
    pub const COOKIE: &'static str = "z9hG4bK";

    /// From one header value.
    pub fn parse(_value: &str) -> Result<Self, MessageError> {
        todo!()
    }

    /// The branch, empty if there is none.
    pub fn branch(&self) -> &str {
        self.params.value("branch").unwrap_or("")
    }
}

impl fmt::Display for Via {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
