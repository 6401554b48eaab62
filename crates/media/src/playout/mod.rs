//! What a peer says as an even stream of samples, whatever the network does: packets go in as they come, frames of 10 or
//! 20 ms come out at the ticks of our own clock. Used where audio is decoded: mixes, recordings, conversions, watches.
//!
//! ```text
//!  push ─▶ buffer (by number) ─▶ decoder ─▶ concealer ─▶ ahead ─▶ slide ─▶ pull
//!            │                                 │           │        │
//!          delay: how long to wait      losses, seams   stretch   clock drift made up for
//!
//!            ┌───────── the packet's time has come ───────┐
//!            ▼                                            │
//!         Talking ── a gap in the timestamps alone, ──▶ Paused  (silence or comfort noise)
//!          │   ▲     comfort noise, a digit               ▲
//!   nothing│   │a packet                                  │
//!    is left   │                                          │
//!          ▼   │                                          │
//!         Starved (concealed, the stream stands still) ───┘ after 100 ms
//! ```
//! - The *delay* of a packet is how long after its unhindered arrival it is decoded. The target is what nearly all packets of
//!   the last seconds needed; the stream comes to it by leaving out or repeating pitch periods, and in pauses.
//! - A packet that comes late when nothing else was left to play is played, and the delay has grown; nothing that was said is
//!   left out but what comes later than the longest delay.
//! - Numbers that are missing are losses, also where timestamps jump; timestamps that jump alone are pauses.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths of audio are bounded by the packets' and the buffers' limits; times are clamped first"
)]

mod adapt;
mod buffer;
mod delay;
mod drift;
mod figures;
mod flow;
mod slide;
mod stretch;
mod timeline;

#[cfg(test)]
mod tests;

pub use buffer::{PACKETS_MAX, PAYLOAD_MAX};
pub use delay::PlayoutConfig;
pub use figures::PlayoutFigures;

use crate::codec::Decoder;
use crate::comfort_noise::NoiseGenerator;
use crate::conceal::Concealer;
use crate::level::Power;
use crate::quality::Losses;
use crate::scratch::Scratch;
use buffer::{Buffer, Inserted};
use cordboard_base::Time;
use core::time::Duration;
use delay::Delay;
use drift::Drift;
use figures::Counted;
use serde::{Deserialize, Serialize};
use slide::Slide;
use timeline::Timeline;

/// Rates of decoders that are played; one of another rate counts as missing.
const RATES_HZ: core::ops::RangeInclusive<u32> = 4_000..=48_000;
/// Lengths that may be pulled, in ms; others are taken as the nearest.
const PULL_MS: (u16, u16) = (1, 60);
/// A packet more than so many numbers away from the one that is expected belongs to a sender that has started anew (as in RFC 3550
/// A.1).
const RESTART_APART: u64 = 3_000;

/// A packet that came from the peer.
#[derive(Clone, Copy, Debug)]
pub struct Arrived<'a> {
    /// Its number, extended over the roll-overs.
    pub sequence: u64,
    /// As it stands in the header.
    pub timestamp: u32,
    /// The header's marker: the first packet of a talkspurt (RFC 3551 §4.1).
    pub marker: bool,
    /// The clock of its format. G.722's is 8,000 Hz, whatever its sample rate (RFC 3551 §4.5.2).
    pub clock_hz: u32,
    /// What it carries.
    pub content: Content,
    /// The payload, [`PAYLOAD_MAX`] bytes at most.
    pub payload: &'a [u8],
}

/// What a packet carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Audio in the receive format of this index.
    Audio {
        /// What [`Decoders::decoder`] is asked for.
        format: u8,
    },
    /// Comfort noise (RFC 3389).
    ComfortNoise,
    /// A telephone event (RFC 4733). Its payload is not looked at; its number is one that was not lost, and its time is silence.
    Event,
}

/// The decoders of a session's receive formats.
pub trait Decoders {
    /// The decoder of a format. `None`: the format can't be decoded, its packets count as lost.
    fn decoder(&mut self, format: u8) -> Option<Decoding<'_>>;
}

/// A decoder and what it makes.
#[derive(Debug)]
pub struct Decoding<'a> {
    /// The decoder. It is asked in the order of the stream.
    pub decoder: &'a mut dyn Decoder,
    /// The rate of its samples, 4,000 to 48,000 Hz.
    pub rate_hz: u32,
}

/// What was pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulled {
    /// Samples per second. Changes when the peer changes over to a format of another rate.
    pub rate_hz: u32,
    /// What it is, mostly.
    pub heard: Heard,
    /// How much later than it would have come over an unhindered way it is pulled, in µs; none while nothing is said.
    pub delay_us: Option<u32>,
}

