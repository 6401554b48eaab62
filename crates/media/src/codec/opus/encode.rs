//! The sending side of Opus.

use super::packet;
use crate::codec::{Encoder, fmtp};
use core::fmt;
use opus_pure::{Application, Bandwidth, OpusEncoder, RateControl, Signal};

/// What a packet may be long: it fits one datagram on any path, and is more than ten times what we send.
const PACKET_MAX: usize = 1_200;
/// A packet's frames of 10 ms at most (RFC 6716 §3.2.5).
const TENS_MAX: usize = 12;
/// Measured on 7.5 s of speech at 16 kHz and 24 kbit/s, release build, 20 ms frames: complexity 0 takes 74 µs (PESQ-WB 4.29), 2: 99 µs
/// (4.40), 4: 147 µs (4.45), 6: 223 µs (4.49), 9: 366 µs (4.50). At 8 kHz and 16 kbit/s 4 takes 84 µs (PESQ 4.42; 9: 122 µs, 4.45).
const COMPLEXITY: i32 = 4;
/// What a peer that asks for error correction is expected to lose, in percent: it decides what part of the bits goes there.
const LOSS_PERCENT: i32 = 5;
/// Below this nothing can be understood; RFC 7587 §6.1 lets a peer ask for as little as 6,000 bit/s.
const BIT_RATE_MIN: u32 = 6_000;

/// The bit rate for mono speech at a sampling rate, from the ranges of RFC 7587 §3.1.1.
fn bit_rate(rate_hz: u32) -> u32 {
    match rate_hz {
        0..=8_000 => 16_000,
        8_001..=16_000 => 24_000,
        16_001..=24_000 => 28_000,
        _ => 32_000,
    }
}

/// The widest audio that a peer plays who names a rate (RFC 7587 §6.1 `maxplaybackrate`). From samples above 16 kHz the library
/// makes wide-band at the least: the peer plays the part of it that it can.
fn bandwidth(playback_hz: u32) -> Bandwidth {
    match playback_hz {
        0..=8_000 => Bandwidth::Narrowband,
        8_001..=12_000 => Bandwidth::Mediumband,
        12_001..=16_000 => Bandwidth::Wideband,
        16_001..=24_000 => Bandwidth::Superwideband,
        _ => Bandwidth::Fullband,
    }
}

/// An encoder as a peer wants it.
pub(super) struct Sender {
    encoder: Box<OpusEncoder>,
    /// Samples of 10 ms.
    ten_ms: usize,
    /// Frames of 10 ms on their way into one packet.
    tens: Vec<u8>,
}

impl Sender {
    /// `None` for a rate that is none of the library's.
    pub(super) fn new(fmtp: &str, rate_hz: u32) -> Option<Self> {
        let rate = i32::try_from(rate_hz).ok()?;
        let mut encoder = Box::new(OpusEncoder::new(rate, 1, Application::Voip).ok()?);
        encoder.complexity = COMPLEXITY;
        encoder.signal_type = Some(Signal::Voice);
        let playback_hz = fmtp::number(fmtp, "maxplaybackrate").unwrap_or(48_000);
        encoder.max_bandwidth = bandwidth(playback_hz);
        let most = fmtp::number(fmtp, "maxaveragebitrate").unwrap_or(u32::MAX).max(BIT_RATE_MIN);
        encoder.bitrate_bps = i32::try_from(bit_rate(rate_hz.min(playback_hz)).min(most)).ok()?;
        if fmtp::flag(fmtp, "cbr") {
            encoder.rate_control = RateControl::Cbr;
        }
        if fmtp::flag(fmtp, "useinbandfec") {
            encoder.use_inband_fec = true;
            encoder.packet_loss_perc = LOSS_PERCENT;
        }
        encoder.use_dtx = fmtp::flag(fmtp, "usedtx");
        let ten_ms = usize::try_from(rate_hz / 100).ok()?;
        Some(Self { encoder, ten_ms, tens: Vec::new() })
    }

    /// Lengths that Opus has no frame for, such as 30 ms, become several of 10 ms. Their sizes vary, with `cbr=1` too: the
    /// padding of single frames would have to be taken off again.
    fn encode_in_tens(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        let count = samples.len() / self.ten_ms;
        let most = PACKET_MAX / count.max(1) - 2;
        let control = core::mem::replace(&mut self.encoder.rate_control, RateControl::ConstrainedVbr);
        self.tens.clear();
        self.tens.resize(count * most, 0);
        let mut lengths = [0; TENS_MAX];
        let frames =
            samples.chunks_exact(self.ten_ms).zip(self.tens.chunks_exact_mut(most)).zip(&mut lengths);
        for ((samples, frame), length) in frames {
            *length = self.encoder.encode_s16(samples, self.ten_ms, frame).unwrap_or(0);
        }
        self.encoder.rate_control = control;
        let mut packets: [&[u8]; TENS_MAX] = [&[]; TENS_MAX];
        for ((packet, frame), &length) in packets.iter_mut().zip(self.tens.chunks_exact(most)).zip(&lengths) {
            *packet = frame.get(..length).unwrap_or_default();
        }
        let packets = packets.get(..count).unwrap_or_default();
        if self.encoder.use_dtx && packets.iter().all(|packet| packet.len() <= 2) {
            return;
        }
        packet::join(packets, payload);
    }
}

impl Encoder for Sender {
    /// More than 120 ms are no packet: nothing is appended.
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        let tens = samples.len() / self.ten_ms;
        if tens == 0 || tens > TENS_MAX || !samples.len().is_multiple_of(self.ten_ms) {
            return;
        }
        if !matches!(tens, 1 | 2 | 4 | 6 | 8 | 10 | 12) {
            return self.encode_in_tens(samples, payload);
        }
        let start = payload.len();
        payload.resize(start + PACKET_MAX, 0);
        let space = payload.get_mut(start..).unwrap_or_default();
        let length = self.encoder.encode_s16(samples, samples.len(), space).unwrap_or(0);
        // RFC 7587 §3.1.3: a frame of the first byte alone, or with one more, says that there is nothing to be heard.
        let is_silent = self.encoder.use_dtx && length <= 2;
        payload.truncate(start + if is_silent { 0 } else { length });
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("encoder", &self.encoder).finish_non_exhaustive()
    }
}
