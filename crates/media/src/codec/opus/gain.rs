//! How loud an Opus packet is, without decoding it. The first words of a SILK frame are the kind of its signal and the gain of its first
//! quarter (RFC 6716 §4.2.7.3, §4.2.7.4): four symbols of the range coder. Of a CELT frame the very first symbol says whether it is
//! nothing but zeros (§4.3), which is all that can be told of it.

use super::packet::{first_frame, frame_samples_48k};

/// SILK's own frames have 20 ms.
const SILK_FRAME_48K: usize = 960;
/// Probabilities of the upper three bits of a gain, as what is left above each value, of 256 (RFC 6716 table 11): no voice, unvoiced,
/// voiced.
const UPPER: [[u8; 8]; 3] =
    [[224, 112, 44, 15, 3, 2, 1, 0], [254, 237, 192, 132, 70, 23, 4, 0], [255, 252, 226, 155, 61, 11, 2, 0]];
/// Of the lower three (table 12).
const LOWER: [u8; 8] = [224, 192, 160, 128, 96, 64, 32, 0];
/// Of the two kinds of a frame without voice, and of the four of one with it (tables 9 and 10).
const QUIET: [u8; 2] = [230, 0];
const ACTIVE: [u8; 4] = [232, 158, 10, 0];
/// The first word of a CELT frame of zeros: a symbol whose probability is 1 in 2^15 stands at the very end of the coder's range.
const CELT_SILENCE: u16 = 0xFFFE;

/// The mean square by the gain of the first frame's first quarter; `None` where the packet does not tell it.
pub(super) fn mean_square(packet: &[u8]) -> Option<u32> {
    let &toc = packet.first()?;
    let frame = first_frame(packet)?;
    // Nothing is sent while nobody talks (RFC 7587 §3.1.3).
    if frame.len() < 2 {
        return Some(0);
    }
    if toc & 0x80 != 0 {
        let first = frame.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))?;
        return (first >= CELT_SILENCE).then_some(0);
    }
    let is_stereo = toc & 0x04 != 0;
    let frames = frame_samples_48k(toc).div_ceil(SILK_FRAME_48K);
    let mut coder = Coder::new(frame);
    let mut is_active = (0..frames).map(|_| coder.bit()).fold(None, |first, bit| first.or(Some(bit)))?;
    let has_previous = coder.bit();
    // Two channels begin with their differences, and several copies of earlier frames with a list of them.
    if is_stereo || has_previous && frames > 1 {
        return None;
    }
    // The copy of an earlier frame comes first; there is one of frames with voice only (§4.2.4).
    is_active |= has_previous;
    let kind = if is_active { 1 + coder.symbol(&ACTIVE) / 2 } else { coder.symbol(&QUIET) / 2 };
    let upper = coder.symbol(UPPER.get(kind)?);
    Some(square_of(upper << 3 | coder.symbol(&LOWER)))
}

/// From the index of a gain to its square (RFC 6716 §4.2.7.4): 1.37 dB a step, from 2 dB on.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "64 values, between 1 and 2^30")]
fn square_of(index: usize) -> u32 {
    let logarithm = ((0x1D_1C71 * index) >> 16) + 2_090;
    // Seven fractional bits, and a gain of sixteen.
    let gain = (logarithm as f32 / 128.0 - 16.0).exp2();
    (gain * gain) as u32
}

/// The range decoder (RFC 6716 §4.1).
struct Coder<'a> {
    rest: core::slice::Iter<'a, u8>,
    last: u32,
    range: u32,
    value: u32,
}

impl<'a> Coder<'a> {
    fn new(frame: &'a [u8]) -> Self {
        let mut rest = frame.iter();
        let last = u32::from(rest.next().copied().unwrap_or(0));
        let mut coder = Self { rest, last, range: 128, value: 127 - (last >> 1) };
        coder.normalise();
        coder
    }

    /// §4.1.2.1.
    fn normalise(&mut self) {
        while self.range <= 1 << 23 {
            let next = u32::from(self.rest.next().copied().unwrap_or(0));
            let bits = (self.last << 8 | next) >> 1;
            self.last = next;
            self.range <<= 8;
            self.value = ((self.value << 8) + (!bits & 0xFF)) & 0x7FFF_FFFF;
        }
    }

    /// Two values, as likely as each other (§4.1.3.2).
    fn bit(&mut self) -> bool {
        let half = self.range >> 1;
        let is_set = self.value < half;
        if is_set {
            self.range = half;
        } else {
            self.value -= half;
            self.range -= half;
        }
        self.normalise();
        is_set
    }

    /// By what is left above each value, of 256 (§4.1.3.3).
    fn symbol(&mut self, above: &[u8]) -> usize {
        let part = self.range >> 8;
        let mut high = self.range;
        for (symbol, &above) in above.iter().enumerate() {
            let low = part * u32::from(above);
            if self.value >= low {
                self.value -= low;
                self.range = high - low;
                self.normalise();
                return symbol;
            }
            high = low;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Codec, OPUS};

    fn level(square: u32) -> f64 {
        let full = 32_767.0 * 32_767.0;
        if square == 0 { -127.0 } else { 10.0 * (2.0 * f64::from(square) / full).log10() }
    }

    /// Levels of noise of such an amplitude, packet by packet, once the encoder has settled.
    fn levels(fmtp: &str, rate_hz: u32, peak: i32) -> Vec<Option<f64>> {
        let mut encoder = OPUS.encoder(fmtp, rate_hz).unwrap();
        let frame = usize::try_from(rate_hz / 50).unwrap();
        let mut seed = 1_u32;
        let mut levels = Vec::new();
        for n in 0..50 {
            let noise = (0..frame).map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                i16::try_from(i32::try_from(seed >> 16).unwrap() % (2 * peak + 1) - peak).unwrap()
            });
            let samples: Vec<i16> = noise.collect();
            let mut packet = Vec::new();
            encoder.encode(&samples, &mut packet);
            if n >= 10 && !packet.is_empty() {
                levels.push(OPUS.estimated_mean_square(&packet).map(level));
            }
        }
        levels
    }

    #[test]
    fn silence_is_told_from_a_room_and_a_room_from_a_voice() {
        for (fmtp, rate_hz) in [("", 16_000), ("useinbandfec=1", 16_000), ("maxaveragebitrate=16000", 8_000)]
        {
            let told = |peak: i32| {
                let levels: Vec<f64> = levels(fmtp, rate_hz, peak).into_iter().flatten().collect();
                levels.iter().copied().fold(f64::NAN, f64::max)
            };
            let (zeros, room, voice) = (told(0), told(60), told(6_000));
            println!("{fmtp} {rate_hz}: {zeros} {room} {voice}");
            assert!(zeros < -75.0, "{fmtp} {rate_hz}: {zeros}");
            assert!((-66.0..-35.0).contains(&room), "{fmtp} {rate_hz}: {room}");
            assert!((-30.0..0.0).contains(&voice), "{fmtp} {rate_hz}: {voice}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_packet_has_a_level_or_none(packet in proptest::collection::vec(proptest::num::u8::ANY, 0..80)) {
            let square = mean_square(&packet);
            proptest::prop_assert!(square.is_none_or(|square| level(square) < 0.0));
        }
    }
}
