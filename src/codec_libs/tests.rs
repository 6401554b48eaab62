//! What is installed is tried; what is not is passed through, and that is tried too.

use super::*;
use cordboard_media::codec::{Encoder, Said};

fn voice(rate_hz: u32, count: usize) -> Vec<i16> {
    let sample = |n: usize| {
        let t = n as f64 / f64::from(rate_hz);
        let tones = [(140.0, 0.5), (280.0, 0.3), (700.0, 0.2), (1_120.0, 0.1)];
        let sum: f64 = tones.iter().map(|(hz, level)| level * (std::f64::consts::TAU * hz * t).sin()).sum();
        #[allow(clippy::cast_possible_truncation, reason = "the signal stays within 16 bits")]
        let sample = (sum * 9_000.0) as i16;
        sample
    };
    (0..count).map(sample).collect()
}

fn payloads(encoder: &mut dyn Encoder, frame: usize, samples: &[i16]) -> Vec<Vec<u8>> {
    let one = |samples: &[i16]| {
        let mut payload = Vec::new();
        encoder.encode(samples, &mut payload);
        payload
    };
    samples.chunks_exact(frame).map(one).collect()
}

fn power(samples: &[i16]) -> f64 {
    samples.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / samples.len() as f64
}

/// Every codec that was loaded.
fn loaded() -> Vec<&'static dyn Codec> {
    [speex::load(), g729::load()].into_iter().flatten().flatten().collect()
}

#[test]
fn a_loaded_codec_gives_the_speech_back_as_loud_as_it_was() {
    for codec in loaded() {
        let rate = codec.sample_rate_hz();
        let frame = rate as usize / 50;
        let speech = voice(rate, frame * 50);
        let payloads = payloads(codec.encoder("", rate).unwrap().as_mut(), frame, &speech);
        let mut decoder = codec.decoder("", rate).unwrap();
        let mut samples = Vec::new();
        for payload in &payloads {
            assert_eq!(codec.payload_samples(payload), Some(frame), "{codec:?}");
            decoder.decode(payload, &mut samples).unwrap();
        }
        assert_eq!(samples.len(), speech.len());
        let half = speech.len() / 2;
        let share = power(&samples[half..]) / power(&speech[half..]);
        assert!((0.6..1.6).contains(&share), "{codec:?}: {share}");
        assert!(decoder.conceal(frame + 7, &mut samples));
        assert_eq!(samples.len(), speech.len() + frame + 7);
    }
}

#[test]
fn several_frames_go_into_one_packet() {
    for codec in loaded() {
        let rate = codec.sample_rate_hz();
        let count = rate as usize / 1_000 * 60;
        let payloads = payloads(codec.encoder("", rate).unwrap().as_mut(), count, &voice(rate, count));
        assert_eq!(codec.payload_samples(&payloads[0]), Some(count), "{codec:?}");
    }
}

#[test]
fn a_peer_that_declines_annex_b_never_gets_a_description_of_silence() {
    let Ok(found) = g729::load() else { return };
    let codec = found[0];
    let sizes = |fmtp: &str| {
        let mut speech = voice(8_000, 16_000);
        speech.resize(32_000, 0);
        let mut sizes: Vec<usize> = payloads(codec.encoder(fmtp, 8_000).unwrap().as_mut(), 160, &speech)
            .iter()
            .map(Vec::len)
            .collect();
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    };
    assert_eq!((sizes("annexb=no"), sizes("")), (vec![20], vec![20]));
    assert!(sizes("annexb=yes").iter().any(|&size| size < 20));
}

