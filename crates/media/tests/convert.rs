//! Conversion between formats, rates and packet lengths; watches, recordings, video.
#![cfg(test)]

mod phones;

use cordboard_media::{
    Audio, Command, Event, Output, Play, PlayId, RecordFile, RecordFormat, RecordSettings, RecordSides,
    Source, StreamKind, Tone, VideoSetup, goertzel, level,
};
use core::net::SocketAddr;
use phones::{PCMA, PCMU, World};

fn sine(hz: u16, rate_hz: u32) -> Vec<i16> {
    let tone = Tone { frequencies_hz: [hz, 0], level_dbm0: -10, cadence_ms: vec![], duration_ms: 0 };
    cordboard_media::tone::generate(&tone, rate_hz, rate_hz as usize)
}

fn speak(world: &mut World, phone: usize, samples: &[i16], rate_hz: u32, ptime_ms: u32) {
    for packet in samples.chunks((rate_hz / 1_000 * ptime_ms) as usize) {
        world.speak(phone, packet);
        world.run_ms(u64::from(ptime_ms));
    }
}

#[test]
fn a_law_and_mu_law_understand_each_other_packet_for_packet() {
    for (from, to) in [(PCMA, PCMU), (PCMU, PCMA)] {
        let (mut world, a, b) = World::bridge(from, to);
        world.speak(a, &sine(1_000, 8_000)[..160]);
        let got = world.take_rtp(b);
        assert_eq!((got[0].rtp().header.payload_type, got[0].rtp().payload.len()), (to, 160));
        speak(&mut world, a, &sine(1_000, 8_000), 8_000, 20);
        let level = goertzel::level_dbm0(&world.audio(b), 8_000, 1_000.0);
        assert!((level + 10.0).abs() < 0.3, "{level}");
    }
}

#[test]
fn a_converted_stream_keeps_losses_and_order() {
    let (mut world, a, b) = World::bridge(PCMA, PCMU);
    for sequence in [10, 11, 14, 13] {
        world.phones[a].sequence = sequence;
        world.phones[a].timestamp = u32::from(sequence) * 160;
        world.send(a, &[0xD5; 160]);
    }
    let numbers: Vec<_> = world.take_rtp(b).iter().map(|g| g.rtp().header.sequence).collect();
    assert_eq!(numbers, [2_000, 2_001, 2_004, 2_003]);
}

#[test]
fn different_rates_are_converted_both_ways() {
    let (mut world, a, b) = World::bridge(PCMA, 96);
    speak(&mut world, a, &sine(1_000, 8_000), 8_000, 20);
    let audio = world.audio(b);
    assert!((goertzel::level_dbm0(&audio[1_600..], 16_000, 1_000.0) + 10.0).abs() < 0.3);
    speak(&mut world, b, &sine(700, 16_000), 16_000, 20);
    let audio = world.audio(a);
    assert!((goertzel::level_dbm0(&audio[800..], 8_000, 700.0) + 10.0).abs() < 0.3);
}

#[test]
fn packets_of_one_length_become_packets_of_another() {
    for (from_ms, to_ms) in [(20u32, 30u16), (20, 60), (60, 20), (30, 20), (10, 40), (20, 10)] {
        let (mut world, a, b) = World::bridge(PCMA, PCMA);
        world.setup(b, |audio| audio.ptime_ms = to_ms);
        speak(&mut world, a, &sine(500, 8_000), 8_000, from_ms);
        let got = world.take_rtp(b);
        assert!(got.iter().all(|g| g.rtp().payload.len() == usize::from(to_ms) * 8), "{from_ms} → {to_ms}");
        for pair in got.windows(2) {
            let (one, two) = (pair[0].rtp().header, pair[1].rtp().header);
            assert_eq!(
                (two.sequence - one.sequence, two.timestamp - one.timestamp),
                (1, u32::from(to_ms) * 8)
            );
        }
        world.got.insert(world.phones[b].slot, got);
        let audio = world.audio(b);
        assert!(audio.len() >= 8_000 - usize::from(to_ms) * 8);
        assert!((goertzel::level_dbm0(&audio[..7_200], 8_000, 500.0) + 10.0).abs() < 0.2);
    }
}

