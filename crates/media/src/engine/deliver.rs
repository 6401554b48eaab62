//! One packet on its way to one listener: relayed, converted, or packed anew.

use super::Engine;
use super::audio::{Carries, Taken};
use super::session::Session;
use crate::mapping::Mapping;
use crate::recording::Side;
use crate::rtp::Fields;
use crate::telephone_event::EventPayload;
use crate::{Forward, Output, SlotId, StreamKind};
use cordboard_base::Time;
use core::net::SocketAddr;

/// How a packet goes to a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As it is, under this payload number.
    Relay(u8),
    /// In another format, packet for packet.
    Convert,
    /// In packets of another length.
    Repack,
    /// As an event with numbers of ours, between packets that are made anew.
    RepackedEvent(u8),
    /// Not at all.
    Dropped,
}

/// A packet ready to be sent, but for where its payload lies.
#[derive(Clone, Copy, Debug)]
struct Ready {
    slot: SlotId,
    to: SocketAddr,
    fields: Fields,
    payload: PayloadAt,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PayloadAt {
    /// Where it came.
    Received,
    /// In the scratch space.
    Scratch,
}

impl Engine {
    /// For the last listener: the buffer that the packet came in may be overwritten.
    #[inline]
    pub(super) fn deliver_in_place(
        &mut self,
        now: Time,
        source: u32,
        listener: u32,
        taken: &Taken,
        bytes: &mut [u8],
    ) -> Option<Forward> {
        let ready = self.deliver(now, source, listener, taken, bytes)?;
        let Ready { slot, to, fields, payload } = ready;
        let stream = StreamKind::AudioRtp;
        if payload == PayloadAt::Received {
            let (start, end) = fields.write_before_payload(bytes, &taken.header)?;
            return Some(Forward { slot, stream, to, start, end });
        }
        let made = self.scratch.payload.as_slice();
        let start = taken.header.payload_start;
        let Some(place) = bytes.get_mut(start..start + made.len()) else {
            let bytes = fields.packet(made);
            self.outputs.push_back(Output::Packet { slot, stream, to, bytes });
            return None;
        };
        place.copy_from_slice(made);
        let (start, _) = fields.write_before_payload(bytes, &taken.header)?;
        Some(Forward { slot, stream, to, start, end: taken.header.payload_start + made.len() })
    }

    /// For the others: the packet is left as it is.
    pub(super) fn deliver_copy(
        &mut self,
        now: Time,
        source: u32,
        listener: u32,
        taken: &Taken,
        bytes: &[u8],
    ) {
        let Some(Ready { slot, to, fields, payload }) = self.deliver(now, source, listener, taken, bytes)
        else {
            return;
        };
        let payload = match payload {
            PayloadAt::Received => bytes.get(taken.header.payload_start..taken.header.payload_end),
            PayloadAt::Scratch => Some(self.scratch.payload.as_slice()),
        };
        if let Some(payload) = payload {
            let bytes = fields.packet(payload);
            self.outputs.push_back(Output::Packet { slot, stream: StreamKind::AudioRtp, to, bytes });
        }
    }

    #[inline]
    fn deliver(
        &mut self,
        now: Time,
        source: u32,
        listener: u32,
        taken: &Taken,
        bytes: &[u8],
    ) -> Option<Ready> {
        let session = self.slots.at(listener)?;
        if session.is_covered() {
            return None;
        }
        let way = session.way(taken);
        if session.state.recording.is_some() {
            let payload = bytes.get(taken.header.payload_start..taken.header.payload_end)?;
            self.record_heard(now, source, listener, taken, payload);
        }
        match way {
            Way::Relay(payload_type) => {
                let session = self.slots.at(listener)?;
                session.state.repack.is_active = false;
                let (fields, to) = session.relay(now, taken, payload_type)?;
                let slot = session.state.slot;
                let payload = self.scale_event(listener, taken, bytes);
                Some(Ready { slot, to, fields, payload })
            }
            Way::Convert | Way::Repack => {
                let payload = bytes.get(taken.header.payload_start..taken.header.payload_end)?;
                let rate_hz = self.decode(source, taken, payload)?;
                let session = self.slots.at(listener)?;
                let scratch = &mut self.scratch;
                session.take_at_own_rate(rate_hz, &scratch.linear, &mut self.filters, &mut scratch.converted);
                if way == Way::Repack {
                    self.repack(now, listener, taken, rate_hz);
                    return None;
                }
                session.convert(now, taken, &scratch.converted, &mut scratch.payload)
            }
            Way::RepackedEvent(payload_type) => {
                let session = self.slots.at(listener)?;
                let (fields, to) = session.own_event(now, taken, payload_type)?;
                let slot = session.state.slot;
                let payload = self.scale_event(listener, taken, bytes);
                Some(Ready { slot, to, fields, payload })
            }
            Way::Dropped => None,
        }
    }

