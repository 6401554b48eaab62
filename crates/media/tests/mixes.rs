//! Mixes: who hears whom, when several are in one.
#![cfg(test)]

mod phones;

use cordboard_media::{
    Audio, Command, Event, MixId, MixInput, MixSettings, Play, PlayEnd, PlayId, SampleKey, Samples, Source,
    Tone, goertzel,
};
use phones::{PCMA, PCMU, World};
use std::sync::Arc;

const ROOM: MixId = MixId(7);
/// Wide band, payload number 96.
const WIDE: u8 = 96;
/// What the phones say, by their numbers.
const VOICES_HZ: [u16; 4] = [400, 700, 1_000, 1_300];

impl World {
    fn room(&mut self, settings: MixSettings) {
        self.handle(Command::Mix { mix: ROOM, settings });
    }

    fn say(&mut self, phone: usize, input: Option<MixInput>) {
        let leg = self.leg(phone);
        self.handle(Command::SayInto { mix: ROOM, leg, input });
    }

    fn join(&mut self, phone: usize) {
        self.say(phone, Some(MixInput::default()));
        self.hear(phone, Source::Mix(ROOM));
    }

    /// All of these talk for so long, in packets of 20 ms.
    fn talk(&mut self, phones: &[usize], ms: u64) {
        for n in 0..ms / 20 {
            for &phone in phones {
                let rate_hz = if self.phones[phone].payload_type == WIDE { 16_000 } else { 8_000 };
                let count = rate_hz as usize / 50;
                let mut samples = vec![0; count];
                let voice = voice(VOICES_HZ[phone]);
                cordboard_media::tone::fill(&voice, rate_hz, n * count as u64, &mut samples);
                self.speak(phone, &samples);
            }
            self.run_ms(20);
        }
    }

    /// Whom a phone has heard since it was last asked.
    fn heard(&mut self, phone: usize) -> Vec<u16> {
        let rate_hz = if self.phones[phone].payload_type == WIDE { 16_000 } else { 8_000 };
        let audio = self.audio(phone);
        goertzel::heard(&audio[audio.len() / 2..], rate_hz, &VOICES_HZ, -25.0)
    }
}

fn voice(hz: u16) -> Tone {
    Tone { frequencies_hz: [hz, 0], level_dbm0: -15, cadence_ms: vec![], duration_ms: 0 }
}

#[test]
fn in_a_conference_each_hears_all_but_itself_whatever_its_codec() {
    let mut world = World::new();
    world.room(MixSettings::default());
    for codec in [PCMA, PCMU, WIDE] {
        let phone = world.phone(codec);
        world.join(phone);
    }
    world.talk(&[0, 1, 2], 1_000);
    assert_eq!(world.heard(0), [700, 1_000]);
    assert_eq!(world.heard(1), [400, 1_000]);
    assert_eq!(world.heard(2), [400, 700]);
}

#[test]
fn all_get_a_packet_every_20_ms_and_those_who_listen_share_it() {
    let mut world = World::new();
    world.room(MixSettings::default());
    for codec in [PCMA, PCMU, PCMU, PCMU] {
        let phone = world.phone(codec);
        world.join(phone);
    }
    world.talk(&[0], 400);
    for phone in 0..4 {
        world.take_rtp(phone);
    }
    world.shared.clear();
    world.talk(&[0], 1_000);
    for phone in 1..4 {
        let got = world.take_rtp(phone);
        assert_eq!(got.len(), 50);
        for pair in got.windows(2) {
            let (one, two) = (pair[0].rtp().header, pair[1].rtp().header);
            assert_eq!((two.sequence - one.sequence, two.timestamp - one.timestamp), (1, 160));
        }
    }
    let mut once: Vec<_> = world.shared.iter().map(|payload| Arc::as_ptr(payload).addr()).collect();
    once.sort_unstable();
    once.dedup();
    assert_eq!((world.shared.len(), once.len() <= 51), (150, true), "{} payloads were made", once.len());
}

#[test]
fn a_spy_hears_both_and_is_not_heard_and_a_whisper_reaches_one() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    let spy = world.phone(PCMU);
    world.room(MixSettings::default());
    world.say(a, Some(MixInput::default()));
    world.say(b, Some(MixInput::default()));
    world.hear(spy, Source::Mix(ROOM));
    world.talk(&[a, b, spy], 1_000);
    assert_eq!(world.heard(spy), [400, 700]);
    assert_eq!((world.heard(a), world.heard(b)), (vec![700], vec![400]), "relayed as before");
    // The spy talks to `a` alone: `a` hears a mix of `b` and the spy.
    let whisper = MixId(8);
    world.handle(Command::Mix { mix: whisper, settings: MixSettings::default() });
    for phone in [b, spy] {
        let leg = world.leg(phone);
        world.handle(Command::SayInto { mix: whisper, leg, input: Some(MixInput::default()) });
    }
    world.hear(a, Source::Mix(whisper));
    world.talk(&[a, b, spy], 1_000);
    assert_eq!((world.heard(a), world.heard(b)), (vec![700, 1_000], vec![400]));
    assert_eq!(world.heard(spy), [400, 700]);
}

#[test]
fn the_muted_are_not_heard_and_the_deaf_hear_nothing() {
    let mut world = World::new();
    world.room(MixSettings { tells_talkers: true, ..MixSettings::default() });
    for codec in [PCMA, PCMU, PCMA] {
        let phone = world.phone(codec);
        world.join(phone);
    }
    world.say(0, Some(MixInput { gain_db: 0, muted: true }));
    world.hear(1, Source::Nothing);
    world.talk(&[0, 1], 1_000);
    assert_eq!(world.heard(2), [700]);
    assert!(world.take_rtp(1).is_empty());
    world.run_ms(2_000);
    let talking: Vec<_> = world
        .events
        .iter()
        .filter_map(|(_, event)| {
            let Event::Talking { leg, talks, .. } = event else { return None };
            Some((leg.index - 1, *talks))
        })
        .collect();
    assert_eq!(talking, [(0, true), (1, true), (0, false), (1, false)]);
}

