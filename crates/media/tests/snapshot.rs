//! A restored engine behaves as the one it was taken from, whatever follows; and so do sessions that have moved to another engine.
#![cfg(test)]

mod phones;

use cordboard_base::{CallId, LegId};
use cordboard_media::Output;
use cordboard_media::{
    Audio, Command, Engine, EngineConfig, EngineState, MixId, MixInput, MixSettings, Party, Play, PlayId,
    SampleKey, Samples, Source, StreamKind, StreamSeed, Tone,
};
use cordboard_media::{BeepFor, RecordBeep, RecordSettings, RecordSides, RecordingId, RecordingOf};
use core::net::SocketAddr;
use phones::{PCMA, PCMU, World};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What may happen to a world of three phones.
#[derive(Clone, Debug)]
enum Turn {
    Speak { phone: usize, ptime_ms: u8 },
    Key { phone: usize, code: u8, duration: u16, end: bool },
    Run { ms: u16 },
    Hear { phone: usize, source: u8 },
    Setup { phone: usize, ptime_ms: u16, sends: bool, receives: bool, events: bool, format: u8 },
    Play { phone: usize, kind: u8, repeat: bool },
    Digits { phone: usize },
    Record { phone: usize, on: bool },
    Watch { phone: usize },
    Garbage { phone: usize, bytes: Vec<u8> },
    Stranger { phone: usize },
    Reopen { phone: usize },
    Mixing(Mixing),
}

/// What may happen to its mixes.
#[derive(Clone, Debug)]
enum Mixing {
    Make { mix: u8, makes: bool },
    SayInto { mix: u8, phone: usize, gain_db: Option<i8> },
    PlayInto { mix: u8, kind: u8 },
}

fn turn() -> impl Strategy<Value = Turn> {
    let phone = 0usize..3;
    prop_oneof![
        8 => (phone.clone(), 1u8..7).prop_map(|(phone, n)| Turn::Speak { phone, ptime_ms: n * 10 }),
        3 => (phone.clone(), 0u8..17, 1u16..2_000, any::<bool>())
            .prop_map(|(phone, code, duration, end)| Turn::Key { phone, code, duration, end }),
        6 => (0u16..400).prop_map(|ms| Turn::Run { ms }),
        2 => (phone.clone(), 0u8..7).prop_map(|(phone, source)| Turn::Hear { phone, source }),
        2 => (phone.clone(), 1u16..7, any::<(bool, bool, bool)>(), 0u8..4).prop_map(|(phone, n, (s, r, e), f)| Turn::Setup {
            phone, ptime_ms: n * 10, sends: s, receives: r, events: e, format: [0, 8, 96, 18][usize::from(f)],
        }),
        3 => (phone.clone(), 0u8..7, any::<bool>()).prop_map(|(phone, kind, repeat)| Turn::Play { phone, kind, repeat }),
        1 => phone.clone().prop_map(|phone| Turn::Digits { phone }),
        1 => (phone.clone(), any::<bool>()).prop_map(|(phone, on)| Turn::Record { phone, on }),
        1 => phone.clone().prop_map(|phone| Turn::Watch { phone }),
        1 => (phone.clone(), proptest::collection::vec(any::<u8>(), 0..40)).prop_map(|(phone, bytes)| Turn::Garbage { phone, bytes }),
        1 => phone.clone().prop_map(|phone| Turn::Stranger { phone }),
        1 => phone.clone().prop_map(|phone| Turn::Reopen { phone }),
        2 => (0u8..2, 0u8..4).prop_map(|(mix, n)| Turn::Mixing(Mixing::Make { mix, makes: n > 0 })),
        3 => (0u8..2, phone, proptest::option::weighted(0.8, -6i8..6))
            .prop_map(|(mix, phone, gain_db)| Turn::Mixing(Mixing::SayInto { mix, phone, gain_db })),
        1 => (0u8..2, 0u8..7).prop_map(|(mix, kind)| Turn::Mixing(Mixing::PlayInto { mix, kind })),
    ]
}

fn tone(hz: u16, duration_ms: u32) -> Audio {
    Audio::Tone(Tone { frequencies_hz: [hz, 0], level_dbm0: -10, cadence_ms: vec![70, 30], duration_ms })
}

fn play(id: u32, kind: u8, repeat: bool) -> Play {
    let prompt = |name: &str| Audio::Prompt { name: name.into(), lang: "en".into() };
    let items = match kind {
        0 => vec![tone(500, 0)],
        1 => vec![prompt("here"), Audio::Silence(30), tone(700, 90)],
        2 => vec![Audio::Music("house".into())],
        3 => vec![prompt("long"), Audio::File { path: "message".into(), from_ms: 0 }],
        4 => vec![Audio::File { path: "message".into(), from_ms: 3_700 }, tone(700, 90)],
        5 => vec![Audio::File { path: "message".into(), from_ms: 60_000 }, Audio::Silence(90)],
        _ => vec![tone(900, 50), prompt("nowhere")],
    };
    Play { id: PlayId(id), items, repeat, interrupt: "123".into() }
}