    /// An event's duration counts in its clock: scaled where the two sides have different ones.
    #[inline]
    fn scale_event(&mut self, listener: u32, taken: &Taken, bytes: &[u8]) -> PayloadAt {
        let Carries::Event { clock_rate_hz } = taken.carries else { return PayloadAt::Received };
        let own = self.slots.at(listener).and_then(|session| session.state.audio.as_ref()?.telephone_event);
        let (Some(own), Some(payload)) = (
            own,
            bytes.get(taken.header.payload_start..taken.header.payload_end).and_then(EventPayload::parse),
        ) else {
            return PayloadAt::Received;
        };
        if own.clock_rate_hz == clock_rate_hz {
            return PayloadAt::Received;
        }
        let duration =
            u64::from(payload.duration) * u64::from(own.clock_rate_hz) / u64::from(clock_rate_hz.max(1));
        let duration = u16::try_from(duration).unwrap_or(u16::MAX);
        self.scratch.payload.clear();
        self.scratch.payload.extend(EventPayload { duration, ..payload }.to_bytes());
        PayloadAt::Scratch
    }

    fn record_heard(&mut self, now: Time, source: u32, listener: u32, taken: &Taken, payload: &[u8]) {
        let Some(rate_hz) = self.decode(source, taken, payload) else { return };
        let Some(session) = self.slots.at(listener) else { return };
        let recorded = session.state.counters.recorded_samples;
        if let Some(recording) = &mut session.state.recording {
            let heard = (rate_hz, self.scratch.linear.as_slice());
            recording.add(Side::Hears, now, recorded, heard, &mut self.filters);
        }
    }

    /// Adds the converted samples to what waits, and sends what has become full.
    fn repack(&mut self, now: Time, listener: u32, taken: &Taken, source_hz: u32) {
        let Some(session) = self.slots.at(listener) else { return };
        let ticks = self.scratch.linear.len() as u64 * u64::from(taken.numbers.clock_rate_hz)
            / u64::from(source_hz.max(1));
        let ticks = u32::try_from(ticks).unwrap_or(0);
        let rate_hz = session.rate_hz();
        if !session.state.repack.push(&taken.numbers, rate_hz, &self.scratch.converted, ticks) {
            session.state.counters.discarded += 1;
            return;
        }
        session.silent_frame(&mut self.scratch.frame);
        let count = self.scratch.frame.len();
        while session.state.repack.cut(count, &mut self.scratch.frame) {
            let Some((to, bytes)) = session.own_stream(now, &self.scratch.frame) else { continue };
            let slot = session.state.slot;
            self.outputs.push_back(Output::Packet { slot, stream: StreamKind::AudioRtp, to, bytes });
        }
    }
}

impl Session {
    #[inline]
    fn way(&self, taken: &Taken) -> Way {
        let same = self.relay_type(taken.header.payload_type);
        let Carries::Audio { .. } = taken.carries else {
            return match same {
                Some(to) if self.state.repack.is_active => Way::RepackedEvent(to),
                Some(to) => Way::Relay(to),
                None => Way::Dropped, // a tone takes its place
            };
        };
        let fits = taken.packet_ms == 0 || taken.packet_ms == self.ptime_ms();
        match same {
            Some(to) if fits || self.made.encoder.is_none() => Way::Relay(to),
            Some(_) => Way::Repack,
            None if self.made.encoder.is_none() || taken.packet_ms == 0 => Way::Dropped,
            None if fits => Way::Convert,
            None => Way::Repack,
        }
    }

    /// The header under which a packet of the heard leg's goes to this one's peer as it is.
    #[inline]
    fn relay(&mut self, now: Time, taken: &Taken, payload_type: u8) -> Option<(Fields, SocketAddr)> {
        let is_event = taken.numbers.is_event;
        let clock_out_hz = if is_event { self.state.clock_out_hz } else { taken.numbers.clock_rate_hz };
        let octets = taken.header.payload_end - taken.header.payload_start;
        self.renumber(now, taken, payload_type, clock_out_hz, octets)
    }

