#![allow(clippy::cast_possible_truncation, reason = "a test's signal stays within 16 bits")]

use super::*;

/// Something like a voice: a fundamental with overtones, swelling four times a second.
fn voice(rate_hz: u32, count: usize) -> Vec<i16> {
    let sample = |n: usize| {
        let t = n as f64 / f64::from(rate_hz);
        let tones = [(140.0, 0.5), (280.0, 0.3), (700.0, 0.2), (1_120.0, 0.1), (2_380.0, 0.05)];
        let sum: f64 = tones.iter().map(|(hz, level)| level * (core::f64::consts::TAU * hz * t).sin()).sum();
        (sum * 9_000.0 * (0.6 + 0.4 * (core::f64::consts::TAU * 4.0 * t).sin())) as i16
    };
    (0..count).map(sample).collect()
}

fn packets(fmtp: &str, rate_hz: u32, frame_ms: usize, samples: &[i16]) -> Vec<Vec<u8>> {
    let mut encoder = OPUS.encoder(fmtp, rate_hz).unwrap();
    let made = |frame: &[i16]| {
        let mut payload = Vec::new();
        encoder.encode(frame, &mut payload);
        payload
    };
    samples.chunks_exact(rate_hz as usize / 1_000 * frame_ms).map(made).collect()
}

fn bit_rate(packets: &[Vec<u8>], frame_ms: usize) -> usize {
    packets.iter().map(Vec::len).sum::<usize>() * 8_000 / (packets.len() * frame_ms)
}

fn decoded(rate_hz: u32, packets: &[Vec<u8>]) -> Vec<i16> {
    let mut decoder = OPUS.decoder("", rate_hz).unwrap();
    let mut samples = Vec::new();
    packets.iter().for_each(|packet| decoder.decode(packet, &mut samples).unwrap());
    samples
}

fn power(samples: &[i16]) -> f64 {
    samples.iter().map(|&s| f64::from(s).powi(2)).sum::<f64>() / samples.len() as f64
}

#[test]
fn the_next_rate_of_the_library_is_taken() {
    let near = [1, 8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]
        .map(|hz| OPUS.rate_near(hz));
    let expected = [8_000, 8_000, 12_000, 12_000, 16_000, 24_000, 24_000, 48_000, 48_000, 48_000, 48_000];
    assert_eq!(near, expected);
    assert!(OPUS.encoder("", 44_100).is_none() && OPUS.decoder("", 0).is_none());
}

#[test]
fn every_rate_and_every_length_of_ten_milliseconds_comes_back_at_its_length() {
    for rate_hz in RATES_HZ {
        for frame_ms in (10..=120).step_by(10) {
            let count = rate_hz as usize / 1_000 * frame_ms;
            let packets = packets("", rate_hz, frame_ms, &voice(rate_hz, count * 3));
            assert!(
                packets.iter().all(|packet| OPUS.payload_samples(packet) == Some(48 * frame_ms)),
                "{frame_ms}"
            );
            assert_eq!(decoded(rate_hz, &packets).len(), count * 3);
        }
    }
}

#[test]
fn what_is_no_whole_frame_or_too_long_makes_no_packet() {
    let mut encoder = OPUS.encoder("", 8_000).unwrap();
    let mut payload = Vec::new();
    [0, 79, 81, 130 * 8].into_iter().for_each(|count| encoder.encode(&vec![0; count], &mut payload));
    assert!(payload.is_empty());
}

#[test]
fn thirty_milliseconds_sound_like_twenty() {
    let speech = voice(16_000, 48_000);
    let levels = [20, 30].map(|ms| power(&decoded(16_000, &packets("", 16_000, ms, &speech))[16_000..]));
    assert!((levels[0] / levels[1] - 1.0).abs() < 0.1, "{levels:?}");
}

#[test]
fn bit_rate_and_bandwidth_are_what_the_peer_asks_for() {
    let speech = voice(48_000, 96_000);
    let rate = |fmtp: &str| bit_rate(&packets(fmtp, 48_000, 20, &speech), 20);
    assert!((24_000..36_000).contains(&rate("")), "{}", rate(""));
    assert!(rate("maxaveragebitrate=12000") < 14_000);
    // RFC 6716 §3.1 table 2: configurations 0–3 are narrow-band SILK, 8–11 wide-band SILK.
    let configurations = |rate_hz: u32, speech: &[i16]| {
        let packets = packets("maxplaybackrate=8000", rate_hz, 20, speech);
        packets.iter().map(|packet| packet[0] >> 3).collect::<Vec<_>>()
    };
    assert!(configurations(16_000, &voice(16_000, 16_000)).iter().all(|number| (0..=3).contains(number)));
    assert!(configurations(48_000, &speech).iter().all(|number| (8..=11).contains(number)));
}