impl World {
    fn turn(&mut self, n: u32, turn: &Turn) {
        match turn.clone() {
            Turn::Speak { phone, ptime_ms } => {
                let samples =
                    if self.phones[phone].payload_type == 96 { 16 } else { 8 } * usize::from(ptime_ms);
                match self.phones[phone].payload_type {
                    18 => self.send(phone, &[9; 20]),
                    _ => self.speak(
                        phone,
                        &(0i16..).take(samples).map(|n| n.wrapping_mul(37)).collect::<Vec<_>>(),
                    ),
                }
            }
            Turn::Key { phone, code, duration, end } => self.event_packet(phone, code, duration, end),
            Turn::Run { ms } => self.run_ms(u64::from(ms)),
            Turn::Hear { phone, source } => {
                let source = match source {
                    0 => Source::Nothing,
                    1 => Source::Echo,
                    n @ 2..5 => Source::Leg(self.leg(usize::from(n) - 2)),
                    n => Source::Mix(MixId(u64::from(n) - 5)),
                };
                self.hear(phone, source);
            }
            Turn::Mixing(mixing) => self.mixing(n, &mixing),
            Turn::Setup { phone, ptime_ms, sends, receives, events, format } => {
                self.phones[phone].payload_type = format;
                self.setup(phone, |audio| {
                    (audio.ptime_ms, audio.sends, audio.receives, audio.timeout_ms) =
                        (ptime_ms, sends, receives, 700);
                    audio.telephone_event = audio.telephone_event.filter(|_| events);
                });
            }
            Turn::Play { phone, kind, repeat } => {
                let leg = self.leg(phone);
                self.handle(Command::Play { leg, play: play(n, kind, repeat) });
            }
            Turn::Digits { phone } => {
                let leg = self.leg(phone);
                self.handle(Command::SendDigits { leg, digits: "1w#".into(), duration_ms: 70, gap_ms: 50 });
            }
            Turn::Record { phone, on } => self.recording_turn(phone, on),
            Turn::Watch { phone } => {
                let leg = self.leg(phone);
                self.handle(Command::WatchSilence { leg, ms: 200, level_dbov: -40 });
            }
            Turn::Garbage { phone, bytes } => {
                let address = self.phones[phone].address;
                let stream = StreamKind::ALL[bytes.len() % 4];
                self.datagram(phone, stream, address, &bytes);
            }
            Turn::Stranger { phone } => {
                let address = self.phones[phone].address;
                self.phones[phone].address = "198.51.100.9:9".parse().unwrap();
                self.send(phone, &[1; 160]);
                self.phones[phone].address = address;
            }
            Turn::Reopen { phone } => {
                let leg = self.leg(phone);
                self.handle(Command::Close { leg });
                let address = self.phones[phone].address;
                let seed = StreamSeed { ssrc: 5, sequence: 65_530, timestamp: u32::MAX - 100 };
                self.handle(Command::Open { leg, peer: address.ip(), video: false, seed });
                self.phones[phone].slot = self.engine.slot(leg).unwrap();
                self.setup(phone, |_| ());
            }
        }
    }

    fn recording_turn(&mut self, phone: usize, on: bool) {
        let leg = self.leg(phone);
        let id = RecordingId { of: RecordingOf::Leg(leg), number: 1 };
        let beep = RecordBeep { every_ms: 1_000, heard_by: BeepFor::Both, recorded: true };
        let settings = RecordSettings { beep: Some(beep), ..RecordSettings::new("r", RecordSides::Stereo) };
        self.handle(if on { Command::Record { id, settings } } else { Command::EndRecording { id } });
    }

    fn mixing(&mut self, n: u32, mixing: &Mixing) {
        match *mixing {
            Mixing::Make { mix, makes } => {
                let mix = MixId(u64::from(mix));
                let settings = MixSettings { speakers_max: 1, levelled: true, tells_talkers: true };
                self.handle(if makes { Command::Mix { mix, settings } } else { Command::EndMix { mix } });
            }
            Mixing::SayInto { mix, phone, gain_db } => {
                let (mix, leg) = (MixId(u64::from(mix)), self.leg(phone));
                let input = gain_db.map(|gain_db| MixInput { gain_db, muted: gain_db == 0 });
                self.handle(Command::SayInto { mix, leg, input });
            }
            Mixing::PlayInto { mix, kind } => {
                let play = Some(play(n, kind, false));
                self.handle(Command::PlayInto { mix: MixId(u64::from(mix)), play });
            }
        }
    }

