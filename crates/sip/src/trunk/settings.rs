//! A trunk as it is configured.

use super::{Rule, Shown};
use crate::message::{Host, MessageError, Uri};
use crate::session::Credentials;
use cordboard_base::{Hop, Networks, Prefix, Transport};
use serde::{Deserialize, Serialize};

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
    pub fn parse(text: &str) -> Result<Self, MessageError> {
        let uri = Uri::parse(&format!("sip:{text}"))?;
        match (uri.user, uri.params.is_empty() && uri.headers.is_empty()) {
            (None, true) => Ok(Self { host: uri.host, port: uri.port }),
            (Some(_), _) | (None, false) => Err(MessageError::Malformed("server")),
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
