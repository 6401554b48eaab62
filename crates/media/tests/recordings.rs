//! What is in a recording: of legs and mixes, through pauses, beeps, keys, drift and loss.
#![cfg(test)]

mod phones;

use cordboard_media::{
    BeepFor, Command, MixId, MixInput, MixSettings, Output, RecordBeep, RecordPause, RecordSettings,
    RecordSides, RecordingId, RecordingOf, Source, Tone, goertzel, tone,
};
use core::time::Duration;
use phones::{PCMA, PCMU, World};

const RATE_HZ: u32 = 8_000;

/// 20 ms of a sine that goes on from frame to frame.
fn frame(hz: u16, n: u64) -> Vec<i16> {
    let sound = Tone { frequencies_hz: [hz, 0], level_dbm0: -10, cadence_ms: vec![], duration_ms: 0 };
    let mut out = vec![0; 160];
    tone::fill(&sound, RATE_HZ, n * 160, &mut out);
    out
}

/// Both talk for a time, each with a pitch of its own.
fn talk(world: &mut World, voices: &[(usize, u16)], ms: u64) {
    for n in 0..ms / 20 {
        for (phone, hz) in voices {
            world.speak(*phone, &frame(*hz, n));
        }
        world.run_ms(20);
    }
}

fn start(world: &mut World, phone: usize, settings: RecordSettings) -> RecordingId {
    let id = world.recording(phone);
    world.handle(Command::Record { id, settings });
    id
}

fn end(world: &mut World, id: RecordingId) -> (Vec<i16>, Vec<i16>) {
    world.handle(Command::EndRecording { id });
    let samples = world.recorded(id);
    let side = |n: usize| samples.iter().skip(n).step_by(2).copied().collect();
    (side(0), side(1))
}

fn heard(samples: &[i16]) -> Vec<u16> {
    goertzel::heard(samples, RATE_HZ, &[500, 700, 900, 1_400], -26.0)
}

fn stereo() -> RecordSettings {
    RecordSettings::new("r", RecordSides::Stereo)
}

#[test]
fn a_pause_is_in_neither_side() {
    for (pause, ms) in [(RecordPause::Silence, 3_000), (RecordPause::Gap, 2_000)] {
        let (mut world, a, b) = World::bridge(PCMA, PCMU);
        let id = start(&mut world, a, stereo());
        talk(&mut world, &[(a, 500), (b, 900)], 1_000);
        world.handle(Command::PauseRecording { id, pause: Some(pause) });
        talk(&mut world, &[(a, 700), (b, 700)], 1_000);
        world.handle(Command::PauseRecording { id, pause: None });
        talk(&mut world, &[(a, 500), (b, 900)], 1_000);
        let (left, right) = end(&mut world, id);
        assert_eq!((left.len(), right.len()), (ms * 8, ms * 8));
        for part in [0..7_000, ms * 8 - 7_000..ms * 8] {
            assert_eq!((heard(&left[part.clone()]), heard(&right[part])), (vec![500], vec![900]));
        }
        assert!(goertzel::heard(&left, RATE_HZ, &[700], -40.0).is_empty());
    }
}

#[test]
fn recordings_of_a_leg_go_on_beside_each_other_up_to_the_limit_and_an_old_name_does_nothing() {
    let (mut world, a, b) = World::bridge(PCMA, PCMU);
    let first = start(&mut world, a, stereo());
    let named = |number: u32| RecordingId { number, ..first };
    talk(&mut world, &[(a, 500), (b, 900)], 1_000);
    for number in 2..=4 {
        let settings = RecordSettings::new("says", RecordSides::Says);
        world.handle(Command::Record { id: named(number), settings });
    }
    talk(&mut world, &[(a, 500), (b, 900)], 1_000);
    world.handle(Command::Record { id: named(5), settings: stereo() });
    assert_eq!(world.engine.ignored(), 1, "one past the limit");
    world.handle(Command::EndRecording { id: named(2) });
    talk(&mut world, &[(a, 500), (b, 900)], 1_000);
    let (says, hears) = end(&mut world, first);
    assert_eq!((heard(&says[8_000..]), heard(&hears[8_000..])), (vec![500], vec![900]));
    assert!((23_000..=24_000).contains(&says.len()), "{}", says.len());
    world.handle(Command::EndRecording { id: named(3) });
    let (short, long) = (world.recorded(named(2)), world.recorded(named(3)));
    assert!((7_000..=8_500).contains(&short.len()) && (15_000..=16_500).contains(&long.len()));
    assert_eq!(heard(&long[2_000..]), [500]);
    let ended = |number| world.others.contains(&Output::RecordEnded { id: named(number) });
    assert!(ended(1) && ended(2) && ended(3) && !ended(4) && !ended(5));
    world.handle(Command::EndRecording { id: first });
    assert_eq!(world.engine.ignored(), 2, "it is over");
    let leg = world.leg(a);
    world.handle(Command::Close { leg });
    assert!(world.others.contains(&Output::RecordEnded { id: named(4) }), "the end of the leg is its own");
}

