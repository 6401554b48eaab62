//! What we say of ourselves: addresses and capabilities of one leg, brought by the caller.

use cordboard_base::Format;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use serde::{Deserialize, Serialize};

/// Our end of one leg's media.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// The `o=` line's session id, constant for the dialog.
    pub session_id: u64,
    /// The `o=` line's first version. With a previous description its version counts instead: kept if nothing changed, else
    /// one more.
    pub version: u64,
    /// Where we receive audio (the address as the peer is shown it). RTCP is received at the next port, or here with rtcp-mux.
    pub audio: Option<SocketAddr>,
    /// Where we receive video.
    pub video: Option<SocketAddr>,
    /// Whether rtcp-mux is offered, and accepted (RFC 5761).
    pub rtcp_mux: bool,
}

impl Local {
    /// The address for `o=` and the session's `c=`.
    pub fn ip(&self) -> IpAddr {
        self.audio.or(self.video).map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |at| at.ip().to_canonical())
    }
}

/// What a leg can do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Audio encodings in our order of preference. Their numbers are used in offers where they are free. Comfort noise (`CN`, RFC
    /// 3389) among them: it is taken beside a codec of its clock.
    pub audio: Vec<Format>,
    /// Whether RFC 4733 telephone-event is offered and accepted.
    pub telephone_event: bool,
    /// The packet length that we like to receive, and send to a peer that does not say, in milliseconds.
    pub ptime_ms: u16,
    /// Video is passed through: the formats that the other leg offered ([`formats_of`](crate::SessionDescription::formats_of)).
    pub video: Option<Vec<Format>>,
}
