//! Opus (RFC 6716) in RTP (RFC 7587), by the crate opus-pure.
//!
//! Its clock is 48,000 Hz and its `rtpmap` says two channels whatever is inside (RFC 7587 §4.1, §7); what is spoken here is one
//! channel. Encoders and decoders work at 8, 12, 16, 24 or 48 kHz by themselves, so that a leg at 8 kHz needs no resampler.
//! The library can't lay its state out: after a restore both directions start afresh.

mod decode;
mod encode;
mod file;
mod gain;
mod packet;
#[cfg(test)]
mod tests;

use super::{Codec, Decoder, Encoder, FileEncoder, fmtp};

/// Opus.
pub static OPUS: Opus = Opus;

/// See [`OPUS`].
#[derive(Clone, Copy, Debug)]
pub struct Opus;

/// The rates that the library works at.
const RATES_HZ: [u32; 5] = [8_000, 12_000, 16_000, 24_000, 48_000];

impl Codec for Opus {
    fn name(&self) -> &'static str {
        "opus"
    }

    fn clock_rate_hz(&self) -> u32 {
        48_000
    }

    fn sample_rate_hz(&self) -> u32 {
        48_000
    }

    fn channels(&self) -> u8 {
        2
    }

    fn rate_near(&self, rate_hz: u32) -> u32 {
        RATES_HZ.into_iter().find(|&rate| rate >= rate_hz).unwrap_or(48_000)
    }

    fn static_payload_type(&self) -> Option<u8> {
        None
    }

    fn frame_samples(&self) -> usize {
        480 // 10 ms; shorter frames have more header than speech
    }

    fn payload_samples(&self, payload: &[u8]) -> Option<usize> {
        packet::samples_48k(payload)
    }

    fn estimated_mean_square(&self, payload: &[u8]) -> Option<u32> {
        gain::mean_square(payload)
    }

    fn goes_packet_by_packet(&self, parameters: &str) -> bool {
        !fmtp::flag(parameters, "usedtx")
    }

    fn fmtp(&self) -> &'static str {
        "useinbandfec=1" // RFC 7587 §6.1: we can take advantage of it
    }

    fn maker(&self) -> &'static str {
        "opus-pure"
    }

    fn encoder(&self, fmtp: &str, rate_hz: u32) -> Option<Box<dyn Encoder>> {
        Some(Box::new(encode::Sender::new(fmtp, rate_hz)?))
    }

    fn decoder(&self, _fmtp: &str, rate_hz: u32) -> Option<Box<dyn Decoder>> {
        Some(Box::new(decode::Receiver::new(rate_hz)?))
    }

    fn file_encoder(&self, rate_hz: u32, channels: u8) -> Option<FileEncoder> {
        file::encoder(rate_hz, channels)
    }
}
