//! `name-addr` and `addr-spec`: From, To, Contact, Route, Refer-To, P-Asserted-Identity, … (RFC 3261 §20.10).

use super::{MessageError, Params, Uri};
use core::fmt;
use serde::{Deserialize, Serialize};

/// A display name, a URI and header parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameAddr {
    /// The display name, unquoted.
    pub display: Option<String>,
    /// The address.
    pub uri: Uri,
    /// The header's parameters (`tag`, `expires`, `q`, …), not the URI's.
    pub params: Params,
}

impl NameAddr {
    /// An address without display name and parameters.
    pub fn new(uri: Uri) -> Self {
        Self { display: None, uri, params: Params::default() }
    }

    /// From one header value. Without angle brackets, parameters belong to the header (RFC 3261 §20).
    pub fn parse(_value: &str) -> Result<Self, MessageError> {
        todo!()
    }

    /// The `tag` parameter.
    pub fn tag(&self) -> Option<&str> {
        self.params.value("tag")
    }

    /// The same with this `tag`.
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", Some(tag));
        self
    }
}

impl fmt::Display for NameAddr {
    /// Always with angle brackets; the display name quoted and escaped.
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