#[test]
fn a_lost_packet_is_not_heard_where_packets_are_made_anew() {
    let (mut world, a, b) = World::bridge(PCMA, PCMU);
    world.setup(b, |audio| audio.ptime_ms = 40);
    for (n, packet) in sine(400, 8_000).chunks(160).enumerate() {
        if n == 20 {
            world.phones[a].sequence += 1;
            world.phones[a].timestamp += 160;
        } else {
            world.speak(a, packet);
        }
        world.run_ms(20);
    }
    let audio = world.audio(b);
    for (n, piece) in audio[800..7_200].chunks(80).enumerate() {
        let level = goertzel::level_dbm0(piece, 8_000, 400.0);
        assert!((level + 10.0).abs() < 1.5, "{level} at {} ms", 100 + n * 10);
    }
}

#[test]
fn a_lost_packet_is_a_hole_where_payloads_are_only_joined() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    world.setup(b, |audio| audio.ptime_ms = 40);
    for n in 0..8 {
        if n == 4 {
            world.phones[a].sequence += 1;
            world.phones[a].timestamp += 160;
        } else {
            world.send(a, &[0x55 + n; 160]);
        }
        world.run_ms(20);
    }
    let got = world.take_rtp(b);
    let numbers: Vec<_> =
        got.iter().map(|g| g.rtp().header.sequence - got[0].rtp().header.sequence).collect();
    let times: Vec<_> =
        got.iter().map(|g| g.rtp().header.timestamp - got[0].rtp().header.timestamp).collect();
    assert_eq!((numbers, times), (vec![0, 1, 3], vec![0, 320, 800]));
    assert_eq!(got[2].rtp().payload[..160], [0x55 + 5; 160]);
}

#[test]
fn digits_pass_where_packets_are_made_anew() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    world.setup(b, |audio| audio.ptime_ms = 40);
    speak(&mut world, a, &sine(500, 8_000)[..1_600], 8_000, 20);
    world.take_rtp(b);
    world.press(a, 6);
    speak(&mut world, a, &sine(500, 8_000)[..1_600], 8_000, 20);
    let got = world.take_rtp(b);
    for pair in got.windows(2) {
        assert_eq!(pair[1].rtp().header.sequence, pair[0].rtp().header.sequence + 1);
    }
    let events: Vec<u32> =
        got.iter().filter(|g| g.rtp().header.payload_type == 101).map(|g| g.rtp().header.timestamp).collect();
    assert_eq!(events.len(), 8);
    assert!(events.iter().all(|t| *t == events[0]));
}

#[test]
fn a_format_that_nobody_knows_is_relayed_but_never_converted() {
    let (mut world, a, b) = World::bridge(18, 18);
    world.send(a, &[7; 20]);
    assert_eq!(world.take_rtp(b)[0].rtp().payload, [7; 20]);
    let (mut world, a, b) = World::bridge(18, PCMA);
    world.send(a, &[7; 20]);
    assert!(world.take_rtp(b).is_empty());
}

#[test]
fn silence_is_reported_once_per_pause() {
    let mut world = World::new();
    let a = world.phone(PCMA);
    let leg = world.leg(a);
    world.handle(Command::WatchSilence { leg, ms: 1_000, level_dbov: -40 });
    let silences =
        |world: &World| world.events.iter().filter(|(_, e)| matches!(e, Event::Silence { .. })).count();
    speak(&mut world, a, &sine(500, 8_000), 8_000, 20);
    assert_eq!(silences(&world), 0);
    speak(&mut world, a, &[20; 16_000], 8_000, 20);
    assert_eq!(silences(&world), 1);
    speak(&mut world, a, &sine(500, 8_000), 8_000, 20);
    world.run_ms(5_000);
    assert_eq!(silences(&world), 2, "packets that do not come are silence too");
    world.handle(Command::WatchSilence { leg, ms: 0, level_dbov: -40 });
    speak(&mut world, a, &sine(500, 8_000), 8_000, 20);
    world.run_ms(5_000);
    assert_eq!(silences(&world), 2);
}

/// What was recorded, and whether its end was told.
fn recorded(world: &World) -> (Vec<i16>, bool) {
    let of = |output: &Output| {
        let Output::Recorded { samples, .. } = output else { return None };
        Some(samples.clone())
    };
    let samples = world.others.iter().filter_map(of).flatten().collect();
    (samples, world.others.iter().any(|o| matches!(o, Output::RecordEnded { .. })))
}

