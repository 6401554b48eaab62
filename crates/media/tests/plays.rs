//! Plays: what a phone hears of prompts, tones and music, and what comes after.
#![cfg(test)]

mod phones;

use cordboard_media::{
    Audio, Command, Event, Play, PlayEnd, PlayId, SampleKey, Samples, Source, Tone, goertzel, level,
};
use phones::{PCMA, PCMU, World};
use std::sync::Arc;

fn tone(hz: u16, duration_ms: u32) -> Audio {
    Audio::Tone(Tone { frequencies_hz: [hz, 0], level_dbm0: -10, cadence_ms: vec![], duration_ms })
}

fn prompt(name: &str) -> Audio {
    Audio::Prompt { name: name.into(), lang: "en".into() }
}

fn sine(hz: u16, rate_hz: u32, ms: u32) -> Arc<Samples> {
    let Audio::Tone(tone) = tone(hz, 0) else { unreachable!() };
    let count = usize::try_from(rate_hz / 1_000 * ms).unwrap();
    Arc::new(Samples { rate_hz, data: cordboard_media::tone::generate(&tone, rate_hz, count) })
}

impl World {
    fn sound(&mut self, name: &str, samples: Arc<Samples>) {
        self.sounds.insert(SampleKey::Prompt { name: name.into(), lang: "en".into() }, samples);
    }

    fn play(&mut self, phone: usize, id: u32, items: Vec<Audio>, repeat: bool) {
        let leg = self.leg(phone);
        let play = Play { id: PlayId(id), items, repeat, interrupt: String::new() };
        self.handle(Command::Play { leg, play });
    }

    fn played(&self) -> Vec<(u32, PlayEnd)> {
        let of = |(_, event): &(_, Event)| {
            let Event::Played { play, end, .. } = event else { return None };
            Some((play.0, end.clone()))
        };
        self.events.iter().filter_map(of).collect()
    }
}

fn heard(samples: &[i16], rate_hz: u32) -> Vec<u16> {
    goertzel::heard(samples, rate_hz, &[300, 500, 700, 900, 1_100], -20.0)
}

#[test]
fn a_list_is_played_without_gaps_and_its_end_is_told() {
    let mut world = World::new();
    let a = world.phone(PCMU);
    world.sound("one", sine(500, 8_000, 210));
    world.play(a, 1, vec![tone(300, 150), prompt("one"), Audio::Silence(90), tone(700, 50)], false);
    world.run_ms(1_000);
    let audio = world.audio(a);
    assert_eq!(heard(&audio[..1_200], 8_000), [300]);
    assert_eq!(heard(&audio[1_200..2_880], 8_000), [500]);
    assert!(audio[2_880..3_600].iter().all(|&s| s == 0));
    assert_eq!(heard(&audio[3_600..4_000], 8_000), [700]);
    assert_eq!(audio.len(), 4_000, "150 + 210 + 90 + 50 ms are 25 packets");
    assert_eq!(world.played(), [(1, PlayEnd::Finished)]);
    let ended = world.events.last().unwrap().0;
    assert_eq!(ended.as_millis(), 1_500, "when the last packet has been heard");
}

#[test]
fn the_end_tells_where_in_the_list_it_was() {
    let mut world = World::new();
    let a = world.phone(PCMU);
    world.sound("one", sine(500, 16_000, 210));
    world.sound("two", sine(500, 8_000, 1_005));
    let ended_at = |world: &World| {
        let of = |(_, event): &(_, Event)| {
            let Event::Played { at, .. } = event else { return None };
            Some((at.item, at.position_ms, at.length_ms))
        };
        world.events.iter().rev().find_map(of).unwrap()
    };
    world.play(a, 1, vec![prompt("one"), Audio::Silence(90), prompt("two"), tone(700, 0)], false);
    world.run_ms(700);
    world.handle(Command::Stop { leg: world.leg(a), play: PlayId(1) });
    assert_eq!(ended_at(&world), (2, 420, Some(1_005)), "the packet under way counts as played");
    world.play(a, 2, vec![tone(300, 100), prompt("one")], false);
    world.run_ms(500);
    assert_eq!(ended_at(&world), (1, 210, Some(210)), "at its end");
    world.play(a, 3, vec![prompt("one"), prompt("absent"), prompt("two")], false);
    world.run_ms(500);
    assert_eq!(ended_at(&world), (1, 0, None));
    world.play(a, 4, vec![Audio::Silence(0), tone(700, 0)], false);
    world.run_ms(100);
    world.handle(Command::Stop { leg: world.leg(a), play: PlayId(4) });
    assert_eq!(ended_at(&world).2, None, "an endless tone has no length");
    world.play(a, 5, vec![], false);
    assert_eq!(world.played().last(), Some(&(4, PlayEnd::Stopped)));
    world.run_ms(40);
    assert_eq!(ended_at(&world), (0, 0, None), "nothing at all");
}

