//! Hosts, and hosts with ports (RFC 3261 §25.1 hostport; RFC 5118 for IPv6).

use super::MessageError;
use core::fmt;
use core::net::{IpAddr, Ipv6Addr};
use serde::{Deserialize, Serialize};

const MALFORMED: MessageError = MessageError::Malformed("host");

/// A host: a name or an address. IPv6 addresses print in brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Host {
    /// A domain name; compares without case, kept in lower case.
    Name(String),
    /// An address.
    Ip(IpAddr),
}

impl Host {
    /// From text, with or without brackets.
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(MALFORMED)?;
            return ipv6(inner).map(|ip| Self::Ip(IpAddr::V6(ip))).ok_or(MALFORMED);
        }
        if let Ok(ip) = text.parse() {
            return Ok(Self::Ip(ip));
        }
        // `_` is no host name character, but people's networks have it.
        let named =
            !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        if named { Ok(Self::Name(text.to_ascii_lowercase())) } else { Err(MALFORMED) }
    }

    /// The address, if it is one.
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Name(_) => None,
        }
    }

    pub(super) fn none() -> Self {
        Self::Name(String::new())
    }
}

/// RFC 5118 §4.10: RFC 3261's grammar lets `2001:db8:::192.0.2.1` pass, so such an address is read as it was meant.
fn ipv6(text: &str) -> Option<Ipv6Addr> {
    text.parse().ok().or_else(|| text.contains(":::").then(|| text.replacen(":::", "::", 1).parse().ok())?)
}

/// `host[:port]`; white space may stand around the colon (in a Via).
pub(super) fn host_port(text: &str) -> Result<(Host, Option<u16>), MessageError> {
    let host_end = match text.starts_with('[') {
        true => text.find(']').ok_or(MALFORMED)? + 1,
        false => text.find(':').unwrap_or(text.len()),
    };
    let (host, port) = text.split_at(host_end);
    let host = Host::parse(host.trim_end())?;
    let port = match port.trim_start() {
        "" => None,
        port => Some(port.strip_prefix(':').and_then(|p| number(p.trim_start())).ok_or(MALFORMED)?),
    };
    Ok((host, port))
}

fn number(digits: &str) -> Option<u16> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_addresses_and_ports() {
        for (text, printed, port) in [
            ("Example.COM", "example.com", None),
            ("a_b-c.d. : 5061", "a_b-c.d.", Some(5061)),
            ("192.0.2.1:0", "192.0.2.1", Some(0)),
            ("[2001:DB8::1]:65535", "[2001:db8::1]", Some(65535)),
        ] {
            let (host, found) = host_port(text).unwrap();
            assert_eq!((host.to_string().as_str(), found), (printed, port));
        }
        assert_eq!(Host::parse("::1"), Ok(Host::Ip("::1".parse().unwrap())));
        for text in [
            "",
            ":1",
            "a:",
            "a:65536",
            "a:+1",
            "a:1x",
            "[::1",
            "[::g]",
            "[::1]1",
            "a b",
            "[1.2.3.4]",
            "[::1%eth0]",
        ] {
            assert!(host_port(text).is_err(), "{text}");
        }
    }
}
