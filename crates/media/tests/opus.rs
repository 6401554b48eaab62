//! Opus against libopus: packets that it has made, and what it decodes from them. See `vectors/README.md`.
#![cfg(feature = "codec-opus")]
#![allow(clippy::unwrap_used, reason = "a test file: what is not there fails the test")]

mod phones;

use cordboard_media::codec::{Codec, OPUS};
use cordboard_media::{Command, MixId, MixInput, MixSettings, Source, goertzel};
use opus_pure::OggOpusReader;
use phones::{G722, OPUS as OPUS_NUMBER, PCMA, World};
use proptest::prelude::*;
use std::io::Cursor;

/// The packets of an Ogg file, and how many samples at 48 kHz its beginning has too many.
fn packets(file: &[u8]) -> (Vec<Vec<u8>>, usize) {
    let mut reader = OggOpusReader::new(Cursor::new(file)).unwrap();
    let skip = usize::from(reader.head().pre_skip);
    (reader.packets().map(|packet| packet.unwrap().data).collect(), skip)
}

fn linear(bytes: &[u8]) -> Vec<i16> {
    bytes.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

/// The signal-to-noise ratio in dB.
fn snr_db(signal: &[i16], other: &[i16]) -> f64 {
    let square = |value: f64| value * value;
    let power: f64 = signal.iter().map(|&s| square(f64::from(s))).sum();
    let noise: f64 = signal.iter().zip(other).map(|(&a, &b)| square(f64::from(a) - f64::from(b))).sum();
    10.0 * (power / noise.max(1e-9)).log10()
}

fn agrees(name: &str, file: &[u8], expected: &[u8]) {
    let ((packets, skip), expected) = (packets(file), linear(expected));
    let mut decoder = OPUS.decoder("", 48_000).unwrap();
    let mut samples = Vec::new();
    for packet in &packets {
        assert_eq!(OPUS.payload_samples(packet), Some(960));
        decoder.decode(packet, &mut samples).unwrap();
    }
    let ours = &samples[skip..skip + expected.len()];
    let snr = snr_db(&expected, ours);
    // Rounding to 16 bits alone leaves about 70 dB at the level of speech.
    assert!(snr > 60.0, "{name}: {snr:.1} dB");
}

#[test]
fn what_libopus_decodes_from_its_own_packets_is_what_we_hear() {
    agrees("SILK", include_bytes!("vectors/opus/silk.opus"), include_bytes!("vectors/opus/silk.s16"));
    agrees("hybrid", include_bytes!("vectors/opus/hybrid.opus"), include_bytes!("vectors/opus/hybrid.s16"));
    agrees("CELT", include_bytes!("vectors/opus/celt.opus"), include_bytes!("vectors/opus/celt.s16"));
}

#[test]
fn the_vectors_have_all_three_modes() {
    // RFC 6716 §3.1 table 2.
    let mode = |file: &[u8]| packets(file).0.into_iter().map(|packet| packet[0] >> 3).max().unwrap();
    assert!((8..=11).contains(&mode(include_bytes!("vectors/opus/silk.opus"))));
    assert!((12..=15).contains(&mode(include_bytes!("vectors/opus/hybrid.opus"))));
    assert!((16..=31).contains(&mode(include_bytes!("vectors/opus/celt.opus"))));
}

#[test]
fn speech_survives_our_own_encoder_at_every_rate() {
    let speech = linear(include_bytes!("vectors/opus/celt.s16"));
    for (rate_hz, least_db) in [(8_000, 6.0), (16_000, 6.0), (48_000, 4.0)] {
        let step = 48_000 / rate_hz;
        let input: Vec<i16> = speech.iter().copied().step_by(step).collect();
        let mut encoder = OPUS.encoder("", u32::try_from(rate_hz).unwrap()).unwrap();
        let mut decoder = OPUS.decoder("", u32::try_from(rate_hz).unwrap()).unwrap();
        let mut output = Vec::new();
        for frame in input.chunks_exact(rate_hz / 50) {
            let mut payload = Vec::new();
            encoder.encode(frame, &mut payload);
            decoder.decode(&payload, &mut output).unwrap();
        }
        let delay = rate_hz * 312 / 48_000;
        let snr = snr_db(&input[..output.len() - delay], &output[delay..]);
        assert!(snr > least_db, "{rate_hz} Hz: {snr:.1} dB");
    }
}

/// 20 ms of two tones, one in each channel, interleaved.
fn two_channels(number: usize) -> Vec<i16> {
    let sample = |n: usize, hz: f64| {
        let angle = core::f64::consts::TAU * hz * n as f64 / 48_000.0;
        #[allow(clippy::cast_possible_truncation, reason = "the amplitude is below 16 bits")]
        let sample = (angle.sin() * 8_000.0) as i16;
        sample
    };
    (number * 960..(number + 1) * 960).flat_map(|n| [sample(n, LEFT_HZ), sample(n, RIGHT_HZ)]).collect()
}

const LEFT_HZ: f64 = 500.0;
const RIGHT_HZ: f64 = 1_100.0;

#[test]
fn both_channels_of_a_stereo_phone_are_heard_alike_in_one() {
    for (listener, rate_hz) in [(PCMA, 8_000), (G722, 16_000), (OPUS_NUMBER, 48_000)] {
        let mut encoder = opus_pure::OpusEncoder::new(48_000, 2, opus_pure::Application::Audio).unwrap();
        encoder.bitrate_bps = 96_000;
        let (mut world, a, b) = World::bridge(OPUS_NUMBER, listener);
        if listener == OPUS_NUMBER {
            // Two phones with Opus are relayed: what one hears is decoded for a conference of its own.
            let room = MixId(1);
            world.handle(Command::Mix { mix: room, settings: MixSettings::default() });
            let leg = world.leg(a);
            world.handle(Command::SayInto { mix: room, leg, input: Some(MixInput::default()) });
            world.hear(b, Source::Mix(room));
        }
        let mut stereo = 0;
        for number in 0..75 {
            let mut packet = vec![0; 1_275];
            let length = encoder.encode_s16(&two_channels(number), 960, &mut packet).unwrap();
            // RFC 6716 §3.1: the bit that says stereo.
            stereo += usize::from(packet[0] & 4 != 0);
            world.send(a, &packet[..length]);
            world.run_ms(20);
        }
        assert!(stereo > 70, "{stereo} packets of 75 are stereo");
        let heard = world.audio(b);
        let second = rate_hz as usize / 2..rate_hz as usize;
        let levels = [LEFT_HZ, RIGHT_HZ].map(|hz| goertzel::level_dbm0(&heard[second.clone()], rate_hz, hz));
        // Each is at −9.1 dBm0 where it comes from; the mean of both channels has half of each amplitude.
        for level in levels {
            assert!((-17.5..-12.5).contains(&level), "{listener}: {levels:?}");
        }
        assert!((levels[0] - levels[1]).abs() < 1.5, "{listener}: {levels:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_decoded_or_refused(payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 1..8)) {
        let mut decoder = OPUS.decoder("", 16_000).unwrap();
        for payload in payloads {
            let mut samples = Vec::new();
            let held = OPUS.payload_samples(&payload);
            match decoder.decode(&payload, &mut samples) {
                Ok(()) => prop_assert_eq!(Some(samples.len() * 3), held),
                Err(_) => prop_assert!(samples.is_empty()),
            }
            samples.clear();
            prop_assert_eq!(decoder.recover(&payload, 320, &mut samples), samples.len() == 320);
            samples.clear();
            prop_assert!(decoder.conceal(333, &mut samples) && samples.len() == 333);
        }
    }
}