#[test]
fn a_described_silence_goes_on_at_its_level_until_speech_comes() {
    let Ok(found) = g729::load() else { return };
    let codec = found[0];
    // A voice, and the hiss of a room at −50 dBov.
    let mut seed = 1u32;
    let mut hiss = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        i16::try_from((seed >> 16) % 360).unwrap() - 180
    };
    let mut signal = voice(8_000, 8_000);
    signal.extend((0..16_000).map(|_| hiss()));
    let room = power(&signal[16_000..]);
    let made = payloads(codec.encoder("annexb=yes", 8_000).unwrap().as_mut(), 160, &signal);
    let last = made.iter().rposition(|payload| payload.len() % 10 == 2).expect("a description");
    let mut decoder = codec.decoder("", 8_000).unwrap();
    let mut samples = Vec::new();
    for payload in made[..last].iter().filter(|payload| !payload.is_empty()) {
        decoder.decode(payload, &mut samples).unwrap();
        assert_eq!(decoder.rests(), payload.len() % 10 == 2);
    }
    decoder.decode(&made[last], &mut samples).unwrap();
    assert!(decoder.rests());
    samples.clear();
    assert!(decoder.conceal(16_000, &mut samples) && decoder.rests());
    let share = power(&samples[8_000..]) / room;
    assert!((0.25..4.0).contains(&share), "the room is {share} times as loud");
    decoder.decode(&made[10], &mut samples).unwrap();
    assert!(!decoder.rests());
}

#[test]
fn legs_of_which_one_has_declined_descriptions_of_silence_are_not_relayed_to_each_other() {
    let Ok(found) = g729::load() else { return };
    let (yes, no) = (Said { ours: "annexb=yes", peers: "" }, Said { ours: "annexb=no", peers: "annexb=no" });
    let refused = Said { ours: "annexb=yes", peers: "annexb=no" };
    let relayed = |from, to| found[0].relays(from, to);
    assert!(relayed(yes, yes) && relayed(no, yes) && relayed(no, no) && relayed(refused, no));
    assert!(!relayed(yes, no) && !relayed(yes, refused));
}

#[test]
fn speex_is_sent_in_the_mode_and_the_manner_that_the_peer_would_like() {
    let sizes = |name: &str, fmtp: &str, samples: &[i16]| {
        let codec = loaded()
            .into_iter()
            .find(|codec| format!("{}/{}", codec.name(), codec.clock_rate_hz()) == name)?;
        let rate = codec.sample_rate_hz();
        let frame = rate as usize / 50;
        let mut encoder = codec.encoder(fmtp, rate).unwrap();
        let mut sizes: Vec<usize> = payloads(encoder.as_mut(), frame, samples).iter().map(Vec::len).collect();
        sizes.sort_unstable();
        sizes.dedup();
        Some(sizes)
    };
    // RFC 5574 §3.3 and the Speex manual §9: bits of a frame by mode, in whole octets.
    for (name, fmtp, octets) in [
        ("speex/8000", "", 38),
        ("speex/8000", "mode=\"3,any\"", 20),
        ("speex/8000", "mode=\"2\"; vbr=off", 15),
        ("speex/8000", "mode=\"any\"", 38),
        ("speex/8000", "mode=\"9,4\"", 28),
        ("speex/16000", "mode=\"4,any\"", 32),
        ("speex/16000", "mode=8", 70),
    ] {
        let rate = if name == "speex/8000" { 8_000 } else { 16_000 };
        let Some(sizes) = sizes(name, fmtp, &voice(rate, rate as usize)) else { continue };
        assert_eq!(sizes, [octets], "{name} {fmtp}");
    }
    // A second of a voice, three of nothing.
    let mut signal = voice(8_000, 8_000);
    signal.resize(32_000, 0);
    let Some(constant) = sizes("speex/8000", "vbr=off", &signal) else { return };
    let spared = sizes("speex/8000", "vbr=vad", &signal).unwrap();
    assert_eq!(constant, [38]);
    assert!(spared[0] < 10 && spared.last() == Some(&38), "{spared:?}");
    let variable = sizes("speex/8000", "vbr=on", &signal).unwrap();
    assert!(variable.len() > 2, "{variable:?}");
}

