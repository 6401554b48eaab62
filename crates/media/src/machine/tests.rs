//! Greetings made here: syllables of a voice with harmonics and a wandering pitch, noise, tones.
#![allow(clippy::cast_possible_truncation, clippy::unwrap_used, reason = "tests may")]

use super::*;
use crate::{Tone, tone};
use proptest::prelude::*;

const RATE_HZ: u32 = 8_000;
const ROUND: usize = 160;

/// Part of what a phone sends.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// Speech, in ms.
    Voice(u32),
    /// Line noise with this peak, in ms.
    Noise(u32, i16),
    /// A tone: Hz, ms.
    Tone(u16, u32),
    /// No packets at all, in ms.
    Nothing(u32),
}
use Part::{Noise, Nothing, Voice};

/// White, repeatable.
fn noise(seed: &mut u32) -> f64 {
    *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    f64::from(*seed >> 8) / f64::from(1 << 24) * 2.0 - 1.0
}

/// A vowel: a pitch that wanders, and five harmonics.
fn voice(ms: u32, seed: &mut u32) -> Vec<i16> {
    let mut phase = 0.0;
    let count = ms * RATE_HZ / 1_000;
    let sample = |n: u32| {
        let pitch = 140.0 + 30.0 * (f64::from(n) / 1_300.0).sin();
        phase += TAU * pitch / f64::from(RATE_HZ);
        let harmonics: f64 = (1..=5).map(|k| (phase * f64::from(k)).sin() / f64::from(k)).sum();
        (harmonics * 3_000.0 + noise(seed) * 200.0) as i16
    };
    (0..count).map(sample).collect()
}

/// Plays it all, 20 ms by 20 ms; then time goes on without packets.
fn verdict(settings: MachineDetection, parts: &[Part]) -> (MachineVerdict, u32) {
    let mut seed = 7;
    let mut now = Time::ZERO;
    let mut detector = MachineDetector::new(now, settings);
    for part in parts {
        let samples = match *part {
            Voice(ms) => voice(ms, &mut seed),
            Noise(ms, peak) => {
                (0..ms * RATE_HZ / 1_000).map(|_| (noise(&mut seed) * f64::from(peak)) as i16).collect()
            }
            Part::Tone(hz, ms) => {
                let tone =
                    Tone { frequencies_hz: [hz, 0], level_dbm0: -10, cadence_ms: vec![], duration_ms: 0 };
                tone::generate(&tone, RATE_HZ, (ms * RATE_HZ / 1_000) as usize)
            }
            Nothing(span) => {
                let until = now + ms(span);
                while detector.due() <= until {
                    now = detector.due();
                    if let Some(verdict) = detector.check(now) {
                        return (verdict, millis(now.since(Time::ZERO)));
                    }
                }
                now = until;
                Vec::new()
            }
        };
        for round in samples.chunks(ROUND) {
            now = now + ms(20);
            let text = serde_json::to_string(&detector).unwrap();
            assert_eq!(serde_json::from_str::<MachineDetector>(&text).unwrap(), detector);
            if let Some(verdict) = detector.hear(now, RATE_HZ, round) {
                return (verdict, millis(now.since(Time::ZERO)));
            }
        }
    }
    loop {
        now = detector.due();
        if let Some(verdict) = detector.check(now) {
            return (verdict, millis(now.since(Time::ZERO)));
        }
    }
}

fn check(parts: &[Part], answerer: Answerer, cause: AnswererCause, words: u32) {
    for quiet in [0, 200] {
        // A quiet line is noisy, and a noisy one is quiet.
        let parts: Vec<Part> = parts
            .iter()
            .map(|part| if let Noise(ms, 0) = part { Noise(*ms, quiet) } else { *part })
            .collect();
        let (found, _) = verdict(MachineDetection::default(), &parts);
        assert_eq!((found.answerer, found.cause, found.words), (answerer, cause, words), "{parts:?}");
    }
}

#[test]
fn a_hello_and_silence_is_a_person() {
    check(&[Noise(400, 0), Voice(400), Noise(2_000, 0)], Answerer::Human, AnswererCause::Silence, 1);
    check(
        &[Noise(600, 0), Voice(300), Noise(200, 0), Voice(500), Noise(1_000, 0)],
        Answerer::Human,
        AnswererCause::Silence,
        2,
    );
    let (found, at) = verdict(MachineDetection::default(), &[Noise(400, 0), Voice(400), Noise(2_000, 0)]);
    assert_eq!((found.ms, at), (1_600, 1_600), "800 ms after the last word");
}

#[test]
fn a_phone_that_sends_no_packets_in_silence_is_a_person_too() {
    check(&[Nothing(300), Voice(400), Nothing(2_000)], Answerer::Human, AnswererCause::Silence, 1);
}

#[test]
fn a_greeting_that_goes_on_is_a_machine() {
    let sentence = [Noise(300, 0), Voice(600), Noise(100, 0), Voice(600), Noise(100, 0), Voice(900)];
    check(&sentence, Answerer::Machine, AnswererCause::LongGreeting, 3);
    let words = [Voice(200), Noise(100, 0), Voice(200), Noise(100, 0), Voice(200), Noise(100, 0), Voice(200)];
    check(&words, Answerer::Machine, AnswererCause::MaxWords, 4);
}

#[test]
fn who_says_nothing_is_a_machine() {
    check(&[Noise(4_000, 0)], Answerer::Machine, AnswererCause::InitialSilence, 0);
    check(&[Nothing(4_000)], Answerer::Machine, AnswererCause::InitialSilence, 0);
    let (found, _) = verdict(MachineDetection::default(), &[Noise(4_000, 0)]);
    assert_eq!(found.ms, 2_500);
}

