//! An RTP payload format and a stream's direction, as session descriptions and the media engine both name them.

use serde::{Deserialize, Serialize};

/// One payload format of a stream (RFC 4566 `rtpmap` and `fmtp`). Names are the registered ones, compared without case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Format {
    /// The payload type number, 0–127.
    pub payload_type: u8,
    /// The registered encoding name: `PCMU`, `PCMA`, `G722`, `telephone-event`, …
    pub name: String,
    /// The RTP clock in Hz (8,000 for G722, RFC 3551 §4.5.2).
    pub clock_rate_hz: u32,
    /// Channels; 1 where the description does not say.
    pub channels: u8,
    /// The `fmtp` parameters, without the payload number; empty if there are none.
    pub fmtp: String,
}

impl Format {
    /// A single-channel format without parameters.
    pub fn new(payload_type: u8, name: &str, clock_rate_hz: u32) -> Self {
        Self { payload_type, name: name.to_owned(), clock_rate_hz, channels: 1, fmtp: String::new() }
    }

    /// Whether both name the same encoding at the same clock and number of channels, whatever their payload numbers.
    pub fn same_encoding(&self, other: &Self) -> bool {
        self.name.eq_ignore_ascii_case(&other.name)
            && self.clock_rate_hz == other.clock_rate_hz
            && self.channels == other.channels
    }

    /// Whether this is RFC 4733's `telephone-event`.
    pub fn is_telephone_event(&self) -> bool {
        self.name.eq_ignore_ascii_case("telephone-event")
    }
}

/// Who may send on a stream, from the describing side's view (RFC 3264 §5.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Direction {
    /// Both.
    #[default]
    SendRecv,
    /// The describer only sends.
    SendOnly,
    /// The describer only receives.
    RecvOnly,
    /// Nobody.
    Inactive,
}

impl Direction {
    /// The same stream seen from the other side.
    pub fn reversed(self) -> Self {
        match self {
            Self::SendRecv => Self::SendRecv,
            Self::SendOnly => Self::RecvOnly,
            Self::RecvOnly => Self::SendOnly,
            Self::Inactive => Self::Inactive,
        }
    }

    /// Whether the describer sends.
    pub fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether the describer receives.
    pub fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The direction in which the describer sends and receives as told.
    pub fn of(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }
}
