//! Writing a description (RFC 8866 §9). Every RTP format with a name gets its `rtpmap`, static ones too: it costs 20 bytes
//! and spares guesses.

use crate::{Address, Attribute, Family, Media, MediaKind, Payloads, SessionDescription};
use cordboard_base::Direction;
use core::fmt;

impl SessionDescription {
    /// The text for a message body.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

impl fmt::Display for SessionDescription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origin = &self.origin;
        write!(
            f,
            "v=0\r\no={} {} {} {}\r\n",
            origin.username, origin.session_id, origin.version, origin.address
        )?;
        write!(f, "s={}\r\n", self.name)?;
        if let Some(address) = &self.connection {
            write!(f, "c={address}\r\n")?;
        }
        for bandwidth in &self.bandwidth {
            write!(f, "b={bandwidth}\r\n")?;
        }
        for timing in &self.times {
            write!(f, "t={} {}\r\n", timing.start, timing.stop)?;
        }
        for attribute in &self.attributes {
            write!(f, "{attribute}")?;
        }
        self.media.iter().try_for_each(|media| write!(f, "{media}"))
    }
}

impl fmt::Display for Media {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "m={} {}", self.kind, self.port)?;
        if self.port_count != 1 {
            write!(f, "/{}", self.port_count)?;
        }
        write!(f, " {}{}\r\n", self.protocol, self.payloads)?;
        if let Some(address) = &self.connection {
            write!(f, "c={address}\r\n")?;
        }
        for bandwidth in &self.bandwidth {
            write!(f, "b={bandwidth}\r\n")?;
        }
        for format in self.formats().iter().filter(|format| !format.name.is_empty()) {
            write!(f, "a=rtpmap:{} {}/{}", format.payload_type, format.name, format.clock_rate_hz)?;
            if format.channels > 1 {
                write!(f, "/{}", format.channels)?;
            }
            f.write_str("\r\n")?;
        }
        for format in self.formats().iter().filter(|format| !format.fmtp.is_empty()) {
            write!(f, "a=fmtp:{} {}\r\n", format.payload_type, format.fmtp)?;
        }
        if let Some(ms) = self.ptime_ms {
            write!(f, "a=ptime:{ms}\r\n")?;
        }
        if let Some(ms) = self.maxptime_ms {
            write!(f, "a=maxptime:{ms}\r\n")?;
        }
        if let Some(rtcp) = &self.rtcp {
            write!(f, "a=rtcp:{}", rtcp.port)?;
            rtcp.address.as_ref().map_or(Ok(()), |address| write!(f, " {address}"))?;
            f.write_str("\r\n")?;
        }
        if self.rtcp_mux {
            f.write_str("a=rtcp-mux\r\n")?;
        }
        self.attributes.iter().try_for_each(|attribute| write!(f, "{attribute}"))?;
        write!(f, "a={}\r\n", name_of(self.direction))
    }
}

fn name_of(direction: Direction) -> &'static str {
    match direction {
        Direction::SendRecv => "sendrecv",
        Direction::SendOnly => "sendonly",
        Direction::RecvOnly => "recvonly",
        Direction::Inactive => "inactive",
    }
}

impl fmt::Display for Payloads {
    /// Each with a space before it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rtp(formats) => formats.iter().try_for_each(|format| write!(f, " {}", format.payload_type)),
            Self::Other(tokens) => tokens.iter().try_for_each(|token| write!(f, " {token}")),
        }
    }
}

impl fmt::Display for MediaKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Image => "image",
            Self::Application => "application",
            Self::Other(token) => token,
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = match self.family() {
            Family::V4 => "IP4",
            Family::V6 => "IP6",
        };
        match self {
            Self::Ip(ip) => write!(f, "IN {family} {ip}"),
            Self::Name { name, .. } => write!(f, "IN {family} {name}"),
        }
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "a={}:{value}\r\n", self.name),
            None => write!(f, "a={}\r\n", self.name),
        }
    }
}
