//! How a relayed stream's numbers become ours: a fixed offset for as long as one source goes on, so that losses,
//! duplicates and reordering are seen by the receiver as they happened, and a new offset where the source changes.

use crate::counters::{Sending, ticks_between};
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

/// Timestamps that run ahead of or behind the clock by more than this between two packets mean that the sender has set
/// its clock anew: 2 s, longer than any network delays a packet.
const CLOCK_JUMP_S: u32 = 2;

/// The numbers of a packet that comes in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Incoming {
    /// Whose, and the epoch of its numbering.
    pub(crate) source: SourceEpoch,
    /// Extended.
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    pub(crate) clock_rate_hz: u32,
    /// An event's timestamp is that of its beginning.
    pub(crate) is_event: bool,
}

/// One run of one source's numbering.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SourceEpoch {
    /// Of the session, wherever it lives.
    pub(crate) origin: Origin,
    pub(crate) epoch: u32,
}

/// A session among all that any engine of this process has had: the engine it was opened in, and that engine's count of them.
/// It goes with the session to another engine, so that whoever hears it there takes it for the same source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    pub(crate) engine: u16,
    pub(crate) generation: u32,
}

/// What a packet is sent with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mapped {
    /// Extended.
    pub(crate) sequence: u64,
    pub(crate) timestamp: u32,
    /// The stream starts or goes on after something else: a talkspurt (RFC 3551 §4.1).
    pub(crate) starts: bool,
}

/// The offsets of one source into one outgoing stream.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mapping {
    source: SourceEpoch,
    /// The first extended number that was mapped; what is older belongs to the time before, its numbers are taken.
    first: u64,
    sequence_offset: u64,
    timestamp_in: u32,
    timestamp_out: u32,
    /// Incoming and outgoing clock.
    clocks: (u32, u32),
    newest: u64,
    newest_timestamp: u32,
    newest_at: Time,
}

impl Mapping {
    /// Maps a packet, starting a new mapping where the old one does not hold. `None`: it came too late.
    #[inline]
    pub(crate) fn map(
        slot: &mut Option<Self>,
        now: Time,
        sending: &Sending,
        packet: &Incoming,
        clock_out_hz: u32,
    ) -> Option<Mapped> {
        let clocks = (packet.clock_rate_hz, clock_out_hz);
        if let Some(mapping) = slot
            && mapping.source == packet.source
            && mapping.clocks == clocks
            && !mapping.clock_jumped(now, packet)
        {
            if packet.sequence < mapping.first {
                return None;
            }
            return Some(mapping.apply(now, packet));
        }
        let timestamp_out = sending.timestamp_at(now, clock_out_hz);
        *slot = Some(Self {
            source: packet.source,
            first: packet.sequence,
            sequence_offset: sending.next_sequence.wrapping_sub(packet.sequence),
            timestamp_in: packet.timestamp,
            timestamp_out,
            clocks,
            newest: packet.sequence,
            newest_timestamp: packet.timestamp,
            newest_at: now,
        });
        Some(Mapped { sequence: sending.next_sequence, timestamp: timestamp_out, starts: true })
    }

    #[inline]
    fn apply(&mut self, now: Time, packet: &Incoming) -> Mapped {
        if packet.sequence > self.newest {
            self.newest = packet.sequence;
            if !packet.is_event {
                self.newest_timestamp = packet.timestamp;
                self.newest_at = now;
            }
        }
        let delta = packet.timestamp.wrapping_sub(self.timestamp_in);
        let delta = if self.clocks.0 == self.clocks.1 { delta } else { self.scaled(delta) };
        Mapped {
            sequence: packet.sequence.wrapping_add(self.sequence_offset),
            timestamp: self.timestamp_out.wrapping_add(delta),
            starts: false,
        }
    }

    fn scaled(&self, delta: u32) -> u32 {
        let ticks =
            i64::from(delta.cast_signed()) * i64::from(self.clocks.1) / i64::from(self.clocks.0.max(1));
        (ticks.cast_unsigned() & 0xFFFF_FFFF) as u32
    }

    #[inline]
    fn clock_jumped(&self, now: Time, packet: &Incoming) -> bool {
        if packet.is_event || packet.sequence <= self.newest {
            return false;
        }
        let elapsed = ticks_between(self.newest_at, now, self.clocks.0);
        let ran = packet.timestamp.wrapping_sub(self.newest_timestamp);
        let apart = ran.wrapping_sub(elapsed).cast_signed().unsigned_abs();
        apart > self.clocks.0.saturating_mul(CLOCK_JUMP_S)
    }
}
