//! ITU-T G.726: ADPCM of 2, 3, 4 and 5 bits a sample at 8,000 Hz. Two packings share it (RFC 3551 §4.5.4): `G726-…` puts the
//! first code into an octet's least significant bits, `AAL2-G726-…` (ITU-T I.366.2 annex E) into its most significant ones.

mod coder;
mod rates;

use super::memory::{self, Memory, Words};
use super::{BadPayload, Codec, Decoder, Encoder};
use coder::Coder;
use rates::Rate;

/// Where the first code of an octet goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    LeastFirst,
    MostFirst,
}

/// G.726 at one rate in one packing, at 8,000 Hz.
#[derive(Clone, Copy, Debug)]
pub struct G726 {
    name: &'static str,
    rate: &'static Rate,
    packing: Packing,
}

const fn codec(name: &'static str, rate: &'static Rate, packing: Packing) -> G726 {
    G726 { name, rate, packing }
}

/// 16 kbit/s.
pub static G726_16: G726 = codec("G726-16", &rates::KBITS_16, Packing::LeastFirst);
/// 24 kbit/s.
pub static G726_24: G726 = codec("G726-24", &rates::KBITS_24, Packing::LeastFirst);
/// 32 kbit/s.
pub static G726_32: G726 = codec("G726-32", &rates::KBITS_32, Packing::LeastFirst);
/// 40 kbit/s.
pub static G726_40: G726 = codec("G726-40", &rates::KBITS_40, Packing::LeastFirst);
/// 16 kbit/s, packed as in ATM.
pub static AAL2_G726_16: G726 = codec("AAL2-G726-16", &rates::KBITS_16, Packing::MostFirst);
/// 24 kbit/s, packed as in ATM.
pub static AAL2_G726_24: G726 = codec("AAL2-G726-24", &rates::KBITS_24, Packing::MostFirst);
/// 32 kbit/s, packed as in ATM.
pub static AAL2_G726_32: G726 = codec("AAL2-G726-32", &rates::KBITS_32, Packing::MostFirst);
/// 40 kbit/s, packed as in ATM.
pub static AAL2_G726_40: G726 = codec("AAL2-G726-40", &rates::KBITS_40, Packing::MostFirst);

impl G726 {
    fn direction(&self) -> Direction {
        Direction { coder: Coder::new(), rate: self.rate, packing: self.packing }
    }
}

impl Codec for G726 {
    fn name(&self) -> &'static str {
        self.name
    }

    fn clock_rate_hz(&self) -> u32 {
        8_000
    }

    fn sample_rate_hz(&self) -> u32 {
        8_000
    }

    fn static_payload_type(&self) -> Option<u8> {
        None // number 2 was G721 and is reserved (RFC 3551 §4.5.4)
    }

    /// As many as fill whole octets.
    fn frame_samples(&self) -> usize {
        match self.rate.bits {
            2 => 4,
            4 => 2,
            _ => 8,
        }
    }

    /// RFC 3551 §4.5.4: a payload is whole octets and whole groups of samples.
    fn payload_samples(&self, payload: &[u8]) -> Option<usize> {
        let bits = payload.len() * 8;
        let group = self.frame_samples() * self.rate.bits as usize;
        bits.is_multiple_of(group).then_some(bits / self.rate.bits as usize)
    }

    /// The group of samples that fills whole octets.
    fn frame_bytes(&self) -> Option<usize> {
        Some(self.frame_samples() * self.rate.bits as usize / 8)
    }

    fn encoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Encoder>> {
        Some(Box::new(self.direction()))
    }

    fn decoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Decoder>> {
        Some(Box::new(self.direction()))
    }
}

/// An encoder or a decoder: both remember the same.
#[derive(Clone, Debug)]
struct Direction {
    coder: Coder,
    rate: &'static Rate,
    packing: Packing,
}

impl Encoder for Direction {
    #[allow(clippy::cast_possible_truncation, reason = "octets are cut off one by one")]
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        let (mut held, mut count) = (0u32, 0);
        for &sample in samples {
            let code = u32::from(self.coder.encode(self.rate, sample));
            match self.packing {
                Packing::LeastFirst => held |= code << count,
                Packing::MostFirst => held = held << self.rate.bits | code,
            }
            count += self.rate.bits;
            if count >= 8 {
                count -= 8;
                match self.packing {
                    Packing::LeastFirst => {
                        payload.push(held as u8);
                        held >>= 8;
                    }
                    Packing::MostFirst => payload.push((held >> count) as u8),
                }
            }
        }
    }

    fn save(&self, state: &mut Vec<u8>) {
        memory::save(self, state);
    }

    fn load(&mut self, state: &[u8]) {
        memory::load(self, state);
    }
}

impl Decoder for Direction {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        let bits = self.rate.bits;
        if !payload.len().is_multiple_of(if bits.is_multiple_of(2) { 1 } else { bits as usize }) {
            return Err(BadPayload);
        }
        let (mut held, mut count) = (0u32, 0);
        for &octet in payload {
            match self.packing {
                Packing::LeastFirst => held |= u32::from(octet) << count,
                Packing::MostFirst => held = held << 8 | u32::from(octet),
            }
            count += 8;
            while count >= bits {
                count -= bits;
                let code = match self.packing {
                    Packing::LeastFirst => held,
                    Packing::MostFirst => held >> count,
                };
                samples.push(self.coder.decode(self.rate, code));
                if self.packing == Packing::LeastFirst {
                    held >>= bits;
                }
            }
        }
        Ok(())
    }

    fn save(&self, state: &mut Vec<u8>) {
        memory::save(self, state);
    }

    fn load(&mut self, state: &[u8]) {
        memory::load(self, state);
    }
}

impl Memory for Direction {
    fn visit(&mut self, words: &mut Words<'_>) {
        self.coder.visit(words);
    }

    fn is_sound(&self) -> bool {
        self.coder.is_sound()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_is_whole_groups_of_samples() {
        for (codec, bytes, samples) in [(G726_16, 5, 20), (G726_24, 6, 16), (G726_32, 3, 6), (G726_40, 5, 8)]
        {
            assert_eq!(codec.payload_samples(&vec![0; bytes]), Some(samples));
        }
        for codec in [G726_24, AAL2_G726_24, G726_40, AAL2_G726_40] {
            let mut samples = Vec::new();
            assert_eq!(codec.payload_samples(&[0; 7]), None);
            assert_eq!(codec.decoder("", 8_000).unwrap().decode(&[0; 7], &mut samples), Err(BadPayload));
            assert!(samples.is_empty());
        }
    }

    #[test]
    fn the_packings_carry_the_same_codes() {
        let tone: Vec<i16> = (0..64).map(|n| if n % 8 < 4 { 9_000 } else { -7_000 }).collect();
        let (mut least, mut most) = (Vec::new(), Vec::new());
        G726_32.encoder("", 8_000).unwrap().encode(&tone, &mut least);
        AAL2_G726_32.encoder("", 8_000).unwrap().encode(&tone, &mut most);
        assert_ne!(least, most);
        most.iter_mut().for_each(|octet| *octet = octet.rotate_left(4));
        assert_eq!(least, most);
    }
}
