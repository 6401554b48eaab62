//! What is installed is tried; what is not is passed through, and that is tried too.

use super::*;
use cordboard_media::codec::Encoder;

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
fn apart_db(ours: &[i16], theirs: &[i16], rate_hz: u32) -> f64 {
    let count = rate_hz as usize * 12 / 10;
    let noise: Vec<i16> =
        ours.iter().zip(theirs).take(count).map(|(ours, theirs)| ours.saturating_sub(*theirs)).collect();
    10.0 * (power(&theirs[..count]) / power(&noise)).log10()
}

#[test]
fn speech_is_encoded_and_decoded_as_other_programs_do() {
    // The name, samples and octets of a packet, and the bound of the comparison with ffmpeg's own decoder, in dB.
    let kinds = [("speex/8000", 160, 38, 60.0), ("speex/16000", 320, 70, 9.0), ("G729", 80, 10, 22.0)];
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
        let apart = apart_db(&samples, &theirs, rate);
        assert!(apart >= bound_db, "{name}: {apart:.1} dB");
    }
}