#[test]
fn silence_in_a_packet_never_moves_the_speech_in_it() {
    let Ok(found) = g729::load() else { return };
    let codec = found[0];
    let voice = voice(8_000, 2_480);
    let signal: Vec<i16> =
        (0..8).flat_map(|n| voice.iter().copied().chain(vec![0; 4_000 + 80 * n])).collect();
    let made = |packet| payloads(codec.encoder("annexb=yes", 8_000).unwrap().as_mut(), packet, &signal);
    let frames = made(80);
    let mut encoder = codec.encoder("annexb=yes", 8_000).unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    for (samples, frames) in signal.chunks_exact(240).zip(frames.chunks_exact(3)) {
        let mut packet = Vec::new();
        encoder.encode(samples, &mut packet);
        let speech = packet.chunks_exact(10);
        assert!(matches!(speech.remainder().len(), 0 | 2));
        let sizes: Vec<usize> = frames.iter().map(Vec::len).collect();
        let ends_described = sizes.iter().rev().find(|&&size| size > 0) == Some(&2);
        assert!(packet.len() % 10 == 2 || !ends_described, "a description is lost");
        let first = encoder.left_out() / 80;
        for (at, frame) in speech.enumerate() {
            assert_eq!(frame, frames[first + at], "frame {at}");
        }
        let begins = sizes.iter().rposition(|&size| size < 10).map_or(0, |at| at + 1);
        assert!(
            begins == 3 || sizes[..begins].contains(&10) || packet.len() == (3 - begins) * 10,
            "an onset is lost"
        );
        kinds.insert(sizes);
    }
    assert!(kinds.len() > 3, "{kinds:?}");
}

/// What becomes of frames of these lengths, each named by its number: the payload's frames, and the samples before the first.
fn packed(sizes: &[usize]) -> (Vec<(u8, usize)>, usize) {
    let (mut packet, mut payload) = (g729::Packet::default(), vec![77]);
    for (number, &size) in (0..).zip(sizes) {
        packet.add(&vec![number; size], &mut payload, 1);
    }
    let frames = payload[1..].chunks(10).map(|frame| (frame[0], frame.len())).collect();
    (frames, packet.left_out)
}

#[test]
fn speech_that_begins_within_a_packet_is_sent_under_its_own_time() {
    assert_eq!(packed(&[10, 10]), (vec![(0, 10), (1, 10)], 0));
    assert_eq!(packed(&[0, 10]), (vec![(1, 10)], 80));
    assert_eq!(packed(&[2, 10]), (vec![(1, 10)], 80));
    assert_eq!(packed(&[2, 0, 10]), (vec![(2, 10)], 160));
    assert_eq!(packed(&[0, 2]), (vec![(1, 2)], 80));
    assert_eq!(packed(&[2, 0]), (vec![(0, 2)], 0));
    assert_eq!(packed(&[10, 0, 2]), (vec![(0, 10), (2, 2)], 0));
    assert_eq!(packed(&[10, 0, 10]), (vec![(0, 10)], 0));
    assert_eq!(packed(&[0, 0]), (vec![], 160));
}

#[test]
fn nonsense_is_decoded_or_refused() {
    let mut seed = 1u32;
    let mut byte = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed.to_be_bytes()[0]
    };
    for codec in loaded() {
        let mut decoder = codec.decoder("", codec.sample_rate_hz()).unwrap();
        for length in 0..400 {
            let payload: Vec<u8> = (0..length % 130).map(|_| byte()).collect();
            let mut samples = Vec::new();
            match decoder.decode(&payload, &mut samples) {
                Ok(()) => assert_eq!(Some(samples.len()), codec.payload_samples(&payload)),
                Err(_) => assert!(samples.is_empty()),
            }
        }
    }
}

#[test]
fn what_is_found_is_brought_once() {
    let found = load();
    assert_eq!(found.len(), 2);
    for name in ["speex/8000", "speex/16000", "speex/32000", "G729"] {
        let codec = codec::named(name).unwrap();
        let library = &found[usize::from(name == "G729")];
        assert_eq!(codec.encoder("", codec.sample_rate_hz()).is_some(), library.missing.is_none(), "{name}");
    }
    assert!(load().iter().all(|library| library.missing.is_some()), "a second time");
}

/// A file of `vectors/`, which `vectors/make.py` makes: see `vectors/README.md`.
fn vector(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/codec_libs/vectors").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn samples_of(bytes: &[u8]) -> Vec<i16> {
    bytes.as_chunks::<2>().0.iter().map(|pair| i16::from_le_bytes(*pair)).collect()
}

