//! The packet path of audio: checked, counted, rewritten, forwarded.

use super::Engine;
use super::session::{Meaning, Session};
use crate::latch::Sender;
use crate::mapping::{Incoming, Mapping, SourceEpoch};
use crate::reception::Numbered;
use crate::rtp::{Fields, Header};
use crate::{Event, Forward, Output, SlotId, StreamKind};
use cordboard_base::Time;
use core::net::SocketAddr;

/// A packet that was taken from its peer.
#[derive(Clone, Copy, Debug)]
struct Taken {
    header: Header,
    numbers: Incoming,
}

impl Engine {
    #[inline]
    pub(super) fn audio_rtp(
        &mut self,
        now: Time,
        slot: SlotId,
        from: SocketAddr,
        bytes: &mut [u8],
    ) -> Option<Forward> {
        let Some(session) = self.slots.get(slot) else {
            self.ignored += 1;
            return None;
        };
        let Some((taken, sender)) = session.take_audio(now, from, bytes) else { return None };
        let leg = session.state.leg;
        let count = session.made.listeners.len();
        if sender == Sender::Latched {
            self.outputs.push_back(Output::Latch { slot, stream: StreamKind::AudioRtp, address: Some(from) });
            self.event(Event::Latched { leg, address: from });
        }
        // All but the last listener get copies; a two-party bridge has one.
        for n in 0..count.saturating_sub(1) {
            let listener =
                self.slots.at(slot.index).and_then(|session| session.made.listeners.get(n).copied());
            if let Some((listener, fields, to)) = listener.and_then(|l| self.forward(now, l, &taken))
                && let Some(payload) = bytes.get(taken.header.payload_start..taken.header.payload_end)
            {
                let bytes = fields.packet(payload);
                self.outputs.push_back(Output::Packet {
                    slot: listener,
                    stream: StreamKind::AudioRtp,
                    to,
                    bytes,
                });
            }
        }
        let last = self.slots.at(slot.index).and_then(|session| session.made.listeners.last().copied())?;
        let (listener, fields, to) = self.forward(now, last, &taken)?;
        let (start, end) = fields.write_before_payload(bytes, &taken.header)?;
        Some(Forward { slot: listener, stream: StreamKind::AudioRtp, to, start, end })
    }

    #[inline]
    fn forward(&mut self, now: Time, listener: u32, taken: &Taken) -> Option<(SlotId, Fields, SocketAddr)> {
        let session = self.slots.at(listener)?;
        let (fields, to) = session.relay(now, taken)?;
        Some((session.state.slot, fields, to))
    }
}

impl Session {
    /// Checks and counts a packet of the peer's.
    #[inline]
    fn take_audio(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) -> Option<(Taken, Sender)> {
        let counters = &mut self.state.counters;
        let Ok(header) = Header::parse(bytes) else {
            counters.discarded += 1;
            return None;
        };
        let (is_event, clock_rate_hz) = match self.meaning(header.payload_type) {
            Meaning::Audio { clock_rate_hz, .. } => (false, clock_rate_hz),
            Meaning::Event { clock_rate_hz } => (true, clock_rate_hz),
            Meaning::Unknown => {
                self.state.counters.discarded += 1;
                return None;
            }
        };
        if !self.receives() {
            self.state.counters.discarded += 1;
            return None;
        }
        let sender = self.latch_mut(StreamKind::AudioRtp).accept(now, from);
        let counters = &mut self.state.counters;
        if sender == Sender::Stranger {
            counters.strangers += 1;
            return None;
        }
        counters.last_packet = now;
        self.state.timed_out = false;
        let Numbered::Taken(sequence) = counters.reception.number(header.ssrc, header.sequence) else {
            counters.discarded += 1;
            return None;
        };
        if !is_event {
            counters.reception.time(now, header.timestamp, clock_rate_hz);
        }
        let SlotId { index, generation } = self.state.slot;
        let source = SourceEpoch { index, generation, epoch: counters.reception.epoch };
        let timestamp = header.timestamp;
        let numbers = Incoming { source, sequence, timestamp, clock_rate_hz, is_event };
        Some((Taken { header, numbers }, sender))
    }

    /// The header under which a packet of the heard leg's goes to this one's peer.
    #[inline]
    fn relay(&mut self, now: Time, taken: &Taken) -> Option<(Fields, SocketAddr)> {
        let to = self.audio_remote()?;
        let payload_type = self.relay_type(taken.header.payload_type)?;
        let clock = taken.numbers.clock_rate_hz;
        let state = &mut self.state;
        let sending = &mut state.counters.sending;
        let mapped = Mapping::map(&mut state.mapping, now, sending, &taken.numbers, clock)?;
        let octets = taken.header.payload_end - taken.header.payload_start;
        sending.note(now, mapped.sequence, mapped.timestamp, 0, octets);
        let fields = Fields {
            marker: taken.header.marker || mapped.starts,
            payload_type,
            sequence: (mapped.sequence & 0xFFFF) as u16,
            timestamp: mapped.timestamp,
            ssrc: sending.ssrc,
        };
        Some((fields, to))
    }
}