#[test]
fn who_hangs_up_is_gone_from_the_mix_and_its_place_is_another_s() {
    let mut world = World::new();
    world.room(MixSettings::default());
    for codec in [PCMA, PCMU, PCMA] {
        let phone = world.phone(codec);
        world.join(phone);
    }
    world.talk(&[0, 1, 2], 400);
    let leg = world.leg(1);
    world.handle(Command::Close { leg });
    let other = world.phone(PCMA);
    world.talk(&[0, 2], 200);
    world.heard(0);
    world.talk(&[0, 2, other], 1_000);
    assert_eq!(world.heard(0), [1_000], "who took the slot is not in the mix");
    assert!(world.take_rtp(other).is_empty());
}

#[test]
fn what_is_played_into_a_mix_is_heard_by_all_over_the_voices() {
    let mut world = World::new();
    world.room(MixSettings::default());
    for codec in [PCMA, WIDE] {
        let phone = world.phone(codec);
        world.join(phone);
    }
    let data = cordboard_media::tone::generate(&voice(1_300), 16_000, 12_000);
    let key = SampleKey::Prompt { name: "conf-full".into(), lang: "en".into() };
    world.sounds.insert(key, Arc::new(Samples { rate_hz: 16_000, data }));
    let items = vec![Audio::Prompt { name: "conf-full".into(), lang: "en".into() }];
    let play = Play { id: PlayId(3), items, repeat: false, interrupt: String::new() };
    world.handle(Command::PlayInto { mix: ROOM, play: Some(play) });
    world.talk(&[0, 1], 600);
    assert_eq!((world.heard(0), world.heard(1)), (vec![700, 1_300], vec![400, 1_300]));
    world.talk(&[0, 1], 400);
    let ended = Event::PlayedInto { mix: ROOM, play: PlayId(3), end: PlayEnd::Finished };
    assert!(world.events.iter().any(|(_, event)| *event == ended));
    world.heard(0);
    world.talk(&[0, 1], 400);
    assert_eq!(world.heard(0), [700]);
}

#[test]
fn an_ended_mix_is_silent_and_one_made_later_is_heard() {
    let mut world = World::new();
    let (a, b) = (world.phone(PCMA), world.phone(PCMA));
    world.hear(a, Source::Mix(ROOM));
    world.run_ms(100);
    assert!(world.take_rtp(a).is_empty());
    world.room(MixSettings::default());
    world.join(b);
    world.talk(&[b], 400);
    assert_eq!(world.heard(a), [700]);
    world.take_rtp(b);
    world.handle(Command::EndMix { mix: ROOM });
    world.talk(&[b], 400);
    assert!(world.take_rtp(a).is_empty() && world.take_rtp(b).is_empty());
}

#[test]
fn a_late_worker_leaves_rounds_out_and_counts_them() {
    let mut world = World::new();
    world.room(MixSettings::default());
    let a = world.phone(PCMA);
    world.hear(a, Source::Mix(ROOM));
    world.run_ms(100);
    world.take_rtp(a);
    world.now = world.now + core::time::Duration::from_millis(205);
    world.engine.tick(world.now);
    world.drain();
    assert_eq!((world.take_rtp(a).len(), world.engine.shed()), (1, 9));
    world.run_ms(100);
    assert_eq!(world.take_rtp(a).len(), 5);
}

#[test]
fn an_overloaded_worker_sheds_rounds_of_mixes_and_relays_on() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    world.room(MixSettings::default());
    let listener = world.phone(PCMU);
    let speaker = world.phone(PCMU);
    world.join(listener);
    world.join(speaker);
    world.talk(&[a, speaker], 200);
    world.take_rtp(b);
    world.take_rtp(listener);
    let shed = world.engine.shed();
    // Two seconds in which the worker comes to its timers every 50 ms only, while packets come in all the time.
    for n in 0..100u64 {
        let mut samples = vec![0; 160];
        cordboard_media::tone::fill(&voice(VOICES_HZ[a]), 8_000, n * 160, &mut samples);
        world.speak(a, &samples);
        world.speak(speaker, &samples);
        world.now = world.now + core::time::Duration::from_millis(20);
        if n % 5 == 4 {
            world.engine.tick(world.now);
            world.drain();
        }
    }
    let relayed = world.take_rtp(b);
    assert_eq!(relayed.len(), 100, "every packet goes on as it comes");
    let mixed = world.take_rtp(listener);
    let shed = world.engine.shed() - shed;
    assert!((mixed.len() as u64 + shed).abs_diff(100) <= 2, "{} packets, {shed} rounds shed", mixed.len());
    assert!(shed >= 60 && mixed.len() >= 20, "{} packets, {shed} rounds shed", mixed.len());
    // What was left out is a gap in time, not in the numbers.
    let jumps = mixed.windows(2).map(|two| {
        let (one, two) = (two[0].rtp().header, two[1].rtp().header);
        assert_eq!(two.sequence.wrapping_sub(one.sequence), 1);
        two.timestamp.wrapping_sub(one.timestamp)
    });
    let jumps: Vec<u32> = jumps.collect();
    assert!(jumps.iter().all(|jump| jump % 160 == 0) && jumps.iter().any(|&jump| jump > 160), "{jumps:?}");
    // And all is as before once the worker keeps up.
    world.talk(&[a, speaker], 400);
    assert_eq!(world.heard(listener), [VOICES_HZ[speaker]]);
}