/// How far one is below the other, in dB, before the noise at full scale that ends the speech.
fn apart_db(ours: &[f64], theirs: &[f64], rate_hz: u32) -> f64 {
    let count = rate_hz as usize * 12 / 10;
    let signal: f64 = theirs.iter().take(count).map(|sample| sample * sample).sum();
    let noise: f64 = ours.iter().zip(theirs).take(count).map(|(ours, theirs)| (ours - theirs).powi(2)).sum();
    10.0 * (signal / noise).log10()
}

/// Zeros and poles of the filters that libspeex's decoder ends the lower band with, which has 8,000 Hz: for a call in narrow band, and
/// in wide band (`filters.c`, in 16384ths).
const NARROW: [[f64; 3]; 2] = [[15_802.0, -31_601.0, 15_802.0], [16_384.0, -31_569.0, 15_249.0]];
const WIDE: [[f64; 3]; 2] = [[16_162.0, -32_322.0, 16_162.0], [16_384.0, -32_313.0, 15_947.0]];

/// Samples at 16,000 Hz through one of them.
fn filtered(samples: &[f64], [zeros, poles]: [[f64; 3]; 2]) -> Vec<f64> {
    let mut out: Vec<f64> = Vec::with_capacity(samples.len());
    for n in 0..samples.len() {
        let before = |of: &[f64], back: usize| n.checked_sub(back).map_or(0.0, |at| of[at]);
        let made: f64 = (0..3).map(|k| zeros[k] * before(samples, 2 * k)).sum();
        let fed_back: f64 = (1..3).map(|k| poles[k] * before(&out, 2 * k)).sum();
        out.push((made - fed_back) / 16_384.0);
    }
    out
}

#[test]
fn speech_is_encoded_and_decoded_as_other_programs_do() {
    // The name, samples and octets of a packet, and the bound of the comparison with ffmpeg's own decoder, in dB.
    let kinds = [("speex/8000", 160, 38, 60.0), ("speex/16000", 320, 70, 40.0), ("G729", 80, 10, 22.0)];
    for codec in loaded() {
        let name = if codec.name() == "G729" {
            codec.name().to_owned()
        } else {
            format!("speex/{}", codec.clock_rate_hz())
        };
        let Some(&(_, frame, octets, bound_db)) = kinds.iter().find(|kind| kind.0 == name) else { continue };
        let rate = codec.sample_rate_hz();
        let file = if octets == 10 { "g729".to_owned() } else { format!("speex-{}k", rate / 1_000) };
        let speech = format!("../../../crates/media/tests/vectors/speech-{}k.s16", rate / 1_000);
        let made = payloads(codec.encoder("", rate).unwrap().as_mut(), frame, &samples_of(&vector(&speech)));
        let bits = vector(&format!("{file}.bin"));
        // Both libraries' arithmetic is the same wherever they run but for Speex's, which is in floating point.
        if octets == 10 || cfg!(target_arch = "x86_64") {
            assert!(made.concat() == bits, "{name}: other bits than other programs have of the library");
        }
        let mut decoder = codec.decoder("", rate).unwrap();
        let mut samples = Vec::new();
        bits.chunks(octets).for_each(|packet| decoder.decode(packet, &mut samples).unwrap());
        let theirs = samples_of(&vector(&format!("{file}.s16")));
        assert_eq!(samples.len(), theirs.len(), "{name}");
        let [mut ours, mut theirs] =
            [samples, theirs].map(|all| all.into_iter().map(f64::from).collect::<Vec<f64>>());
        if rate == 16_000 {
            // In wide band too, ffmpeg's ends with the filter for narrow band. Each gets the other's, so that both have had both.
            (ours, theirs) = (filtered(&ours, NARROW), filtered(&theirs, WIDE));
        }
        let apart = apart_db(&ours, &theirs, rate);
        assert!(apart >= bound_db, "{name}: {apart:.1} dB");
    }
}
