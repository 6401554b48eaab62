//! Where a message goes or came from.

use core::fmt;
use core::net::SocketAddr;
use serde::{Deserialize, Serialize};

/// A SIP transport (RFC 3261 §18, RFC 3263).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Transport {
    /// Datagrams.
    #[default]
    Udp,
    /// A stream.
    Tcp,
    /// A stream under TLS.
    Tls,
}

impl Transport {
    /// Whether a lost message is the transport's concern, not ours: timers A, E, G, and the waits D, I, K are off (RFC 3261 §17).
    pub fn is_reliable(self) -> bool {
        !matches!(self, Self::Udp)
    }

    /// As `Via` writes it.
    pub fn via_name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
        }
    }

    /// As a URI's `transport` parameter writes it.
    pub fn param(self) -> &'static str {
        match self {
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Tls => "tls",
        }
    }

    /// The port where none is named (RFC 3261 §19.1.2).
    pub fn default_port(self) -> u16 {
        match self {
            Self::Udp | Self::Tcp => 5060,
            Self::Tls => 5061,
        }
    }
}

/// One stream connection, numbered by the shell; never used twice in a process. Only the transaction layer keeps one, to
/// answer where the request came from (RFC 3261 §18.2.2); dialogs and bindings name addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnectionId(pub u64);

/// The next hop of a message, or the one that it came by. With a connection: that connection if it is still open, else a
/// new one to `remote`. Without: any open one to `remote`, else a new one. The shell decides which; no core opens sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Hop {
    /// How.
    pub transport: Transport,
    /// The peer's address.
    pub remote: SocketAddr,
    /// The stream it came by, or is preferred.
    pub connection: Option<ConnectionId>,
}

impl Hop {
    /// A hop to an address, by any connection.
    pub fn new(transport: Transport, remote: SocketAddr) -> Self {
        Self { transport, remote, connection: None }
    }

    /// The same address without a preferred connection.
    pub fn by_address(self) -> Self {
        Self { connection: None, ..self }
    }
}

impl fmt::Display for Hop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.transport.param(), self.remote)
    }
}
