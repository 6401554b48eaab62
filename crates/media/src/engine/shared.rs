//! What all who say nothing hear of a mix: encoded once for those who hear it in the same codec, in packets of one length. Who speaks
//! hears something else, and is sent packets of its own until both coders stand at the same place again.
//!
//! ```text
//!            ┌── says nothing ──▶ shared: payloads of the stream under headers of its own
//!  listener ─┤                       │  ▲
//!            │                speaks,│  │ quiet for half a second, or five seconds
//!            │           is played to▼  │
//!            └── speaks ───────────▶ alone: the coder goes on where the shared one stood
//! ```

use super::Engine;
use super::formats::{SendFormat, WIDE_BAND_HZ};
use super::mixes::Mixing;
use super::remade::Spoken;
use super::session::Session;
use crate::Output;
use crate::codec::{self, Codec, Encoder};
use crate::mix::{Bus, ROUND_MS};
use crate::resample::{Filters, Tail};
use cordboard_base::{Format, Time};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A listener that has spoken goes on with its own coder for so many rounds at most, five seconds. Both coders hear the same by then,
/// and the sooner they stand at the same place the less the peer's decoder notices of the change.
const ALONE_ROUNDS: u8 = 250;
/// From here on (half a second) a round of quiet is enough, in which nothing of what was before is left in any coder.
const ALONE_ROUNDS_QUIET: u8 = ALONE_ROUNDS - 25;
/// Packets of the shared coder's that a coder hears first which can't take over what the shared one remembers.
const PRIMED_WITH: usize = 3;

/// A [`SharedStream`] as plain data, between two rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SharedState {
    name: String,
    clock_rate_hz: u32,
    channels: u8,
    fmtp: String,
    rate_hz: u32,
    encoder: Vec<u8>,
    frame_len: usize,
    tail: Tail,
    samples: Vec<i16>,
    encoded: Vec<i16>,
    is_made: bool,
}

/// What all who say nothing hear in one codec, in packets of one length.
#[derive(Debug)]
pub(super) struct SharedStream {
    codec: &'static dyn Codec,
    fmtp: String,
    rate_hz: u32,
    encoder: Box<dyn Encoder>,
    /// Of the codec's samples in a packet.
    frame_len: usize,
    tail: Tail,
    /// Waits until it fills a packet; and how much waited when this round began.
    samples: Vec<i16>,
    pub(super) began_with: usize,
    /// What was encoded last, [`PRIMED_WITH`] packets of it.
    encoded: Vec<i16>,
    /// Whether somebody has wanted it in the round before, and in this one.
    was_made: bool,
    pub(super) is_made: bool,
    /// Packets that became full in this round. An empty one: silence that the codec leaves out.
    payloads: Vec<(Arc<[u8]>, Spoken)>,
}

/// The rate at which a mix is summed for a listener: its own, unless a round has no whole number of its samples (11,025 Hz).
pub(super) fn sum_rate_hz(rate_hz: u32) -> u32 {
    if (rate_hz * ROUND_MS).is_multiple_of(1_000) { rate_hz } else { WIDE_BAND_HZ }
}

impl SharedStream {
    /// Of the coder and what waits of the first who shares it: its peer does not notice.
    fn of(format: &mut SendFormat, waiting: Vec<i16>, frame_len: usize) -> Option<Self> {
        let SendFormat { codec, fmtp, rate_hz, .. } = format;
        let encoder = codec.encoder(fmtp, *rate_hz)?;
        Some(Self {
            codec: *codec,
            fmtp: fmtp.clone(),
            rate_hz: *rate_hz,
            encoder: core::mem::replace(&mut format.encoder, encoder),
            frame_len,
            tail: Tail::default(),
            began_with: waiting.len(),
            samples: waiting,
            encoded: Vec::new(),
            was_made: false,
            is_made: false,
            payloads: Vec::new(),
        })
    }

