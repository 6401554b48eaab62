//! Between formats: decode, bring to the other rate, encode; and between packet lengths: collect and cut.

use super::session::Session;
use crate::mapping::{Incoming, SourceEpoch};
use crate::resample::{Filters, Tail};
use serde::{Deserialize, Serialize};

/// A gap in the stream up to this long is filled with silence, so that what follows stays in time; a longer one is a pause,
/// after which the stream starts anew.
const GAP_FILL_MAX_MS: u32 = 100;
/// So many packets of another length in a row mean that the peer has changed it; fewer are stragglers of a talkspurt.
const LENGTH_CONFIRMED: u8 = 3;

/// How long a peer's packets are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PacketLength {
    /// 0: not known.
    pub(super) ms: u16,
    other_ms: u16,
    times: u8,
}

impl PacketLength {
    #[inline]
    pub(super) fn note(&mut self, ms: u16) {
        if ms == self.ms {
            self.times = 0;
            return;
        }
        self.times = if ms == self.other_ms { self.times + 1 } else { 1 };
        self.other_ms = ms;
        if self.ms == 0 || self.times >= LENGTH_CONFIRMED {
            *self = Self { ms, other_ms: ms, times: 0 };
        }
    }
}

/// Samples on their way into packets of another length.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Repack {
    /// Set while packets are made anew: they are numbered by us, events too.
    pub(super) is_active: bool,
    pending: Vec<i16>,
    /// Which stream, and the timestamp that its next packet has if nothing is lost.
    expected: Option<(SourceEpoch, u32)>,
    /// An event's timestamp as it came and as it is sent.
    pub(super) event: Option<(u32, u32)>,
}

impl Repack {
    /// Takes a packet's samples, at the rate in which they will be sent. `false`: they come too late.
    pub(super) fn push(&mut self, packet: &Incoming, rate_hz: u32, samples: &[i16], ticks: u32) -> bool {
        let next = packet.timestamp.wrapping_add(ticks);
        if let Some((source, expected)) = self.expected
            && source == packet.source
        {
            let ahead = packet.timestamp.wrapping_sub(expected).cast_signed();
            let fill_max = (packet.clock_rate_hz / 1_000 * GAP_FILL_MAX_MS).cast_signed();
            if ahead < 0 && ahead > -fill_max {
                return false;
            }
            if (0..=fill_max).contains(&ahead) {
                let gap = u64::from(ahead.unsigned_abs()) * u64::from(rate_hz)
                    / u64::from(packet.clock_rate_hz.max(1));
                self.pending.resize(self.pending.len() + usize::try_from(gap).unwrap_or(0), 0);
            } else {
                self.pending.clear();
            }
        } else {
            self.pending.clear();
        }
        self.expected = Some((packet.source, next));
        self.pending.extend_from_slice(samples);
        self.is_active = true;
        true
    }

    /// Takes a frame, if one is complete.
    pub(super) fn cut(&mut self, count: usize, frame: &mut Vec<i16>) -> bool {
        if count == 0 || self.pending.len() < count {
            return false;
        }
        frame.clear();
        frame.extend(self.pending.drain(..count));
        true
    }
}

impl Session {
    /// Brings samples to this leg's rate.
    pub(super) fn take_at_own_rate(
        &mut self,
        rate_hz: u32,
        samples: &[i16],
        filters: &mut Filters,
        out: &mut Vec<i16>,
    ) {
        out.clear();
        let Some(filter) = filters.between(rate_hz, self.rate_hz()) else {
            out.extend_from_slice(samples);
            return;
        };
        if self.state.tail.as_ref().is_none_or(|(known, _)| *known != rate_hz) {
            self.state.tail = Some((rate_hz, Tail::default()));
        }
        if let Some((_, tail)) = &mut self.state.tail {
            tail.push(filter, samples, out);
        }
    }
}