/// What a frame is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Heard {
    /// Silence: the peer sends nothing, or an event.
    Nothing,
    /// Comfort noise, in a pause.
    ComfortNoise,
    /// Extrapolated in place of what was lost.
    Concealed,
    /// What the peer sent, at least in part.
    Speech,
}

/// The stream's course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Flow {
    /// Silence or noise until the next packet's time has come.
    Paused,
    /// Packet after packet.
    Talking,
    /// All was played, and more should be there: concealed so far, in µs.
    Starved { concealed_us: i64 },
}

/// One peer's stream: plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Playout {
    rate_hz: u32,
    buffer: Buffer,
    timeline: Timeline,
    delay: Delay,
    drift: Drift,
    flow: Flow,
    /// The number that comes next, once something was played.
    expected: Option<u64>,
    /// Which of the 64 numbers before that one were there, the newest in the lowest bit.
    played: u64,
    /// Where on the peer's clock that ends which stands in `ahead`, in µs.
    end_us: i64,
    /// Length of the newest packet, in µs.
    packet_us: i64,
    /// Format of the newest packet.
    format: Option<u8>,
    /// Decoded and not yet pulled.
    ahead: Vec<i16>,
    /// What the newest sample of `ahead` is.
    heard: Heard,
    concealer: Concealer,
    noise: Option<NoiseGenerator>,
    /// The next packet has another rate, and what was there has been faded out.
    faded_out: bool,
    slide: Slide,
    /// Thousandths of a sample that the rounds so far were short: 20 ms at 11,025 Hz are 220 and a half.
    #[serde(default)]
    owed: u32,
    stretched_at_us: i64,
    counted: Counted,
    /// How loud what is played is.
    #[serde(default)]
    power: Power,
    losses: Losses,
    #[serde(skip)]
    scratch: Scratch<i16>,
}

impl Playout {
    /// How loud it was since the last time it was asked.
    pub(crate) fn take_power(&mut self) -> Option<u8> {
        self.power.take().0
    }

    /// A stream from which nothing has come yet: silence of `rate_hz` until it does. Made when somebody begins to listen; what
    /// came before would be too late anyway.
    pub fn new(rate_hz: u32, config: PlayoutConfig) -> Self {
        let rate_hz = rate_hz.clamp(*RATES_HZ.start(), *RATES_HZ.end());
        Self {
            rate_hz,
            buffer: Buffer::default(),
            timeline: Timeline::default(),
            delay: Delay::new(config),
            drift: Drift::default(),
            flow: Flow::Paused,
            expected: None,
            played: 0,
            end_us: 0,
            packet_us: 20_000,
            format: None,
            ahead: Vec::new(),
            heard: Heard::Nothing,
            concealer: Concealer::new(rate_hz),
            noise: None,
            faded_out: false,
            slide: Slide::default(),
            owed: 0,
            stretched_at_us: 0,
            counted: Counted::default(),
            power: Power::default(),
            losses: Losses::default(),
            scratch: Scratch::default(),
        }
    }

    /// Takes a packet: in any order, twice, or too late.
    pub fn push(&mut self, now: Time, arrived: Arrived<'_>) {
        let now_us = micros(now);
        if arrived.payload.len() > PAYLOAD_MAX {
            self.counted.discarded += 1;
            return;
        }
        if self.expected.is_some_and(|expected| expected.abs_diff(arrived.sequence) > RESTART_APART) {
            self.reset();
        }
        // A copy says nothing of the delay: it may come a long way.
        if self.was_played(arrived.sequence) || self.buffer.contains(arrived.sequence) {
            self.counted.duplicates += 1;
            self.counted.discarded += 1;
            return;
        }
        let media_us = match arrived.content {
            Content::Audio { .. } | Content::ComfortNoise => self.place(now_us, &arrived),
            // An event's timestamp is that of its beginning, however often it is sent (RFC 4733 §2.5.1.2).
            Content::Event => self.timeline.newest_us(),
        };
        let late_us = now_us - media_us - self.delay.base_us().unwrap_or(now_us - media_us);
        if self.expected.is_some_and(|expected| arrived.sequence < expected) {
            if arrived.content != Content::Event {
                self.delay.missed(now_us, late_us);
            }
            self.counted.late += 1;
            self.counted.discarded += 1;
            return;
        }
        if matches!(self.flow, Flow::Starved { .. }) && self.expected == Some(arrived.sequence) {
            self.delay.missed(now_us, late_us);
        }
        match self.buffer.insert(arrived.sequence, media_us, arrived.content, arrived.payload) {
            Inserted::Fine | Inserted::Duplicate => {}
            Inserted::Overflow => self.counted.discarded += 1,
        }
    }

    /// Whether one of the last 64 numbers was taken out of the buffer, rather than missing when its turn came.
    fn was_played(&self, sequence: u64) -> bool {
        let Some(behind) = self.expected.and_then(|expected| expected.checked_sub(sequence)) else {
            return false;
        };
        (1..=64).contains(&behind) && self.played >> (behind - 1) & 1 == 1
    }

