//! Packets of our own making out of what is heard: payloads of the same codec joined and cut to another length without decoding
//! them, or samples collected until they fill a packet.

use super::session::Session;
use crate::codec::Codec;
use crate::mapping::{Incoming, SourceEpoch};
use crate::resample::{Filters, Tail};
use crate::rtp::Fields;
use cordboard_base::Time;
use core::net::SocketAddr;
use serde::{Deserialize, Serialize};

/// A gap in what is regrouped up to this long is a loss, for which numbers are left out; a longer one is a pause, after which the
/// stream starts anew. What comes so late, or in one burst, is still without a gap.
const GAP_MAX_MS: u16 = 100;

/// How what is heard goes to a session's peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Making {
    /// Packet for packet.
    #[default]
    Relayed,
    /// Payloads joined and cut.
    Regrouped,
    /// From the heard session's playout, or a mix.
    Encoded,
}

/// What is on its way into packets of our own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Remade {
    pub(super) making: Making,
    /// Samples at the session's own rate.
    samples: Vec<i16>,
    payloads: Vec<u8>,
    /// Which stream is regrouped, and the timestamp that its next packet has if nothing is lost.
    expected: Option<(SourceEpoch, u32)>,
    /// What the peer hears now is encoded once for many.
    #[serde(default)]
    shares: bool,
    /// How much of the next such packet stands there already.
    #[serde(default)]
    shared_waiting: usize,
    /// Rounds of a mix that it is still sent packets of its own, though it hears what others hear.
    #[serde(default)]
    alone: u8,
    /// An event's timestamp as it came and as it is sent.
    event: Option<(u32, u32)>,
}

/// What an encoder has made of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    /// Of the frame.
    pub(super) samples: usize,
    /// Of these so many at its beginning are not in the payload.
    pub(super) left_out: usize,
    /// Of the payload; none: silence, of which nothing is sent.
    pub(super) octets: usize,
}

/// How a packet follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Follows {
    Directly,
    /// So many ticks of the source's clock are missing.
    AfterLoss(u32),
    Anew,
    TooLate,
}

impl Remade {
    /// Changes how packets are made; what was on its way in the old manner is dropped.
    pub(super) fn make(&mut self, making: Making) {
        if self.making != making {
            *self = Self { making, event: self.event, ..Self::default() };
        }
    }

    /// Takes what nobody will hear any more.
    pub(super) fn clear(&mut self) {
        self.samples.clear();
        self.payloads.clear();
        self.expected = None;
    }

    /// The peer is sent what others are sent too; so many samples of the next packet stand there already.
    pub(super) fn share(&mut self, waiting: usize) {
        self.shares = true;
        self.shared_waiting = waiting;
        self.alone = 0;
        self.samples.clear();
    }

    /// The peer is sent packets of its own, for so many rounds at least. Says whether it was not so before.
    pub(super) fn go_on_alone(&mut self, rounds: u8) -> bool {
        self.alone = rounds;
        core::mem::take(&mut self.shares)
    }

    /// For how many rounds the peer should not yet be sent what others are. Asked once a round.
    pub(super) fn alone_for(&mut self) -> u8 {
        let rounds = self.alone;
        self.alone = rounds.saturating_sub(1);
        rounds
    }

    /// What waits has another rate from here on: few samples, between which a straight line will do.
    pub(super) fn change_rate(&mut self, from_hz: u32, to_hz: u32) {
        let ratio = (u64::from(from_hz), u64::from(to_hz.max(1)));
        let count = self.samples.len() as u64 * ratio.1 / ratio.0.max(1);
        let at = |n: u64| {
            let (whole, rest) = (n * ratio.0 / ratio.1, n * ratio.0 % ratio.1);
            let sample = |at: u64| usize::try_from(at).ok().and_then(|at| self.samples.get(at)).copied();
            let first = i64::from(sample(whole).unwrap_or(0));
            let second = sample(whole + 1).map_or(first, i64::from);
            let between = (second - first) * i64::try_from(rest).unwrap_or(0) / i64::from(to_hz.max(1));
            i16::try_from(first + between).unwrap_or(0)
        };
        self.samples = (0..count).map(at).collect();
    }

    /// How many samples wait to fill a packet.
    pub(super) fn waiting(&self) -> usize {
        if self.shares { self.shared_waiting } else { self.samples.len() }
    }

    /// What waits to fill a packet, to be put elsewhere.
    pub(super) fn take_waiting(&mut self) -> Vec<i16> {
        core::mem::take(&mut self.samples)
    }

    pub(super) fn push(&mut self, samples: &[i16]) {
        self.samples.extend_from_slice(samples);
    }

    /// Takes a frame, if one is complete.
    pub(super) fn cut(&mut self, count: usize, frame: &mut Vec<i16>) -> bool {
        if count == 0 || self.samples.len() < count {
            return false;
        }
        frame.clear();
        frame.extend(self.samples.drain(..count));
        true
    }