#[test]
fn a_stereo_recording_has_the_peer_left_and_what_it_hears_right() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    let leg = world.leg(a);
    let id = world.recording(a);
    let settings = RecordSettings::new("r", RecordSides::Stereo);
    world.handle(Command::Record { id, settings });
    let (format, file) = (RecordFormat::Wav, RecordFile::default());
    let started = Output::RecordStarted { id, name: "r".into(), format, file, rate_hz: 8_000, channels: 2 };
    assert!(world.others.contains(&started));
    let (says, hears) = (sine(500, 8_000), sine(900, 8_000));
    for (one, two) in says.chunks(160).zip(hears.chunks(160)) {
        world.speak(a, one);
        world.speak(b, two);
        world.run_ms(20);
    }
    let tone = Tone { frequencies_hz: [300, 0], level_dbm0: -10, cadence_ms: vec![], duration_ms: 500 };
    let items = vec![Audio::Tone(tone)];
    world.handle(Command::Play {
        leg,
        play: Play { id: PlayId(1), items, repeat: false, interrupt: String::new() },
    });
    world.run_ms(1_000);
    world.handle(Command::EndRecording { id });
    let (samples, ended) = recorded(&world);
    assert!(ended);
    let left: Vec<i16> = samples.iter().step_by(2).copied().collect();
    let right: Vec<i16> = samples.iter().skip(1).step_by(2).copied().collect();
    assert_eq!((left.len(), right.len()), (16_000, 16_000), "two seconds, to the sample");
    let heard = |s: &[i16]| goertzel::heard(s, 8_000, &[300, 500, 700, 900], -20.0);
    assert_eq!((heard(&left[..8_000]), heard(&right[..8_000])), (vec![500], vec![900]));
    assert_eq!((heard(&left[8_000..]), heard(&right[8_000..12_000])), (vec![], vec![300]));
}

#[test]
fn a_mono_recording_has_both_and_ends_with_the_leg() {
    let (mut world, a, b) = World::bridge(PCMA, PCMU);
    let leg = world.leg(b);
    let id = world.recording(b);
    let settings = RecordSettings::new("r", RecordSides::Mixed);
    world.handle(Command::Record { id, settings });
    for (one, two) in sine(500, 8_000).chunks(160).zip(sine(900, 8_000).chunks(160)) {
        world.speak(a, one);
        world.speak(b, two);
        world.run_ms(20);
    }
    world.handle(Command::Close { leg });
    let (samples, ended) = recorded(&world);
    assert!(ended && samples.len() == 8_000);
    assert_eq!(goertzel::heard(&samples, 8_000, &[300, 500, 700, 900], -20.0), [500, 900]);
    assert!(level::dbov(&samples) > -12.0);
}

#[test]
fn video_is_passed_on_with_the_other_sides_payload_number() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    let at = |world: &World, phone: usize| SocketAddr::new(world.phones[phone].address.ip(), 6_000);
    for (phone, map) in [(a, (97, 120)), (b, (120, 97))] {
        let (leg, address) = (world.leg(phone), world.phones[phone].address);
        let video = VideoSetup {
            remote_rtp: Some(at(&world, phone)),
            remote_rtcp: None,
            rtcp_mux: false,
            payload_map: vec![map],
        };
        let audio = Some(phones::setup(PCMA, address));
        world.handle(Command::Setup { leg, audio, video: Some(video) });
    }
    let packet = [0x80, 0x80 | 97, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9];
    let from: SocketAddr = "203.0.113.5:7777".parse().unwrap();
    world.datagram(a, StreamKind::VideoRtp, from, &packet);
    let got = world.got.remove(&world.phones[b].slot).unwrap().remove(0);
    assert_eq!((got.stream, got.to), (StreamKind::VideoRtp, at(&world, b)));
    assert_eq!((got.bytes[1], &got.bytes[2..]), (0x80 | 120, &packet[2..]));

    let unknown = [0x80, 100, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9];
    world.datagram(a, StreamKind::VideoRtp, from, &unknown);
    assert!(!world.got.contains_key(&world.phones[b].slot));

    let picture_loss = [0x81, 206, 0, 2, 0, 0, 0, 3, 0, 0, 0, 3];
    let feedback_from = SocketAddr::new(at(&world, b).ip(), 6_001);
    world.datagram(b, StreamKind::VideoRtcp, feedback_from, &picture_loss);
    let got = world.got.remove(&world.phones[a].slot).unwrap().remove(0);
    let to = SocketAddr::new(from.ip(), from.port() + 1);
    assert_eq!((got.stream, got.to, got.bytes), (StreamKind::VideoRtcp, to, picture_loss.to_vec()));
}

