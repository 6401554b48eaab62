//! Codecs that leave silence out: the clock goes on while nothing is sent, the first packet afterwards says so, and what is said first is
//! in it. The codec is one of our own making, since those that do it are of libraries, or not to be had with known silence.
#![cfg(test)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod phones;

use cordboard_base::Format;
use cordboard_media::codec::{BadPayload, Codec, Decoder, Encoder, provide};
use cordboard_media::{Command, MixId, MixInput, MixSettings, Source};
use phones::{Got, PCMA, World};
use std::sync::Once;

/// Linear samples in frames of 10 ms, of which those below a level are not sent; a packet can begin with them.
#[derive(Debug)]
struct Sparing;

/// Samples that are silent.
const SILENT_BELOW: u16 = 200;
const FRAME: usize = 80;

impl Codec for Sparing {
    fn name(&self) -> &'static str {
        "SPARING"
    }
    fn clock_rate_hz(&self) -> u32 {
        8_000
    }
    fn sample_rate_hz(&self) -> u32 {
        8_000
    }
    fn static_payload_type(&self) -> Option<u8> {
        None
    }
    fn frame_samples(&self) -> usize {
        FRAME
    }
    fn payload_samples(&self, payload: &[u8]) -> Option<usize> {
        Some(payload.len() / 2)
    }
    fn encoder(&self, _: &str, _: u32) -> Option<Box<dyn Encoder>> {
        Some(Box::new(Coder::default()))
    }
    fn decoder(&self, _: &str, _: u32) -> Option<Box<dyn Decoder>> {
        Some(Box::new(Coder::default()))
    }
}

#[derive(Debug, Default)]
struct Coder {
    left_out: usize,
}

impl Encoder for Coder {
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        self.left_out = 0;
        for frame in samples.chunks(FRAME) {
            if payload.is_empty() && frame.iter().all(|sample| sample.unsigned_abs() < SILENT_BELOW) {
                self.left_out += frame.len();
            } else {
                payload.extend(frame.iter().flat_map(|sample| sample.to_be_bytes()));
            }
        }
    }

    fn left_out(&self) -> usize {
        self.left_out
    }
}

impl Decoder for Coder {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        samples.extend(payload.as_chunks::<2>().0.iter().map(|pair| i16::from_be_bytes(*pair)));
        Ok(())
    }
}

static SPARING: Sparing = Sparing;
static PROVIDED: Once = Once::new();

/// A phone that takes the codec, in packets of so many ms.
fn sparing(world: &mut World, ptime_ms: u16) -> usize {
    PROVIDED.call_once(|| provide(&[&SPARING]).unwrap());
    let phone = world.phone(PCMA);
    world.setup(phone, |audio| {
        audio.send = vec![Format::new(110, "SPARING", 8_000)];
        audio.receive = audio.send.clone();
        audio.ptime_ms = ptime_ms;
    });
    phone
}

/// Where the second word begins, in frames: one of these is in the middle of a packet, whatever the delay.
const SECOND: [usize; 3] = [45, 46, 47];

/// A second of two words. It begins with one, so that the stream has begun.
fn words(second: usize) -> Vec<i16> {
    let sounds = |n: usize| n < 21 || (second..second + 25).contains(&n);
    (0..100)
        .flat_map(|n| {
            (0..FRAME).map(move |at| if sounds(n) { 4_000 + i16::try_from(at).unwrap() } else { 0 })
        })
        .collect()
}

/// What packets of one codec hold between the second packet and the last, put where their timestamps say.
fn placed(got: &[Got]) -> Vec<i16> {
    let first = got[0].rtp().header.timestamp;
    let mut all = Vec::new();
    for got in got {
        let at = usize::try_from(got.rtp().header.timestamp.wrapping_sub(first)).unwrap();
        let mut samples = Vec::new();
        Coder::default().decode(got.rtp().payload, &mut samples).unwrap();
        assert!(at >= all.len(), "a packet of {at} overlaps what ends at {}", all.len());
        all.resize(at, 0);
        all.extend(samples);
    }
    all
}

/// The first sample of each word.
fn onsets(samples: &[i16]) -> Vec<usize> {
    let is_loud = |n: usize| samples[n].unsigned_abs() >= SILENT_BELOW;
    (0..samples.len()).filter(|&n| is_loud(n) && (n == 0 || !is_loud(n - 1))).collect()
}

/// Whether a packet began in its middle.
fn check(got: &[Got], packet: usize, second: usize) -> bool {
    let placed = placed(got);
    let onsets = onsets(&placed);
    assert_eq!(onsets.len(), 2, "{onsets:?}");
    let apart = onsets[1] - onsets[0];
    assert!(apart.abs_diff(second * FRAME) <= 8, "the words begin {apart} samples apart");
    let of_word: Vec<i16> = placed[onsets[1]..onsets[1] + FRAME].to_vec();
    assert!(of_word.iter().all(|&sample| sample > 3_500), "the second word's beginning is all there");
    let marked: Vec<_> = got.iter().skip(1).filter(|got| got.rtp().header.marker).collect();
    assert_eq!(marked.len(), 1, "the first packet after the silence says so");
    let numbers = got
        .windows(2)
        .all(|two| two[1].rtp().header.sequence == two[0].rtp().header.sequence.wrapping_add(1));
    assert!(numbers, "no number was left out");
    got.iter().any(|got| got.rtp().payload.len() < packet * 2)
}

/// Two phones hear what a third one says, by a conversion or in a mix.
fn hears_words(ptime_ms: u16, second: usize, in_mix: bool) -> bool {
    let mut world = World::new();
    let speaker = world.phone(PCMA);
    let listeners = [sparing(&mut world, ptime_ms), sparing(&mut world, ptime_ms)];
    let (room, leg) = (MixId(1), world.leg(speaker));
    if in_mix {
        world.handle(Command::Mix { mix: room, settings: MixSettings::default() });
        world.handle(Command::SayInto { mix: room, leg, input: Some(MixInput::default()) });
    }
    let source = if in_mix { Source::Mix(room) } else { Source::Leg(leg) };
    listeners.iter().for_each(|&listener| world.hear(listener, source));
    for packet in words(second).chunks(160) {
        world.speak(speaker, packet);
        world.run_ms(20);
    }
    let packet = usize::from(ptime_ms) * 8;
    listeners.map(|listener| check(&world.take_rtp(listener), packet, second)).contains(&true)
}

#[test]
fn a_conversion_leaves_silence_out_and_loses_neither_its_time_nor_the_next_word() {
    for ptime_ms in [20, 30] {
        let in_middle = SECOND.map(|second| hears_words(ptime_ms, second, false));
        assert!(in_middle.contains(&true), "a packet begins with the word in its middle");
    }
}

#[test]
fn a_mix_leaves_silence_out_for_those_who_share_it() {
    for ptime_ms in [20, 30] {
        let in_middle = SECOND.map(|second| hears_words(ptime_ms, second, true));
        assert!(in_middle.contains(&true), "a packet begins with the word in its middle");
    }
}
