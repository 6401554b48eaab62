//! One packet on its way to one listener: relayed, converted on the spot, or into packets of our own making.

use super::Engine;
use super::audio::{Carries, Taken};
use super::formats::{Converts, is_comfort_noise};
use super::remade::Making;
use super::session::Session;
use crate::mapping::{Incoming, Mapping};
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
    /// In another format, packet for packet: between codecs without memory.
    Convert,
    /// The same between codecs that remember, while packets come in order and without a pause.
    ConvertInOrder,
    /// In the same codec, in packets of another length.
    Regroup,
    /// By the heard session's playout.
    PlayOut,
    /// As an event with numbers of ours, between packets of our own making.
    OwnEvent(u8),
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

/// How a packet stands to those that came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    InOrder,
    /// It is the last one again.
    Again,
    /// In a disturbed order, or the order does not matter.
    Otherwise,
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
        if session.is_covered() || session.has_missed(taken) {
            return None;
        }
        if taken.is_withheld {
            match taken.carries {
                Carries::Event { .. } => return None,
                // The tone is taken out of what is played out.
                Carries::Audio { .. } if session.made.encoder.is_some() => {
                    return self.leave_to_playout(now, source, listener, taken, bytes);
                }
                Carries::Audio { .. } => {}
            }
        }
        match session.way(taken) {
            Way::Relay(payload_type) => {
                session.state.remade.make(Making::Relayed);
                let (fields, to) = session.relay(now, taken, payload_type)?;
                let slot = session.state.slot;
                let payload = self.scale_event(listener, taken, bytes);
                Some(Ready { slot, to, fields, payload })
            }
            Way::Convert => self.convert(now, source, listener, taken, bytes),
            Way::ConvertInOrder => match self.follows(source, taken) {
                Follows::InOrder => self.convert(now, source, listener, taken, bytes),
                Follows::Again => None,
                Follows::Otherwise => self.leave_to_playout(now, source, listener, taken, bytes),
            },
            Way::Regroup => {
                session.state.remade.make(Making::Regrouped);
                let payload = bytes.get(taken.header.payload_start..taken.header.payload_end)?;
                let (slot, outputs) = (session.state.slot, &mut self.outputs);
                session.regroup(now, &taken.numbers, payload, |to, bytes| {
                    outputs.push_back(Output::Packet { slot, stream: StreamKind::AudioRtp, to, bytes });
                });
                None
            }
            Way::PlayOut => self.leave_to_playout(now, source, listener, taken, bytes),
            Way::OwnEvent(payload_type) => {
                let octets = taken.header.payload_end - taken.header.payload_start;
                let event = (payload_type, taken.header.marker, octets);
                let (fields, to) = session.own_event(now, &taken.numbers, event)?;
                let slot = session.state.slot;
                let payload = self.scale_event(listener, taken, bytes);
                Some(Ready { slot, to, fields, payload })
            }
            Way::Dropped => None,
        }
    }

    fn leave_to_playout(
        &mut self,
        now: Time,
        source: u32,
        listener: u32,
        taken: &Taken,
        bytes: &[u8],
    ) -> Option<Ready> {
        self.slots.at(listener)?.state.remade.make(Making::Encoded);
        self.buffer(now, source, taken, bytes);
        None
    }

    /// Makes a packet in the listener's format of one that has come, on the spot.
    fn convert(
        &mut self,
        now: Time,
        source: u32,
        listener: u32,
        taken: &Taken,
        bytes: &[u8],
    ) -> Option<Ready> {
        let payload = bytes.get(taken.header.payload_start..taken.header.payload_end)?;
        let rate_hz = self.decode(source, taken, payload)?;
        let session = self.slots.at(listener)?;
        session.state.remade.make(Making::Relayed);
        let mut samples = &self.scratch.linear;
        if rate_hz != session.rate_hz() {
            session.take_at_own_rate(rate_hz, samples, &mut self.filters, &mut self.scratch.converted);
            samples = &self.scratch.converted;
        }
        session.convert(now, taken, samples, &mut self.scratch.payload)
    }

    /// Whether a packet can be decoded when it comes: what is heard of its session goes to this one listener, and it is the successor of
    /// the packet before. The first that is not says that the network needs a buffer; so does one after a pause.
    fn follows(&mut self, source: u32, taken: &Taken) -> Follows {
        let Some(Session { state, made }) = self.slots.at(source) else { return Follows::Otherwise };
        if state.is_disordered || state.playout.is_some() || made.is_wanted || made.listeners.len() != 1 {
            return Follows::Otherwise;
        }
        let Incoming { sequence, timestamp, clock_rate_hz, .. } = taken.numbers;
        let number = (sequence & 0xFFFF_FFFF) as u32;
        let before = state.converted.replace((number, timestamp));
        if before.is_some_and(|(last, _)| last == number) {
            return Follows::Again;
        }
        // Nothing was sent between the two, not even a digit: the peer leaves out silence, which has to be made by the clock.
        let packet = Session::ticks_of_ms(taken.packet_ms, clock_rate_hz);
        let is_pause = before.is_some_and(|(last, at)| {
            let passed = timestamp.wrapping_sub(at).cast_signed();
            number == last.wrapping_add(1) && packet > 0 && i64::from(passed) >= 2 * i64::from(packet)
        });
        state.is_disordered = is_pause || !state.counters.reception.is_successor(sequence);
        if state.is_disordered { Follows::Otherwise } else { Follows::InOrder }
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
}

