//! A trunk as it is configured.

use super::{Rule, Shown};
use crate::message::{Host, Uri};
use crate::session::Credentials;
use cordboard_base::{Hop, Networks, Prefix, Transport};
use serde::{Deserialize, Serialize};

/// Why a text is no server. The message is for whoever wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// `sip:host`, `sip:user@host`.
    #[error("only host and port, without `sip:`")]
    Scheme,
    /// `user@host`.
    #[error("a server has no user; the account is `username`")]
    User,
    /// `host;transport=tcp`.
    #[error("a server has no parameters; `transport` is a key of its own")]
    Params,
    /// `2001:db8::1`.
    #[error("an IPv6 address stands in brackets")]
    Bare,
    /// `host:0`, `host:70000`, `host:sip`.
    #[error("a port is a number from 1 to 65535")]
    Port,
    /// `192.0.2.300`: no top-level domain is a number (RFC 3696 §2), so it is a mistyped address.
    #[error("no such IPv4 address")]
    Address,
    /// Anything else.
    #[error("a host name has letters, digits, `-`, `_` and `.`")]
    Host,
}

/// One of a trunk's servers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// A name or an address.
    pub host: Host,
    /// Its port; a name without one is looked up by SRV.
    pub port: Option<u16>,
}

impl Server {
    /// From `host`, `host:port`, `[2001:db8::1]:5060`.
    pub fn parse(text: &str) -> Result<Self, ServerError> {
        let scheme = text.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        if matches!(scheme.as_deref(), Some("sip" | "sips")) {
            return Err(ServerError::Scheme);
        }
        if text.contains('@') {
            return Err(ServerError::User);
        }
        if text.contains([';', '?']) {
            return Err(ServerError::Params);
        }
        if text.parse::<core::net::Ipv6Addr>().is_ok() {
            return Err(ServerError::Bare);
        }
        let host_end = match text.starts_with('[') {
            true => text.find(']').ok_or(ServerError::Host)? + 1,
            false => text.find(':').unwrap_or(text.len()),
        };
        let (host, port) = text.split_at(host_end);
        let host = Host::parse(host).map_err(|_| ServerError::Host)?;
        if let Host::Name(name) = &host {
            let last = name.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
            if last.is_empty() {
                return Err(ServerError::Host);
            }
            if last.bytes().all(|b| b.is_ascii_digit()) {
                return Err(ServerError::Address);
            }
        }
        let number = |port: &str| port.parse().ok().filter(|port| *port > 0 && !text.contains('+'));
        let port = match port.strip_prefix(':') {
            Some(port) => Some(number(port).ok_or(ServerError::Port)?),
            None if port.is_empty() => None,
            None => return Err(ServerError::Host),
        };
        Ok(Self { host, port })
    }
}

impl core::fmt::Display for Server {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.port {
            Some(port) => write!(f, "{}:{port}", self.host),
            None => write!(f, "{}", self.host),
        }
    }
}

/// A trunk as it is configured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrunkSettings {
    /// Its servers, in order of preference.
    pub servers: Vec<Server>,
    /// Its transport; `None`: as DNS says, else UDP.
    pub transport: Option<Transport>,
    /// Its domain, for URIs; empty: the first server's host.
    pub domain: String,
    /// Our account there.
    pub credentials: Option<Credentials>,
    /// Whether we register there.
    pub register: bool,
    /// The registration's wished length, in seconds.
    pub register_s: u32,
    /// OPTIONS every so many seconds; 0: none.
    pub qualify_s: u32,
    /// Addresses from which its calls come, beside those of its servers.
    pub accept_from: Vec<Prefix>,
    /// User name and password that its calls authenticate with, instead of coming from a known address.
    pub inbound: Option<Credentials>,
    /// Calls at once; 0: no bound.
    pub channels: u16,
    /// Of these, incoming ones; 0: no bound of their own.
    pub channels_in: u16,
    /// Of these, outgoing ones; 0: no bound of their own.
    pub channels_out: u16,
    /// Our number there.
    pub number: String,
    /// Whose number is shown as the caller's.
    pub shown: Shown,
    /// What its peer is told of who diverted or transferred a call.
    #[serde(default)]
    pub past: super::Past,
    /// Numbers that are called, as they are sent.
    pub outgoing: Vec<Rule>,
    /// Numbers as they come: called ones and callers'.
    pub incoming: Vec<Rule>,
    /// Our callers' numbers, as they are sent.
    pub caller: Vec<Rule>,
    /// Another trunk that is used when this one can't be.
    pub fallback: Option<String>,
}

impl TrunkSettings {
    /// The host of the trunk's URIs.
    pub fn domain_host(&self) -> Host {
        let first = || self.servers.first().map(|server| server.host.clone());
        let named = if self.domain.is_empty() { None } else { Host::parse(&self.domain).ok() };
        named.or_else(first).unwrap_or_else(|| Host::Name("invalid".to_owned()))
    }

    /// Our address of record there.
    pub(super) fn account(&self) -> Uri {
        let user = self.credentials.as_ref().map(|credentials| credentials.username.as_str());
        let user = user.filter(|user| !user.is_empty()).unwrap_or(&self.number);
        // A user name of the form `user@realm` is for the digest; the address has its first part.
        let user = user.split('@').next().unwrap_or(user);
        Uri::sip(Some(user).filter(|user| !user.is_empty()), self.domain_host(), None)
    }
}

/// Where we listen, for our Contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locals {
    /// Our addresses.
    pub networks: Networks,
    /// The port for UDP.
    pub udp: Option<u16>,
    /// The port for TCP.
    pub tcp: Option<u16>,
    /// The port for TLS.
    pub tls: Option<u16>,
}

impl Locals {
    /// The Contact that the peer at `hop` shall call; `None`: we have no address that it could.
    pub(super) fn contact(&self, user: &str, hop: &Hop) -> Option<Uri> {
        let address = self.networks.advertised(hop.remote.ip())?;
        let port = match hop.transport {
            Transport::Udp => self.udp,
            Transport::Tcp => self.tcp,
            Transport::Tls => self.tls,
        };
        let mut uri = Uri::sip(Some(user), Host::Ip(address), Some(port?));
        if hop.transport.is_reliable() {
            uri.params.set("transport", Some(hop.transport.param()));
        }
        Some(uri)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_a_host_and_perhaps_a_port_and_what_is_not_says_why() {
        for text in
            ["sip.itsp.example", "a_b:5060", "192.0.2.1", "192.0.2.1:65535", "[2001:db8::1]", "[::1]:1"]
        {
            assert_eq!(Server::parse(text).map(|server| server.to_string()), Ok(text.to_owned()));
        }
        for (text, why) in [
            ("", ServerError::Host),
            (".", ServerError::Host),
            ("a b", ServerError::Host),
            ("a,b", ServerError::Host),
            (":5060", ServerError::Host),
            ("[::1", ServerError::Host),
            ("[::1]5060", ServerError::Host),
            ("sip:itsp.example", ServerError::Scheme),
            ("office@itsp.example", ServerError::User),
            ("itsp.example;transport=tcp", ServerError::Params),
            ("2001:db8::1", ServerError::Bare),
            ("itsp.example:", ServerError::Port),
            ("itsp.example:0", ServerError::Port),
            ("itsp.example:65536", ServerError::Port),
            ("itsp.example:+1", ServerError::Port),
            ("192.0.2.300", ServerError::Address),
        ] {
            assert_eq!(Server::parse(text), Err(why), "{text}");
        }
    }
}