#[test]
fn who_is_to_hear_the_beep_hears_it_over_what_is_said_and_nobody_else() {
    let cases = [(BeepFor::Both, true, true), (BeepFor::Peer, true, false), (BeepFor::Others, false, true)];
    for (heard_by, first, second) in cases {
        for recorded in [true, false] {
            let (mut world, a, b) = World::bridge(PCMA, PCMA);
            let beep = Some(RecordBeep { every_ms: 5_000, heard_by, recorded });
            let id = start(&mut world, a, RecordSettings { beep, ..stereo() });
            talk(&mut world, &[(a, 500), (b, 900)], 4_900);
            world.audio(a);
            world.audio(b);
            talk(&mut world, &[(a, 500), (b, 900)], 500);
            let (at_a, at_b) = (heard(&world.audio(a)[..2_400]), heard(&world.audio(b)[..2_400]));
            assert_eq!(at_a, if first { vec![900, 1_400] } else { vec![900] }, "{heard_by:?}");
            assert_eq!(at_b, if second { vec![500, 1_400] } else { vec![500] }, "{heard_by:?}");
            let (left, right) = end(&mut world, id);
            assert_eq!(heard(&left), [500]);
            let beep = &right[40_000..42_000];
            assert_eq!(heard(beep), if recorded { vec![900, 1_400] } else { vec![900] });
        }
    }
}

#[test]
fn a_call_is_relayed_again_when_its_recording_is_over() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    let beep = Some(RecordBeep { every_ms: 2_000, heard_by: BeepFor::Both, recorded: true });
    let id = start(&mut world, a, RecordSettings { beep, ..stereo() });
    talk(&mut world, &[(a, 500), (b, 900)], 1_000);
    end(&mut world, id);
    world.run_ms(3_000);
    world.take_rtp(b);
    let payload = [0xD5u8; 160];
    world.send(a, &payload);
    let got = world.take_rtp(b);
    assert_eq!((got.len(), got[0].rtp().payload), (1, payload.as_slice()), "at once, and as it came");
}

#[test]
fn events_leave_no_beep_and_digits_made_for_the_other_side_neither() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    // B's phone takes no events: it is given tones.
    world.setup(b, |audio| audio.telephone_event = None);
    let id = start(&mut world, b, stereo());
    talk(&mut world, &[(a, 500), (b, 900)], 500);
    world.press(a, 5);
    talk(&mut world, &[(a, 500), (b, 900)], 500);
    assert_eq!(world.digits().len(), 1);
    let sounded = |window: &[i16]| goertzel::heard(window, RATE_HZ, &[770, 1_336], -20.0).len() == 2;
    assert!(world.audio(b).chunks_exact(400).any(sounded), "B hears a tone");
    let (left, right) = end(&mut world, id);
    for side in [&left, &right] {
        for window in side.chunks_exact(400) {
            assert!(goertzel::heard(window, RATE_HZ, &[770, 1_336], -30.0).is_empty());
        }
    }
}

#[test]
fn tones_of_a_phone_without_events_leave_no_beep() {
    for offset in 0..4u64 {
        let (mut world, a, b) = World::bridge(PCMA, PCMA);
        world.setup(a, |audio| audio.telephone_event = None);
        let id = start(&mut world, a, stereo());
        let beside = RecordingId { of: RecordingOf::Leg(world.leg(b)), number: 1 };
        world.handle(Command::Record { id: beside, settings: stereo() });
        world.run_ms(offset * 5);
        talk(&mut world, &[(a, 500), (b, 900)], 500);
        let key = Tone { frequencies_hz: [770, 1_336], level_dbm0: -10, cadence_ms: vec![], duration_ms: 0 };
        for samples in tone::generate(&key, RATE_HZ, 8 * 100).chunks(160) {
            world.speak(a, samples);
            world.speak(b, &frame(900, 0));
            world.run_ms(20);
        }
        talk(&mut world, &[(a, 500), (b, 900)], 500);
        assert_eq!(world.digits().len(), 1);
        let (says, _) = end(&mut world, id);
        let (_, hears) = end(&mut world, beside);
        for side in [&says, &hears] {
            for window in side.chunks_exact(200) {
                let found = goertzel::heard(window, RATE_HZ, &[770, 1_336], -25.0);
                assert!(found.len() < 2, "{found:?}");
            }
            assert_eq!(heard(side), [500]);
        }
    }
}