    pub(super) fn kept(&self) -> SharedState {
        let mut encoder = Vec::new();
        self.encoder.save(&mut encoder);
        SharedState {
            name: self.codec.name().to_owned(),
            clock_rate_hz: self.codec.clock_rate_hz(),
            channels: self.codec.channels(),
            fmtp: self.fmtp.clone(),
            rate_hz: self.rate_hz,
            encoder,
            frame_len: self.frame_len,
            tail: self.tail.clone(),
            samples: self.samples.clone(),
            encoded: self.encoded.clone(),
            is_made: self.is_made,
        }
    }

    pub(super) fn restored(state: SharedState) -> Option<Self> {
        let format = Format { channels: state.channels, ..Format::new(0, &state.name, state.clock_rate_hz) };
        let codec = codec::find(&format)?;
        let mut encoder = codec.encoder(&state.fmtp, state.rate_hz)?;
        encoder.load(&state.encoder);
        Some(Self {
            codec,
            fmtp: state.fmtp,
            rate_hz: state.rate_hz,
            encoder,
            frame_len: state.frame_len,
            tail: state.tail,
            began_with: state.samples.len(),
            samples: state.samples,
            encoded: state.encoded,
            was_made: false,
            is_made: state.is_made,
            payloads: Vec::new(),
        })
    }

    fn is_of(&self, format: &SendFormat, frame_len: usize) -> bool {
        codec::Id::of(self.codec) == codec::Id::of(format.codec)
            && self.rate_hz == format.rate_hz
            && self.frame_len == frame_len
            && self.fmtp == format.fmtp
    }

    /// Whether it goes on in this round.
    fn is_in_use(&self) -> bool {
        self.was_made || self.is_made
    }

    pub(super) fn begin_round(&mut self) {
        self.was_made = core::mem::take(&mut self.is_made);
        if !self.was_made {
            // Nobody has heard what began there.
            self.samples.clear();
            self.encoded.clear();
        }
        self.began_with = self.samples.len();
        self.payloads.clear();
    }

    fn make(&mut self, bus: &Bus, filters: &mut Filters) {
        let sum_hz = sum_rate_hz(self.rate_hz);
        match filters.between(sum_hz, self.rate_hz) {
            None => bus.heard(None, sum_hz, &mut self.samples),
            Some(filter) => {
                let mut heard = Vec::new();
                bus.heard(None, sum_hz, &mut heard);
                self.tail.push(filter, &heard, &mut self.samples);
            }
        }
        while self.frame_len > 0 && self.samples.len() >= self.frame_len {
            let mut payload = Vec::new();
            let frame = self.samples.get(..self.frame_len).unwrap_or_default();
            self.encoder.encode(frame, &mut payload);
            let left_out = self.encoder.left_out();
            let spoken = Spoken { samples: self.frame_len, left_out, octets: payload.len() };
            if self.codec.has_memory() {
                let too_many = (self.encoded.len() / self.frame_len + 1).saturating_sub(PRIMED_WITH);
                self.encoded.drain(..too_many * self.frame_len);
                self.encoded.extend_from_slice(frame);
            }
            self.samples.drain(..self.frame_len);
            self.payloads.push((payload.into(), spoken));
        }
        self.is_made = true;
    }
}

impl Engine {
    /// Sends a listener the packets that it shares with all others of its codec.
    pub(super) fn send_shared(&mut self, due: Time, index: u32, mixing: &mut Mixing) {
        let Some(session) = self.slots.at(index) else { return };
        if session.audio_remote().is_none() || session.made.encoder.is_none() {
            return;
        }
        let Mixing { shared, bus, .. } = mixing;
        let at = match session.shared_with(shared, |shared| shared.began_with) {
            Some(at) => at,
            None => {
                shared.retain(SharedStream::is_in_use);
                let frame_len = session.frame_len();
                let waiting = session.state.remade.take_waiting();
                let format = session.made.encoder.as_mut();
                shared.extend(format.and_then(|format| SharedStream::of(format, waiting, frame_len)));
                shared.len().saturating_sub(1)
            }
        };
        let Some(shared) = shared.get_mut(at) else { return };
        if !shared.is_made {
            shared.make(bus, &mut self.filters);
        }
        session.state.remade.share(shared.samples.len());
        let slack_ms = session.round_slack_ms();
        for (payload, spoken) in &shared.payloads {
            if let Some((to, fields)) = session.stamp_spoken(due, slack_ms, *spoken) {
                let (slot, payload) = (session.state.slot, Arc::clone(payload));
                self.outputs.push_back(Output::Shared { slot, to, header: fields.to_bytes(), payload });
            }
        }
    }

