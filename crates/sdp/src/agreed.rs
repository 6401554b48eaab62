//! What two sides agreed on, from our view.

use crate::ExtendedReports;
use cordboard_base::{Direction, Format};
use core::net::SocketAddr;
use serde::{Deserialize, Serialize};

/// The outcome of one offer/answer exchange. A stream is `None` if it was not offered, or was refused, or removed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreed {
    /// The audio stream.
    pub audio: Option<AgreedAudio>,
    /// The video stream.
    pub video: Option<AgreedVideo>,
}

/// An agreed audio stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreedAudio {
    /// Where to send. `None` if the peer gave no usable address (`c=0.0.0.0`, a name, multicast, port 9): latch on what comes.
    pub remote_rtp: Option<SocketAddr>,
    /// Where to send RTCP; the RTP address with rtcp-mux.
    pub remote_rtcp: Option<SocketAddr>,
    /// Whether RTCP shares the RTP port, both ways.
    pub rtcp_mux: bool,
    /// What we may send, the first one preferred, with the payload numbers and parameters that the *peer* wants to receive
    /// (RFC 3264 §5.1, §6.1). Never empty, a codec first; comfort noise last, if both have it; without telephone-event.
    pub send: Vec<Format>,
    /// What may arrive, with the numbers and parameters that *we* said. As `send`.
    pub receive: Vec<Format>,
    /// Digits as events, if both sides have them.
    pub telephone_event: Option<TelephoneEvent>,
    /// Milliseconds of audio per packet that we send: what the peer asked for, else ours.
    pub ptime_ms: u16,
    /// Who sends, from our view.
    pub direction: Direction,
    /// The peer does not want to hear us: it has put us on hold (RFC 3264 §8.4), by direction or by `c=0.0.0.0`.
    pub held_by_peer: bool,
    /// The extended RTCP reports that the peer would like to get.
    #[serde(default)]
    pub extended_reports: ExtendedReports,
}

/// An agreed video stream. It is passed through, so several formats may be agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgreedVideo {
    /// As [`AgreedAudio::remote_rtp`].
    pub remote_rtp: Option<SocketAddr>,
    /// As [`AgreedAudio::remote_rtcp`].
    pub remote_rtcp: Option<SocketAddr>,
    /// As [`AgreedAudio::rtcp_mux`].
    pub rtcp_mux: bool,
    /// As [`AgreedAudio::send`].
    pub send: Vec<Format>,
    /// As [`AgreedAudio::receive`].
    pub receive: Vec<Format>,
    /// As [`AgreedAudio::direction`].
    pub direction: Direction,
}

/// An agreed telephone-event (RFC 4733). Its clock is that of the first codec where both sides have such, else 8,000 Hz.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelephoneEvent {
    /// The payload number that the peer wants events with.
    pub send_pt: u8,
    /// The payload number that we said.
    pub receive_pt: u8,
    /// The RTP clock in Hz.
    pub clock_rate_hz: u32,
    /// Which events the peer takes.
    pub events: Events,
}

/// A set of events 0–31 (RFC 4733 §2.4.1): digits 0–9, `*` 10, `#` 11, A–D 12–15, flash 16. Others are not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events(u32);

impl Events {
    /// What a description without parameters means: 0–15 (RFC 4733 §2.5.1.1).
    pub const DIGITS: Self = Self(0xFFFF);

    /// Whether `event` is in the set.
    pub fn has(self, event: u8) -> bool {
        1u32.checked_shl(u32::from(event)).is_some_and(|bit| self.0 & bit != 0)
    }

    /// Reads `fmtp` parameters: `0-15,16`. Nonsense counts as [`Events::DIGITS`]: a peer that lists events badly has digits.
    pub fn from_fmtp(fmtp: &str) -> Self {
        let mut set = 0u32;
        for part in fmtp.split(',') {
            let (low, high) = part.split_once('-').unwrap_or((part, part));
            if let (Ok(low), Ok(high)) = (low.trim().parse::<u8>(), high.trim().parse::<u8>()) {
                (low..=high)
                    .filter_map(|event| 1u32.checked_shl(u32::from(event)))
                    .for_each(|bit| set |= bit);
            }
        }
        if set == 0 { Self::DIGITS } else { Self(set) }
    }
}