#[test]
fn a_mix_is_recorded_from_the_first_to_the_last() {
    let mut world = World::new();
    let mix = MixId(7);
    let id = RecordingId { of: RecordingOf::Mix(mix), number: 1 };
    world.handle(Command::Record { id, settings: stereo() });
    assert_eq!(world.engine.ignored(), 1, "there is no such mix yet");
    world.handle(Command::Mix { mix, settings: MixSettings::default() });
    world.handle(Command::Record { id, settings: stereo() });
    let started = world.others.iter().any(|output| {
        matches!(output, Output::RecordStarted { id: of, rate_hz: 16_000, channels: 1, .. } if *of == id)
    });
    assert!(started);
    world.run_ms(1_000);
    let phones: Vec<usize> = (0..3).map(|_| world.phone(PCMA)).collect();
    for &phone in &phones {
        let leg = world.leg(phone);
        world.handle(Command::SayInto { mix, leg, input: Some(MixInput::default()) });
        world.hear(phone, Source::Mix(mix));
    }
    talk(&mut world, &[(phones[0], 500), (phones[1], 900)], 1_000);
    let leg = world.leg(phones[0]);
    world.handle(Command::Close { leg });
    talk(&mut world, &[(phones[1], 700)], 1_000);
    world.handle(Command::EndMix { mix });
    assert!(world.others.contains(&Output::RecordEnded { id }));
    let samples = world.recorded(id);
    assert_eq!(samples.len(), 16 * 3_000);
    let heard = |s: &[i16]| goertzel::heard(s, 16_000, &[500, 700, 900], -26.0);
    assert_eq!(heard(&samples[..15_000]), []);
    assert_eq!(heard(&samples[18_000..30_000]), [500, 900]);
    assert_eq!(heard(&samples[36_000..46_000]), [700]);
}

#[test]
fn all_of_a_mix_hear_its_beep() {
    let mut world = World::new();
    let mix = MixId(7);
    world.handle(Command::Mix { mix, settings: MixSettings::default() });
    let id = RecordingId { of: RecordingOf::Mix(mix), number: 1 };
    let (a, b) = (world.phone(PCMA), world.phone(PCMU));
    for phone in [a, b] {
        let leg = world.leg(phone);
        world.handle(Command::SayInto { mix, leg, input: Some(MixInput::default()) });
        world.hear(phone, Source::Mix(mix));
    }
    let beep = Some(RecordBeep { every_ms: 2_000, heard_by: BeepFor::Both, recorded: false });
    world.handle(Command::Record { id, settings: RecordSettings { beep, ..stereo() } });
    talk(&mut world, &[(a, 500)], 1_000);
    assert_eq!(heard(&world.audio(b)[..2_400]), [500, 1_400]);
    assert_eq!(heard(&world.audio(a)[..2_400]), [1_400]);
    world.handle(Command::EndRecording { id });
    assert_eq!(goertzel::heard(&world.recorded(id), 16_000, &[500, 1_400], -26.0), [500]);
}

/// Where the clicks of one side stand, in samples.
fn clicks(side: &[i16]) -> Vec<usize> {
    let mut found: Vec<usize> = Vec::new();
    for (at, sample) in side.iter().enumerate() {
        if sample.unsigned_abs() > 8_000 && found.last().is_none_or(|last| at > last + 4_000) {
            found.push(at);
        }
    }
    found
}

/// The two sides click at the same moments of the world; one of them counts its samples by a clock that is 100 ppm fast, over a
/// path that jitters and loses.
#[test]
fn after_an_hour_with_a_drifting_phone_the_sides_are_less_than_5_ms_apart() {
    const EVERY: u64 = 1_000; // packets: a click every 20 s
    let (mut world, a, b) = World::bridge(PCMA, PCMU);
    let id = start(&mut world, a, stereo());
    let begin = world.now;
    // When the sample that is taken at `us` of the world has the number n, n = us * rate: faster for B by 100 ppm.
    let us_of = |n: u64, ppm: u64| n * 20_000 - n * 20_000 * ppm / 1_000_000;
    let mut next = [0u64; 2];
    let mut clicked = [0u64; 2];
    let hour_us = 3_600 * 1_000_000;
    loop {
        let due = [us_of(next[0], 0), us_of(next[1], 100)];
        let one = usize::from(due[1] < due[0]);
        if due[one] > hour_us {
            break;
        }
        let at = begin + Duration::from_micros(due[one]);
        world.run_until(at);
        let mut samples = vec![0i16; 160];
        // The click of the world's moment k · 20 s, at its sample within this packet.
        let click_us = (clicked[one] + 1) * EVERY * 20_000;
        let end_us = us_of(next[one] + 1, if one == 1 { 100 } else { 0 });
        if click_us < end_us {
            let offset = usize::try_from((click_us - due[one]) / 125).unwrap().min(156);
            samples[offset..offset + 4].fill(20_000);
            clicked[one] += 1;
        }
        let lost = one == 1 && next[one] % 97 == 13 && click_us > end_us + 200_000;
        if lost {
            world.lose([a, b][one], 160);
        } else {
            world.speak([a, b][one], &samples);
        }
        next[one] += 1;
        if next[0] % 500 == 0 {
            world.got.clear();
        }
    }
    world.run_ms(1_000);
    let (left, right) = end(&mut world, id);
    assert_eq!(left.len(), right.len());
    let (left, right) = (clicks(&left), clicks(&right));
    assert_eq!((left.len(), right.len()), (180, 180));
    let apart_us = |n: usize| (left[n] as i64 - right[n] as i64) * 125;
    let last: Vec<i64> = (170..180).map(apart_us).collect();
    assert!(last.iter().all(|us| us.abs() < 5_000), "{last:?}");
    let worst = (0..180).map(|n| apart_us(n).abs()).max().unwrap();
    assert!(worst < 15_000, "{worst}");
}
