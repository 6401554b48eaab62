//! LPC-10 through the engine: frames of 22.5 ms among rounds of 20. Its voice is its own, so it is compared with what its decoder
//! makes of the same frames, and by level.

use super::measure::{compare, resampled, speech_16k};
use super::pairs::alone_heard;
use super::world::{Manner, World, calm, lasting};
use cordboard_media::codec::{L16_8000, LPC10};
use cordboard_media::{Source, level};
use core::time::Duration;

#[test]
fn a_vocoder_is_heard_as_its_decoder_makes_it() {
    let speech = resampled(&speech_16k(), 16_000, 8_000);
    let mut world = World::new();
    let vocoder = world.phone(&LPC10, Manner::of(&LPC10));
    let wave = world.phone(&L16_8000, Manner::of(&L16_8000));
    world.hear(wave, Source::Leg(world.leg(vocoder)));
    let begin = world.now;
    world.say(vocoder, begin, &speech, &calm);
    world.run_until(begin + lasting(speech.len() as u64, 8_000) + Duration::from_millis(300));
    let wanted = alone_heard(&LPC10, &speech);
    let likeness = compare(&wanted[..9_000], &world.ear(wave, begin), 1_600);
    assert!(likeness.snr_db > 20.0, "{likeness:?}");
}

#[test]
fn a_vocoder_s_owner_hears_speech_at_its_level_without_gaps() {
    let speech = resampled(&speech_16k(), 16_000, 8_000).repeat(3);
    let mut world = World::new();
    let vocoder = world.phone(&LPC10, Manner::of(&LPC10));
    let wave = world.phone(&L16_8000, Manner::of(&L16_8000));
    world.bridge(wave, vocoder);
    let begin = world.now;
    world.say(wave, begin, &speech, &calm);
    world.run_until(begin + lasting(speech.len() as u64, 8_000) + Duration::from_millis(300));
    let heard = world.ear(vocoder, begin);
    let gain_db = level::dbov(&heard) - level::dbov(&speech);
    assert!(gain_db.abs() < 3.0, "{gain_db:.1} dB");
    let got = &world.phones[vocoder].got;
    assert!(got.iter().all(|got| got.payload.len() == 7 && got.payload_type == 7));
    assert!(got.windows(2).all(|two| two[1].timestamp.wrapping_sub(two[0].timestamp) == 180));
}
