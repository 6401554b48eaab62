//! The packet path of audio: checked, counted, and given to whoever hears it.

use super::Engine;
use super::session::{Meaning, Session};
use super::timers::TimerKind;
use crate::latch::Sender;
use crate::level::mean_square;
use crate::mapping::{Incoming, SourceEpoch};
use crate::reception::Numbered;
use crate::rtp::{self, Header};
use crate::telephone_event::{EventPayload, LOST_AFTER};
use crate::{Event, Forward, Output, SlotId, StreamKind};
use cordboard_base::Time;
use core::net::SocketAddr;

/// A packet that was taken from its peer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) header: Header,
    pub(super) numbers: Incoming,
    pub(super) carries: Carries,
    /// How long the peer's packets are, 0 if that can't be told.
    pub(super) packet_ms: u16,
    sender: Sender,
    /// Whether it goes through the playout whoever hears it.
    is_wanted: bool,
    /// Whether it is a digit that is kept from those who hear it, or may have one in it.
    pub(super) is_withheld: bool,
    /// Whether the peer describes silence (RFC 3389) where it sends none.
    pub(super) silence_is_described: bool,
}

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Carries {
    /// Audio in the session's receive format of this index.
    Audio { format: u8 },
    /// A telephone event.
    Event { clock_rate_hz: u32 },
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
        if rtp::is_rtcp(bytes) {
            self.audio_rtcp(now, slot, StreamKind::AudioRtp, from, bytes);
            return None;
        }
        let Some(session) = self.slots.get(slot) else {
            self.ignored += 1;
            return None;
        };
        let taken = session.take_audio(now, from, bytes)?;
        let count = session.made.listeners.len();
        self.scratch.is_decoded = false;
        self.scratch.is_buffered = false;
        let is_event = matches!(taken.carries, Carries::Event { .. });
        if taken.sender != Sender::Peer || is_event {
            self.attend(now, slot, from, &taken, bytes);
        }
        if taken.is_wanted {
            self.buffer(now, slot.index, &taken, bytes);
        }
        // All but the last listener get copies; a two-party bridge has one.
        for n in 0..count.saturating_sub(1) {
            if let Some(listener) = self.listener(slot.index, n) {
                self.deliver_copy(now, slot.index, listener, &taken, bytes);
            }
        }
        let last = self.listener(slot.index, count.checked_sub(1)?)?;
        self.deliver_in_place(now, slot.index, last, &taken, bytes)
    }

    #[inline]
    fn listener(&mut self, index: u32, n: usize) -> Option<u32> {
        self.slots.at(index)?.made.listeners.get(n).copied()
    }

    /// What a packet means for ourselves: a new address, digits.
    fn attend(&mut self, now: Time, slot: SlotId, from: SocketAddr, taken: &Taken, bytes: &[u8]) {
        let index = slot.index;
        let payload = bytes.get(taken.header.payload_start..taken.header.payload_end).unwrap_or_default();
        if taken.sender != Sender::Peer {
            self.outputs.push_back(Output::Latch { slot, stream: StreamKind::AudioRtp, address: Some(from) });
        }
        if taken.sender == Sender::Latched {
            let Some(leg) = self.slots.at(index).map(|session| session.state.leg) else { return };
            self.event(Event::Latched { leg, address: from });
        }
        match taken.carries {
            Carries::Event { clock_rate_hz } => self.take_event(now, index, taken, clock_rate_hz, payload),
            Carries::Audio { .. } => {}
        }
    }

    fn take_event(&mut self, now: Time, index: u32, taken: &Taken, clock_rate_hz: u32, payload: &[u8]) {
        let Some(session) = self.slots.at(index) else { return };
        let Some(event) = EventPayload::parse(payload) else {
            session.state.counters.discarded += 1;
            return;
        };
        let Incoming { source, timestamp, .. } = taken.numbers;
        let heard = session.state.events.receive(now, source.epoch, timestamp, event, clock_rate_hz);
        if let Some(released) = heard.released_before {
            self.released(now, index, released);
        }
        if let Some(digit) = heard.pressed {
            self.pressed(now, index, digit);
            self.set_timer(index, TimerKind::EventLost, Some(now + LOST_AFTER));
        }
        if let Some(released) = heard.released {
            self.released(now, index, released);
        }
    }

    /// Decodes a packet of session `index`, once: the samples stand in the scratch space, and have this rate.
    pub(super) fn decode(&mut self, index: u32, taken: &Taken, payload: &[u8]) -> Option<u32> {
        let Carries::Audio { format } = taken.carries else { return None };
        let format = self.slots.at(index)?.made.formats.get_mut(format)?;
        if self.scratch.is_decoded {
            return Some(format.rate_hz);
        }
        self.scratch.linear.clear();
        format.decoder.as_mut()?.decode(payload, &mut self.scratch.linear).ok()?;
        self.scratch.is_decoded = true;
        let rate_hz = format.rate_hz;
        // Where the payload does not say by itself how loud it is.
        let is_unsaid = format
            .codec
            .is_none_or(|codec| codec.mean_square(payload.get(..1).unwrap_or_default()).is_none());
        if let Some(square) = mean_square(self.scratch.linear.iter().copied()).filter(|_| is_unsaid) {
            self.slots.at(index)?.state.figures.heard(square);
        }
        Some(rate_hz)
    }
}

