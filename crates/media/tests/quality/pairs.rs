//! Every codec to every other, through the engine.
#![allow(dead_code, reason = "the benchmark uses a part of it")]

use super::measure::{Likeness, compare, resampled, speech_16k, sweep_16k};
use super::world::{Manner, START, World, calm, lasting, packet_samples};
use cordboard_base::Time;
use cordboard_media::codec::{Codec, registry};
use cordboard_media::{Source, level};
use core::time::Duration;

/// A pair as it was measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pair {
    pub(crate) from: &'static dyn Codec,
    pub(crate) to: &'static dyn Codec,
    pub(crate) speech: Likeness,
    pub(crate) sweep: Likeness,
    /// From the mouth to the ear, in ms: the first phone's packet with it.
    pub(crate) delay_ms: f64,
}

impl Pair {
    pub(crate) fn name(&self) -> String {
        let name = |codec: &dyn Codec| format!("{}/{}", codec.name(), codec.clock_rate_hz());
        format!("{} → {}", name(self.from), name(self.to))
    }
}

/// The codecs that work here and have a wave to be compared. LPC-10 makes a voice of its own; the conformance tests judge it.
pub(crate) fn working() -> Vec<&'static dyn Codec> {
    let works =
        |codec: &&dyn Codec| codec.encoder("", codec.sample_rate_hz()).is_some() && codec.name() != "LPC";
    registry().iter().copied().filter(works).collect()
}

/// What a codec's peer says of itself: that it takes frames of 20 ms where there are others, else nothing.
pub(crate) fn said_of(codec: &dyn Codec) -> &'static str {
    if codec.name() == "iLBC" { "mode=20" } else { "" }
}

/// What one codec by itself makes of samples of its rate.
pub(crate) fn alone_heard(codec: &dyn Codec, samples: &[i16]) -> Vec<i16> {
    let rate_hz = codec.sample_rate_hz();
    let (mut encoder, mut decoder) =
        (codec.encoder(said_of(codec), rate_hz).unwrap(), codec.decoder("", rate_hz).unwrap());
    let mut out = Vec::new();
    let count = packet_samples(codec, 20);
    let mut padded = samples.to_vec();
    padded.resize(samples.len().next_multiple_of(count) + count, 0);
    for packet in padded.chunks(count) {
        let mut payload = Vec::new();
        encoder.encode(packet, &mut payload);
        decoder.decode(&payload, &mut out).unwrap();
    }
    out
}

/// What one codec by itself leaves of speech and sweep, both in one: its signal-to-noise ratios in dB.
pub(crate) fn alone(codec: &'static dyn Codec) -> (f64, f64) {
    let rate_hz = codec.sample_rate_hz();
    let low_hz = common_hz(codec, codec);
    let (speech, sweep) = spoken(codec, codec);
    let through = |samples: &[i16]| {
        let out = alone_heard(codec, samples);
        let (wanted, heard) = (resampled(samples, rate_hz, low_hz), resampled(&out, rate_hz, low_hz));
        compare(&wanted, &heard, low_hz as usize / 50).snr_db
    };
    (through(&speech), through(&sweep))
}

/// The rate at which a pair is judged: what both carry.
fn common_hz(from: &dyn Codec, to: &dyn Codec) -> u32 {
    if from.sample_rate_hz().min(to.sample_rate_hz()) >= 16_000 { 16_000 } else { 8_000 }
}

/// Speech and sweep as the first of a pair takes them, in the band that both carry.
fn spoken(from: &dyn Codec, to: &dyn Codec) -> (Vec<i16>, Vec<i16>) {
    let (low_hz, rate_hz) = (common_hz(from, to), from.sample_rate_hz());
    let narrow = |samples: Vec<i16>| resampled(&resampled(&samples, 16_000, low_hz), low_hz, rate_hz);
    let top_hz = if low_hz == 16_000 { 6_500.0 } else { 3_300.0 };
    (narrow(speech_16k()), narrow(sweep_16k(top_hz)))
}