    /// Before a session makes packets of its own: until now it may have shared those of a mix.
    pub(super) fn leave_shared(&mut self, index: u32) {
        let Some(session) = self.slots.at(index) else { return };
        if let Some(mixing) = session.made.hears_mix.and_then(|id| self.mixes.all.get(&id)) {
            session.go_on_alone(&mixing.shared, |shared| shared.samples.len());
        }
    }
}

impl Session {
    /// Whether it hears a mix as it is, and nobody keeps what it hears.
    pub(super) fn is_plain(&self) -> bool {
        self.state.hearing_db == 0 && self.state.recordings.is_empty()
    }

    /// A packet of a length that rounds do not end with is sent up to a round early or late.
    fn round_slack_ms(&self) -> u16 {
        let round_us = u64::from(ROUND_MS) * 1_000;
        if self.frame_us().is_multiple_of(round_us) { 0 } else { 20 }
    }

    /// The stream that this session's packets are those of, if it is in use: of the same form, and with as much waiting, for packets of
    /// 30 ms begin in one round of three. `stands_at` tells how much waited in a stream at the end of the last round.
    fn shared_with(&self, shared: &[SharedStream], stands_at: fn(&SharedStream) -> usize) -> Option<usize> {
        let format = self.made.encoder.as_ref()?;
        let (frame_len, waiting) = (self.frame_len(), self.state.remade.waiting());
        shared.iter().position(|shared| {
            shared.is_in_use() && stands_at(shared) == waiting && shared.is_of(format, frame_len)
        })
    }

    /// Whether the peer can be sent what others are from this round on. Where there is such a stream already, and its coder remembers,
    /// the own one has to hear the same for a while first.
    pub(super) fn may_share(&mut self, mixing: &Mixing) -> bool {
        let rounds = self.state.remade.alone_for();
        let remembers = self.made.encoder.as_ref().is_some_and(|format| format.codec.has_memory());
        let is_early = rounds > ALONE_ROUNDS_QUIET || (rounds > 0 && !mixing.bus.is_quiet());
        !(remembers && is_early && self.shared_with(&mixing.shared, |shared| shared.began_with).is_some())
    }

    /// From the shared packets to packets of its own: the peer's decoder has followed the shared encoder, and a part of the next
    /// packet may have been heard.
    pub(super) fn go_on_alone(&mut self, shared: &[SharedStream], stands_at: fn(&SharedStream) -> usize) {
        let at = self.shared_with(shared, stands_at);
        if !self.state.remade.go_on_alone(ALONE_ROUNDS) {
            return;
        }
        let Some(shared) = at.and_then(|at| shared.get(at)) else { return };
        self.state.remade.push(&shared.samples);
        let Some(format) = self.made.encoder.as_mut().filter(|format| format.codec.has_memory()) else {
            return;
        };
        // A coder of its own that was in use before remembers what the peer's decoder has long forgotten.
        let Some(encoder) = format.codec.encoder(&format.fmtp, format.rate_hz) else { return };
        format.encoder = encoder;
        let mut memory = Vec::new();
        shared.encoder.save(&mut memory);
        if memory.is_empty() {
            for frame in shared.encoded.chunks_exact(shared.frame_len.max(1)) {
                format.encoder.encode(frame, &mut memory);
            }
        } else {
            format.encoder.load(&memory);
        }
    }
}