impl Session {
    /// Checks and counts a packet of the peer's.
    #[inline]
    fn take_audio(&mut self, now: Time, from: SocketAddr, bytes: &[u8]) -> Option<Taken> {
        let Ok(header) = Header::parse(bytes) else {
            self.state.counters.discarded += 1;
            return None;
        };
        // Nothing that was not agreed on may latch or be counted as the peer's.
        let meaning = self.meaning(header.payload_type);
        if meaning == Meaning::Unknown || !self.receives() {
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
        let carries = match meaning {
            Meaning::Audio { format, clock_rate_hz } => {
                counters.reception.time(now, header.timestamp, clock_rate_hz);
                self.state.clock_in_hz = clock_rate_hz;
                if self.made.formats.is_noise(format) {
                    self.state.describes_silence = true;
                } else {
                    self.state.format_in = format;
                }
                let payload = bytes.get(header.payload_start..header.payload_end).unwrap_or_default();
                if let Some(ms) = self.payload_ms(format, payload) {
                    self.state.packet_length.note(ms);
                }
                let codec = self.made.formats.get_mut(format).and_then(|format| format.codec);
                match codec.and_then(|codec| codec.mean_square(payload)) {
                    Some(square) => self.state.figures.heard(square),
                    None => self.state.figures.passed(codec, payload),
                }
                Carries::Audio { format }
            }
            Meaning::Event { clock_rate_hz } => Carries::Event { clock_rate_hz },
            Meaning::Unknown => return None,
        };
        let source = SourceEpoch { origin: self.state.origin, epoch: self.state.counters.reception.epoch };
        let numbers = Incoming {
            source,
            sequence,
            timestamp: header.timestamp,
            clock_rate_hz: self.state.clock_in_hz,
            is_event: matches!(carries, Carries::Event { .. }),
        };
        let (packet_ms, is_wanted) = (self.state.packet_length.ms, self.made.is_wanted);
        let is_withheld = self.state.withholds_digits && self.withholds(&numbers);
        let silence_is_described = self.state.describes_silence;
        Some(Taken {
            header,
            numbers,
            carries,
            packet_ms,
            sender,
            is_wanted,
            is_withheld,
            silence_is_described,
        })
    }

    /// Whether a packet of a peer whose digits are withheld is one, or may have one in it.
    fn withholds(&self, numbers: &Incoming) -> bool {
        if numbers.is_event {
            return !self.state.events.lets_pass(numbers.source.epoch, numbers.timestamp);
        }
        self.speaks_tones() && !self.state.lets_tone_pass
    }

    #[inline]
    fn payload_ms(&mut self, format: u8, payload: &[u8]) -> Option<u16> {
        let codec = self.made.formats.get_mut(format)?.codec?;
        let per_ms = codec.sample_rate_hz() / 1_000;
        let ms = codec.payload_samples(payload)? / per_ms.max(1) as usize;
        u16::try_from(ms).ok()
    }
}
