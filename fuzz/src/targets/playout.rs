//! The playout: packets in any order, with any numbers, at any time, and pulls between them.

use cordboard_base::Time;
use cordboard_media::codec::{Codec, Decoder, L16_16000, PCMU};
use cordboard_media::playout::{Arrived, Content, Decoders, Decoding, Playout, PlayoutConfig};

/// µ-law and 16 kHz linear; other formats can't be decoded.
struct Formats(Vec<(u32, Box<dyn Decoder>)>);

impl Decoders for Formats {
    fn decoder(&mut self, format: u8) -> Option<Decoding<'_>> {
        let (rate_hz, decoder) = self.0.get_mut(usize::from(format))?;
        Some(Decoding { decoder: decoder.as_mut(), rate_hz: *rate_hz })
    }
}

/// Bytes of a step: what it is, how much later (2), number (2), timestamp (4), payload's length.
const STEP: usize = 10;

/// Cuts the bytes into steps: every pull gives exactly what was asked for, nothing panics, and figures add up.
pub fn playout(data: &[u8]) {
    played(data);
}

/// How many packets were pushed.
fn played(data: &[u8]) -> u64 {
    let codecs: [&dyn Codec; 2] = [&PCMU, &L16_16000];
    let decoders = codecs.iter().filter_map(|codec| {
        let rate_hz = codec.sample_rate_hz();
        Some((rate_hz, codec.decoder("", rate_hz)?))
    });
    let mut formats = Formats(decoders.collect());
    let mut playout = Playout::new(8_000, PlayoutConfig::default());
    let (mut now_us, mut pushed, mut rest, mut out) = (0u64, 0u64, data, Vec::new());
    while let Some((&[kind, t1, t0, n1, n0, s3, s2, s1, s0, length], tail)) = rest.split_first_chunk::<STEP>()
    {
        let (payload, tail) = tail.split_at(usize::from(length).min(tail.len()));
        rest = tail;
        now_us += u64::from(u16::from_be_bytes([t1, t0]));
        let now = Time::from_micros(now_us);
        let content = match kind % 8 {
            7 => Content::ComfortNoise,
            6 => Content::Event,
            other => Content::Audio { format: other / 2 },
        };
        let arrived = Arrived {
            sequence: 65_536 + u64::from(u16::from_be_bytes([n1, n0])),
            timestamp: u32::from_be_bytes([s3, s2, s1, s0]),
            marker: kind & 0x80 != 0,
            clock_hz: if kind & 0x40 != 0 { 16_000 } else { 8_000 },
            content,
            payload,
        };
        playout.push(now, arrived);
        pushed += 1;
        if kind & 0x20 != 0 {
            continue;
        }
        let ms = if kind & 0x10 != 0 { 10 } else { 20 };
        out.clear();
        let pulled = playout.pull(now, ms, &mut formats, &mut out);
        assert_eq!(out.len(), usize::from(ms) * pulled.rate_hz as usize / 1_000);
    }
    let figures = playout.figures(Time::from_micros(now_us));
    assert!(
        figures.late + figures.duplicates <= figures.discarded && figures.discarded <= pushed,
        "{figures:?}"
    );
    pushed
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_seed_is_many_packets() {
        assert!(crate::seeds("playout").iter().all(|seed| super::played(seed) >= 14));
    }
}
