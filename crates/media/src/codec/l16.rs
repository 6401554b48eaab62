//! Linear 16-bit samples in network order (RFC 3551 §4.5.11), single-channel. Only 44,100 Hz has a number of its own.

use super::{BadPayload, Codec, Decoder, Encoder};

/// L16 at 8,000 Hz.
pub static L16_8000: L16 = L16 { rate_hz: 8_000 };
/// L16 at 16,000 Hz.
pub static L16_16000: L16 = L16 { rate_hz: 16_000 };
/// L16 at 44,100 Hz, number 11.
pub static L16_44100: L16 = L16 { rate_hz: 44_100 };
/// L16 at 48,000 Hz.
pub static L16_48000: L16 = L16 { rate_hz: 48_000 };

/// Linear 16-bit audio at one rate.
#[derive(Clone, Copy, Debug)]
pub struct L16 {
    rate_hz: u32,
}

impl Codec for L16 {
    fn name(&self) -> &'static str {
        "L16"
    }

    fn clock_rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn sample_rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn static_payload_type(&self) -> Option<u8> {
        (self.rate_hz == 44_100).then_some(11) // 10 is the same in stereo
    }

    fn frame_samples(&self) -> usize {
        1
    }

    fn payload_samples(&self, payload: &[u8]) -> Option<usize> {
        payload.len().is_multiple_of(2).then_some(payload.len() / 2)
    }

    fn frame_bytes(&self) -> Option<usize> {
        Some(2)
    }

    fn has_memory(&self) -> bool {
        false
    }

    fn encoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Encoder>> {
        Some(Box::new(*self))
    }

    fn decoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Decoder>> {
        Some(Box::new(*self))
    }
}

impl Encoder for L16 {
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        payload.extend(samples.iter().flat_map(|sample| sample.to_be_bytes()));
    }
}

impl Decoder for L16 {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        let (pairs, rest) = payload.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(BadPayload);
        }
        samples.extend(pairs.iter().map(|pair| i16::from_be_bytes(*pair)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_travel_in_network_order() {
        let (mut payload, mut samples) = (Vec::new(), Vec::new());
        L16_16000.encoder("", 16_000).unwrap().encode(&[0x0102, -2], &mut payload);
        assert_eq!(payload, [1, 2, 0xFF, 0xFE]);
        L16_16000.decoder("", 16_000).unwrap().decode(&payload, &mut samples).unwrap();
        assert_eq!(samples, [0x0102, -2]);
    }

    #[test]
    fn half_a_sample_is_refused() {
        assert_eq!(L16_8000.decoder("", 8_000).unwrap().decode(&[1, 2, 3], &mut Vec::new()), Err(BadPayload));
    }
}
