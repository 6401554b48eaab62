//! A codec of several rates works at the one that is needed: who hears a phone of telephone quality is sent no more.
#![cfg(all(test, feature = "codec-opus"))]
#![allow(clippy::unwrap_used, reason = "tests")]

mod phones;

use cordboard_media::codec::Codec;
use cordboard_media::{
    Audio, Command, Play, PlayId, RecordSettings, RecordSides, Source, Tone, goertzel, tone,
};
use phones::{OPUS, PCMU, World};

/// A phone with Opus and one with µ-law that hear each other.
fn world() -> (World, usize, usize) {
    World::bridge(OPUS, PCMU)
}

fn sounding(hz: u16) -> Tone {
    Tone { frequencies_hz: [hz, 0], level_dbm0: -10, cadence_ms: vec![], duration_ms: 0 }
}

/// A second of a tone from the phone of telephone quality.
fn speak(world: &mut World, narrow: usize, hz: u16) {
    for frame in tone::generate(&sounding(hz), 8_000, 8_000).chunks(160) {
        world.speak(narrow, frame);
        world.run_ms(20);
    }
}

/// Whether packets of Opus are of telephone quality: configurations 0 to 3, and 16 to 19 (RFC 6716 §3.1).
fn are_narrow(world: &mut World, wide: usize) -> Vec<bool> {
    let got = world.take_rtp(wide);
    got.iter().map(|got| matches!(got.rtp().payload[0] >> 3, 0..=3 | 16..=19)).collect()
}

#[test]
fn telephone_quality_is_sent_on_as_such_and_what_is_played_is_not() {
    let (mut world, wide, narrow) = world();
    speak(&mut world, narrow, 1_000);
    let bridged = are_narrow(&mut world, wide);
    assert!(bridged.len() > 45 && bridged.iter().all(|&is_narrow| is_narrow));
    let leg = world.leg(wide);
    let items = vec![Audio::Tone(Tone { duration_ms: 400, ..sounding(3_000) })];
    let play = Play { id: PlayId(1), items, repeat: false, interrupt: String::new() };
    world.handle(Command::Play { leg, play });
    world.run_ms(380);
    let played = are_narrow(&mut world, wide);
    assert!(played.len() > 15 && played.iter().all(|&is_narrow| !is_narrow));
    world.run_ms(40);
    world.take_rtp(wide);
    speak(&mut world, narrow, 1_000);
    assert!(are_narrow(&mut world, wide).iter().all(|&is_narrow| is_narrow));
    world.hear(wide, Source::Nothing);
    let items = vec![Audio::Tone(Tone { duration_ms: 400, ..sounding(3_000) })];
    let play = Play { id: PlayId(2), items, repeat: false, interrupt: String::new() };
    world.handle(Command::Play { leg, play });
    world.run_ms(100);
    assert!(are_narrow(&mut world, wide).iter().all(|&is_narrow| !is_narrow));
}

/// What the phone with Opus says, as packets at 16 kHz.
fn say_wide(world: &mut World, wide: usize, hz: u16, count: usize) {
    let mut encoder = cordboard_media::codec::OPUS.encoder("", 16_000).unwrap();
    for frame in tone::generate(&sounding(hz), 16_000, 320 * count).chunks(320) {
        let mut payload = Vec::new();
        encoder.encode(frame, &mut payload);
        world.send(wide, &payload);
        world.run_ms(20);
    }
}

#[test]
fn a_recording_that_begins_in_a_talk_hears_the_whole_band() {
    let (mut world, wide, narrow) = world();
    say_wide(&mut world, wide, 1_000, 50);
    let level = goertzel::level_dbm0(&world.audio(narrow)[4_000..], 8_000, 1_000.0);
    assert!((level + 10.0).abs() < 2.0, "{level}");
    let id = world.recording(wide);
    world.handle(Command::Record { id, settings: RecordSettings::new("r", RecordSides::Says) });
    say_wide(&mut world, wide, 5_000, 100);
    world.handle(Command::EndRecording { id });
    let recorded = world.recorded(id);
    let level = goertzel::level_dbm0(&recorded[16_000..24_000], 16_000, 5_000.0);
    assert!((level + 10.0).abs() < 3.0, "{level} of {}", recorded.len());
}

/// A packet of the phone with Opus, and how many the other is sent at once.
fn at_once(world: &mut World, wide: usize, narrow: usize) -> usize {
    world.take_rtp(narrow);
    let mut payload = Vec::new();
    cordboard_media::codec::OPUS.encoder("", 16_000).unwrap().encode(&[0; 320], &mut payload);
    world.send(wide, &payload);
    let sent = world.take_rtp(narrow).len();
    world.run_ms(20);
    sent
}

#[test]
fn packets_of_whole_frames_are_converted_when_they_come() {
    let (mut world, wide, narrow) = world();
    for _ in 0..10 {
        assert_eq!(at_once(&mut world, wide, narrow), 1);
        assert!(world.take_rtp(narrow).is_empty(), "nothing comes by the clock");
        world.take_rtp(wide);
        world.speak(narrow, &[100; 160]);
        assert_eq!(world.take_rtp(wide).len(), 1);
    }
}

#[test]
fn a_peer_that_leaves_out_silence_is_played_out_from_its_first_pause_on() {
    let (mut world, wide, narrow) = world();
    for _ in 0..5 {
        assert_eq!(at_once(&mut world, wide, narrow), 1);
    }
    // RFC 7587 §3.1.3: the next packet has the next number, and the timestamp says how long there was none.
    world.phones[wide].timestamp += 20 * 960;
    world.run_ms(400);
    for _ in 0..5 {
        assert_eq!(at_once(&mut world, wide, narrow), 0, "it waits for its round");
    }
    assert_eq!(world.take_rtp(narrow).len(), 1);
}

#[test]
fn a_digit_between_two_packets_is_no_pause() {
    let (mut world, wide, narrow) = world();
    assert_eq!(at_once(&mut world, wide, narrow), 1);
    world.press(wide, 5);
    assert_eq!(at_once(&mut world, wide, narrow), 1);
}

#[test]
fn a_peer_that_wants_silence_left_out_is_sent_packets_by_the_clock() {
    let (mut world, wide, narrow) = world();
    world.setup(wide, |audio| audio.send[0].fmtp = "usedtx=1".to_owned());
    world.take_rtp(wide);
    world.speak(narrow, &[100; 160]);
    assert!(world.take_rtp(wide).is_empty());
}