#[test]
fn packets_come_every_ptime_with_even_numbers_and_one_marker() {
    let mut world = World::new();
    let a = world.phone(PCMA);
    world.setup(a, |audio| audio.ptime_ms = 30);
    world.play(a, 1, vec![tone(300, 300)], false);
    world.run_ms(400);
    let got = world.take_rtp(a);
    assert_eq!(got.len(), 10);
    for pair in got.windows(2) {
        let (one, two) = (pair[0].rtp().header, pair[1].rtp().header);
        assert_eq!((pair[1].at - pair[0].at).as_millis(), 30);
        assert_eq!((two.sequence - one.sequence, two.timestamp - one.timestamp), (1, 240));
        assert!(!two.marker);
    }
    assert!(got[0].rtp().header.marker);
}

#[test]
fn a_late_tick_makes_up_for_a_little_and_skips_the_rest() {
    let mut world = World::new();
    let a = world.phone(PCMA);
    world.play(a, 1, vec![tone(300, 0)], false);
    world.now = world.now + core::time::Duration::from_millis(100);
    world.engine.tick(world.now);
    world.drain();
    assert_eq!(world.take_rtp(a).len(), 6);
    world.now = world.now + core::time::Duration::from_secs(10);
    world.engine.tick(world.now);
    world.drain();
    assert!(world.take_rtp(a).len() <= 2);
}

#[test]
fn a_play_covers_the_source_which_goes_on_after_it_in_the_same_stream() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    world.send(a, &[0xD5; 160]);
    world.run_ms(20);
    world.play(b, 1, vec![tone(500, 100)], false);
    for _ in 0..10 {
        world.send(a, &[0x55; 160]);
        world.run_ms(20);
    }
    let got = world.take_rtp(b);
    let payloads: Vec<bool> = got.iter().map(|g| g.rtp().payload == [0x55; 160]).collect();
    assert_eq!(payloads.iter().filter(|&&relayed| relayed).count(), 5);
    assert!(payloads.ends_with(&[true; 5]));
    for pair in got.windows(2) {
        let (one, two) = (pair[0].rtp().header, pair[1].rtp().header);
        assert_eq!((two.ssrc, two.sequence), (one.ssrc, one.sequence + 1));
        assert_eq!(two.timestamp - one.timestamp, 160);
    }
    assert!(got[6].rtp().header.marker, "the source's return is a talkspurt");
}

#[test]
fn a_prompt_of_another_rate_sounds_the_same() {
    for (rate, leg) in [(16_000, PCMU), (8_000, 96), (44_100, PCMU)] {
        let mut world = World::new();
        let a = world.phone(leg);
        world.sound("p", sine(900, rate, 1_000));
        world.play(a, 1, vec![prompt("p")], false);
        world.run_ms(1_100);
        let rate_out = if leg == PCMU { 8_000 } else { 16_000 };
        let audio = world.audio(a);
        let level =
            goertzel::level_dbm0(&audio[800..rate_out - 800], u32::try_from(rate_out).unwrap(), 900.0);
        assert!((level + 10.0).abs() < 0.3, "{rate}: {level}");
    }
}

#[test]
fn a_missing_prompt_ends_the_play_after_what_came_before_it() {
    let mut world = World::new();
    let a = world.phone(PCMU);
    world.play(a, 1, vec![tone(300, 100), prompt("nowhere"), tone(500, 100)], false);
    world.run_ms(500);
    assert_eq!(world.played(), [(1, PlayEnd::Missing("nowhere".into()))]);
    assert_eq!(world.audio(a).len(), 800);
}

#[test]
fn a_play_waits_for_its_samples_and_asks_once_for_each() {
    let mut world = World::new();
    let (a, b) = (world.phone(PCMU), world.phone(PCMU));
    world.hold_loads = true;
    world.play(a, 1, vec![prompt("p"), prompt("p")], false);
    world.play(b, 2, vec![prompt("p")], false);
    world.run_ms(100);
    assert!(world.take_rtp(a).is_empty());
    let loads = world.others.iter().filter(|o| matches!(o, cordboard_media::Output::Load(_))).count();
    assert_eq!(loads, 1);
    let key = SampleKey::Prompt { name: "p".into(), lang: "en".into() };
    world.engine.loaded(world.now, &key, Some(sine(500, 8_000, 100)));
    world.drain();
    world.run_ms(300);
    assert_eq!((world.audio(a).len(), world.audio(b).len()), (1_600, 800));
    assert_eq!(world.played(), [(2, PlayEnd::Finished), (1, PlayEnd::Finished)]);
}