impl Session {
    /// Whether a packet is the rest of a digit that began before this session heard who sends it.
    #[inline]
    fn has_missed(&self, taken: &Taken) -> bool {
        let numbers = &taken.numbers;
        numbers.is_event
            && self.state.missed_event.is_some_and(|(epoch, timestamp)| {
                epoch == numbers.source.epoch && numbers.timestamp.wrapping_sub(timestamp).cast_signed() <= 0
            })
    }

    /// How a packet comes to this session's peer. All is looked up in what was worked out when the two were connected.
    #[inline]
    fn way(&self, taken: &Taken) -> Way {
        let same = self.relay_type(taken.header.payload_type);
        let Carries::Audio { format } = taken.carries else {
            return match same {
                Some(to) if self.state.remade.making != Making::Relayed => Way::OwnEvent(to),
                Some(to) => Way::Relay(to),
                None => Way::Dropped, // a tone takes its place
            };
        };
        if self.made.hears_beeps && self.made.encoder.is_some() {
            return Way::PlayOut;
        }
        // The clock makes the noise for who can't, and for who is sent packets of our own making.
        if taken.silence_is_described && self.made.encoder.is_some() && !self.is_told_of_silence() {
            return Way::PlayOut;
        }
        let fits = taken.packet_ms == 0 || taken.packet_ms == self.ptime_ms();
        match same {
            Some(_) if !fits && self.can_regroup(taken.header.payload_type) => Way::Regroup,
            Some(to) => Way::Relay(to),
            None if self.made.encoder.is_none() => Way::Dropped,
            None => match self.made.converts.get(usize::from(format)).filter(|_| fits) {
                Some(Converts::Singly) => Way::Convert,
                Some(Converts::InOrder) => Way::ConvertInOrder,
                Some(Converts::No) | None => Way::PlayOut,
            },
        }
    }

    /// Whether descriptions of silence can go on to this session's peer between packets that go on one by one.
    fn is_told_of_silence(&self) -> bool {
        self.state.remade.making == Making::Relayed
            && self.state.audio.as_ref().is_some_and(|audio| audio.send.iter().any(is_comfort_noise))
    }

    /// Whether payloads of a number from the heard peer may be joined and cut to our packets' length.
    fn can_regroup(&self, payload_type: u8) -> bool {
        let Some(format) = &self.made.encoder else { return false };
        self.relay_type(payload_type) == Some(format.payload_type)
            && format.codec.frame_bytes().is_some()
            && format.fills(self.ptime_ms())
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
        if payload.is_empty() {
            return None;
        }
        let (payload_type, clock) = (format.payload_type, format.codec.clock_rate_hz());
        let (fields, to) = self.renumber(now, taken, payload_type, clock, payload.len())?;
        Some(Ready { slot: self.state.slot, to, fields, payload: PayloadAt::Scratch })
    }
}
