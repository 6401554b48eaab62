//! Streams over networks that lose, delay, double and reorder, in virtual time, and what is heard of them.

mod clocks;
mod disturbed;
mod turns;
mod whatever;

use super::*;
use crate::codec::{Codec, L16_16000, PCMU};
use crate::level;
use proptest::prelude::*;

const SPEECH: &[u8] = include_bytes!("../../../tests/vectors/speech-8k.ulaw");

/// Receive formats of the tests: µ-law, 16 kHz linear, and one that can't be decoded.
const ULAW: u8 = 0;
const WIDE: u8 = 1;

struct Formats(Vec<Box<dyn Decoder>>);

impl Default for Formats {
    fn default() -> Self {
        Self(vec![PCMU.decoder("", 8_000).unwrap(), L16_16000.decoder("", 16_000).unwrap()])
    }
}

impl Decoders for Formats {
    fn decoder(&mut self, format: u8) -> Option<Decoding<'_>> {
        let rate_hz = if format == ULAW { 8_000 } else { 16_000 };
        let decoder = self.0.get_mut(usize::from(format))?.as_mut();
        Some(Decoding { decoder, rate_hz })
    }
}

/// A packet on its way.
#[derive(Clone, Debug)]
struct Sent {
    arrives_us: u64,
    sequence: u64,
    timestamp: u32,
    marker: bool,
    clock_hz: u32,
    content: Content,
    payload: Vec<u8>,
}

/// When the first packet of the tests is sent.
const BEGIN_US: u64 = 1_000_000;

/// Audio in packets of `ms`, without any delay.
fn stream(bytes: &[u8], ms: usize) -> Vec<Sent> {
    let packet = |(n, payload): (usize, &[u8])| Sent {
        arrives_us: BEGIN_US + (n * ms * 1_000) as u64,
        sequence: 65_536 + n as u64,
        timestamp: (u32::MAX - 1_000).wrapping_add((n * ms * 8) as u32),
        marker: n == 0,
        clock_hz: 8_000,
        content: Content::Audio { format: ULAW },
        payload: payload.to_vec(),
    };
    bytes.chunks(ms * 8).enumerate().map(packet).collect()
}

fn decoded(bytes: &[u8]) -> Vec<i16> {
    let mut samples = Vec::new();
    PCMU.decoder("", 8_000).unwrap().decode(bytes, &mut samples).unwrap();
    samples
}

/// A repeatable choice of 0 to `below`.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// What came out of a whole stream.
struct Played {
    playout: Playout,
    samples: Vec<i16>,
    heard: Vec<Heard>,
    delays_ms: Vec<u32>,
    end: Time,
}

/// Plays it, pulling every `ms` from a little after [`BEGIN_US`] until `tail_ms` after the last packet.
fn play(mut sent: Vec<Sent>, ms: u16, tail_ms: u64) -> Played {
    sent.sort_by_key(|packet| packet.arrives_us);
    let until_us = sent.last().map_or(BEGIN_US, |packet| packet.arrives_us) + tail_ms * 1_000;
    let mut played = Played {
        playout: Playout::new(8_000, PlayoutConfig::default()),
        samples: vec![],
        heard: vec![],
        delays_ms: vec![],
        end: Time::ZERO,
    };
    let mut formats = Formats::default();
    let mut coming = sent.iter().peekable();
    let mut now_us = BEGIN_US + 3_000;
    while now_us < until_us {
        while let Some(packet) = coming.next_if(|packet| packet.arrives_us <= now_us) {
            played.playout.push(Time::from_micros(packet.arrives_us), arrived(packet));
        }
        let before = played.samples.len();
        let now = Time::from_micros(now_us);
        let pulled = played.playout.pull(now, ms, &mut formats, &mut played.samples);
        assert_eq!(played.samples.len() - before, usize::from(ms) * pulled.rate_hz as usize / 1_000);
        played.heard.push(pulled.heard);
        played.delays_ms.push(played.playout.figures(now).delay_ms);
        played.end = now;
        now_us += u64::from(ms) * 1_000;
    }
    played
}

fn arrived(packet: &Sent) -> Arrived<'_> {
    let &Sent { sequence, timestamp, marker, clock_hz, content, ref payload, .. } = packet;
    Arrived { sequence, timestamp, marker, clock_hz, content, payload }
}

impl Played {
    fn figures(&self) -> PlayoutFigures {
        self.playout.figures(self.end)
    }

    fn is_anywhere(&self, part: &[i16]) -> bool {
        self.samples.windows(part.len()).any(|window| window == part)
    }
}

fn largest_jump(samples: &[i16]) -> i32 {
    samples.windows(2).map(|w| (i32::from(w[1]) - i32::from(w[0])).abs()).max().unwrap_or(0)
}

/// The segmental signal-to-noise ratio of what was played against the clean decode: for each 20 ms of the clean signal that is
/// louder than −45 dBov, the best ratio at any delay up to 300 ms, between −5 and 35 dB. Their mean over all such segments, and
/// over those that were lost.
fn segmental_snr(clean: &[i16], played: &[i16], kept: &[bool]) -> (f64, f64) {
    let (mut all, mut lost) = (Vec::new(), Vec::new());
    for ((n, segment), &kept) in clean.chunks_exact(160).enumerate().zip(kept) {
        if level::dbov(segment) < -45.0 {
            continue;
        }
        let energy: i64 = segment.iter().map(|&s| i64::from(s) * i64::from(s)).sum();
        let error = |at: usize| -> Option<i64> {
            let window = played.get(at..at + 160)?;
            Some(segment.iter().zip(window).map(|(&a, &b)| (i64::from(a) - i64::from(b)).pow(2)).sum())
        };
        let Some(least) = (n * 160..n * 160 + 2_400).filter_map(error).min() else { continue };
        let ratio = (10.0 * (energy as f64 / (least as f64).max(1.0)).log10()).clamp(-5.0, 35.0);
        all.push(ratio);
        if !kept {
            lost.push(ratio);
        }
    }
    let mean = |ratios: &[f64]| ratios.iter().sum::<f64>() / ratios.len().max(1) as f64;
    (mean(&all), mean(&lost))
}
