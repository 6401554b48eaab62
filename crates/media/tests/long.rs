//! Sounds that are too long to be held as a whole: applications' files, and long prompts.
#![cfg(test)]

mod phones;

use cordboard_media::{
    Audio, Command, Event, Found, MixId, MixSettings, Output, Play, PlayEnd, PlayId, Playhead, SampleKey,
    Source,
};
use phones::{PCMU, World, block_of};
use std::sync::{Arc, Weak};

/// Linear at 16 kHz: what is heard is what was handed in, to the bit.
const WIDE: u8 = 96;

fn file(path: &str, from_ms: u64) -> Audio {
    Audio::File { path: path.into(), from_ms }
}

/// So many milliseconds of which no two stretches are alike.
fn sound(ms: usize) -> Vec<i16> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as u16
    };
    (0..ms * 16).map(|_| next().cast_signed() / 4).collect()
}

impl World {
    fn play(&mut self, phone: usize, id: u32, items: Vec<Audio>) {
        let leg = self.leg(phone);
        self.handle(Command::Play {
            leg,
            play: Play { id: PlayId(id), items, repeat: false, interrupt: "#".into() },
        });
    }

    fn stop(&mut self, phone: usize, id: u32) {
        let leg = self.leg(phone);
        self.handle(Command::Stop { leg, play: PlayId(id) });
    }

    fn last(&self) -> (PlayEnd, Playhead) {
        let of = |(_, event): &(_, Event)| {
            let Event::Played { end, at, .. } = event else { return None };
            Some((end.clone(), *at))
        };
        self.events.iter().rev().find_map(of).unwrap()
    }

    /// The blocks that are asked for and not answered.
    fn asked(&self) -> Vec<SampleKey> {
        let key = |output: &Output| if let Output::Load(key) = output { Some(key.clone()) } else { None };
        self.others.iter().filter_map(key).collect()
    }
}

fn at(item: u32, position_ms: u64, length_ms: u64) -> Playhead {
    Playhead { item, position_ms, length_ms: Some(length_ms) }
}

#[test]
fn a_file_is_heard_from_where_it_was_told_to_its_end_without_a_seam() {
    for (ms, from_ms) in [(5_010, 0), (5_010, 3_700), (4_000, 0), (4_000, 2_000), (1_990, 1_985), (1, 0)] {
        let mut world = World::new();
        let a = world.phone(WIDE);
        let data = sound(ms);
        world.long.insert("messages/a.wav".into(), data.clone());
        world.play(a, 1, vec![file("messages/a.wav", from_ms as u64), Audio::Silence(15)]);
        world.run_ms(6_000);
        let heard = world.audio(a);
        let expected = &data[from_ms * 16..];
        assert_eq!(heard[..expected.len()], *expected, "{ms} from {from_ms}");
        assert!(heard[expected.len()..].iter().all(|&sample| sample == 0));
        assert_eq!(world.last(), (PlayEnd::Finished, at(1, 15, 15)));
        let blocks: Vec<u64> = (from_ms as u64 / 2_000..(ms as u64).div_ceil(2_000)).collect();
        assert_eq!(world.blocks_asked, blocks, "each once, one after the other");
    }
}

#[test]
fn forward_back_and_pause_are_plays_from_another_place() {
    let mut world = World::new();
    let a = world.phone(WIDE);
    let data = sound(20_000);
    world.long.insert("m.wav".into(), data.clone());
    let (mut id, mut from) = (0, 0u64);
    for (listened, skip) in [(2_480, 3_000), (1_500, -3_000i64), (40, 0), (7_000, 3_000)] {
        id += 1;
        world.play(a, id, vec![file("m.wav", from)]);
        world.run_ms(listened);
        world.stop(a, id);
        let (end, place) = world.last();
        assert_eq!((end, place.length_ms), (PlayEnd::Stopped, Some(20_000)));
        let heard = world.audio(a);
        let sample = |ms: u64| usize::try_from(ms).unwrap() * 16;
        assert_eq!(
            heard,
            data[sample(from)..sample(place.position_ms)],
            "all up to where it says that it is"
        );
        from = place.position_ms.saturating_add_signed(skip);
    }
    world.play(a, 9, vec![file("m.wav", 23_000)]);
    world.run_ms(100);
    assert_eq!(world.last(), (PlayEnd::Finished, at(0, 20_000, 20_000)), "behind the end");
    world.hold_loads = true;
    world.play(a, 10, vec![file("m.wav", 5_000)]);
    world.stop(a, 10);
    assert_eq!(world.last().1.position_ms, 5_000, "it had not begun");
}