/// A bridge of G.722 and µ-law, by the clocks of both 8,000 Hz.
fn wide_and_narrow() -> (World, usize, usize) {
    World::bridge(phones::G722, PCMU)
}

/// So many packets of 20 ms of a phone's silence.
fn quiet(world: &mut World, phone: usize, count: usize) {
    for _ in 0..count {
        world.send(phone, &[0xFF; 160]);
        world.run_ms(20);
    }
}

#[test]
fn codecs_that_remember_are_converted_packet_for_packet_while_the_network_keeps_the_order() {
    let (mut world, a, b) = wide_and_narrow();
    for (from, to) in [(a, b), (b, a)] {
        for _ in 0..10 {
            let before = world.now;
            world.send(from, &[0xFF; 160]);
            let got = world.take_rtp(to);
            assert_eq!((got.len(), got[0].at, got[0].rtp().payload.len()), (1, before, 160));
            world.run_ms(20);
            assert!(world.take_rtp(to).is_empty(), "nothing comes by the clock");
        }
    }
}

#[test]
fn the_first_packet_that_is_lost_or_late_brings_the_jitter_buffer() {
    for order in [&[0u16, 1, 3][..], &[0, 2, 1]] {
        let (mut world, a, b) = wide_and_narrow();
        for number in order {
            world.phones[a].sequence = 500 + number;
            world.phones[a].timestamp = u32::from(*number) * 160;
            world.send(a, &[0xFF; 160]);
        }
        let at_once = world.take_rtp(b).len();
        assert!(at_once < order.len(), "{order:?}");
        world.phones[a].sequence = 504;
        world.phones[a].timestamp = 640;
        world.run_ms(20);
        quiet(&mut world, a, 50);
        let got = world.take_rtp(b);
        assert!(got.len() >= 48, "{}", got.len());
        let late = |pair: &[phones::Got]| pair[1].at.since(pair[0].at).as_millis() == 20;
        assert!(got[10..].windows(2).all(late), "by the clock");
    }
}

#[test]
fn a_copy_of_a_converted_packet_is_left_out() {
    let (mut world, a, b) = wide_and_narrow();
    for _ in 0..5 {
        world.send(a, &[0xFF; 160]);
        world.phones[a].sequence -= 1;
        world.phones[a].timestamp -= 160;
        world.send(a, &[0xFF; 160]);
        world.run_ms(20);
    }
    assert_eq!(world.take_rtp(b).len(), 5);
}

#[test]
fn who_is_recorded_is_played_out_and_converted_again_with_the_next_talk() {
    let (mut world, a, b) = wide_and_narrow();
    quiet(&mut world, a, 5);
    let id = world.recording(a);
    world.handle(Command::Record { id, settings: RecordSettings::new("r", RecordSides::Mixed) });
    quiet(&mut world, a, 10);
    world.take_rtp(b);
    world.send(a, &[0xFF; 160]);
    assert!(world.take_rtp(b).is_empty(), "it waits for its round");
    world.handle(Command::EndRecording { id });
    quiet(&mut world, a, 10);
    world.hear(b, Source::Nothing);
    world.hear(b, Source::Leg(world.leg(a)));
    world.take_rtp(b);
    world.send(a, &[0xFF; 160]);
    assert_eq!(world.take_rtp(b).len(), 1);
}

#[test]
fn a_second_listener_moves_both_to_the_playout() {
    let (mut world, a, b) = wide_and_narrow();
    quiet(&mut world, a, 5);
    let c = world.phone(PCMA);
    world.hear(c, Source::Leg(world.leg(a)));
    quiet(&mut world, a, 20);
    let (to_b, to_c) = (world.take_rtp(b).len(), world.take_rtp(c).len());
    assert!(to_b >= 23 && to_c >= 18, "{to_b} {to_c}");
}