    /// Maps a packet's numbers into this leg's stream.
    #[inline]
    fn renumber(
        &mut self,
        now: Time,
        taken: &Taken,
        payload_type: u8,
        clock_out_hz: u32,
        octets: usize,
    ) -> Option<(Fields, SocketAddr)> {
        let to = self.audio_remote()?;
        let state = &mut self.state;
        let sending = &mut state.counters.sending;
        let mapped = Mapping::map(&mut state.mapping, now, sending, &taken.numbers, clock_out_hz)?;
        if taken.numbers.is_event {
            sending.note_event(mapped.sequence, octets);
        } else {
            let ticks = Self::ticks_of_ms(taken.packet_ms, clock_out_hz);
            sending.note(now, mapped.sequence, mapped.timestamp, ticks, octets);
            state.clock_out_hz = clock_out_hz;
        }
        let fields = Fields {
            marker: taken.header.marker || mapped.starts,
            payload_type,
            sequence: (mapped.sequence & 0xFFFF) as u16,
            timestamp: mapped.timestamp,
            ssrc: sending.ssrc,
        };
        Some((fields, to))
    }

    /// Encodes a packet's samples in this leg's format, packet for packet.
    fn convert(&mut self, now: Time, taken: &Taken, samples: &[i16], payload: &mut Vec<u8>) -> Option<Ready> {
        let format = self.made.encoder.as_mut()?;
        payload.clear();
        format.encoder.encode(samples, payload);
        let (payload_type, clock) = (format.payload_type, format.codec.clock_rate_hz());
        self.state.repack.is_active = false;
        let (fields, to) = self.renumber(now, taken, payload_type, clock, payload.len())?;
        Some(Ready { slot: self.state.slot, to, fields, payload: PayloadAt::Scratch })
    }

    /// A packet of the heard stream with numbers of ours: one after the other, whatever they were.
    fn own_stream(&mut self, now: Time, samples: &[i16]) -> Option<(SocketAddr, Vec<u8>)> {
        let to = self.audio_remote()?;
        let format = self.made.encoder.as_mut()?;
        let clock = format.codec.clock_rate_hz();
        let mut payload = Vec::with_capacity(samples.len() * 2);
        format.encoder.encode(samples, &mut payload);
        let ticks = Self::ticks_of_ms(self.state.audio.as_ref()?.ptime_ms, clock);
        let sending = &mut self.state.counters.sending;
        // Packets arrive with jitter: within one packet of the clock the stream is taken to be without a gap.
        let by_clock = sending.timestamp_at(now, clock);
        let following = sending.timestamp.wrapping_add(sending.ticks);
        let follows = sending.packets > 0 && by_clock.wrapping_sub(following) <= ticks * 2;
        let timestamp = if follows { following } else { by_clock };
        let fields = Fields {
            marker: self.state.mapping.take().is_some() || !follows,
            payload_type: format.payload_type,
            sequence: (sending.next_sequence & 0xFFFF) as u16,
            timestamp,
            ssrc: sending.ssrc,
        };
        sending.note(now, sending.next_sequence, timestamp, ticks, payload.len());
        self.state.clock_out_hz = clock;
        Some((to, fields.packet(&payload)))
    }

    /// An event of the heard stream between packets that are made anew.
    fn own_event(&mut self, now: Time, taken: &Taken, payload_type: u8) -> Option<(Fields, SocketAddr)> {
        let to = self.audio_remote()?;
        let came = taken.numbers.timestamp;
        let sending = &mut self.state.counters.sending;
        let clock = self.state.clock_out_hz;
        let repack = &mut self.state.repack;
        let known = repack.event.filter(|(known, _)| *known == came);
        let timestamp = known.map_or_else(|| sending.timestamp_at(now, clock), |(_, sent)| sent);
        repack.event = Some((came, timestamp));
        let octets = taken.header.payload_end - taken.header.payload_start;
        let fields = Fields {
            marker: taken.header.marker,
            payload_type,
            sequence: (sending.next_sequence & 0xFFFF) as u16,
            timestamp,
            ssrc: sending.ssrc,
        };
        sending.note_event(sending.next_sequence, octets);
        Some((fields, to))
    }
}
