//! A session's running counters: one small cell of plain data, so that it can be kept apart from everything that a session
//! is *told*, copied in one move, and handed to whoever goes on sending the stream.

use crate::StreamSeed;
use crate::reception::Reception;
use cordboard_base::Time;
use serde::{Deserialize, Serialize};

/// All that moves with every packet.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Counters {
    /// What we send.
    pub sending: Sending,
    /// What comes in.
    pub reception: Reception,
    /// The next SRTCP index (RFC 3711 §3.2.1); counts RTCP packets also where they go in the clear.
    pub srtcp_index: u32,
    /// When the last valid RTP or RTCP packet of the peer's came, or the stream was agreed on, if that was later.
    pub last_packet: Time,
    /// Samples played of the current item of a play, at the item's own rate.
    pub play_position: u64,
    /// Samples per channel that were handed out of the recording that runs longest, or ran last.
    pub recorded_samples: u64,
    /// Packets from strangers.
    pub strangers: u64,
    /// Packets that were not RTP, of an unknown payload type, too late, or came where nothing was to be received.
    pub discarded: u64,
}

impl Counters {
    pub(crate) fn new(seed: StreamSeed, now: Time) -> Self {
        Self {
            sending: Sending::new(seed, now),
            reception: Reception::default(),
            srtcp_index: 0,
            last_packet: now,
            play_position: 0,
            recorded_samples: 0,
            strangers: 0,
            discarded: 0,
        }
    }
}

/// The stream that we send: one SSRC from the first packet to the last, whatever its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// Ours.
    pub ssrc: u32,
    /// The next sequence number, extended by the roll-over counter (RFC 3711 §3.3.1) in bits 16 and up.
    pub next_sequence: u64,
    /// The timestamp of the newest packet.
    pub timestamp: u32,
    /// How many ticks the newest packet lasts.
    pub ticks: u32,
    /// Ticks of silence that our codec has left out since then: the next packet stands after them.
    #[serde(default)]
    pub left_out: u32,
    /// When the newest packet was sent.
    pub at: Time,
    /// Packets sent.
    pub packets: u64,
    /// Payload bytes sent.
    pub octets: u64,
}

impl Sending {
    fn new(seed: StreamSeed, now: Time) -> Self {
        Self {
            ssrc: seed.ssrc,
            next_sequence: u64::from(seed.sequence),
            timestamp: seed.timestamp,
            ticks: 0,
            left_out: 0,
            at: now,
            packets: 0,
            octets: 0,
        }
    }

    /// The timestamp for a packet whose first sample is taken now: it goes on with the time that has passed, and never
    /// overlaps the newest packet (RFC 3550 §5.1: the clock runs also while nothing is sent).
    #[inline]
    pub(crate) fn timestamp_at(&self, now: Time, clock_rate_hz: u32) -> u32 {
        let elapsed = ticks_between(self.at, now, clock_rate_hz);
        self.timestamp.wrapping_add(elapsed.max(self.ticks.saturating_add(self.left_out)))
    }

    /// The timestamp right after all that was sent or left out.
    #[inline]
    pub(crate) fn following(&self) -> u32 {
        self.timestamp.wrapping_add(self.ticks).wrapping_add(self.left_out)
    }

    /// Notes a packet. Its extended sequence number may be older than the newest: a late one that is relayed.
    #[inline]
    pub(crate) fn note(&mut self, now: Time, sequence: u64, timestamp: u32, ticks: u32, octets: usize) {
        self.packets += 1;
        self.octets += octets as u64;
        if sequence >= self.next_sequence {
            self.next_sequence = sequence + 1;
            self.timestamp = timestamp;
            self.ticks = ticks;
            self.left_out = 0;
            self.at = now;
        }
    }

    /// Notes silence that is not sent (RFC 3551 §4.1): the clock goes on, numbers do not.
    #[inline]
    pub(crate) fn note_left_out(&mut self, ticks: u32) {
        if self.packets > 0 {
            self.left_out = self.left_out.wrapping_add(ticks);
        }
    }

    /// Notes a packet of a telephone event: its timestamp stands still, the audio's clock goes on (RFC 4733 §2.1).
    #[inline]
    pub(crate) fn note_event(&mut self, sequence: u64, octets: usize) {
        self.packets += 1;
        self.octets += octets as u64;
        self.next_sequence = self.next_sequence.max(sequence + 1);
    }
}

/// Ticks of an RTP clock between two instants; saturates at 2³¹−1, which no gap in a call reaches.
#[inline]
pub(crate) fn ticks_between(from: Time, to: Time, clock_rate_hz: u32) -> u32 {
    let us = to.as_micros().saturating_sub(from.as_micros());
    let ticks = us.saturating_mul(u64::from(clock_rate_hz)) / 1_000_000;
    ticks.min(0x7FFF_FFFF) as u32
}

/// Where an RTP clock that ran since [`Time::ZERO`] stands; wraps as timestamps do.
#[inline]
pub(crate) fn ticks_at(now: Time, clock_rate_hz: u32) -> u32 {
    let ticks = now.as_micros().saturating_mul(u64::from(clock_rate_hz)) / 1_000_000;
    (ticks & 0xFFFF_FFFF) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_go_on_with_the_time_and_never_overlap() {
        let mut sending =
            Sending::new(StreamSeed { ssrc: 1, sequence: 65_535, timestamp: 1_000 }, Time::ZERO);
        assert_eq!(sending.timestamp_at(Time::from_millis(10), 8_000), 1_080);
        sending.note(Time::from_millis(10), 65_535, 1_080, 160, 160);
        assert_eq!(
            sending.timestamp_at(Time::from_millis(12), 8_000),
            1_240,
            "not before the newest one ends"
        );
        assert_eq!(sending.timestamp_at(Time::from_millis(1_010), 8_000), 9_080);
        assert_eq!(sending.next_sequence >> 16, 1, "the roll-over is counted");
    }

    #[test]
    fn a_late_packet_counts_but_moves_nothing_back() {
        let mut sending = Sending::new(StreamSeed { ssrc: 1, sequence: 10, timestamp: 0 }, Time::ZERO);
        sending.note(Time::ZERO, 12, 320, 160, 160);
        sending.note(Time::ZERO, 11, 160, 160, 160);
        assert_eq!((sending.next_sequence, sending.timestamp, sending.packets), (13, 320, 2));
    }
}
