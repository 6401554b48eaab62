//! A session description as data (RFC 8866 §5). Reading stands in `parse`, writing in `print`.
//!
//! What the exchange acts on is lifted out of the attributes into fields (`rtpmap`, `fmtp`, direction, `ptime`, `maxptime`,
//! `rtcp`, `rtcp-mux`); everything else stays an [`Attribute`]. `e= p= u= i= r= z= k=` say nothing to an exchange: they are
//! read over and not kept.

use cordboard_base::{Direction, Format};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use serde::{Deserialize, Serialize};

/// A whole description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionDescription {
    /// `o=`: who made it, and its version.
    pub origin: Origin,
    /// `s=`; `-` where there is none.
    pub name: String,
    /// `c=` before the first media line: holds for every stream without its own.
    pub connection: Option<Address>,
    /// `b=` before the first media line, as written (`AS:64`).
    pub bandwidth: Vec<String>,
    /// `t=`; `0 0` for every call.
    pub times: Vec<Timing>,
    /// Session-level attributes. A session-level direction is not kept here: it stands in every stream without its own.
    pub attributes: Vec<Attribute>,
    /// The streams, in order. An answer has as many, in the same order (RFC 3264 §6).
    pub media: Vec<Media>,
}

/// `o=` (RFC 8866 §5.2). Numbers stay text: phones write ones that overflow 64 bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The maker's name, `-` if it has none.
    pub username: String,
    /// Tells sessions of one maker apart.
    pub session_id: String,
    /// Grows with every change of the description (RFC 3264 §8).
    pub version: String,
    /// The maker's address. Never where media goes.
    pub address: Address,
}

/// An address of a `c=`, `o=` or `a=rtcp` line. A multicast one's TTL and count are dropped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Address {
    /// A literal address.
    Ip(IpAddr),
    /// A domain name. Tolerated, never resolved: latching finds such a peer.
    Name {
        /// What the line calls it.
        family: Family,
        /// The name.
        name: String,
    },
}

/// The address type of a line: `IP4` or `IP6`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Family {
    /// `IP4`.
    V4,
    /// `IP6`.
    V6,
}

/// One `t=` line, in seconds of NTP time; 0 is "unbounded".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timing {
    /// Start.
    pub start: u64,
    /// Stop.
    pub stop: u64,
}

/// One `a=` line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Before the colon.
    pub name: String,
    /// After it.
    pub value: Option<String>,
}

/// One `m=` line and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// The kind.
    pub kind: MediaKind,
    /// Where its maker receives it. 0: the stream is refused or removed (RFC 3264 §6, §8.2).
    pub port: u16,
    /// The number of ports, 1 where it does not say.
    pub port_count: u16,
    /// `RTP/AVP`, `RTP/SAVP`, `udptl`, … as written.
    pub protocol: String,
    /// The formats in the maker's order of preference.
    pub payloads: Payloads,
    /// Its own `c=`, which replaces the session's.
    pub connection: Option<Address>,
    /// `b=` lines, as written.
    pub bandwidth: Vec<String>,
    /// Attributes that have no field here.
    pub attributes: Vec<Attribute>,
    /// Who sends, from the maker's view; the session's where the stream does not say.
    pub direction: Direction,
    /// `a=ptime`: how many milliseconds of audio per packet its maker would like to receive.
    pub ptime_ms: Option<u16>,
    /// `a=maxptime`: how many at most.
    pub maxptime_ms: Option<u16>,
    /// `a=rtcp` (RFC 3605): where it receives RTCP, if not at the next port.
    pub rtcp: Option<Rtcp>,
    /// `a=rtcp-mux` (RFC 5761): RTCP at the RTP port.
    pub rtcp_mux: bool,
}

/// `a=rtcp` (RFC 3605 §2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rtcp {
    /// The port.
    pub port: u16,
    /// The address, if not that of the stream.
    pub address: Option<Address>,
}

/// What an `m=` line carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MediaKind {
    /// `audio`.
    Audio,
    /// `video`.
    Video,
    /// `image`: T.38.
    Image,
    /// `application`.
    Application,
    /// Another one, as written: `text`, `message`, …
    Other(String),
}

/// The formats of an `m=` line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Payloads {
    /// Of an RTP profile: payload numbers with what `rtpmap` and `fmtp` (or RFC 3551's table) say of them. A dynamic number
    /// that nothing explains has an empty name.
    Rtp(Vec<Format>),
    /// Of anything else, as written: `t38`.
    Other(Vec<String>),
}

impl SessionDescription {
    /// Without the room for more that it was made with: for one that is kept as long as a call lasts. A vector of one has room for
    /// four.
    pub fn to_keep(mut self) -> Self {
        self.times.shrink_to_fit();
        self.media.shrink_to_fit();
        for media in &mut self.media {
            media.attributes.shrink_to_fit();
            match &mut media.payloads {
                Payloads::Rtp(formats) => formats.shrink_to_fit(),
                Payloads::Other(formats) => formats.shrink_to_fit(),
            }
        }
        self
    }

    /// The address of a stream of this description: its own or the session's.
    pub fn address_of<'a>(&'a self, media: &'a Media) -> Option<&'a Address> {
        media.connection.as_ref().or(self.connection.as_ref())
    }

    /// The first stream of a kind that is not refused.
    pub fn active(&self, kind: &MediaKind) -> Option<&Media> {
        self.media.iter().find(|media| media.kind == *kind && media.port != 0)
    }

    /// The audio address that this side receives at, for choosing which of our own it is answered with. `None` if there is
    /// no audio, or a name, or an unspecified address.
    pub fn audio_ip(&self) -> Option<IpAddr> {
        match self.address_of(self.active(&MediaKind::Audio)?)? {
            Address::Ip(ip) if !ip.is_unspecified() => Some(*ip),
            Address::Ip(_) | Address::Name { .. } => None,
        }
    }

    /// The formats offered for a kind, without telephone-event: what the other leg of a bridge may be offered.
    pub fn formats_of(&self, kind: &MediaKind) -> Vec<Format> {
        let formats = self.active(kind).map_or(&[][..], Media::formats);
        formats
            .iter()
            .filter(|format| !format.name.is_empty() && !format.is_telephone_event())
            .cloned()
            .collect()
    }
}

impl Media {
    /// The RTP formats; none for a stream that is not RTP.
    pub fn formats(&self) -> &[Format] {
        match &self.payloads {
            Payloads::Rtp(formats) => formats,
            Payloads::Other(_) => &[],
        }
    }

    /// Whether it is RTP without encryption: `RTP/AVP` or `RTP/AVPF`.
    pub fn is_plain_rtp(&self) -> bool {
        self.protocol.eq_ignore_ascii_case("RTP/AVP") || self.protocol.eq_ignore_ascii_case("RTP/AVPF")
    }
}

impl Address {
    /// The unspecified address of a family.
    pub fn unspecified(family: Family) -> Self {
        match family {
            Family::V4 => Self::Ip(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
            Family::V6 => Self::Ip(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        }
    }

    /// The family.
    pub fn family(&self) -> Family {
        match self {
            Self::Ip(IpAddr::V4(_)) => Family::V4,
            Self::Ip(IpAddr::V6(_)) => Family::V6,
            Self::Name { family, .. } => *family,
        }
    }

    /// Whether it is `0.0.0.0` or `::`: RFC 2543's way of holding (RFC 3264 §8.4).
    pub fn is_unspecified(&self) -> bool {
        matches!(self, Self::Ip(ip) if ip.is_unspecified())
    }
}