    /// Everybody goes to another engine, in which others live.
    fn move_all(&mut self, number: u16) {
        let config = EngineConfig { number, ..EngineConfig::default() };
        let mut engine = Engine::new(EngineConfig { anchor: self.anchor(), ..config });
        for index in 0..=number % 3 {
            let leg = LegId { call: CallId(9), index };
            let (peer, seed) =
                ("192.0.2.99".parse().unwrap(), StreamSeed { ssrc: 1, sequence: 1, timestamp: 1 });
            engine.handle(self.now, Command::Open { leg, peer, video: false, seed });
        }
        engine.handle(self.now, Command::Close { leg: LegId { call: CallId(9), index: 0 } });
        while engine.poll().is_some() {}
        let legs = self.phones.iter().rev().map(|phone| phone.leg).collect();
        let moved = self.engine.take(&Party { legs, mixes: vec![MixId(1), MixId(0)] });
        assert_eq!((self.engine.sessions(), self.engine.poll()), (usize::from(self.others_live()), None));
        let seats = engine.adopt(self.now, moved);
        self.engine = engine;
        self.drain();
        for (leg, slot) in seats {
            let phone = self.phones.iter_mut().find(|phone| phone.leg == leg).unwrap();
            phone.slot = slot;
        }
    }

    fn others_live(&self) -> u8 {
        (0..3).filter(|&index| self.engine.slot(LegId { call: CallId(9), index }).is_some()).map(|_| 1).sum()
    }

    /// What has come of the last turn for whoever is outside, whichever places the sessions have.
    fn take_outside(&mut self) -> String {
        let mut packets: BTreeMap<SocketAddr, Vec<String>> = BTreeMap::new();
        for got in std::mem::take(&mut self.got).into_values().flatten() {
            packets.entry(got.to).or_default().push(format!("{} {:?} {:?}", got.at, got.stream, got.bytes));
        }
        let is_outside = |output: &Output| {
            !matches!(
                output,
                Output::Bind { .. } | Output::Unbind { .. } | Output::Latch { .. } | Output::Load(_)
            )
        };
        let others: Vec<Output> = std::mem::take(&mut self.others).into_iter().filter(is_outside).collect();
        format!("{:?}\n{packets:#?}\n{:?}\n{others:?}", self.now, std::mem::take(&mut self.events))
    }

    fn trace(&self) -> String {
        format!("{:?}\n{:?}\n{:?}\n{:?}", self.now, self.got, self.events, self.others)
    }
}

fn world() -> World {
    let mut world = World::new();
    for format in [PCMA, PCMU, 96] {
        world.phone(format);
    }
    let data: Vec<i16> = (0..12_000).map(|n: i16| n.wrapping_mul(31)).collect();
    let here = SampleKey::Prompt { name: "here".into(), lang: "en".into() };
    world.sounds.insert(here, Arc::new(Samples { rate_hz: 16_000, data: data.clone() }));
    let data = data.iter().copied().cycle().take(cordboard_media::music::BLOCK_SAMPLES).collect();
    world.music = Some(Arc::new(Samples { rate_hz: 16_000, data }));
    for name in ["long", "message"] {
        let data = (0..70_007u32).map(|n| i16::try_from(n.wrapping_mul(29) % 8_191).unwrap()).collect();
        world.long.insert(name.into(), data);
    }
    world.hear(0, Source::Leg(world.leg(1)));
    world.hear(1, Source::Leg(world.leg(0)));
    world
}

fn goes_on_the_same(before: &[Turn], after: &[Turn]) {
    let mut old = world();
    (0..).zip(before).for_each(|(n, turn)| old.turn(n, turn));
    old.got.clear();
    old.events.clear();
    old.others.clear();
    let kept = serde_json::to_string(&old.engine.snapshot()).unwrap();
    let state: EngineState = serde_json::from_str(&kept).unwrap();
    let mut new = World { engine: Engine::restore(state, old.now), ..world() };
    (new.now, new.phones) = (old.now, old.phones.clone());
    new.got.clear();
    new.others.clear();
    new.events.clear();
    new.drain();
    for (n, turn) in (100..).zip(after) {
        old.turn(n, turn);
        new.turn(n, turn);
    }
    // Not by assert_eq: it would print thousands of samples.
    assert!(old.trace() == new.trace(), "what was sent and told differs");
    assert!(old.engine.snapshot() == new.engine.snapshot(), "the states differ");
}

#[test]
fn music_that_digits_cover_is_there_when_they_are_over() {
    let run = |ms| Turn::Run { ms };
    let play = Turn::Play { phone: 0, kind: 2, repeat: false };
    let before = [run(191), run(202), Turn::Digits { phone: 0 }, run(345), play, run(262)];
    goes_on_the_same(&before, &[run(173)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_restored_engine_goes_on_as_the_old_one_would(
        before in proptest::collection::vec(turn(), 0..40),
        after in proptest::collection::vec(turn(), 1..40),
    ) {
        goes_on_the_same(&before, &after);
    }

    #[test]
    fn sessions_that_move_go_on_as_if_they_had_stayed(
        turns in proptest::collection::vec((turn(), any::<bool>()), 1..60),
    ) {
        let (mut stays, mut moves) = (world(), world());
        for ((n, engine), (turn, to_be_moved)) in (0..).zip(1..).zip(&turns) {
            stays.turn(n, turn);
            moves.turn(n, turn);
            prop_assert_eq!(stays.take_outside(), moves.take_outside(), "turn {}", n);
            if *to_be_moved {
                moves.move_all(engine);
            }
        }
    }
}
