//! Opus for files: one or two channels, made for listening and not for a network.

use crate::codec::{Encoder, FileEncoder};
use core::fmt;
use opus_pure::{Application, OpusEncoder, Signal};

/// A frame of 20 ms has no more (RFC 6716 §3.4, R2).
const PACKET_MAX: usize = 1_275;
/// As for phones: see `encode.rs`.
const COMPLEXITY: i32 = 4;
/// Opus counts time at this rate (RFC 7845 §4).
const CLOCK_HZ: u32 = 48_000;

/// One channel, from the ranges of RFC 7587 §3.1.1.
fn bit_rate(rate_hz: u32) -> i32 {
    match rate_hz {
        0..=8_000 => 16_000,
        8_001..=16_000 => 24_000,
        16_001..=24_000 => 32_000,
        _ => 36_000,
    }
}

/// Two channels that have nothing in common, which Opus is not made for. Measured with libopus on two prompts at once, how loud
/// either is heard on the other's side and PESQ: 8 kHz as speech at 48 kbit/s −36 dB, 3.1–3.6, as music at 48 kbit/s −59 dB,
/// 4.1–4.2 and a third of the work; 16 kHz as speech at 48 kbit/s −35 dB, 2.5–2.8, as music at 64 kbit/s −59 dB, 3.5, at
/// 80 kbit/s −57 dB, 4.1.
fn stereo_bit_rate(rate_hz: u32) -> i32 {
    match rate_hz {
        0..=8_000 => 48_000,
        8_001..=16_000 => 80_000,
        _ => 96_000,
    }
}

/// See the module's documentation.
struct FileSender {
    encoder: Box<OpusEncoder>,
    /// Samples of 20 ms, of one channel.
    frame: usize,
    channels: usize,
}

/// `None` for a rate that is none of the library's, and for more than two channels.
pub(super) fn encoder(rate_hz: u32, channels: u8) -> Option<FileEncoder> {
    let rate = i32::try_from(rate_hz).ok()?;
    let (application, signal, bit_rate) = match channels {
        1 => (Application::Voip, Signal::Voice, bit_rate(rate_hz)),
        2 => (Application::Audio, Signal::Music, stereo_bit_rate(rate_hz)),
        _ => return None,
    };
    let channels = usize::from(channels);
    let mut encoder = Box::new(OpusEncoder::new(rate, channels, application).ok()?);
    encoder.complexity = COMPLEXITY;
    encoder.signal_type = Some(signal);
    encoder.bitrate_bps = bit_rate;
    let lookahead = u32::try_from(encoder.lookahead()).ok()?;
    let pre_skip = u16::try_from(lookahead * (CLOCK_HZ / rate_hz.max(1))).ok()?;
    let frame = usize::try_from(rate_hz / 50).ok()?;
    Some(FileEncoder { encoder: Box::new(FileSender { encoder, frame, channels }), frame, pre_skip })
}

impl Encoder for FileSender {
    /// Anything but one frame is nothing.
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        if samples.len() != self.frame * self.channels {
            return;
        }
        let start = payload.len();
        payload.resize(start + PACKET_MAX, 0);
        let space = payload.get_mut(start..).unwrap_or_default();
        let length = self.encoder.encode_s16(samples, self.frame, space).unwrap_or(0);
        payload.truncate(start + length);
    }
}

impl fmt::Debug for FileSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileSender").field("encoder", &self.encoder).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Tone, goertzel, tone};
    use opus_pure::OpusDecoder;

    fn tone_of(frequency_hz: u16, rate_hz: u32, count: usize) -> Vec<i16> {
        let frequencies_hz = [frequency_hz, 0];
        let tone = Tone { frequencies_hz, level_dbm0: -12, cadence_ms: Vec::new(), duration_ms: 0 };
        tone::generate(&tone, rate_hz, count)
    }

    #[test]
    fn two_channels_stay_apart_at_every_rate() {
        for rate_hz in super::super::RATES_HZ {
            let FileEncoder { mut encoder, frame, pre_skip } = encoder(rate_hz, 2).unwrap();
            assert_eq!((frame, pre_skip), (rate_hz as usize / 50, 312));
            let count = frame * 50;
            let (left, right) = (tone_of(700, rate_hz, count), tone_of(1_100, rate_hz, count));
            let both: Vec<i16> =
                left.into_iter().zip(right).flat_map(|(left, right)| [left, right]).collect();
            let mut decoder = OpusDecoder::new(i32::try_from(rate_hz).unwrap(), 2).unwrap();
            let mut sides = [Vec::new(), Vec::new()];
            for samples in both.chunks_exact(frame * 2) {
                let (mut packet, mut decoded) = (Vec::new(), vec![0; frame * 2]);
                encoder.encode(samples, &mut packet);
                assert_eq!(decoder.decode_s16(&packet, frame, &mut decoded).ok(), Some(frame));
                for (side, first) in sides.iter_mut().zip(0..) {
                    side.extend(decoded.iter().skip(first).step_by(2));
                }
            }
            let heard = sides.map(|side| goertzel::heard(&side[frame * 5..], rate_hz, &[700, 1_100], -45.0));
            assert_eq!(heard, [[700], [1_100]], "{rate_hz}");
        }
    }

    #[test]
    fn what_is_no_frame_makes_no_packet_and_what_is_no_rate_no_encoder() {
        let mut made = encoder(8_000, 1).unwrap();
        let mut packet = Vec::new();
        for count in [0, 159, 161, 320] {
            made.encoder.encode(&vec![0; count], &mut packet);
        }
        assert!(packet.is_empty());
        assert!(
            [(11_025, 1), (8_000, 0), (8_000, 3), (0, 1)].iter().all(|&(hz, n)| encoder(hz, n).is_none())
        );
    }
}
