//! What is heard of a mix.

use super::*;
use crate::{Tone, goertzel, tone};

struct Room {
    mix: Mix,
    bus: Bus,
    filters: Filters,
    /// Frequency, level in dBm0 (none: silent) and rate of each session.
    voices: Vec<(u16, Option<i8>, u32)>,
    round: u64,
    changes: Vec<TalkChange>,
}

impl Room {
    fn new(settings: MixSettings, voices: &[(u16, Option<i8>, u32)]) -> Self {
        let mut mix = Mix::default();
        mix.set(settings);
        for session in 0..u32::try_from(voices.len()).unwrap() {
            assert!(mix.say(session, MixInput::default()));
        }
        Self {
            mix,
            bus: Bus::default(),
            filters: Filters::default(),
            voices: voices.to_vec(),
            round: 0,
            changes: Vec::new(),
        }
    }

    /// What a session hears for a second, at a rate.
    fn listen(&mut self, session: u32, rate_hz: u32) -> Vec<i16> {
        let mut out = Vec::new();
        for _ in 0..50 {
            let frames: Vec<Vec<i16>> = self.voices.iter().map(|voice| self.voice(*voice)).collect();
            let voices = self.voices.clone();
            let frame_of = |session: u32| {
                let at = session as usize;
                Some(Frame { rate_hz: voices.get(at)?.2, samples: frames.get(at)? })
            };
            let now = Time::from_millis(self.round * 20);
            self.mix.round(now, &frame_of, &[rate_hz], &mut self.bus, &mut self.filters, &mut self.changes);
            let own = self.bus.speaks(session).then_some(session);
            self.bus.heard(own, rate_hz, &mut out);
            self.round += 1;
        }
        out
    }

    fn voice(&self, (hz, level, rate_hz): (u16, Option<i8>, u32)) -> Vec<i16> {
        let count = samples(rate_hz);
        let mut frame = vec![0; count];
        if let Some(level_dbm0) = level {
            let played = Tone { frequencies_hz: [hz, 0], level_dbm0, cadence_ms: vec![], duration_ms: 0 };
            tone::fill(&played, rate_hz, self.round * count as u64, &mut frame);
        }
        frame
    }
}

fn samples(rate_hz: u32) -> usize {
    rate_hz as usize / 50
}

fn level(heard: &[i16], rate_hz: u32, hz: f64) -> f64 {
    goertzel::level_dbm0(&heard[heard.len() / 2..], rate_hz, hz)
}

#[test]
fn each_hears_all_but_itself() {
    let voices = [(400, Some(-20), 8_000), (700, Some(-20), 8_000), (1_100, Some(-20), 16_000)];
    for own in 0..3u32 {
        let mut room = Room::new(MixSettings::default(), &voices);
        let heard = room.listen(own, 8_000);
        for (n, (hz, _, _)) in (0..).zip(voices) {
            let level = level(&heard, 8_000, f64::from(hz));
            if n == own {
                assert!(level < -60.0, "{own} hears itself: {level}");
            } else {
                assert!((level + 20.0).abs() < 0.3, "{own} hears {n} at {level}");
            }
        }
    }
}

#[test]
fn a_wide_band_listener_hears_what_a_narrow_one_can_not() {
    let voices = [(5_000, Some(-15), 16_000), (400, None, 8_000), (500, None, 16_000)];
    let mut room = Room::new(MixSettings::default(), &voices);
    let narrow = room.listen(1, 8_000);
    assert!(level(&narrow, 8_000, 3_000.0) < -55.0, "the image is {}", level(&narrow, 8_000, 3_000.0));
    let wide = room.listen(2, 16_000);
    assert!((level(&wide, 16_000, 5_000.0) + 15.0).abs() < 0.5);
}

#[test]
fn of_many_the_loudest_are_heard() {
    let mut voices = vec![(300, None, 8_000); 20];
    for (n, hz) in [(3, 400), (9, 900), (12, 1_500)] {
        voices[n] = (hz, Some(-15), 8_000);
    }
    voices[15] = (2_100, Some(-30), 8_000);
    let mut room = Room::new(MixSettings::default(), &voices);
    let heard = room.listen(0, 8_000);
    for hz in [400.0, 900.0, 1_500.0] {
        assert!(level(&heard, 8_000, hz) > -16.0);
    }
    assert!(level(&heard, 8_000, 2_100.0) < -50.0, "a fourth does not fit");
    room.voices[9].1 = None;
    room.listen(0, 8_000);
    let heard = room.listen(0, 8_000);
    assert!(level(&heard, 8_000, 2_100.0) > -31.0, "until one of them is quiet");
}

#[test]
fn a_muted_one_is_not_heard_but_told() {
    let settings = MixSettings { tells_talkers: true, ..MixSettings::default() };
    let mut room = Room::new(settings, &[(400, Some(-15), 8_000), (700, None, 8_000)]);
    room.mix.say(0, MixInput { gain_db: 0, muted: true });
    let heard = room.listen(1, 8_000);
    assert!(heard.iter().all(|&sample| sample == 0));
    assert_eq!(room.changes, [TalkChange { session: 0, talks: true }]);
}

#[test]
fn coming_and_going_is_without_a_click() {
    let mut room = Room::new(MixSettings::default(), &[(200, Some(-6), 8_000), (700, None, 8_000)]);
    let mut heard = room.listen(1, 8_000);
    room.mix.say(0, MixInput { gain_db: 0, muted: true });
    heard.extend(room.listen(1, 8_000));
    room.mix.say(0, MixInput { gain_db: -6, muted: false });
    heard.extend(room.listen(1, 8_000));
    let jump = heard.windows(2).map(|w| (i32::from(w[0]) - i32::from(w[1])).abs()).max().unwrap();
    let steepest = 32_767.0 * crate::level::ratio(-9.14) * 200.0 * core::f64::consts::TAU / 8_000.0;
    assert!(f64::from(jump) < steepest * 1.2, "a jump of {jump}, the tone alone has {steepest}");
    let rest = &heard[heard.len() - 4_000..];
    assert!((goertzel::level_dbm0(rest, 8_000, 200.0) + 12.0).abs() < 0.3);
}

#[test]
fn a_full_mix_takes_no_further_input() {
    let mut mix = Mix::default();
    let most = u32::try_from(INPUTS_MAX).unwrap();
    assert!((0..most).all(|session| mix.say(session, MixInput::default())));
    assert!(!mix.say(most, MixInput::default()));
    assert!(mix.say(0, MixInput { gain_db: 3, muted: false }), "who is in can be changed");
}

#[test]
fn many_loud_voices_stay_within_16_bits() {
    let voices: Vec<_> = (0..12u16).map(|n| (300 + 200 * n, Some(-3), 8_000)).collect();
    let mut room = Room::new(MixSettings { speakers_max: 0, ..MixSettings::default() }, &voices);
    let heard = room.listen(0, 8_000);
    assert!(heard.iter().any(|&sample| sample > 25_000));
    assert!(heard.iter().all(|&sample| sample > -32_767));
}
