//! Speech over a network that delays, reorders and doubles packets, into a mix and into a recording; and the beginning of words.

use super::measure::{compare, piecewise_snr_db, resampled, speech_16k};
use super::world::{Manner, Network, START, World, calm, lasting};
use cordboard_base::Time;
use cordboard_media::codec::{L16_8000, PCMU};
use cordboard_media::{
    Command, MixId, MixInput, MixSettings, RecordSettings, RecordSides, RecordingId, RecordingOf, Source,
    level,
};
use core::time::Duration;

const ROOM: MixId = MixId(3);

/// Up to 60 ms late, any order; every tenth packet comes twice.
fn rough(n: usize) -> Vec<Duration> {
    let late = Duration::from_micros(((n as u64 * 2_654_435_761) >> 7) % 60_000);
    if n % 10 == 3 { vec![late, late + Duration::from_millis(5)] } else { vec![late] }
}

fn speech() -> Vec<i16> {
    resampled(&speech_16k(), 16_000, 8_000)
}

/// Somebody talks into a room and a recording for so many turns of the speech, and then again over a calm network.
fn talk(network: Network<'_>) -> (World, usize, Vec<i16>) {
    let mut world = World::new();
    let talker = world.phone(&PCMU, Manner::of(&PCMU));
    let guest = world.phone(&L16_8000, Manner::of(&L16_8000));
    world.handle(Command::Mix { mix: ROOM, settings: MixSettings::default() });
    for phone in [talker, guest] {
        let leg = world.leg(phone);
        world.handle(Command::SayInto { mix: ROOM, leg, input: Some(MixInput::default()) });
    }
    world.hear(guest, Source::Mix(ROOM));
    let id = RecordingId { of: RecordingOf::Leg(world.leg(talker)), number: 1 };
    world.handle(Command::Record { id, settings: RecordSettings::new("r", RecordSides::Says) });
    let said = speech().repeat(14);
    let rough_for = 5 * speech().len() / 160;
    world.say(talker, START, &said, &|n| if n < rough_for { network(n) } else { calm(n) });
    world.run_until(START + lasting(said.len() as u64, 8_000) + Duration::from_millis(900));
    (world, guest, said)
}

/// For a measure that is no crate: samples of 16 bits, low byte first, in the folder that `SPEECH_WRITE` names.
fn write(network: &str, what: &str, samples: &[i16]) {
    let Ok(folder) = std::env::var("SPEECH_WRITE") else { return };
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    std::fs::write(std::path::Path::new(&folder).join(format!("{network}-{what}.s16")), bytes).unwrap();
}

#[test]
fn jitter_reordering_and_duplicates_are_not_heard_in_a_mix_or_a_recording_and_the_delay_comes_back() {
    let once = speech().len();
    for (name, network) in [("calm", &calm as Network<'_>), ("rough", &rough)] {
        let (world, guest, said) = talk(network);
        let ear = world.ear(guest, START);
        assert_eq!((world.recorded.rate_hz, world.recorded.channels), (8_000, 1));
        write(name, "said", &said);
        for (where_, heard) in [("mix", &ear), ("recording", &world.recorded.samples)] {
            write(name, where_, heard);
            // All of the rough part but its first second, in which the network becomes known.
            let (from, to) = (8_000, 4 * once);
            let all = piecewise_snr_db(&said[from..to], &heard[from..], 8_000, 150..1_100);
            let at = |percent: usize| all[all.len() * percent / 100];
            println!(
                "{name}, {where_}: {:.1} dB in the middle, {:.1} dB in the worst tenth, {:.1} dB in the worst",
                at(50),
                at(10),
                all[0]
            );
            assert!(at(50) > 30.0 && at(10) > 20.0, "{name}, {where_}: {all:.1?}");
            let last = said.len() - once;
            let end = compare(&said[last..], &heard[last..], 1_600);
            println!("{name}, {where_}: at the end {end:.1?}");
            assert!(end.snr_db > 30.0, "{name}, {where_}: {end:?}");
            // The packet that is spoken, a buffer at rest and its round: 45 ms; after a disturbance at most a round more.
            let most_ms = if name == "calm" { 45.0 } else { 65.0 };
            assert!(end.lag / 8.0 <= most_ms, "{name}, {where_}: {end:?}");
        }
    }
}

#[test]
fn the_first_100_ms_of_a_quiet_word_are_kept_in_a_mix_of_many() {
    let mut world = World::new();
    let word: Vec<i16> = {
        let speech = speech();
        let begin = speech.iter().position(|sample| sample.abs() > 1_500).unwrap();
        let word = &speech[begin..begin + 4_000];
        let gain = 10f64.powf((-42.0 - level::dbov(word)) / 20.0);
        word.iter().map(|&sample| level::to_i16(f64::from(sample) * gain)).collect()
    };
    let phones: Vec<usize> = (0..6).map(|_| world.phone(&PCMU, Manner::of(&PCMU))).collect();
    world.handle(Command::Mix { mix: ROOM, settings: MixSettings::default() });
    for &phone in &phones {
        let leg = world.leg(phone);
        world.handle(Command::SayInto { mix: ROOM, leg, input: Some(MixInput::default()) });
        world.hear(phone, Source::Mix(ROOM));
    }
    let before = 8_000;
    let room: Vec<i16> = (0..before as i32 + 8_000).map(|n| (n * 7_919 % 7 - 3) as i16).collect();
    for &phone in &phones {
        let mut said = room.clone();
        if phone == phones[4] {
            said[before..before + word.len()].copy_from_slice(&word);
        }
        world.say(phone, START, &said, &calm);
    }
    world.run_until(START + Duration::from_secs(2));
    let begins: Time = START + lasting(before as u64, 8_000);
    let ear = world.ear(phones[0], begins);
    let likeness = compare(&word[..800], &ear, 800);
    println!("{likeness:?}");
    assert!(likeness.gain_db > -1.0 && likeness.snr_db > 10.0, "{likeness:?}");
}