    /// The turn of all numbers up to this one is over; was it there?
    fn advance(&mut self, sequence: u64, was_there: bool) {
        let step =
            self.expected.map_or(u64::MAX, |expected| sequence.saturating_add(1).saturating_sub(expected));
        self.played = u32::try_from(step).ok().and_then(|step| self.played.checked_shl(step)).unwrap_or(0);
        self.played |= u64::from(was_there);
        self.expected = Some(sequence.saturating_add(1));
    }

    /// Where a packet belongs on the peer's clock. Takes its transit into account.
    fn place(&mut self, now_us: i64, arrived: &Arrived<'_>) -> i64 {
        let placed = self.timeline.place(now_us, arrived, self.delay.base_us());
        if placed.is_anew {
            self.drift.start_again();
        }
        let transit_us = now_us - placed.media_us;
        self.delay.note(now_us, transit_us);
        self.drift.note(now_us, transit_us);
        placed.media_us
    }

    /// The peer's numbering starts anew: what waits is given up, what was decoded is played.
    pub fn reset(&mut self) {
        self.counted.discarded += self.buffer.len() as u64;
        self.buffer.clear();
        self.timeline.start_again();
        self.expected = None;
        self.played = 0;
        if self.flow != Flow::Paused {
            self.pause();
        }
    }

    /// Appends the next `ms` of the stream, exactly (where a rate has no whole number of samples in them: exactly over time); to
    /// be called every `ms`. `now` is when the tick was due, not when it was come
    /// to: a tick that is late is not the network's delay.
    pub fn pull(&mut self, now: Time, ms: u16, decoders: &mut dyn Decoders, out: &mut Vec<i16>) -> Pulled {
        let ms = ms.clamp(PULL_MS.0, PULL_MS.1);
        let frame = Frame { now_us: micros(now), us: i64::from(ms) * 1_000 };
        self.shed(frame);
        self.slide.set(self.drift.ppb());
        let mut heard = self.heard;
        if self.ahead.is_empty() {
            self.change_rate(frame, decoders);
            heard = Heard::Nothing;
        }
        let whole = self.rate_hz * u32::from(ms) + self.owed;
        self.owed = whole % 1_000;
        let count = (whole / 1_000) as usize;
        let needed = self.slide.needs(count);
        heard = heard.max(self.fill(frame, needed, decoders));
        self.adapt(frame, needed, decoders);
        self.slide.run(self.ahead.get(..needed).unwrap_or(&self.ahead), count, out);
        self.ahead.drain(..needed.min(self.ahead.len()));
        if self.flow == Flow::Talking {
            self.counted.delay(self.delay_us(frame));
        }
        let delay_us = u32::try_from(self.delay_us(frame)).ok().filter(|_| self.flow == Flow::Talking);
        Pulled { rate_hz: self.rate_hz, heard, delay_us }
    }

    /// How long after its unhindered arrival the next sample will be pulled.
    fn delay_us(&self, frame: Frame) -> i64 {
        let next_us = self.end_us - self.us_of(self.ahead.len() + slide::DELAY);
        frame.now_us + frame.us - next_us - self.delay.base_us().unwrap_or(0)
    }

    fn us_of(&self, samples: usize) -> i64 {
        samples as i64 * 1_000_000 / i64::from(self.rate_hz)
    }

    fn samples_of_us(&self, us: i64) -> usize {
        (us.clamp(0, 1_000_000) * i64::from(self.rate_hz) / 1_000_000) as usize
    }

    /// The figures so far.
    pub fn figures(&self, now: Time) -> PlayoutFigures {
        self.counted.figures(self.delay.target_us(micros(now)), self.drift.ppb())
    }

    /// What was played and what was not, and how losses cluster: for [`crate::quality`].
    pub fn losses(&self) -> Losses {
        self.losses
    }

    /// Whether the peer's silence is heard as noise at present.
    pub fn makes_noise(&self) -> bool {
        self.flow == Flow::Paused && self.heard == Heard::ComfortNoise
    }

    /// Whether samples are under way, or packets: otherwise nothing but silence or noise would be pulled now.
    pub fn is_active(&self) -> bool {
        self.flow != Flow::Paused || !self.ahead.is_empty() || self.buffer.first().is_some()
    }
}

/// When and for how long samples are pulled.
#[derive(Clone, Copy, Debug)]
struct Frame {
    now_us: i64,
    us: i64,
}

/// Our clock in signed microseconds, of which no difference overflows.
fn micros(now: Time) -> i64 {
    const MAX: Duration = Duration::from_secs(1 << 40);
    now.since(Time::ZERO).min(MAX).as_micros() as i64
}