    fn follows(&mut self, packet: &Incoming, ticks: u32) -> Follows {
        let next = packet.timestamp.wrapping_add(ticks);
        let follows = match self.expected {
            Some((source, expected)) if source == packet.source => {
                let ahead = packet.timestamp.wrapping_sub(expected).cast_signed();
                let most = (packet.clock_rate_hz / 1_000 * u32::from(GAP_MAX_MS)).cast_signed();
                match ahead {
                    0 => Follows::Directly,
                    _ if ahead > 0 && ahead <= most => Follows::AfterLoss(ahead.unsigned_abs()),
                    _ if ahead < 0 && ahead > -most => Follows::TooLate,
                    _ => Follows::Anew,
                }
            }
            _ => Follows::Anew,
        };
        if follows != Follows::TooLate {
            self.expected = Some((packet.source, next));
        }
        follows
    }
}

impl Session {
    /// Takes a payload of the codec that the peer takes too, in packets of another length. Calls `send` for each that is full.
    pub(super) fn regroup(
        &mut self,
        now: Time,
        packet: &Incoming,
        payload: &[u8],
        mut send: impl FnMut(SocketAddr, Vec<u8>),
    ) {
        let Some(codec) = self.made.encoder.as_ref().map(|format| format.codec) else { return };
        let Some(samples) = codec.payload_samples(payload).filter(|&samples| samples > 0) else {
            self.state.counters.discarded += 1;
            return;
        };
        let clock = codec.clock_rate_hz();
        let ticks = samples as u64 * u64::from(clock) / u64::from(codec.sample_rate_hz());
        let ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
        let ticks_out = Self::ticks_of_ms(self.ptime_ms(), clock);
        match self.state.remade.follows(packet, ticks) {
            Follows::Directly => {}
            Follows::AfterLoss(missing) => {
                // The hole is seen by the receiver as one: what stood before it goes with it, and numbers are left out.
                let held =
                    self.state.remade.payloads.len() as u64 * u64::from(ticks) / payload.len().max(1) as u64;
                self.state.remade.payloads.clear();
                self.skip(now, u64::from(missing) + held, ticks_out);
            }
            Follows::Anew => self.state.remade.payloads.clear(),
            Follows::TooLate => {
                self.state.counters.discarded += 1;
                return;
            }
        }
        let frames = samples / codec.frame_samples().max(1);
        if codec.frame_bytes().is_none_or(|bytes| frames * bytes != payload.len()) {
            // A frame of another size, such as a description of silence: it and what stands before it stay packets of their own.
            let held = core::mem::take(&mut self.state.remade.payloads);
            let held_ticks =
                held.len() as u64 * u64::from(ticks_out) / self.packet_bytes(codec).max(1) as u64;
            for (part, ticks) in [(held.as_slice(), held_ticks), (payload, u64::from(ticks))] {
                let ticks = u32::try_from(ticks).unwrap_or(u32::MAX);
                if !part.is_empty()
                    && let Some((to, fields)) = self.stamp(now, GAP_MAX_MS, (ticks, part.len()))
                {
                    send(to, fields.packet(part));
                }
            }
            return;
        }
        let bytes_out = payload.len() as u64 * u64::from(ticks_out) / u64::from(ticks.max(1));
        let bytes_out = usize::try_from(bytes_out).unwrap_or(0);
        self.state.remade.payloads.extend_from_slice(payload);
        while bytes_out > 0 && self.state.remade.payloads.len() >= bytes_out {
            let cut: Vec<u8> = self.state.remade.payloads.drain(..bytes_out).collect();
            if let Some((to, fields)) = self.stamp(now, GAP_MAX_MS, (ticks_out, cut.len())) {
                send(to, fields.packet(&cut));
            }
        }
    }

    /// Bytes of a packet of ours, for a codec whose frames all have as many.
    fn packet_bytes(&self, codec: &dyn Codec) -> usize {
        let samples = Self::ticks_of_ms(self.ptime_ms(), codec.sample_rate_hz()) as usize;
        samples / codec.frame_samples().max(1) * codec.frame_bytes().unwrap_or(0)
    }

    /// Leaves out so many ticks of our stream, and the numbers of the packets that would have carried them.
    fn skip(&mut self, now: Time, ticks: u64, packet_ticks: u32) {
        let sending = &mut self.state.counters.sending;
        sending.next_sequence += ticks.div_ceil(u64::from(packet_ticks.max(1)));
        let after = sending.timestamp.wrapping_add(sending.ticks);
        sending.timestamp = after.wrapping_add((ticks & 0xFFFF_FFFF) as u32).wrapping_sub(packet_ticks);
        sending.ticks = packet_ticks;
        sending.at = now;
    }