#[test]
fn an_hour_is_held_as_a_few_blocks_and_one_that_comes_late_is_waited_for() {
    let mut world = World::new();
    let a = world.phone(WIDE);
    let data = sound(3_600);
    world.hold_loads = true;
    world.play(a, 1, vec![file("hour.wav", 0)]);
    let mut given: Vec<Weak<_>> = Vec::new();
    while !world.asked().is_empty() {
        let asked = world.asked();
        world.others.clear();
        assert!(asked.len() <= 2, "{asked:?}");
        for key in asked {
            let SampleKey::FileBlock { block: number, .. } = key else { panic!("{key:?}") };
            assert_eq!(number, given.len() as u64, "in turn, each once");
            if number == 900 {
                world.take_rtp(a);
                world.run_ms(4_000);
                let heard = world.audio(a);
                assert!(heard[heard.len() - 16_000..].iter().all(|&sample| sample == 0), "it stands still");
            }
            let Found::Block(mut block) = block_of(&data, number % 2) else { unreachable!() };
            (block.is_last, block.length_ms) = (number == 1_799, Some(3_600_000));
            given.push(Arc::downgrade(&block.samples));
            world.engine.loaded(world.now, &key, Found::Block(block));
            world.drain();
        }
        world.run_ms(if given.len() == 1 { 1_000 } else { 2_000 });
        let held = given.iter().filter(|block| block.strong_count() > 0).count();
        assert!(held <= 4, "{held} blocks of {}", given.len());
    }
    assert_eq!(given.len(), 1_800);
    world.run_ms(4_000);
    // The last block is one of 1.6 s.
    assert_eq!(world.last(), (PlayEnd::Finished, at(0, 3_599_600, 3_599_600)));
}

#[test]
fn a_file_that_ends_early_plays_what_it_has_and_one_that_is_not_there_is_missing() {
    let mut world = World::new();
    let a = world.phone(WIDE);
    let data = sound(9_000);
    world.hold_loads = true;
    world.play(a, 1, vec![file("cut.wav", 0), file("gone.wav", 700)]);
    let asked = world.asked();
    assert_eq!(asked.len(), 2);
    world.engine.loaded(world.now, &asked[1], None);
    world.engine.loaded(world.now, &asked[0], block_of(&data, 0));
    world.drain();
    world.run_ms(1_000);
    let next = SampleKey::FileBlock { path: "cut.wav".into(), block: 1 };
    assert_eq!(world.asked().last(), Some(&next));
    world.engine.loaded(world.now, &next, None);
    world.run_ms(2_000);
    assert_eq!(world.audio(a), data[..32_000]);
    assert_eq!(
        world.last(),
        (PlayEnd::Missing("gone.wav".into()), Playhead { item: 1, position_ms: 700, length_ms: None })
    );
}

#[test]
fn a_long_prompt_is_heard_by_many_as_it_was_encoded_for_the_first() {
    let mut world = World::new();
    let (a, b) = (world.phone(PCMU), world.phone(PCMU));
    world.long.insert("terms".into(), sound(5_000));
    let prompt = || vec![Audio::Prompt { name: "terms".into(), lang: "en".into() }];
    world.play(a, 1, prompt());
    world.play(b, 2, prompt());
    world.run_ms(6_000);
    let (of_a, of_b) = (world.audio(a), world.audio(b));
    assert_eq!((of_a.len(), &of_a), (40_000, &of_b));
    assert_eq!(world.last(), (PlayEnd::Finished, at(0, 5_000, 5_000)));
    let shared = world.shared.iter().filter(|one| Arc::strong_count(one) > 2).count();
    assert!(shared > 300, "{shared} of some 500");
}

#[test]
fn a_list_that_is_repeated_has_no_gap_in_front_of_its_first_block() {
    let mut world = World::new();
    let a = world.phone(WIDE);
    let data = sound(4_400);
    world.long.insert("loop".into(), data.clone());
    let leg = world.leg(a);
    let items = vec![file("loop", 300)];
    let play = Play { id: PlayId(1), items, repeat: true, interrupt: String::new() };
    world.handle(Command::Play { leg, play });
    world.run_ms(4_100 * 3 - 20);
    let heard = world.audio(a);
    for (turn, heard) in heard.chunks(4_100 * 16).enumerate() {
        assert_eq!(heard, &data[4_800..4_800 + heard.len()], "turn {turn}");
    }
}

#[test]
fn a_file_is_played_into_a_mix() {
    let mut world = World::new();
    let (a, b) = (world.phone(WIDE), world.phone(PCMU));
    let mix = MixId(1);
    world.handle(Command::Mix { mix, settings: MixSettings::default() });
    for phone in [a, b] {
        world.hear(phone, Source::Mix(mix));
    }
    world.long.insert("name.wav".into(), sound(3_000));
    let play =
        Play { id: PlayId(1), items: vec![file("name.wav", 0)], repeat: false, interrupt: String::new() };
    world.handle(Command::PlayInto { mix, play: Some(play) });
    world.run_ms(4_000);
    let ended = Event::PlayedInto { mix, play: PlayId(1), end: PlayEnd::Finished };
    assert!(world.events.iter().any(|(_, event)| *event == ended));
    let loud = |audio: &[i16]| audio.iter().filter(|&&sample| sample.unsigned_abs() > 500).count();
    let (wide, narrow) = (world.audio(a), world.audio(b));
    assert!(loud(&wide) > 40_000 && loud(&narrow) > 18_000, "{} {}", loud(&wide), loud(&narrow));
    assert_eq!(world.blocks_asked, [0, 1]);
}

#[test]
fn no_place_however_far_is_more_than_the_end() {
    let mut world = World::new();
    let a = world.phone(WIDE);
    world.long.insert("m.wav".into(), sound(3_000));
    for from_ms in [u64::MAX, u64::MAX / 2, 1 << 40] {
        world.play(a, 1, vec![file("m.wav", from_ms)]);
        world.run_ms(100);
        assert_eq!(world.last(), (PlayEnd::Finished, at(0, 3_000, 3_000)), "{from_ms}");
    }
}