#[test]
fn repeat_goes_on_until_stopped_and_an_empty_list_ends_at_once() {
    let mut world = World::new();
    let a = world.phone(PCMU);
    world.play(a, 1, vec![tone(300, 50), tone(500, 50)], true);
    world.run_ms(1_990);
    assert_eq!(world.audio(a).len(), 16_000);
    let leg = world.leg(a);
    world.handle(Command::Stop { leg, play: PlayId(7) });
    assert!(world.played().is_empty(), "another play's name");
    world.handle(Command::Stop { leg, play: PlayId(1) });
    world.run_ms(200);
    assert!(world.take_rtp(a).is_empty());
    world.play(a, 2, vec![Audio::Silence(0)], true);
    world.run_ms(200);
    assert_eq!(world.played(), [(1, PlayEnd::Stopped), (2, PlayEnd::Finished)]);
}

#[test]
fn a_second_play_takes_the_first_ones_place() {
    let mut world = World::new();
    let a = world.phone(PCMU);
    world.play(a, 1, vec![tone(300, 0)], false);
    world.run_ms(100);
    world.play(a, 2, vec![tone(700, 100)], false);
    assert_eq!(world.played(), [(1, PlayEnd::Stopped)]);
    world.take_rtp(a);
    world.run_ms(300);
    assert_eq!(heard(&world.audio(a), 8_000), [700]);
}

#[test]
fn who_comes_back_to_music_finds_it_where_it_would_be() {
    let mut world = World::new();
    let (a, b) = (world.phone(PCMU), world.phone(PCMU));
    // Every block of two seconds: one of 300 Hz, one of 900 Hz. The clock stands at 1 s.
    let mut data = sine(300, 16_000, 1_010).data.clone();
    data.extend(&sine(900, 16_000, 1_010).data);
    world.music = Some(Arc::new(Samples { rate_hz: 16_000, data }));
    world.play(a, 1, vec![Audio::Music("house".into())], false);
    world.run_ms(500);
    world.play(b, 2, vec![Audio::Music("house".into())], false);
    world.take_rtp(a);
    world.shared.clear();
    world.run_ms(400);
    let (first, second) = (world.audio(a), world.audio(b));
    assert_eq!(heard(&second, 8_000), [900]);
    assert_eq!(first[..3_000], second[..3_000], "both hear the same");
    let mut once: Vec<_> = world.shared.iter().map(|frame| Arc::as_ptr(frame).addr()).collect();
    once.sort_unstable();
    once.dedup();
    assert!(
        world.shared.len() >= 38 && once.len() <= world.shared.len() / 2 + 2,
        "each frame is encoded once"
    );
    world.run_ms(1_000);
    let audio = world.audio(a);
    assert_eq!((heard(&audio[..640], 8_000), heard(&audio[2_400..], 8_000)), (vec![900], vec![300]));
    assert!(world.played().is_empty());
}

#[test]
fn a_play_runs_on_unheard_while_the_peer_holds_us() {
    let mut world = World::new();
    let a = world.phone(PCMU);
    world.setup(a, |audio| audio.sends = false);
    world.play(a, 1, vec![tone(300, 200)], false);
    world.run_ms(300);
    assert!(world.take_rtp(a).is_empty());
    assert_eq!(world.played(), [(1, PlayEnd::Finished)]);
}

#[test]
fn a_leg_without_any_agreement_still_ends_its_play() {
    let mut world = World::new();
    let a = world.phone(18);
    world.play(a, 1, vec![tone(300, 200)], false);
    world.run_ms(300);
    assert_eq!(world.played(), [(1, PlayEnd::Finished)]);
}

#[test]
fn closing_ends_the_play() {
    let mut world = World::new();
    let a = world.phone(PCMU);
    world.play(a, 1, vec![tone(300, 0)], false);
    let leg = world.leg(a);
    world.handle(Command::Close { leg });
    assert_eq!(world.played(), [(1, PlayEnd::Stopped)]);
    assert!(matches!(world.events.last(), Some((_, Event::Closed { .. }))));
    world.run_ms(1_000);
    assert_eq!(world.engine.next_deadline(), None);
}

#[test]
fn a_peer_who_hears_nothing_gets_a_silent_packet_now_and_then() {
    let mut world = World::new();
    let a = world.phone(PCMU);
    world.hear(a, Source::Nothing);
    world.run_ms(46_000);
    let got = world.take_rtp(a);
    assert_eq!(got.len(), 3);
    assert_eq!(got[0].rtp().payload, [0xFF; 160]);
    world.setup(a, |audio| audio.sends = false);
    world.run_ms(46_000);
    assert!(world.take_rtp(a).is_empty(), "but not while it holds us");
}

#[test]
fn tones_keep_their_level_through_the_codec() {
    let mut world = World::new();
    let a = world.phone(PCMA);
    world.play(a, 1, vec![tone(1_000, 1_000)], false);
    world.run_ms(1_100);
    let audio = world.audio(a);
    assert!((goertzel::level_dbm0(&audio, 8_000, 1_000.0) + 10.0).abs() < 0.2);
    assert!((level::dbov(&audio) + 13.14).abs() < 0.2);
}
