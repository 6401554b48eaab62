//! When the first sound comes.

use super::world::{Manner, START, World};
use cordboard_media::codec::{Codec, G722, L16_44100, OPUS, PCMA};
use cordboard_media::{Audio, Command, Play, PlayId, SampleKey, Samples, tone};
use core::time::Duration;
use std::sync::Arc;

#[test]
fn the_first_sound_of_a_loaded_prompt_comes_at_once_in_every_kind_of_codec() {
    for codec in [&PCMA as &'static dyn Codec, &G722, &L16_44100, &OPUS] {
        let mut world = World::new();
        let phone = world.phone(codec, Manner::of(codec));
        let loud = cordboard_media::Tone {
            frequencies_hz: [500, 0],
            level_dbm0: -10,
            cadence_ms: vec![],
            duration_ms: 0,
        };
        let samples = Samples { rate_hz: 16_000, data: tone::generate(&loud, 16_000, 8_000) };
        let key = SampleKey::Prompt { name: "hello".into(), lang: "en".into() };
        world.sounds.insert(key, Arc::new(samples));
        let items = vec![Audio::Prompt { name: "hello".into(), lang: "en".into() }];
        let leg = world.leg(phone);
        world.handle(Command::Play {
            leg,
            play: Play { id: PlayId(1), items, repeat: false, interrupt: String::new() },
        });
        world.run_until(START + Duration::from_millis(600));
        let first = world.phones[phone].got.first().map(|got| got.at);
        assert_eq!(first, Some(START), "{}", codec.name());
        let ear = world.ear(phone, START);
        let begins = ear.iter().position(|sample| sample.abs() > 1_000).unwrap();
        let ms = begins as f64 * 1_000.0 / f64::from(codec.sample_rate_hz());
        assert!(ms <= 12.0, "{}: {ms}", codec.name());
    }
}