    /// Brings samples to this session's rate.
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
        let starts = self.state.tail.as_ref().is_none_or(|(known, _)| *known != rate_hz);
        if starts {
            self.state.tail = Some((rate_hz, Tail::default()));
        }
        if let Some((_, tail)) = &mut self.state.tail {
            tail.push(filter, samples, out);
        }
        if starts {
            // What the filter holds back is silence at first: else every packet would wait for the next round's first samples.
            let whole = usize::try_from(filter.output_len(samples.len())).unwrap_or(0);
            out.splice(0..0, core::iter::repeat_n(0, whole.saturating_sub(out.len())));
        }
    }

    /// The header of the next packet of our own making: its numbers go on from the last one's, with the clock where there was a
    /// pause, which is more than `slack_ms`.
    pub(super) fn stamp(
        &mut self,
        due: Time,
        slack_ms: u16,
        (ticks, octets): (u32, usize),
    ) -> Option<(SocketAddr, Fields)> {
        let to = self.audio_remote()?;
        let format = self.made.encoder.as_ref()?;
        let clock = format.codec.clock_rate_hz();
        let sending = &mut self.state.counters.sending;
        let by_clock = sending.timestamp_at(due, clock);
        let following = sending.following();
        let ahead = by_clock.wrapping_sub(following);
        let follows = sending.packets > 0 && ahead <= Self::ticks_of_ms(slack_ms, clock);
        let timestamp = if follows { following } else { by_clock };
        // RFC 3551 §4.1: the marker says that there was silence before, which was not sent.
        let fields = Fields {
            marker: self.state.mapping.take().is_some() || !follows || sending.left_out > 0,
            payload_type: format.payload_type,
            sequence: (sending.next_sequence & 0xFFFF) as u16,
            timestamp,
            ssrc: sending.ssrc,
        };
        sending.note(due, sending.next_sequence, timestamp, ticks, octets);
        self.state.clock_out_hz = clock;
        Some((to, fields))
    }

    /// How many ticks of the outgoing clock so many samples of our rate last.
    pub(super) fn ticks_of_samples(&self, count: usize) -> u32 {
        let clock = self.made.encoder.as_ref().map_or(0, |format| format.codec.clock_rate_hz());
        let ticks = count as u64 * u64::from(clock) / u64::from(self.rate_hz().max(1));
        u32::try_from(ticks).unwrap_or(0)
    }

    /// A packet of samples at our rate. None: there is nobody to send it to, or the codec leaves silence out.
    pub(super) fn encoded(
        &mut self,
        due: Time,
        slack_ms: u16,
        samples: &[i16],
    ) -> Option<(SocketAddr, Vec<u8>)> {
        self.audio_remote()?;
        let format = self.made.encoder.as_mut()?;
        let mut payload = Vec::with_capacity(samples.len() * 2);
        format.encoder.encode(samples, &mut payload);
        let left_out = format.encoder.left_out();
        let spoken = Spoken { samples: samples.len(), left_out, octets: payload.len() };
        let (to, fields) = self.stamp_spoken(due, slack_ms, spoken)?;
        Some((to, fields.packet(&payload)))
    }

    /// The header of what an encoder has made. None where it has made nothing: then its time passes without a packet.
    pub(super) fn stamp_spoken(
        &mut self,
        due: Time,
        slack_ms: u16,
        spoken: Spoken,
    ) -> Option<(SocketAddr, Fields)> {
        let left_out = if spoken.octets == 0 { spoken.samples } else { spoken.left_out.min(spoken.samples) };
        let (all, silent) = (self.ticks_of_samples(spoken.samples), self.ticks_of_samples(left_out));
        self.state.counters.sending.note_left_out(silent);
        if spoken.octets == 0 {
            return None;
        }
        let silent_us = left_out as u64 * 1_000_000 / u64::from(self.rate_hz().max(1));
        let begins = due + core::time::Duration::from_micros(silent_us);
        self.stamp(begins, slack_ms, (all.saturating_sub(silent), spoken.octets))
    }

    /// An event of the heard stream between packets of our own making.
    pub(super) fn own_event(
        &mut self,
        now: Time,
        packet: &Incoming,
        (payload_type, marker, octets): (u8, bool, usize),
    ) -> Option<(Fields, SocketAddr)> {
        let to = self.audio_remote()?;
        let sending = &mut self.state.counters.sending;
        let clock = self.state.clock_out_hz;
        let remade = &mut self.state.remade;
        let known = remade.event.filter(|(known, _)| *known == packet.timestamp);
        let timestamp = known.map_or_else(|| sending.timestamp_at(now, clock), |(_, sent)| sent);
        remade.event = Some((packet.timestamp, timestamp));
        let fields = Fields {
            marker,
            payload_type,
            sequence: (sending.next_sequence & 0xFFFF) as u16,
            timestamp,
            ssrc: sending.ssrc,
        };
        sending.note_event(sending.next_sequence, octets);
        Some((fields, to))
    }
}
