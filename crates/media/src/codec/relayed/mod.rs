//! Codecs that are passed through: both ends have them, we only measure their packets. The shell can bring one that does the
//! work (see [`super::provide`]).

mod speex;

use super::{Codec, Decoder, Encoder};

/// G.723.1 at 8,000 Hz: frames of 30 ms (RFC 3551 §4.5.3). Annex A is declined, which both ends then leave out (RFC 7261 §3): one leg's
/// peer might send descriptions of silence that another's has declined.
pub static G723: Relayed = Relayed {
    name: "G723",
    rate_hz: 8_000,
    payload_type: Some(4),
    frame_samples: 240,
    fmtp: "annexa=no",
    measure: g723_samples,
};
/// G.729 at 8,000 Hz: frames of 10 ms (RFC 3551 §4.5.6). Annex B is declined (RFC 4856 §2.1.9): where nobody here decodes a
/// description of silence, none should come.
pub static G729: Relayed = Relayed {
    name: "G729",
    rate_hz: 8_000,
    payload_type: Some(18),
    frame_samples: 80,
    fmtp: "annexb=no",
    measure: g729_samples,
};
/// iLBC at 8,000 Hz: frames of 20 or 30 ms (RFC 3952 §3).
#[cfg(not(feature = "codec-ilbc"))]
pub static ILBC: Relayed = Relayed {
    name: "iLBC",
    rate_hz: 8_000,
    payload_type: None,
    frame_samples: 160,
    fmtp: "mode=20",
    measure: ilbc_samples,
};
/// Speex at 8,000 Hz (RFC 5574).
pub static SPEEX_8000: Relayed = Relayed::speex(8_000, 160, |payload| speex_samples(payload, (160, 0)));
/// Speex at 16,000 Hz (RFC 5574).
pub static SPEEX_16000: Relayed = Relayed::speex(16_000, 320, |payload| speex_samples(payload, (320, 1)));
/// Speex at 32,000 Hz (RFC 5574).
pub static SPEEX_32000: Relayed = Relayed::speex(32_000, 640, |payload| speex_samples(payload, (640, 2)));

/// A payload of more frames than this is taken for nonsense: 600 ms of the longest frame, three times what any phone sends.
const FRAMES_MAX: usize = 20;

/// A codec of which only the packets' lengths are known.
#[derive(Clone, Copy, Debug)]
pub struct Relayed {
    name: &'static str,
    rate_hz: u32,
    payload_type: Option<u8>,
    frame_samples: usize,
    fmtp: &'static str,
    measure: fn(&[u8]) -> Option<usize>,
}

impl Relayed {
    const fn speex(rate_hz: u32, frame_samples: usize, measure: fn(&[u8]) -> Option<usize>) -> Self {
        Self { name: "speex", rate_hz, payload_type: None, frame_samples, fmtp: "", measure }
    }
}

/// Frames of 24, 20, 4 or 1 octets: which, say the lowest two bits of each (RFC 3551 §4.5.3).
fn g723_samples(mut payload: &[u8]) -> Option<usize> {
    let mut frames = 0;
    while let Some(&first) = payload.first() {
        let size = [24, 20, 4, 1][usize::from(first & 0x03)];
        payload = payload.get(size..)?;
        frames += 1;
    }
    counted(frames, 240)
}

/// Frames of ten octets, the last of which may be a description of silence of two (RFC 3551 §4.5.6).
fn g729_samples(payload: &[u8]) -> Option<usize> {
    match payload.len() % 10 {
        0 => counted(payload.len() / 10, 80),
        2 => counted(payload.len() / 10 + 1, 80),
        _ => None,
    }
}

/// Frames of 38 octets are 20 ms, those of 50 are 30 ms (RFC 3952 §3).
pub(super) fn ilbc_samples(payload: &[u8]) -> Option<usize> {
    let of = |size: usize, samples| {
        payload.len().is_multiple_of(size).then(|| counted(payload.len() / size, samples)).flatten()
    };
    of(38, 160).or_else(|| of(50, 240))
}

/// Frames of so many samples with so many layers at most.
fn speex_samples(payload: &[u8], (frame_samples, layers_max): (usize, usize)) -> Option<usize> {
    counted(speex::frames(payload, layers_max)?, frame_samples)
}

fn counted(frames: usize, samples: usize) -> Option<usize> {
    (1..=FRAMES_MAX).contains(&frames).then_some(frames * samples)
}

impl Codec for Relayed {
    fn name(&self) -> &'static str {
        self.name
    }

    fn clock_rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn sample_rate_hz(&self) -> u32 {
        self.rate_hz
    }

    fn static_payload_type(&self) -> Option<u8> {
        self.payload_type
    }

    fn frame_samples(&self) -> usize {
        self.frame_samples
    }

    fn payload_samples(&self, payload: &[u8]) -> Option<usize> {
        (self.measure)(payload)
    }

    fn fmtp(&self) -> &'static str {
        self.fmtp
    }

    fn maker(&self) -> &'static str {
        "pass-through"
    }

    fn encoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Encoder>> {
        None
    }

    fn decoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Decoder>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn packets_are_as_long_as_their_frames() {
        let frames = |firsts: &[(u8, usize)]| -> Vec<u8> {
            firsts
                .iter()
                .flat_map(|&(first, size)| core::iter::once(first).chain(vec![0xFF; size - 1]))
                .collect()
        };
        assert_eq!(G723.payload_samples(&frames(&[(0, 24)])), Some(240));
        assert_eq!(G723.payload_samples(&frames(&[(0, 24), (1, 20), (2, 4)])), Some(720));
        assert_eq!(G723.payload_samples(&frames(&[(0, 23)])), None);
        let g729 = [0, 2, 9, 10, 12, 20, 22, 200, 202].map(|size| G729.payload_samples(&vec![0; size]));
        assert_eq!(
            g729,
            [None, Some(80), None, Some(80), Some(160), Some(160), Some(240), Some(1_600), None]
        );
        let ilbc = [0, 38, 50, 76, 100, 39].map(|size| ilbc_samples(&vec![0; size]));
        assert_eq!(ilbc, [None, Some(160), Some(240), Some(320), Some(480), None]);
    }

    #[test]
    fn nothing_is_made_of_them_here() {
        for codec in [&G723, &G729, &SPEEX_8000, &SPEEX_16000, &SPEEX_32000] {
            assert!(codec.encoder("", codec.rate_hz).is_none() && codec.decoder("", codec.rate_hz).is_none());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_measured_in_whole_frames(payload in prop::collection::vec(any::<u8>(), 0..300)) {
            for codec in [&G723, &G729, &SPEEX_8000, &SPEEX_16000, &SPEEX_32000] {
                let samples = codec.payload_samples(&payload);
                prop_assert!(samples.is_none_or(|n| n > 0 && n % 80 == 0 && n <= FRAMES_MAX * 640));
            }
        }
    }
}