#[test]
fn a_click_is_no_word_and_a_word_without_end_is_a_machines() {
    let clicks = [Voice(60), Noise(500, 0), Voice(60), Noise(500, 0), Voice(60), Noise(3_000, 0)];
    check(&clicks, Answerer::Machine, AnswererCause::InitialSilence, 0);
    let settings =
        MachineDetection { greeting_ms: 10_000, total_analysis_ms: 9_000, ..MachineDetection::default() };
    let (found, _) = verdict(settings, &[Voice(6_000)]);
    assert_eq!((found.cause, found.ms), (AnswererCause::MaxWordLength, 5_000));
}

#[test]
fn what_fits_nothing_is_not_known() {
    // Somebody who breathes: too short for words, too often for silence.
    let mut parts = Vec::new();
    for _ in 0..40 {
        parts.extend([Voice(60), Noise(100, 0)]);
    }
    check(&parts, Answerer::Unsure, AnswererCause::TooLong, 0);
}

#[test]
fn loud_noise_is_taken_for_speech_unless_the_threshold_says_otherwise() {
    let line = [Noise(300, 3_000), Voice(400), Noise(3_000, 3_000)];
    let (found, _) = verdict(MachineDetection::default(), &line);
    assert_eq!((found.answerer, found.cause), (Answerer::Machine, AnswererCause::LongGreeting));
    let settings = MachineDetection { silence_threshold: 1_700, ..MachineDetection::default() };
    let (found, _) = verdict(settings, &line);
    assert_eq!((found.answerer, found.words), (Answerer::Human, 1));
}

fn greeting_and_beep(hz: u16, beep_ms: u32) -> Vec<Part> {
    vec![
        Noise(300, 0),
        Voice(2_500),
        Noise(400, 100),
        Voice(800),
        Noise(300, 100),
        Part::Tone(hz, beep_ms),
        Noise(2_000, 100),
    ]
}

#[test]
fn the_beep_after_a_greeting_is_awaited() {
    let settings = MachineDetection { beep_ms: 10_000, ..MachineDetection::default() };
    for (hz, beep_ms) in [(440, 1_000), (600, 200), (1_000, 400), (1_400, 160), (2_000, 300)] {
        let (found, at) = verdict(settings, &greeting_and_beep(hz, beep_ms));
        assert_eq!((found.answerer, found.cause), (Answerer::Machine, AnswererCause::LongGreeting), "{hz}");
        assert!(found.beep && found.ms < 2_000, "{hz} Hz: {found:?}");
        assert!((4_300 + beep_ms..4_360 + beep_ms).contains(&at), "{hz} Hz ends at {at}");
    }
}

#[test]
fn without_a_beep_the_wait_ends_and_speech_is_no_beep() {
    let settings = MachineDetection { beep_ms: 3_000, ..MachineDetection::default() };
    let (found, at) = verdict(settings, &[Noise(300, 0), Voice(9_000)]);
    assert_eq!((found.answerer, found.beep), (Answerer::Machine, false));
    assert_eq!(at, 1_800 + 3_000);
    let (found, _) = verdict(settings, &greeting_and_beep(1_000, 80));
    assert!(!found.beep, "a click is no beep");
}

#[test]
fn a_beep_before_anything_else_is_a_machine() {
    let parts = [Noise(400, 0), Part::Tone(1_000, 400), Noise(1_500, 0)];
    let settings = MachineDetection { beep_ms: 1_000, ..MachineDetection::default() };
    let (found, _) = verdict(settings, &parts);
    assert_eq!((found.answerer, found.cause, found.beep), (Answerer::Machine, AnswererCause::Beep, true));
    let (found, _) = verdict(MachineDetection::default(), &parts);
    assert_eq!((found.answerer, found.beep), (Answerer::Human, false), "where nobody asked for beeps");
}

#[test]
fn two_tones_at_once_are_no_beep() {
    let settings = MachineDetection { beep_ms: 2_000, ..MachineDetection::default() };
    for frequencies_hz in [[440, 480], [350, 440], [697, 1_209], [941, 1_477], [1_380, 1_500]] {
        let tone = Tone { frequencies_hz, level_dbm0: -10, cadence_ms: vec![], duration_ms: 0 };
        let mut detector = MachineDetector::new(Time::ZERO, settings);
        let mut found = None;
        for (n, round) in (1..).zip(tone::generate(&tone, RATE_HZ, 40_000).chunks(ROUND)) {
            found = found.or_else(|| detector.hear(Time::ZERO + ms(20 * n), RATE_HZ, round));
        }
        assert!(found.is_some_and(|found| !found.beep), "{frequencies_hz:?}: {found:?}");
    }
}

proptest! {
    /// Whatever comes, there is a verdict in time.
    #[test]
    fn whatever_is_heard_there_is_a_verdict_in_time(
        parts in prop::collection::vec((0..4u8, 20..1_500u32), 0..20), beep_ms in 0..4_000u32
    ) {
        let parts: Vec<Part> = parts.into_iter().map(|(kind, ms)| match kind {
            0 => Voice(ms),
            1 => Noise(ms, 300),
            2 => Part::Tone(700, ms),
            _ => Nothing(ms),
        }).collect();
        let settings = MachineDetection { beep_ms, ..MachineDetection::default() };
        let (found, at) = verdict(settings, &parts);
        prop_assert!(at <= settings.longest_ms() + 20, "{:?} at {}", found, at);
        prop_assert!(found.ms <= at);
    }
}
