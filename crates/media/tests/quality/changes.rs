//! A listener of a mix that begins to speak, and ceases to, goes over from packets that it shares with others to packets of its own and
//! back: what it hears of the others goes on as if nothing had happened.

use super::measure::{largest_jump, piecewise_snr_db, resampled, speech_16k};
use super::world::{Manner, World, calm, lasting};
use cordboard_media::codec::Codec;
use cordboard_media::codec::{DVI4_8000, G722, G726_32, GSM, ILBC, L16_16000, OPUS, PCMA};
use cordboard_media::{Command, MixId, MixInput, MixSettings, Source};
use core::time::Duration;

const ROOM: MixId = MixId(3);

/// What a listener hears of another's speech in a mix, at its codec's rate, when it speaks itself at these times (in ms).
fn heard(codec: &'static dyn Codec, ptime_ms: u32, speaks_at: &[u64]) -> Vec<i16> {
    let mut world = World::new();
    world.handle(Command::Mix { mix: ROOM, settings: MixSettings::default() });
    let speaker = world.phone(&L16_16000, Manner::of(&L16_16000));
    // Two of each, so that there is always one with whom packets are shared; and one whose packets begin elsewhere.
    let others = [codec, codec, &PCMA as &'static dyn Codec];
    let listeners = others.map(|codec| world.phone(codec, Manner { ptime_ms, ..Manner::of(codec) }));
    for phone in [&[speaker][..], &listeners].concat() {
        let leg = world.leg(phone);
        world.handle(Command::SayInto { mix: ROOM, leg, input: Some(MixInput::default()) });
        world.hear(phone, Source::Mix(ROOM));
    }
    let begin = world.now;
    let speech = [speech_16k(), vec![0; 3_200]].concat().repeat(4);
    world.say(speaker, begin, &speech, &calm);
    for &ms in speaks_at {
        let own: Vec<i16> = resampled(&speech_16k()[..6_400], 16_000, codec.sample_rate_hz());
        world.run_until(begin + Duration::from_millis(ms));
        let (now, leg) = (world.now, world.leg(listeners[0]));
        let said = |muted: bool| {
            let input = Some(MixInput { gain_db: 0, muted });
            Command::SayInto { mix: ROOM, leg, input }
        };
        world.handle(said(false));
        world.say(listeners[0], now, &own, &calm);
        // Muted in the middle of a word: the shared coder has just heard it, the own one never has.
        world.run_until(now + Duration::from_millis(300));
        world.handle(said(true));
    }
    world.run_until(begin + lasting(speech.len() as u64, 16_000) + Duration::from_millis(200));
    let got = &world.phones[listeners[0]].got;
    let step = got[5].timestamp.wrapping_sub(got[4].timestamp);
    assert!(got.windows(2).all(|two| two[1].timestamp.wrapping_sub(two[0].timestamp) == step), "no gap");
    world.ear(listeners[0], begin)
}

/// In the worst piece of 40 ms so much is left of the wave that is heard when the listener says nothing, in dB; and no step in it is
/// larger by more than a quarter. Opus makes another wave whenever its history is another.
#[test]
fn going_over_between_shared_packets_and_own_ones_is_not_heard() {
    let cases: [(&'static dyn Codec, u32, f64); 8] = [
        (&PCMA, 20, 70.0),
        (&G722, 20, 20.0),
        (&G726_32, 20, 40.0),
        (&DVI4_8000, 20, 40.0),
        (&GSM, 20, 6.0),
        (&GSM, 40, 6.0),
        (&ILBC, 20, 40.0),
        (&OPUS, 20, 3.0),
    ];
    let mut faults = Vec::new();
    for (codec, ptime_ms, least_db) in cases {
        let still = heard(codec, ptime_ms, &[]);
        let speaking = heard(codec, ptime_ms, &[700, 2_300]);
        let worst_db = piecewise_snr_db(&still, &speaking, codec.sample_rate_hz(), 0..1)[0];
        let (jump, jump_still) = (largest_jump(&speaking), largest_jump(&still));
        if worst_db < least_db || jump > jump_still + jump_still / 4 {
            let name = codec.name();
            faults.push(format!("{name} {ptime_ms} ms: {worst_db:.1} dB, steps of {jump} and {jump_still}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