#[test]
fn constant_bit_rate_makes_packets_of_one_size() {
    let speech = voice(16_000, 32_000);
    let mut sizes: Vec<usize> = packets("cbr=1", 16_000, 20, &speech).iter().map(Vec::len).collect();
    sizes.dedup();
    assert_eq!(sizes, [60], "24 kbit/s");
}

#[test]
fn silence_is_not_sent_where_the_peer_wants_so() {
    let mut samples = voice(16_000, 16_000);
    samples.resize(64_000, 0);
    let sent = |fmtp: &str| packets(fmtp, 16_000, 20, &samples).iter().filter(|p| !p.is_empty()).count();
    assert_eq!(sent(""), 200);
    assert!((50..120).contains(&sent("usedtx=1")), "{}", sent("usedtx=1"));
}

#[test]
fn a_lost_packet_is_recovered_from_the_next_better_than_it_is_concealed() {
    let speech = voice(16_000, 32_000);
    let packets = packets("useinbandfec=1", 16_000, 20, &speech);
    let whole = decoded(16_000, &packets);
    let error = |recovers: bool| {
        let mut decoder = OPUS.decoder("", 16_000).unwrap();
        let (mut samples, mut differs, mut recovered) = (Vec::new(), 0.0, 0);
        for (n, packet) in packets.iter().enumerate() {
            let start = samples.len();
            if n % 12 != 6 {
                decoder.decode(packet, &mut samples).unwrap();
                continue;
            }
            match packets.get(n + 1).filter(|_| recovers) {
                Some(next) if decoder.recover(next, 320, &mut samples) => recovered += 1,
                Some(_) | None => assert!(decoder.conceal(320, &mut samples)),
            }
            let pairs = samples[start..].iter().zip(&whole[start..]);
            differs += power(&pairs.map(|(a, b)| a.saturating_sub(*b)).collect::<Vec<i16>>());
        }
        assert_eq!(samples.len(), whole.len());
        (differs, recovered)
    };
    let ((with, recovered), (without, _)) = (error(true), error(false));
    assert!(recovered >= 4 && with < without / 2.0, "{recovered} recovered, {with} {without}");
}

#[test]
fn a_packet_without_a_copy_of_the_one_before_recovers_nothing() {
    let speech = voice(16_000, 3_200);
    let packets = packets("", 16_000, 20, &speech);
    let mut decoder = OPUS.decoder("", 16_000).unwrap();
    let mut samples = Vec::new();
    decoder.decode(&packets[0], &mut samples).unwrap();
    assert!(!decoder.recover(&packets[2], 320, &mut samples));
    assert!(!decoder.recover(&[], 320, &mut samples) && !decoder.recover(&[8, 0x40], 321, &mut samples));
    assert_eq!(samples.len(), 320);
}

#[test]
fn concealment_has_any_length_and_dies_away() {
    let packets = packets("", 16_000, 20, &voice(16_000, 16_000));
    let mut decoder = OPUS.decoder("", 16_000).unwrap();
    let mut samples = Vec::new();
    packets.iter().for_each(|packet| decoder.decode(packet, &mut samples).unwrap());
    let start = samples.len();
    for (n, count) in [1, 160, 177, 1_920, 5_000].into_iter().enumerate() {
        let before = samples.len();
        assert!(decoder.conceal(count, &mut samples));
        assert_eq!(samples.len(), before + count, "{n}");
    }
    assert!(power(&samples[start..start + 160]) > power(&samples[samples.len() - 1_000..]) * 10.0);
}

#[test]
fn a_stereo_packet_comes_out_as_one_channel() {
    let mut encoder = opus_pure::OpusEncoder::new(48_000, 2, opus_pure::Application::Audio).unwrap();
    let left = voice(48_000, 9_600);
    let both: Vec<i16> = left.iter().flat_map(|&sample| [sample, 0]).collect();
    let mut decoder = OPUS.decoder("", 48_000).unwrap();
    let mut samples = Vec::new();
    for frame in both.chunks_exact(1_920) {
        let mut packet = vec![0; 1_275];
        let length = encoder.encode_s16(frame, 960, &mut packet).unwrap();
        decoder.decode(&packet[..length], &mut samples).unwrap();
    }
    assert_eq!(samples.len(), 9_600);
    // The mean of both channels, one of which is silent: a quarter of the power.
    let share = power(&samples[4_800..]) / power(&left[4_800..]);
    assert!((0.15..0.35).contains(&share), "{share}");
}

#[test]
fn nonsense_is_refused_and_appends_nothing() {
    let mut decoder = OPUS.decoder("", 16_000).unwrap();
    let mut samples = Vec::new();
    for bad in [&[][..], &[0x03], &[0x03, 0], &[0xFF, 63, 1], &[0x02, 200, 1]] {
        assert_eq!(decoder.decode(bad, &mut samples), Err(crate::codec::BadPayload), "{bad:?}");
    }
    assert!(samples.is_empty());
}
