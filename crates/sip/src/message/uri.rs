//! URIs: `sip:`, `sips:`, `tel:`, `urn:` and whatever else a Request-URI may hold (RFC 3261 §19.1, RFC 3966).

use super::MessageError;
use core::fmt;
use core::net::IpAddr;
use serde::{Deserialize, Serialize};

/// A URI's scheme.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`; the number is in `user`.
    Tel,
    /// Any other; the rest is in `user`, verbatim.
    Other(String),
}

/// A host: a name or an address. IPv6 addresses print in brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Host {
    /// A domain name; compares without case, kept in lower case.
    Name(String),
    /// An address.
    Ip(IpAddr),
}

/// `;name=value` parameters, in order; names compare without case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Params(Vec<(String, Option<String>)>);

/// A URI. The user part is held unescaped and is escaped when printed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Uri {
    /// The scheme.
    pub scheme: Scheme,
    /// The user part, unescaped.
    pub user: Option<String>,
    /// The password part, verbatim (deprecated, kept).
    pub password: Option<String>,
    /// The host; an empty name for `tel:` and other schemes.
    pub host: Host,
    /// The port.
    pub port: Option<u16>,
    /// `;` parameters.
    pub params: Params,
    /// `?name=value&…` headers, unescaped.
    pub headers: Vec<(String, String)>,
}

impl Host {
    /// From text, with or without brackets.
    pub fn parse(_text: &str) -> Result<Self, MessageError> {
        todo!()
    }

    /// The address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Name(_) => None,
        }
    }
}

impl Params {
    /// The value of `name`: `Some("")` for a parameter without one.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_deref().unwrap_or(""))
    }

    /// Whether `name` is there.
    pub fn has(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Puts or replaces a parameter; `None` is one without a value.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.remove(name);
        self.0.push((name.to_owned(), value.map(str::to_owned)));
    }

    /// Removes a parameter.
    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(n, v)| (n.as_str(), v.as_deref()))
    }
}

impl Uri {
    /// `sip:user@host:port` without parameters.
    pub fn sip(user: Option<&str>, host: Host, port: Option<u16>) -> Self {
        Self {
            scheme: Scheme::Sip,
            user: user.map(str::to_owned),
            password: None,
            host,
            port,
            params: Params::default(),
            headers: Vec::new(),
        }
    }

    /// From text.
    pub fn parse(_text: &str) -> Result<Self, MessageError> {
        todo!()
    }

    /// Equality by the rules of RFC 3261 §19.1.4 (escapes, case of host and parameters, which parameters must match).
    pub fn equivalent(&self, _other: &Self) -> bool {
        todo!()
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Self::Ip(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, _f: &mut fmt::Formatter<'_>) -> fmt::Result {
        todo!()
    }
}