/// One codec heard by many, in packets of these lengths.
pub(crate) fn heard_by(
    from: &'static dyn Codec,
    to: &[&'static dyn Codec],
    (from_ms, to_ms): (u32, u32),
) -> Vec<Pair> {
    let mut world = World::new();
    let mut pairs = Vec::new();
    // What is said is narrow where the listener is: two runs at most.
    for low_hz in [8_000, 16_000] {
        let to: Vec<_> = to.iter().copied().filter(|to| common_hz(from, *to) == low_hz).collect();
        let Some(first) = to.first() else { continue };
        let (speech, sweep) = spoken(from, *first);
        let rate_hz = from.sample_rate_hz();
        let speaker = world.phone(from, Manner { ptime_ms: from_ms, ..Manner::of(from) });
        let listeners: Vec<usize> = to
            .iter()
            .map(|to| {
                let listener = world.phone(*to, Manner { ptime_ms: to_ms, ..Manner::of(*to) });
                world.hear(listener, Source::Leg(world.leg(speaker)));
                listener
            })
            .collect();
        // A little of the room before, so that every coder and buffer has begun.
        let room = vec![0; rate_hz as usize / 5];
        let all = [room.as_slice(), &speech, &room, &sweep, &room].concat();
        let begin = world.now;
        world.say(speaker, begin, &all, &calm);
        world.run_until(begin + lasting(all.len() as u64, rate_hz) + Duration::from_millis(300));
        let speech_at = begin + lasting(room.len() as u64, rate_hz);
        let sweep_at = speech_at + lasting((speech.len() + room.len()) as u64, rate_hz);
        for (listener, to) in listeners.into_iter().zip(to) {
            let judge = |wanted: &[i16], at: Time| {
                let wanted = resampled(wanted, rate_hz, low_hz);
                let heard = resampled(&world.ear(listener, at), to.sample_rate_hz(), low_hz);
                let whole = compare(&wanted, &heard, low_hz as usize / 10);
                if is_even(from) {
                    whole
                } else {
                    Likeness { snr_db: in_pieces(&wanted, &heard, low_hz), ..whole }
                }
            };
            let (speech, sweep) = (judge(&speech, speech_at), judge(&sweep, sweep_at));
            let delay_ms = speech.lag * 1_000.0 / f64::from(low_hz);
            pairs.push(Pair { from, to, speech, sweep, delay_ms });
        }
    }
    assert!(world.now > START);
    pairs
}

/// The signal-to-noise ratio that half of the pieces of 100 ms have at least, each at its own lag; in dB.
fn in_pieces(wanted: &[i16], heard: &[i16], rate_hz: u32) -> f64 {
    let length = rate_hz as usize / 10;
    let pieces = wanted.chunks_exact(length).enumerate().filter(|(_, piece)| level::dbov(piece) > -45.0);
    let snr_db = |(n, piece): (usize, &[i16])| {
        compare(piece, heard.get(n * length..).unwrap_or_default(), length).snr_db
    };
    let mut all: Vec<f64> = pieces.map(snr_db).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(0.0)
}

/// What each codec leaves of speech and of a rising tone, in dB: a little less than what it was measured to.
const ALONE_DB: &[(&str, u32, f64, f64)] = &[
    ("PCMA", 8_000, 36.0, 36.0),
    ("PCMU", 8_000, 36.0, 36.0),
    ("G722", 8_000, 26.0, 25.0),
    ("GSM", 8_000, 16.5, 9.0),
    ("G726-16", 8_000, 12.5, 22.0),
    ("G726-24", 8_000, 16.5, 29.0),
    ("G726-32", 8_000, 19.5, 36.0),
    ("G726-40", 8_000, 24.0, 39.0),
    ("AAL2-G726-16", 8_000, 12.5, 22.0),
    ("AAL2-G726-24", 8_000, 16.5, 29.0),
    ("AAL2-G726-32", 8_000, 19.5, 36.0),
    ("AAL2-G726-40", 8_000, 24.0, 39.0),
    ("DVI4", 8_000, 15.5, 20.0),
    ("DVI4", 11_025, 18.5, 23.5),
    ("DVI4", 16_000, 19.5, 20.0),
    ("DVI4", 22_050, 23.5, 23.0),
    ("L16", 8_000, 60.0, 60.0),
    ("L16", 16_000, 60.0, 60.0),
    ("L16", 44_100, 60.0, 60.0),
    ("L16", 48_000, 60.0, 60.0),
    // Its high passes turn the phase of what is low; ilbc/tests.rs judges it without that.
    ("iLBC", 8_000, 1.0, 1.0),
    // It codes what is heard, not the wave.
    ("opus", 48_000, 7.5, 10.0),
];
/// What two codecs in a row may leave less than their noises added up: the second one codes the first one's noise, too.
const PAIR_DB: f64 = 3.0;
/// Resampling, the seams of the engine, and the measure's own interpolation between samples: a pair is never asked for more.
const ENGINE_DB: f64 = 39.5;
/// Speech is as loud as it was within this; where a codec's noise takes part of the energy, within the second.
const GAIN_DB: (f64, f64) = (0.5, 1.0);
/// From mouth to ear, in ms: the packet that is spoken, the buffer's least delay, a round, and what filters and codecs take.
const DELAY_MS: f64 = 20.0 + 10.0 + 20.0 + 15.0;
/// Packets that rounds do not end with (20.05 or 20.14 ms) may come so much too late for one before a period is repeated.
const UNEVEN_MS: f64 = 5.0;

/// Whether a codec's packets of 20 ms last as long as rounds do. Else the two beat, and every few seconds a period of what is said
/// is repeated or left out, which is not noise.
fn is_even(codec: &dyn Codec) -> bool {
    packet_samples(codec, 20) as u64 * 50 == u64::from(codec.sample_rate_hz())
}

fn noise(codec: &dyn Codec) -> Option<(f64, f64)> {
    let same = |known: &&(&str, u32, f64, f64)| known.0 == codec.name() && known.1 == codec.clock_rate_hz();
    ALONE_DB.iter().find(same).map(|&(_, _, speech, sweep)| (speech, sweep))
}

/// What is wrong with a pair.
pub(crate) fn faults(pair: &Pair) -> Vec<String> {
    let mut faults = Vec::new();
    let (Some(from), Some(to)) = (noise(pair.from), noise(pair.to)) else {
        return vec![format!("{}: no bound is stated for one of them", pair.name())];
    };
    let bound = |a: f64, b: f64| {
        let noise = |db: f64| 10f64.powf(-db / 10.0);
        -10.0 * (noise(a) + noise(b) + noise(ENGINE_DB)).log10() - PAIR_DB
    };
    let mut check = |what: &str, value: f64, range: core::ops::RangeInclusive<f64>| {
        if !range.contains(&value) {
            faults.push(format!("{}: {what} {value:.2}, not in {range:.2?}", pair.name()));
        }
    };
    let speech_db = bound(from.0, to.0);
    check("speech in dB", pair.speech.snr_db, speech_db..=f64::MAX);
    check("rising tone in dB", pair.sweep.snr_db, bound(from.1, to.1)..=f64::MAX);
    let gain_db = if speech_db > 15.0 { GAIN_DB.0 } else { GAIN_DB.1 };
    check("level in dB", pair.speech.gain_db, -gain_db..=gain_db);
    let delay_ms = DELAY_MS + if is_even(pair.from) { 0.0 } else { UNEVEN_MS };
    check("delay in ms", pair.delay_ms, 19.9..=delay_ms);
    faults
}
